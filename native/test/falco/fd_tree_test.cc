// The library's tables of descriptors, which copies have in common until they write, against maps
// that are copied whole; and what a copy costs, in entries that are made anew.
#include <libsinsp/fd_tree.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

int clones = 0;

struct Entry {
  uint64_t m_owner = 0;
  uint64_t value = 0;

  std::unique_ptr<Entry> clone() const {
    clones++;
    return std::make_unique<Entry>(*this);
  }
};

using Tree = sinsp_fd_tree<Entry>;
using Model = std::map<int64_t, uint64_t>;

Model ContentOf(const Tree& tree, const std::string& context) {
  Model content;
  int64_t last = -1;
  tree.for_each([&](int64_t fd, const Entry& entry) {
    CHECK_THAT(fd > last || fd < 0 || fd >= static_cast<int64_t>(Tree::MAX_NUMBERS), context);
    last = fd;
    content.emplace(fd, entry.value);
    return true;
  });
  return content;
}

// Numbers as programs have them: small ones mostly; then such as only a capture claims.
int64_t Number(std::mt19937& random) {
  switch (random() % 16) {
    case 0:
      return static_cast<int64_t>(random() % 5000);
    case 1:
      return static_cast<int64_t>(random() % Tree::MAX_NUMBERS);
    case 2:
      return INT64_MAX - static_cast<int64_t>(random() % 3);
    case 3:
      return -static_cast<int64_t>(random() % 3) - 1;
    case 4:
      return static_cast<int64_t>(Tree::MAX_NUMBERS) - 1 + static_cast<int64_t>(random() % 2);
    default:
      return static_cast<int64_t>(random() % 40);
  }
}

void LikeMapsThatAreCopied() {
  for (uint32_t seed = 0; seed < 40; seed++) {
    std::mt19937 random(seed);
    const std::string context = "seed " + std::to_string(seed);
    std::vector<std::unique_ptr<Tree>> trees(4);
    std::vector<Model> models(4);
    for (auto& tree : trees) {
      tree = std::make_unique<Tree>();
    }
    uint64_t value = 0;
    for (int step = 0; step < 3000; step++) {
      const size_t at = random() % trees.size();
      const size_t other = random() % trees.size();
      const int64_t fd = Number(random);
      Tree& tree = *trees[at];
      Model& model = models[at];
      switch (random() % 20) {
        case 0:
          if (at != other) {
            tree.clear();
            tree.copy(*trees[other]);
            model = models[other];
          }
          break;
        case 1:
          if (random() % 4 == 0) {
            tree.clear();
            model.clear();
          }
          break;
        case 2:
          tree.swap(*trees[other]);
          model.swap(models[other]);
          break;
        case 3:
          // The end of a process, and another with a table of its own.
          if (random() % 4 == 0) {
            trees[at] = std::make_unique<Tree>();
            model.clear();
          }
          break;
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
          CHECK_EQUAL(tree.erase(fd), model.erase(fd) == 1, context);
          break;
        case 9:
        case 10:
        case 11:
        case 12:
          if (const auto entry = tree.own(fd); entry != nullptr) {
            entry->value = ++value;
            CHECK_EQUAL(model.count(fd), 1U, context);
            model[fd] = value;
          } else {
            CHECK_EQUAL(model.count(fd), 0U, context);
          }
          break;
        default: {
          auto entry = std::make_shared<Entry>();
          entry->value = ++value;
          CHECK_THAT(tree.put(fd, std::move(entry)), context);
          model[fd] = value;
          break;
        }
      }
      const Entry* entry = trees[at]->peek(fd);
      CHECK_EQUAL(entry != nullptr, models[at].count(fd) == 1, context);
      if (entry != nullptr) {
        CHECK_EQUAL(entry->value, models[at][fd], context);
      }
      if (step % 50 == 0) {
        for (size_t i = 0; i < trees.size(); i++) {
          CHECK_THAT(ContentOf(*trees[i], context) == models[i], context);
          CHECK_EQUAL(trees[i]->size(), models[i].size(), context);
        }
      }
    }
  }
}

void CopiesMakeNothingAnew() {
  Tree parent;
  constexpr int kEntries = 20'000;
  for (int fd = 0; fd < kEntries; fd++) {
    parent.put(fd, std::make_shared<Entry>());
  }
  clones = 0;
  for (int fork = 0; fork < 1000; fork++) {
    Tree child;
    child.copy(parent);
    child.own(fork);
    child.erase(fork + 1);
    child.put(fork + 2, std::make_shared<Entry>());
  }
  CHECK_EQUAL(clones, 1000, "a copy makes what it writes to, and nothing else");
  CHECK_EQUAL(parent.size(), static_cast<size_t>(kEntries), "and leaves the original as it was");
  clones = 0;
  for (int fd = 0; fd < kEntries; fd++) {
    CHECK_THAT(parent.own(fd) != nullptr, "an entry of the parent");
  }
  CHECK_EQUAL(clones, 0, "what no copy refers to any more is written to as it is");
}

void FewAreKeptApart() {
  Tree tree;
  const auto put = [&](int64_t fd) { return tree.put(fd, std::make_shared<Entry>()); };
  const auto beyond = static_cast<int64_t>(Tree::MAX_NUMBERS);
  for (size_t i = 0; i < Tree::MAX_APART; i++) {
    CHECK_THAT(put(beyond + static_cast<int64_t>(i)), "there is room");
  }
  CHECK_THAT(!put(-1), "there is no room for more");
  CHECK_THAT(put(beyond), "but for one that is there");
  CHECK_THAT(put(beyond - 1), "and for all that a kernel has");
  CHECK_EQUAL(tree.size(), Tree::MAX_APART + 1, "what was refused does not count");
}

void VisitsEnd() {
  Tree tree;
  for (int fd = 0; fd < 100; fd++) {
    tree.put(fd, std::make_shared<Entry>());
  }
  int visited = 0;
  const bool whole = tree.for_each([&](int64_t fd, const Entry& entry) {
    visited++;
    return fd != 41 && entry.value == 0;
  });
  CHECK_THAT(!whole && visited == 42, "a visit ends where its visitor says so");
}

}  // namespace
}  // namespace sysflow::test

int main() {
  sysflow::test::LikeMapsThatAreCopied();
  sysflow::test::CopiesMakeNothingAnew();
  sysflow::test::FewAreKeptApart();
  sysflow::test::VisitsEnd();
  return sysflow::test::Finish();
}
