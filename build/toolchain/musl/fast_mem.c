/* memcpy, memmove, memcmp and memchr for x86-64, for what is linked with musl, whose own copy with
   `rep movsq` (20 ns to begin; most copies are of a few words) and compare byte by byte. That was
   two thirds of what libsinsp took longer there than with glibc. SSE2 only: it is in every x86-64
   processor, so nothing is chosen at run time. All are in one object, so that they come in
   together: musl's memmove refers to musl's memcpy, which must not come in beside ours. */

#include <stddef.h>
#include <stdint.h>

enum { VECTOR_BYTES = 16, BLOCK_BYTES = 64 };

typedef char vector_bytes __attribute__((vector_size(VECTOR_BYTES), may_alias));

/* Values at any address, in memory of any type. */
typedef vector_bytes loose_vector __attribute__((aligned(1)));
typedef uint64_t loose64 __attribute__((aligned(1), may_alias));
typedef uint32_t loose32 __attribute__((aligned(1), may_alias));
typedef uint16_t loose16 __attribute__((aligned(1), may_alias));

static inline vector_bytes load(const unsigned char* from) {
  return *(const loose_vector*)(const void*)from;
}

static inline void store(unsigned char* to, vector_bytes value) {
  *(loose_vector*)(void*)to = value;
}

static inline uint64_t load64(const unsigned char* from) {
  return *(const loose64*)(const void*)from;
}

static inline uint32_t load32(const unsigned char* from) {
  return *(const loose32*)(const void*)from;
}

/* Bit n is set where the bytes n of the two are equal. */
static inline unsigned equal_bits(vector_bytes left, vector_bytes right) {
  return (unsigned)__builtin_ia32_pmovmskb128((vector_bytes)(left == right));
}

/* Up to 16 bytes: two reads, which may overlap, then two writes. */
static inline void move16(unsigned char* to, const unsigned char* from, size_t size) {
  if (size >= 8) {
    const uint64_t head = load64(from);
    const uint64_t tail = load64(from + size - 8);
    *(loose64*)(void*)to = head;
    *(loose64*)(void*)(to + size - 8) = tail;
  } else if (size >= 4) {
    const uint32_t head = load32(from);
    const uint32_t tail = load32(from + size - 4);
    *(loose32*)(void*)to = head;
    *(loose32*)(void*)(to + size - 4) = tail;
  } else if (size >= 2) {
    const uint16_t head = *(const loose16*)(const void*)from;
    const uint16_t tail = *(const loose16*)(const void*)(from + size - 2);
    *(loose16*)(void*)to = head;
    *(loose16*)(void*)(to + size - 2) = tail;
  } else if (size == 1) {
    *to = *from;
  }
}

/* 17 to 128 bytes: one, two or four vectors from either end. Here too everything is read before
   anything is written over it, so that an overlap does no harm. */
static inline void move128(unsigned char* to, const unsigned char* from, size_t size) {
  const unsigned char* from_end = from + size;
  unsigned char* to_end = to + size;
  const vector_bytes a = load(from);
  const vector_bytes z = load(from_end - 16);
  if (size > 32) {
    const vector_bytes b = load(from + 16);
    const vector_bytes y = load(from_end - 32);
    if (size > 64) {
      const vector_bytes c = load(from + 32);
      const vector_bytes d = load(from + 48);
      const vector_bytes w = load(from_end - 64);
      const vector_bytes x = load(from_end - 48);
      store(to + 32, c);
      store(to + 48, d);
      store(to_end - 64, w);
      store(to_end - 48, x);
    }
    store(to + 16, b);
    store(to_end - 32, y);
  }
  store(to, a);
  store(to_end - 16, z);
}

static inline void move_block(unsigned char* to, const unsigned char* from) {
  const vector_bytes a = load(from);
  const vector_bytes b = load(from + 16);
  const vector_bytes c = load(from + 32);
  const vector_bytes d = load(from + 48);
  store(to, a);
  store(to + 16, b);
  store(to + 32, c);
  store(to + 48, d);
}

/* Upwards in blocks that are aligned at `to`, which is below `from` or past the source's end. The
   loop leaves out the first bytes and the last block; both are read before it writes over them. */
static inline void move_up(unsigned char* to, const unsigned char* from, size_t size) {
  const size_t last = size - BLOCK_BYTES;
  const vector_bytes head = load(from);
  const vector_bytes w = load(from + last);
  const vector_bytes x = load(from + last + 16);
  const vector_bytes y = load(from + last + 32);
  const vector_bytes z = load(from + last + 48);
  const size_t unaligned = (uintptr_t)to % VECTOR_BYTES;
  for (size_t at = VECTOR_BYTES - unaligned; at < last; at += BLOCK_BYTES) {
    move_block(to + at, from + at);
  }
  store(to + last, w);
  store(to + last + 16, x);
  store(to + last + 32, y);
  store(to + last + 48, z);
  store(to, head);
}

