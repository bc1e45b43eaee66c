// Operations on paths as records.
#ifndef SYSFLOW_NATIVE_EMIT_PATH_OPS_H_
#define SYSFLOW_NATIVE_EMIT_PATH_OPS_H_

#include <cstdint>

#include "emit/objects.h"
#include "emit/output.h"
#include "emit/processes.h"
#include "emit/unknown.h"
#include "falco/events/path_call.h"
#include "tables/enter_facts.h"

namespace sysflow {

class PathOps {
 public:
  PathOps(Output& output, Processes& processes, Objects& objects, EnterFacts& entered,
          Unknown& unknown)
      : output_(output),
        processes_(processes),
        objects_(objects),
        entered_(entered),
        unknown_(unknown) {}

  // With no arguments but paths.
  void OnPath(sinsp_evt& event, u32 op, uint64_t ts) {
    AppendRecord(event, ReadPathCall(event, op), ts);
  }
  // With arguments, such as chmod.
  void OnAttributes(sinsp_evt& event, u32 op, uint64_t ts) {
    AppendRecord(event, ReadAttributesCall(event, op), ts);
  }
  void OnResize(sinsp_evt& event, uint64_t ts) { AppendRecord(event, ReadResizeCall(event), ts); }
  // mount and umount.
  void OnMount(sinsp_evt& event, u32 op, uint64_t ts);

 private:
  void AppendRecord(sinsp_evt& event, const PathCall& call, uint64_t ts);

  Output& output_;
  Processes& processes_;
  Objects& objects_;
  EnterFacts& entered_;
  Unknown& unknown_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_PATH_OPS_H_
