// The operations: what a process does that crosses to TypeScript, each thing once. From this list
// come their numbers and names in native code, which part of the emitter takes them, and by
// `npm run generate` the bits of a record's opFlags (src/sysflow/op-flags.gen.ts), NATIVE_… of a
// batch, the table of system calls (src/driver/operations.gen.ts) and README's words for them.
// Which events of libscap are which operation is said by falco/events/event_actions.cc.

#ifndef SYSFLOW_NATIVE_LAYOUT_OPERATIONS_H_
#define SYSFLOW_NATIVE_LAYOUT_OPERATIONS_H_

#include <cstdint>

namespace sysflow {

// clang-format off

// handler, the kind of batch record that it makes: the ways in which the emitter takes an operation.
#define SYSFLOW_HANDLERS(H)                                                                       \
  H(Clone, ProcessOp) H(Exec, ProcessOp) H(Exit, ProcessOp) H(Setuid, ProcessOp)                  \
  H(Setgid, ProcessOp)                                                                            \
  H(Descriptor, DescriptorOp) H(Connect, DescriptorOp)                                            \
  H(Mmap, DescriptorOp) /* on its enter event: the result is unknown then */                      \
  H(Io, Io)             /* added up */                                                            \
  H(Transfer, Io)       /* the same for two: reads one descriptor, writes the other */            \
  H(Paths, PathOp)      /* paths and nothing else */                                              \
  H(Attributes, PathOp) /* of a path, or of a descriptor, whose path it then is */                \
  H(Mount, PathOp)      /* a path; the call's begin tells flags */                                \
  H(Resize, PathOp)     /* generic events that IsResize() knows */

#define SYSFLOW_FLOWS "FileFlow NetworkFlow"
#define SYSFLOW_NO_DESCRIPTOR "no record: there is no descriptor"
#define SYSFLOW_NO_RESULT "the same: a flow has no result"
#define SYSFLOW_WITH_RESULT "the same, with the result"

// O: name, number in a batch (stable; 0: none of its own), handler, the names of its bits in opFlags,
// their sum, the kinds of SysFlow records that have it, what a call that fails leaves. The table of
// system calls is in this order.
//
// P: those on paths, each a FileEvent with the result and a bit of its own: name, number, handler,
// bit's name, bit, the least schema that has it, what people call it, what is said of its files, its
// arguments as text. Files: "folder" (one, a folder), "made" (one; also where it is removed:
// upstream's choice, and on the wire), "there" (one from before), "there made" (two, the second one
// new), "there there". In [brackets]: missing where it is not known.
#define SYSFLOW_OPERATIONS(O, P)                                                                  \
  O(Clone, 1, Clone, "CLONE", 0x1, "ProcessEvent ProcessFlow",                                    \
    SYSFLOW_WITH_RESULT "; counted in the ProcessFlow where those are on")                        \
  O(Exec, 2, Exec, "EXEC", 0x2, "ProcessEvent", SYSFLOW_WITH_RESULT)                              \
  O(Exit, 3, Exit, "EXIT", 0x4, "ProcessEvent ProcessFlow", "cannot fail")                        \
  O(Setuid, 4, Setuid, "SETUID", 0x8, "ProcessEvent", SYSFLOW_WITH_RESULT)                        \
  O(Setgid, 24, Setgid, "", 0, "", "") /* the Process is sent again */                            \
  O(Open, 5, Descriptor, "OPEN", 0x80, "FileFlow", SYSFLOW_NO_DESCRIPTOR)                         \
  O(Close, 6, Descriptor, "CLOSE", 0x400, SYSFLOW_FLOWS, SYSFLOW_NO_DESCRIPTOR)                   \
  O(Read, 0, Io, "READ_RECV", 0x100, SYSFLOW_FLOWS, "one more operation, no bytes")               \
  O(Write, 0, Io, "WRITE_SEND", 0x200, SYSFLOW_FLOWS, "one more operation, no bytes")             \
  O(Transfer, 0, Transfer, "READ_RECV WRITE_SEND", 0x300, SYSFLOW_FLOWS,                          \
    "one more operation each way, no bytes")                                                      \
  O(Mmap, 10, Mmap, "MMAP", 0x2000, "FileFlow", "the same: seen at its start")                    \
  O(Setns, 11, Descriptor, "SETNS", 0x10, "FileFlow", SYSFLOW_NO_RESULT)                          \
  O(Accept, 7, Descriptor, "ACCEPT", 0x20, SYSFLOW_FLOWS, SYSFLOW_NO_DESCRIPTOR)                  \
  O(Connect, 8, Connect, "CONNECT", 0x40, SYSFLOW_FLOWS, SYSFLOW_NO_RESULT)                       \
  O(Shutdown, 9, Descriptor, "SHUTDOWN", 0x1000, SYSFLOW_FLOWS, SYSFLOW_NO_RESULT)                \
  P(Mkdir, 12, Paths, "MKDIR", 0x8000, 5, "mkdir", "folder", "")                                  \
  P(Rmdir, 13, Paths, "RMDIR", 0x10000, 5, "rmdir", "folder", "")                                 \
  P(Link, 14, Paths, "LINK", 0x20000, 5, "link", "there made", "")                                \
  P(Unlink, 15, Paths, "UNLINK", 0x40000, 5, "unlink", "made", "")                                \
  P(Symlink, 16, Paths, "SYMLINK", 0x80000, 5, "symlink", "there made", "")                       \
  P(Rename, 17, Paths, "RENAME", 0x100000, 5, "rename", "there made", "")                         \
  P(Chmod, 18, Attributes, "CHMOD", 0x200000, 6, "chmod", "there", "mode (octal)")                \
  P(Chown, 19, Attributes, "CHOWN", 0x400000, 6, "chown", "there", "user, group (-1 keeps)")      \
  P(Mount, 20, Mount, "MOUNT", 0x800000, 6, "mount", "there there", "type, [flags (hexadecimal)]") \
  P(Umount, 21, Mount, "UMOUNT", 0x1000000, 6, "umount", "there", "[flags (hexadecimal)]")        \
  P(Mknod, 22, Attributes, "MKNOD", 0x2000000, 6, "mknod", "made", "mode (octal), major:minor")   \
  P(Resize, 23, Resize, "RESIZE", 0x4000000, 6, "truncate", "there", "bytes")

// Bits of opFlags that no operation above has: name, bit, kinds of records, what it is.
#define SYSFLOW_OTHER_FLAGS(F)                                                                    \
  F("TRUNCATE", 0x800, "ProcessFlow FileFlow NetworkFlow",                                        \
    "Surprising: a flow that did not end by its own close. No truncate(2), which is RESIZE.")     \
  F("DIGEST", 0x4000, "", "In upstream's table; nothing sets it.")

// clang-format on

// `kOpChmod`: what a batch has for it. Those without a number of their own are 0.
#define SYSFLOW_OPERATION_NUMBER(name, number, ...) inline constexpr uint32_t kOp##name = number;
SYSFLOW_OPERATIONS(SYSFLOW_OPERATION_NUMBER, SYSFLOW_OPERATION_NUMBER)
#undef SYSFLOW_OPERATION_NUMBER

#define SYSFLOW_HANDLER_NAME(handler, record) k##handler,
enum class Handler : uint8_t { SYSFLOW_HANDLERS(SYSFLOW_HANDLER_NAME) kNone };
#undef SYSFLOW_HANDLER_NAME

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_LAYOUT_OPERATIONS_H_
