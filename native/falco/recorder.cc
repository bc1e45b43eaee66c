// See recorder.h.
#include "falco/recorder.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "host/capture_error.h"

namespace sysflow {
namespace {

constexpr size_t kPipeBytes = 1 << 20;
constexpr size_t kChunkBytes = 1 << 20;
constexpr size_t kChunksMax = 256;  // 256 MiB wait for the disk before the capture waits too

CaptureError FileError(const std::string& what, const std::string& path, int error_number) {
  return CaptureError("ErrorReadingFileSystem",
                      what + " " + path + ": " + std::strerror(error_number), error_number);
}

}  // namespace

Recorder::Recorder(const std::string& path, bool compressed)
    : path_(path), compressed_(compressed) {
  file_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) {
    throw FileError("cannot create the capture file", path, errno);
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    const int error_number = errno;
    close(file_);
    throw FileError("cannot make a pipe for the capture file", path, error_number);
  }
  pipe_read_ = ends[0];
  pipe_write_ = ends[1];
  fcntl(pipe_write_, F_SETPIPE_SZ, kPipeBytes);  // the default of 64 KiB works too, only slower
  if (compressed_) {
    const int copy = fcntl(file_, F_DUPFD_CLOEXEC, 0);  // gzclose() closes it
    gzip_ = copy < 0 ? nullptr : gzdopen(copy, "wb1");
    if (gzip_ == nullptr) {
      const int error_number = copy < 0 ? errno : ENOMEM;
      for (const int fd : {copy, file_, pipe_read_, pipe_write_}) {
        if (fd >= 0) {
          close(fd);
        }
      }
      throw FileError("cannot compress the capture file", path, error_number);
    }
  }
  drain_ = std::thread([this] { Drain(); });
  write_ = std::thread([this] { Write(); });
}

Recorder::~Recorder() {
  try {
    Close();
  } catch (const CaptureError&) {
    // Close() was not called, so nobody waits for the outcome.
  }
}

void Recorder::Attach(sinsp& inspector) {
  // The dumper closes the descriptor that it is given.
  dumper_.fdopen(&inspector, pipe_write_, false);
  attached_ = true;
}

void Recorder::Close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  if (attached_) {
    dumper_.close();
  } else {
    close(pipe_write_);
  }
  drain_.join();
  write_.join();
  close(pipe_read_);
  if (gzip_ != nullptr && gzclose(static_cast<gzFile>(gzip_)) != Z_OK) {
    error_.store(errno != 0 ? errno : EIO);
    failed_.store(true);
  }
  if (close(file_) != 0 && !failed()) {
    error_.store(errno);
    failed_.store(true);
  }
  if (failed()) {
    throw FileError(
        "cannot write on after byte " + std::to_string(bytes_written()) + " of the capture file",
        path_, error_.load());
  }
}

// Empties the pipe into chunks. Waits only when kChunksMax of them wait for the disk.
void Recorder::Drain() {
  for (;;) {
    Chunk chunk(kChunkBytes);
    size_t used = 0;
    bool ended = false;
    while (used < chunk.size()) {
      const ssize_t got = read(pipe_read_, chunk.data() + used, chunk.size() - used);
      if (got < 0 && errno == EINTR) {
        continue;
      }
      if (got <= 0) {
        ended = true;
        break;
      }
      used += static_cast<size_t>(got);
    }
    chunk.resize(used);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return chunks_.size() < kChunksMax; });
    if (used > 0) {
      chunks_.push_back(std::move(chunk));
    }
    drained_ = ended;
    lock.unlock();
    changed_.notify_all();
    if (ended) {
      return;
    }
  }
}

void Recorder::Write() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return drained_ || !chunks_.empty(); });
    if (chunks_.empty()) {
      return;
    }
    const Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    lock.unlock();
    changed_.notify_all();
    if (!failed()) {
      WriteChunk(chunk);  // after a failure the pipe is still emptied, so that nobody hangs
    }
  }
}

void Recorder::WriteChunk(const Chunk& chunk) {
  size_t done = 0;
  while (done < chunk.size()) {
    ssize_t put;
    if (gzip_ != nullptr) {
      put = gzwrite(static_cast<gzFile>(gzip_), chunk.data() + done,
                    static_cast<unsigned>(chunk.size() - done));
      put = put == 0 ? -1 : put;
    } else {
      put = write(file_, chunk.data() + done, chunk.size() - done);
    }
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put < 0) {
      error_.store(errno != 0 ? errno : EIO);
      failed_.store(true);
      return;
    }
    done += static_cast<size_t>(put);
    written_.fetch_add(static_cast<uint64_t>(put), std::memory_order_relaxed);
  }
}

}  // namespace sysflow
