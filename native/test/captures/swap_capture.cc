// Turns a capture into what a machine of the other byte order would have recorded: every integer is
// turned round, by libscap's own table of events; text, addresses and raw bytes stay. There is no
// such machine to record on, and libscap reads its own order only. Not for captures of libscap's
// early versions. usage: swap_capture FILE… (each, swapped twice, must be as before, and swapped
// once as s390x/FILE where that is), or swap_capture --write IN OUT.
#include <libscap/scap.h>
#include <libscap/scap_savefile.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "falco/events/resize_call.h"
#include "test/support/check.h"

namespace sysflow::test {
namespace {

constexpr uint32_t kMagic = SHB_MAGIC;
constexpr size_t kBeforeLibs010 = 29;  // loginuid, exe_writable and three capabilities

std::string ReadCapture(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    throw std::runtime_error("cannot open " + path);
  }
  std::string content;
  char buffer[65536];
  for (int got = gzread(file, buffer, sizeof(buffer)); got > 0;
       got = gzread(file, buffer, sizeof(buffer))) {
    content.append(buffer, static_cast<size_t>(got));
  }
  gzclose(file);
  return content;
}

void WriteCapture(const std::string& path, const std::string& content) {
  gzFile file = gzopen(path.c_str(), "wb9");
  const auto bytes = static_cast<unsigned>(content.size());
  const bool written = file != nullptr && gzwrite(file, content.data(), bytes) > 0;
  if (file == nullptr || gzclose(file) != Z_OK || !written) {
    throw std::runtime_error("cannot write " + path);
  }
}

class Swapper {
 public:
  explicit Swapper(std::string content) : content_(std::move(content)) {}

  std::string Run() {
    uint32_t magic = 0;
    std::memcpy(&magic, Range(sizeof(block_header), sizeof(magic)), sizeof(magic));
    is_native_ = magic == kMagic;
    while (at_ < content_.size()) {
      Block();
    }
    return std::move(content_);
  }

 private:
  char* Range(size_t at, size_t bytes) {
    if (at > content_.size() || bytes > content_.size() - at) {
      throw std::runtime_error("byte " + std::to_string(at) + ": the capture ends too early");
    }
    return content_.data() + at;
  }

  // Turns an integer round and returns its value.
  template <typename Int>
  Int Take() {
    char* place = Range(at_, sizeof(Int));
    at_ += sizeof(Int);
    Int before = 0;
    Int after = 0;
    std::memcpy(&before, place, sizeof(Int));
    std::reverse(place, place + sizeof(Int));
    std::memcpy(&after, place, sizeof(Int));
    return is_native_ ? before : after;
  }

  template <typename... Ints>
  void TakeAll() {
    (static_cast<void>(Take<Ints>()), ...);
  }

  // What an entry may end before.
  template <typename... Ints>
  void TakeLater() {
    (static_cast<void>(at_ + sizeof(Ints) <= entry_end_ ? Take<Ints>() : Ints{}), ...);
  }

  void Keep(size_t bytes) {
    Range(at_, bytes);
    at_ += bytes;
  }

  void KeepText() { Keep(Take<uint16_t>()); }

  void Block() {
    const size_t start = at_;
    const auto type = Take<uint32_t>();
    const size_t length = Take<uint32_t>();
    if (length < sizeof(block_header) + sizeof(uint32_t)) {
      throw std::runtime_error("byte " + std::to_string(start) + ": a block is too short");
    }
    Range(start, length);
    const size_t end = start + length - sizeof(uint32_t);
    Content(type, end);
    at_ = end;  // over the bytes that fill the block up
    Take<uint32_t>();
  }

  void Content(uint32_t type, size_t end) {
    switch (type) {
      case SHB_BLOCK_TYPE:
        return TakeAll<uint32_t, uint16_t, uint16_t, uint64_t>();
      case MI_BLOCK_TYPE:
        TakeAll<uint32_t, uint64_t, uint64_t>();
        Keep(sizeof(scap_machine_info::hostname));
        return TakeAll<uint64_t, uint64_t, uint64_t, uint64_t>();
      case PL_BLOCK_TYPE_V9:
        return Entries(end, &Swapper::Thread);
      case FDL_BLOCK_TYPE_V2:
        Take<uint64_t>();  // whose they are
        return Entries(end, &Swapper::Descriptor);
      case IL_BLOCK_TYPE_V2:
        return Entries(end, &Swapper::Interface);
      case UL_BLOCK_TYPE_V2:
        return Entries(end, &Swapper::User);
      case EV_BLOCK_TYPE_V2:
        Take<uint16_t>();  // CPU
        return Event();
      case EVF_BLOCK_TYPE_V2:
        TakeAll<uint16_t, uint32_t>();
        return Event();
      default:
        throw std::runtime_error("block type " + std::to_string(type) + " is not known");
    }
  }

