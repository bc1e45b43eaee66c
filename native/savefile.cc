// See savefile.h. A capture begins with a section header block: type, length, byte-order magic.
#include "savefile.h"

#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "errors.h"

namespace sysflow {
namespace {

constexpr uint32_t kSectionHeaderBlock = 0x0A0D0D0A;  // reads the same in both byte orders
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint32_t kByteOrderMagicSwapped = 0x4D3C2B1A;

[[noreturn]] void Fail(const char* code, const std::string& path, const std::string& why,
                       int error_number = 0) {
  throw CaptureError(code, "cannot read capture " + path + ": " + why, error_number);
}

}  // namespace

void CheckSavefile(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    const int error_number = errno;
    Fail("ErrorReadingFileSystem", path, std::strerror(error_number), error_number);
  }
  if (S_ISDIR(info.st_mode)) {
    Fail("ErrorReadingFileSystem", path, "it is a directory; name one .scap file", EISDIR);
  }
  if (!S_ISREG(info.st_mode)) {
    Fail("ErrorReadingFileSystem", path, "it is not a regular file", EINVAL);
  }
  if (info.st_size == 0) {
    Fail("EventParsingError", path, "byte 0: the file is empty");
  }
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    const int error_number = errno;
    Fail("ErrorReadingFileSystem", path, std::strerror(error_number), error_number);
  }
  uint32_t head[3] = {0, 0, 0};  // block type, block length, byte-order magic
  const int got = gzread(file, head, sizeof(head));
  gzclose(file);
  if (got != sizeof(head) || head[0] != kSectionHeaderBlock) {
    Fail("EventParsingError", path,
         "byte 0: this is no .scap capture (no section header block); record one with "
         "`sysflow record`");
  }
  if (head[2] == kByteOrderMagicSwapped) {
    Fail("OperationNotSupported", path,
         "byte 8: it was recorded on a machine of the other byte order; replay it with the sysflow "
         "of that architecture");
  }
  if (head[2] != kByteOrderMagic) {
    Fail("EventParsingError", path, "byte 8: the byte-order magic is damaged");
  }
}

}  // namespace sysflow
