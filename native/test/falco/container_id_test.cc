// Container ids from the cgroup paths that runtimes make, on cgroup v1 and v2, under systemd and
// not.
#include "falco/state/container_id.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

constexpr char kId[] = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";
constexpr char kShort[] = "3ad7b26ded6d";
constexpr char kOther[] = "ffffffffffff8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

// libsinsp's numbers.
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
    // Podman: in a pod, in a service's own cgroup, and version 4 of both.
    {"/machine.slice/machine-libpod_pod_3ad7.slice/libpod-", ".scope/container", kPodman},
    {"/libpod_parent/3ad7b26ded6d/libpod-", "", kPodman},
    {"/system.slice/web.service/libpod-payload-", "", kPodman},
    // containerd without kubelet: ctr, nerdctl, and the CRI where nobody names a parent.
    {"/k8s.io/", "", kCri},
    {"/system.slice/nerdctl-", ".scope", kContainerd},
    // kubelet in a container (kind) and elsewhere.
    {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-podab.slice/cri-containerd-", ".scope",
     kContainerd},
    {"/kubelet/kubepods/burstable/podab/", "", kCri},
    {"/kubepods/burstable/pod1d34c7bb/crio-", "", kCrio},
    // Amazon's containers on machines of one's own.
    {"/ecs/f3b0a7a2-0d1f-4d8e-9a0e-2d5d6b6a7c11/", "", kDocker},
    {"/actions_job/", "", kDocker},
    // containerd with cgroupfs under a systemd slice names them so.
    {"/system.slice/containerd.service/kubepods-podab.slice:cri-containerd:", "", kContainerd},
};

struct NamedCase {
  const char* path;
  const char* id;
  unsigned type;
};

constexpr NamedCase kNamed[] = {
    // LXC and its children: version 2 and 3, 4, Proxmox, a user's own.
    {"/lxc/web", "web", kLxc},
    {"/lxc/web/system.slice/cron.service", "web", kLxc},
    {"/lxc/101/ns/init.scope", "101", kLxc},
    {"/lxc.payload/web", "web", kLxc},
    {"/lxc.payload.web-1", "web-1", kLxc},
    {"/lxc.payload.web/system.slice/ssh.service", "web", kLxc},
    {"/machine.slice/machine-lxc\\x2d23\\x2dweb.scope", "lxc-23-web", kLibvirtLxc},
    {"/machine/web.libvirt-lxc", "web", kLibvirtLxc},
    // systemd-nspawn
    {"/machine.slice/machine-trixie.scope", "trixie", kCustom},
    {"/machine.slice/machine-trixie.scope/payload", "trixie", kCustom},
    {"/machine.slice/machine-trixie.scope/payload/system.slice/dbus.service", "trixie", kCustom},
    {"/machine.slice/machine-my\\x2dbox.scope/payload/init.scope", "my-box", kCustom},
    {"/machine.slice/machine-a\\x2.scope", "a\\x2", kCustom},
    {"/machine.slice/systemd-nspawn@trixie.service/payload", "trixie", kCustom},
    {"/machine.slice/machine-rkt\\x2d6bb3c5ed.scope/system.slice/a.service", "rkt-6bb3c5ed", kRkt},
    // AWS Fargate
    {"/ecs/55091c13b8cf4801b527f8601742204d/55091c13b8cf4801b527f8601742204d-1332321564",
     "55091c13b8cf4801b527f8601742204d-1332321564", kContainerd},
    {"/ecs/55091c13b8cf4801b527f8601742204d/0123456789abcdef0123456789abcdef-1/x",
     "0123456789abcdef0123456789abcdef-1", kContainerd},
    // Garden
    {"/garden/f5a4c4a5-2f0c-4d52-5d3b-1c2f", "f5a4c4a5-2f0c-4d52-5d3b-1c2f", kCustom},
    {"/garden/bad/f5a4c4a5-2f0c/init", "f5a4c4a5-2f0c", kCustom},
    // BuildKit
    {"/buildkit/kk2s4lfbwzsx1p0vcvn8k5y1q", "kk2s4lfbwzsx1p0vcvn8k5y1q", kCustom},
    {"/docker/buildkit/kk2s4lfbwzsx1p0vcvn8k5y1q", "kk2s4lfbwzsx1p0vcvn8k5y1q", kCustom},
    {"/system.slice/buildkit-kk2s4lfbwzsx1p0vcvn8k5y1q.scope", "kk2s4lfbwzsx1p0vcvn8k5y1q",
     kCustom},
    // Others: ids that their users choose.
    {"/user.slice/runc-web.scope", "web", kCustom},
    {"/user.slice/crun-web.scope/container", "web", kCustom},
    {"/mesos/2d3b1c2f-9f8a-4c4a-8b2e-0c4d525d3b1c", "2d3b1c2f-9f8a-4c4a-8b2e-0c4d525d3b1c", kMesos},
    {"/system.slice/bpm-ob2wc4tunrqxe", "ob2wc4tunrqxe", kBpm},
    {"/kubepods/burstable/pod1d34c7bb-7d94/web", "web", kCri},
    {"/kubepods.slice/kubepods-podab.slice/cri-containerd-web.scope", "web", kContainerd},
    // Nested: the innermost one.
    {"/lxc.payload.outer/lxc.payload.inner", "inner", kLxc},
    {"/lxc/outer/lxc/inner/init.scope", "inner", kLxc},
    {"/lxc.payload.outer/machine.slice/machine-inner.scope/payload", "inner", kCustom},
    // What supervises a container belongs to the one around it.
    {"/lxc.payload.outer/lxc.monitor.inner", "outer", kLxc},
    {"/lxc.payload.outer/machine.slice/machine-inner.scope/supervisor", "outer", kLxc},
};

