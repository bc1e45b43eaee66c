// Unix sockets of packets (SOCK_SEQPACKET) by their place: a path of any length, or "@" and a name
// that no file has (an abstract socket). A path is never followed through a symbolic link at its
// end, since we often run as root.
#ifndef SYSFLOW_NATIVE_SOCKET_UNIX_SOCKET_H_
#define SYSFLOW_NATIVE_SOCKET_UNIX_SOCKET_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "host/owned_fd.h"

namespace sysflow {

// An errno, 0 for success, in words that are the same with every C library:
// "permission denied (EACCES)".
std::string SocketFaultText(int error_number);

// Whether it may work later without anybody changing anything but the reader: it is not there yet,
// nobody listens, or too many wait to be accepted.
bool MayComeLater(int error_number);

struct Connected {
  OwnedFd fd;  // never blocks; not open where there was an error
  int error_number = 0;
};

// Connects without waiting. ENOTSOCK: something else lies there; ELOOP: a symbolic link does.
Connected ConnectSocket(const std::string& place);

// A socket that listens, and its file, which is removed with it.
class ListeningSocket {
 public:
  // The file is for its owner only. A socket file at which nobody listens any more is replaced;
  // anything else that lies there stays, and is an error. Throws CaptureError INPUT_OPEN_FAILED.
  explicit ListeningSocket(const std::string& place);
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  int get() const { return fd_.get(); }
  bool is_abstract() const { return is_abstract_; }

  // The next writer, which never blocks; not open where there is none at the moment.
  OwnedFd Accept();

 private:
  int Bind(const std::string& place);
  bool IsStale(const std::string& place) const;

  OwnedFd fd_;
  OwnedFd folder_;  // of the file, so that it is found again whatever becomes of the path
  std::string name_;
  bool is_abstract_ = false;
  // Of the file that was made.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_SOCKET_UNIX_SOCKET_H_
