// See emitter.h. This file: the event loop's side (ticks, batches, dispatch) and descriptors.
// Processes and containers are in emitter_process.cc, their operations in emitter_process_ops.cc,
// paths in emitter_path.cc, what stands for paths and sockets in emitter_objects.cc.
#include "emit/emitter.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "falco/events/event_params.h"
#include "falco/events/message_flags.h"
#include "falco/events/opened_file.h"
#include "falco/events/resize_call.h"

namespace sysflow {
namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kBatchNs = 100'000'000;

// libscap's descriptor type as the type character of its name, 0 for kinds that make no flow.
// Server sockets share a character with connected ones in libsinsp; they are not among these.
char FlowType(scap_fd_type type) {
  switch (type) {
    case SCAP_FD_FILE:
    case SCAP_FD_FILE_V2:
      return CHAR_FD_FILE;
    case SCAP_FD_DIRECTORY:
      return CHAR_FD_DIRECTORY;
    case SCAP_FD_FIFO:
      return CHAR_FD_FIFO;
    case SCAP_FD_UNIX_SOCK:
      return CHAR_FD_UNIX_SOCK;
    case SCAP_FD_IPV4_SOCK:
      return CHAR_FD_IPV4_SOCK;
    case SCAP_FD_IPV6_SOCK:
      return CHAR_FD_IPV6_SOCK;
    default:
      return 0;
  }
}

DescriptorIdentity IdentityOf(const sinsp_fdinfo& fd_info, char type) {
  DescriptorIdentity identity{&fd_info, {0, 0}};
  if (type == CHAR_FD_IPV4_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv4info.m_fields;
    identity.ends[0] = (static_cast<uint64_t>(ends.m_sip) << 32) | ends.m_dip;
    identity.ends[1] = (static_cast<uint64_t>(ends.m_sport) << 32) |
                       (static_cast<uint64_t>(ends.m_dport) << 8) | ends.m_l4proto;
  } else if (type == CHAR_FD_IPV6_SOCK) {
    const auto* bytes = reinterpret_cast<const char*>(fd_info.m_sockinfo.m_ipv6info.m_all);
    identity.ends[0] =
        std::hash<std::string_view>{}({bytes, sizeof(fd_info.m_sockinfo.m_ipv6info.m_all)});
  } else if (type == CHAR_FD_UNIX_SOCK) {
    // Datagram sockets are renamed after each peer.
    identity.ends[0] = std::hash<std::string>{}(fd_info.m_name);
  }
  return identity;
}

// The first parameter, which is the result of each read and write. Read where it lies: the getter
// decodes all parameters and was a tenth of what an operation costs here. No event of reads and
// writes has the wide lengths of EF_LARGE_PAYLOAD.
int64_t IoResult(sinsp_evt& event) {
  const scap_evt* header = event.get_scap_evt();
  const char* lengths = reinterpret_cast<const char*>(header + 1);
  uint16_t length = 0;
  std::memcpy(&length, lengths, sizeof(length));
  const size_t values = sizeof(scap_evt) + header->nparams * sizeof(uint16_t);
  if (length != sizeof(int64_t) || header->len < values + length) [[unlikely]] {
    return event.get_syscall_return_value();  // old captures may lack it
  }
  int64_t result = 0;
  std::memcpy(&result, reinterpret_cast<const char*>(header) + values, sizeof(result));
  return result;
}

// Whether connect has taken the peer of an internet socket away (AF_UNSPEC): it has succeeded, and
// the library has none.
bool IsDisconnect(sinsp_evt& event, const sinsp_fdinfo& fd_info) {
  const sinsp_evt_param* tuple = FindParam(event, "tuple");
  const bool is_ip = fd_info.m_type == SCAP_FD_IPV4_SOCK || fd_info.m_type == SCAP_FD_IPV6_SOCK;
  return is_ip && fd_info.m_connected_type == SCAP_FD_UNINITIALIZED && tuple != nullptr &&
         tuple->m_len != 0 && event.get_syscall_return_value() == 0;
}

// An internet socket that has not been used yet. What closes it, shuts it down or fails on it makes
// no flow.
bool HasNoEnds(const sinsp_fdinfo& fd_info, char type) {
  if (type == CHAR_FD_IPV4_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv4info.m_fields;
    return ends.m_sip == 0 && ends.m_dip == 0 && ends.m_sport == 0 && ends.m_dport == 0;
  }
  if (type == CHAR_FD_IPV6_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv6info.m_fields;
    return ends.m_sip == ipv6addr::empty_address && ends.m_dip == ipv6addr::empty_address &&
           ends.m_sport == 0 && ends.m_dport == 0;
  }
  return false;
}

// Whether all operations on it are with the same peer, whatever their calls say.
bool HasOnePeer(const sinsp_fdinfo& fd_info) {
  const bool is_ip = fd_info.is_ipv4_socket() || fd_info.is_ipv6_socket();
  return !is_ip || fd_info.is_socket_connected();  // of what /proc told: a TCP socket
}

bool HasFailed(sinsp_evt& connect) {
  const int64_t result = connect.get_syscall_return_value();
  return result < 0 && result != -EINPROGRESS;
}

// Whether this connect has failed on a socket that had a peer (native/patches/0040).
bool HasPeerFromBefore(sinsp_evt& event) {
  const sinsp_fdinfo* fd_info = event.get_fd_info();
  return fd_info != nullptr && fd_info->m_connected_type != SCAP_FD_UNINITIALIZED &&
         HasFailed(event);
}

// A connect that fails leaves a Unix socket the name that it had.
void PutNameBack(sinsp_evt& event) {
  sinsp_fdinfo* fd_info = event.get_fd_info();
  if (fd_info != nullptr && fd_info->is_unix_socket() && !fd_info->m_unix_name.empty() &&
      HasFailed(event)) {
    fd_info->m_name = fd_info->m_unix_name;
  }
}

void PutPeerBack(sinsp_fdinfo& fd_info) {
  fd_info.m_sockinfo = fd_info.m_connected;
  fd_info.m_type = fd_info.m_connected_type;
  fd_info.m_is_elsewhere = false;
}

// Such a mapping may name any descriptor: the kernel does not look at it.
bool IsAnonymousMap(sinsp_evt& event) {
  const sinsp_evt_param* flags = FindParam(event, "flags");
  return flags != nullptr && (flags->as<uint32_t>() & PPM_MAP_ANONYMOUS) != 0;
}

}  // namespace