// Below cgroups that their users may have been given: only with process numbers of its own.
constexpr NamedCase kOfUsers[] = {
    {"/user.slice/user-7.slice/user@7.service/app.slice/lxc-run.scope/lxc.payload.a", "a", kLxc},
    {"/user.slice/user-7.slice/user@7.service/lxc.payload.a/system.slice/cron.service", "a", kLxc},
    {"/user.slice/user-7.slice/user@7.service/garden/x", "x", kCustom},
    {"/user.slice/user-7.slice/user@7.service/app.slice/runc-x.scope", "x", kCustom},
    {"/user.slice/user-7.slice/user@7.service/machine.slice/machine-x.scope", "x", kCustom},
    {"/user.slice/user-7.slice/user@7.service/kubepods/pod1/x", "x", kCri},
    {"/user.slice/user-7.slice/session-3.scope/buildkit/x", "x", kCustom},
    {"/system.slice/garden.service/garden/good/f5a4c4a5-2f0c", "f5a4c4a5-2f0c", kCustom},
    {"/system.slice/web.service/mesos/x", "x", kMesos},
    {"/system.slice/web.service/bpm-x", "x", kBpm},
    {"/given-away/garden/x", "x", kCustom},
    {"/given-away/x.libvirt-lxc", "x", kLibvirtLxc},
    {"/given-away/55091c13b8cf4801b527f8601742204d-12", "55091c13b8cf4801b527f8601742204d-12",
     kContainerd},
};

