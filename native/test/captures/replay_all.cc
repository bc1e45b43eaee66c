// Replays captures from beginning to end and checks every batch record. usage: replay_all FILE…
// Each is read twice: in batches of the usual size, and in batches cut after every few records.
#include <string>
#include <vector>

#include "test/captures/batch_walk.h"

namespace sysflow::test {
namespace {

int Main(int argc, char** argv) {
  for (const std::string& path : std::vector<std::string>(argv + 1, argv + argc)) {
    uint64_t events = 0;
    for (const size_t batch_records : {0, 3}) {
      CaptureOptions options;
      options.engine.path = path;
      options.emitter.batch_records_max = batch_records;
      const Replayed replayed = Replay(std::move(options), path);
      CHECK_THAT(!replayed.error, replayed.error ? replayed.error->what() : path);
      CHECK_THAT(replayed.records > 0, path);
      CHECK_THAT(events == 0 || replayed.events == events, path);
      events = replayed.events;
    }
  }
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main(int argc, char** argv) { return sysflow::test::Main(argc, argv); }
