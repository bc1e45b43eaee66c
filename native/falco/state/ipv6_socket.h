// What libsinsp does for IPv4 sockets and leaves undone for IPv6 ones: which of the two ends
// initiated and is the source. It compares ports where those of an IPv4 tuple lie, and so takes a
// UDP server for a client.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_IPV6_SOCKET_H_
#define SYSFLOW_NATIVE_FALCO_STATE_IPV6_SOCKET_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <set>

namespace sysflow {

enum class SocketUse : uint8_t { kRead, kWrite, kConnect, kOther };

inline bool IsIpv6Socket(const sinsp_fdinfo& fd) {
  return fd.m_type == SCAP_FD_IPV6_SOCK || fd.m_type == SCAP_FD_IPV6_SERVSOCK;
}

// Puts an IPv6 socket's type, ends and role right, after the library has taken a call on it that
// did not fail. `server_ports`: those on which something listened when capturing began.
void SettleIpv6Socket(sinsp_fdinfo& fd, SocketUse use, const std::set<uint16_t>& server_ports);

// It is connected to nobody any more: whoever comes next settles its role.
void UnsettleIpv6Socket(sinsp_fdinfo& fd);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_IPV6_SOCKET_H_
