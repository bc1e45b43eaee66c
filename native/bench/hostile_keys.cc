// What keys cost that a program or a peer has chosen so that they met in one bucket, against
// ordinary ones: found again and again in each native table that others fill. Prints one line of
// JSON.
#include <libscap/keyed_hash.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "tables/container_handles.h"
#include "tables/object_table.h"
#include "tables/process_handles.h"
#include "test/support/colliding_keys.h"

namespace {

using namespace sysflow;        // NOLINT(google-build-using-namespace): a program of its own
using namespace sysflow::test;  // NOLINT(google-build-using-namespace)

constexpr size_t kKeys = 4000;
constexpr int kRounds = 9;
constexpr int kTurns = 20;

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Nanoseconds of finding one key, in the best round.
template <typename Keys, typename Find>
double Cost(const Keys& keys, Find find) {
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; round++) {
    const double begin = CpuSeconds();
    for (int turn = 0; turn < kTurns; turn++) {
      for (const auto& key : keys) {
        find(key);
      }
    }
    best = std::min(best, CpuSeconds() - begin);
  }
  return best * 1e9 / kTurns / static_cast<double>(keys.size());
}

double ObjectCost(const std::vector<std::string>& keys) {
  ObjectTable table;
  return Cost(keys, [&](const std::string& key) { table.Intern(key); });
}

double ContainerCost(const std::vector<std::string>& keys) {
  ContainerHandles table;
  for (const std::string& key : keys) {
    table.Add(key, 0, [](const std::string&) {});
  }
  return Cost(keys, [&](const std::string& key) { table.Find(key); });
}

double ProcessCost(const std::vector<int64_t>& keys) {
  ProcessHandles table;
  for (const int64_t key : keys) {
    table.Add(key, 1);
  }
  return Cost(keys, [&](int64_t key) { table.Find(key); });
}

// libsinsp's threads and descriptors.
double LibraryCost(const std::vector<int64_t>& keys) {
  std::unordered_map<int64_t, int64_t, scap_keyed_hash> table;
  for (const int64_t key : keys) {
    table.emplace(key, key);
  }
  volatile int64_t found = 0;
  return Cost(keys, [&](int64_t key) { found = table.find(key)->second; });
}

void Print(const char* name, double colliding, double ordinary, bool is_last = false) {
  std::printf("{\"name\":\"%s\",\"collidingNs\":%.1f,\"ordinaryNs\":%.1f}%s", name, colliding,
              ordinary, is_last ? "" : ",");
}

}  // namespace

int main() {
  const auto texts = [](auto make, bool collide) { return Texts(make, kKeys, collide); };
  std::printf("[");
  Print("paths", ObjectCost(texts(PathOf, true)), ObjectCost(texts(PathOf, false)));
  Print("IPv4 peers", ObjectCost(texts(Ipv4Of, true)), ObjectCost(texts(Ipv4Of, false)));
  Print("IPv6 peers", ObjectCost(texts(Ipv6Of, true)), ObjectCost(texts(Ipv6Of, false)));
  Print("containers", ContainerCost(texts(ContainerOf, true)),
        ContainerCost(texts(ContainerOf, false)));
  Print("processes", ProcessCost(Numbers(kKeys, true)), ProcessCost(Numbers(kKeys, false)));
  Print("threads and descriptors of libsinsp", LibraryCost(Numbers(kKeys, true)),
        LibraryCost(Numbers(kKeys, false)), true);
  std::printf("]\n");
  return 0;
}
