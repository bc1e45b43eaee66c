// Lists of names: lines of every kind; files that change, that are none, and that links lead to;
// the numbers of user namespaces.
#include "host/name_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "test/support/check.h"

namespace sysflow::test {
namespace {

std::string Name(const NameList& list, uint32_t id) {
  return std::string(list.Find(id).value_or("(none)"));
}

void Lines() {
  const std::string longest(255, 'n');
  const NameList list(
      "root:x:0:0:root:/root:/bin/sh\n"
      "\n"
      "# old:x:1:1\n"
      "+nis:x:2:2\n"
      "-nis:x:3:3\n"
      ":x:4:4\n"
      "alone\n"
      "no-id:x\n"
      "letters:x:5a:5\n"
      "minus:x:-6:6\n"
      "large:x:4294967296:7\n"
      "two:x:8:8\n"
      "second:x:8:8\n"
      "gr\xffoup:x:9\n" +
      longest + ":x:10:\n" + longest + "n:x:11:\n" + std::string("nul\0name:x:12:\n", 15) +
      "last:x:4294967294:13");
  CHECK_EQUAL(Name(list, 0), "root", "an entry");
  for (const uint32_t id : {1, 2, 3, 4, 5, 6, 7, 11, 12}) {
    CHECK_EQUAL(Name(list, id), "(none)", std::to_string(id));
  }
  CHECK_EQUAL(Name(list, 8), "two", "the first of two");
  CHECK_EQUAL(Name(list, 9), "gr\xffoup", "names are bytes; a group has three fields");
  CHECK_EQUAL(Name(list, 10), longest, "the longest name");
  CHECK_EQUAL(Name(list, 4294967294), "last", "no line end");
  CHECK_EQUAL(Name(NameList(""), 0), "(none)", "an empty file");
}

class Root {
 public:
  Root() {
    char name[] = "/tmp/sysflow-names-XXXXXX";
    path_ = mkdtemp(name);
    Check(mkdir((path_ + "/etc").c_str(), 0755) == 0, __FILE__, __LINE__, "a folder");
    fd_ = open(path_.c_str(), O_PATH | O_DIRECTORY);
  }
  ~Root() {
    close(fd_);
    const std::string command = "rm -r " + path_;
    Check(std::system(command.c_str()) == 0, __FILE__, __LINE__, "clean up");
  }
  std::string At(const char* name) const { return path_ + "/" + name; }
  void Write(const char* name, const std::string& text) const {
    FILE* file = std::fopen(At(name).c_str(), "w");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  int fd() const { return fd_; }

 private:
  std::string path_;
  int fd_ = -1;
};

void Files() {
  const Root root;
  NameFile file("etc/passwd", 1000);
  CHECK_THAT(!file.Refresh(root.fd()), "none at first");
  root.Write("etc/passwd", "alice:x:1:1\n");
  CHECK_THAT(file.Refresh(root.fd()), "a new file");
  CHECK_EQUAL(Name(file.list(), 1), "alice", "a new file");
  // Same length, and perhaps within one tick of the file system's clock.
  root.Write("etc/passwd", "bobby:x:1:1\n");
  CHECK_THAT(file.Refresh(root.fd()), "a file that was written over");
  CHECK_EQUAL(Name(file.list(), 1), "bobby", "a file that was written over");
  const timespec old[] = {{1000, 0}, {1000, 0}};
  CHECK_THAT(utimensat(root.fd(), "etc/passwd", old, 0) == 0, "an old file");
  root.Write("etc/passwd-", "carol:x:1:1\n");
  CHECK_THAT(rename(root.At("etc/passwd-").c_str(), root.At("etc/passwd").c_str()) == 0, "rename");
  CHECK_THAT(file.Refresh(root.fd()), "a file put in its place");
  CHECK_EQUAL(Name(file.list(), 1), "carol", "a file put in its place");
  root.Write("etc/passwd", "dora:x:1:1\n" + std::string(1000, '#'));
  CHECK_THAT(file.Refresh(root.fd()), "a file that is too long");
  CHECK_EQUAL(Name(file.list(), 1), "(none)", "a file that is too long");
  CHECK_THAT(!file.Refresh(root.fd()), "one that is too long is not read again");
  CHECK_THAT(unlink(root.At("etc/passwd").c_str()) == 0, "no file");
  CHECK_THAT(!file.Refresh(root.fd()), "no file after one that named nobody");
}

void NotRead() {
  const Root root;
  NameFile file("etc/passwd", 1000);
  const std::string path = root.At("etc/passwd");
  CHECK_THAT(mkfifo(path.c_str(), 0600) == 0, "a FIFO");
  file.Refresh(root.fd());  // returns at once
  CHECK_EQUAL(Name(file.list(), 0), "(none)", "a FIFO");
  unlink(path.c_str());
  CHECK_THAT(mkdir(path.c_str(), 0700) == 0, "a folder");
  file.Refresh(root.fd());
  CHECK_EQUAL(Name(file.list(), 0), "(none)", "a folder");
  rmdir(path.c_str());
  CHECK_THAT(symlink("/etc/passwd", path.c_str()) == 0, "a link to itself");
  file.Refresh(root.fd());
  CHECK_EQUAL(Name(file.list(), 0), "(none)", "a link to itself, inside");
  unlink(path.c_str());
  CHECK_THAT(symlink("/proc/self/root/etc/passwd", path.c_str()) == 0, "a magic link");
  file.Refresh(root.fd());
  CHECK_EQUAL(Name(file.list(), 0), "(none)", "a link by way of /proc");
  unlink(path.c_str());
  root.Write("list", "inside:x:0:0\n");
  CHECK_THAT(symlink("../../../../list", path.c_str()) == 0, "a link");
  file.Refresh(root.fd());
  // Before Linux 5.6, and in emulators that do not know openat2 (437), no link is followed.
  const bool is_old = syscall(437, -1, nullptr, nullptr, size_t{0}) < 0 && errno == ENOSYS;
  CHECK_EQUAL(Name(file.list(), 0), is_old ? "(none)" : "inside",
              "a link that would lead above the root");
}

void Maps() {
  const IdMap map("         0     100000      65536\n     70000       1000          1\n");
  CHECK_EQUAL(map.Inside(100000).value_or(99), 0u, "the first");
  CHECK_EQUAL(map.Inside(165535).value_or(99), 65535u, "the last");
  CHECK_EQUAL(map.Inside(1000).value_or(99), 70000u, "another range");
  CHECK_THAT(!map.Inside(0) && !map.Inside(99999) && !map.Inside(165536), "outside");
  CHECK_THAT(!IdMap("").Inside(0) && !IdMap("a b c\n1 2\n\n").Inside(2), "no map");
  CHECK_EQUAL(IdMap("0 0 4294967295\n").Inside(4321).value_or(0), 4321u, "the host's");
}

int Run() {
  Lines();
  Files();
  NotRead();
  Maps();
  return Finish();
}

}  // namespace
}  // namespace sysflow::test

int main() { return sysflow::test::Run(); }
