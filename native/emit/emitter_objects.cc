// What stands for paths and sockets in a batch: see emitter.h. A handle is defined before its first
// use; when the table is full all of them become void.
#include <libsinsp/bounded_path.h>

#include <bit>
#include <cstring>

#include "emit/emitter.h"

namespace sysflow {
namespace {

// The number that the socket was made with, and else what libsinsp has a name for.
int32_t IpProtocol(const sinsp_fdinfo& fd_info, uint8_t l4proto) {
  if (fd_info.m_protocol != 0) {
    return fd_info.m_protocol;
  }
  switch (l4proto) {
    case SCAP_L4_TCP:
      return 6;
    case SCAP_L4_UDP:
      return 17;
    case SCAP_L4_ICMP:
      return 1;
    case SCAP_L4_RAW:
      return 254;
    default:
      return -1;
  }
}

// Four bytes in network order as the integer that a little-endian machine would load.
u32 LittleEndian(uint32_t network_order) {
  if constexpr (std::endian::native == std::endian::big) {
    return __builtin_bswap32(network_order);
  }
  return network_order;
}

// What /proc names a pipe or Unix socket by that has no name. Of one whose inode is not known, a
// number tells it from others; without even that (old captures) it is empty.
std::string UnnamedText(const sinsp_fdinfo& fd_info) {
  const std::string kind = fd_info.m_type == SCAP_FD_FIFO        ? "pipe:["
                           : fd_info.m_type == SCAP_FD_UNIX_SOCK ? "socket:["
                                                                 : "";
  if (kind.empty() || (fd_info.m_ino == 0 && fd_info.m_unnamed == 0)) {
    return "";
  }
  return fd_info.m_ino != 0 ? kind + std::to_string(fd_info.m_ino) + "]"
                            : kind + "?" + std::to_string(fd_info.m_unnamed) + "]";
}

}  // namespace

u32 Emitter::ObjectFor(const sinsp_fdinfo& fd_info) {
  MakeObjectRoom();
  if (fd_info.m_type == SCAP_FD_IPV4_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv4info.m_fields;
    const uint8_t l4proto = ends.m_l4proto;
    // A raw socket has no ports: the kernel keeps its protocol there.
    const bool has_ports = l4proto != SCAP_L4_RAW;
    return SocketObject({4,
                         IpProtocol(fd_info, l4proto),
                         has_ports ? ends.m_sport : u32{0},
                         has_ports ? ends.m_dport : u32{0},
                         {LittleEndian(ends.m_sip)},
                         {LittleEndian(ends.m_dip)}});
  }
  if (fd_info.m_type == SCAP_FD_IPV6_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv6info.m_fields;
    const bool has_ports = ends.m_l4proto != SCAP_L4_RAW;
    SocketFacts facts{6,
                      IpProtocol(fd_info, ends.m_l4proto),
                      has_ports ? ends.m_sport : u32{0},
                      has_ports ? ends.m_dport : u32{0},
                      {},
                      {}};
    for (size_t i = 0; i < facts.sip.size(); i++) {
      facts.sip[i] = LittleEndian(ends.m_sip.m_b[i]);
      facts.dip[i] = LittleEndian(ends.m_dip.m_b[i]);
    }
    return SocketObject(facts);
  }
  if (fd_info.m_name.empty()) {
    return PathObject(UnnamedText(fd_info));
  }
  return PathObject(fd_info.m_name);
}

u32 Emitter::PathObject(std::string_view path) {
  const ObjectTable::Result result = objects_.Intern(path);
  if (result.added) {
    CountCut(path);
    auto* record = Append<PathRecord>();
    record->object = result.handle;
    record->path = AppendName(record, path);
  }
  return result.handle;
}

void Emitter::CountCut(std::string_view path) {
  if (is_cut(path)) [[unlikely]] {
    stats_.paths_cut.fetch_add(1, std::memory_order_relaxed);
  }
}

u32 Emitter::SocketObject(const SocketFacts& facts) {
  char key[1 + sizeof(SocketFacts)] = {0};
  std::memcpy(key + 1, &facts, sizeof(facts));
  const ObjectTable::Result result = objects_.Intern({key, sizeof(key)});
  if (result.added) {
    auto* record = Append<SocketRecord>();
    record->object = result.handle;
    record->family = facts.family;
    record->proto = facts.proto;
    record->sport = facts.sport;
    record->dport = facts.dport;
    record->sip0 = facts.sip[0];
    record->sip1 = facts.sip[1];
    record->sip2 = facts.sip[2];
    record->sip3 = facts.sip[3];
    record->dip0 = facts.dip[0];
    record->dip1 = facts.dip[1];
    record->dip2 = facts.dip[2];
    record->dip3 = facts.dip[3];
  }
  return result.handle;
}

// Once for each record, before its objects: all of them are still valid when it is written.
void Emitter::MakeObjectRoom() {
  if (objects_.full()) {
    Append<ObjectResetRecord>();
    objects_.Clear();
    slots_.Clear();
    stats_.object_resets.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace sysflow
