// See record_listener.h.
#include "socket/record_listener.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/capture_error.h"

namespace sysflow {
namespace {

// Of one writer, before the next has its turn.
constexpr int kPacketsAtOnce = 64;
constexpr int kRetryMs = 100;

}  // namespace

RecordListener::RecordListener(const std::string& place, Limits limits, std::function<void()> ring)
    : limits_(limits),
      ring_(std::move(ring)),
      socket_(std::make_unique<ListeningSocket>(place)),
      packet_(kPacketBytesMax) {
  if (!wake_.is_open()) {
    const int error_number = errno;
    throw CaptureError("INPUT_OPEN_FAILED",
                       "cannot make an event descriptor: " + SocketFaultText(error_number),
                       error_number);
  }
  thread_ = QuietThread("sysflow-listen", [this] { Run(); });
}

RecordListener::~RecordListener() { Close(); }

void RecordListener::Close() {
  stopping_ = true;
  wake_.Wake();
  if (thread_.joinable()) {
    thread_.join();
  }
  socket_.reset();
}

size_t RecordListener::Take(uint8_t* buffer, size_t bytes) {
  const std::lock_guard lock(mutex_);
  size_t end = taken_;
  while (end < held_.size()) {
    uint32_t count = 0;
    std::memcpy(&count, held_.data() + end + 8, sizeof(count));
    const size_t frame = kFrameHeadBytes + count;
    if (end + frame - taken_ > bytes) {
      break;
    }
    end += frame;
  }
  const size_t copied = end - taken_;
  if (copied > 0) {
    std::memcpy(buffer, held_.data() + taken_, copied);
  }
  taken_ = end;
  if (taken_ == held_.size()) {
    held_.clear();
    taken_ = 0;
  }
  is_awaited_ = copied == 0;
  if (is_full_) {
    is_full_ = false;
    wake_.Wake();
  }
  return copied;
}

void RecordListener::Drop(uint32_t writer) {
  const std::lock_guard lock(mutex_);
  unwanted_.push_back(writer);
  wake_.Wake();
}

void RecordListener::Run() noexcept {
  while (!stopping_) {
    WaitAndRead();
  }
  writers_.clear();
}

void RecordListener::WaitAndRead() {
  DropUnwanted();
  const bool is_full = IsFull();
  std::vector<pollfd> fds;
  fds.reserve(writers_.size() + 2);
  const bool has_place = writers_.size() < limits_.writers;
  fds.push_back({wake_.fd(), POLLIN, 0});
  // A descriptor below zero is passed over.
  fds.push_back({has_place && !is_full ? socket_->get() : -1, POLLIN, 0});
  for (const Writer& writer : writers_) {
    fds.push_back({is_full ? -1 : writer.fd.get(), POLLIN, 0});
  }
  poll(fds.data(), fds.size(), -1);
  if (fds[0].revents != 0 && !stopping_) {
    wake_.Clear();
  }
  size_t place = 2;
  std::erase_if(writers_, [&](const Writer& writer) {
    return fds[place++].revents != 0 && !ReadSome(writer);
  });
  if (fds[1].revents != 0) {
    AcceptAll();
  }
  Ring();
}

void RecordListener::AcceptAll() {
  while (writers_.size() < limits_.writers) {
    OwnedFd fd = socket_->Accept();
    if (!fd.is_open()) {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        // No descriptor is free: who waits is still there, so waiting for that would not wait.
        pollfd wake = {wake_.fd(), POLLIN, 0};
        poll(&wake, 1, kRetryMs);
      }
      return;
    }
    uint32_t peer[2] = {0, 0};
    if (MayWrite(fd.get(), &peer[0], &peer[1])) {
      const uint32_t number = ++writers_ever_;
      Put(number, kOpened, peer, sizeof(peer));
      writers_.push_back({number, std::move(fd)});
    } else {
      turned_away_++;
    }
  }
}

// Who may open a socket's file is decided by its rights; a name without a file has none.
bool RecordListener::MayWrite(int fd, uint32_t* process, uint32_t* user) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  *process = static_cast<uint32_t>(peer.pid);
  *user = peer.uid;
  return !socket_->is_abstract() || peer.uid == 0 || peer.uid == geteuid();
}

bool RecordListener::ReadSome(const Writer& writer) {
  for (int i = 0; i < kPacketsAtOnce && !IsFull(); i++) {
    iovec part = {packet_.data(), packet_.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    // Descriptors that are sent along are closed by the kernel, since there is no room for them.
    const ssize_t got = recvmsg(writer.fd.get(), &message, MSG_DONTWAIT);
    if (got < 0) {
      const uint32_t error_number = static_cast<uint32_t>(errno);
      if (errno == EAGAIN || errno == EINTR) {
        return true;
      }
      Put(writer.number, kFailed, &error_number, sizeof(error_number));
      return false;
    }
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      Put(writer.number, kTooLong, nullptr, 0);
      return false;
    }
    // The end, or a packet of no bytes, which no record is.
    if (got == 0) {
      Put(writer.number, kClosed, nullptr, 0);
      return false;
    }
    Put(writer.number, kPacket, packet_.data(), static_cast<size_t>(got));
  }
  return true;
}

void RecordListener::DropUnwanted() {
  std::vector<uint32_t> unwanted;
  {
    const std::lock_guard lock(mutex_);
    unwanted.swap(unwanted_);
  }
  for (const uint32_t number : unwanted) {
    std::erase_if(writers_, [&](const Writer& writer) { return writer.number == number; });
  }
}

void RecordListener::Put(uint32_t writer, Event event, const void* bytes, size_t count) {
  const uint32_t head[3] = {writer, event, static_cast<uint32_t>(count)};
  static_assert(sizeof(head) == kFrameHeadBytes);
  const std::lock_guard lock(mutex_);
  if (taken_ > held_.size() / 2) {
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
  }
  const auto append = [this](const void* from, size_t size) {
    const auto* start = static_cast<const uint8_t*>(from);
    held_.insert(held_.end(), start, start + size);
  };
  append(head, sizeof(head));
  if (count > 0) {
    append(bytes, count);
  }
}

void RecordListener::Ring() {
  {
    const std::lock_guard lock(mutex_);
    if (!is_awaited_ || held_.empty()) {
      return;
    }
    is_awaited_ = false;
  }
  ring_();
}

// Where it is, the next Take wakes the thread.
bool RecordListener::IsFull() {
  const std::lock_guard lock(mutex_);
  is_full_ = held_.size() - taken_ >= limits_.held_bytes;
  return is_full_;
}

}  // namespace sysflow