Emitter::Emitter(sinsp& inspector, const EmitterOptions& options, EmitterStats& stats,
                 std::unique_ptr<Batch> first, Submit submit)
    : inspector_(inspector),
      options_(options),
      stats_(stats),
      actions_(Actions()),
      submit_(std::move(submit)),
      batch_(std::move(first)),
      proc_text_(options.proc_folder) {
  inspector_.m_container_manager.subscribe_on_new_container(
      [this](const sinsp_container_info& info, sinsp_threadinfo*) { container_told_ = info.m_id; });
  inspector_.m_on_descriptor_end = [this](sinsp_threadinfo& thread, int64_t fd,
                                          const sinsp_fdinfo& fd_info, uint64_t ts) {
    OnDescriptorEnd(thread, fd, fd_info, ts);
  };
  inspector_.m_on_lookup_settled =
      [this](sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
             const sinsp_fd_lookup& lookup) { OnLookupSettled(thread, fd, fd_info, lookup); };
  inspector_.m_on_lookup_lost = [this](const sinsp_fd_lookup& lookup) { CountHeld(lookup); };
  inspector_.m_may_look_up = [this] { return MayLookUp(); };
  inspector_.m_has_looked_up = [this] { library_read_.reset(); };
}

Emitter::~Emitter() {
  // The inspector is closed after this.
  inspector_.m_on_lookup_settled = nullptr;
  inspector_.m_on_lookup_lost = nullptr;
  inspector_.m_may_look_up = nullptr;
  inspector_.m_has_looked_up = nullptr;
}

// The library does so before the event is seen here.
bool Emitter::MayLookUp() {
  if (library_read_.has_value()) {
    return true;  // part of one that has begun
  }
  library_read_.emplace(proc_budget_, inspector_.get_lastevent_ts() / kSecondNs);
  const bool may = static_cast<bool>(*library_read_);
  if (!may) {
    library_read_.reset();
  }
  return may;
}

