// Paths are text: joined and tidied without a look at any file system.
#include "falco/paths.h"

#include <string>
#include <unordered_set>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

struct TidyCase {
  const char* path;
  const char* tidy;
};

constexpr TidyCase kTidy[] = {
    {"", ""},
    {"/", "/"},
    {"//", "/"},
    {"/.", "/"},
    {"/..", "/"},
    {"/../..", "/"},
    {"/a", "/a"},
    {"/a/", "/a"},
    {"/a//b", "/a/b"},
    {"/a/./b", "/a/b"},
    {"/a/../b", "/b"},
    {"/a/b/..", "/a"},
    {"/a/b/../../..", "/"},
    {"/a/.../b", "/a/.../b"},
    {"/a/..b", "/a/..b"},
    {"/a/.b.", "/a/.b."},
    {"/ a/\n", "/ a/\n"},
    // Relative paths are left as they are: what they begin at is not known.
    {"a/../b", "a/../b"},
    {"./a", "./a"},
    {"..", ".."},
    {"pipe:[1]", "pipe:[1]"},
};

struct JoinCase {
  const char* base;
  const char* path;
  const char* joined;
};

constexpr JoinCase kJoin[] = {
    {"/a", "b", "/a/b"},
    {"/a/", "b", "/a/b"},
    {"/a", "../b", "/b"},
    {"/a", "../../b", "/b"},
    {"/a", ".", "/a"},
    {"/a", "", "/a"},
    {"/", "b", "/b"},
    {"/a", "/b/./c", "/b/c"},
    {"", "b/../c", "b/../c"},
    {"", "/b/../c", "/c"},
    {"", "", ""},
    // A base that is itself relative (an unknown working directory) makes nothing absolute.
    {"a", "b", "a/b"},
};

// An absolute path without empty, "." and ".." components.
bool IsTidy(const std::string& path) {
  if (path == "/") {
    return true;
  }
  if (path.empty() || path.front() != '/' || path.back() == '/') {
    return false;
  }
  const std::string closed = path + "/";
  for (const char* part : {"//", "/./", "/../"}) {
    if (closed.find(part) != std::string::npos) {
      return false;
    }
  }
  return true;
}

// Every string to length 8 over the characters that mean something, and one that does not.
void CheckAllShortPaths() {
  constexpr char kAlphabet[] = {'/', '.', 'a'};
  std::vector<std::string> level = {""};
  for (int length = 0; length < 8; length++) {
    std::vector<std::string> next;
    for (const std::string& shorter : level) {
      for (const char c : kAlphabet) {
        const std::string path = shorter + c;
        const std::string tidy = TidyPath(path);
        CHECK_EQUAL(TidyPath(tidy), tidy, path);
        if (path.front() == '/') {
          CHECK_THAT(IsTidy(tidy), path);
          CHECK_EQUAL(JoinPath("/x/y", path), tidy, path);
        } else {
          CHECK_EQUAL(tidy, path, path);
          CHECK_EQUAL(JoinPath("/x/y", path), TidyPath("/x/y/" + path), path);
          CHECK_EQUAL(JoinPath("", path), path, path);
        }
        next.push_back(path);
      }
    }
    level = std::move(next);
  }
}

// Longer than any bound: cut, each to a text of its own, which nothing takes from its end.
void CheckLongPaths() {
  std::string deep;
  for (int i = 0; i < 100; i++) {
    deep += "/" + std::string(200, 'n');
  }
  const std::string cut = JoinPath(deep, "a");
  CHECK_THAT(cut.size() < 16 * 1024 && cut.find('\0') != std::string::npos, "a cut path");
  CHECK_EQUAL(JoinPath(deep, "a"), cut, "the same once more");
  std::unordered_set<std::string> seen = {cut};
  for (const char* path : {"b", "aa", "a/a", "..", "../a", "a/b"}) {
    CHECK_THAT(seen.insert(JoinPath(deep, path)).second, path);
  }
  for (const char* path : {"c", "..", "../..", "../../.."}) {
    const std::string joined = JoinPath(cut, path);
    CHECK_THAT(joined.starts_with(cut) && seen.insert(joined).second, path);
  }
  CHECK_EQUAL(JoinPath(cut, "/a/../b"), "/b", "an absolute path");
}

int Main() {
  CheckLongPaths();
  CHECK_EQUAL(ParentOf("/a/b"), "/a", "a folder");
  CHECK_EQUAL(ParentOf("/a"), "/", "the root");
  for (const auto& [path, tidy] : kTidy) {
    CHECK_EQUAL(TidyPath(path), tidy, path);
  }
  for (const auto& [base, path, joined] : kJoin) {
    CHECK_EQUAL(JoinPath(base, path), joined, std::string(base) + " and " + path);
  }
  CheckAllShortPaths();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
