// malloc for a compiler whose output must not depend on where it runs; preloaded by skeleton.ts.
//
// clang's BPF back end keeps the types that it has still to describe in a map ordered by their
// addresses, and writes them in that order. An allocator that reuses what was freed makes the order
// follow the length of every string allocated before, paths among them, so that the same source
// gives other bytes in another folder. Here each block lies above all earlier ones and none is ever
// reused: addresses are in the order of allocation, whatever the sizes were.

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Room before each block for its size, and the least alignment of one.
#define UNIT ((size_t)16)
// Addresses only: memory is taken where it is written. Compiling the probe's largest object takes
// about 200 MB.
#define RESERVED ((size_t)1 << 36)

static uintptr_t next_free;
static uintptr_t end;

static void Reserve(void) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* start = mmap(NULL, RESERVED, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (start == MAP_FAILED) abort();
  next_free = (uintptr_t)start;
  end = next_free + RESERVED;
}

static size_t* SizeOf(void* block) { return (size_t*)((char*)block - UNIT); }

// The first call comes from the loader, before there is a second thread.
static void* Take(size_t align, size_t size) {
  if (end == 0) Reserve();
  if (align < UNIT) align = UNIT;
  const int too_much = size > RESERVED || align > RESERVED;
  const size_t room = (size + align + UNIT + UNIT - 1) & ~(UNIT - 1);
  uintptr_t start = too_much ? end : __atomic_fetch_add(&next_free, room, __ATOMIC_RELAXED);
  if (too_much || start + room > end) {
    errno = ENOMEM;
    return NULL;
  }
  void* block = (void*)((start + UNIT + align - 1) & ~(align - 1));
  *SizeOf(block) = size;
  return block;
}

void* malloc(size_t size) { return Take(UNIT, size); }

void free(void* block) { (void)block; }

void* calloc(size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
  return Take(UNIT, total);
}

void* realloc(void* block, size_t size) {
  void* grown = Take(UNIT, size);
  if (block == NULL || grown == NULL) return grown;
  const size_t had = *SizeOf(block);
  return memcpy(grown, block, had < size ? had : size);
}

void* memalign(size_t align, size_t size) { return Take(align, size); }

void* aligned_alloc(size_t align, size_t size) { return Take(align, size); }

int posix_memalign(void** block, size_t align, size_t size) {
  *block = Take(align, size);
  return *block == NULL ? ENOMEM : 0;
}

// Of glibc's own kind of block, which these are not.
size_t malloc_usable_size(void* block) { return block == NULL ? 0 : *SizeOf(block); }
