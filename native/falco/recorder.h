// Writes the events of a live capture to a .scap file. The capture thread only fills a pipe; a
// second thread empties it into memory and a third writes to the disk, so that a slow disk costs
// memory (bounded) before it costs events.

#ifndef SYSFLOW_NATIVE_FALCO_RECORDER_H_
#define SYSFLOW_NATIVE_FALCO_RECORDER_H_

#include <libsinsp/sinsp.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sysflow {

class Recorder {
 public:
  // Creates the file (0600, no symbolic link followed) and starts the threads. Throws CaptureError.
  Recorder(const std::string& path, bool compressed);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Writes the capture's head and the process table. Call when the inspector is open.
  void Attach(sinsp& inspector);
  void OnEvent(sinsp_evt& event) { dumper_.dump(&event); }

  // Writes what is left and closes the file. Throws CaptureError if anything could not be written.
  void Close();

  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  uint64_t bytes_written() const { return written_.load(std::memory_order_relaxed); }

 private:
  using Chunk = std::vector<char>;

  void Drain();
  void Write();
  void WriteChunk(const Chunk& chunk);

  const std::string path_;
  const bool compressed_;
  int file_ = -1;
  int pipe_read_ = -1;
  int pipe_write_ = -1;
  void* gzip_ = nullptr;  // a gzFile, where the capture is compressed
  sinsp_dumper dumper_;
  bool attached_ = false;
  bool closed_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> chunks_;
  bool drained_ = false;
  std::atomic<bool> failed_{false};
  std::atomic<int> error_{0};
  std::atomic<uint64_t> written_{0};
  std::thread drain_;
  std::thread write_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_RECORDER_H_
