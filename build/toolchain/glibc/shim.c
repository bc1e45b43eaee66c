// The first code of a packed glibc program. glibc's own loader cannot be told of libraries in
// memory, so this goes before it: it makes the process's stack as the kernel would have made it for
// a dynamic program, enters the loader, and stands in for each open of a file that the loader wants
// to do (build/pack/glibc-loader.ts puts calls in their place). What is embedded it hands out as a
// file in memory; all else does not exist. No libc here, and no relocation: nothing has set it up.

#include <stddef.h>
#include <stdint.h>

#include "machine.h"

#define IMAGES_MAX 24

/** Errors as the kernel returns them. */
enum { NO_ENTRY = -2, ACCESS_DENIED = -13 };
enum { CLOSE_ON_EXEC = 1, NEVER_EXECUTABLE = 8 };
enum { EXIT_STATUS = 1 };
/** Keys of the auxiliary vector, as elf.h numbers them. */
enum { PROGRAM_HEADERS = 3, PROGRAM_HEADER_COUNT = 5, LOADER_BASE = 7, ENTRY = 9 };

struct image {
  /** Addresses, as all others here: a packed glibc program has a fixed place. */
  uint64_t name;
  uint64_t bytes;
  uint64_t length;
};

/** Filled in by the packer (build/pack/glibc-head.ts), word by word: keep both in step. */
struct head {
  /** By this the packer finds the structure in the file. */
  unsigned char marker[16];
  uint64_t layout;
  /** How far `open_hook` is from this word; the only word that the linker fills in. */
  int64_t open_hook;
  uint64_t entry;
  uint64_t program_headers;
  uint64_t program_header_count;
  uint64_t loader_base;
  uint64_t loader_entry;
  /** Environment variables to drop: names, each ended by NUL, after the last an empty one. */
  uint64_t variables;
  uint64_t image_count;
  struct image images[IMAGES_MAX];
};

/** Read-only, but the compiler must not believe that it stays as it is compiled. */
extern __attribute__((visibility("hidden"))) const volatile struct head shim_head;

static int equal(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c; }

/** Whether a variable, as it stands in the environment, is the one named or begins as `NAME*`. */
static int names(const char* pattern, const char* variable) {
  for (; *pattern; pattern++, variable++) {
    if (pattern[0] == '*' && !pattern[1]) return 1;
    if (lower(*pattern) != lower(*variable)) return 0;
  }
  return *variable == '=' || !*variable;
}

static int unwanted(const char* variable) {
  for (const char* pattern = (const char*)shim_head.variables; *pattern; pattern++) {
    if (names(pattern, variable)) return 1;
    while (*pattern) pattern++;
  }
  return 0;
}

/**
 * Drops variables: what is before them moves up. The auxiliary vector stays in its place, since
 * qemu reads it there for /proc/self/auxv. Returns the new beginning of the stack.
 */
static uintptr_t* clean_environment(uintptr_t* stack) {
  uintptr_t* environment = stack + 1 + stack[0] + 1;
  uintptr_t* from = environment;
  while (*from) from++;
  uintptr_t* to = from;
  while (from > environment) {
    if (!unwanted((const char*)*--from)) *--to = *from;
  }
  while (from > stack) *--to = *--from;
  return to;
}

/**
 * Called with the stack as the kernel left it: argc, arguments, environment, auxiliary vector.
 * Returns the stack to go on with, and sets the place.
 */
__attribute__((used)) uintptr_t* shim_main(uintptr_t* stack, uintptr_t* place) {
  stack = clean_environment(stack);
  uintptr_t* pair = stack + 1 + stack[0] + 1;
  while (*pair++) {
  }
  for (; pair[0]; pair += 2) {
    if (pair[0] == PROGRAM_HEADERS) pair[1] = shim_head.program_headers;
    if (pair[0] == PROGRAM_HEADER_COUNT) pair[1] = shim_head.program_header_count;
    if (pair[0] == LOADER_BASE) pair[1] = shim_head.loader_base;
    if (pair[0] == ENTRY) pair[1] = shim_head.entry;
  }
  *place = shim_head.loader_entry;
  return stack;
}

/** A file in memory with the image's bytes, read from its start. */
static long memory_file(const char* name, const char* bytes, uint64_t length) {
  long file = system_call(SYSTEM_MEMFD_CREATE, (long)name, CLOSE_ON_EXEC, 0, 0);
  // Where the administrator forbids executable files in memory. Mapping it is permitted all the
  // same.
  if (file == ACCESS_DENIED) {
    file = system_call(SYSTEM_MEMFD_CREATE, (long)name, CLOSE_ON_EXEC | NEVER_EXECUTABLE, 0, 0);
  }
  for (uint64_t done = 0; file >= 0 && done < length;) {
    long count =
        system_call(SYSTEM_PWRITE, file, (long)(bytes + done), (long)(length - done), (long)done);
    if (count <= 0) {
      system_call(SYSTEM_CLOSE, file, 0, 0, 0);
      return count < 0 ? count : NO_ENTRY;
    }
    done += (uint64_t)count;
  }
  return file;
}

/**
 * What the loader calls instead of openat: it has joined one of its folders and a library's name,
 * or wants a file of its own, such as the list of libraries to preload. The folder does not matter.
 */
__attribute__((used)) long shim_open(const char* path) {
  const char* name = path;
  for (const char* at = path; *at; at++) {
    if (*at == '/') name = at + 1;
  }
  for (uint64_t i = 0; i < shim_head.image_count; i++) {
    const volatile struct image* image = &shim_head.images[i];
    if (equal(name, (const char*)image->name)) {
      return memory_file(name, (const char*)image->bytes, image->length);
    }
  }
  return NO_ENTRY;
}
