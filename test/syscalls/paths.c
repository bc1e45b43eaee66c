// What is done to files by their names, and to names. Every call is made twice:
// it succeeds, and then fails.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "syscalls.h"

// Prints the facts of one call; `arguments` is what schema 6 has of them, or
// null.
static void event(const char* flags, const char* path, const char* new_path, const char* arguments,
                  long ret) {
  const int error = errno;
  char more[1024] = "";
  if (new_path != NULL) {
    snprintf(more, sizeof more, ",\"newPath\":\"%s\"", new_path);
  }
  if (arguments != NULL) {
    const size_t used = strlen(more);
    snprintf(more + used, sizeof more - used, ",\"arguments\":\"%s\"", arguments);
  }
  facts_of(call_name, ret == 0 ? "success" : "failure");
  fact("FileEvent", "\"flags\":\"%s\",\"path\":\"%s\",\"ret\":%d%s", flags, path,
       ret == 0 ? 0 : -error, more);
}

// What is relative begins at this one: the folder.
static int folder(void) { return opened(path_of(""), O_RDONLY | O_DIRECTORY); }

#ifdef SYS_mkdir
static void make_mkdir(void) {
  const char* path = path_for("folder");
  event("MKDIR", path, NULL, NULL, syscall(SYS_mkdir, path, 0700));
  event("MKDIR", path, NULL, NULL, syscall(SYS_mkdir, path, 0700));
}
#endif

static void make_mkdirat(void) {
  const int dir = folder();
  const char* path = path_for("folder");
  event("MKDIR", path, NULL, NULL, syscall(SYS_mkdirat, dir, "mkdirat-folder", 0700));
  event("MKDIR", path, NULL, NULL, syscall(SYS_mkdirat, dir, "mkdirat-folder", 0700));
  close(dir);
}

#ifdef SYS_rmdir
static void make_rmdir(void) {
  const char* path = path_for("folder");
  need(mkdir(path, 0700) == 0, path);
  event("RMDIR", path, NULL, NULL, syscall(SYS_rmdir, path));
  event("RMDIR", path, NULL, NULL, syscall(SYS_rmdir, path));
}
#endif

#ifdef SYS_link
static void make_link(void) {
  const char* from = filled("file", 1);
  const char* to = path_for("name");
  event("LINK", from, to, NULL, syscall(SYS_link, from, to));
  event("LINK", from, to, NULL, syscall(SYS_link, from, to));
}
#endif

static void make_linkat(void) {
  const int dir = folder();
  const char* from = filled("file", 1);
  const char* to = path_for("name");
  event("LINK", from, to, NULL, syscall(SYS_linkat, dir, "linkat-file", dir, "linkat-name", 0));
  event("LINK", from, to, NULL, syscall(SYS_linkat, dir, "linkat-file", dir, "linkat-name", 0));
  close(dir);
}

#ifdef SYS_symlink
static void make_symlink(void) {
  const char* to = path_for("name");
  event("SYMLINK", "/some/where", to, NULL, syscall(SYS_symlink, "/some/where", to));
  event("SYMLINK", "/some/where", to, NULL, syscall(SYS_symlink, "/some/where", to));
}
#endif

// The target counts from the folder of the link.
static void make_symlinkat(void) {
  const int dir = folder();
  const char* to = path_for("name");
  const char* target = path_of("where");
  event("SYMLINK", target, to, NULL, syscall(SYS_symlinkat, "./where", dir, "symlinkat-name"));
  event("SYMLINK", target, to, NULL, syscall(SYS_symlinkat, "./where", dir, "symlinkat-name"));
  close(dir);
}

#ifdef SYS_unlink
static void make_unlink(void) {
  const char* path = filled("file", 1);
  event("UNLINK", path, NULL, NULL, syscall(SYS_unlink, path));
  event("UNLINK", path, NULL, NULL, syscall(SYS_unlink, path));
}
#endif

static void make_unlinkat(void) {
  const int dir = folder();
  const char* path = filled("file", 1);
  event("UNLINK", path, NULL, NULL, syscall(SYS_unlinkat, dir, "unlinkat-file", 0));
  event("UNLINK", path, NULL, NULL, syscall(SYS_unlinkat, dir, "unlinkat-file", 0));
  close(dir);
}

#ifdef SYS_rename
static void make_rename(void) {
  const char* from = filled("file", 1);
  const char* to = path_for("name");
  event("RENAME", from, to, NULL, syscall(SYS_rename, from, to));
  event("RENAME", from, to, NULL, syscall(SYS_rename, from, to));
}
#endif