/* The mirror image, for a `to` that lies inside the source. */
static inline void move_down(unsigned char* to, const unsigned char* from, size_t size) {
  const vector_bytes a = load(from);
  const vector_bytes b = load(from + 16);
  const vector_bytes c = load(from + 32);
  const vector_bytes d = load(from + 48);
  const vector_bytes tail = load(from + size - VECTOR_BYTES);
  const size_t unaligned = (uintptr_t)(to + size) % VECTOR_BYTES;
  for (size_t end = size - unaligned; end > BLOCK_BYTES; end -= BLOCK_BYTES) {
    move_block(to + end - BLOCK_BYTES, from + end - BLOCK_BYTES);
  }
  store(to, a);
  store(to + 16, b);
  store(to + 32, c);
  store(to + 48, d);
  store(to + size - VECTOR_BYTES, tail);
}

static inline void* move(void* target, const void* source, size_t size) {
  unsigned char* to = (unsigned char*)target;
  const unsigned char* from = (const unsigned char*)source;
  if (size <= 16) {
    move16(to, from, size);
  } else if (size <= 128) {
    move128(to, from, size);
  } else if ((uintptr_t)to - (uintptr_t)from >= size) {
    move_up(to, from, size);
  } else {
    move_down(to, from, size);
  }
  return target;
}

void* memcpy(void* to, const void* from, size_t size) { return move(to, from, size); }

void* memmove(void* to, const void* from, size_t size) { return move(to, from, size); }

/* The order of two values that differ, by their first different byte in memory. */
static inline int order64(uint64_t left, uint64_t right) {
  return __builtin_bswap64(left) < __builtin_bswap64(right) ? -1 : 1;
}

/* The same of two vectors, with a bit for each byte in which they differ: one at least. */
static inline int order_vectors(const unsigned char* left, const unsigned char* right,
                                unsigned differing) {
  const unsigned at = (unsigned)__builtin_ctz(differing);
  return left[at] < right[at] ? -1 : 1;
}

static inline int compare15(const unsigned char* left, const unsigned char* right, size_t size) {
  if (size >= 8) {
    const uint64_t a = load64(left);
    const uint64_t b = load64(right);
    if (a != b) return order64(a, b);
    const uint64_t y = load64(left + size - 8);
    const uint64_t z = load64(right + size - 8);
    return y == z ? 0 : order64(y, z);
  }
  if (size >= 4) {
    const uint64_t a = load32(left) | (uint64_t)load32(left + size - 4) << 32;
    const uint64_t b = load32(right) | (uint64_t)load32(right + size - 4) << 32;
    return a == b ? 0 : order64(a, b);
  }
  for (size_t at = 0; at < size; at++) {
    if (left[at] != right[at]) return left[at] < right[at] ? -1 : 1;
  }
  return 0;
}

int memcmp(const void* first, const void* second, size_t size) {
  const unsigned char* left = (const unsigned char*)first;
  const unsigned char* right = (const unsigned char*)second;
  if (size < VECTOR_BYTES) return compare15(left, right, size);
  const unsigned all = (1U << VECTOR_BYTES) - 1;
  const size_t last = size - VECTOR_BYTES;
  for (size_t at = 0; at < last; at += VECTOR_BYTES) {
    const unsigned equal = equal_bits(load(left + at), load(right + at));
    if (equal != all) return order_vectors(left + at, right + at, equal ^ all);
  }
  const unsigned equal = equal_bits(load(left + last), load(right + last));
  return equal == all ? 0 : order_vectors(left + last, right + last, equal ^ all);
}

/* Reads whole aligned vectors, which never reach into another page than a byte asked for; `size`
   may be larger than the memory is, as long as the byte is found in it: strnlen is one who calls
   so. */
#if defined(__SANITIZE_ADDRESS__)
__attribute__((no_sanitize_address))
#endif
void *
memchr(const void *memory, int value, size_t size) {
  if (size == 0) return NULL;
  const unsigned char* start = (const unsigned char*)memory;
  const size_t before = (uintptr_t)start % VECTOR_BYTES;
  const vector_bytes* vector = (const vector_bytes*)(const void*)(start - before);
  const char byte = (char)value;
  const vector_bytes wanted = {byte, byte, byte, byte, byte, byte, byte, byte,
                               byte, byte, byte, byte, byte, byte, byte, byte};
  unsigned found = equal_bits(*vector, wanted) >> before;
  size_t at = 0;
  size_t next = VECTOR_BYTES - before;
  while (found == 0) {
    if (next >= size) return NULL;
    at = next;
    next += VECTOR_BYTES;
    vector++;
    found = equal_bits(*vector, wanted);
  }
  at += (size_t)__builtin_ctz(found);
  return at < size ? (void*)(uintptr_t)(start + at) : NULL;
}
