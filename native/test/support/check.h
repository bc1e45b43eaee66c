// Checks for the programs of this folder: each runs all of them, says which failed, and ends with
// the sums. A failed check never ends the program, so the ones after it still count.
#ifndef SYSFLOW_NATIVE_TEST_SUPPORT_CHECK_H_
#define SYSFLOW_NATIVE_TEST_SUPPORT_CHECK_H_

#include <cstdio>
#include <sstream>
#include <string>

namespace sysflow::test {

struct Counts {
  int passed = 0;
  int failed = 0;
};

inline Counts& Sums() {
  static Counts counts;
  return counts;
}

inline bool Check(bool holds, const char* file, int line, const std::string& what) {
  if (holds) {
    Sums().passed++;
  } else {
    Sums().failed++;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  }
  return holds;
}

template <typename Got, typename Wanted>
bool CheckEqual(const Got& got, const Wanted& wanted, const char* file, int line,
                const std::string& what) {
  if (got == wanted) {
    return Check(true, file, line, what);
  }
  std::ostringstream text;
  text << what << ": got " << got << ", wanted " << wanted;
  return Check(false, file, line, text.str());
}

// Prints the sums; what main() returns.
inline int Finish() {
  std::printf("%d passed, %d failed\n", Sums().passed, Sums().failed);
  return Sums().failed == 0 ? 0 : 1;
}

}  // namespace sysflow::test

// `context` is streamed into the message of a check that fails.
#define CHECK_THAT(holds, context) \
  sysflow::test::Check((holds), __FILE__, __LINE__, std::string(#holds ", for ") + (context))
#define CHECK_EQUAL(got, wanted, context)                        \
  sysflow::test::CheckEqual((got), (wanted), __FILE__, __LINE__, \
                            std::string(#got ", for ") + (context))

#endif  // SYSFLOW_NATIVE_TEST_SUPPORT_CHECK_H_
