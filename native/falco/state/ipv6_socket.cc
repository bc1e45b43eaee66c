// See ipv6_socket.h.
#include "falco/state/ipv6_socket.h"

#include <utility>

namespace sysflow {
namespace {

// Of sinsp_fdinfo's flags, one that the library has no use for: the role is no guess any more.
constexpr uint32_t kSettled = 1u << 31;

void Exchange(sinsp_sockinfo& info) {
  auto& ends = info.m_ipv6info.m_fields;
  std::swap(ends.m_sip, ends.m_dip);
  std::swap(ends.m_sport, ends.m_dport);
}

void SetServer(sinsp_fdinfo& fd) {
  fd.m_flags &= ~static_cast<uint32_t>(sinsp_fdinfo::FLAGS_ROLE_CLIENT);
  fd.set_role_server();
}

}  // namespace

void SettleIpv6Socket(sinsp_fdinfo& fd, SocketUse use, const std::set<uint16_t>& server_ports) {
  const bool is_io = use == SocketUse::kRead || use == SocketUse::kWrite;
  if (fd.m_type == SCAP_FD_IPV6_SERVSOCK || (fd.m_flags & kSettled) != 0) {
    return;
  }
  const auto& ends = fd.m_sockinfo.m_ipv6info.m_fields;
  if ((fd.m_flags & sinsp_fdinfo::FLAGS_FROM_PROC) != 0 && fd.is_role_none()) {
    // /proc tells own address and peer's. The library has put the IPv4 ones in order itself.
    if (server_ports.contains(ends.m_sport)) {
      Exchange(fd.m_sockinfo);
      Exchange(fd.m_connected);
      SetServer(fd);
    } else {
      fd.set_role_client();
    }
    fd.m_flags |= kSettled;
    return;
  }
  const bool is_known = use == SocketUse::kConnect || (is_io && !fd.is_role_none());
  if (ends.m_l4proto != SCAP_L4_UDP || !is_known) {
    return;
  }
  fd.m_flags |= kSettled;
  if (use == SocketUse::kConnect) {
    fd.tell_ends();
  }
  // The library's own rule for IPv4: a server begins by reading, a client by writing.
  if (use == SocketUse::kRead && fd.is_role_client()) {
    Exchange(fd.m_sockinfo);
    SetServer(fd);
  }
}

void UnsettleIpv6Socket(sinsp_fdinfo& fd) {
  fd.m_flags &= ~kSettled;
  fd.tell_ends();
}

}  // namespace sysflow
