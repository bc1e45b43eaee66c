// The program that test/build/pack/packed-program.test.ts packs. What it does is its first
// argument; what it finds goes to standard output.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

/** Of libhelper.so, which is loaded with the program. */
const char* helper_report(void);

/** For plugin.so, which finds it in the program. */
int program_answer(void) { return 42; }

static int show_environment(void) {
  for (char** variable = environ; *variable; variable++) puts(*variable);
  return 0;
}

/** The vector that follows the environment must be the one that the C library knows. */
static int show_auxv(void) {
  char** end = environ;
  while (*end) end++;
  int wrong = 0, count = 0;
  for (Elf64_auxv_t* entry = (Elf64_auxv_t*)(end + 1); entry->a_type; entry++, count++) {
    wrong += getauxval(entry->a_type) != entry->a_un.a_val;
  }
  const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
  int sum = 0;
  for (int i = 0; i < 16; i++) sum |= random[i];
  printf("entries %s, wrong %d\n", count > 10 ? "many" : "few", wrong);
  printf("page size %lu, random %s\n", getauxval(AT_PAGESZ), sum ? "yes" : "no");
  printf("secure %lu, uid %s\n", getauxval(AT_SECURE),
         getauxval(AT_UID) == (unsigned long)getuid() ? "right" : "wrong");
  printf("platform %s\n", (const char*)getauxval(AT_PLATFORM));
  return 0;
}

static int open_library(const char* name) {
  void* library = dlopen(name, RTLD_NOW);
  printf("%s\n", library ? "opened" : dlerror());
  return library == NULL;
}

static int show_loaded(const char* name) {
  puts(dlopen(name, RTLD_NOW | RTLD_NOLOAD) ? "loaded" : "not loaded");
  return 0;
}

static const char* (*plugin_function(const char* name))(void) {
  void* plugin = dlopen("plugin.so", RTLD_NOW | RTLD_LOCAL);
  if (!plugin || dlopen("plugin.so", RTLD_NOW | RTLD_NOLOAD) != plugin) {
    puts(plugin ? "loaded twice" : dlerror());
    exit(1);
  }
  return (const char* (*)(void))dlsym(plugin, name);
}

static int use_plugin(void) {
  puts(helper_report());
  puts(plugin_function("plugin_report")());
  return 0;
}

/** Ends by a signal: what was relocated is read-only afterwards. */
static int write_constant(void) {
  *(const char* volatile*)plugin_function("plugin_constant")() = NULL;
  return 0;
}

static int show_maps(const char* after_opening) {
  if (after_opening) dlopen(after_opening, RTLD_NOW);
  char line[512];
  FILE* maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps)) fputs(line, stdout);
  return maps == NULL;
}

static int show_stack(void) {
  pthread_attr_t attributes;
  size_t size = 0;
  pthread_attr_init(&attributes);
  pthread_attr_getstacksize(&attributes, &size);
  printf("%zu\n", size);
  return 0;
}

/** Tells of each standard descriptor what it is, what reading it gives, and whether it is writable.
 */
static int show_descriptors(void) {
  char text[256];
  int length = 0;
  for (int fd = 0; fd <= 2; fd++) {
    struct stat status;
    char byte;
    const char* kind = fstat(fd, &status) ? "closed" : S_ISCHR(status.st_mode) ? "device" : "file";
    const int end = read(fd, &byte, 1) == 0;
    const int takes = write(fd, "x", 1) == 1;
    length += snprintf(text + length, sizeof text - length, "%s %s %s\n", kind,
                       end ? "at its end" : "not readable", takes ? "takes" : "refuses");
  }
  // The fourth, which whoever starts this leaves open.
  return write(3, text, length) != length;
}

int main(int argc, char** argv) {
  const char* task = argc > 1 ? argv[1] : "";
  if (!strcmp(task, "environment")) return show_environment();
  if (!strcmp(task, "auxv")) return show_auxv();
  if (!strcmp(task, "open")) return open_library(argv[2]) + open_library(argv[2]);
  if (!strcmp(task, "loaded")) return show_loaded(argv[2]);
  if (!strcmp(task, "plugin")) return use_plugin();
  if (!strcmp(task, "constant")) return write_constant();
  if (!strcmp(task, "maps")) return show_maps(argv[2]);
  if (!strcmp(task, "stack")) return show_stack();
  if (!strcmp(task, "descriptors")) return show_descriptors();
  return 2;
}