const std::string kNoContainers[] = {
    "/garden/..",
    "/lxc/../..",
    "/../../system.slice/ssh.service",
    "/lxc",
    "/lxc.monitor.web",
    "/lxc.monitor/web",
    "/lxc.pivot",
    "/lxc.payload.",
    "/machine.slice",
    "/machine.slice/machine-.scope",
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator",
    "/machine.slice/machine-trixie.scope/supervisor",
    "/machine.slice/systemd-nspawn@trixie.service/supervisor",
    "/system.slice/machine-check.service",
    "/system.slice/lxc.service",
    "/system.slice/garden.service",
    "/garden",
    "/garden/good",
    "/system.slice/buildkit.service",
    "/system.slice/bpm-agent.service",
    "/system.slice/supervisor",
    "/ecs/55091c13b8cf4801b527f8601742204d",
    "/x/55091c13b8cf4801b527f8601742204d-",
    "/x/55091c13b8cf4801b527f8601742204d-12a",
    "/x/55091c13b8cf4801b527f860174220-1332321564",
    "/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-Terminal-42.scope",
    "/user.slice/user-1000.slice/user@1000.service/init.scope",
    "/kubepods/burstable/pod1d34c7bb-7d94",
    "/kubepods.slice/kubepods-podab.slice/crio-conmon-web.scope",
    "/user.slice/user-1000.slice/user@1000.service/app.slice/run-u7.scope",
    "/init.scope",

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
    // Podman's pods, and conmon of the containers in them.
    "/libpod_parent/" + std::string(kId),
    "/libpod_parent/" + std::string(kId) + "/conmon",
    "/libpod_parent/conmon",
    "/machine.slice/machine-libpod_pod_" + std::string(kId) + ".slice",
    "/system.slice/web.service/supervisor",
    // conmon runs on the host and only bears its container's id.
    "/machine.slice/libpod-conmon-" + std::string(kId) + ".scope",
    "/kubepods.slice/kubepods-podab.slice/crio-conmon-" + std::string(kId) + ".scope",
};

using Cgroups = std::vector<std::pair<std::string, std::string>>;

// /proc/PID/cgroup as the kernel writes it.
Cgroups Parsed(const std::string& text) {
  Cgroups cgroups;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t name = line.find(':') + 1;
    const size_t path = line.find(':', name) + 1;
    cgroups.emplace_back(line.substr(name, path - 1 - name), line.substr(path));
  }
  return cgroups;
}

struct FileCase {
  const char* what;
  std::string text;
  const char* id;
};

// Whole files: version 1, version 2 and both (hybrid), by either driver.
const FileCase kFiles[] = {
    {"version 1 of the host",
     "12:pids:/user.slice/user-0.slice/session-1.scope\n4:memory:/user.slice/user-0.slice\n"
     "1:name=systemd:/user.slice/user-0.slice/session-1.scope\n",
     ""},
    {"version 2 of the host", "0::/user.slice/user-0.slice/session-1.scope\n", ""},
    {"version 2 in a cgroup namespace of its own", "0::/\n", ""},
    {"Docker, version 1",
     std::string("11:cpu,cpuacct:/docker/") + kId + "\n4:memory:/docker/" + kId +
         "\n1:name=systemd:/docker/" + kId + "\n",
     kShort},
    {"Docker by systemd, version 2", std::string("0::/system.slice/docker-") + kId + ".scope\n",
     kShort},
    {"Docker, hybrid, where version 2 has its daemon's",
     std::string("9:name=systemd:/docker/") + kId + "\n1:cpu:/docker/" + kId +
         "\n0::/system.slice/containerd.service\n",
     kShort},
    {"podman, hybrid",
     std::string("9:name=systemd:/libpod_parent/libpod-") + kId + "\n0::/libpod_parent/libpod-" +
         kId + "\n",
     kShort},
    {"podman's conmon, hybrid", "4:memory:/libpod_parent/conmon\n0::/\n", ""},
    {"kubelet, version 1",
     std::string("4:memory:/kubepods/burstable/pod1d34c7bb-7d94-4f00-bed9-fe4eca61d446/") + kId +
         "\n3:cpuset:/kubepods/burstable/pod1d34c7bb-7d94-4f00-bed9-fe4eca61d446/" + kId + "\n",
     kShort},
    {"CRI-O by systemd, version 2",
     std::string(
         "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1d34c7bb_7d94_"
         "4f00_bed9_fe4eca61d446.slice/crio-") +
         kId + ".scope\n",
     kShort},
    {"LXC, version 1", "4:memory:/lxc/web\n1:name=systemd:/lxc/web/init.scope\n", "web"},
    {"systemd-nspawn, hybrid",
     "4:memory:/machine.slice/machine-box.scope\n"
     "1:name=systemd:/machine.slice/machine-box.scope/payload/init.scope\n"
     "0::/machine.slice/machine-box.scope/payload/init.scope\n",
     "box"},
    {"podman in LXC, which was given one hierarchy",
     std::string(
         "4:memory:/lxc/web\n3:cpuset:/lxc/web\n1:name=systemd:/lxc/web/user.slice/libpod-") +
         kId + ".scope\n0::/lxc/web\n",
     kShort},
    {"Docker in Docker",
     std::string("4:memory:/docker/") + kOther + "/docker/" + kId + "\n1:name=systemd:/docker/" +
         kOther + "\n",
     kShort},
};

