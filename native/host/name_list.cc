// See name_list.h.
#include "host/name_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>

#include "host/owned_fd.h"

namespace sysflow {
namespace {

// As long as libsinsp keeps one.
constexpr size_t kNameBytesMax = 255;
constexpr int64_t kSecondNs = 1'000'000'000;
// How long a file system may show one time for two changes, generously.
constexpr int64_t kTickNs = 2 * kSecondNs;

// As the kernel has it; not every C library's headers do.
struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};
constexpr long kOpenat2 = 437;  // on every architecture
constexpr uint64_t kNoMagicLinks = 2;
constexpr uint64_t kInRoot = 16;

// Links lead to `root` and never out of it. Kernels before 5.6 have no such call: there only a file
// that no link leads to is taken.
int OpenPath(int root, const char* name) {
  const OpenHow how{O_PATH | O_CLOEXEC, 0, kInRoot | kNoMagicLinks};
  const long fd = syscall(kOpenat2, root, name, &how, sizeof(how));
  if (fd >= 0 || errno != ENOSYS) {
    return static_cast<int>(fd);
  }
  const std::string_view path = name;
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return openat(root, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }
  const std::string folder(path.substr(0, slash));
  const OwnedFd parent(openat(root, folder.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return parent.is_open() ? openat(parent.get(), name + slash + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC)
                          : -1;
}

int64_t Ns(const timespec& time) { return int64_t{time.tv_sec} * kSecondNs + time.tv_nsec; }

// The whole file behind a descriptor that cannot read; empty where that fails or it has grown.
std::string ReadAll(int path, size_t bytes) {
  const std::string name = "/proc/self/fd/" + std::to_string(path);
  const OwnedFd file(open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  std::string text(bytes + 1, '\0');
  size_t have = 0;
  while (file.is_open() && have < text.size()) {
    const ssize_t got = read(file.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      break;
    }
    have += static_cast<size_t>(got);
  }
  text.resize(have > bytes ? 0 : have);
  return text;
}

bool ReadNumber(std::string_view text, uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Cuts the text up to `mark`, or all of it, off its front.
std::string_view Cut(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return part;
}

}  // namespace

NameList::NameList(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = Cut(text, '\n');
    const std::string_view name = Cut(line, ':');
    Cut(line, ':');
    uint32_t id = 0;
    const bool is_name = !name.empty() && name.size() <= kNameBytesMax && name[0] != '+' &&
                         name[0] != '-' && name[0] != '#' &&
                         name.find('\0') == std::string_view::npos;
    if (is_name && ReadNumber(Cut(line, ':'), id)) {
      entries_.push_back(
          {id, static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(name.size())});
      names_ += name;
    }
  }
  const auto by_id = [](const Entry& a, const Entry& b) { return a.id < b.id; };
  std::stable_sort(entries_.begin(), entries_.end(), by_id);
  names_.shrink_to_fit();
  entries_.shrink_to_fit();
}

std::optional<std::string_view> NameList::Find(uint32_t id) const {
  const auto entry =
      std::lower_bound(entries_.begin(), entries_.end(), id,
                       [](const Entry& each, uint32_t wanted) { return each.id < wanted; });
  if (entry == entries_.end() || entry->id != id) {
    return std::nullopt;
  }
  return std::string_view(names_).substr(entry->offset, entry->length);
}

bool NameFile::Refresh(int root) {
  const OwnedFd path(OpenPath(root, name_));
  struct stat facts {};
  Mark mark;
  const bool is_there = path.is_open() && fstat(path.get(), &facts) == 0 &&
                        S_ISREG(facts.st_mode) && facts.st_size >= 0 &&
                        static_cast<uint64_t>(facts.st_size) <= bytes_max_;
  if (is_there) {
    mark = {facts.st_dev, facts.st_ino, facts.st_size, Ns(facts.st_mtim), Ns(facts.st_ctim)};
  }
  if (mark == mark_ && is_settled_) {
    return false;
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const int64_t newest_ns = std::max(mark.modified_ns, mark.changed_ns);
  is_settled_ = !is_there || Ns(now) - newest_ns > kTickNs || newest_ns > Ns(now) + kTickNs;
  mark_ = mark;
  list_ = is_there ? NameList(ReadAll(path.get(), static_cast<size_t>(facts.st_size))) : NameList();
  return true;
}

IdMap::IdMap(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = Cut(text, '\n');
    uint32_t numbers[3] = {};
    bool is_range = true;
    for (uint32_t& number : numbers) {
      line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
      is_range = is_range && ReadNumber(Cut(line, ' '), number);
    }
    if (is_range) {
      ranges_.push_back({numbers[0], numbers[1], numbers[2]});
    }
  }
}

std::optional<uint32_t> IdMap::Inside(uint32_t host) const {
  for (const Range& range : ranges_) {
    if (host >= range.host && host - range.host < range.count) {
      return range.inside + (host - range.host);
    }
  }
  return std::nullopt;
}

}  // namespace sysflow
