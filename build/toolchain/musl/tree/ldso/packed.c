// The loader's part in a packed program. Most of it runs before the loader has relocated itself: no
// thread, no errno, no table of pointers and no function that is not hidden may be used there, and
// nothing may have an initial value with an address in it.

#define _GNU_SOURCE
#include "packed.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>

#include "syscall.h"

#define MESSAGE_MAX 512

extern hidden const char __ehdr_start[];

static unsigned char spoilt[PACKED_IMAGES_MAX];

static const void* at(int64_t offset) { return __ehdr_start + offset; }

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; }

/**
 * Whether a variable, as it stands in the environment, is the one named or begins as `NAME*`. Case
 * does not count, since it does not for mimalloc either.
 */
static int names(const char* pattern, const char* variable) {
  for (; *pattern; pattern++, variable++) {
    if (pattern[0] == '*' && !pattern[1]) return 1;
    if (lower(*pattern) != lower(*variable)) return 0;
  }
  return *variable == '=' || !*variable;
}

static int unwanted(const char* variable) {
  for (const char* pattern = at(__packed_head.variables); *pattern; pattern++) {
    if (names(pattern, variable)) return 1;
    while (*pattern) pattern++;
  }
  return 0;
}

/** Drops variables and returns the auxiliary vector, which has to follow what is left of them. */
static uintptr_t* clean_environment(uintptr_t* environment) {
  uintptr_t *from = environment, *to = environment;
  for (; *from; from++) {
    if (!unwanted((const char*)*from)) *to++ = *from;
  }
  *to++ = 0;
  uintptr_t *auxv = to, *pair = from + 1;
  for (; pair[0]; pair += 2, to += 2) {
    to[0] = pair[0];
    to[1] = pair[1];
  }
  to[0] = to[1] = 0;
  return auxv;
}

/** Says of loader and program what the kernel would, had it loaded the two from files. */
static void mend_auxv(uintptr_t* auxv) {
  const struct packed_head* head = &__packed_head;
  for (; auxv[0]; auxv += 2) {
    if (auxv[0] == AT_BASE) auxv[1] = (uintptr_t)__ehdr_start;
    if (auxv[0] == AT_ENTRY) auxv[1] = (uintptr_t)at(head->entry);
    if (auxv[0] == AT_PHDR) auxv[1] = (uintptr_t)at(head->program_headers);
    if (auxv[0] == AT_PHNUM) auxv[1] = head->program_header_count;
    if (auxv[0] == AT_PHENT) auxv[1] = sizeof(Elf64_Phdr);
  }
}

#ifdef __x86_64__
static int has_feature(const struct packed_feature* feature) {
  uint32_t words[4];
  // The highest leaf there is; asked beyond it, CPUs answer with another leaf's bits.
  uint32_t leaf = feature->leaf & 0x80000000;
  for (int pass = 0; pass < 2; pass++) {
    __asm__("cpuid"
            : "=a"(words[0]), "=b"(words[1]), "=c"(words[2]), "=d"(words[3])
            : "0"(leaf), "2"(0));
    if (pass == 0 && words[0] < feature->leaf) return 0;
    leaf = feature->leaf;
  }
  return words[feature->reg] >> feature->bit & 1;
}
#else
/** The packer gives no features for other machines. */
static int has_feature(const struct packed_feature* feature) { return 1; }
#endif

static char* append(char* to, const char* end, const char* text) {
  while (*text && to < end) *to++ = *text++;
  return to;
}

/** Ends the process, with one line about it, where an instruction would end it without a word. */
static void require_features(void) {
  const struct packed_feature* feature = at(__packed_head.features);
  char line[MESSAGE_MAX];
  char *to = line, *end = line + sizeof line;
  for (uint64_t i = 0; i < __packed_head.feature_count; i++, feature++) {
    if (has_feature(feature)) continue;
    to = append(to, end, to == line ? at(__packed_head.refusal) : ", ");
    to = append(to, end, at(feature->name));
  }
  if (to == line) return;
  to = append(to, end, at(__packed_head.advice));
  __syscall(SYS_write, 2, line, to - line);
  for (;;) __syscall(SYS_exit_group, __packed_head.refusal_status);
}

/**
 * Opens what of standard input, output and error is closed: the runtime gives up without them, and
 * a file opened later would take their place. Where there is no /dev/null an empty file in memory
 * that takes nothing does as well.
 */
static void occupy_standard_descriptors(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (__syscall(SYS_fcntl, fd, F_GETFD) != -EBADF) continue;
    if (__syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) == fd) continue;
    if (__syscall(SYS_memfd_create, "closed", MFD_ALLOW_SEALING) != fd) return;
    __syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SEAL);
  }
}

void __packed_start(uintptr_t* stack) {
  if (!__packed_head.active) return;
  require_features();
  occupy_standard_descriptors();
  // The stack begins with argc and the arguments, ended by a null.
  mend_auxv(clean_environment(stack + 1 + stack[0] + 1));
}

unsigned char* __packed_image(const char* name) {
  const struct packed_image* image = at(__packed_head.images);
  for (uint64_t i = 0; i < __packed_head.image_count; i++, image++) {
    const char *a = at(image->name), *b = name;
    while (*a && *a == *b) a++, b++;
    if (*a == *b) return spoilt[i] ? NULL : (unsigned char*)at(image->base);
  }
  return NULL;
}

void __packed_spoil(unsigned char* base) {
  const struct packed_image* image = at(__packed_head.images);
  for (uint64_t i = 0; i < __packed_head.image_count; i++, image++) {
    if (at(image->base) == base) spoilt[i] = 1;
  }
}