bool Emitter::OnEvent(sinsp_evt& event, bool filtered) {
  const uint64_t ts = event.get_ts();
  events_++;
  if (ts >= deadline_ts_) [[unlikely]] {
    Tick(ts);
  }
  last_ts_ = ts;
  const Action action = actions_[event.get_type()];
  if (action == Action::kIgnore ||
      (action == Action::kResize && !IsResize(event.get_type(), event.get_scap_evt()->nparams))) {
    return !stopped_;
  }
  try {
    if (action == Action::kEnter) [[unlikely]] {
      // Also where the filter leaves it out: it may let the call's end through.
      stats_.filtered.fetch_add(filtered ? 1 : 0, std::memory_order_relaxed);
      OnEnter(event);
      return !stopped_;
    }
    if (filtered) [[unlikely]] {
      stats_.filtered.fetch_add(1, std::memory_order_relaxed);
      SealOnly(event, action);
      return !stopped_;
    }
    if (action == Action::kRead || action == Action::kWrite) [[likely]] {
      OnIo(event, action == Action::kWrite, ts);
    } else {
      Dispatch(event, action, ts);
    }
  } catch (const std::exception&) {
    // A parameter is missing or of another length, as in a damaged capture or one of a library that
    // laid this event out otherwise. Nothing was made of it: each record reads its event first.
    stats_.malformed.fetch_add(1, std::memory_order_relaxed);
  }
  if (options_.batch_records_max != 0 && batch_->records() >= options_.batch_records_max) {
    NextBatch(false);
  }
  return !stopped_;
}

bool Emitter::OnIdle(uint64_t now) {
  if (now >= next_tick_ts_ && next_tick_ts_ != 0) {
    Tick(now);
    last_ts_ = now;
  }
  // libscap reports an empty ring buffer every half millisecond; a batch waits for its full time.
  const bool due = now >= batch_end_ts_ && !batch_->empty();
  return due ? NextBatch(false) : !stopped_;
}

bool Emitter::Flush(bool eof) {
  if (eof) {
    // The library empties its tables when it is closed: these are counted here.
    inspector_.m_on_lookup_lost = nullptr;
    stats_.no_descriptor.fetch_add(std::exchange(held_ops_, 0), std::memory_order_relaxed);
  }
  return NextBatch(eof);
}

// Event time reached the end of the batch, of the second, or both.
void Emitter::Tick(uint64_t ts) {
  if (ts >= batch_end_ts_) {
    if (!batch_->empty()) {
      NextBatch(false);
    }
    batch_end_ts_ = ts + kBatchNs;
  }
  if (ts >= next_tick_ts_) {
    second_ = static_cast<u32>(ts / kSecondNs);
    next_tick_ts_ = (static_cast<uint64_t>(second_) + 1) * kSecondNs;
    slots_.Clear();
    auto* tick = Append<TickRecord>();
    tick->tsLo = static_cast<u32>(ts);
    tick->tsHi = static_cast<u32>(ts >> 32);
    tick->second = second_;
    SweepProcesses();
    SweepThreads();
    SettleLookups(ts);
  }
  deadline_ts_ = std::min(batch_end_ts_, next_tick_ts_);
}

bool Emitter::NextBatch(bool eof) {
  slots_.Clear();
  PublishStats();
  stats_.records.fetch_add(batch_->records(), std::memory_order_relaxed);
  stats_.batches.fetch_add(1, std::memory_order_relaxed);
  stats_.batch_bytes.fetch_add(batch_->used(), std::memory_order_relaxed);
  batch_->Seal(last_ts_, eof);
  if (!submit_(batch_)) {
    stopped_ = true;
  }
  return !stopped_;
}

void Emitter::PublishStats() {
  stats_.events.store(events_, std::memory_order_relaxed);
  stats_.io_events.store(io_events_, std::memory_order_relaxed);
  stats_.last_ts.store(last_ts_, std::memory_order_relaxed);
  stats_.proc_reads_refused.store(proc_budget_.refused(), std::memory_order_relaxed);
  stats_.processes.store(processes_.size(), std::memory_order_relaxed);
  stats_.objects.store(objects_.size(), std::memory_order_relaxed);
  stats_.descriptors.store(inspector_.m_fd_count, std::memory_order_relaxed);
  stats_.threads.store(inspector_.m_thread_manager->get_thread_count(), std::memory_order_relaxed);
}

