// Keys that met in one bucket of the standard library's tables, by the hash that ours had once: a
// program or a peer can choose them.
#ifndef SYSFLOW_NATIVE_TEST_SUPPORT_COLLIDING_KEYS_H_
#define SYSFLOW_NATIVE_TEST_SUPPORT_COLLIDING_KEYS_H_

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tables/object_table.h"

namespace sysflow::test {

// How many buckets a table of the standard library has with so many keys.
inline size_t BucketsOf(size_t keys) {
  std::unordered_map<size_t, char> table;
  for (size_t key = 0; key < keys; key++) {
    table.emplace(key, 0);
  }
  return table.bucket_count();
}

// The first `count` texts of `make(n)`; where they are to collide, those that meet in bucket 0.
template <typename Make>
std::vector<std::string> Texts(Make make, size_t count, bool collide) {
  const size_t buckets = BucketsOf(count);
  std::vector<std::string> keys;
  for (uint32_t n = 0; keys.size() < count; n++) {
    const std::string key = make(n);
    if (!collide || std::hash<std::string_view>{}(key) % buckets == 0) {
      keys.push_back(key);
    }
  }
  return keys;
}

inline std::string PathOf(uint32_t n) { return "/srv/upload/" + std::to_string(1'000'000'000 + n); }
inline std::string ContainerOf(uint32_t n) { return std::to_string(100'000'000'000 + n); }

// As the emitter makes the key of a socket.
inline std::string SocketOf(uint32_t n, bool is_ipv6) {
  SocketFacts facts{is_ipv6 ? 6u : 4u, 17, 40000, 53, {}, {}};
  facts.sip[is_ipv6 ? 3 : 0] = n;
  char key[1 + sizeof(SocketFacts)] = {0};
  std::memcpy(key + 1, &facts, sizeof(facts));
  return {key, sizeof(key)};
}
inline std::string Ipv4Of(uint32_t n) { return SocketOf(n, false); }
inline std::string Ipv6Of(uint32_t n) { return SocketOf(n, true); }

// So many numbers; where they are to collide, multiples of the count of buckets.
inline std::vector<int64_t> Numbers(size_t count, bool collide) {
  const auto step = static_cast<int64_t>(collide ? BucketsOf(count) : 1);
  std::vector<int64_t> numbers;
  for (size_t n = 1; n <= count; n++) {
    numbers.push_back(static_cast<int64_t>(n) * step);
  }
  return numbers;
}

}  // namespace sysflow::test

#endif  // SYSFLOW_NATIVE_TEST_SUPPORT_COLLIDING_KEYS_H_
