// Reads and writes: added up in the slots of the batch, one for each thread and descriptor. What is
// done with a descriptor that was looked up is held until it shows whether it is the one of then.
#ifndef SYSFLOW_NATIVE_EMIT_IO_H_
#define SYSFLOW_NATIVE_EMIT_IO_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "emit/descriptor_ops.h"
#include "emit/objects.h"
#include "emit/output.h"
#include "emit/processes.h"
#include "emit/unknown.h"
#include "falco/state/library.h"
#include "host/proc_budget.h"
#include "tables/enter_facts.h"

namespace sysflow {

// The parts of the emitter that reads and writes need.
struct IoParts {
  Library& library;
  Output& output;
  Processes& processes;
  Objects& objects;
  DescriptorOps& descriptor_ops;
  EnterFacts& entered;
  Unknown& unknown;
  ProcBudget& budget;
  const EventTime& time;
  Counters& counters;
};

class Io {
 public:
  explicit Io(const IoParts& parts) : parts_(parts) {}

  void OnEvent(sinsp_evt& event, bool is_write, uint64_t ts);

  // sendfile, splice and copy_file_range.
  void OnTransfer(sinsp_evt& event, uint64_t ts);

  // A look-up of libsinsp has proved right, or never will.
  void OnLookupSettled(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                       const DescriptorLookup& lookup);
  void OnLookupLost(const DescriptorLookup& lookup);

  // Descriptors that nothing is done with any more are known all the same: once in each second.
  void SettleLookups(uint64_t ts);

  // What is still held when the capture ends.
  void CountAllHeld() { Add(parts_.counters.no_descriptor, std::exchange(held_ops_, 0)); }

  uint64_t events() const { return events_; }

 private:
  int64_t OnMarked(sinsp_evt& event, bool is_write, int64_t result, uint64_t ts);
  // Adds one operation on the thread's descriptor. False where its kind makes no flow.
  bool AddTo(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, bool is_write,
             int64_t result, uint64_t ts);
  IoRecord* OpenSlot(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, char type,
                     uint64_t ts, const DescriptorIdentity& identity);
  bool Hold(sinsp_threadinfo& thread, int64_t fd, bool is_write, int64_t result, uint64_t ts);
  bool HoldOf(sinsp_evt& event, bool is_write, uint64_t ts);
  bool LookAtDrops(uint64_t since);

  const IoParts parts_;
  uint64_t events_ = 0;                            // added to a slot
  std::vector<std::pair<int64_t, int64_t>> held_;  // threads and descriptors with held operations
  uint64_t held_ops_ = 0;                          // of all of them
  uint64_t drops_ = 0;                             // when last looked at
  uint64_t drops_until_ = 0;
  uint64_t drops_looked_ts_ = 0;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_IO_H_