int Main() {
  for (const Case& example : kContainers) {
    const std::string path = std::string(example.before) + kId + example.after;
    const ContainerGuess guess = ContainerFromCgroup(path, false);
    CHECK_EQUAL(guess.id, kShort, path);
    CHECK_EQUAL(guess.type, example.type, path);
  }
  for (const NamedCase& example : kNamed) {
    const ContainerGuess guess = ContainerFromCgroup(example.path, false);
    CHECK_EQUAL(guess.id, example.id, example.path);
    CHECK_EQUAL(guess.type, example.type, example.path);
  }
  for (const NamedCase& example : kOfUsers) {
    CHECK_EQUAL(ContainerFromCgroup(example.path, false).id, "", example.path);
    const ContainerGuess guess = ContainerFromCgroup(example.path, true);
    CHECK_EQUAL(guess.id, example.id, example.path);
    CHECK_EQUAL(guess.type, example.type, example.path);
  }
  for (const std::string& path : kNoContainers) {
    CHECK_EQUAL(ContainerFromCgroup(path, false).id, "", path);
    CHECK_EQUAL(ContainerFromCgroup(path, true).id, "", path);
  }
  const std::string nested = std::string("/docker/") + kOther + "/kubepods/podab/" + kId;
  CHECK_EQUAL(ContainerFromCgroup(nested, false).id, kShort, "the innermost container");
  const std::string in_lxc = std::string("/lxc.payload.web/system.slice/docker-") + kId + ".scope";
  CHECK_EQUAL(ContainerFromCgroup(in_lxc, false).id, kShort, "Docker in LXC");
  const std::string in_docker = std::string("/docker/") + kId + "/lxc.payload.web/init.scope";
  CHECK_EQUAL(ContainerFromCgroup(in_docker, false).id, "web", "LXC in Docker");
  const std::string conmon = std::string("/docker/") + kId + "/libpod-conmon-" + kOther + ".scope";
  const std::string rootless = "/user.slice/user-7.slice/user@7.service/user.slice/libpod-";
  CHECK_EQUAL(ContainerFromCgroup(rootless + kId + ".scope", false).id, kShort, "a user's podman");
  const std::string of_user = rootless + kId + ".scope/garden/x";
  CHECK_EQUAL(ContainerFromCgroup(of_user, false).id, kShort, "in a user's podman");
  CHECK_EQUAL(ContainerFromCgroup("/../lxc/web", false).id, "web", "above a cgroup namespace");
  CHECK_EQUAL(ContainerFromCgroup(conmon, false).id, kShort, "conmon in Docker");

  for (const FileCase& example : kFiles) {
    CHECK_EQUAL(ContainerFromCgroups(Parsed(example.text), false).id, example.id, example.what);
  }
  const std::string path = std::string("/docker/") + kId;
  CHECK_EQUAL(ContainerFromCgroups({}, false).id, "", "no cgroups");
  CHECK_EQUAL(ContainerFromCgroups({{"cpu", "/"}, {"memory", path}}, false).id, kShort,
              "the second one");
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