  // Each begins with its length, which counts itself but for interfaces. An entry may end before
  // what later versions of libscap have added, and has nothing that this one does not know.
  void Entries(size_t end, void (Swapper::*entry)()) {
    while (at_ + sizeof(uint32_t) < end) {
      const size_t start = at_;
      const size_t length = Take<uint32_t>();
      entry_end_ = start + length + (entry == &Swapper::Interface ? sizeof(uint32_t) : 0);
      (this->*entry)();
      if (at_ != entry_end_) {
        throw std::runtime_error("byte " + std::to_string(start) + ": an entry of other length");
      }
    }
  }

  void Thread() {
    TakeAll<uint64_t, uint64_t, uint64_t, uint64_t, uint64_t>();  // tid, pid, ptid, sid, vpgid
    for (int text = 0; text < 5; text++) {                        // comm, exe, exepath, args, cwd
      KeepText();
    }
    TakeAll<uint64_t, uint32_t, uint32_t, uint32_t>();            // fdlimit, flags, uid, gid
    TakeAll<uint32_t, uint32_t, uint32_t, uint64_t, uint64_t>();  // memory, page faults
    KeepText();                                                   // env
    TakeAll<uint64_t, uint64_t>();                                // vtid, vpid
    KeepText();                                                   // cgroups
    KeepText();                                                   // root
    // Before libs 0.10 the next two were not there, though the three after them were.
    if (at_ + kBeforeLibs010 < entry_end_) {
      TakeAll<uint64_t, uint32_t>();  // pidns_init_start_ts, tty
    }
    TakeLater<uint32_t, uint8_t>();                      // loginuid, exe_writable
    TakeLater<uint64_t, uint64_t, uint64_t, uint8_t>();  // capabilities, exe_upper_layer
    TakeLater<uint64_t, uint64_t, uint64_t>();           // exe_ino and its times
    TakeLater<uint8_t, uint8_t, uint64_t>();             // exe_from_memfd, exe_lower_layer, pgid
  }

  void Descriptor() {
    TakeAll<uint64_t, uint64_t>();  // fd, ino
    switch (Take<uint8_t>()) {
      case SCAP_FD_IPV4_SOCK:
        Keep(8);
        return TakeAll<uint16_t, uint16_t, uint8_t>();
      case SCAP_FD_IPV4_SERVSOCK:
        Keep(4);
        return TakeAll<uint16_t, uint8_t>();
      case SCAP_FD_IPV6_SOCK:
        Keep(32);
        return TakeAll<uint16_t, uint16_t, uint8_t>();
      case SCAP_FD_IPV6_SERVSOCK:
        Keep(16);
        return TakeAll<uint16_t, uint8_t>();
      case SCAP_FD_UNIX_SOCK:
        TakeAll<uint64_t, uint64_t>();
        return KeepText();
      case SCAP_FD_FILE_V2:
        Take<uint32_t>();
        KeepText();
        return TakeLater<uint32_t>();
      default:
        return KeepText();
    }
  }

  void Interface() {
    const auto type = Take<uint16_t>();
    const auto name_bytes = Take<uint16_t>();
    // Address, mask and broadcast address, in network order.
    Keep(3 * (type == SCAP_II_IPV4 ? sizeof(uint32_t) : size_t{SCAP_IPV6_ADDR_LEN}));
    Take<uint64_t>();
    Keep(name_bytes);
  }

  void User() {
    const bool is_group = Take<uint8_t>() == USERBLOCK_TYPE_GROUP;
    Take<uint32_t>();
    if (!is_group) {
      Take<uint32_t>();
    }
    for (int text = 0; text < (is_group ? 1 : 3); text++) {
      KeepText();
    }
  }

