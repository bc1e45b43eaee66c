// Command lines and environments that are longer than an event or libscap's snapshot of /proc
// holds: which ones were cut, and the whole of them, read from /proc while the process is there.
//
// A newcomer's trap: by the time an event is seen here, its process may have ended, run another
// program, or written over its own arguments. What is read counts only where it begins with the
// text that libsinsp has.

#ifndef SYSFLOW_NATIVE_HOST_PROC_TEXT_H_
#define SYSFLOW_NATIVE_HOST_PROC_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "layout/limits.h"

namespace sysflow {

struct CutTexts {
  bool args;
  bool env;
};

// Whether texts of these lengths were cut: each source has a length of its own at which it cuts. A
// text that has just this length by itself is taken for one that was cut, which does no harm. In
// bytes: `exe` is argv[0] without a NUL; the lists count one NUL for each item.
CutTexts CutTextsOf(size_t exe, size_t args, size_t env);

// Whether the first argument may be the rest of an argv[0] of this length that was cut: all probes
// but this program's have it so.
bool RestOfExeFollows(size_t exe);

// Bytes of the items, each with its NUL.
size_t ListBytes(const std::vector<std::string>& items);

// Bytes of the character at the end of a cut UTF-8 text that is not all there: 0 to 3.
size_t BrokenTail(std::string_view text);

class ProcText {
 public:
  enum class Outcome {
    kWhole,
    kGone,     // the process has ended or is another by now, or may not be read
    kTooLong,  // text() holds the first kTextBytesMax bytes of it
    kTooMuch,  // this second's bytes are used up
  };

  // `folder` is the host's /proc.
  explicit ProcText(std::string folder) : folder_(std::move(folder)) {}

  // Reads the arguments after argv[0]. `exe` and `known` are what libsinsp has of the command line.
  // `second` is the second of event time.
  Outcome ReadArguments(int64_t pid, std::string_view exe, const std::vector<std::string>& known,
                        uint32_t second);
  Outcome ReadEnvironment(int64_t pid, const std::vector<std::string>& known, uint32_t second);

  // Items joined by NUL bytes: what was read last, until the next reading; and their number.
  std::string_view text() const { return text_; }
  uint32_t count() const;

 private:
  Outcome Read(int64_t pid, const char* name, uint32_t second);

  const std::string folder_;
  std::string file_;  // the file's content, reused
  std::string_view text_;
  uint32_t second_ = 0;
  size_t spent_ = 0;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_PROC_TEXT_H_