void Emitter::Dispatch(sinsp_evt& event, Action action, uint64_t ts) {
  if (action == Action::kContainer) {
    return OnContainer();
  }
  const sinsp_threadinfo* thread = event.get_thread_info();
  if (thread == nullptr) {
    return CountNoThread();
  }
  switch (action) {
    case Action::kOpen:
      return OnDescriptor(event, kOpOpen, ts);
    case Action::kAccept:
      return OnDescriptor(event, kOpAccept, ts);
    case Action::kConnect:
      return OnConnect(event, ts);
    case Action::kClose:
      return OnDescriptor(event, kOpClose, ts);
    case Action::kShutdown:
      return OnDescriptor(event, kOpShutdown, ts);
    case Action::kSetns:
      return OnDescriptor(event, kOpSetns, ts);
    case Action::kMmap:
      return IsAnonymousMap(event) ? void() : OnDescriptor(event, kOpMmap, ts);
    case Action::kClone:
      AppendProcessOp(event, kOpClone, ts);
      return;
    case Action::kExec:
      return OnExec(event, ts);
    case Action::kExit:
      return OnExit(event, ts);
    case Action::kSetuid:
      return OnSetuid(event, ts);
    case Action::kSetgid:
      return OnSetgid(event, ts);
    case Action::kTransfer:
      return OnTransfer(event, ts);
    case Action::kMkdir:
      return OnPath(event, kOpMkdir, ts);
    case Action::kRmdir:
      return OnPath(event, kOpRmdir, ts);
    case Action::kUnlink:
      return OnPath(event, kOpUnlink, ts);
    case Action::kLink:
      return OnPath(event, kOpLink, ts);
    case Action::kSymlink:
      return OnPath(event, kOpSymlink, ts);
    case Action::kRename:
      return OnPath(event, kOpRename, ts);
    case Action::kChmod:
      return OnAttributes(event, kOpChmod, ts);
    case Action::kChown:
      return OnAttributes(event, kOpChown, ts);
    case Action::kMount:
      return OnMount(event, kOpMount, ts);
    case Action::kUmount:
      return OnMount(event, kOpUmount, ts);
    case Action::kMknod:
      return OnAttributes(event, kOpMknod, ts);
    case Action::kResize:
      return OnResize(event, ts);
    case Action::kSealResult:
    case Action::kSealPair:
      return SealOnly(event, action);
    case Action::kIgnore:
    case Action::kRead:
    case Action::kWrite:
    case Action::kEnter:
    case Action::kContainer:
      return;
  }
}

// An event that makes no record may still end what its descriptor meant.
void Emitter::SealOnly(sinsp_evt& event, Action action) {
  sinsp_threadinfo* thread = event.get_thread_info();
  if (thread == nullptr) {
    return;
  }
  switch (action) {
    case Action::kRead:
      return SettleSocketOf(event, SocketUse::kRead);
    case Action::kWrite:
      return SettleSocketOf(event, SocketUse::kWrite);
    case Action::kSealPair:
      for (const uint32_t param : {1u, 2u}) {
        if (event.get_num_params() > param) {
          slots_.SealDescriptor(thread->m_pid, event.get_param(param)->as<int64_t>());
        }
      }
      return;
    case Action::kSealResult:
      if (event.get_num_params() > 0 && event.has_return_value()) {
        slots_.SealDescriptor(thread->m_pid, event.get_syscall_return_value());
      }
      return;
    case Action::kConnect:
      SettleSocketOf(event, SocketUse::kConnect);
      if (HasPeerFromBefore(event)) {
        PutPeerBack(*event.get_fd_info());
      }
      PutNameBack(event);
      [[fallthrough]];
    case Action::kOpen:
    case Action::kAccept:
    case Action::kClose:
    case Action::kShutdown:
    case Action::kSetns:
      slots_.SealDescriptor(thread->m_pid, thread->m_lastevent_fd);
      return;
    case Action::kExec:
    case Action::kSetuid:
    case Action::kSetgid:
      slots_.SealProcess(thread->m_pid);
      return;
    case Action::kExit:
      slots_.SealProcess(thread->m_pid);
      entered_.Forget(thread->m_tid);
      return MarkExited(*thread);
    default:
      return;
  }
}

// Before the descriptor's type and ends are looked at.
void Emitter::SettleSocket(sinsp_fdinfo& fd_info, int64_t result, SocketUse use) {
  if (result >= 0 && IsIpv6Socket(fd_info)) {
    SettleIpv6Socket(fd_info, use, inspector_.m_thread_manager->m_server_ports);
  }
}

