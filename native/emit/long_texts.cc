// See long_texts.h.
#include "emit/long_texts.h"

#include "batch/byte_text.h"

namespace sysflow {
namespace {

std::string Joined(const std::vector<std::string>& items) {
  std::string joined;
  for (const std::string& item : items) {
    joined.append(&item == &items.front() ? 0 : 1, '\0').append(item);
  }
  return joined;
}

}  // namespace

bool LongTexts::AppendWhole(const TextOwner& owner, u16 part, const std::vector<std::string>& known,
                            u32* count) {
  if (!can_read_) {
    Add(counters_.texts_cut_capture);
    return false;
  }
  const ProcRead read(budget_, time_.second);
  const ProcText::Outcome outcome =
      !read               ? ProcText::Outcome::kTooMuch
      : part == kTextArgs ? proc_text_.ReadArguments(owner.pid, owner.called, known, time_.second)
                          : proc_text_.ReadEnvironment(owner.pid, known, time_.second);
  if (outcome != ProcText::Outcome::kWhole) {
    const bool is_gone = outcome == ProcText::Outcome::kGone;
    Add(is_gone ? counters_.texts_cut_gone : counters_.texts_cut_limit);
    if (outcome != ProcText::Outcome::kTooLong) {
      return false;
    }
  }
  *count = proc_text_.count();
  AppendPieces(owner.handle, part, JoinedByteTexts(proc_text_.text(), joined_));
  return true;
}

bool LongTexts::AppendLong(const TextOwner& owner, u16 part, const std::vector<std::string>& items,
                           u32* count) {
  if (ListBytes(items) <= kStringBytesMax) {
    return false;
  }
  *count = static_cast<u32>(items.size());
  AppendPieces(owner.handle, part, Joined(items));
  return true;
}

void LongTexts::AppendPieces(u32 handle, u16 part, std::string_view text) {
  while (!text.empty()) {
    auto* record = output_.Append<ProcessTextRecord>();
    record->flags = part;
    record->process = handle;
    record->piece = output_.AppendText(record, text);
    text.remove_prefix(record->piece.len);
  }
}

}  // namespace sysflow
