// See record_sender.h. Only the thread touches the socket. What the reader sends us is never read
// while it is connected: the kernel's buffer bounds it, and it costs us nothing.
#include "socket/record_sender.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "host/capture_error.h"
#include "socket/unix_socket.h"

namespace sysflow {
namespace {

constexpr size_t kLengthBytes = 4;
// A packet costs at least so much beside its bytes in what the kernel says is unread.
constexpr uint64_t kPacketCostMin = 512;
// How often to ask what is unread while nothing is sent.
constexpr int kLookMs = 100;
// The kernel is short of memory: it says so at once, and no event tells when it is over.
constexpr int kRetryMs = 10;
// After so many records the stop flag is looked at again.
constexpr int kSendsAtOnce = 256;
// Packets of the reader's own that are taken before the end, so that ours looks like one.
constexpr int kGarbageMax = 1000;
// Smaller buffers of the kernel than this are made as large: a record has up to 16 KiB.
constexpr int kSendBufferMin = 64 * 1024;

uint32_t LengthAt(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 |
         static_cast<uint32_t>(bytes[2]) << 16 | static_cast<uint32_t>(bytes[3]) << 24;
}

// How many records are in it; -1 where it is no block.
int64_t RecordsIn(const uint8_t* block, size_t bytes) {
  int64_t records = 0;
  size_t at = 0;
  while (at < bytes) {
    if (bytes - at < kLengthBytes) {
      return -1;
    }
    const size_t length = LengthAt(block + at);
    if (length == 0 || length > bytes - at - kLengthBytes) {
      return -1;
    }
    at += kLengthBytes + length;
    records++;
  }
  return records;
}

// Only programs that were started together must not come back together.
uint32_t Seed() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return static_cast<uint32_t>(now) ^ static_cast<uint32_t>(getpid()) << 16;
}

void Prepare(int fd) {
  int bytes = 0;
  socklen_t size = sizeof(bytes);
  if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &size) == 0 && bytes < kSendBufferMin) {
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBufferMin, sizeof(kSendBufferMin));
  }
}

}  // namespace

RecordSender::RecordSender(std::string place, Pauses pauses)
    : place_(std::move(place)), pauses_(pauses), random_(Seed()), pause_(pauses.first) {
  if (!wake_.is_open()) {
    const int error_number = errno;
    throw CaptureError("OUTPUT_OPEN_FAILED",
                       "cannot make an event descriptor: " + SocketFaultText(error_number),
                       error_number);
  }
  if (!TryConnect() && !MayComeLater(counts_.fault)) {
    throw CaptureError("OUTPUT_OPEN_FAILED",
                       "cannot write to the socket " + place_ + ": " +
                           SocketFaultText(counts_.fault) +
                           "; name the SOCK_SEQPACKET socket of a reader",
                       counts_.fault);
  }
  thread_ = QuietThread("sysflow-socket", [this] { Run(); });
}

RecordSender::~RecordSender() { Close(); }

void RecordSender::Close() {
  stopping_ = true;
  wake_.Wake();
  if (thread_.joinable()) {
    thread_.join();
  }
}

uint64_t RecordSender::Push(const uint8_t* block, size_t bytes, uint32_t connection) {
  const int64_t records = RecordsIn(block, bytes);
  if (records < 0) {
    throw CaptureError("OUTPUT_WRITE_FAILED", "what is to be sent is no block of records");
  }
  const std::lock_guard lock(mutex_);
  if (connection == 0 || connection != connection_.load(std::memory_order_relaxed)) {
    counts_.lost += static_cast<uint64_t>(records);
    return queued_bytes();
  }
  queue_.push_back({std::vector<uint8_t>(block, block + bytes), 0});
  const uint64_t queued = queued_bytes_.fetch_add(bytes) + bytes;
  if (is_idle_) {
    is_idle_ = false;
    wake_.Wake();
  }
  return queued;
}

RecordSender::Stats RecordSender::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = counts_;
  stats.queued_bytes = queued_bytes();
  stats.connection = connection();
  return stats;
}

void RecordSender::Run() noexcept {
  while (!stopping_) {
    if (socket_.is_open()) {
      Serve();
    } else {
      WaitToConnect();
    }
  }
  if (socket_.is_open()) {
    // Otherwise the reader would be told that its connection broke.
    char garbage[256];
    for (int i = 0; i < kGarbageMax; i++) {
      if (recv(socket_.get(), garbage, sizeof(garbage), MSG_DONTWAIT) < 0) {
        break;
      }
    }
  }
  const std::lock_guard lock(mutex_);
  connection_ = 0;
  DropQueue();
  socket_.Reset();
}

bool RecordSender::TryConnect() {
  Connected connected = ConnectSocket(place_);
  const std::lock_guard lock(mutex_);
  counts_.fault = connected.error_number;
  if (connected.error_number != 0) {
    return false;
  }
  Prepare(connected.fd.get());
  socket_ = std::move(connected.fd);
  connected_at_ = std::chrono::steady_clock::now();
  counts_.connections++;
  connection_ = counts_.connections;
  return true;
}