static void rename_at(long number) {
  const int dir = folder();
  const char* from = filled("file", 1);
  const char* to = path_for("name");
  const char* base = strrchr(to, '/') + 1;
  event("RENAME", from, to, NULL, syscall(number, AT_FDCWD, from, dir, base, 0));
  event("RENAME", from, to, NULL, syscall(number, AT_FDCWD, from, dir, base, 0));
  close(dir);
}

#ifdef SYS_renameat
static void make_renameat(void) { rename_at(SYS_renameat); }
#endif
static void make_renameat2(void) { rename_at(SYS_renameat2); }

#ifdef SYS_chmod
static void make_chmod(void) {
  const char* path = filled("file", 1);
  event("CHMOD", path, NULL, "04750", syscall(SYS_chmod, path, 04750));
  path = path_for("missing");
  event("CHMOD", path, NULL, "0000", syscall(SYS_chmod, path, 0));
}
#endif

// A descriptor that has a path and no right to anything.
static int path_only(const char* path) { return opened(path, O_PATH); }

static void make_fchmod(void) {
  const char* path = filled("file", 1);
  const int good = opened(path, O_RDONLY);
  const int bad = path_only(path);
  event("CHMOD", path, NULL, "0640", syscall(SYS_fchmod, good, 0640));
  event("CHMOD", path, NULL, "0641", syscall(SYS_fchmod, bad, 0641));
  close(good);
  close(bad);
}

static void mode_at(long number) {
  const int dir = folder();
  const char* path = filled("file", 1);
  event("CHMOD", path, NULL, "0711", syscall(number, dir, strrchr(path, '/') + 1, 0711, 0));
  path = path_for("missing");
  event("CHMOD", path, NULL, "0711", syscall(number, dir, strrchr(path, '/') + 1, 0711, 0));
  close(dir);
}

// Linux 6.6 has it; headers of before do not name it. The number is that of
// every architecture.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
static void make_fchmodat(void) { mode_at(SYS_fchmodat); }
static void make_fchmodat2(void) { mode_at(SYS_fchmodat2); }

static void make_truncate(void) {
  const char* path = filled("file", 9);
  event("RESIZE", path, NULL, "5000000000", syscall(SYS_truncate, path, 5000000000));
  event("RESIZE", path, NULL, "-1", syscall(SYS_truncate, path, -1L));
  path = path_for("missing");
  event("RESIZE", path, NULL, "0", syscall(SYS_truncate, path, 0L));
}

static void make_ftruncate(void) {
  const char* path = filled("file", 9);
  const int good = opened(path, O_WRONLY);
  const int bad = opened(path, O_RDONLY);
  event("RESIZE", path, NULL, "4", syscall(SYS_ftruncate, good, 4L));
  event("RESIZE", path, NULL, "3", syscall(SYS_ftruncate, bad, 3L));
  close(good);
  close(bad);
}

static void own_by_path(long number) {
  const char* path = filled("file", 1);
  event("CHOWN", path, NULL, "1 65534", syscall(number, path, 1, 65534));
  path = path_for("missing");
  event("CHOWN", path, NULL, "-1 1", syscall(number, path, -1, 1));
}

#ifdef SYS_chown
static void make_chown(void) { own_by_path(SYS_chown); }
#endif
#ifdef SYS_lchown
static void make_lchown(void) { own_by_path(SYS_lchown); }
#endif

static void make_fchown(void) {
  const char* path = filled("file", 1);
  const int good = opened(path, O_RDONLY);
  const int bad = path_only(path);
  event("CHOWN", path, NULL, "1 -1", syscall(SYS_fchown, good, 1, -1));
  event("CHOWN", path, NULL, "-1 1", syscall(SYS_fchown, bad, -1, 1));
  close(good);
  close(bad);
}

static void make_fchownat(void) {
  const int dir = folder();
  const char* path = filled("file", 1);
  event("CHOWN", path, NULL, "1 1", syscall(SYS_fchownat, dir, "fchownat-file", 1, 1, 0));
  path = path_for("missing");
  event("CHOWN", path, NULL, "1 1", syscall(SYS_fchownat, dir, "fchownat-missing", 1, 1, 0));
  close(dir);
}

#ifdef SYS_mknod
static void make_mknod(void) {
  const char* path = path_for("device");
  event("MKNOD", path, NULL, "020600 1:3", syscall(SYS_mknod, path, S_IFCHR | 0600, makedev(1, 3)));
  event("MKNOD", path, NULL, "060600 259:70000",
        syscall(SYS_mknod, path, S_IFBLK | 0600, makedev(259, 70000)));
}
#endif

