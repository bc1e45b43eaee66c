// Command lines and environments that one record does not take, or that libsinsp has only in part:
// they go in pieces before the record of their process.
#ifndef SYSFLOW_NATIVE_EMIT_LONG_TEXTS_H_
#define SYSFLOW_NATIVE_EMIT_LONG_TEXTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "emit/output.h"
#include "host/proc_budget.h"
#include "host/proc_text.h"

namespace sysflow {

// The process whose text it is.
struct TextOwner {
  u32 handle;
  int64_t pid;              // in the host's /proc
  std::string_view called;  // argv[0]
};

class LongTexts {
 public:
  // `proc_folder`: the host's /proc; empty where what a capture has cut is gone.
  LongTexts(const std::string& proc_folder, ProcBudget& budget, const EventTime& time,
            Output& output, Counters& counters)
      : can_read_(!proc_folder.empty()),
        proc_text_(proc_folder),
        budget_(budget),
        time_(time),
        output_(output),
        counters_(counters) {}

  // Sends the whole of a text that libsinsp has cut, in pieces. False where that cannot be: the
  // record then holds what libsinsp has. Counts what remains cut. `part`: kTextArgs or kTextEnv.
  bool AppendWhole(const TextOwner& owner, u16 part, const std::vector<std::string>& known,
                   u32* count);

  // The same of a list that has grown beyond what one record takes, by what stands for its bytes.
  bool AppendLong(const TextOwner& owner, u16 part, const std::vector<std::string>& items,
                  u32* count);

 private:
  void AppendPieces(u32 handle, u16 part, std::string_view text);

  const bool can_read_;
  ProcText proc_text_;
  ProcBudget& budget_;
  const EventTime& time_;
  Output& output_;
  Counters& counters_;
  std::string joined_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_EMIT_LONG_TEXTS_H_