void Emitter::SettleSocketOf(sinsp_evt& event, SocketUse use) {
  sinsp_fdinfo* fd_info = event.get_fd_info();
  if (fd_info != nullptr && IsIpv6Socket(*fd_info)) {
    SettleSocket(*fd_info, event.get_syscall_return_value(), use);
  }
}

void Emitter::OnIo(sinsp_evt& event, bool is_write, uint64_t ts) {
  const sinsp_fdinfo* fd_info = event.get_fd_info();
  sinsp_threadinfo* thread = event.get_thread_info();
  if (fd_info == nullptr || thread == nullptr) [[unlikely]] {
    return HoldIoOf(event, is_write, ts) ? void() : CountUnknown(event);
  }
  if (IsIpv6Socket(*fd_info)) {
    SettleSocketOf(event, is_write ? SocketUse::kWrite : SocketUse::kRead);
  }
  int64_t result = IoResult(event);
  const scap_evt& header = *event.get_scap_evt();
  if (header.nparams > event.get_info()->nparams) [[unlikely]] {
    result = OnMarkedMessage(event, is_write, result, ts);
  }
  if (AddIo(*thread, thread->m_lastevent_fd, *fd_info, is_write, result, ts)) {
    io_events_++;
  }
}

// A send or receive that does something else, too, or instead. Returns what it has moved.
int64_t Emitter::OnMarkedMessage(sinsp_evt& event, bool is_write, int64_t result, uint64_t ts) {
  const uint32_t flags = MessageFlags(*event.get_scap_evt(), event.get_info()->nparams);
  sinsp_threadinfo& thread = *event.get_thread_info();
  const sinsp_fdinfo& fd_info = *event.get_fd_info();
  const char type = FlowType(fd_info.m_type);
  // UDP sockets take the flag for a connect too, and do nothing about it. One that has failed for
  // want of an address, or on a socket that has a peer, was none.
  const bool may_connect =
      is_write && type != 0 && !HasNoEnds(fd_info, type) && fd_info.get_l4proto() == SCAP_L4_TCP;
  const bool has_peer = fd_info.m_connected_type != SCAP_FD_UNINITIALIZED;
  if (may_connect && Connects(flags, result, has_peer)) {
    slots_.SealDescriptor(thread.m_pid, thread.m_lastevent_fd);
    const int64_t outcome = result < 0 ? result : 0;
    AppendDescriptorOp(thread, kOpConnect, outcome, fd_info, type, ts);
  }
  return MovesNothing(flags, is_write) ? std::min<int64_t>(result, 0) : result;
}

// sendfile, splice and copy_file_range. Each side counts for itself: one of them may be of a kind
// that makes no flow.
void Emitter::OnTransfer(sinsp_evt& event, uint64_t ts) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  const int64_t result = event.get_syscall_return_value();
  const std::optional<EnterFacts::Call> call = entered_.Take(thread.m_tid, event.get_type());
  // Where the capture began after the call did, only copy_file_range tells anything.
  const int64_t in = call.has_value() ? call->first : -1;
  int64_t out = call.has_value() ? call->second : -1;
  if (const sinsp_evt_param* param = FindParam(event, "fdout")) {
    out = param->as<int64_t>();
  }
  bool added = false;
  for (const bool is_write : {false, true}) {
    const int64_t fd = is_write ? out : in;
    sinsp_fdinfo* fd_info = result >= 0 ? thread.get_or_look_up_fd(fd, ts) : thread.get_fd(fd);
    if (fd_info != nullptr) {
      fd_info->follow_ends();
      if (result >= 0) {
        fd_info->return_to_peer();
      }
      SettleSocket(*fd_info, result, is_write ? SocketUse::kWrite : SocketUse::kRead);
      added |= AddIo(thread, fd, *fd_info, is_write, result, ts);
    } else if (result >= 0 && !HoldIo(thread, fd, is_write, result, ts)) {
      CountNoDescriptor(thread);
    }
  }
  if (added) {
    io_events_++;
  }
}

bool Emitter::AddIo(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                    bool is_write, int64_t result, uint64_t ts) {
  const char type = FlowType(fd_info.m_type);
  // What fails on a socket that has no ends yet was between nobody.
  if (type == 0 || (result < 0 && HasNoEnds(fd_info, type))) {
    return false;
  }
  const DescriptorIdentity identity = IdentityOf(fd_info, type);
  IoRecord* io = slots_.Find(thread.m_pid, thread.m_tid, fd, identity);
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
  io->lastTsLo = static_cast<u32>(ts);
  io->lastTsHi = static_cast<u32>(ts >> 32);
  return true;
}

