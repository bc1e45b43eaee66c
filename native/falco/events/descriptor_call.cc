// See descriptor_call.h.
#include "falco/events/descriptor_call.h"

#include <cerrno>

#include "falco/events/event.h"
#include "falco/state/descriptors.h"

namespace sysflow {
namespace {

bool HasFailed(sinsp_evt& connect) {
  const int64_t result = ResultOf(connect);
  return result < 0 && result != -EINPROGRESS;
}

}  // namespace

bool IsDisconnect(sinsp_evt& connect, const sinsp_fdinfo& fd_info) {
  const sinsp_evt_param* tuple = FindParam(connect, "tuple");
  const bool is_ip = fd_info.m_type == SCAP_FD_IPV4_SOCK || fd_info.m_type == SCAP_FD_IPV6_SOCK;
  return is_ip && !HasPeer(fd_info) && tuple != nullptr && tuple->m_len != 0 &&
         ResultOf(connect) == 0;
}

bool HasPeerFromBefore(sinsp_evt& connect) {
  const sinsp_fdinfo* fd_info = DescriptorOf(connect);
  return fd_info != nullptr && HasPeer(*fd_info) && HasFailed(connect);
}

void PutPeerBack(sinsp_fdinfo& fd_info) {
  fd_info.m_sockinfo = fd_info.m_connected;
  fd_info.m_type = fd_info.m_connected_type;
  fd_info.m_is_elsewhere = false;
}

void PutNameBack(sinsp_evt& connect) {
  sinsp_fdinfo* fd_info = DescriptorOf(connect);
  if (fd_info != nullptr && fd_info->is_unix_socket() && !fd_info->m_unix_name.empty() &&
      HasFailed(connect)) {
    fd_info->m_name = fd_info->m_unix_name;
  }
}

bool IsAnonymousMap(sinsp_evt& mmap) {
  const sinsp_evt_param* flags = FindParam(mmap, "flags");
  return flags != nullptr && (flags->as<uint32_t>() & PPM_MAP_ANONYMOUS) != 0;
}

int64_t WrittenDescriptor(sinsp_evt& transfer, int64_t entered) {
  const sinsp_evt_param* param = FindParam(transfer, "fdout");
  return param == nullptr ? entered : param->as<int64_t>();
}

std::optional<int64_t> DescriptorParam(sinsp_evt& event, uint32_t index) {
  if (event.get_num_params() <= index) {
    return std::nullopt;
  }
  return event.get_param(index)->as<int64_t>();
}

}  // namespace sysflow
