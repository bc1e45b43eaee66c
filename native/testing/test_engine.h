// The scripted engine: events made in a test go through the whole of libsinsp and everything behind
// it. Part of release builds, so that the shipped executable is what is tested.
#ifndef SYSFLOW_NATIVE_TESTING_TEST_ENGINE_H_
#define SYSFLOW_NATIVE_TESTING_TEST_ENGINE_H_

#include <libscap/engine/test_input/scap_test.h>
#include <libscap/scap.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace sysflow {

// What differs between the rounds of a repeated script: an integer that counts up. In round r it is
// from + (r % modulo) * step.
struct TestCounter {
  int64_t from = 0;
  int64_t step = 1;
  uint64_t modulo = UINT64_MAX;  // above 0
  // Where it lies: in the text that it is part of, and once encoded in the event.
  size_t offset = 0;
  size_t bytes = 0;
  bool hex = false;  // as digits of a text, else in the machine's order
};

struct CountedBytes {
  std::string bytes;
  std::vector<TestCounter> counters;
};

// A parameter as JavaScript gave it: nothing, an integer, or bytes (texts get their NUL here). The
// last two differ from round to round.
using TestParam = std::variant<std::monostate, int64_t, std::string, TestCounter, CountedBytes>;

struct TestEvent {
  uint64_t ts = 0;  // ns since the epoch
  std::variant<int64_t, TestCounter> tid = 0;
  std::string type;  // libscap's name, such as PPME_SYSCALL_READ_X
  std::vector<TestParam> params;
};

struct TestThread {
  int64_t tid = 0;
  int64_t pid = 0;
  int64_t ptid = 0;
  uint64_t create_ts = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string exe;
  std::string cwd;
};

struct TestScript {
  std::vector<TestThread> threads;
  std::vector<TestEvent> events;
  // The events come so many times over, each time so much later. Memory is that of one round.
  uint64_t rounds = 1;
  uint64_t round_ns = 0;
};

// The script in libscap's form. Owns all memory that `data` points to.
class TestInput {
 public:
  // Throws CaptureError for an unknown event type or parameters that do not fit it.
  explicit TestInput(const TestScript& script);

  scap_test_input_data* data() { return &data_; }

  // Makes the events of the next round available; false after the last one.
  bool NextRound();

 private:
  struct EncodedCounter {
    size_t event;
    TestCounter counter;
  };

  void AddEvent(const TestEvent& event);
  void AddThread(const TestThread& thread);
  void Count();

  std::vector<std::unique_ptr<uint64_t[]>> memory_;
  std::vector<ppm_evt_hdr*> events_;
  std::vector<EncodedCounter> counters_;
  uint64_t round_ = 0;
  const uint64_t rounds_;
  const uint64_t round_ns_;
  std::vector<scap_threadinfo> threads_;
  std::vector<scap_test_fdinfo_data> descriptors_;
  scap_test_input_data data_{};
};

}  // namespace sysflow

#endif  // SYSFLOW_NATIVE_TESTING_TEST_ENGINE_H_
