// Both libraries of the packed test program: libhelper.so, which it needs, and plugin.so, which it
// opens. What can go wrong when an image is not loaded in the usual way: constructors, exceptions
// (which find their frames through the loader), variables of threads, symbols of other images.

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#ifdef PLUGIN
#define NAMED(name) plugin_##name
extern "C" int program_answer();
#else
#define NAMED(name) helper_##name
static int program_answer() { return 42; }
#endif

namespace {

thread_local int of_thread = 40;
thread_local std::string text_of_thread = "thread";
int constructed = 0;

struct Constructed {
  Constructed() { constructed = program_answer(); }
} constructed_by_loader;

struct Unwound {
  int* count;
  ~Unwound() { ++*count; }
};

int deep(int depth, int* unwound) {
  Unwound here{unwound};
  if (depth == 0) throw std::out_of_range("deep");
  return deep(depth - 1, unwound) + 1;
}

std::string throw_and_catch() {
  int unwound = 0;
  try {
    deep(20, &unwound);
  } catch (const std::out_of_range& error) {
    return std::string(error.what()) + " " + std::to_string(unwound);
  }
  return "nothing caught";
}

std::string in_threads() {
  int sum = 0;
  std::vector<std::string> texts(4);
  std::vector<std::thread> threads;
  for (auto& text : texts) {
    threads.emplace_back([&text] {
      text = text_of_thread + throw_and_catch();
      of_thread += 2;
      text += " " + std::to_string(of_thread);
    });
    threads.back().join();
  }
  for (auto& text : texts) sum += text == "threaddeep 21 42";
  return std::to_string(sum) + " threads, here " + std::to_string(of_thread);
}

}  // namespace

extern "C" {

// Without relocation there would be no RELRO to test.
__attribute__((visibility("default"))) extern const char* const NAMED(texts)[2] = {"one", "two"};

__attribute__((visibility("default"))) const char* NAMED(constant)() {
  return reinterpret_cast<const char*>(&NAMED(texts)[0]);
}

__attribute__((visibility("default"))) const char* NAMED(report)() {
  static std::string text;
  text = "constructed " + std::to_string(constructed) + ", caught " + throw_and_catch() + ", " +
         in_threads();
  return text.c_str();
}
}
