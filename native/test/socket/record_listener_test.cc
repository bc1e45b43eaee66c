// The socket that is read, with writers that know nothing of our code: what each sends comes in its
// order, what is held is bounded, and its file is nobody else's.
#include "socket/record_listener.h"

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "host/capture_error.h"
#include "test/support/check.h"
#include "test/support/socket_folder.h"

namespace sysflow::test {
namespace {

int ConnectTo(const std::string& path) {
  const sockaddr_un address = AddressOf(path);
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ? fd : -1;
}

void Send(int fd, const std::string& packet) {
  send(fd, packet.data(), packet.size(), MSG_NOSIGNAL);
}

// What came from each writer, an event in brackets.
class Received {
 public:
  explicit Received(RecordListener& listener) : listener_(listener) {}

  void Take() {
    const size_t got = listener_.Take(buffer_.data(), buffer_.size());
    for (size_t at = 0; at < got;) {
      uint32_t head[3];
      std::memcpy(head, buffer_.data() + at, sizeof(head));
      at += sizeof(head);
      const std::string bytes(reinterpret_cast<const char*>(buffer_.data()) + at, head[2]);
      at += head[2];
      texts_[head[0]] += head[1] == RecordListener::kPacket
                             ? bytes
                             : "(" + std::to_string(static_cast<int>(head[1])) + ")";
      opened_ += head[1] == RecordListener::kOpened ? bytes : "";
    }
  }

  bool Comes(uint32_t writer, const std::string& text) {
    return Eventually([&] {
      Take();
      return texts_[writer] == text;
    });
  }

  const std::string& opened() const { return opened_; }
  const std::string& text(uint32_t writer) { return texts_[writer]; }

