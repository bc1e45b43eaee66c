// The one description of what crosses from the capture thread to TypeScript.
//
// A batch is a flat buffer: a BatchHeader, then records one after another, each 8-aligned and led
// by {kind, flags, size}; strings lie behind the fixed part of their own record and are named by
// {offset from the batch's start, length}. The macros below list every field once: they make the
// structs, the static_asserts, and what layout() returns, from which src/capture/layout.gen.ts is
// generated. Change a field here, run `bun run generate`, and both sides change together.
//
// A newcomer's trap: handles (process, container, object) are defined by a record *before* they are
// used, may be defined again when the facts change, and die with ProcessGone or ObjectReset.

#ifndef SYSFLOW_NATIVE_LAYOUT_EVENT_LAYOUT_H_
#define SYSFLOW_NATIVE_LAYOUT_EVENT_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "layout/operations.h"

namespace sysflow {

// Part of a batch: bytes [off, off + len). A list is its items joined by NUL bytes.
struct Span {
  uint32_t off;
  uint32_t len;
};

using u16 = uint16_t;
using u32 = uint32_t;
using i32 = int32_t;
using f64 = double;

// The lists are laid out by hand: clang-format indents each line of theirs further than the last.
// clang-format off

// A 64-bit time in nanoseconds since the epoch crosses as two halves: JavaScript has no fast int64.
#define SYSFLOW_RECORD_HEAD(F) F(u16, kind) F(u16, flags) F(u32, size)

// First bytes of each batch. `bytes` counts the whole batch; `lastTs` is the time of the last event
// that the batch covers, also of one that made no record; `eof` is 1 when nothing follows.
#define SYSFLOW_BATCH_HEADER(F) \
  F(u32, magic) F(u32, bytes) F(u32, records) F(u32, eof) F(u32, lastTsLo) F(u32, lastTsHi)

// Facts about a process (its thread-group leader), under the handle `process`. `parent` is a
// process handle or 0. `pid` is in the host's namespace. loginuid: -1 unset or unknown. tsLo/tsHi: the event that brought these
// facts. flags: kProcessTty, kProcessEntry; kProcessArgsApart, kProcessEnvApart: in ProcessText
// records before this one.
#define SYSFLOW_PROCESS(F)                                                                  \
  SYSFLOW_RECORD_HEAD(F)                                                                    \
  F(u32, tsLo) F(u32, tsHi) F(u32, process) F(u32, parent) F(u32, createLo) F(u32, createHi) \
  F(i32, pid) F(i32, uid) F(i32, gid) F(i32, loginuid) F(u32, container) F(u32, pad)         \
  F(Span, exe) F(Span, args) F(u32, argCount) F(u32, envCount) F(Span, user) F(Span, group)  \
  F(Span, cwd) F(Span, env)

// The next piece of a text that is too long for the Process record which follows: of the arguments
// (kTextArgs in flags) or of the environment (kTextEnv), both joined by NUL bytes. Pieces come in
// their order, with nothing but pieces of the same process between them and the record. They are cut
// anywhere, inside a character too. The record then has the count and an empty Span.
#define SYSFLOW_PROCESS_TEXT(F) SYSFLOW_RECORD_HEAD(F) F(u32, process) F(u32, pad) F(Span, piece)

// The handle `process` is free: no later record uses it for this process.
#define SYSFLOW_PROCESS_GONE(F) SYSFLOW_RECORD_HEAD(F) F(u32, process) F(u32, pad)

// Facts about a container. Without kContainerKnown only `id` and a guess at `type` are there (from
// the cgroup path); the same handle is defined again when the capture brings its metadata.
// flags: kContainerKnown, kContainerPrivileged. `image` has no tag; `type` is libsinsp's number.
#define SYSFLOW_CONTAINER(F)                                                               \
  SYSFLOW_RECORD_HEAD(F)                                                                   \
  F(u32, container) F(u32, type) F(Span, id) F(Span, name) F(Span, image) F(Span, imageTag) \
  F(Span, imageId)

// A path (or the name libsinsp gives a pipe or Unix socket), under the handle `object`.
#define SYSFLOW_PATH(F) SYSFLOW_RECORD_HEAD(F) F(u32, object) F(u32, pad) F(Span, path)

// An IP socket's ends under the handle `object`; source is the side that initiated. Addresses are
// in network byte order, IPv4 in the first word; as a little-endian word, so that the integer is
// SysFlow's whatever the machine. family: 4 or 6. proto: the IP protocol number, -1 unknown.
#define SYSFLOW_SOCKET(F)                                                              \
  SYSFLOW_RECORD_HEAD(F)                                                               \
  F(u32, object) F(u32, family) F(i32, proto) F(u32, sport) F(u32, dport) F(u32, sip0) \
  F(u32, sip1) F(u32, sip2) F(u32, sip3) F(u32, dip0) F(u32, dip1) F(u32, dip2)        \
  F(u32, dip3) F(u32, pad)

// All object handles are void from here on (the native table was full and starts anew).
#define SYSFLOW_OBJECT_RESET(F) SYSFLOW_RECORD_HEAD(F)

// Event time has entered a new whole second; ts is that of the event which did. Precedes whatever
// that event brings. Nothing is coalesced across a tick.
#define SYSFLOW_TICK(F) SYSFLOW_RECORD_HEAD(F) F(u32, tsLo) F(u32, tsHi) F(u32, second) F(u32, pad)

// clone, exec, exit, setuid of a thread, or its process's new group; `op` tells which. ret: raw
// result, lower 32 bits. flags: kMainThread (the acting thread leads its group), kCloneThread
// (CLONE_THREAD was asked). uid: what setuid made of the effective id, or asked for in vain, as the
// host numbers it; -1 where it asked for none. text: the name of it, "<NA>" when unknown; of an exec
// that failed, the path it tried, empty when unknown.
#define SYSFLOW_PROCESS_OP(F)                                                           \
  SYSFLOW_RECORD_HEAD(F)                                                                \
  F(u32, tsLo) F(u32, tsHi) F(u32, process) F(i32, tid) F(u32, op) F(i32, ret) F(i32, uid) \
  F(u32, pad) F(Span, text)

// open, close, accept, connect, shutdown, mmap, setns on a descriptor; or that it ended without a
// call of its own (dup2 over it, close_range, its number's next use where its end was not seen).
// Then ret is 1 where other threads of the process still have theirs of that number. `type` is
// libsinsp's type character (f file, d directory, u Unix socket, p pipe, 4 and 6 IP socket).
// openFlags: PPM_O_* of kOpOpen; of kOpClose kCloseOwn where other threads have it still.
#define SYSFLOW_DESCRIPTOR_OP(F)                                                         \
  SYSFLOW_RECORD_HEAD(F)                                                                 \
  F(u32, tsLo) F(u32, tsHi) F(u32, process) F(i32, tid) F(u32, op) F(i32, ret) F(i32, fd) \
  F(u32, object) F(u32, type) F(u32, openFlags)

// Reads and writes of one thread on one descriptor, added up. The record stands where the first of
// them happened (ts); lastTs is the last one's. Failed calls count as operations.
#define SYSFLOW_IO(F)                                                                       \
  SYSFLOW_RECORD_HEAD(F)                                                                    \
  F(u32, tsLo) F(u32, tsHi) F(u32, process) F(i32, tid) F(i32, fd) F(u32, object) F(u32, type) \
  F(u32, readOps) F(u32, writeOps) F(u32, pad) F(u32, lastTsLo) F(u32, lastTsHi)             \
  F(f64, readBytes) F(f64, writeBytes)

// An operation on paths. object2 is the new name, or what a mount is seen at; 0 where there is none.
// args: as operations.h says, as text.
#define SYSFLOW_PATH_OP(F)                                                                 \
  SYSFLOW_RECORD_HEAD(F)                                                                   \
  F(u32, tsLo) F(u32, tsHi) F(u32, process) F(i32, tid) F(u32, op) F(i32, ret) F(u32, object) \
  F(u32, object2) F(u32, argCount) F(u32, pad) F(Span, args)

// kind, struct, field list. The kind numbers are stable.
#define SYSFLOW_RECORDS(R)                           \
  R(1, Process, SYSFLOW_PROCESS)                     \
  R(2, ProcessGone, SYSFLOW_PROCESS_GONE)            \
  R(3, Container, SYSFLOW_CONTAINER)                 \
  R(4, Path, SYSFLOW_PATH)                           \
  R(5, Socket, SYSFLOW_SOCKET)                       \
  R(6, ObjectReset, SYSFLOW_OBJECT_RESET)            \
  R(7, Tick, SYSFLOW_TICK)                           \
  R(8, ProcessOp, SYSFLOW_PROCESS_OP)                \
  R(9, DescriptorOp, SYSFLOW_DESCRIPTOR_OP)          \
  R(10, Io, SYSFLOW_IO)                              \
  R(11, PathOp, SYSFLOW_PATH_OP)                     \
  R(12, ProcessText, SYSFLOW_PROCESS_TEXT)

// name, value: everything else that both sides must agree on, but for operations (operations.h).
// kOpEnded is one without a call: see DescriptorOp.
#define SYSFLOW_CONSTANTS(C)                                                            \
  C(kBatchMagic, 0x53464231u) /* "1BFS" in memory, also tells the byte order */          \
  C(kProcessTty, 1u) C(kProcessEntry, 2u)                                               \
  C(kProcessArgsApart, 4u) C(kProcessEnvApart, 8u) C(kTextArgs, 1u) C(kTextEnv, 2u)      \
  C(kContainerKnown, 1u) C(kContainerPrivileged, 2u)                                    \
  C(kMainThread, 1u) C(kCloneThread, 2u)                                                \
  C(kOpEnded, 25u) C(kCloseOwn, 1u)

// clang-format on

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#define SYSFLOW_DECLARE_FIELD(type, name) type name;
struct BatchHeader {
  SYSFLOW_BATCH_HEADER(SYSFLOW_DECLARE_FIELD)
};
#define SYSFLOW_DECLARE_RECORD(number, name, FIELDS) \
  struct name##Record {                              \
    static constexpr u16 kKind = number;             \
    FIELDS(SYSFLOW_DECLARE_FIELD)                    \
  };
SYSFLOW_RECORDS(SYSFLOW_DECLARE_RECORD)
#undef SYSFLOW_DECLARE_RECORD
#undef SYSFLOW_DECLARE_FIELD
#pragma GCC diagnostic pop

#define SYSFLOW_DECLARE_CONSTANT(name, value) inline constexpr u32 name = value;
SYSFLOW_CONSTANTS(SYSFLOW_DECLARE_CONSTANT)
#undef SYSFLOW_DECLARE_CONSTANT

#define SYSFLOW_CHECK_RECORD(number, name, FIELDS)                                          \
  static_assert(sizeof(name##Record) % 8 == 0, #name " must keep its successor 8-aligned"); \
  static_assert(std::is_trivially_copyable_v<name##Record>);                                \
  static_assert(offsetof(name##Record, size) == 4, #name " must begin with the head");
SYSFLOW_RECORDS(SYSFLOW_CHECK_RECORD)
#undef SYSFLOW_CHECK_RECORD
static_assert(sizeof(BatchHeader) % 8 == 0);

// A record as the reader first meets it.
struct RecordHead {
  u16 kind;
  u16 flags;
  u32 size;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_LAYOUT_EVENT_LAYOUT_H_
