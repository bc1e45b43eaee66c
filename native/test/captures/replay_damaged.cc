// Damaged captures end in an error of one line or, where the damage shows in no length, in records
// that are sound: never in a crash, a hang or a batch that its reader would refuse. Each case is a
// process of its own. usage: replay_damaged [--cases N] [--seed N] [--keep] FILE…
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "test/captures/batch_walk.h"

namespace sysflow::test {
namespace {

constexpr unsigned kSecondsMax = 60;
// Of the tables before the first event, which damage seldom hits by chance.
constexpr size_t kHeadBytes = 128 * 1024;

struct Arguments {
  unsigned cases = 12;  // of each file
  uint32_t seed = 1;
  bool keep = false;  // the damaged files, for a debugger
  std::vector<std::string> files;
};

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i++) {
    const std::string word = argv[i];
    if (word == "--cases" && i + 1 < argc) {
      arguments.cases = static_cast<unsigned>(std::atoi(argv[++i]));
    } else if (word == "--seed" && i + 1 < argc) {
      arguments.seed = static_cast<uint32_t>(std::atoi(argv[++i]));
    } else if (word == "--keep") {
      arguments.keep = true;
    } else {
      arguments.files.push_back(word);
    }
  }
  return arguments;
}

// Cuts the text, or changes some bits, bytes or 32-bit words of it.
std::string Damage(std::string text, std::mt19937& random, std::string* what) {
  const auto below = [&](size_t count) { return static_cast<size_t>(random()) % count; };
  const auto place = [&] {
    return below(random() % 2 == 0 ? text.size() : kHeadBytes) % text.size();
  };
  switch (below(4)) {
    case 0: {
      const size_t size = place();
      text.resize(size);
      *what = "cut to " + std::to_string(size);
      break;
    }
    case 1: {
      const size_t count = 1 + below(4);
      for (size_t i = 0; i < count; i++) {
        text[place()] ^= static_cast<char>(1 << below(8));
      }
      *what = "bits changed";
      break;
    }
    case 2: {
      const size_t count = 1 + below(200);
      for (size_t i = 0; i < count; i++) {
        text[place()] = static_cast<char>(random());
      }
      *what = "bytes changed";
      break;
    }
    default: {
      constexpr uint32_t kWords[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff4, 65535};
      const size_t at = place() / 4 * 4;
      std::memcpy(&text[at], &kWords[below(std::size(kWords))],
                  std::min<size_t>(4, text.size() - at));
      *what = "a word changed at " + std::to_string(at);
    }
  }
  return text;
}

// The child's status: 0 when all checks held, else a signal or an exit status.
int RunCase(const std::string& path, const std::string& context) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(kSecondsMax);  // its signal ends a replay that hangs
    Sums() = {};
    CaptureOptions options;
    options.engine.path = path;
    const Replayed replayed = Replay(std::move(options), context);
    if (replayed.error) {
      const std::string message = replayed.error->what();
      CHECK_THAT(message.find(path) != std::string::npos, message);
      CHECK_THAT(message.find("byte") != std::string::npos ||
                     message.find("before the first event") != std::string::npos,
                 message);
    }
    std::fflush(nullptr);
    _exit(Sums().failed == 0 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

int Main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const Arguments arguments = Parse(argc, argv);
  const fs::path folder =
      fs::temp_directory_path() / ("replay_damaged." + std::to_string(getpid()));
  fs::create_directory(folder);
  for (const std::string& file : arguments.files) {
    std::ifstream stream(file, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(stream)), {});
    for (unsigned i = 0; i < arguments.cases; i++) {
      const uint32_t seed = arguments.seed + i;
      std::mt19937 random(seed);
      std::string what;
      const fs::path path = folder / (fs::path(file).stem().string() + "." + std::to_string(seed));
      std::ofstream(path, std::ios::binary) << Damage(whole, random, &what);
      const std::string context = file + ", seed " + std::to_string(seed) + ", " + what;
      const int status = RunCase(path, context);
      if (CHECK_EQUAL(status, 0, context) && !arguments.keep) {
        fs::remove(path);
      }
    }
  }
  if (!arguments.keep) {
    fs::remove_all(folder);
  }
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main(int argc, char** argv) { return sysflow::test::Main(argc, argv); }
