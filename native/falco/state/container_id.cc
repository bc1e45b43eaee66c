// See container_id.h. Most runtimes name the cgroup after the container's 64-digit id, bare or
// between a prefix of their own and ".scope". Others have ids of another form, which only a name
// around them marks as such: systemd's slices, services, sessions and scopes are no containers.
#include "falco/state/container_id.h"

#include <algorithm>
#include <cctype>

namespace sysflow {
namespace {

constexpr size_t kFullIdDigits = 64;
constexpr size_t kShortIdDigits = 12;
constexpr size_t kTaskIdDigits = 32;

// Numbers are libsinsp's (container_engine/sinsp_container_type.h).
constexpr unsigned kDocker = 0;
constexpr unsigned kLxc = 1;
constexpr unsigned kLibvirtLxc = 2;
constexpr unsigned kMesos = 3;
constexpr unsigned kRkt = 4;
constexpr unsigned kCustom = 5;
constexpr unsigned kCri = 6;
constexpr unsigned kContainerd = 7;
constexpr unsigned kCrio = 8;
constexpr unsigned kBpm = 9;
constexpr unsigned kPodman = 11;

bool IsHexDigit(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What stands between the two, where something does.
std::string_view Between(std::string_view name, std::string_view prefix, std::string_view suffix) {
  const bool fits = name.size() > prefix.size() + suffix.size() && name.starts_with(prefix) &&
                    name.ends_with(suffix);
  return fits ? name.substr(prefix.size(), name.size() - prefix.size() - suffix.size())
              : std::string_view{};
}

// Units of systemd, which it also makes inside of containers.
bool IsUnit(std::string_view name) {
  constexpr std::string_view kSuffixes[] = {".slice",  ".scope", ".service", ".mount",
                                            ".socket", ".swap",  ".device",  ".automount"};
  return std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                     [name](std::string_view suffix) { return name.ends_with(suffix); });
}

// systemd writes what a unit's name may not hold as \xNN, a dash above all.
std::string Unescape(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const bool is_escape =
        name.size() >= 4 && name.starts_with("\\x") && IsHexDigit(name[2]) && IsHexDigit(name[3]);
    text += is_escape ? static_cast<char>(std::stoi(std::string(name.substr(2, 2)), nullptr, 16))
                      : name.front();
    name.remove_prefix(is_escape ? 4 : 1);
  }
  return text;
}

// The 64 hex digits that end `name`, or nothing.
std::string_view FullId(std::string_view name) {
  if (name.size() < kFullIdDigits) {
    return {};
  }
  const std::string_view tail = name.substr(name.size() - kFullIdDigits);
  return std::all_of(tail.begin(), tail.end(), IsHexDigit) ? tail : std::string_view{};
}

std::string_view LastOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

unsigned TypeOf(std::string_view prefix, std::string_view path) {
  const auto has = [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  if (has(prefix, "libpod")) {
    return kPodman;
  }
  if (has(prefix, "crio")) {
    return kCrio;
  }
  if (has(prefix, "containerd") || has(prefix, "nerdctl")) {
    return kContainerd;
  }
  if (has(prefix, "docker")) {
    return kDocker;
  }
  return has(path, "kubepods") || LastOf(path) == "k8s.io" ? kCri : kDocker;
}

// The container that a component with the runtime's own 64-digit id names. `folder`: the path
// above.
ContainerGuess FromFullId(std::string_view name, std::string_view folder) {
  if (name.ends_with(".scope")) {
    name.remove_suffix(6);
  }
  const std::string_view id = FullId(name);
  const std::string_view prefix = name.substr(0, name.size() - id.size());
  // conmon supervises a container from outside; its cgroup only bears the same id.
  if (id.empty() || prefix.find("conmon") != std::string_view::npos) {
    return {};
  }
  // Podman's pods have ids of the same form, and beside their containers there is conmon.
  if (prefix.empty() && LastOf(folder) == "libpod_parent") {
    return {};
  }
  return {std::string(id.substr(0, kShortIdDigits)), TypeOf(prefix, folder)};
}

// Machines of systemd-machined: of systemd-nspawn, libvirt and rkt. Virtual ones are no containers:
// what runs in their scope is their hypervisor.
ContainerGuess FromMachine(std::string_view name) {
  std::string id = Unescape(Between(name, "machine-", ".scope"));
  if (id.empty()) {
    id = Unescape(Between(name, "systemd-nspawn@", ".service"));
  }
  if (id.starts_with("qemu-")) {
    return {};
  }
  const unsigned type = id.starts_with("lxc-")   ? kLibvirtLxc
                        : id.starts_with("rkt-") ? kRkt
                                                 : kCustom;
  return {id, type};
}

// 32 hexadecimal digits, a dash and decimal ones: a container of an AWS Fargate task.
bool IsTaskContainer(std::string_view name) {
  if (name.size() < kTaskIdDigits + 2 || name[kTaskIdDigits] != '-') {
    return false;
  }
  const std::string_view number = name.substr(kTaskIdDigits + 1);
  return std::all_of(name.begin(), name.begin() + kTaskIdDigits, IsHexDigit) &&
         std::all_of(number.begin(), number.end(), IsDigit);
}

struct Form {
  std::string_view prefix;
  std::string_view suffix;
  unsigned type;
};

// Of one component that says both, whose container it is and which.
constexpr Form kForms[] = {
    {"lxc.payload.", "", kLxc},
    {"", ".libvirt-lxc", kLibvirtLxc},
    {"cri-containerd-", ".scope", kContainerd},
    {"crio-", ".scope", kCrio},
    {"runc-", ".scope", kCustom},
    {"crun-", ".scope", kCustom},
    {"buildkit-", ".scope", kCustom},
    {"bpm-", "", kBpm},
};

// Folders that hold one cgroup for each container.
constexpr Form kFolders[] = {
    {"lxc", "", kLxc},         {"lxc.payload", "", kLxc}, {"garden", "", kCustom},
    {"buildkit", "", kCustom}, {"mesos", "", kMesos},
};

// Garden divides its containers by how much of their share of the CPU they use.
bool IsShareOfGarden(std::string_view name) { return name == "good" || name == "bad"; }

// `folder`: the path above the component `name`.
ContainerGuess FromOtherId(std::string_view name, std::string_view folder) {
  if (name == "..") {
    return {};
  }
  if (IsTaskContainer(name)) {
    return {std::string(name), kContainerd};
  }
  ContainerGuess machine = FromMachine(name);
  if (!machine.id.empty()) {
    return machine;
  }
  for (const Form& form : kForms) {
    const std::string_view id = Between(name, form.prefix, form.suffix);
    if (!id.empty() && !id.starts_with("conmon") && (!form.suffix.empty() || !IsUnit(name))) {
      return {std::string(id), form.type};
    }
  }
  std::string_view parent = LastOf(folder);
  if (IsShareOfGarden(parent) && LastOf(FolderOf(folder)) == "garden") {
    parent = "garden";
  } else if (parent == "garden" && IsShareOfGarden(name)) {
    return {};
  }
  for (const Form& form : kFolders) {
    if (parent == form.prefix && !name.empty() && !IsUnit(name)) {
      return {std::string(name), form.type};
    }
  }
  const bool is_in_pod = parent.starts_with("pod") && folder.find("kubepods") != folder.npos;
  return is_in_pod && !name.empty() && !IsUnit(name) ? ContainerGuess{std::string(name), kCri}
                                                     : ContainerGuess{};
}

// Folders that only root makes, for containers: of runtimes, of kubelet, of systemd-nspawn, and
// what leads out of a cgroup namespace.
bool IsRuntimesFolder(std::string_view name) {
  constexpr std::string_view kNames[] = {
      "..",      "besteffort",  "burstable", "buildkit",   "docker", "ecs",
      "garden",  "good",        "bad",       "kubepods",   "lxc",    "mesos",
      "machine", "lxc.payload", "payload",   "supervisor",
  };
  const bool is_task =
      name.size() == kTaskIdDigits && std::all_of(name.begin(), name.end(), IsHexDigit);
  return is_task || name.starts_with("pod") ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// Whether only root can make a cgroup in this one, or whoever is root in a container. Services and
// scopes may be another's, above all what a user's own systemd runs.
bool IsOfRoot(std::string_view folder) {
  for (; !folder.empty(); folder = FolderOf(folder)) {
    const std::string_view name = LastOf(folder);
    const bool is_known = name.empty() || name.ends_with(".slice") || IsRuntimesFolder(name) ||
                          !FromFullId(name, FolderOf(folder)).id.empty() ||
                          !FromOtherId(name, FolderOf(folder)).id.empty();
    if (!is_known) {
      return false;
    }
  }
  return true;
}

}  // namespace

ContainerGuess ContainerFromCgroup(std::string_view path, bool has_own_pids) {
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view name = LastOf(rest);
    rest = FolderOf(rest);
    // systemd-nspawn itself, beside what it runs.
    if (name == "supervisor" && !FromMachine(LastOf(rest)).id.empty()) {
      rest = FolderOf(rest);
      continue;
    }
    ContainerGuess guess = FromFullId(name, rest);
    if (guess.id.empty() && FullId(name).empty() && (has_own_pids || IsOfRoot(rest))) {
      guess = FromOtherId(name, rest);
    }
    if (!guess.id.empty()) {
      guess.depth = static_cast<unsigned>(std::count(rest.begin(), rest.end(), '/'));
      return guess;
    }
  }
  return {};
}

ContainerGuess ContainerFromCgroups(const std::vector<std::pair<std::string, std::string>>& cgroups,
                                    bool has_own_pids) {
  ContainerGuess innermost;
  for (const auto& [subsystem, path] : cgroups) {
    ContainerGuess guess = ContainerFromCgroup(path, has_own_pids);
    if (!guess.id.empty() && (innermost.id.empty() || guess.depth > innermost.depth)) {
      innermost = std::move(guess);
    }
  }
  return innermost;
}

}  // namespace sysflow
