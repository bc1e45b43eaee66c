// What an operator is told of a file that is no capture: code, place and remedy.
#include "host/savefile.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "host/capture_error.h"
#include "test/support/check.h"

namespace sysflow::test {
namespace {

// A section header block begins: type, length, byte-order magic.
constexpr char kHead[] = "\x0A\x0D\x0D\x0A\x1C\x00\x00\x00\x4D\x3C\x2B\x1A";
constexpr char kSwapped[] = "\x0A\x0D\x0D\x0A\x00\x00\x00\x1C\x1A\x2B\x3C\x4D";
constexpr char kDamaged[] = "\x0A\x0D\x0D\x0A\x1C\x00\x00\x00\x4D\x3C\x2B\x1B";
constexpr size_t kHeadBytes = 12;

struct Case {
  std::string name;
  std::string content;
  const char* code;  // null: accepted
  const char* part;  // of the message
};

// A block of pcapng in the byte order of its writer: type, length, content, length.
std::string Block(uint32_t type, const std::string& content, bool swapped) {
  const auto word = [swapped](uint32_t value) {
    const uint32_t ordered = swapped ? __builtin_bswap32(value) : value;
    return std::string(reinterpret_cast<const char*>(&ordered), sizeof(ordered));
  };
  const std::string bytes = word(static_cast<uint32_t>(content.size() + 12));
  return word(type) + bytes + content + bytes;
}

std::string Section(bool swapped, const std::string& options = "") {
  const uint32_t magic = swapped ? 0x4D3C2B1A : 0x1A2B3C4D;
  const std::string first(reinterpret_cast<const char*>(&magic), sizeof(magic));
  return Block(0x0A0D0D0A, first + std::string(12, '\0') + options, swapped);
}

std::string Word(uint32_t value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

// Packet captures are called so, in whichever form and byte order, whatever comes first in them.
void AddPacketCaptures(std::vector<Case>& cases) {
  static constexpr char kCode[] = "OperationNotSupported";
  const std::string rest(20, '\0');
  for (const uint32_t magic : {0xA1B2C3D4u, 0xA1B23C4Du, 0xA1B2CD34u}) {
    const std::string name = "pcap-" + std::to_string(magic);
    cases.push_back({name, Word(magic) + rest, kCode, "it is a packet capture (pcap)"});
    const std::string swapped = Word(__builtin_bswap32(magic));
    cases.push_back({name + "-swapped", swapped + rest, kCode, "it is a packet capture (pcap)"});
  }
  cases.push_back({"snoop", std::string("snoop\0\0\0", 8) + rest, kCode, "capture (snoop)"});
  for (const bool swapped : {false, true}) {
    const std::string name = swapped ? "swapped-" : "";
    const std::string interface = Block(1, std::string(8, '\1'), swapped);
    static constexpr char kPart[] = "it is a packet capture (pcapng)";
    cases.push_back({name + "pcapng", Section(swapped) + interface, kCode, kPart});
    const std::string comment = Section(swapped, std::string(24, '\1'));
    cases.push_back({name + "pcapng-comment", comment + interface, kCode, kPart});
    const std::string names = Block(4, std::string(16, '\0'), swapped);
    cases.push_back({name + "pcapng-names", comment + names + interface, kCode, kPart});
    const std::string packet = Block(6, std::string(40, '\0'), swapped);
    cases.push_back({name + "pcapng-packet", Section(swapped) + packet, kCode, kPart});
  }
  // A capture of system calls stays one with foreign blocks in front, or packets behind its own.
  const std::string own = Block(0x201, std::string(180, '\0'), false);
  const std::string foreign = Block(0xBAD, std::string(16, '\0'), false);
  const std::string interface = Block(1, std::string(8, '\1'), false);
  cases.push_back({"own", Section(false) + foreign + own + interface, nullptr, nullptr});
}

std::vector<Case> Cases() {
  std::vector<Case> cases = {
      {"empty", "", "EventParsingError", "byte 0: the file is empty"},
      {"text", "not a capture at all", "EventParsingError", "no section header block"},
      {"cut", std::string(kHead, kHeadBytes - 1), "EventParsingError", "no section header block"},
      {"damaged", std::string(kDamaged, kHeadBytes), "EventParsingError", "byte 8"},
      {"good", std::string(kHead, kHeadBytes), nullptr, nullptr},
      {"swapped", std::string(kSwapped, kHeadBytes), "OperationNotSupported", "other byte order"},
  };
  if constexpr (std::endian::native == std::endian::big) {
    std::swap(cases[4].content, cases[5].content);
    cases[3].content[11] = cases[3].content[8];
  }
  AddPacketCaptures(cases);
  return cases;
}

void Expect(const std::string& path, const char* code, const char* part) {
  try {
    CheckSavefile(path);
    CHECK_THAT(code == nullptr, path);
  } catch (const CaptureError& error) {
    if (CHECK_THAT(code != nullptr, path + ": " + error.what())) {
      CHECK_EQUAL(error.code(), code, path);
      const std::string message = error.what();
      CHECK_THAT(message.find(part) != std::string::npos, message);
      CHECK_THAT(message.find(path) != std::string::npos, message);
      CHECK_THAT(message.find('\n') == std::string::npos, message);
    }
  }
}

void WriteGzip(const std::string& path, const std::string& content) {
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
  gzclose(file);
}

int Main() {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("savefile_test." + std::to_string(getpid()));
  fs::create_directory(folder);
  for (const Case& example : Cases()) {
    const std::string path = folder / example.name;
    std::ofstream(path, std::ios::binary) << example.content;
    Expect(path, example.code, example.part);
    if (!example.content.empty()) {
      WriteGzip(path + ".gz", example.content);
      Expect(path + ".gz", example.code, example.part);
    }
  }
  Expect(folder / "missing", "ErrorReadingFileSystem", "No such file");
  Expect(folder, "ErrorReadingFileSystem", "it is a directory");
  const std::string fifo = folder / "fifo";
  mkfifo(fifo.c_str(), 0600);
  Expect(fifo, "ErrorReadingFileSystem", "not a regular file");
  fs::remove_all(folder);
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
