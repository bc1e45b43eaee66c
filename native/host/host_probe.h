// Facts about this host that only system calls tell, for `sysflow check`. Nothing is loaded.
#ifndef SYSFLOW_NATIVE_HOST_HOST_PROBE_H_
#define SYSFLOW_NATIVE_HOST_HOST_PROBE_H_

#include <cstdint>
#include <string>

namespace sysflow {

struct HostFacts {
  int online_cpus = 0;
  uint64_t page_bytes = 0;
  uint64_t memory_bytes = 0;       // physical memory, the upper bound for ring buffers
  uint64_t memlock_bytes = 0;      // soft RLIMIT_MEMLOCK, all ones when unlimited
  int bpf_errno = 0;               // of a smallest bpf(2) call: 0 when allowed
  int ring_buffer_errno = 0;       // of creating a BPF ring buffer of one page
  int tracing_program_errno = 0;   // of loading a trivial raw tracepoint program
  bool programs_compiled = false;  // whether the kernel made machine code of it
  int kmod_errno = 0;              // of opening /dev/scap0; ENOENT when the module is not loaded
};

HostFacts ProbeHost();

// True where the kernel takes a trivial program and leaves it to its interpreter, whose stack is
// too small for the probe: s390x panics. False also where no program can be tried.
bool AreProgramsInterpreted();

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_HOST_PROBE_H_
