// What libsinsp keeps, as far as records are made of it: the one way from emit/ to the inspector.
// On the capture thread only.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_LIBRARY_H_
#define SYSFLOW_NATIVE_FALCO_STATE_LIBRARY_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "falco/state/descriptors.h"
#include "falco/state/names.h"

namespace sysflow {

// What libsinsp tells while it works on an event, which is then not seen by its taker yet.
struct LibraryHooks {
  // A capture's event brings the metadata of this container.
  std::function<void(const std::string& id)> container_told;
  // A descriptor ends that no call of its own ends, at this time.
  std::function<void(sinsp_threadinfo&, int64_t fd, const sinsp_fdinfo&, uint64_t ts)>
      descriptor_ended;
  // A look-up has proved right, and the descriptor is in its table now; or it never will.
  std::function<void(sinsp_threadinfo&, int64_t fd, const sinsp_fdinfo&, const DescriptorLookup&)>
      lookup_settled;
  std::function<void(const DescriptorLookup&)> lookup_lost;
  // Whether it may read /proc for the event at hand, and that it has.
  std::function<bool()> may_look_up;
  std::function<void()> has_looked_up;
};

// A container's metadata, where a capture has brought it.
struct ContainerFacts {
  unsigned type = 0;     // libsinsp's sinsp_container_type
  bool is_told = false;  // else the type alone is
  bool is_privileged = false;
  std::string name;
  std::string image;  // without its tag
  std::string image_tag;
  std::string image_id;
};

class Library {
 public:
  // The inspector outlives this.
  Library(sinsp& inspector, LibraryHooks hooks);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // Look-ups that end from here on are not told of.
  void StopTellingOfLost() { inspector_.m_on_lookup_lost = nullptr; }

  bool is_live() const { return inspector_.is_live(); }
  // The newest event's time, and the clock that events have their time by; ns since the epoch.
  uint64_t LastEventNs() const { return inspector_.get_lastevent_ts(); }
  uint64_t EventClockNs() const { return inspector_.get_event_clock_ns(); }
  // Of all causes, since the start. Costs system calls.
  uint64_t KernelDrops() const;

  // Null where it is not known; never looks it up.
  std::shared_ptr<sinsp_threadinfo> FindThread(int64_t tid) const;
  // Settles the look-up of a descriptor that nothing is done with any more.
  void SettleLookup(int64_t tid, int64_t fd, uint64_t ts);
  // Puts an IPv6 socket's ends and role right after a call on it that returned `result`: before the
  // descriptor's type and ends are looked at.
  void SettleSocket(sinsp_fdinfo& fd_info, int64_t result, SocketUse use) const {
    if (result >= 0 && IsIpv6Socket(fd_info)) {
      SettleIpv6Socket(fd_info, use, inspector_.m_thread_manager->m_server_ports);
    }
  }

  uint64_t thread_count() const { return inspector_.m_thread_manager->get_thread_count(); }
  uint64_t descriptor_count() const { return inspector_.m_fd_count; }
  bool IsThreadTableFull() const;
  // Whether it is the thread's own table that is full, or all of them together.
  bool AreDescriptorsFull(sinsp_threadinfo& thread) const;

  Names& names() { return names_; }

  // Nothing where not even a type is known.
  std::optional<ContainerFacts> FindContainer(const std::string& id) const;
  // libsinsp keeps its own facts of each container for ever where it is not told. Its users go too.
  void ForgetContainer(const std::string& id);
  // Where it has more of them than so many, forgets one, but not this.
  void BoundContainers(size_t max, const std::string& kept);

  // See ThreadSweep.
  sinsp& inspector() { return inspector_; }

 private:
  sinsp& inspector_;
  Names names_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_LIBRARY_H_
