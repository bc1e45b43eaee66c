// The output to a Unix socket: one encoded record a packet. A thread of its own connects, sends and
// connects again for ever, so neither the capture nor JavaScript waits for the reader. JavaScript
// hands over blocks of records for the connection that stands, and looks at how much is queued.
//
// A newcomer's trap: a packet that was sent lies in the kernel until the reader takes it, and dies
// with a reader that ends before. So such packets are counted apart, by what the kernel holds.
#ifndef SYSFLOW_NATIVE_SOCKET_RECORD_SENDER_H_
#define SYSFLOW_NATIVE_SOCKET_RECORD_SENDER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "host/owned_fd.h"
#include "socket/wake_up.h"

namespace sysflow {

class RecordSender {
 public:
  // How long to wait before the next attempt to connect: twice as long each time, up to the last,
  // and each time by chance between half of that and all of it.
  struct Pauses {
    std::chrono::milliseconds first{100};
    std::chrono::milliseconds last{5000};
  };

  // Records since the start. What was pushed is sent, lost or refused, or still queued.
  struct Stats {
    // Given to the kernel.
    uint64_t sent = 0;
    // Queued when the reader went away.
    uint64_t lost = 0;
    // Those of `sent` that the reader had not read when it went away, as far as is known: it may
    // have read some of them since the last look.
    uint64_t unread = 0;
    // That the kernel would not take, though the reader was there.
    uint64_t refused = 0;
    uint64_t sent_bytes = 0;
    uint64_t queued_bytes = 0;
    uint32_t connections = 0;
    // The one that stands: 1 for the first; 0 for none.
    uint32_t connection = 0;
    // Why none stands, or none did before this one: an errno; 0 for a reader that closed in order.
    int fault = 0;
  };

  // Connects where a reader is there, and begins the thread. `place` is that of ConnectSocket.
  // Throws CaptureError OUTPUT_OPEN_FAILED where waiting for a reader is of no use.
  explicit RecordSender(std::string place) : RecordSender(std::move(place), Pauses()) {}
  RecordSender(std::string place, Pauses pauses);
  ~RecordSender();
  RecordSender(const RecordSender&) = delete;
  RecordSender& operator=(const RecordSender&) = delete;

  // Copies a block: records, each with its length before it in four bytes, the lowest first. It is
  // always taken, and counted as lost where that connection stands no more: the caller looks at the
  // result, which is how many bytes are queued. Throws CaptureError where it is no such block.
  uint64_t Push(const uint8_t* block, size_t bytes, uint32_t connection);

  uint32_t connection() const { return connection_.load(std::memory_order_acquire); }
  uint64_t queued_bytes() const { return queued_bytes_.load(std::memory_order_acquire); }
  Stats stats() const;

  // Ends the connection and the thread; what is queued is lost. May be called twice.
  void Close();

 private:
  struct Block {
    std::vector<uint8_t> bytes;
    size_t at = 0;
  };

  void Run() noexcept;
  bool TryConnect();
  void WaitToConnect();
  void Serve();
  bool TakeBlock();
  void WaitForWork();
  int SendRecords();
  void LookAtUnread();
  void Disconnect(int error_number);
  void DropQueue();
  int WaitOn(short events, int timeout_ms);

  const std::string place_;
  const Pauses pauses_;
  std::minstd_rand random_;

  // The thread's own.
  OwnedFd socket_;
  std::chrono::steady_clock::time_point connected_at_;
  std::chrono::milliseconds pause_;
  Block current_;
  std::deque<uint32_t> in_flight_;  // lengths of packets that the reader may not have read

  mutable std::mutex mutex_;
  std::deque<Block> queue_;
  bool is_idle_ = false;
  Stats counts_;  // but for what stands below

  std::atomic<uint32_t> connection_{0};
  std::atomic<uint64_t> queued_bytes_{0};
  std::atomic<bool> stopping_{false};
  WakeUp wake_;
  std::thread thread_;  // last: it uses all of the others
};

static_assert(!std::is_copy_constructible_v<RecordSender> &&
              !std::is_move_constructible_v<RecordSender>);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_SOCKET_RECORD_SENDER_H_
