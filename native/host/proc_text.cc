// See proc_text.h.
#include "host/proc_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "host/owned_fd.h"

namespace sysflow {
namespace {

// The probe's MAX_EXEC_ARGS_ENV (native/patches/0010): argv[0], arguments and environment together,
// of which the command line and the environment are each sure of half.
constexpr size_t kExecBytes = 48 * 1024;
// Where everything else cuts the command line and the environment: the probe at a fork, the kernel
// module, libscap's snapshot; and what a capture file begins with, the arguments alone.
constexpr size_t kOtherBytes = 4096;
// argv[0] itself, in the snapshot and in events. How long the arguments were is not known then.
constexpr size_t kSnapshotExe = 1023;
constexpr size_t kEventExe = 4095;  // this program's probe: one less, and whole arguments after it

constexpr size_t kReadBytes = 128 * 1024;

// Where the items, joined by NUL bytes, stand at the beginning of `text`.
bool BeginsWith(std::string_view text, const std::vector<std::string>& items) {
  for (size_t i = 0; i < items.size(); i++) {
    const bool is_last = i + 1 == items.size();
    const std::string& item = items[i];
    if (!text.starts_with(item)) {
      return false;
    }
    text.remove_prefix(item.size());
    if (!is_last) {
      if (text.empty() || text.front() != '\0') {
        return false;
      }
      text.remove_prefix(1);
    }
  }
  return true;
}

std::string_view WithoutLastNul(std::string_view text) {
  if (text.ends_with('\0')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

CutTexts CutTextsOf(size_t exe, size_t args, size_t env) {
  const size_t command = exe + 1 + args;
  const bool exec_is_full = command + env == kExecBytes;
  const bool exe_was_cut = exe == kSnapshotExe || exe == kEventExe;
  const bool args_cut_elsewhere = command == kOtherBytes || args == kOtherBytes;
  return {.args = args_cut_elsewhere || exe_was_cut || (exec_is_full && command >= kExecBytes / 2),
          .env = env == kOtherBytes || (exec_is_full && env >= kExecBytes / 2)};
}

bool RestOfExeFollows(size_t exe) { return exe == kEventExe; }

size_t ListBytes(const std::vector<std::string>& items) {
  size_t bytes = items.size();
  for (const std::string& item : items) {
    bytes += item.size();
  }
  return bytes;
}

size_t BrokenTail(std::string_view text) {
  constexpr size_t kLongest = 4;
  for (size_t tail = 1; tail < kLongest && tail <= text.size(); tail++) {
    const auto byte = static_cast<unsigned char>(text[text.size() - tail]);
    if ((byte & 0xc0) == 0x80) {
      continue;  // not the first of its character
    }
    const size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return tail < whole ? tail : 0;
  }
  return 0;
}

ProcText::Outcome ProcText::ReadArguments(int64_t pid, std::string_view exe,
                                          const std::vector<std::string>& known, uint32_t second) {
  const Outcome outcome = Read(pid, "cmdline", second);
  if (outcome != Outcome::kWhole && outcome != Outcome::kTooLong) {
    return outcome;
  }
  const std::string_view line = file_;
  const size_t end = std::min(line.find('\0'), line.size());
  text_ = WithoutLastNul(line.substr(std::min(end + 1, line.size())));
  // Where argv[0] itself was cut in an event, the rest of it stands among the known arguments.
  const bool is_same = line.starts_with(exe) &&
                       (BeginsWith(text_, known) ||
                        BeginsWith(line.substr(std::min(exe.size() + 1, line.size())), known));
  return is_same ? outcome : Outcome::kGone;
}

ProcText::Outcome ProcText::ReadEnvironment(int64_t pid, const std::vector<std::string>& known,
                                            uint32_t second) {
  const Outcome outcome = Read(pid, "environ", second);
  if (outcome != Outcome::kWhole && outcome != Outcome::kTooLong) {
    return outcome;
  }
  text_ = WithoutLastNul(file_);
  return BeginsWith(text_, known) ? outcome : Outcome::kGone;
}

uint32_t ProcText::count() const {
  const auto separators = std::count(text_.begin(), text_.end(), '\0');
  return text_.empty() ? 0 : static_cast<uint32_t>(separators + 1);
}

ProcText::Outcome ProcText::Read(int64_t pid, const char* name, uint32_t second) {
  text_ = {};
  file_.clear();
  if (second != second_) {
    second_ = second;
    spent_ = 0;
  }
  if (spent_ >= kTextBytesPerSecondMax) {
    return Outcome::kTooMuch;
  }
  const std::string path = folder_ + "/" + std::to_string(pid) + "/" + name;
  const OwnedFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return Outcome::kGone;
  }
  size_t used = 0;
  // One byte more than is taken tells whether there is more.
  while (used <= kTextBytesMax) {
    const size_t wanted = std::min(kReadBytes, kTextBytesMax + 1 - used);
    file_.resize(used + wanted);
    const ssize_t got = read(file.get(), file_.data() + used, wanted);
    if (got <= 0) {
      break;
    }
    used += static_cast<size_t>(got);
  }
  spent_ += used;
  file_.resize(std::min(used, kTextBytesMax));
  if (used <= kTextBytesMax) {
    return Outcome::kWhole;
  }
  file_.resize(file_.size() - BrokenTail(file_));
  return Outcome::kTooLong;
}

}  // namespace sysflow
