// What the library reads of a host whose root has no mounts: it fails, and what it had by then is
// freed once. (In a program of its own, since the library takes the root from the environment once.
// The sanitizers see memory that is used after it was freed.)
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

int Main() {
  std::string root = std::filesystem::temp_directory_path() / "sysflow-root-XXXXXX";
  CHECK_THAT(mkdtemp(root.data()) != nullptr, "a folder");
  std::filesystem::create_directories(root + "/proc/1");
  std::filesystem::create_symlink("/proc/stat", root + "/proc/stat");
  setenv("HOST_ROOT", root.c_str(), 1);

  scap_platform* platform = scap_linux_alloc_platform(nullptr, nullptr);
  char error[SCAP_LASTERR_SIZE] = {};
  scap_open_args arguments{};
  CHECK_THAT(scap_platform_init(platform, error, {}, &arguments) != SCAP_SUCCESS, "no mounts");
  scap_platform_close(platform);
  scap_platform_free(platform);
  std::filesystem::remove_all(root);
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
