// Asks malloc's whole family for blocks and prints, a line each, what does not hold; then whether
// all blocks lay in the order in which they were asked for.

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kBlocks = 20000, kMany = 64 };

static int ordered = 1;
static uintptr_t last;

static void Expect(int holds, const char* what) {
  if (!holds) printf("not so: %s\n", what);
}

static char* Note(void* block) {
  if ((uintptr_t)block <= last) ordered = 0;
  last = (uintptr_t)block;
  return block;
}

static void AllKinds(void) {
  char* text = strcpy(Note(malloc(8)), "seven c");
  text = Note(realloc(text, 100000));
  Expect(strcmp(text, "seven c") == 0, "realloc keeps what was there");
  text = Note(realloc(text, 6));
  Expect(memcmp(text, "seven ", 6) == 0, "realloc keeps what fits");
  const char* zeros = Note(calloc(1000, 3));
  for (int i = 0; i < 3000; i++) Expect(zeros[i] == 0, "calloc gives zeros");
  Expect((uintptr_t)Note(aligned_alloc(4096, 8192)) % 4096 == 0, "aligned_alloc aligns");
  Expect((uintptr_t)Note(memalign(256, 1)) % 256 == 0, "memalign aligns");
  void* block = NULL;
  Expect(posix_memalign(&block, 64, 10) == 0 && (uintptr_t)Note(block) % 64 == 0, "posix_memalign");
  Expect(malloc_usable_size(block) >= 10, "malloc_usable_size");
}

static void TooMuch(void) {
  volatile size_t huge = SIZE_MAX - 100;
  errno = 0;
  Expect(malloc(huge) == NULL && errno == ENOMEM, "malloc refuses what cannot be");
  Expect(calloc(huge, 2) == NULL, "calloc refuses a product that overflows");
  Expect(realloc(NULL, huge) == NULL, "realloc refuses what cannot be");
  void* block = NULL;
  Expect(posix_memalign(&block, 64, huge) == ENOMEM, "posix_memalign refuses what cannot be");
}

int main(void) {
  AllKinds();
  TooMuch();
  char* kept[kMany] = {NULL};
  uint32_t random = 1;
  for (int i = 0; i < kBlocks; i++) {
    random = random * 1664525 + 1013904223;
    const uint32_t at = (random >> 8) % kMany;
    const size_t size = (random >> 16) % 3000 + 1;
    free(kept[at]);
    kept[at] = Note(malloc(size));
    Expect((uintptr_t)kept[at] % 16 == 0, "malloc aligns");
    memset(kept[at], 1, size);
  }
  puts(ordered ? "in order" : "reused");
  return 0;
}