static void make_mknodat(void) {
  const int dir = folder();
  const char* path = path_for("fifo");
  event("MKNOD", path, NULL, "010644 0:0",
        syscall(SYS_mknodat, dir, "mknodat-fifo", S_IFIFO | 0644, 0));
  event("MKNOD", path, NULL, "010644 0:0",
        syscall(SYS_mknodat, dir, "mknodat-fifo", S_IFIFO | 0644, 0));
  close(dir);
}

static const char* own_folder(const char* suffix) {
  const char* path = path_for(suffix);
  need(mkdir(path, 0700) == 0, path);
  return path;
}

// Nothing of it is seen outside. The first call has no source and no type.
static void in_own_mounts(void) {
  need(unshare(CLONE_NEWNS) == 0, "unshare");
  const long ret = syscall(SYS_mount, NULL, "/", NULL, (long)(MS_REC | MS_PRIVATE), NULL);
  need(ret == 0, "mount privately");
  if (strcmp(call_name, "mount") == 0) {
    event("MOUNT", "none", "/", " 0x44000", ret);
  }
}

static void mount_things(void) {
  in_own_mounts();
  const char* path = own_folder("tmpfs");
  const char* other = own_folder("bound");
  event("MOUNT", "example", path, "tmpfs 0x6",
        syscall(SYS_mount, "example", path, "tmpfs", (long)(MS_NOSUID | MS_NODEV), "size=64k"));
  event("MOUNT", path, other, " 0x1000",
        syscall(SYS_mount, path, other, NULL, (long)MS_BIND, NULL));
  path = path_for("missing");
  event("MOUNT", "example", path, "tmpfs 0x0",
        syscall(SYS_mount, "example", path, "tmpfs", 0L, NULL));
}

static const char* mounted(void) {
  in_own_mounts();
  const char* path = own_folder("tmpfs");
  need(mount("example", path, "tmpfs", 0, "size=64k") == 0, "mount");
  return path;
}

static void unmount_by_umount2(void) {
  const char* path = mounted();
  event("UMOUNT", path, NULL, "0x2", syscall(SYS_umount2, path, MNT_DETACH));
  event("UMOUNT", path, NULL, "0x0", syscall(SYS_umount2, path, 0));
}

#ifdef SYS_umount
static void unmount_by_umount(void) {
  const char* path = mounted();
  event("UMOUNT", path, NULL, NULL, syscall(SYS_umount, path));
  event("UMOUNT", path, NULL, NULL, syscall(SYS_umount, path));
}

static void make_umount(void) { in_child(unmount_by_umount); }
#endif

static void make_mount(void) { in_child(mount_things); }
static void make_umount2(void) { in_child(unmount_by_umount2); }

const struct call path_calls[] = {
#ifdef SYS_mkdir
    {"mkdir", make_mkdir},
#endif
    {"mkdirat", make_mkdirat},
#ifdef SYS_rmdir
    {"rmdir", make_rmdir},
#endif
#ifdef SYS_link
    {"link", make_link},
#endif
    {"linkat", make_linkat},
#ifdef SYS_symlink
    {"symlink", make_symlink},
#endif
    {"symlinkat", make_symlinkat},
#ifdef SYS_unlink
    {"unlink", make_unlink},
#endif
    {"unlinkat", make_unlinkat},
#ifdef SYS_rename
    {"rename", make_rename},
#endif
#ifdef SYS_renameat
    {"renameat", make_renameat},
#endif
    {"renameat2", make_renameat2},
#ifdef SYS_chmod
    {"chmod", make_chmod},
#endif
    {"fchmod", make_fchmod},
    {"fchmodat", make_fchmodat},
    {"fchmodat2", make_fchmodat2},
#ifdef SYS_chown
    {"chown", make_chown},
#endif
#ifdef SYS_lchown
    {"lchown", make_lchown},
#endif
    {"fchown", make_fchown},
    {"fchownat", make_fchownat},
#ifdef SYS_mknod
    {"mknod", make_mknod},
#endif
    {"mknodat", make_mknodat},
    {"truncate", make_truncate},
    {"ftruncate", make_ftruncate},
    {"mount", make_mount},
    {"umount2", make_umount2},
#ifdef SYS_umount
    {"umount", make_umount},
#endif
    {NULL, NULL},
};
