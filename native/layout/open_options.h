// What a capture is told, each thing once, but for lists and what only tests give. From these rows
// come the members of the structs, their reading from JavaScript, and by `npm run generate`
// TypeScript's type (src/capture/open-options.gen.ts).

#ifndef SYSFLOW_NATIVE_LAYOUT_OPEN_OPTIONS_H_
#define SYSFLOW_NATIVE_LAYOUT_OPEN_OPTIONS_H_

#include <cstdint>
#include <string>

// clang-format off

// type, member, its value where it is absent, what it is. In JavaScript `drop_mode` is `dropMode`.

#define SYSFLOW_ENGINE_OPTIONS(O)                                                                 \
  O(std::string, path, "", "savefile: the capture to read.")                                      \
  O(bool, all_syscalls, false, "Live: every system call, in place of `syscalls`.")                \
  O(std::string, filter, "", "In Falco's filter language; empty for none.")                       \
  O(uint64_t, buffer_bytes, 0, "Live: bytes of each ring buffer; 0 for the library's 8 MiB.")     \
  O(uint32_t, cpus_per_buffer, 1, "Modern eBPF: CPUs that share one ring buffer; 0 for all.")     \
  O(bool, drop_mode, false, "Live: the kernel side leaves out calls that never make a record.")   \
  O(uint32_t, sampling_ratio, 1, "N: of most calls only those in the first 1/N of each second.")  \
  O(bool, library_log, false, "libsinsp's own log, on standard error.")

#define SYSFLOW_CAPTURE_OPTIONS(O)                                                                \
  O(std::string, record_path, "", "Live: also write a .scap capture here; empty for none.")       \
  O(bool, record_compressed, false, "And compress it (gzip).")                                    \
  O(std::string, host_root, "", "Where the host's files are, which HOST_ROOT must have said.")

// clang-format on

// Inside a struct: the members.
#define SYSFLOW_OPTION_MEMBER(type, member, initial, about) type member = initial;

#endif  // SYSFLOW_NATIVE_LAYOUT_OPEN_OPTIONS_H_