// An operation on a descriptor that was looked up: whether it is the one of then shows later. False
// where it can never be told whose operation this was.
bool Emitter::HoldIo(sinsp_threadinfo& thread, int64_t fd, bool is_write, int64_t result,
                     uint64_t ts) {
  constexpr size_t kThreadsHeldMax = 8;
  sinsp_fdtable* descriptors = thread.get_fd_table();
  sinsp_fd_lookup* lookup = descriptors == nullptr ? nullptr : descriptors->find_lookup(fd);
  if (lookup == nullptr || lookup->info == nullptr || !HasOnePeer(*lookup->info)) {
    return false;
  }
  auto& held = lookup->held;
  auto of_thread = std::find_if(held.begin(), held.end(),
                                [&](const auto& each) { return each.tid == thread.m_tid; });
  if (of_thread == held.end()) {
    if (held.size() == kThreadsHeldMax) {
      return false;
    }
    if (held.empty() && held_.size() < kHeldMax) {
      held_.emplace_back(thread.m_tid, fd);
    }
    held.push_back({thread.m_tid, ts, ts, {0, 0}, {0, 0}});
    of_thread = held.end() - 1;
  }
  of_thread->last_ts = ts;
  of_thread->ops[is_write ? 1 : 0]++;
  of_thread->bytes[is_write ? 1 : 0] += result > 0 ? static_cast<uint64_t>(result) : 0;
  held_ops_++;
  return true;
}

bool Emitter::HoldIoOf(sinsp_evt& event, bool is_write, uint64_t ts) {
  sinsp_threadinfo* thread = event.get_thread_info();
  if (thread == nullptr || event.get_num_params() == 0) {
    return false;
  }
  int64_t result = event.get_syscall_return_value();
  if (result < 0) {
    return false;
  }
  const scap_evt& header = *event.get_scap_evt();
  if (header.nparams > event.get_info()->nparams &&
      MovesNothing(MessageFlags(header, event.get_info()->nparams), is_write)) {
    result = 0;
  }
  return HoldIo(*thread, thread->m_lastevent_fd, is_write, result, ts);
}

void Emitter::CountHeld(const sinsp_fd_lookup& lookup) {
  for (const auto& held : lookup.held) {
    const uint64_t ops = held.ops[0] + held.ops[1];
    held_ops_ -= std::min(held_ops_, ops);
    stats_.no_descriptor.fetch_add(ops, std::memory_order_relaxed);
  }
}

// It is in its table now. What was held counts where nothing was lost since: what ended the number
// and opened it anew may be among that.
void Emitter::OnLookupSettled(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                              const sinsp_fd_lookup& lookup) {
  if (lookup.held.empty()) {
    return;
  }
  const bool is_told = LookAtDrops(lookup.ts);
  const auto is_clean = [this](const auto& held) { return held.first_ts > drops_until_; };
  if (!is_told || !std::all_of(lookup.held.begin(), lookup.held.end(), is_clean)) {
    return CountHeld(lookup);
  }
  const char type = FlowType(fd_info.m_type);
  for (const auto& held : lookup.held) {
    held_ops_ -= std::min(held_ops_, held.ops[0] + held.ops[1]);
    sinsp_threadinfo* by = held.tid == thread.m_tid
                               ? &thread
                               : inspector_.m_thread_manager->find_thread(held.tid, true).get();
    if (type == 0) {
      continue;
    }
    IoRecord* io = OpenSlot(by == nullptr ? thread : *by, fd, fd_info, type, held.first_ts,
                            IdentityOf(fd_info, type));
    io->readOps += static_cast<u32>(held.ops[0]);
    io->writeOps += static_cast<u32>(held.ops[1]);
    io->readBytes += static_cast<double>(held.bytes[0]);
    io->writeBytes += static_cast<double>(held.bytes[1]);
    io->lastTsLo = static_cast<u32>(held.last_ts);
    io->lastTsHi = static_cast<u32>(held.last_ts >> 32);
    io_events_ += held.ops[0] + held.ops[1];
  }
}

// Descriptors that nothing is done with any more are known all the same.
void Emitter::SettleLookups(uint64_t ts) {
  if (!inspector_.is_live()) {
    return;
  }
  LookAtDrops(ts);
  for (const auto& [tid, fd] : std::exchange(held_, {})) {
    if (const auto thread = inspector_.m_thread_manager->find_thread(tid, true)) {
      thread->get_or_settle_fd(fd, ts);
    }
  }
}

