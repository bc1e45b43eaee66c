// The socket output against readers of all kinds: every record that was pushed is received or
// counted, and no call waits for the reader.
#include "socket/record_sender.h"

#include <string>
#include <vector>

#include "host/capture_error.h"
#include "test/support/check.h"
#include "test/support/socket_folder.h"

namespace sysflow::test {
namespace {

constexpr RecordSender::Pauses kSoon{std::chrono::milliseconds(5), std::chrono::milliseconds(20)};

std::vector<uint8_t> BlockOf(const std::vector<std::string>& records) {
  std::vector<uint8_t> block;
  for (const std::string& record : records) {
    for (int i = 0; i < 4; i++) {
      block.push_back(static_cast<uint8_t>(record.size() >> (8 * i)));
    }
    block.insert(block.end(), record.begin(), record.end());
  }
  return block;
}

uint64_t Push(RecordSender& sender, const std::vector<std::string>& records) {
  const std::vector<uint8_t> block = BlockOf(records);
  return sender.Push(block.data(), block.size(), sender.connection());
}

void RecordsArrive() {
  const SocketFolder folder;
  const std::string path = folder.In("s");
  const int listener = Listen(path);
  RecordSender sender(path, kSoon);
  CHECK_EQUAL(sender.connection(), 1u, "a reader that is there");
  const int reader = AcceptOne(listener);
  const std::string longest(16384, 'x');
  Push(sender, {"a", longest});
  Push(sender, {"b"});
  for (const std::string& wanted : {std::string("a"), longest, std::string("b")}) {
    CHECK_THAT(Receive(reader) == wanted, std::to_string(wanted.size()) + " bytes");
  }
  CHECK_THAT(Eventually([&] { return sender.queued_bytes() == 0; }), "all is sent");
  CHECK_EQUAL(sender.stats().sent, 3u, "all is sent");
  CHECK_EQUAL(sender.stats().sent_bytes, 16386u, "all is sent");
  // Rubbish from the reader changes nothing, nor does its saying that no more of it comes.
  send(reader, "rubbish", 7, MSG_NOSIGNAL);
  shutdown(reader, SHUT_WR);
  Push(sender, {"c"});
  CHECK_THAT(Receive(reader) == "c", "after rubbish");
  sender.Close();
  CHECK_THAT(Receive(reader) == "(end)", "an end that is no error");
  CHECK_EQUAL(sender.stats().lost + sender.stats().unread, 0u, "all was read");
  close(reader);
  close(listener);
}

void BadBlocks() {
  const SocketFolder folder;
  const int listener = Listen(folder.In("s"));
  RecordSender sender(folder.In("s"), kSoon);
  for (const std::vector<uint8_t>& block :
       {std::vector<uint8_t>{1, 0, 0}, {0, 0, 0, 0}, {2, 0, 0, 0, 'a'}, {255, 255, 255, 255, 1}}) {
    bool is_refused = false;
    try {
      sender.Push(block.data(), block.size(), sender.connection());
    } catch (const CaptureError&) {
      is_refused = true;
    }
    CHECK_THAT(is_refused, std::to_string(block.size()) + " bytes that are no block");
  }
  close(listener);
}

void ReaderThatComesLater() {
  const SocketFolder folder;
  RecordSender sender(folder.In("s"), kSoon);
  CHECK_EQUAL(sender.connection(), 0u, "nobody there");
  CHECK_EQUAL(sender.stats().fault, ENOENT, "nobody there");
  Push(sender, {"a", "b"});
  CHECK_EQUAL(sender.stats().lost, 2u, "nobody there");
  const int listener = Listen(folder.In("s"));
  CHECK_THAT(Eventually([&] { return sender.connection() == 1; }), "somebody came");
  const int reader = AcceptOne(listener);
  Push(sender, {"c"});
  CHECK_THAT(Receive(reader) == "c", "somebody came");
  close(reader);
  CHECK_THAT(Eventually([&] { return sender.connection() != 1; }), "seen though nothing is sent");
  CHECK_THAT(Eventually([&] { return sender.connection() == 2; }), "and it is back");
  close(listener);
}

// One that reads nothing fills its queue, then dies.
void ReaderThatSleepsAndDies() {
  const SocketFolder folder;
  const int listener = Listen(folder.In("s"));
  RecordSender sender(folder.In("s"), kSoon);
  const int reader = AcceptOne(listener);
  const std::string record(500, 'x');
  uint64_t queued = 0;
  for (int i = 0; i < 100; i++) {
    queued = Push(sender, std::vector<std::string>(100, record));
  }
  CHECK_THAT(queued > 100000, "what the kernel does not take stays");
  uint64_t received = 0;
  for (int i = 0; i < 7; i++) {
    received += Receive(reader) == record ? 1 : 0;
  }
  CHECK_EQUAL(received, 7u, "it reads a little");
  const uint32_t before = sender.connection();
  close(reader);
  CHECK_THAT(Eventually([&] { return sender.connection() != before; }), "it died");
  const RecordSender::Stats stats = sender.stats();
  CHECK_EQUAL(stats.sent + stats.lost + stats.refused, 10000u, "each is counted");
  CHECK_THAT(stats.unread > 0 && stats.sent - stats.unread <= received, "no more than was read");
  CHECK_THAT(stats.unread <= stats.sent, "unread are some of those sent");
  CHECK_EQUAL(stats.queued_bytes, 0u, "nothing is kept for another");
  close(listener);
}

// What a reader has read by the time it closes is not counted as lost.
void ReaderThatEndsInOrder() {
  const SocketFolder folder;
  const int listener = Listen(folder.In("s"));
  RecordSender sender(folder.In("s"), kSoon);
  const int reader = AcceptOne(listener);
  Push(sender, std::vector<std::string>(50, "abc"));
  for (int i = 0; i < 50; i++) {
    Receive(reader);
  }
  close(reader);
  CHECK_THAT(Eventually([&] { return sender.connection() != 1; }), "it closed");
  CHECK_EQUAL(sender.stats().sent, 50u, "all were sent");
  CHECK_EQUAL(sender.stats().unread, 0u, "all were read");
  close(listener);
}

// The kernel takes no packet above its buffer; the next one goes on.
void RecordTooLongForTheKernel() {
  const SocketFolder folder;
  const int listener = Listen(folder.In("s"));
  RecordSender sender(folder.In("s"), kSoon);
  const int reader = AcceptOne(listener);
  Push(sender, {std::string(8 << 20, 'x'), "b"});
  CHECK_THAT(Receive(reader) == "b", "the next");
  CHECK_EQUAL(sender.stats().refused, 1u, "is counted");
  close(reader);
  close(listener);
}

struct PlaceCase {
  std::string place;
  int error_number;
};

// Waiting would not help.
void BadPlaces() {
  const SocketFolder folder;
  close(open(folder.In("file").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const int stream = Listen(folder.In("stream"), SOCK_STREAM);
  const int packets = Listen(folder.In("packets"));
  CHECK_EQUAL(symlink(folder.In("packets").c_str(), folder.In("link").c_str()), 0, "a link");
  const PlaceCase cases[] = {
      {folder.In("file"), ENOTSOCK},      {folder.In(""), ENOTSOCK},
      {folder.In("stream"), EPROTOTYPE},  {folder.In("link"), ELOOP},
      {folder.In("file/below"), ENOTDIR}, {"@" + std::string(200, 'x'), ENAMETOOLONG},
  };
  for (const PlaceCase& example : cases) {
    int error_number = 0;
    try {
      const RecordSender sender(example.place, kSoon);
    } catch (const CaptureError& error) {
      error_number = error.error_number();
    }
    CHECK_EQUAL(error_number, example.error_number, example.place);
  }
  close(stream);
  close(packets);
}

void StoppedAtAnyTime() {
  const SocketFolder folder;
  { const RecordSender unconnected(folder.In("s")); }
  const int listener = Listen(folder.In("s"));
  RecordSender sender(folder.In("s"));
  Push(sender, std::vector<std::string>(5000, std::string(500, 'x')));
  sender.Close();
  sender.Close();
  const RecordSender::Stats stats = sender.stats();
  CHECK_EQUAL(stats.sent + stats.lost, 5000u, "each is counted");
  CHECK_EQUAL(Push(sender, {"a"}), 0u, "after the end");
  CHECK_EQUAL(sender.stats().lost, stats.lost + 1, "after the end");
  close(listener);
}

}  // namespace
}  // namespace sysflow::test

int main() {
  using namespace sysflow::test;
  RecordsArrive();
  BadBlocks();
  ReaderThatComesLater();
  ReaderThatSleepsAndDies();
  ReaderThatEndsInOrder();
  RecordTooLongForTheKernel();
  BadPlaces();
  StoppedAtAnyTime();
  return Finish();
}
