// The other side of a socket output: listens on a Unix socket of packets and takes those of several
// writers at once, on a thread of its own. JavaScript takes them in frames, in the order in which
// they came from each writer. Where it takes none, the writers wait: what is held here is bounded.
#ifndef SYSFLOW_NATIVE_SOCKET_RECORD_LISTENER_H_
#define SYSFLOW_NATIVE_SOCKET_RECORD_LISTENER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "host/owned_fd.h"
#include "socket/unix_socket.h"
#include "socket/wake_up.h"

namespace sysflow {

class RecordListener {
 public:
  // What a frame is about, in its second word; for kPacket, bytes follow.
  enum Event : uint32_t {
    kPacket = 0,
    // Two words follow: the writer's process id and user id.
    kOpened = 1,
    // It has closed in order.
    kClosed = 2,
    // One word follows: the errno.
    kFailed = 3,
    // It sent a packet longer than kPacketBytesMax, and was cut off.
    kTooLong = 4,
  };

  struct Limits {
    // Packets held at most, beyond which no writer is read.
    size_t held_bytes = size_t{4} << 20;
    // Connected at once; others wait to be accepted.
    size_t writers = 64;
  };

  static constexpr size_t kPacketBytesMax = size_t{256} << 10;
  // Three words stand before the bytes of a frame: which writer, what, and how many bytes.
  static constexpr size_t kFrameHeadBytes = 12;

  // `ring` is called on the thread after a Take that gave nothing, when the next one gives
  // something. Throws CaptureError INPUT_OPEN_FAILED.
  RecordListener(const std::string& place, Limits limits, std::function<void()> ring);
  ~RecordListener();
  RecordListener(const RecordListener&) = delete;
  RecordListener& operator=(const RecordListener&) = delete;

  // Copies as many whole frames as there are and fit, with numbers in the order of this machine's
  // bytes; returns how many bytes. The buffer has room for the longest frame.
  size_t Take(uint8_t* buffer, size_t bytes);

  // Cuts a writer off; frames of it that are on their way still come, but none after them.
  void Drop(uint32_t writer);

  // Writers turned away because they may not write here.
  uint64_t turned_away() const { return turned_away_; }

  // Ends all connections and the thread, and removes the socket's file. May be called twice.
  void Close();

 private:
  struct Writer {
    uint32_t number;
    OwnedFd fd;
  };

  void Run() noexcept;
  void WaitAndRead();
  void AcceptAll();
  bool MayWrite(int fd, uint32_t* process, uint32_t* user);
  // False where the writer has ended.
  bool ReadSome(const Writer& writer);
  void DropUnwanted();
  void Put(uint32_t writer, Event event, const void* bytes, size_t count);
  void Ring();
  bool IsFull();

  const Limits limits_;
  const std::function<void()> ring_;
  std::unique_ptr<ListeningSocket> socket_;

  // The thread's own.
  std::vector<Writer> writers_;
  uint32_t writers_ever_ = 0;
  std::vector<uint8_t> packet_;

  std::mutex mutex_;
  std::vector<uint8_t> held_;  // frames
  size_t taken_ = 0;           // bytes of them that were taken
  bool is_awaited_ = false;
  bool is_full_ = false;  // the thread waits until some are taken
  std::vector<uint32_t> unwanted_;

  std::atomic<uint64_t> turned_away_{0};
  std::atomic<bool> stopping_{false};
  WakeUp wake_;
  std::thread thread_;  // last: it uses all of the others
};

static_assert(!std::is_copy_constructible_v<RecordListener> &&
              !std::is_move_constructible_v<RecordListener>);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_SOCKET_RECORD_LISTENER_H_
