// See savefile.h. A capture begins with a section header block: type, length, byte-order magic.
// So does a packet capture of the newer kind (pcapng), of which it is a variant: the blocks behind
// the section header tell them apart.
#include "host/savefile.h"

#include <sys/stat.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "host/capture_error.h"

namespace sysflow {
namespace {

constexpr uint32_t kSectionHeaderBlock = 0x0A0D0D0A;  // reads the same in both byte orders
constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint32_t kByteOrderMagicSwapped = 0x4D3C2B1A;

// The first four bytes of the older packet captures, as a machine of the writer's byte order reads
// them: times in microseconds, in nanoseconds, and with longer packet headers.
constexpr std::array<uint32_t, 3> kPcapMagics = {0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34};
constexpr char kSnoopMagic[] = "snoop\0\0";  // and its own NUL: eight bytes
// Of pcapng: interface, obsolete packet, simple packet, interface statistics, enhanced packet.
constexpr std::array<uint32_t, 5> kPacketBlocks = {1, 2, 3, 5, 6};
// How many blocks are looked at until one tells which kind of capture it is.
constexpr int kBlocksMax = 64;

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;

[[noreturn]] void Fail(const char* code, const std::string& path, const std::string& why,
                       int error_number = 0) {
  throw CaptureError(code, "cannot read capture " + path + ": " + why, error_number);
}

[[noreturn]] void FailAsPackets(const std::string& path, const char* kind) {
  Fail("OperationNotSupported", path,
       std::string("it is a packet capture (") + kind +
           "), of a network's packets and not of system calls; record system calls with `sysflow "
           "record`");
}

uint32_t InOrder(uint32_t word, bool swapped) { return swapped ? __builtin_bswap32(word) : word; }

bool IsPcap(uint32_t magic) {
  for (const uint32_t known : kPcapMagics) {
    if (magic == known || magic == __builtin_bswap32(known)) {
      return true;
    }
  }
  return false;
}

// Whether packets or their interfaces come before the first block of a capture of system calls.
bool HasPackets(gzFile file, uint32_t section_bytes, bool swapped) {
  int64_t at = section_bytes;
  for (int blocks = 0; blocks < kBlocksMax; blocks++) {
    uint32_t head[2];  // type, length
    if (gzseek(file, at, SEEK_SET) != at || gzread(file, head, sizeof(head)) != sizeof(head)) {
      return false;
    }
    const uint32_t type = InOrder(head[0], swapped);
    const uint32_t bytes = InOrder(head[1], swapped);
    for (const uint32_t packets : kPacketBlocks) {
      if (type == packets) {
        return true;
      }
    }
    // Falco's blocks; of the others (names, comments, another program's) nothing follows.
    if ((type >= 0x200 && type <= 0x2FF) || bytes < 12) {
      return false;
    }
    at += bytes;
  }
  return false;
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
  const Gzip file(gzopen(path.c_str(), "rb"));
  if (file == nullptr) {
    const int error_number = errno;
    Fail("ErrorReadingFileSystem", path, std::strerror(error_number), error_number);
  }
  uint32_t head[3] = {0, 0, 0};  // block type, block length, byte-order magic
  const int got = gzread(file.get(), head, sizeof(head));
  if (got >= 8 && IsPcap(head[0])) {
    FailAsPackets(path, "pcap");
  }
  if (got >= 8 && std::memcmp(head, kSnoopMagic, sizeof(kSnoopMagic)) == 0) {
    FailAsPackets(path, "snoop");
  }
  if (got != sizeof(head) || head[0] != kSectionHeaderBlock) {
    Fail("EventParsingError", path,
         "byte 0: this is no .scap capture (no section header block); record one with "
         "`sysflow record`");
  }
  const bool swapped = head[2] == kByteOrderMagicSwapped;
  if (!swapped && head[2] != kByteOrderMagic) {
    Fail("EventParsingError", path, "byte 8: the byte-order magic is damaged");
  }
  if (HasPackets(file.get(), InOrder(head[1], swapped), swapped)) {
    FailAsPackets(path, "pcapng");
  }
  if (swapped) {
    Fail("OperationNotSupported", path,
         "byte 8: it was recorded on a machine of the other byte order; replay it with the sysflow "
         "of that architecture");
  }
}

}  // namespace sysflow
