// See io.h.
#include "emit/io.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "falco/events/descriptor_call.h"
#include "falco/events/event.h"
#include "falco/state/threads.h"

namespace sysflow {

void Io::OnEvent(sinsp_evt& event, bool is_write, uint64_t ts) {
  const sinsp_fdinfo* fd_info = DescriptorOf(event);
  sinsp_threadinfo* thread = ThreadOf(event);
  if (fd_info == nullptr || thread == nullptr) [[unlikely]] {
    return HoldOf(event, is_write, ts) ? void() : parts_.unknown.Count(event);
  }
  if (IsIpv6Socket(*fd_info)) {
    parts_.descriptor_ops.SettleSocketOf(event, is_write ? SocketUse::kWrite : SocketUse::kRead);
  }
  int64_t result = IoResult(event);
  if (IsMarkedMessage(event)) [[unlikely]] {
    result = OnMarked(event, is_write, result, ts);
  }
  if (AddTo(*thread, UsedDescriptor(*thread), *fd_info, is_write, result, ts)) {
    events_++;
  }
}

// A send or receive that does something else, too, or instead. Returns what it has moved.
int64_t Io::OnMarked(sinsp_evt& event, bool is_write, int64_t result, uint64_t ts) {
  const uint32_t flags = MessageFlagsOf(event);
  sinsp_threadinfo& thread = *ThreadOf(event);
  const sinsp_fdinfo& fd_info = *DescriptorOf(event);
  const char type = FlowType(fd_info);
  // UDP sockets take the flag for a connect too, and do nothing about it. One that has failed for
  // want of an address, or on a socket that has a peer, was none.
  const bool may_connect = is_write && type != 0 && !HasNoEnds(fd_info, type) && IsTcp(fd_info);
  if (may_connect && Connects(flags, result, HasPeer(fd_info))) {
    parts_.output.slots().SealDescriptor(PidOf(thread), UsedDescriptor(thread));
    const int64_t outcome = result < 0 ? result : 0;
    parts_.descriptor_ops.AppendRecord(thread, kOpConnect, outcome, fd_info, type, ts);
  }
  return MovesNothing(flags, is_write) ? std::min<int64_t>(result, 0) : result;
}

// Each side counts for itself: one of them may be of a kind that makes no flow.
void Io::OnTransfer(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *ThreadOf(event);
  const int64_t result = ResultOf(event);
  const std::optional<EnterFacts::Call> call = parts_.entered.Take(TidOf(thread), TypeOf(event));
  // Where the capture began after the call did, only copy_file_range tells anything.
  const int64_t in = call.has_value() ? call->first : -1;
  const int64_t out = WrittenDescriptor(event, call.has_value() ? call->second : -1);
  bool added = false;
  for (const bool is_write : {false, true}) {
    const int64_t fd = is_write ? out : in;
    sinsp_fdinfo* fd_info =
        result >= 0 ? FindOrLookUpDescriptor(thread, fd, ts) : FindDescriptor(thread, fd);
    if (fd_info != nullptr) {
      FollowEnds(*fd_info);
      if (result >= 0) {
        ReturnToPeer(*fd_info);
      }
      const SocketUse use = is_write ? SocketUse::kWrite : SocketUse::kRead;
      parts_.library.SettleSocket(*fd_info, result, use);
      added |= AddTo(thread, fd, *fd_info, is_write, result, ts);
    } else if (result >= 0 && !Hold(thread, fd, is_write, result, ts)) {
      parts_.unknown.CountDescriptor(thread);
    }
  }
  if (added) {
    events_++;
  }
}

bool Io::AddTo(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, bool is_write,
               int64_t result, uint64_t ts) {
  const char type = FlowType(fd_info);
  // What fails on a socket that has no ends yet was between nobody.
  if (type == 0 || (result < 0 && HasNoEnds(fd_info, type))) {
    return false;
  }
  const DescriptorIdentity identity = IdentityOf(fd_info, type);
  IoRecord* io = parts_.output.slots().Find(PidOf(thread), TidOf(thread), fd, identity);
  if (io == nullptr) {
    io = OpenSlot(thread, fd, fd_info, type, ts, identity);
  }
  const double bytes = result > 0 ? static_cast<double>(result) : 0;
  if (is_write) {
    io->writeOps++;
    io->writeBytes += bytes;
  } else {
    io->readOps++;
    io->readBytes += bytes;
  }
  SetLastTime(io, ts);
  return true;
}

IoRecord* Io::OpenSlot(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info, char type,
                       uint64_t ts, const DescriptorIdentity& identity) {
  Output& output = parts_.output;
  if (output.slots().full()) {
    output.Next(false);
  }
  const u32 process = parts_.processes.For(thread, ts);
  const u32 object = parts_.objects.ForDescriptor(fd_info);
  auto* io = output.Append<IoRecord>();
  SetTime(io, ts);
  io->process = process;
  io->tid = static_cast<i32>(TidOf(thread));
  io->fd = static_cast<i32>(fd);
  io->object = object;
  io->type = static_cast<unsigned char>(type);
  output.slots().Open(PidOf(thread), TidOf(thread), fd, identity, io);
  return io;
}

// An operation on a descriptor that was looked up: whether it is the one of then shows later. False
// where it can never be told whose operation this was.
bool Io::Hold(sinsp_threadinfo& thread, int64_t fd, bool is_write, int64_t result, uint64_t ts) {
  DescriptorLookup* lookup = FindLookup(thread, fd);
  if (lookup == nullptr) {
    return false;
  }
  const int64_t tid = TidOf(thread);
  auto& held = lookup->held;
  auto of_thread =
      std::find_if(held.begin(), held.end(), [tid](const auto& each) { return each.tid == tid; });
  if (of_thread == held.end()) {
    if (held.size() == kHeldThreadsMax) {
      return false;
    }
    if (held.empty() && held_.size() < kHeldMax) {
      held_.emplace_back(tid, fd);
    }
    held.push_back({tid, ts, ts, {0, 0}, {0, 0}});
    of_thread = held.end() - 1;
  }
  of_thread->last_ts = ts;
  of_thread->ops[is_write ? 1 : 0]++;
  of_thread->bytes[is_write ? 1 : 0] += result > 0 ? static_cast<uint64_t>(result) : 0;
  held_ops_++;
  return true;
}

bool Io::HoldOf(sinsp_evt& event, bool is_write, uint64_t ts) {
  sinsp_threadinfo* thread = ThreadOf(event);
  if (thread == nullptr || !HasParams(event)) {
    return false;
  }
  int64_t result = ResultOf(event);
  if (result < 0) {
    return false;
  }
  if (IsMarkedMessage(event) && MovesNothing(MessageFlagsOf(event), is_write)) {
    result = 0;
  }
  return Hold(*thread, UsedDescriptor(*thread), is_write, result, ts);
}

void Io::OnLookupLost(const DescriptorLookup& lookup) {
  for (const auto& held : lookup.held) {
    const uint64_t ops = held.ops[0] + held.ops[1];
    held_ops_ -= std::min(held_ops_, ops);
    Add(parts_.counters.no_descriptor, ops);
  }
}

// It is in its table now. What was held counts where nothing was lost since: what ended the number
// and opened it anew may be among that.
void Io::OnLookupSettled(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                         const DescriptorLookup& lookup) {
  if (lookup.held.empty()) {
    return;
  }
  const bool is_told = LookAtDrops(lookup.ts);
  const auto is_clean = [this](const auto& held) { return held.first_ts > drops_until_; };
  if (!is_told || !std::all_of(lookup.held.begin(), lookup.held.end(), is_clean)) {
    return OnLookupLost(lookup);
  }
  const char type = FlowType(fd_info);
  for (const auto& held : lookup.held) {
    held_ops_ -= std::min(held_ops_, held.ops[0] + held.ops[1]);
    if (type == 0) {
      continue;
    }
    const std::shared_ptr<sinsp_threadinfo> other =
        held.tid == TidOf(thread) ? nullptr : parts_.library.FindThread(held.tid);
    IoRecord* io = OpenSlot(other == nullptr ? thread : *other, fd, fd_info, type, held.first_ts,
                            IdentityOf(fd_info, type));
    io->readOps += static_cast<u32>(held.ops[0]);
    io->writeOps += static_cast<u32>(held.ops[1]);
    io->readBytes += static_cast<double>(held.bytes[0]);
    io->writeBytes += static_cast<double>(held.bytes[1]);
    SetLastTime(io, held.last_ts);
    events_ += held.ops[0] + held.ops[1];
  }
}

void Io::SettleLookups(uint64_t ts) {
  if (!parts_.library.is_live()) {
    return;
  }
  LookAtDrops(ts);
  for (const auto& [tid, fd] : std::exchange(held_, {})) {
    parts_.library.SettleLookup(tid, fd, ts);
  }
}

// Until when events may have been lost, by their own clock; false where it may not look. What was
// seen since that time does as well: a program decides how often this is asked.
bool Io::LookAtDrops(uint64_t since) {
  if (drops_looked_ts_ > since) {
    return true;
  }
  const ProcRead read(parts_.budget, SecondOf(parts_.time.last_ts));
  if (!read) {
    return false;
  }
  drops_looked_ts_ = parts_.library.EventClockNs();
  const uint64_t drops = parts_.library.KernelDrops();
  if (drops != drops_) {
    drops_ = drops;
    drops_until_ = parts_.library.EventClockNs();
  }
  return true;
}

}  // namespace sysflow
