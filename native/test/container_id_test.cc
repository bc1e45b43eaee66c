// Container ids from the cgroup paths that runtimes make, on cgroup v1 and v2, under systemd and
// not.
#include "container_id.h"

#include <string>

#include "check.h"

namespace sysflow::test {
namespace {

constexpr char kId[] = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
constexpr char kShort[] = "3ad7b26ded6d";
constexpr char kOther[] = "ffffffffffff8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

// libsinsp's numbers.
constexpr unsigned kDocker = 0;
constexpr unsigned kCri = 6;
constexpr unsigned kContainerd = 7;
constexpr unsigned kCrio = 8;
constexpr unsigned kPodman = 11;

struct Case {
  const char* before;
  const char* after;
  unsigned type;
};

// The id stands between the two texts.
constexpr Case kContainers[] = {
    {"/docker/", "", kDocker},
    {"/system.slice/docker-", ".scope", kDocker},
    {"/system.slice/docker-", ".scope/init.scope", kDocker},
    {"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-", ".scope", kDocker},
    {"/machine.slice/libpod-", ".scope", kPodman},
    {"/machine.slice/libpod-", ".scope/container", kPodman},
    {"/libpod_parent/libpod-", "", kPodman},
    {"/kubepods/besteffort/pod1d34c7bb-7d94-4f00-bed9-fe4eca61d446/", "", kCri},
    {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab.slice/cri-containerd-",
     ".scope", kContainerd},
    {"/kubepods.slice/kubepods-podab.slice/crio-", ".scope", kCrio},
    {"/kubepods.slice/kubepods-podab.slice/crio-", ".scope/container", kCrio},
    {"/kubepods.slice/kubepods-podab.slice/docker-", ".scope", kDocker},
    // containerd with cgroupfs under a systemd slice names them so.
    {"/system.slice/containerd.service/kubepods-podab.slice:cri-containerd:", "", kContainerd},
};

const std::string kNoContainers[] = {
    "",
    "/",
    "///",
    "/user.slice/user-1000.slice/session-3.scope",
    "/system.slice/sshd.service",
    "/docker",
    "/docker/3ad7b26ded6d",
    "/docker/" + std::string(kId).substr(1),
    "/docker/" + std::string(kId) + "x",
    "/docker/" + std::string(63, 'a') + "g",
    // conmon runs on the host and only bears its container's id.
    "/machine.slice/libpod-conmon-" + std::string(kId) + ".scope",
    "/kubepods.slice/kubepods-podab.slice/crio-conmon-" + std::string(kId) + ".scope",
};

int Main() {
  for (const Case& example : kContainers) {
    const std::string path = std::string(example.before) + kId + example.after;
    const ContainerGuess guess = ContainerFromCgroup(path);
    CHECK_EQUAL(guess.id, kShort, path);
    CHECK_EQUAL(guess.type, example.type, path);
  }
  for (const std::string& path : kNoContainers) {
    CHECK_EQUAL(ContainerFromCgroup(path).id, "", path);
  }
  const std::string nested = std::string("/docker/") + kOther + "/kubepods/podab/" + kId;
  CHECK_EQUAL(ContainerFromCgroup(nested).id, kShort, "the innermost container");

  const std::string path = std::string("/docker/") + kId;
  CHECK_EQUAL(ContainerFromCgroups({}).id, "", "no cgroups");
  CHECK_EQUAL(ContainerFromCgroups({{"cpu", "/"}, {"memory", path}}).id, kShort, "the second one");
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
