// What of the shim depends on the machine: a system call, the entry, the hook's entry, the head.

#ifndef SHIM_MACHINE_H
#define SHIM_MACHINE_H

#ifdef __s390x__

enum {
  SYSTEM_CLOSE = 6,
  SYSTEM_PWRITE = 181,
  SYSTEM_MEMFD_CREATE = 350,
};

static long system_call(long number, long a, long b, long c, long d) {
  register long r1 __asm__("1") = number;
  register long r2 __asm__("2") = a;
  register long r3 __asm__("3") = b;
  register long r4 __asm__("4") = c;
  register long r5 __asm__("5") = d;
  __asm__ volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4), "d"(r5) : "memory");
  return r2;
}

// The stack is the first argument, a word of a frame below it the second.
__asm__(
    ".text\n"
    ".globl shim_start\n"
    "shim_start:\n"
    "  lgr %r2, %r15\n"
    "  aghi %r15, -168\n"
    "  la %r3, 160(%r15)\n"
    "  brasl %r14, shim_main\n"
    "  lg %r1, 160(%r15)\n"
    "  lgr %r15, %r2\n"
    "  xgr %r11, %r11\n"
    "  br %r1\n");

// Stands for `svc 0` of an openat, with the place to return to in %r1. A system call changes no
// register but %r2, and the loader's compiler counted on that, so every other one is kept.
__asm__(
    ".globl open_hook\n"
    "open_hook:\n"
    "  aghi %r15, -224\n"
    "  stmg %r0, %r5, 160(%r15)\n"
    "  stg %r14, 208(%r15)\n"
    "  lgr %r2, %r3\n"
    "  brasl %r14, shim_open\n"
    "  lg %r14, 208(%r15)\n"
    "  lmg %r0, %r1, 160(%r15)\n"
    "  lmg %r3, %r5, 184(%r15)\n"
    "  aghi %r15, 224\n"
    "  br %r1\n");

#else
#error "the shim is not written for this machine"
#endif

// 9 words after the marker, and three for each of IMAGES_MAX images.
__asm__(
    ".section .rodata.head, \"a\"\n"
    ".balign 16\n"
    ".globl shim_head\n"
    "shim_head:\n"
    "  .byte 0x7f\n"
    "  .ascii \"sysflow-shim\"\n"
    "  .byte 0xa5, 0x5a, 0xc3\n"
    "  .quad 1\n"
    "  .quad open_hook - .\n"
    "  .fill 7 + 3 * 24, 8, 0\n"
    ".text\n");

#endif
