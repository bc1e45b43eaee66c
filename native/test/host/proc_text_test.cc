// Long texts: where each source cuts, and what is read from a folder that looks like /proc.
#include "host/proc_text.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

using Outcome = ProcText::Outcome;
using namespace std::string_literals;  // NOLINT: for the s of texts with NUL bytes

struct CutCase {
  size_t exe;
  size_t args;
  size_t env;
  bool args_cut;
  bool env_cut;
};

// The command line is argv[0], its NUL, and the arguments.
constexpr CutCase kCuts[] = {
    {7, 0, 0, false, false},
    {7, 100, 2000, false, false},
    // An exec: 48 KiB in all, and half of it for each that needs it.
    {7, 24568, 24576, true, true},
    {7, 40952, 8192, true, false},
    {7, 8184, 40960, false, true},
    {7, 40951, 8192, false, false},
    {7, 40953, 8192, false, false},
    // A fork, the kernel module, the snapshot: 4096 bytes each.
    {7, 4088, 100, true, false},
    {7, 4087, 100, false, false},
    {7, 4089, 100, false, false},
    {7, 4088, 4096, true, true},
    {7, 100, 4096, false, true},
    {7, 4096, 100, true, false},
    {7, 100, 4095, false, false},
    // argv[0] itself.
    {1023, 0, 100, true, false},
    {1022, 0, 100, false, false},
    {4095, 0, 100, true, false},
    {4095, 5000, 100, true, false},
};

void Cuts() {
  for (const CutCase& each : kCuts) {
    const std::string context = std::to_string(each.exe) + ", " + std::to_string(each.args) + ", " +
                                std::to_string(each.env);
    const CutTexts cut = CutTextsOf(each.exe, each.args, each.env);
    CHECK_EQUAL(cut.args, each.args_cut, context);
    CHECK_EQUAL(cut.env, each.env_cut, context);
  }
  CHECK_EQUAL(ListBytes({}), 0u, "no items");
  CHECK_EQUAL(ListBytes({"", "ab"}), 4u, "an empty item and another");
}

void BrokenTails() {
  struct TailCase {
    const char* text;
    size_t bytes;
  };
  constexpr TailCase kTails[] = {
      {"", 0},
      {"a", 0},
      {"a\xc3\xa9", 0},
      {"a\xc3", 1},
      {"\xe2\x82", 2},
      {"a\xe2", 1},
      {"\xe2\x82\xac", 0},
      {"a\xf0\x9f\x98", 3},
      {"\xf0\x9f\x98\x80", 0},
      {"\xf0\x9f", 2},
      // No UTF-8 at all stays as it is.
      {"\x80", 0},
      {"\x80\x80\x80\x80", 0},
  };
  for (const TailCase& each : kTails) {
    CHECK_EQUAL(BrokenTail(each.text), each.bytes, each.text);
  }
}