  void Event() {
    TakeAll<uint64_t, uint64_t, uint32_t>();
    const auto type = Take<uint16_t>();
    const auto count = Take<uint32_t>();
    const bool is_resize = IsResize(type, count);
    if (type >= PPM_EVENT_MAX ||
        (count > scap_get_event_info_table()[type].nparams && !is_resize)) {
      throw std::runtime_error("an event that this libscap does not know");
    }
    std::vector<size_t> lengths;
    for (uint32_t i = 0; i < count; i++) {
      lengths.push_back(Take<uint16_t>());
    }
    if (is_resize) {
      return Resize(lengths);
    }
    for (uint32_t i = 0; i < count; i++) {
      const size_t end = at_ + lengths[i];
      Param(scap_get_event_info_table()[type].params[i], lengths[i]);
      at_ = end;
    }
  }

  // See resize_call.h.
  void Resize(const std::vector<size_t>& lengths) {
    const auto call = Take<uint16_t>();
    Integer(lengths[1]);
    call == PPM_SC_TRUNCATE ? Keep(lengths[2]) : Integer(lengths[2]);
    Integer(lengths[3]);
  }

  void Param(const ppm_param_info& info, size_t length) {
    switch (info.type) {
      case PT_NONE:
      case PT_CHARBUF:
      case PT_BYTEBUF:
      case PT_FSPATH:
      case PT_FSRELPATH:
      case PT_CHARBUFARRAY:
      case PT_CHARBUF_PAIR_ARRAY:
      case PT_IPV4ADDR:
      case PT_IPV6ADDR:
      case PT_IPADDR:
      case PT_IPV4NET:
      case PT_IPV6NET:
      case PT_IPNET:
        return Keep(length);
      case PT_SOCKADDR:
        return SocketEnds(length, 1);
      case PT_SOCKTUPLE:
        return SocketEnds(length, 2);
      case PT_FDLIST:
        return DescriptorList(length);
      case PT_DYN:
        return Dynamic(info, length);
      default:
        return Integer(length);
    }
  }

  void Integer(size_t length) {
    if (length > sizeof(uint64_t) || (length & (length - 1)) != 0) {
      throw std::runtime_error("an integer of " + std::to_string(length) + " bytes");
    }
    char* place = Range(at_, length);
    std::reverse(place, place + length);
    at_ += length;
  }

  // A family, then for each end address and port; Unix sockets have pointers and a path.
  void SocketEnds(size_t length, int ends) {
    if (length == 0) {
      return;
    }
    const auto family = Take<uint8_t>();
    if (family == PPM_AF_UNIX) {
      for (int end = 0; end < (ends == 1 ? 0 : 2); end++) {
        Take<uint64_t>();
      }
      return;
    }
    const size_t address = family == PPM_AF_INET ? 4 : 16;
    if (length != 1 + static_cast<size_t>(ends) * (address + sizeof(uint16_t))) {
      return;  // of a family that has none
    }
    for (int end = 0; end < ends; end++) {
      Keep(address);
      Take<uint16_t>();
    }
  }

  void DescriptorList(size_t length) {
    if (length == 0) {
      return;
    }
    for (auto count = Take<uint16_t>(); count > 0; count--) {
      TakeAll<uint64_t, uint16_t>();
    }
  }

  // A byte tells which of several types it is.
  void Dynamic(const ppm_param_info& info, size_t length) {
    if (length == 0) {
      return;
    }
    const auto index = Take<uint8_t>();
    if (index >= info.ninfo) {
      throw std::runtime_error("a parameter of an unknown type");
    }
    Param(static_cast<const ppm_param_info*>(info.info)[index], length - 1);
  }

  std::string content_;
  size_t at_ = 0;
  size_t entry_end_ = 0;
  bool is_native_ = true;
};

void TestFile(const std::string& path) {
  const std::string original = ReadCapture(path);
  const std::string swapped = Swapper(original).Run();
  CHECK_THAT(swapped != original, path);
  CHECK_THAT(swapped.size() == original.size(), path);
  CHECK_THAT(Swapper(swapped).Run() == original, path);
  const std::filesystem::path place(path);
  const std::filesystem::path made = place.parent_path() / "s390x" / place.filename();
  if (std::filesystem::exists(made)) {
    CHECK_THAT(ReadCapture(made) == swapped, made.string());
  }
}

int Main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "--write") {
    WriteCapture(words[2], Swapper(ReadCapture(words[1])).Run());
    return 0;
  }
  for (const std::string& path : words) {
    TestFile(path);
  }
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main(int argc, char** argv) {
  try {
    return sysflow::test::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "swap_capture: %s\n", error.what());
    return 1;
  }
}
