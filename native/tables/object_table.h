// Handles for what descriptors refer to: paths (also names of pipes and Unix sockets) and IP
// sockets. Equal facts have one handle. When the table is full it starts anew, and the reader is
// told.

#ifndef SYSFLOW_NATIVE_TABLES_OBJECT_TABLE_H_
#define SYSFLOW_NATIVE_TABLES_OBJECT_TABLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "layout/limits.h"
#include "tables/keyed_hash.h"

namespace sysflow {

struct SocketFacts {
  uint32_t family;  // 4 or 6
  int32_t proto;    // IP protocol number, -1 unknown
  uint32_t sport;
  uint32_t dport;
  std::array<uint32_t, 4> sip;
  std::array<uint32_t, 4> dip;
};

class ObjectTable {
 public:
  explicit ObjectTable(size_t objects_max = kObjectsMax, size_t bytes_max = kObjectBytesMax,
                       const HashKey& key = HashKeyOfRun())
      : objects_max_(objects_max), bytes_max_(bytes_max), handles_(0, TextHash(key)) {}

  struct Result {
    uint32_t handle;
    bool added;
  };

  // The key is the path itself, or a socket's facts as bytes behind a NUL, which no path begins
  // with.
  Result Intern(std::string_view key) {
    const auto found = handles_.find(key);
    if (found != handles_.end()) {
      return {found->second, false};
    }
    const uint32_t handle = static_cast<uint32_t>(handles_.size()) + 1;
    handles_.emplace(std::string(key), handle);
    bytes_ += key.size();
    return {handle, true};
  }

  // No room for the two objects that one record may name.
  bool full() const { return handles_.size() + 2 > objects_max_ || bytes_ >= bytes_max_; }
  void Clear() {
    handles_.clear();
    bytes_ = 0;
  }
  size_t size() const { return handles_.size(); }
  // What finding an object costs at most, for tests.
  size_t LargestBucket() const { return sysflow::LargestBucket(handles_); }

 private:
  const size_t objects_max_;
  const size_t bytes_max_;
  size_t bytes_ = 0;
  std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> handles_;
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_TABLES_OBJECT_TABLE_H_
