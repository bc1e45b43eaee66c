// See host_probe.h. The bpf(2) calls are made directly: libbpf's own probes print and cache.
#include "host_probe.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sysflow {
namespace {

// The errno of one bpf(2) call, 0 when it succeeds; what it makes is closed at once.
int TryBpf(bpf_cmd command, bpf_attr& attr) {
  const long fd = syscall(__NR_bpf, command, &attr, sizeof(attr));
  if (fd < 0) {
    return errno;
  }
  close(static_cast<int>(fd));
  return 0;
}

int TryMap(bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes, uint32_t entries) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof(attr));
  attr.map_type = type;
  attr.key_size = key_bytes;
  attr.value_size = value_bytes;
  attr.max_entries = entries;
  return TryBpf(BPF_MAP_CREATE, attr);
}

int TryTracingProgram() {
  // r0 = 0; exit
  const std::array<bpf_insn, 2> program = {{
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
      {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
  }};
  const char license[] = "GPL";
  bpf_attr attr;
  std::memset(&attr, 0, sizeof(attr));
  attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attr.insn_cnt = program.size();
  attr.insns = reinterpret_cast<uintptr_t>(program.data());
  attr.license = reinterpret_cast<uintptr_t>(license);
  return TryBpf(BPF_PROG_LOAD, attr);
}

int TryOpen(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno;
  }
  close(fd);
  return 0;
}

}  // namespace

HostFacts ProbeHost() {
  HostFacts facts;
  facts.online_cpus = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  facts.page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  facts.memory_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * facts.page_bytes;
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  facts.memlock_bytes = limit.rlim_cur;
  facts.bpf_errno = TryMap(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
  facts.ring_buffer_errno =
      TryMap(BPF_MAP_TYPE_RINGBUF, 0, 0, static_cast<uint32_t>(facts.page_bytes));
  facts.tracing_program_errno = TryTracingProgram();
  facts.kmod_errno = TryOpen("/dev/scap0");
  return facts;
}

}  // namespace sysflow
