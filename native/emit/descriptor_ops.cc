// See descriptor_ops.h.
#include "emit/descriptor_ops.h"

#include <memory>

#include "falco/events/descriptor_call.h"
#include "falco/events/event.h"
#include "falco/events/opened_file.h"
#include "falco/state/threads.h"

namespace sysflow {

// libsinsp has taken over the new peer before the call's end. Where it failed, the flow of this
// operation is all that the new one gets.
void DescriptorOps::OnConnect(sinsp_evt& event, uint64_t ts) {
  const bool has_peer = HasPeerFromBefore(event);
  sinsp_fdinfo* fd_info = DescriptorOf(event);
  // An address of another family made another socket of it, with ends that are none.
  if (!has_peer || IsAsConnected(*fd_info)) {
    On(event, kOpConnect, ts);
  }
  if (has_peer) {
    PutPeerBack(*fd_info);
  }
  PutNameBack(event);
}

void DescriptorOps::OnFilteredConnect(sinsp_evt& event) {
  SettleSocketOf(event, SocketUse::kConnect);
  if (HasPeerFromBefore(event)) {
    PutPeerBack(*DescriptorOf(event));
  }
  PutNameBack(event);
}

// On its begin: it has no result yet.
void DescriptorOps::OnMmap(sinsp_evt& event, uint64_t ts) {
  sinsp_fdinfo* fd_info = DescriptorOf(event);
  if (IsAnonymousMap(event) || fd_info == nullptr) {
    return;
  }
  FollowEnds(*fd_info);  // the library does so where a call ends
  const char type = FlowType(*fd_info);
  if (type != 0 && !HasNoEnds(*fd_info, type)) {
    AppendRecord(*ThreadOf(event), kOpMmap, 0, *fd_info, type, ts);
  }
}

void DescriptorOps::On(sinsp_evt& event, u32 op, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  output_.slots().SealDescriptor(PidOf(thread), UsedDescriptor(thread));
  sinsp_fdinfo* fd_info = DescriptorOf(event);
  if (fd_info == nullptr) {
    // A failed open or accept, or a descriptor that was never seen.
    return unknown_.Count(event);
  }
  FollowEnds(*fd_info);
  if (op == kOpConnect && IsDisconnect(event, *fd_info)) {
    return UnsettleIpv6Socket(*fd_info);
  }
  SettleSocketOf(event, op == kOpConnect ? SocketUse::kConnect : SocketUse::kOther);
  if (op == kOpOpen) {
    SettleOpened(event, *fd_info);
  }
  const char type = FlowType(*fd_info);
  if (type != 0 && !HasNoEnds(*fd_info, type)) {
    AppendRecord(thread, op, ResultOf(event), *fd_info, type, ts);
  }
}

void DescriptorOps::SettleSocketOf(sinsp_evt& event, SocketUse use) const {
  sinsp_fdinfo* fd_info = DescriptorOf(event);
  if (fd_info != nullptr && IsIpv6Socket(*fd_info)) {
    library_.SettleSocket(*fd_info, ResultOf(event), use);
  }
}

void DescriptorOps::AppendRecord(sinsp_threadinfo& thread, u32 op, int64_t result,
                                 const sinsp_fdinfo& fd_info, char type, uint64_t ts) {
  const u32 process = processes_.For(thread, ts);
  const u32 object = objects_.ForDescriptor(fd_info);
  const int64_t fd = UsedDescriptor(thread);
  auto* record = output_.Append<DescriptorOpRecord>();
  SetTime(record, ts);
  record->process = process;
  record->tid = static_cast<i32>(TidOf(thread));
  record->op = op;
  record->ret = static_cast<i32>(result);
  record->fd = static_cast<i32>(fd);
  record->object = object;
  record->type = static_cast<unsigned char>(type);
  record->openFlags = op == kOpOpen ? OpenFlagsOf(fd_info) : 0;
  if (op == kOpClose && result >= 0) {
    record->openFlags = HasOwnDescriptors(thread) ? kCloseOwn : 0;
    EndAtSharers(thread, fd, object, type, ts);
  }
}

// Processes that have the same table of descriptors (CLONE_FILES) have this one no more either.
void DescriptorOps::EndAtSharers(const sinsp_threadinfo& thread, int64_t fd, u32 object, char type,
                                 uint64_t ts) {
  for (const int64_t pid : SharersOf(thread)) {
    const std::shared_ptr<sinsp_threadinfo> leader =
        pid == PidOf(thread) ? nullptr : library_.FindThread(pid);
    const u32 process = leader == nullptr ? 0 : processes_.Find(*leader);
    if (process == 0 || !HaveOneTable(*leader, thread)) {
      continue;
    }
    output_.slots().SealDescriptor(pid, fd);
    AppendEndRecord({process, 0, fd, true}, object, type, ts);
  }
}

void DescriptorOps::AppendEndRecord(const End& end, u32 object, char type, uint64_t ts) {
  auto* record = output_.Append<DescriptorOpRecord>();
  SetTime(record, ts);
  record->process = end.process;
  record->tid = static_cast<i32>(end.tid);
  record->op = kOpEnded;
  record->ret = end.of_all_threads ? 0 : 1;
  record->fd = static_cast<i32>(end.fd);
  record->object = object;
  record->type = static_cast<unsigned char>(type);
}

bool DescriptorOps::Seal(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info) {
  output_.slots().SealDescriptor(PidOf(thread), fd);
  return FlowType(fd_info) != 0 && KnownLeaderOf(thread) != nullptr;
}

// A process that has no handle has no flows that could end.
void DescriptorOps::AppendEnd(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                              uint64_t ts) {
  const u32 process = processes_.Find(*KnownLeaderOf(thread));
  if (process == 0 && SharersOf(thread).empty()) {
    return;
  }
  const char type = FlowType(fd_info);
  const u32 object = objects_.ForDescriptor(fd_info);
  if (process != 0) {
    AppendEndRecord({process, TidOf(thread), fd, !HasOwnDescriptors(thread)}, object, type, ts);
  }
  EndAtSharers(thread, fd, object, type, ts);
}

}  // namespace sysflow
