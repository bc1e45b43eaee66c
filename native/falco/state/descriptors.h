// Facts that libsinsp keeps of descriptors, by the names of this program. What each read and write
// asks is inline.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_DESCRIPTORS_H_
#define SYSFLOW_NATIVE_FALCO_STATE_DESCRIPTORS_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/io_slots.h"
#include "falco/state/ipv6_socket.h"
#include "tables/object_table.h"

namespace sysflow {

// What was done with a descriptor that was looked up, until it shows whether it is the one of then.
using DescriptorLookup = sinsp_fd_lookup;

// libscap's descriptor type as the type character of its name, 0 for kinds that make no flow.
// Server sockets share a character with connected ones in libsinsp; they are not among these.
inline char FlowType(const sinsp_fdinfo& fd_info) {
  switch (fd_info.m_type) {
    case SCAP_FD_FILE:
    case SCAP_FD_FILE_V2:
      return CHAR_FD_FILE;
    case SCAP_FD_DIRECTORY:
      return CHAR_FD_DIRECTORY;
    case SCAP_FD_FIFO:
      return CHAR_FD_FIFO;
    case SCAP_FD_UNIX_SOCK:
      return CHAR_FD_UNIX_SOCK;
    case SCAP_FD_IPV4_SOCK:
      return CHAR_FD_IPV4_SOCK;
    case SCAP_FD_IPV6_SOCK:
      return CHAR_FD_IPV6_SOCK;
    default:
      return 0;
  }
}

// `type` as FlowType() says.
inline DescriptorIdentity IdentityOf(const sinsp_fdinfo& fd_info, char type) {
  DescriptorIdentity identity{&fd_info, {0, 0}};
  if (type == CHAR_FD_IPV4_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv4info.m_fields;
    identity.ends[0] = (static_cast<uint64_t>(ends.m_sip) << 32) | ends.m_dip;
    identity.ends[1] = (static_cast<uint64_t>(ends.m_sport) << 32) |
                       (static_cast<uint64_t>(ends.m_dport) << 8) | ends.m_l4proto;
  } else if (type == CHAR_FD_IPV6_SOCK) {
    const auto* bytes = reinterpret_cast<const char*>(fd_info.m_sockinfo.m_ipv6info.m_all);
    identity.ends[0] =
        std::hash<std::string_view>{}({bytes, sizeof(fd_info.m_sockinfo.m_ipv6info.m_all)});
  } else if (type == CHAR_FD_UNIX_SOCK) {
    // Datagram sockets are renamed after each peer.
    identity.ends[0] = std::hash<std::string>{}(fd_info.m_name);
  }
  return identity;
}

// An internet socket that has not been used yet. What closes it, shuts it down or fails on it makes
// no flow.
inline bool HasNoEnds(const sinsp_fdinfo& fd_info, char type) {
  if (type == CHAR_FD_IPV4_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv4info.m_fields;
    return ends.m_sip == 0 && ends.m_dip == 0 && ends.m_sport == 0 && ends.m_dport == 0;
  }
  if (type == CHAR_FD_IPV6_SOCK) {
    const auto& ends = fd_info.m_sockinfo.m_ipv6info.m_fields;
    return ends.m_sip == ipv6addr::empty_address && ends.m_dip == ipv6addr::empty_address &&
           ends.m_sport == 0 && ends.m_dport == 0;
  }
  return false;
}

// Whether all operations on it are with the same peer, whatever their calls say.
inline bool HasOnePeer(const sinsp_fdinfo& fd_info) {
  const bool is_ip = fd_info.is_ipv4_socket() || fd_info.is_ipv6_socket();
  return !is_ip || fd_info.is_socket_connected();  // of what /proc told: a TCP socket
}

inline bool IsTcp(const sinsp_fdinfo& fd_info) { return fd_info.get_l4proto() == SCAP_L4_TCP; }

// Whether connect or accept has given it one.
inline bool HasPeer(const sinsp_fdinfo& fd_info) {
  return fd_info.m_connected_type != SCAP_FD_UNINITIALIZED;
}

// Whether it is still of the kind that it had when it got its peer. An address of another family
// makes another socket of it.
inline bool IsAsConnected(const sinsp_fdinfo& fd_info) {
  return fd_info.m_type == fd_info.m_connected_type;
}

// The path, or what libsinsp calls a pipe or Unix socket; empty where it has no name.
inline const std::string& NameOf(const sinsp_fdinfo& fd_info) { return fd_info.m_name; }

// PPM_O_*.
inline uint32_t OpenFlagsOf(const sinsp_fdinfo& fd_info) { return fd_info.m_openflags; }

// The number of the descriptor that the thread's newest event was on.
inline int64_t UsedDescriptor(const sinsp_threadinfo& thread) { return thread.m_lastevent_fd; }

// Null where it is not known; the second looks it up, where that is allowed.
inline sinsp_fdinfo* FindDescriptor(sinsp_threadinfo& thread, int64_t fd) {
  return thread.get_fd(fd);
}
inline sinsp_fdinfo* FindOrLookUpDescriptor(sinsp_threadinfo& thread, int64_t fd, uint64_t ts) {
  return thread.get_or_look_up_fd(fd, ts);
}

// The look-up of it that is not settled yet, where there is something to be held; else null.
inline DescriptorLookup* FindLookup(sinsp_threadinfo& thread, int64_t fd) {
  sinsp_fdtable* descriptors = thread.get_fd_table();
  DescriptorLookup* lookup = descriptors == nullptr ? nullptr : descriptors->find_lookup(fd);
  return lookup == nullptr || lookup->info == nullptr || !HasOnePeer(*lookup->info) ? nullptr
                                                                                    : lookup;
}

// Takes over the ends that another descriptor of the same socket was given.
inline void FollowEnds(sinsp_fdinfo& fd_info) { fd_info.follow_ends(); }
// A datagram went elsewhere; what tells no address goes to the socket's own peer.
inline void ReturnToPeer(sinsp_fdinfo& fd_info) { fd_info.return_to_peer(); }

// Whether other threads of the process have this number still when the thread closes its own.
inline bool HasOwnDescriptors(sinsp_threadinfo& thread) { return thread.has_own_descriptors(); }

// The processes that have the same table of descriptors (CLONE_FILES); mostly empty.
inline const std::vector<int64_t>& SharersOf(const sinsp_threadinfo& thread) {
  static const std::vector<int64_t> none;
  const sinsp_fdtable* descriptors = thread.get_fd_table();
  return descriptors == nullptr ? none : descriptors->m_sharers;
}

inline bool HaveOneTable(const sinsp_threadinfo& one, const sinsp_threadinfo& other) {
  return one.get_fd_table() == other.get_fd_table();
}

// The ends of an internet socket; nothing of another descriptor.
std::optional<SocketFacts> SocketOf(const sinsp_fdinfo& fd_info);

// What /proc names a pipe or Unix socket by that has no name. Of one whose inode is not known, a
// number tells it from others; without even that (old captures) it is empty.
std::string UnnamedText(const sinsp_fdinfo& fd_info);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_DESCRIPTORS_H_
