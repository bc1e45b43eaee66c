// See path_ops.h.
#include "emit/path_ops.h"

#include <optional>

#include "falco/events/event.h"
#include "falco/state/threads.h"

namespace sysflow {

void PathOps::OnMount(sinsp_evt& event, u32 op, uint64_t ts) {
  const std::optional<EnterFacts::Call> call =
      entered_.Take(TidOf(*ThreadOf(event)), TypeOf(event));
  const auto flags = call.has_value() ? std::optional(call->first) : std::nullopt;
  AppendRecord(event, ReadMountCall(event, op, flags), ts);
}

void PathOps::AppendRecord(sinsp_evt& event, const PathCall& call, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  if (!call.is_known) {
    return call.result < 0 ? void() : unknown_.CountDescriptor(thread);
  }
  const u32 process = processes_.For(thread, ts);
  objects_.MakeRoom();
  const u32 object = objects_.ForPath(call.first);
  const u32 object2 = call.second.has_value() ? objects_.ForPath(*call.second) : 0;
  auto* record = output_.Append<PathOpRecord>();
  SetTime(record, ts);
  record->process = process;
  record->tid = static_cast<i32>(TidOf(thread));
  record->op = call.op;
  record->ret = static_cast<i32>(call.result);
  record->object = object;
  record->object2 = object2;
  record->args = output_.AppendNameList(record, call.args, &record->argCount);
}

}  // namespace sysflow
