/* Debian's libgcc_eh.a is made for glibc 2.35 and later and finds a frame's unwind table with
   _dl_find_object. musl has no such function, so this answers from dl_iterate_phdr, which it has.
   Hidden: each shared object brings its own, and nobody else should find it. */

#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <stdint.h>

/* The layout is glibc's, on machines without a separate data base for unwind tables. */
struct dl_find_object {
  unsigned long long dlfo_flags;
  void *dlfo_map_start;
  void *dlfo_map_end;
  struct link_map *dlfo_link_map;
  void *dlfo_eh_frame;
  unsigned long long dlfo_reserved[7];
};

struct search {
  uintptr_t address;
  struct dl_find_object *found;
};

static int look(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size;
  struct search *search = data;
  const ElfW(Phdr) *code = NULL;
  const ElfW(Phdr) *table = NULL;
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    const uintptr_t start = object->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_GNU_EH_FRAME) table = header;
    if (header->p_type == PT_LOAD && search->address - start < header->p_memsz) code = header;
  }
  if (code == NULL) return 0;
  const uintptr_t base = object->dlpi_addr;
  search->found->dlfo_flags = 0;
  search->found->dlfo_map_start = (void *)(base + code->p_vaddr);
  search->found->dlfo_map_end = (void *)(base + code->p_vaddr + code->p_memsz);
  search->found->dlfo_link_map = NULL;
  search->found->dlfo_eh_frame = table == NULL ? NULL : (void *)(base + table->p_vaddr);
  return 1;
}

/* 0 and `result` filled in when an object holds `address`, else -1. */
__attribute__((visibility("hidden"))) int _dl_find_object(void *address,
                                                          struct dl_find_object *result) {
  struct search search = {(uintptr_t)address, result};
  return dl_iterate_phdr(look, &search) > 0 ? 0 : -1;
}
