// Keys that a program or a peer chooses so that they meet in one bucket of a table, where the hash
// is one that it can compute: with that hash they do, in our tables they do not. Counted in entries
// of a bucket, which are the steps of finding one; test/bench has the times.
#include "tables/keyed_hash.h"

#include <libscap/keyed_hash.h>
#include <libsinsp/sinsp.h>

#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "batch/io_slots.h"
#include "tables/container_handles.h"
#include "tables/enter_facts.h"
#include "tables/object_table.h"
#include "tables/process_handles.h"
#include "test/support/check.h"
#include "test/support/colliding_keys.h"

namespace sysflow::test {
namespace {

constexpr size_t kKeys = 2000;
// What as many random keys have at most in one bucket, but once in some millions of runs.
constexpr size_t kSteps = 16;

template <typename Make>
std::vector<std::string> CollidingTexts(Make make) {
  std::vector<std::string> keys = Texts(make, kKeys, true);
  std::unordered_map<std::string, char> plain;
  for (const std::string& key : keys) {
    plain.emplace(key, 0);
  }
  CHECK_EQUAL(LargestBucket(plain), kKeys, "the keys collide in a table without a key");
  return keys;
}

void Objects() {
  const auto check = [](const std::vector<std::string>& keys, const char* what) {
    ObjectTable table;
    for (const std::string& key : keys) {
      table.Intern(key);
    }
    CHECK_EQUAL(table.size(), keys.size(), what);
    CHECK_THAT(table.LargestBucket() <= kSteps, what);
  };
  check(CollidingTexts(PathOf), "paths");
  check(CollidingTexts(Ipv4Of), "IPv4 peers");
  check(CollidingTexts(Ipv6Of), "IPv6 peers");
}

void Containers() {
  ContainerHandles table;
  for (const std::string& id : CollidingTexts(ContainerOf)) {
    table.Add(id, 0, [](const std::string&) {});
  }
  CHECK_THAT(table.LargestBucket() <= kSteps, "containers");
}

void NumbersSpread() {
  std::unordered_map<int64_t, char> plain;
  std::unordered_map<int64_t, char, scap_keyed_hash> of_library;
  ProcessHandles processes;
  EnterFacts calls;
  for (const int64_t number : Numbers(kKeys, true)) {
    plain.emplace(number, 0);
    of_library.emplace(number, 0);
    processes.Add(number, 1);
    calls.Put(number, 2, 0, 0);
  }
  CHECK_EQUAL(LargestBucket(plain), kKeys, "the numbers collide in a table without a key");
  CHECK_THAT(LargestBucket(of_library) <= kSteps, "threads and descriptors of libsinsp");
  CHECK_THAT(processes.LargestBucket() <= kSteps, "processes");
  CHECK_THAT(calls.LargestBucket() <= kSteps, "entered calls");
}

// libsinsp's tables by numbers that programs choose are those with the keyed hash.
struct Threads : threadinfo_map_t {
  using Hash = decltype(m_threads)::hasher;
};
static_assert(std::is_same_v<Threads::Hash, scap_keyed_hash>);

size_t MostProbes(const HashKey& key, const std::vector<int64_t>& descriptors) {
  IoSlots slots(key);
  IoRecord record{};
  for (const int64_t fd : descriptors) {
    slots.Open(1, 1, fd, {}, &record);
  }
  size_t most = 0;
  for (const int64_t fd : descriptors) {
    CHECK_THAT(slots.Find(1, 1, fd, {}) == &record, "what was opened is found");
    most = std::max(most, slots.ProbesOf(1, fd));
  }
  return most;
}

// Descriptors whose places under a known factor are next to each other.
void Slots() {
  const HashKey known{0, 0x9E3779B97F4A7C15u};
  constexpr size_t kNeighbours = 128;
  std::vector<int64_t> descriptors;
  for (int64_t fd = 0; fd < 1 << 20 && descriptors.size() < kKeys; fd++) {
    const uint64_t key = (uint64_t{1} << 32) ^ static_cast<uint32_t>(fd);
    if ((key * known.second) >> 49 < kNeighbours) {
      descriptors.push_back(fd);
    }
  }
  CHECK_EQUAL(descriptors.size(), kKeys, "as many as wanted");
  CHECK_THAT(MostProbes(known, descriptors) > kKeys / 2, "they pile up under a known factor");
  CHECK_THAT(MostProbes(HashKeyOfRun(), descriptors) < 200, "and not under one that is not");
}

// The published vectors of SipHash-1-3: key 00 01 .. 0f, texts of the bytes 00, 01 ...
void Vectors() {
  const TextHash hash({0x0706050403020100u, 0x0F0E0D0C0B0A0908u});
  CHECK_EQUAL(hash(""), size_t{0xABAC0158050FC4DCu}, "no bytes");
  const TextHash other({1, 2});
  CHECK_THAT(hash("/etc/passwd") != other("/etc/passwd"), "the key counts");
  for (size_t length = 0; length < 40; length++) {
    const std::string text(length, 'a');
    CHECK_THAT(hash(text) != hash(text + '\0'), "the length counts");
    CHECK_EQUAL(hash(text), hash(std::string(text)), "equal texts are equal");
  }
}

int Main() {
  Vectors();
  Objects();
  Containers();
  NumbersSpread();
  Slots();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Main(); }
