// A folder for the sockets of a test, and the plain socket calls of a reader or writer that knows
// nothing of our code.
#ifndef SYSFLOW_NATIVE_TEST_SUPPORT_SOCKET_FOLDER_H_
#define SYSFLOW_NATIVE_TEST_SUPPORT_SOCKET_FOLDER_H_

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

namespace sysflow::test {

class SocketFolder {
 public:
  SocketFolder() {
    char name[] = "/tmp/sysflow-socket-XXXXXX";
    const char* made = mkdtemp(name);
    path_ = made == nullptr ? "/tmp" : made;
  }
  ~SocketFolder() { std::filesystem::remove_all(path_); }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;

  std::string In(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

inline int Listen(const std::string& path, int type = SOCK_SEQPACKET) {
  const sockaddr_un address = AddressOf(path);
  const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  unlink(path.c_str());
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, 8) != 0) {
    return -1;
  }
  return fd;
}

// Within two seconds; -1 where nobody comes.
inline int AcceptOne(int listener) {
  pollfd wanted = {listener, POLLIN, 0};
  return poll(&wanted, 1, 2000) == 1 ? accept(listener, nullptr, nullptr) : -1;
}

// A packet within two seconds; "(end)" at the end, "(none)" where none comes.
inline std::string Receive(int fd) {
  char buffer[70000];
  pollfd wanted = {fd, POLLIN, 0};
  if (poll(&wanted, 1, 2000) != 1) {
    return "(none)";
  }
  const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
  return got < 0 ? "(error)" : got == 0 ? "(end)" : std::string(buffer, static_cast<size_t>(got));
}

// Whether it becomes true within twenty seconds.
template <typename Holds>
bool Eventually(Holds holds) {
  for (int i = 0; i < 4000; i++) {
    if (holds()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace sysflow::test

#endif  // SYSFLOW_NATIVE_TEST_SUPPORT_SOCKET_FOLDER_H_