// A folder in the form of /proc, gone at the end.
class FakeProc {
 public:
  FakeProc() {
    char name[] = "/tmp/sysflow-proc-text-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~FakeProc() { std::filesystem::remove_all(folder_); }
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;

  void Put(int pid, const std::string& name, const std::string& text) const {
    const std::filesystem::path process = std::filesystem::path(folder_) / std::to_string(pid);
    std::filesystem::create_directories(process);
    std::ofstream(process / name, std::ios::binary) << text;
  }

  const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

struct LineCase {
  const char* what;
  std::string file;
  std::string exe;
  std::vector<std::string> known;
  Outcome outcome;
  std::string text;
  uint32_t count;
};

void Arguments() {
  const LineCase cases[] = {
      {"longer than known",
       "a\0-x\0yes\0end\0"s,
       "a",
       {"-x", "ye"},
       Outcome::kWhole,
       "-x\0yes\0end"s,
       3},
      {"cut behind a NUL", "a\0-x\0yes\0"s, "a", {"-x", ""}, Outcome::kWhole, "-x\0yes"s, 2},
      {"just what is known", "a\0-x\0"s, "a", {"-x"}, Outcome::kWhole, "-x", 1},
      {"empty arguments", "a\0\0\0b\0"s, "a", {"", "", ""}, Outcome::kWhole, "\0\0b"s, 3},
      {"no arguments", "a\0"s, "a", {}, Outcome::kWhole, "", 0},
      {"argv[0] cut by the snapshot", "abc\0-x\0y\0"s, "ab", {"-x"}, Outcome::kWhole, "-x\0y"s, 2},
      {"argv[0] cut by an event",
       "abcdef\0-x\0y\0"s,
       "ab",
       {"def", "-x"},
       Outcome::kWhole,
       "-x\0y"s,
       2},
      {"another program", "b\0-x\0yes\0"s, "a", {"-x"}, Outcome::kGone, "", 0},
      {"other arguments", "a\0-y\0yes\0"s, "a", {"-x"}, Outcome::kGone, "", 0},
      {"one argument where two are known", "a\0-x-y\0"s, "a", {"-x", "y"}, Outcome::kGone, "", 0},
      {"shorter than known", "a\0-x\0"s, "a", {"-x", "y"}, Outcome::kGone, "", 0},
      {"a zombie", "", "a", {"-x"}, Outcome::kGone, "", 0},
      {"a title written over it", "a: worker", "a", {"-x"}, Outcome::kGone, "", 0},
  };
  const FakeProc proc;
  ProcText reader(proc.folder());
  for (const LineCase& each : cases) {
    proc.Put(7, "cmdline", each.file);
    const Outcome outcome = reader.ReadArguments(7, each.exe, each.known, 1);
    CHECK_THAT(outcome == each.outcome, each.what);
    if (each.outcome == Outcome::kWhole) {
      CHECK_THAT(reader.text() == each.text, each.what);
      CHECK_EQUAL(reader.count(), each.count, each.what);
    }
  }
  CHECK_THAT(reader.ReadArguments(8, "a", {}, 1) == Outcome::kGone, "no such process");
}

void Environments() {
  const FakeProc proc;
  ProcText reader(proc.folder());
  proc.Put(7, "environ", "A=1\0B=22\0C=\0"s);
  CHECK_THAT(reader.ReadEnvironment(7, {"A=1", "B=2"}, 1) == Outcome::kWhole, "an environment");
  CHECK_THAT(reader.text() == "A=1\0B=22\0C="s, "an environment");
  CHECK_EQUAL(reader.count(), 3u, "an environment");
  CHECK_THAT(reader.ReadEnvironment(7, {"A=1", "D=2"}, 1) == Outcome::kGone, "another's");
  CHECK_THAT(reader.ReadEnvironment(8, {"A=1"}, 1) == Outcome::kGone, "no such process");
}

void Bounds() {
  const FakeProc proc;
  ProcText reader(proc.folder());
  const std::string head = "a\0"s;
  const std::string most = head + std::string(kTextBytesMax - head.size(), 'x');
  proc.Put(7, "cmdline", most);
  CHECK_THAT(reader.ReadArguments(7, "a", {"xx"}, 1) == Outcome::kWhole, "as long as may be");
  CHECK_EQUAL(reader.text().size(), kTextBytesMax - head.size(), "as long as may be");
  proc.Put(7, "cmdline", most + "x");
  CHECK_THAT(reader.ReadArguments(7, "a", {"xx"}, 1) == Outcome::kTooLong, "a byte longer");
  CHECK_EQUAL(reader.text().size(), kTextBytesMax - head.size(), "a byte longer");
  // The two so far are among this second's.
  size_t read = 2 * kTextBytesMax + 1;
  for (; read < kTextBytesPerSecondMax; read += kTextBytesMax + 1) {
    CHECK_THAT(reader.ReadArguments(7, "a", {"xx"}, 1) == Outcome::kTooLong, "within a second");
  }
  CHECK_THAT(reader.ReadArguments(7, "a", {"xx"}, 1) == Outcome::kTooMuch, "a second's end");
  CHECK_THAT(reader.text().empty(), "a second's end");
  CHECK_THAT(reader.ReadArguments(7, "a", {"xx"}, 2) == Outcome::kTooLong, "the next second");
}

int Main() {
  Cuts();
  BrokenTails();
  Arguments();
  Environments();
  Bounds();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
