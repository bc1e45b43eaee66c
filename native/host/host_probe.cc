// See host_probe.h. The bpf(2) calls are made directly: libbpf's own probes print and cache.
#include "host/host_probe.h"

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

long Bpf(bpf_cmd command, bpf_attr& attr) {
  return syscall(__NR_bpf, command, &attr, sizeof(attr));
}

// The errno of one bpf(2) call, 0 when it succeeds; what it makes is closed at once.
int TryBpf(bpf_cmd command, bpf_attr& attr) {
  const long fd = Bpf(command, attr);
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

struct ProgramTrial {
  int error_number = 0;
  bool compiled = false;
};

// The kernel tells the length of the machine code that it made, 0 where it made none. A file of
// /proc/sys/net tells it too, but not in a network namespace of one's own.
bool IsCompiled(long fd) {
  bpf_prog_info info;
  std::memset(&info, 0, sizeof(info));
  bpf_attr attr;
  std::memset(&attr, 0, sizeof(attr));
  attr.info.bpf_fd = static_cast<uint32_t>(fd);
  attr.info.info_len = sizeof(info);
  attr.info.info = reinterpret_cast<uintptr_t>(&info);
  return Bpf(BPF_OBJ_GET_INFO_BY_FD, attr) == 0 && info.jited_prog_len > 0;
}

ProgramTrial TryTracingProgram() {
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
  const long fd = Bpf(BPF_PROG_LOAD, attr);
  if (fd < 0) {
    return {.error_number = errno};
  }
  const ProgramTrial trial = {.compiled = IsCompiled(fd)};
  close(static_cast<int>(fd));
  return trial;
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
  const ProgramTrial trial = TryTracingProgram();
  facts.tracing_program_errno = trial.error_number;
  facts.programs_compiled = trial.compiled;
  facts.kmod_errno = TryOpen("/dev/scap0");
  return facts;
}

bool AreProgramsInterpreted() {
  const ProgramTrial trial = TryTracingProgram();
  return trial.error_number == 0 && !trial.compiled;
}

}  // namespace sysflow
