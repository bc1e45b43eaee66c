// Operations on descriptors as records, but for reads and writes; and their ends.
#ifndef SYSFLOW_NATIVE_EMIT_DESCRIPTOR_OPS_H_
#define SYSFLOW_NATIVE_EMIT_DESCRIPTOR_OPS_H_

#include <cstdint>

#include "emit/objects.h"
#include "emit/output.h"
#include "emit/processes.h"
#include "emit/unknown.h"
#include "falco/state/library.h"

namespace sysflow {

class DescriptorOps {
 public:
  DescriptorOps(const Library& library, Output& output, Processes& processes, Objects& objects,
                Unknown& unknown)
      : library_(library),
        output_(output),
        processes_(processes),
        objects_(objects),
        unknown_(unknown) {}

  // open, accept, close, shutdown, setns.
  void On(sinsp_evt& event, u32 op, uint64_t ts);
  void OnConnect(sinsp_evt& event, uint64_t ts);
  void OnMmap(sinsp_evt& event, uint64_t ts);

  // These are left out by the filter, but end what was before.
  void OnFilteredConnect(sinsp_evt& event);

  // Puts the socket right that a call is on: see Library::SettleSocket().
  void SettleSocketOf(sinsp_evt& event, SocketUse use) const;

  // One operation of the thread on its newest descriptor.
  void AppendRecord(sinsp_threadinfo& thread, u32 op, int64_t result, const sinsp_fdinfo& fd_info,
                    char type, uint64_t ts);

  // A descriptor ends without a call of its own. The first stops its reads and writes, and is false
  // where it has no flow that could end; the second tells of its end.
  bool Seal(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info);
  void AppendEnd(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, uint64_t ts);

 private:
  // Whose descriptor has ended: a thread's (0: none's), or all of them's.
  struct End {
    u32 process;
    int64_t tid;
    int64_t fd;
    bool of_all_threads;
  };

  void AppendEndRecord(const End& end, u32 object, char type, uint64_t ts);
  void EndAtSharers(const sinsp_threadinfo& thread, int64_t fd, u32 object, char type, uint64_t ts);

  const Library& library_;
  Output& output_;
  Processes& processes_;
  Objects& objects_;
  Unknown& unknown_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_DESCRIPTOR_OPS_H_
