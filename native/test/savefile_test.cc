// What an operator is told of a file that is no capture: code, place and remedy.
#include "savefile.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "check.h"
#include "errors.h"

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
