// Names of users or groups as a passwd or group file lists them, and the file that they are read
// from: looked at again when it has changed. Nothing is asked but files, so no network ever is.
//
// A newcomer's trap: a container chooses what its files are. Each is looked for below the
// container's root whatever links say, is opened only where it is a regular file, and has a bound.
#ifndef SYSFLOW_NATIVE_HOST_NAME_LIST_H_
#define SYSFLOW_NATIVE_HOST_NAME_LIST_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sysflow {

class NameList {
 public:
  NameList() = default;
  // Lines that are no entry, or one of NIS (`+`, `-`), are passed over. Of two entries with one id
  // the first counts, as for the C library. Names are bytes.
  explicit NameList(std::string_view text);

  // Nothing where no line has the id. The name lives as long as this.
  std::optional<std::string_view> Find(uint32_t id) const;

  size_t bytes() const { return names_.size() + entries_.size() * sizeof(Entry); }

 private:
  struct Entry {
    uint32_t id;
    uint32_t offset;
    uint32_t length;
  };

  std::string names_;
  std::vector<Entry> entries_;  // by id
};

// One such file below a folder that stands for the root.
class NameFile {
 public:
  // `name` is relative, such as etc/passwd; a longer file than `bytes_max` names nobody.
  NameFile(const char* name, size_t bytes_max) : name_(name), bytes_max_(bytes_max) {}

  // Reads the file where it has changed since. `root` is a descriptor of the root folder. True
  // where it has. A file that is not there, or none that may be read, names nobody.
  bool Refresh(int root);

  const NameList& list() const { return list_; }

 private:
  // What tells one content from another.
  struct Mark {
    uint64_t device = 0;
    uint64_t inode = 0;
    int64_t bytes = -1;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    bool operator==(const Mark&) const = default;
  };

  const char* name_;
  size_t bytes_max_;
  Mark mark_;
  bool is_settled_ = true;  // else it may change again within the clock tick of its mark
  NameList list_;
};

// The numbers that a user namespace gives to ids of the host: a file uid_map or gid_map of /proc.
class IdMap {
 public:
  // A text that is none maps nothing.
  explicit IdMap(std::string_view text);

  // The id inside; nothing where the host's has none there.
  std::optional<uint32_t> Inside(uint32_t host) const;

 private:
  struct Range {
    uint32_t inside;
    uint32_t host;
    uint32_t count;
  };
  std::vector<Range> ranges_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_HOST_NAME_LIST_H_
