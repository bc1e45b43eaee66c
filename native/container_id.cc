// See container_id.h. Runtimes name the cgroup after the container's 64-digit id, bare or between a
// prefix of their own and ".scope"; the innermost such component is the container.
#include "container_id.h"

#include <algorithm>
#include <cctype>

namespace sysflow {
namespace {

constexpr size_t kFullIdDigits = 64;
constexpr size_t kShortIdDigits = 12;

// Numbers are libsinsp's (container_engine/sinsp_container_type.h).
constexpr unsigned kDocker = 0;
constexpr unsigned kCri = 6;
constexpr unsigned kContainerd = 7;
constexpr unsigned kCrio = 8;
constexpr unsigned kPodman = 11;

bool IsHexDigit(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

// The 64 hex digits that end `name`, or nothing.
std::string_view FullId(std::string_view name) {
  if (name.size() < kFullIdDigits) {
    return {};
  }
  const std::string_view tail = name.substr(name.size() - kFullIdDigits);
  return std::all_of(tail.begin(), tail.end(), IsHexDigit) ? tail : std::string_view{};
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
  if (has(prefix, "containerd")) {
    return kContainerd;
  }
  if (has(prefix, "docker")) {
    return kDocker;
  }
  return has(path, "kubepods") ? kCri : kDocker;
}

}  // namespace

ContainerGuess ContainerFromCgroup(std::string_view path) {
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t slash = rest.rfind('/');
    std::string_view name = slash == std::string_view::npos ? rest : rest.substr(slash + 1);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(0, slash);
    if (name.ends_with(".scope")) {
      name.remove_suffix(6);
    }
    const std::string_view id = FullId(name);
    if (id.empty()) {
      continue;
    }
    const std::string_view prefix = name.substr(0, name.size() - id.size());
    // conmon supervises a container from the host's side; its cgroup only bears the same id.
    if (prefix.find("conmon") != std::string_view::npos) {
      return {};
    }
    return {std::string(id.substr(0, kShortIdDigits)), TypeOf(prefix, path)};
  }
  return {};
}

ContainerGuess ContainerFromCgroups(
    const std::vector<std::pair<std::string, std::string>>& cgroups) {
  for (const auto& [subsystem, path] : cgroups) {
    ContainerGuess guess = ContainerFromCgroup(path);
    if (!guess.id.empty()) {
      return guess;
    }
  }
  return {};
}

}  // namespace sysflow
