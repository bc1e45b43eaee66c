/* Packed by a test: says what it sees of its own process. With -DPLUGIN, the library that it loads.
 */
#ifdef PLUGIN
int answer(void) { return 42; }
#else
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

extern char** environ;

// All but what the kernel brings, which qemu does since its tenth version.
static int images(struct dl_phdr_info* info, size_t size, void* count) {
  (void)size;
  *(int*)count += strncmp(info->dlpi_name, "linux-vdso", 10) != 0;
  return 0;
}

static void* square_root(void* value) {
  *(double*)value = sqrt(*(double*)value);
  return value;
}

static void load(const char* name) {
  void* image = dlopen(name, RTLD_NOW);
  if (image == NULL) {
    printf("%s: %s\n", name, strstr(dlerror(), "No such file") ? "no such file" : "other error");
    return;
  }
  int (*answer)(void) = (int (*)(void))dlsym(image, "answer");
  printf("%s: %d\n", name, answer == NULL ? -1 : answer());
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    if (strchr(argv[i], '.'))
      load(argv[i]);
    else
      printf("argument %s\n", argv[i]);
  }
  for (char** each = environ; *each; each++) printf("variable %s\n", *each);
  int count = 0;
  dl_iterate_phdr(images, &count);
  double value = 81;
  pthread_t thread;
  pthread_create(&thread, NULL, square_root, &value);
  pthread_join(thread, NULL);
  const ElfW(Phdr)* header = (const ElfW(Phdr)*)getauxval(AT_PHDR);
  printf("images %d, root %g, first header %u\n", count, value, header->p_type);
  return 7;
}
#endif
