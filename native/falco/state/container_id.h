// Container ids from cgroup paths: the only source that needs no runtime's socket.
#ifndef SYSFLOW_NATIVE_FALCO_STATE_CONTAINER_ID_H_
#define SYSFLOW_NATIVE_FALCO_STATE_CONTAINER_ID_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sysflow {

struct ContainerGuess {
  // Of a 64-digit id the runtimes' short form, 12 hex digits; else the whole id or name that the
  // container has there. Empty on the host.
  std::string id;
  unsigned type = 0;   // libsinsp's sinsp_container_type, as far as the path tells
  unsigned depth = 0;  // how many cgroups lie around the one that names it
};

// Reads one cgroup path, such as /docker/<64 hex> or /kubepods.slice/…/cri-containerd-<64
// hex>.scope: the innermost component that names a container.
//
// Users and services may make cgroups in their own, of any name. There only 64 digits are an id, as
// runtimes without root have them, too; another name is one where the process has process numbers
// of its own, as it does in a container.
ContainerGuess ContainerFromCgroup(std::string_view path, bool has_own_pids);

// The innermost container that a thread's (subsystem, path) pairs name. A container in another one
// may have cgroups of its own in some hierarchies only, those that were given to whoever runs it.
ContainerGuess ContainerFromCgroups(const std::vector<std::pair<std::string, std::string>>& cgroups,
                                    bool has_own_pids);

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_FALCO_STATE_CONTAINER_ID_H_