void RecordSender::WaitToConnect() {
  const int whole = static_cast<int>(pause_.count());
  std::uniform_int_distribution<int> part(whole / 2, whole);
  pollfd wake = {wake_.fd(), POLLIN, 0};
  // Nothing but the end wakes it.
  if (poll(&wake, 1, part(random_)) == 0) {
    pause_ = std::min(pause_ * 2, pauses_.last);
    TryConnect();
  } else if (!stopping_) {
    wake_.Clear();
  }
}

void RecordSender::Serve() {
  if (!TakeBlock()) {
    WaitForWork();
    return;
  }
  const int error_number = SendRecords();
  if (!socket_.is_open()) {
    return;
  }
  LookAtUnread();
  if (error_number == EAGAIN) {
    WaitOn(POLLOUT, -1);
  } else if (error_number != 0) {
    WaitOn(0, kRetryMs);
  }
}

// True where a block is in hand.
bool RecordSender::TakeBlock() {
  if (current_.at < current_.bytes.size()) {
    return true;
  }
  const std::lock_guard lock(mutex_);
  queued_bytes_ -= current_.bytes.size();
  current_ = {};
  if (queue_.empty()) {
    is_idle_ = true;
    return false;
  }
  current_ = std::move(queue_.front());
  queue_.pop_front();
  return true;
}

void RecordSender::WaitForWork() {
  const int events = WaitOn(0, in_flight_.empty() ? -1 : kLookMs);
  const std::lock_guard lock(mutex_);
  is_idle_ = false;
  if ((events & (POLLHUP | POLLERR)) != 0) {
    int error_number = 0;
    socklen_t size = sizeof(error_number);
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error_number, &size);
    Disconnect(error_number);
  } else {
    LookAtUnread();
  }
}

// What it ended with: 0, or an errno after which the connection stands and it is worth another try,
// or any after which it does not.
int RecordSender::SendRecords() {
  uint64_t sent = 0;
  uint64_t sent_bytes = 0;
  uint64_t refused = 0;
  int error_number = 0;
  const uint8_t* const bytes = current_.bytes.data();
  for (int i = 0; i < kSendsAtOnce && current_.at < current_.bytes.size(); i++) {
    const uint32_t length = LengthAt(bytes + current_.at);
    const uint8_t* const record = bytes + current_.at + kLengthBytes;
    if (send(socket_.get(), record, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
      in_flight_.push_back(length);
      sent++;
      sent_bytes += length;
    } else if (errno == EMSGSIZE) {
      refused++;
    } else {
      error_number = errno;
      break;
    }
    current_.at += kLengthBytes + length;
  }
  const std::lock_guard lock(mutex_);
  counts_.sent += sent;
  counts_.sent_bytes += sent_bytes;
  counts_.refused += refused;
  const bool is_passing = error_number == EAGAIN || error_number == EINTR ||
                          error_number == ENOBUFS || error_number == ENOMEM;
  if (error_number != 0 && !is_passing) {
    Disconnect(error_number);
  }
  return error_number;
}

// What is sent and unread by the kernel's own account; it takes more for each packet than we say
// here, so more may have been read, and not fewer.
void RecordSender::LookAtUnread() {
  int held = 0;
  if (in_flight_.empty() || ioctl(socket_.get(), SIOCOUTQ, &held) != 0) {
    return;
  }
  uint64_t cost = 0;
  size_t unread = 0;
  while (unread < in_flight_.size()) {
    cost += in_flight_[in_flight_.size() - 1 - unread] + kPacketCostMin;
    if (cost > static_cast<uint64_t>(held)) {
      break;
    }
    unread++;
  }
  in_flight_.erase(in_flight_.begin(),
                   in_flight_.end() - static_cast<std::deque<uint32_t>::difference_type>(unread));
}

// With the lock held.
void RecordSender::Disconnect(int error_number) {
  // The kernel says so where the reader has closed and left some, which are gone by now. After any
  // other end it still knows.
  if (error_number != ECONNRESET) {
    LookAtUnread();
  }
  counts_.unread += in_flight_.size();
  in_flight_.clear();
  counts_.fault = error_number;
  connection_ = 0;
  DropQueue();
  socket_.Reset();
  // A reader that closes at once is no reason to be back at once.
  if (std::chrono::steady_clock::now() - connected_at_ >= pauses_.last) {
    pause_ = pauses_.first;
  }
}

// With the lock held.
void RecordSender::DropQueue() {
  const auto rest = [](const Block& block) {
    return static_cast<uint64_t>(
        RecordsIn(block.bytes.data() + block.at, block.bytes.size() - block.at));
  };
  counts_.lost += rest(current_);
  for (const Block& block : queue_) {
    counts_.lost += rest(block);
  }
  current_ = {};
  queue_.clear();
  queued_bytes_ = 0;
}

// The socket's events. Returns at once when woken.
int RecordSender::WaitOn(short events, int timeout_ms) {
  pollfd fds[] = {{socket_.get(), events, 0}, {wake_.fd(), POLLIN, 0}};
  poll(fds, 2, timeout_ms);
  if (fds[1].revents != 0 && !stopping_) {
    wake_.Clear();
  }
  return fds[0].revents;
}

}  // namespace sysflow