 private:
  RecordListener& listener_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(512 << 10);
  std::map<uint32_t, std::string> texts_;
  std::string opened_;
};

int ErrorOf(const std::string& place) {
  try {
    const RecordListener listener(place, {}, [] {});
  } catch (const CaptureError& error) {
    return error.error_number();
  }
  return 0;
}

void SeveralWriters() {
  const SocketFolder folder;
  const std::string path = folder.In("s");
  std::atomic<int> rings{0};
  RecordListener listener(path, {}, [&] { rings++; });
  Received received(listener);
  received.Take();
  CHECK_EQUAL(rings.load(), 0, "nothing yet");
  const int first = ConnectTo(path);
  const int second = ConnectTo(path);
  CHECK_THAT(Eventually([&] { return rings > 0; }), "a writer rings");
  for (int i = 0; i < 3; i++) {
    Send(first, "a" + std::to_string(i));
    Send(second, "b" + std::to_string(i));
  }
  CHECK_THAT(received.Comes(1, "(1)a0a1a2"), received.text(1));
  CHECK_THAT(received.Comes(2, "(1)b0b1b2"), received.text(2));
  uint32_t peer[2] = {0, 0};
  CHECK_EQUAL(received.opened().size(), 2 * sizeof(peer), "who they are");
  std::memcpy(peer, received.opened().data(), sizeof(peer));
  CHECK_EQUAL(peer[0], static_cast<uint32_t>(getpid()), "who they are");
  CHECK_EQUAL(peer[1], geteuid(), "who they are");
  close(first);
  CHECK_THAT(received.Comes(1, "(1)a0a1a2(2)"), "it closed");
  listener.Drop(2);
  CHECK_THAT(Receive(second) == "(end)", "it was cut off");
  const int third = ConnectTo(path);
  Send(third, "c");
  CHECK_THAT(received.Comes(3, "(1)c"), "another is a new one");
  const std::string longest(150'000, 'x');
  Send(third, longest);
  CHECK_THAT(received.Comes(3, "(1)c" + longest), "a long packet");
  close(second);
  close(third);
}

void TooLong() {
  const SocketFolder folder;
  RecordListener listener(folder.In("s"), {}, [] {});
  Received received(listener);
  const int writer = ConnectTo(folder.In("s"));
  const int bytes = 4 << 20;
  setsockopt(writer, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes));
  const std::string packet(RecordListener::kPacketBytesMax + 1, 'x');
  if (send(writer, packet.data(), packet.size(), MSG_NOSIGNAL) > 0) {
    CHECK_THAT(received.Comes(1, "(1)(4)"), "a packet above the limit");
  }
  close(writer);
}

// Where nobody takes anything the writer is held up, not our memory.
void Bounded() {
  const SocketFolder folder;
  RecordListener listener(folder.In("s"), {.held_bytes = 10000, .writers = 2}, [] {});
  const int writer = ConnectTo(folder.In("s"));
  const int other = ConnectTo(folder.In("s"));
  const int waiting = ConnectTo(folder.In("s"));
  std::string sent;
  const std::string packet(1000, 'x');
  // Until it takes no more for a while.
  for (pollfd room = {writer, POLLOUT, 0}; poll(&room, 1, 300) == 1;) {
    if (send(writer, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
      sent += packet;
    }
  }
  CHECK_THAT(sent.size() > 10000 && sent.size() < 1000000, std::to_string(sent.size()));
  Received received(listener);
  CHECK_THAT(received.Comes(1, "(1)" + sent), "all of it comes");
  CHECK_THAT(received.Comes(2, "(1)"), "the second");
  Send(waiting, "w");
  received.Take();
  CHECK_THAT(received.text(3).empty(), "the third waits");
  close(writer);
  CHECK_THAT(received.Comes(3, "(1)w"), "until there is a place");
  close(other);
  close(waiting);
}

void TheFile() {
  const SocketFolder folder;
  const std::string path = folder.In("s");
  const auto rights = [&] {
    struct stat info = {};
    return lstat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777) : -1;
  };
  // One that is left of a program that has ended.
  close(Listen(path));
  CHECK_THAT(rights() >= 0, "a stale socket");
  {
    const RecordListener listener(path, {}, [] {});
    CHECK_EQUAL(rights(), 0600, "the stale one is replaced");
    CHECK_EQUAL(ErrorOf(path), EADDRINUSE, "one that is listened on is not");
    CHECK_EQUAL(rights(), 0600, "nor removed");
  }
  CHECK_EQUAL(rights(), -1, "removed at the end");
  close(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0640));
  CHECK_EQUAL(ErrorOf(path), EADDRINUSE, "a file");
  CHECK_EQUAL(rights(), 0640, "a file stays");
  unlink(path.c_str());
  CHECK_EQUAL(symlink(folder.In("elsewhere").c_str(), path.c_str()), 0, "a link");
  CHECK_EQUAL(ErrorOf(path), EADDRINUSE, "a link");
  unlink(path.c_str());
  CHECK_EQUAL(ErrorOf(folder.In("no/s")), ENOENT, "no folder");
  {
    RecordListener listener(path, {}, [] {});
    unlink(path.c_str());
    close(open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0640));
    listener.Close();
    listener.Close();
    CHECK_EQUAL(rights(), 0640, "another's file is not removed");
  }
}

void LongPaths() {
  const SocketFolder folder;
  const std::string deep = folder.In(std::string(200, 'd'));
  CHECK_EQUAL(mkdir(deep.c_str(), 0700), 0, "a folder of a long name");
  const std::string path = deep + "/s";
  const RecordListener listener(path, {}, [] {});
  const Connected connected = ConnectSocket(path);
  CHECK_EQUAL(connected.error_number, 0, "a long path");
  CHECK_EQUAL(ErrorOf(path), EADDRINUSE, "a long path");
  CHECK_EQUAL(ErrorOf(folder.In(std::string(150, 'x'))), ENAMETOOLONG, "a long name");
}

void AbstractNames() {
  const std::string place = "@sysflow-test-" + std::to_string(getpid());
  RecordListener listener(place, {}, [] {});
  Received received(listener);
  const Connected connected = ConnectSocket(place);
  CHECK_EQUAL(connected.error_number, 0, place);
  Send(connected.fd.get(), "a");
  CHECK_THAT(received.Comes(1, "(1)a"), place);
  CHECK_EQUAL(ErrorOf(place), EADDRINUSE, place);
}

}  // namespace
}  // namespace sysflow::test

int main() {
  using namespace sysflow::test;
  SeveralWriters();
  TooLong();
  Bounded();
  TheFile();
  LongPaths();
  AbstractNames();
  return Finish();
}
