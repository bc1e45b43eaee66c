// operator new and delete of the builds for musl: blocks come back to whoever frees and wants them,
// no thread keeps more than its share or anything past its end, and malloc's failures are told. The
// file is compiled into this program with any C library, over a malloc that counts.
#include <malloc.h>
#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "test/support/check.h"

namespace {

std::atomic<long> taken{0};
std::atomic<long> given{0};
std::atomic<int> failures{0};

void* CountedMalloc(size_t size) {
  if (failures > 0) {
    failures--;
    return nullptr;
  }
  taken++;
  return malloc(size);
}

void CountedFree(void* block) {
  if (block != nullptr) {
    given++;
  }
  free(block);
}

}  // namespace

#define malloc CountedMalloc
#define free CountedFree
#include "../../../build/toolchain/musl/new_delete.cc"  // NOLINT(bugprone-suspicious-include)
#undef malloc
#undef free

namespace sysflow::test {
namespace {

// Volatile, so that the compiler does not take a pair of calls for nothing.
void* New(size_t size) {
  void* volatile block = operator new(size);
  return block;
}

struct Sized {
  unsigned char* block;
  size_t size;
};

uintptr_t Place(const void* block) { return reinterpret_cast<uintptr_t>(block); }

void TestReuse() {
  void* first = New(100);
  void* second = New(100);
  const uintptr_t first_place = Place(first);
  const uintptr_t second_place = Place(second);
  CHECK_THAT(first_place != second_place, "two blocks in use");
  operator delete(first, 100);
  operator delete(second, 100);
  void* third = New(97);
  void* fourth = New(112);
  CHECK_EQUAL(Place(third), second_place, "a size that rounds to the same, last freed first");
  CHECK_EQUAL(Place(fourth), first_place, "the largest size that does");
  operator delete(fourth, 112);
  void* larger = New(113);
  CHECK_THAT(Place(larger) != first_place, "a size of the next list");
  operator delete(larger, 113);
  const long before = given;
  operator delete(third);
  CHECK_EQUAL(given - before, 1, "a block freed without its size");
  operator delete(nullptr, 16);
  operator delete(nullptr);
  CHECK_EQUAL(given - before, 1, "null");
}

bool Holds(const Sized& one) {
  for (size_t i = 0; i < one.size; i++) {
    if (one.block[i] != static_cast<unsigned char>(one.size * 7 + i)) {
      return false;
    }
  }
  return true;
}

// Every size around the largest that is kept, in use at once, twice: the second time from the
// stock.
void TestSizes() {
  for (const char* round : {"first round", "second round"}) {
    std::vector<Sized> blocks;
    bool fits = true;
    for (size_t size = 0; size <= kSizeMax + 40; size++) {
      Sized one{static_cast<unsigned char*>(New(size)), size};
      fits = fits && reinterpret_cast<uintptr_t>(one.block) % alignof(std::max_align_t) == 0;
      fits = fits && malloc_usable_size(one.block) >= size;
      for (size_t i = 0; i < size; i++) {
        one.block[i] = static_cast<unsigned char>(size * 7 + i);
      }
      blocks.push_back(one);
    }
    CHECK_THAT(fits, round);
    bool whole = true;
    for (const Sized& one : blocks) {
      whole = whole && Holds(one);
      operator delete(one.block, one.size);
    }
    CHECK_THAT(whole, round);
  }
}

// In a thread of its own, so that its stock is empty.
void InThread(const std::function<void()>& body) { std::thread(body).join(); }

void TestBound() {
  constexpr size_t kSize = 64;
  constexpr size_t kFit = kBytesMax / kSize;
  std::vector<void*> blocks(3 * kFit);
  long kept = 0;
  long made_anew = 0;
  long given_back = 0;
  // Checks make strings, which the stock would hold too: so they come after the thread.
  InThread([&] {
    for (void*& block : blocks) {
      block = New(kSize);
    }
    long before = given;
    for (void* block : blocks) {
      operator delete(block, kSize);
    }
    kept = static_cast<long>(blocks.size()) - (given - before);
    blocks.resize(static_cast<size_t>(kept));
    before = taken;
    for (void*& block : blocks) {
      block = New(kSize);
    }
    made_anew = taken - before;
    before = given;
    for (void* block : blocks) {
      operator delete(block, kSize);
    }
    given_back = given - before;
  });
  // The thread's library may have put some objects of its own there.
  CHECK_THAT(kept <= static_cast<long>(kFit), std::to_string(kept) + " kept");
  CHECK_THAT(kept > static_cast<long>(kFit) - 100, std::to_string(kept) + " kept");
  CHECK_EQUAL(made_anew, 0, "as many as are kept");
  CHECK_EQUAL(given_back, 0, "the room of what was taken out");
}

void TestThreadEnd() {
  std::vector<void*> ours(1000);
  for (void*& block : ours) {
    block = New(240);
  }
  const long in_use = taken - given;
  InThread([&ours] {
    operator delete(New(16), 16);
    for (void* block : ours) {
      operator delete(block, 240);
    }
  });
  // What the threads' library keeps of a thread is a few objects, if anything.
  const long now = taken - given;
  CHECK_THAT(now <= in_use - 1000 + 5,
             std::to_string(in_use) + " before, now " + std::to_string(now));
}

// A destructor of another key, which runs again after the stock was given back.
pthread_key_t late;
std::atomic<int> late_runs{0};
std::atomic<long> late_kept{-1};

void Late(void* value) {
  late_runs++;
  if (late_runs == 1) {
    pthread_setspecific(late, value);
    return;
  }
  const long before = taken - given;
  operator delete(New(48), 48);
  late_kept = taken - given - before;
}

void TestLateDestructor() {
  pthread_key_create(&late, Late);
  InThread([] {
    operator delete(New(16), 16);
    pthread_setspecific(late, &late);
  });
  CHECK_EQUAL(late_runs, 2, "destructor");
  CHECK_EQUAL(late_kept, 0, "a block freed after the thread's stock was given back");
}

int handled = 0;

void TestFailure() {
  constexpr size_t kLarge = 2 * kSizeMax;
  bool thrown = false;
  failures = 1;
  try {
    operator delete(New(kLarge), kLarge);
  } catch (const std::bad_alloc&) {
    thrown = true;
  }
  CHECK_THAT(thrown, "no memory");
  std::set_new_handler([] { handled++; });
  failures = 2;
  void* block = New(kLarge);
  std::set_new_handler(nullptr);
  CHECK_EQUAL(handled, 2, "calls of the new handler");
  CHECK_THAT(block != nullptr, "memory that the handler found");
  operator delete(block, kLarge);
  CHECK_EQUAL(ListOf(SIZE_MAX), SIZE_MAX, "the largest size");
  CHECK_EQUAL(ListOf(0), SIZE_MAX, "nothing");
}

// Blocks wander between threads that free what others made.
void TestExchange() {
  constexpr size_t kPlaces = 64;
  static std::atomic<void*> places[kPlaces];
  std::vector<std::thread> threads;
  std::atomic<bool> whole{true};
  for (unsigned seed = 1; seed <= 4; seed++) {
    threads.emplace_back([seed, &whole] {
      uint32_t random = seed * 2654435761U;
      for (int i = 0; i < 100000; i++) {
        random = random * 1664525 + 1013904223;
        const size_t place = random >> 8 & (kPlaces - 1);
        // A place has one size, and its number in its blocks.
        const size_t size = 8 + place * 11;
        auto* block = static_cast<unsigned char*>(New(size));
        block[0] = block[size - 1] = static_cast<unsigned char>(place);
        auto* other = static_cast<unsigned char*>(places[place].exchange(block));
        if (other != nullptr) {
          whole = whole && other[0] == place && other[size - 1] == place;
          operator delete(other, size);
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK_THAT(whole, "blocks of four threads");
  for (std::atomic<void*>& place : places) {
    operator delete(place.load());
  }
}

}  // namespace
}  // namespace sysflow::test

int main() {
  sysflow::test::TestReuse();
  sysflow::test::TestSizes();
  sysflow::test::TestBound();
  sysflow::test::TestThreadEnd();
  sysflow::test::TestLateDestructor();
  sysflow::test::TestFailure();
  sysflow::test::TestExchange();
  return sysflow::test::Finish();
}
