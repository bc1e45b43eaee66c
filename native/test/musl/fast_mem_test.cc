// Our memory functions for musl against plain loops: every small size, alignment, distance and
// place of a difference, between pages that must not be touched. They are compiled in under other
// names, so that this tests them with any C library; on other machines than x86-64 there are none
// to test.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "test/support/check.h"

#if defined(__x86_64__)
#define memcpy FastMemcpy
#define memmove FastMemmove
#define memcmp FastMemcmp
#define memchr FastMemchr
extern "C" {
#include "../../../build/toolchain/musl/fast_mem.c"  // NOLINT(bugprone-suspicious-include)
}
#undef memcpy
#undef memmove
#undef memcmp
#undef memchr

namespace sysflow::test {
namespace {

constexpr size_t kRoom = 16384;

// Memory that ends on both sides at a page that cannot be read.
class Fenced {
 public:
  Fenced() : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
    void* whole = mmap(nullptr, kRoom + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) {
      std::abort();
    }
    whole_ = static_cast<unsigned char*>(whole);
    if (mprotect(begin(), kRoom, PROT_READ | PROT_WRITE) != 0) {
      std::abort();
    }
  }
  Fenced(const Fenced&) = delete;
  Fenced& operator=(const Fenced&) = delete;
  ~Fenced() { munmap(whole_, kRoom + 2 * page_); }

  unsigned char* begin() { return whole_ + page_; }
  unsigned char* end() { return begin() + kRoom; }

 private:
  size_t page_;
  unsigned char* whole_;
};

unsigned char PatternAt(size_t at) { return static_cast<unsigned char>(at * 167 + (at >> 8) * 31); }

using Move = void* (*)(void*, const void*, size_t);

// Moves within `memory`, whose `span` bytes from `start` hold the pattern before and after.
bool Moves(Move move, unsigned char* start, size_t span, size_t to, size_t from, size_t size) {
  const void* result = move(start + to, start + from, size);
  bool holds = result == start + to;
  for (size_t at = 0; at < span; at++) {
    const bool moved = at - to < size;
    holds = holds && start[at] == PatternAt(moved ? at - to + from : at);
    start[at] = PatternAt(at);
  }
  return holds;
}

void TestMove(Move move, const std::string& name) {
  std::vector<size_t> sizes;
  for (size_t size = 0; size <= 136; size++) {
    sizes.push_back(size);
  }
  const size_t more[] = {143, 144, 145, 159, 160, 161, 191, 192,
                         193, 207, 255, 256, 257, 320, 1021};
  sizes.insert(sizes.end(), std::begin(more), std::end(more));
  Fenced memory;
  for (const size_t size : sizes) {
    bool holds = true;
    const size_t far = size + 20;
    for (size_t alignment = 0; alignment < 16; alignment++) {
      // The source stays, and the target wanders over it, all from the first byte that there is.
      const size_t span = alignment + 2 * far + size;
      for (size_t i = 0; i < span; i++) {
        memory.begin()[i] = PatternAt(i);
      }
      const size_t step = size <= 136 ? 1 + alignment % 3 : 7;
      for (size_t to = alignment; to <= alignment + 2 * far; to += step) {
        holds = holds && Moves(move, memory.begin(), span, to, alignment + far, size);
      }
    }
    CHECK_THAT(holds, name + " of " + std::to_string(size) + " bytes");
    // From and to the very ends of what there is.
    unsigned char* start = memory.end() - size;
    for (size_t i = 0; i < size; i++) {
      memory.begin()[i] = PatternAt(i);
      start[i] = 0;
    }
    move(start, memory.begin(), size);
    move(memory.begin(), start, size);
    bool same = true;
    for (size_t i = 0; i < size; i++) {
      same = same && memory.begin()[i] == PatternAt(i) && start[i] == PatternAt(i);
    }
    CHECK_THAT(same, name + " at the fence, of " + std::to_string(size) + " bytes");
  }
}

int Sign(int order) { return (order > 0 ? 1 : 0) - (order < 0 ? 1 : 0); }

// Two equal runs of `size` bytes, then with one difference at each place, and a contrary one after
// it.
bool Compares(unsigned char* left, unsigned char* right, size_t size) {
  for (size_t i = 0; i < size; i++) {
    left[i] = right[i] = PatternAt(i);
  }
  bool holds = FastMemcmp(left, right, size) == 0;
  for (size_t at = 0; at < size; at++) {
    // As signed numbers these would be in the other order.
    left[at] = 0x80;
    right[at] = 0x7f;
    if (at + 1 < size) {
      left[size - 1] = 0;
      right[size - 1] = 0xff;
    }
    holds = holds && Sign(FastMemcmp(left, right, size)) == 1;
    holds = holds && Sign(FastMemcmp(right, left, size)) == -1;
    holds = holds && FastMemcmp(left, right, at) == 0;
    left[at] = right[at] = PatternAt(at);
    left[size - 1] = right[size - 1] = PatternAt(size - 1);
  }
  return holds;
}

void TestCompare() {
  Fenced left;
  Fenced right;
  for (size_t size = 0; size <= 100; size++) {
    bool holds = true;
    for (size_t alignment = 0; alignment < 16; alignment++) {
      for (const size_t other : {size_t{0}, size_t{5}, alignment}) {
        holds = holds && Compares(left.begin() + alignment, right.begin() + other, size);
        holds = holds && Compares(left.end() - size - alignment, right.end() - size - other, size);
      }
    }
    CHECK_THAT(holds, "memcmp of " + std::to_string(size) + " bytes");
  }
}

// The byte is before the run and after it, then also at each place in it.
bool Finds(unsigned char* start, size_t size, bool has_before, bool has_after) {
  constexpr int kWanted = 0xe1;
  for (size_t i = 0; i < size; i++) {
    start[i] = 0x61;
  }
  if (has_before) {
    start[-1] = kWanted;
  }
  if (has_after) {
    start[size] = kWanted;
  }
  bool holds = FastMemchr(start, kWanted, size) == nullptr;
  for (size_t at = size; at-- > 0;) {
    // A later one is there already. Only the lowest eight bits of the value count.
    start[at] = kWanted;
    holds = holds && FastMemchr(start, kWanted | 0x100, size) == start + at;
    holds = holds && FastMemchr(start, kWanted - 0x100, SIZE_MAX) == start + at;
    holds = holds && FastMemchr(start, kWanted, at) == nullptr;
  }
  return holds;
}

void TestFind() {
  Fenced memory;
  for (size_t size = 0; size <= 100; size++) {
    bool holds = true;
    for (size_t alignment = 0; alignment < 32; alignment++) {
      holds = holds && Finds(memory.begin() + alignment, size, alignment > 0, true);
      holds = holds && Finds(memory.end() - size - alignment, size, true, alignment > 0);
    }
    CHECK_THAT(holds, "memchr of " + std::to_string(size) + " bytes");
  }
}

}  // namespace
}  // namespace sysflow::test

int main() {
  sysflow::test::TestMove(FastMemcpy, "memcpy");
  sysflow::test::TestMove(FastMemmove, "memmove");
  sysflow::test::TestCompare();
  sysflow::test::TestFind();
  return sysflow::test::Finish();
}
#else
int main() { return sysflow::test::Finish(); }
#endif
