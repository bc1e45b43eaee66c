// Hashes for tables whose keys others choose: programs their paths and descriptors, peers their
// addresses. They depend on a key drawn at the start, so that nobody can choose keys that meet in
// one bucket. The order in which a table is walked depends on it too: no output may.

#ifndef SYSFLOW_NATIVE_TABLES_KEYED_HASH_H_
#define SYSFLOW_NATIVE_TABLES_KEYED_HASH_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace sysflow {

struct HashKey {
  uint64_t first;
  uint64_t second;
};

// Drawn once in a run.
inline const HashKey& HashKeyOfRun() {
  static const HashKey key = [] {
    std::random_device device;
    const auto draw = [&device] {
      return (static_cast<uint64_t>(device()) << 32) | static_cast<uint32_t>(device());
    };
    return HashKey{draw(), draw()};
  }();
  return key;
}

// SipHash-1-3, which other languages' tables use for the same reason.
class TextHash {
 public:
  using is_transparent = void;

  explicit TextHash(const HashKey& key = HashKeyOfRun()) : key_(key) {}

  size_t operator()(std::string_view text) const noexcept {
    uint64_t v[4] = {key_.first ^ 0x736F6D6570736575u, key_.second ^ 0x646F72616E646F6Du,
                     key_.first ^ 0x6C7967656E657261u, key_.second ^ 0x7465646279746573u};
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
      Compress(v, Load(text.data() + at, sizeof(uint64_t)));
    }
    const uint64_t rest = Load(text.data() + at, text.size() - at);
    Compress(v, rest | (static_cast<uint64_t>(text.size()) << 56));
    v[2] ^= 0xFF;
    for (int round = 0; round < 3; round++) {
      Round(v);
    }
    return static_cast<size_t>(v[0] ^ v[1] ^ v[2] ^ v[3]);
  }

 private:
  static uint64_t Load(const char* from, size_t bytes) {
    uint64_t word = 0;
    std::memcpy(&word, from, bytes);
    if constexpr (std::endian::native == std::endian::big) {
      word = __builtin_bswap64(word);
    }
    return word;
  }

  static void Compress(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    Round(v);
    v[0] ^= word;
  }

  static void Round(uint64_t v[4]) {
    v[0] += v[1];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[0] = std::rotl(v[0], 32);
    v[2] += v[3];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
  }

  HashKey key_;
};

// Multiply and take the upper half: the hashes of any two numbers meet as rarely as those of random
// ones, as long as the factor is not known. One multiplication, since events are counted by it.
class NumberHash {
 public:
  explicit NumberHash(const HashKey& key = HashKeyOfRun())
      : addend_(key.first), factor_(key.second | 1) {}

  size_t operator()(int64_t number) const noexcept {
    return Mixed(static_cast<uint64_t>(number)) >> 32;
  }

  // Of so many bits.
  size_t Top(uint64_t number, unsigned bits) const { return Mixed(number) >> (64 - bits); }

 private:
  uint64_t Mixed(uint64_t number) const { return (number ^ addend_) * factor_; }

  uint64_t addend_;
  uint64_t factor_;
};

// How many entries of an unordered table meet in one bucket, at most. For tests.
template <typename Table>
size_t LargestBucket(const Table& table) {
  size_t largest = 0;
  for (size_t bucket = 0; bucket < table.bucket_count(); bucket++) {
    largest = std::max(largest, table.bucket_size(bucket));
  }
  return largest;
}

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_TABLES_KEYED_HASH_H_