// Until when events may have been lost, by their own clock; false where it may not look. What was
// seen since that time does as well: a program decides how often this is asked.
bool Emitter::LookAtDrops(uint64_t since) {
  if (drops_looked_ts_ > since) {
    return true;
  }
  const ProcRead read(proc_budget_, last_ts_ / kSecondNs);
  if (!read) {
    return false;
  }
  drops_looked_ts_ = inspector_.get_event_clock_ns();
  scap_stats stats{};
  inspector_.get_capture_stats(&stats);
  if (stats.n_drops != drops_) {
    drops_ = stats.n_drops;
    drops_until_ = inspector_.get_event_clock_ns();
  }
  return true;
}

// Only a call that succeeded on something unknown is a loss: programs close and probe descriptors
// that do not exist all the time. sendmmsg and recvmmsg of old captures do not even tell the
// result.
void Emitter::CountUnknown(sinsp_evt& event) {
  sinsp_threadinfo* thread = event.get_thread_info();
  if (thread == nullptr) {
    CountNoThread();
  } else if (event.get_num_params() == 0 || event.get_syscall_return_value() >= 0) {
    CountNoDescriptor(*thread);
  }
}

void Emitter::CountNoDescriptor(sinsp_threadinfo& thread) {
  const sinsp_fdtable* descriptors = thread.get_fd_table();
  const bool full =
      inspector_.m_fd_count >= inspector_.m_max_fd_count ||
      (descriptors != nullptr && descriptors->size() >= inspector_.m_max_fdtable_size);
  auto& count = full ? stats_.no_descriptor_full : stats_.no_descriptor;
  count.fetch_add(1, std::memory_order_relaxed);
}

void Emitter::CountNoThread() {
  const sinsp_thread_manager& threads = *inspector_.m_thread_manager;
  const bool full = threads.entries_count() >= threads.get_max_thread_table_size();
  (full ? stats_.no_thread_full : stats_.no_thread).fetch_add(1, std::memory_order_relaxed);
}

IoRecord* Emitter::OpenSlot(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                            char type, uint64_t ts, const DescriptorIdentity& identity) {
  if (slots_.full()) {
    NextBatch(false);
  }
  const u32 process = ProcessFor(thread, ts);
  const u32 object = ObjectFor(fd_info);
  auto* io = Append<IoRecord>();
  io->tsLo = static_cast<u32>(ts);
  io->tsHi = static_cast<u32>(ts >> 32);
  io->process = process;
  io->tid = static_cast<i32>(thread.m_tid);
  io->fd = static_cast<i32>(fd);
  io->object = object;
  io->type = static_cast<unsigned char>(type);
  slots_.Open(thread.m_pid, thread.m_tid, fd, identity, io);
  return io;
}

// libsinsp has taken over the new peer before the call's end. Where it failed, the flow of this
// operation is all that the new one gets.
void Emitter::OnConnect(sinsp_evt& event, uint64_t ts) {
  const bool has_peer = HasPeerFromBefore(event);
  sinsp_fdinfo* fd_info = event.get_fd_info();
  // An address of another family made another socket of it, with ends that are none.
  if (!has_peer || fd_info->m_type == fd_info->m_connected_type) {
    OnDescriptor(event, kOpConnect, ts);
  }
  if (has_peer) {
    PutPeerBack(*fd_info);
  }
  PutNameBack(event);
}

void Emitter::OnDescriptor(sinsp_evt& event, u32 op, uint64_t ts) {
  sinsp_threadinfo& thread = *event.get_thread_info();
  if (op != kOpMmap) {
    slots_.SealDescriptor(thread.m_pid, thread.m_lastevent_fd);
  }
  sinsp_fdinfo* fd_info = event.get_fd_info();
  if (fd_info == nullptr) {
    // A failed open or accept, an anonymous mapping, or a descriptor that was never seen.
    return op == kOpMmap ? void() : CountUnknown(event);
  }
  fd_info->follow_ends();  // the library does so where a call ends, and mmap is seen at its start
  if (op == kOpConnect && IsDisconnect(event, *fd_info)) {
    return UnsettleIpv6Socket(*fd_info);
  }
  if (op != kOpMmap) {
    SettleSocketOf(event, op == kOpConnect ? SocketUse::kConnect : SocketUse::kOther);
  }
  if (op == kOpOpen) {
    SettleOpened(event, *fd_info);
  }
  const char type = FlowType(fd_info->m_type);
  if (type == 0 || HasNoEnds(*fd_info, type)) {
    return;
  }
  const int64_t result = op == kOpMmap ? 0 : event.get_syscall_return_value();
  AppendDescriptorOp(thread, op, result, *fd_info, type, ts);
}

