// What the library reads of a host whose root has no mounts: it fails, and what it had by then is
// freed once. The library takes the root from the environment, so the program begins itself anew
// with one.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

extern "C" {
#include <libscap/linux/scap_linux_platform.h>
#include <libscap/scap.h>
#include <libscap/scap_platform.h>
}

#include "test/support/check.h"

namespace sysflow::test {
namespace {

void OpenAndFree() {
  scap_platform* platform = scap_linux_alloc_platform(nullptr, nullptr);
  char error[SCAP_LASTERR_SIZE] = {};
  scap_open_args arguments{};
  CHECK_THAT(scap_platform_init(platform, error, {}, &arguments) != SCAP_SUCCESS, "no mounts");
  scap_platform_close(platform);
  scap_platform_free(platform);
}

// In a process of its own, with an environment of its own.
void OpenBelowAnEmptyRoot() {
  std::string root = std::filesystem::temp_directory_path() / "sysflow-root-XXXXXX";
  CHECK_THAT(mkdtemp(root.data()) != nullptr, "a folder");
  std::filesystem::create_directories(root + "/proc/1");
  std::filesystem::create_symlink("/proc/stat", root + "/proc/stat");
  std::string variable = "HOST_ROOT=" + root;
  const pid_t child = fork();
  if (child == 0) {
    char* environment[] = {variable.data(), nullptr};
    environ = environment;
    OpenAndFree();
    _exit(Sums().failed);
  }
  int status = -1;
  CHECK_THAT(waitpid(child, &status, 0) == child && status == 0, "it is freed once");
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace sysflow::test

int main() {
  sysflow::test::OpenBelowAnEmptyRoot();
  return sysflow::test::Finish();
}
