// What a call on a descriptor says of it beyond its result, and what libsinsp has to be told where
// a connect has failed.
#ifndef SYSFLOW_NATIVE_FALCO_EVENTS_DESCRIPTOR_CALL_H_
#define SYSFLOW_NATIVE_FALCO_EVENTS_DESCRIPTOR_CALL_H_

#include <libsinsp/sinsp.h>

#include <cstdint>
#include <optional>

#include "falco/events/message_flags.h"

namespace sysflow {

// Whether the event has more parameters than its type declares: a send or receive may then do
// something else, too, or instead.
inline bool IsMarkedMessage(sinsp_evt& event) {
  return event.get_scap_evt()->nparams > event.get_info()->nparams;
}

// As MessageFlags() says.
inline uint32_t MessageFlagsOf(sinsp_evt& event) {
  return MessageFlags(*event.get_scap_evt(), event.get_info()->nparams);
}

// Whether connect has taken the peer of an internet socket away (AF_UNSPEC): it has succeeded, and
// the library has none.
bool IsDisconnect(sinsp_evt& connect, const sinsp_fdinfo& fd_info);

// Whether this connect has failed on a socket that had a peer (native/patches, 0040).
bool HasPeerFromBefore(sinsp_evt& connect);
void PutPeerBack(sinsp_fdinfo& fd_info);

// A connect that fails leaves a Unix socket the name that it had.
void PutNameBack(sinsp_evt& connect);

// Such a mapping may name any descriptor: the kernel does not look at it.
bool IsAnonymousMap(sinsp_evt& mmap);

// The descriptor that a sendfile, splice or copy_file_range writes, where its end tells it; else
// `entered`, which its begin told.
int64_t WrittenDescriptor(sinsp_evt& transfer, int64_t entered);

// The descriptor that parameter `index` tells, where the event has so many.
std::optional<int64_t> DescriptorParam(sinsp_evt& event, uint32_t index);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_EVENTS_DESCRIPTOR_CALL_H_
