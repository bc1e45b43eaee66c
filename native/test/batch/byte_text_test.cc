// The text of names: UTF-8 as it is, every other byte in a form that leads back to it.
#include "batch/byte_text.h"

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

struct TextCase {
  std::string_view bytes;
  std::string_view text;
};

constexpr TextCase kTexts[] = {
    {"", ""},
    {"plain", "plain"},
    {"two\nlines\t\x1b[31m\x7f", "two\nlines\t\x1b[31m\x7f"},
    {"na\xc3\xafve", "na\xc3\xafve"},
    {"\xe6\x97\xa5\xf0\x9f\x98\x89", "\xe6\x97\xa5\xf0\x9f\x98\x89"},
    {"\xef\xbf\xbd", "\xef\xbf\xbd"},
    {"\xef\xbb\xbf", "\xef\xbb\xbf"},
    {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},
    {"caf\xe9", "caf\\xe9"},
    {"\xff/\xfe", "\\xff/\\xfe"},
    {"\xc3", "\\xc3"},
    {"\xc3(", "\\xc3("},
    {"\xe6\x97", "\\xe6\\x97"},
    {"\xc0\xaf", "\\xc0\\xaf"},
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"\xf0\x80\x80\x80", "\\xf0\\x80\\x80\\x80"},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
    {std::string_view("a\0b", 3), "a\\x00b"},
    // Backslashes, of which only those that would mislead have a form of their own.
    {"\\", "\\"},
    {"a\\b\\", "a\\b\\"},
    {"\\x", "\\x"},
    {"\\xe", "\\xe"},
    {"\\x2d", "\\x2d"},
    {"\\xE9", "\\xE9"},
    {"\\xg9", "\\xg9"},
    {"\\xe9", "\\x5cxe9"},
    {"\\x00", "\\x5cx00"},
    {"\\x5c", "\\x5cx5c"},
    {"\\\\xe9", "\\\\x5cxe9"},
    {"\\\xe9", "\\\\xe9"},
    {"\\x8\xe9", "\\x8\\xe9"},
};

std::string Text(std::string_view bytes) {
  std::string scratch;
  return std::string(ByteText(bytes, scratch));
}

// Every string to length 6 over what matters: no two have one text.
void CheckInjective() {
  constexpr char kAlphabet[] = {'\\', 'x', '5', 'c', '\xc3', '\xa9'};
  std::unordered_set<std::string> seen;
  std::vector<std::string> level = {""};
  for (int length = 0; length < 6; length++) {
    std::vector<std::string> next;
    for (const std::string& shorter : level) {
      for (const char c : kAlphabet) {
        next.push_back(shorter + c);
        CHECK_THAT(seen.insert(Text(next.back())).second, next.back());
      }
    }
    level = std::move(next);
  }
}

void CheckLists() {
  const std::vector<std::string> plain = {"a", "", "\xc3\xa9"};
  const std::vector<std::string> mixed = {"a", "\xe9", ""};
  std::vector<std::string> own;
  CHECK_THAT(&ByteTexts(plain, own) == &plain, "a list of text");
  CHECK_THAT((ByteTexts(mixed, own) == std::vector<std::string>{"a", "\\xe9", ""}), "a list");
  std::string scratch;
  const std::string_view joined("a\0\0\xe9\0", 5);
  CHECK_EQUAL(JoinedByteTexts(joined, scratch), std::string_view("a\0\0\\xe9\0", 8), "joined");
  CHECK_EQUAL(JoinedByteTexts("", scratch), "", "nothing");
  const std::string_view text("a\0b", 3);
  CHECK_THAT(JoinedByteTexts(text, scratch).data() == text.data(), "text stays where it is");
}

int Main() {
  for (const auto& [bytes, text] : kTexts) {
    CHECK_EQUAL(Text(bytes), text, std::string(text));
  }
  CheckInjective();
  CheckLists();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
