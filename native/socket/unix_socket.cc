// See unix_socket.h. An address holds 107 bytes of a path. A longer one is reached through the
// descriptor of its folder or file: /proc/self/fd/N is short, and cannot be exchanged in between.
#include "socket/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "host/capture_error.h"

namespace sysflow {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kOwnerOnly = 0600;

struct Address {
  sockaddr_un name = {};
  socklen_t bytes = 0;
};

bool IsAbstract(const std::string& place) { return !place.empty() && place[0] == '@'; }

// False where the name is too long.
bool MakeAddress(const std::string& path, bool is_abstract, Address* address) {
  const size_t max = sizeof(address->name.sun_path) - (is_abstract ? 0 : 1);
  if (path.empty() || path.size() > max) {
    return false;
  }
  address->name.sun_family = AF_UNIX;
  std::memcpy(address->name.sun_path, path.data(), path.size());
  if (is_abstract) {
    address->name.sun_path[0] = '\0';
  }
  // A path ends with its zero, an abstract name has all of its bytes.
  const size_t end = is_abstract ? 0 : 1;
  address->bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + end);
  return true;
}

OwnedFd NewSocket() {
  return OwnedFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

std::string ProcPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

int Connect(int fd, const std::string& path, bool is_abstract) {
  Address address;
  if (!MakeAddress(path, is_abstract, &address)) {
    return ENAMETOOLONG;
  }
  // A local connection is there at once, or not at all.
  return connect(fd, reinterpret_cast<const sockaddr*>(&address.name), address.bytes) == 0 ? 0
                                                                                           : errno;
}

int ConnectPath(int fd, const std::string& path) {
  // The file itself is held, so that what was looked at is what is connected to.
  const OwnedFd file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) {
    return errno;
  }
  struct stat info;
  if (fstat(file.get(), &info) != 0) {
    return errno;
  }
  if (S_ISLNK(info.st_mode)) {
    return ELOOP;
  }
  if (!S_ISSOCK(info.st_mode)) {
    return ENOTSOCK;
  }
  const int error_number = Connect(fd, ProcPath(file.get()), false);
  struct stat proc;
  // Without a /proc it is the path, if that fits.
  return error_number == ENOENT && stat("/proc/self/fd", &proc) != 0 ? Connect(fd, path, false)
                                                                     : error_number;
}

[[noreturn]] void FailToListen(const std::string& place, const std::string& why, int error_number) {
  throw CaptureError("INPUT_OPEN_FAILED", "cannot listen on the socket " + place + ": " + why,
                     error_number);
}

std::string ListenRemedy(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return "; name a socket in a folder that may be written";
    case ENOENT:
      return "; make its folder first";
    case ENAMETOOLONG:
      return "; name it shorter";
    default:
      return "";
  }
}

}  // namespace

std::string SocketFaultText(int error_number) {
  switch (error_number) {
    case 0:
      return "the other side has closed";
    case EACCES:
      return "permission denied (EACCES)";
    case EAGAIN:
      return "too many wait to be accepted there (EAGAIN)";
    case ECONNREFUSED:
      return "nobody listens there (ECONNREFUSED)";
    case ECONNRESET:
      return "the other side has closed and left records unread (ECONNRESET)";
    case ELOOP:
      return "it is a symbolic link (ELOOP)";
    case EMFILE:
      return "too many open files (EMFILE)";
    case EMSGSIZE:
      return "the record is too long (EMSGSIZE)";
    case ENAMETOOLONG:
      return "name too long (ENAMETOOLONG)";
    case ENFILE:
      return "too many open files in the system (ENFILE)";
    case ENOENT:
      return "no such file or directory (ENOENT)";
    case ENOTDIR:
      return "a part of the path is not a directory (ENOTDIR)";
    case ENOTSOCK:
      return "it is no socket (ENOTSOCK)";
    case EPERM:
      return "operation not permitted (EPERM)";
    case EPIPE:
      return "the other side has closed (EPIPE)";
    case EPROTOTYPE:
      return "it is a socket of another type than SOCK_SEQPACKET (EPROTOTYPE)";
    case EROFS:
      return "read-only file system (EROFS)";
    default:
      return "system error " + std::to_string(error_number);
  }
}

bool MayComeLater(int error_number) {
  return error_number == ENOENT || error_number == ECONNREFUSED || error_number == EAGAIN ||
         error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM || error_number == EINTR;
}

Connected ConnectSocket(const std::string& place) {
  Connected result;
  result.fd = NewSocket();
  if (!result.fd.is_open()) {
    result.error_number = errno;
    return result;
  }
  result.error_number = IsAbstract(place) ? Connect(result.fd.get(), place, true)
                                          : ConnectPath(result.fd.get(), place);
  if (result.error_number != 0) {
    result.fd.Reset();
  }
  return result;
}

ListeningSocket::ListeningSocket(const std::string& place)
    : fd_(NewSocket()), is_abstract_(IsAbstract(place)) {
  if (!fd_.is_open()) {
    FailToListen(place, SocketFaultText(errno), errno);
  }
  int error_number = Bind(place);
  if (error_number == EADDRINUSE && !is_abstract_ && IsStale(place)) {
    unlinkat(folder_.get(), name_.c_str(), 0);
    error_number = Bind(place);
  }
  if (error_number == EADDRINUSE) {
    const char* why = is_abstract_ ? "another program listens there"
                                   : "what lies there is no socket, or a program listens on it";
    FailToListen(place, std::string(why) + "; end that program or name another path", error_number);
  }
  if (error_number != 0) {
    FailToListen(place, SocketFaultText(error_number) + ListenRemedy(error_number), error_number);
  }
  struct stat info;
  if (!is_abstract_ && fstatat(folder_.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    device_ = info.st_dev;
    inode_ = info.st_ino;
  }
  if (listen(fd_.get(), kBacklog) != 0) {
    FailToListen(place, SocketFaultText(errno), errno);
  }
}

// Only its own file: another program may have put one there since.
ListeningSocket::~ListeningSocket() {
  struct stat info;
  if (folder_.is_open() && inode_ != 0 &&
      fstatat(folder_.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      info.st_dev == device_ && info.st_ino == inode_) {
    unlinkat(folder_.get(), name_.c_str(), 0);
  }
}

OwnedFd ListeningSocket::Accept() {
  return OwnedFd(accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int ListeningSocket::Bind(const std::string& place) {
  Address address;
  std::string path = place;
  if (!is_abstract_) {
    const size_t slash = place.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : place.substr(0, slash + 1);
    name_ = slash == std::string::npos ? place : place.substr(slash + 1);
    if (name_.empty()) {
      return EISDIR;
    }
    folder_.Reset(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_.is_open()) {
      return errno;
    }
    if (path.size() >= sizeof(address.name.sun_path)) {
      path = ProcPath(folder_.get()) + "/" + name_;
    }
    // Before it has a name: the file is made with these rights, whatever the umask.
    if (fchmod(fd_.get(), kOwnerOnly) != 0) {
      return errno;
    }
  }
  if (!MakeAddress(path, is_abstract_, &address)) {
    return ENAMETOOLONG;
  }
  return bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address.name), address.bytes) == 0
             ? 0
             : errno;
}

bool ListeningSocket::IsStale(const std::string& place) const {
  struct stat info;
  return fstatat(folder_.get(), name_.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISSOCK(info.st_mode) && ConnectSocket(place).error_number == ECONNREFUSED;
}

}  // namespace sysflow
