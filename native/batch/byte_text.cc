// See byte_text.h.
#include "batch/byte_text.h"

#include <algorithm>
#include <cstdint>

namespace sysflow {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

uint8_t ByteAt(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<uint8_t>(text[at]) : uint8_t{0};
}

bool IsWithin(uint8_t byte, uint8_t least, uint8_t most) { return byte >= least && byte <= most; }

// Bytes of the character of more than one byte that begins `text`; 0 where none does. Neither
// longer forms than need be, nor surrogates, nor what lies beyond U+10FFFF: no decoder takes them.
size_t WideCharacter(std::string_view text) {
  const uint8_t first = ByteAt(text, 0);
  const uint8_t second = ByteAt(text, 1);
  const auto follows = [&text](size_t at) { return IsWithin(ByteAt(text, at), 0x80, 0xbf); };
  if (IsWithin(first, 0xc2, 0xdf)) {
    return follows(1) ? 2 : 0;
  }
  if (IsWithin(first, 0xe0, 0xef)) {
    const uint8_t least = first == 0xe0 ? 0xa0 : 0x80;
    const uint8_t most = first == 0xed ? 0x9f : 0xbf;
    return IsWithin(second, least, most) && follows(2) ? 3 : 0;
  }
  if (IsWithin(first, 0xf0, 0xf4)) {
    const uint8_t least = first == 0xf0 ? 0x90 : 0x80;
    const uint8_t most = first == 0xf4 ? 0x8f : 0xbf;
    return IsWithin(second, least, most) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// The value of a digit as this file writes them, -1 of anything else.
int Digit(uint8_t byte) {
  const std::string_view digits(kDigits, 16);
  const size_t found = digits.find(static_cast<char>(byte));
  return found == std::string_view::npos || byte == 0 ? -1 : static_cast<int>(found);
}

// Whether a backslash before `rest` would read as one that is written here.
bool ReadsAsEscape(std::string_view rest) {
  const int high = Digit(ByteAt(rest, 1));
  const int low = Digit(ByteAt(rest, 2));
  if (ByteAt(rest, 0) != 'x' || high < 0 || low < 0) {
    return false;
  }
  const int byte = high * 16 + low;
  return byte == 0 || byte == '\\' || byte >= 0x80;
}

void AppendEscape(std::string& text, uint8_t byte) {
  text += "\\x";
  text += kDigits[byte >> 4];
  text += kDigits[byte & 15];
}

// Bytes at the beginning of `text` that stay as they are.
size_t PlainBytes(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const uint8_t byte = ByteAt(text, at);
    size_t bytes = 1;
    if (byte >= 0x80) {
      bytes = WideCharacter(text.substr(at));
    } else if (byte == 0 || (byte == '\\' && ReadsAsEscape(text.substr(at + 1)))) {
      bytes = 0;
    }
    if (bytes == 0) {
      break;
    }
    at += bytes;
  }
  return at;
}

void AppendByteText(std::string& text, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t plain = PlainBytes(bytes);
    text += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (!bytes.empty()) {
      AppendEscape(text, ByteAt(bytes, 0));
      bytes.remove_prefix(1);
    }
  }
}

bool IsPlain(std::string_view bytes) { return PlainBytes(bytes) == bytes.size(); }

}  // namespace

std::string_view ByteText(std::string_view bytes, std::string& scratch) {
  if (IsPlain(bytes)) {
    return bytes;
  }
  scratch.clear();
  AppendByteText(scratch, bytes);
  return scratch;
}

const std::vector<std::string>& ByteTexts(const std::vector<std::string>& items,
                                          std::vector<std::string>& scratch) {
  if (std::all_of(items.begin(), items.end(), IsPlain)) {
    return items;
  }
  scratch.clear();
  for (const std::string& item : items) {
    AppendByteText(scratch.emplace_back(), item);
  }
  return scratch;
}

std::string_view JoinedByteTexts(std::string_view joined, std::string& scratch) {
  scratch.clear();
  bool is_plain = true;
  for (size_t start = 0; start <= joined.size();) {
    const size_t end = std::min(joined.find('\0', start), joined.size());
    const std::string_view item = joined.substr(start, end - start);
    is_plain = is_plain && IsPlain(item);
    AppendByteText(scratch, item);
    if (end < joined.size()) {
      scratch += '\0';
    }
    start = end + 1;
  }
  return is_plain ? joined : std::string_view(scratch);
}

}  // namespace sysflow
