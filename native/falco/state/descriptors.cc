// See descriptors.h.
#include "falco/state/descriptors.h"

#include <bit>

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
uint32_t LittleEndian(uint32_t network_order) {
  if constexpr (std::endian::native == std::endian::big) {
    return __builtin_bswap32(network_order);
  }
  return network_order;
}

}  // namespace

std::optional<SocketFacts> SocketOf(const sinsp_fdinfo& fd_info) {
  if (fd_info.m_type == SCAP_FD_IPV4_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv4info.m_fields;
    const uint8_t l4proto = ends.m_l4proto;
    // A raw socket has no ports: the kernel keeps its protocol there.
    const bool has_ports = l4proto != SCAP_L4_RAW;
    return SocketFacts{4,
                       IpProtocol(fd_info, l4proto),
                       has_ports ? ends.m_sport : uint32_t{0},
                       has_ports ? ends.m_dport : uint32_t{0},
                       {LittleEndian(ends.m_sip)},
                       {LittleEndian(ends.m_dip)}};
  }
  if (fd_info.m_type != SCAP_FD_IPV6_SOCK) {
    return std::nullopt;
  }
  const auto& ends = fd_info.m_sockinfo.m_ipv6info.m_fields;
  const bool has_ports = ends.m_l4proto != SCAP_L4_RAW;
  SocketFacts facts{6,
                    IpProtocol(fd_info, ends.m_l4proto),
                    has_ports ? ends.m_sport : uint32_t{0},
                    has_ports ? ends.m_dport : uint32_t{0},
                    {},
                    {}};
  for (size_t i = 0; i < facts.sip.size(); i++) {
    facts.sip[i] = LittleEndian(ends.m_sip.m_b[i]);
    facts.dip[i] = LittleEndian(ends.m_dip.m_b[i]);
  }
  return facts;
}

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

}  // namespace sysflow