void Emitter::AppendDescriptorOp(sinsp_threadinfo& thread, u32 op, int64_t result,
                                 const sinsp_fdinfo& fd_info, char type, uint64_t ts) {
  const u32 process = ProcessFor(thread, ts);
  const u32 object = ObjectFor(fd_info);
  auto* record = Append<DescriptorOpRecord>();
  record->tsLo = static_cast<u32>(ts);
  record->tsHi = static_cast<u32>(ts >> 32);
  record->process = process;
  record->tid = static_cast<i32>(thread.m_tid);
  record->op = op;
  record->ret = static_cast<i32>(result);
  record->fd = static_cast<i32>(thread.m_lastevent_fd);
  record->object = object;
  record->type = static_cast<unsigned char>(type);
  record->openFlags = op == kOpOpen ? fd_info.m_openflags : 0;
  if (op == kOpClose && result >= 0) {
    record->openFlags = thread.has_own_descriptors() ? kCloseOwn : 0;
    EndAtSharers(thread, thread.m_lastevent_fd, object, type, ts);
  }
}

// Processes that have the same table of descriptors (CLONE_FILES) have this one no more either.
void Emitter::EndAtSharers(const sinsp_threadinfo& thread, int64_t fd, u32 object, char type,
                           uint64_t ts) {
  const sinsp_fdtable* descriptors = thread.get_fd_table();
  if (descriptors == nullptr || descriptors->m_sharers.empty()) [[likely]] {
    return;
  }
  for (const int64_t pid : descriptors->m_sharers) {
    const ProcessEntry process = pid == thread.m_pid ? ProcessEntry{} : processes_.Find(pid);
    const auto leader = inspector_.m_thread_manager->find_thread(pid, true);
    if (process.handle == 0 || leader == nullptr || leader->m_clone_ts != process.create_ts ||
        leader->get_fd_table() != descriptors) {
      continue;
    }
    slots_.SealDescriptor(pid, fd);
    AppendEnded({process.handle, 0, fd, true}, object, type, ts);
  }
}

void Emitter::AppendEnded(const DescriptorEnd& end, u32 object, char type, uint64_t ts) {
  auto* record = Append<DescriptorOpRecord>();
  record->tsLo = static_cast<u32>(ts);
  record->tsHi = static_cast<u32>(ts >> 32);
  record->process = end.process;
  record->tid = static_cast<i32>(end.tid);
  record->op = kOpEnded;
  record->ret = end.of_all_threads ? 0 : 1;
  record->fd = static_cast<i32>(end.fd);
  record->object = object;
  record->type = static_cast<unsigned char>(type);
}

// A process that has no handle has no flows that could end.
void Emitter::OnDescriptorEnd(sinsp_threadinfo& thread, int64_t fd, const sinsp_fdinfo& fd_info,
                              uint64_t ts) {
  slots_.SealDescriptor(thread.m_pid, fd);
  const char type = FlowType(fd_info.m_type);
  const sinsp_threadinfo* leader = thread.get_main_thread();
  if (type == 0 || leader == nullptr) {
    return;
  }
  if (ts >= deadline_ts_) {
    Tick(ts);
  }
  const ProcessEntry process = processes_.Find(leader->m_tid);
  const bool is_known = process.handle != 0 && process.create_ts == leader->m_clone_ts;
  const sinsp_fdtable* descriptors = thread.get_fd_table();
  const bool is_shared = descriptors != nullptr && !descriptors->m_sharers.empty();
  if (!is_known && !is_shared) {
    return;
  }
  const u32 object = ObjectFor(fd_info);
  if (is_known) {
    const bool of_all_threads = !thread.has_own_descriptors();
    AppendEnded({process.handle, thread.m_tid, fd, of_all_threads}, object, type, ts);
  }
  EndAtSharers(thread, fd, object, type, ts);
}

}  // namespace sysflow
