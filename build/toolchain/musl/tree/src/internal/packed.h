// What the packer tells the loader of a packed program, and what of it the rest of the loader asks.
// The packer (build/pack/head.ts) writes this structure word by word: keep both in step and raise
// PACKED_LAYOUT with every change. All places are offsets from the loader's own first byte, since
// the kernel may put a position-independent program anywhere.

#ifndef PACKED_H
#define PACKED_H

#include <features.h>
#include <stdint.h>

#define PACKED_LAYOUT 1
/** More images than this are refused by the packer. */
#define PACKED_IMAGES_MAX 16

/** A library that the kernel has mapped together with the program. */
struct packed_image {
  int64_t name;
  int64_t base;
};

/** A bit of CPUID that the program cannot do without. */
struct packed_feature {
  uint64_t leaf;
  /** 0 to 3: EAX, EBX, ECX, EDX. */
  uint64_t reg;
  uint64_t bit;
  int64_t name;
};

struct packed_head {
  /** By this the packer finds the structure in the file. */
  unsigned char marker[16];
  uint64_t layout;
  /** 0 in a loader that was not packed, which then is musl's as ever. */
  uint64_t active;
  int64_t entry;
  int64_t program_headers;
  uint64_t program_header_count;
  int64_t images;
  uint64_t image_count;
  /** Environment variables to drop: names, each ended by NUL, after the last an empty one. */
  int64_t variables;
  int64_t features;
  uint64_t feature_count;
  /** What to say before and after the names of the features that a CPU lacks, and the status. */
  int64_t refusal;
  int64_t advice;
  uint64_t refusal_status;
};

/** In a file of its own, so that no compiler takes its first values for its last ones. */
extern hidden const struct packed_head __packed_head;

/** Makes the stack that the kernel gave us as musl expects it. Runs before any relocation. */
hidden void __packed_start(uintptr_t* stack);

/** The library's first byte, or null when the program has none of that name that can be used. */
hidden unsigned char* __packed_image(const char* name);

/** Loading this library failed half-way: it cannot be relocated a second time. */
hidden void __packed_spoil(unsigned char* image);

#endif
