// Flags of a send or a receive, where its event tells them: as one more parameter at the end,
// beyond those that its type declares (native/patches/0022). The probe does so only for calls that
// do something else than send or receive, so an ordinary operation costs one comparison here.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_MESSAGE_FLAGS_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_MESSAGE_FLAGS_H_

#include <libsinsp/sinsp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace sysflow {

// Linux's number; the C library does not name it.
inline constexpr uint32_t kMessageProbe = 0x10;

// 0 where the event tells none. Events of later libraries have more parameters, too: another number
// of them, or a last one of another length.
inline uint32_t MessageFlags(const scap_evt& event, uint32_t declared) {
  const bool is_plain_send =
      event.type == PPME_SOCKET_SENDTO_X || event.type == PPME_SOCKET_SENDMSG_X;
  if (event.nparams != declared + (is_plain_send ? 2 : 1)) {
    return 0;
  }
  const char* lengths = reinterpret_cast<const char*>(&event + 1);
  uint64_t at = sizeof(scap_evt) + event.nparams * sizeof(uint16_t);
  uint16_t length = 0;
  for (uint32_t i = 0; i < event.nparams; i++) {
    at += length;
    std::memcpy(&length, lengths + i * sizeof(length), sizeof(length));
  }
  uint32_t flags = 0;
  if (length != sizeof(flags) || at + length > event.len) {
    return 0;
  }
  std::memcpy(&flags, reinterpret_cast<const char*>(&event) + at, sizeof(flags));
  return flags;
}

// A look at what is there, or at what went wrong: nothing is received, and nothing sent.
inline bool MovesNothing(uint32_t flags, bool is_write) {
  const auto nothing = static_cast<uint32_t>(MSG_PEEK | MSG_ERRQUEUE);
  return (flags & (is_write ? kMessageProbe : nothing)) != 0;
}

// TCP fast open: the first data goes with the connection's first packet. It may fail as a connect
// does, unless the socket has a peer: then nothing was tried.
inline bool Connects(uint32_t flags, int64_t result, bool has_peer) {
  return (flags & MSG_FASTOPEN) != 0 && (result >= 0 || result == -EINPROGRESS || !has_peer);
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_MESSAGE_FLAGS_H_
