// The floor of every replay benchmark: libsinsp's next() over a capture, and nothing else.
// usage: next_floor FILE.scap — prints one line of JSON.
#include <libsinsp/sinsp.h>
#include <sys/resource.h>

#include <cstdio>
#include <ctime>

namespace {

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: next_floor FILE.scap\n", stderr);
    return 2;
  }
  const double wall_start = Seconds(CLOCK_MONOTONIC);
  sinsp inspector;
  unsigned long long events = 0;
  try {
    inspector.open_savefile(argv[1]);
    for (;;) {
      sinsp_evt* event = nullptr;
      const int32_t outcome = inspector.next(&event);
      if (outcome == SCAP_EOF) {
        break;
      }
      if (outcome == SCAP_SUCCESS) {
        events++;
      } else if (outcome != SCAP_TIMEOUT && outcome != SCAP_FILTERED_EVENT) {
        std::fprintf(stderr, "next_floor: %s\n", inspector.getlasterr().c_str());
        return 1;
      }
    }
    inspector.close();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "next_floor: %s\n", error.what());
    return 1;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"events\":%llu,\"wallSeconds\":%.6f,\"cpuSeconds\":%.6f,\"maxRssKb\":%ld}\n",
              events, Seconds(CLOCK_MONOTONIC) - wall_start, Seconds(CLOCK_PROCESS_CPUTIME_ID),
              usage.ru_maxrss);
  return 0;
}
