// One program for all ways into the kernel: as a 64-bit program, and with -m32 (-m31 on s390x) as
// one of half the width; with calls of their own for sockets, or by socketcall (-DMULTIPLEXED),
// which x86-64 has for the narrow one only. It needs no C library, since one of 32 bits may not be
// installed. `width FOLDER PORT`: what it does is the same each time.
#define AT(...) ((long[]){__VA_ARGS__, 0, 0, 0, 0, 0, 0})

#ifdef __x86_64__
enum { READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, LSEEK = 8, MMAP = 9, READV = 19, WRITEV = 20 };
enum { SOCKET = 41, CONNECT = 42, ACCEPT4 = 288, SENDTO = 44, RECVFROM = 45, SENDMSG = 46 };
enum { RECVMSG = 47, SHUTDOWN = 48, BIND = 49, LISTEN = 50, EXECVE = 59, TRUNCATE = 76 };
enum { FTRUNCATE = 77, RENAME = 82, MKDIR = 83, RMDIR = 84, LINK = 86, UNLINK = 87, SYMLINK = 88 };
enum { CHMOD = 90, CHOWN = 92, FCHOWN = 93, LCHOWN = 94, EXIT = 231, SENDMMSG = 307 };
#else
enum { READ = 3, WRITE = 4, OPEN = 5, CLOSE = 6, LSEEK = 19, READV = 145, WRITEV = 146 };
enum { SOCKET = 359, CONNECT = 362, ACCEPT4 = 364, SENDTO = 369, RECVFROM = 371, SENDMSG = 370 };
enum { RECVMSG = 372, SHUTDOWN = 373, BIND = 361, LISTEN = 363, EXECVE = 11, RENAME = 38 };
enum { MKDIR = 39, RMDIR = 40, LINK = 9, UNLINK = 10, SYMLINK = 83, CHMOD = 15, CHOWN = 212 };
enum { FCHOWN = 207, LCHOWN = 198 };
#if defined(__s390x__)
enum { MMAP = 90, TRUNCATE = 92, FTRUNCATE = 93, EXIT = 248, SENDMMSG = 358 };
#elif defined(__s390__)
enum { MMAP = 192, TRUNCATE = 193, FTRUNCATE = 194, EXIT = 248, SENDMMSG = 358 };
#else
enum { MMAP = 192, TRUNCATE = 193, FTRUNCATE = 194, EXIT = 252, SENDMMSG = 345 };
#endif
#endif

#ifdef __s390__
#define TO_NETWORK_16(number) (unsigned short)(number)
#define LOOPBACK 0x7f000001
#else
#define TO_NETWORK_16(number) (unsigned short)((number) << 8 | ((number)&0xffff) >> 8)
#define LOOPBACK 0x0100007f
#endif

static long enter(long number, const long* a) {
  long result;
#ifdef __x86_64__
  register long r10 __asm__("r10") = a[3];
  register long r8 __asm__("r8") = a[4];
  register long r9 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
#elif defined(__s390__)
  register long r1 __asm__("1") = number;
  register long r2 __asm__("2") = a[0];
  register long r3 __asm__("3") = a[1];
  register long r4 __asm__("4") = a[2];
  register long r5 __asm__("5") = a[3];
  register long r6 __asm__("6") = a[4];
  register long r7 __asm__("7") = a[5];
  __asm__ volatile("svc 0"
                   : "+d"(r2)
                   : "d"(r1), "d"(r3), "d"(r4), "d"(r5), "d"(r6), "d"(r7)
                   : "memory");
  result = r2;
#else
  // The sixth argument is in ebp, which the compiler may need for its own.
  __asm__ volatile(
      "push %%ebp\n\tpush %%ebx\n\tmov 20(%%esi),%%ebp\n\tmov "
      "0(%%esi),%%ebx\n\t"
      "mov 4(%%esi),%%ecx\n\tmov 8(%%esi),%%edx\n\tmov "
      "16(%%esi),%%edi\n\tmov 12(%%esi),%%esi\n\t"
      "int $0x80\n\tpop %%ebx\n\tpop %%ebp"
      : "=a"(result), "+S"(a)
      : "a"(number)
      : "ecx", "edx", "edi", "memory");
#endif
  return result;
}

static void stop(long line) { enter(EXIT, AT(line)); }
#define need(wanted, got) ((got) == (wanted) ? (void)0 : stop(__LINE__ % 200 + 1))

// The calls on sockets: by one call for all of them, whose arguments are in
// memory.
static long on_socket(long number, long multiplexed, const long* a) {
#ifdef MULTIPLEXED
  (void)number;
  return enter(102, AT(multiplexed, (long)a));
#else
  (void)multiplexed;
  return enter(number, a);
#endif
}

struct part {
  const void* base;
  unsigned long size;
};

struct message {
  const void* name;
  int name_size;
  const struct part* parts;
  unsigned long count;
  void* control;
  unsigned long control_size;
  int flags;
};

struct many {
  struct message message;
  unsigned sent;
};

struct end {
  unsigned short family, port;
  unsigned ip;
  char zeros[8];
};

static char data[256];
static char paths[4][512];

static const char* path_of(int slot, const char* folder, const char* name) {
  char* to = paths[slot];
  while (*folder) *to++ = *folder++;
  *to++ = '/';
  while (*name) *to++ = *name++;
  *to = 0;
  return paths[slot];
}

// A length of more than 32 bits, which a narrow program gives in two halves.
static long resize(long number, long which, unsigned long high) {
#if defined(__x86_64__) || defined(__s390x__)
  return enter(number, AT(which, (long)(high << 32 | 7)));
#elif defined(__s390__)
  return enter(number, AT(which, (long)high, 7));
#else
  return enter(number, AT(which, 7, (long)high));
#endif
}

static long map(long fd) {
  const long* arguments = AT(0, 4096, 1, 2, fd, 0);
#ifdef __s390__
  return enter(MMAP, AT((long)arguments));
#else
  return enter(MMAP, arguments);
#endif
}

static void files(const char* folder) {
  const long file = (long)path_of(0, folder, "file"), moved = (long)path_of(1, folder, "moved");
  const long other = (long)path_of(2, folder, "other"), inner = (long)path_of(3, folder, "inner");
  const struct part parts[3] = {{data, 5}, {data, 6}, {data, 7}};
  need(0, enter(MKDIR, AT(inner, 0755)));
  const long fd = enter(OPEN, AT(file, 0100102, 0644));
  need(3, fd);
  need(3, enter(WRITE, AT(fd, (long)data, 3)));
  need(18, enter(WRITEV, AT(fd, (long)parts, 3)));
  need(0, enter(LSEEK, AT(fd, 0, 0)));
  need(11, enter(READV, AT(fd, (long)parts, 2)));
  const long at = map(fd);
  need(0, at < 0 && at > -4096);
  need(0, resize(FTRUNCATE, fd, 1));
  need(0, resize(TRUNCATE, file, 0));
  need(0, enter(FCHOWN, AT(fd, -1, -1)));
  need(0, enter(CHOWN, AT(file, -1, -1)));
  need(0, enter(LCHOWN, AT(file, -1, -1)));
  need(0, enter(CHMOD, AT(file, 0600)));
  need(0, enter(CLOSE, AT(fd)));
  need(0, enter(RENAME, AT(file, moved)));
  need(0, enter(LINK, AT(moved, other)));
  need(0, enter(SYMLINK, AT(moved, file)));
  need(0, enter(UNLINK, AT(moved)));
  need(0, enter(UNLINK, AT(other)));
  need(0, enter(UNLINK, AT(file)));
  need(0, enter(RMDIR, AT(inner)));
}

static long send(long fd, long size) {
#ifdef MULTIPLEXED
  return on_socket(0, 9, AT(fd, (long)data, size, 0, -1, -1));  // what is behind is no address
#else
  return enter(SENDTO, AT(fd, (long)data, size));
#endif
}

static long receive(long fd) {
#ifdef MULTIPLEXED
  return on_socket(0, 10, AT(fd, (long)data, 99, 0, -1, -1));
#else
  return enter(RECVFROM, AT(fd, (long)data, 99));
#endif
}

static long accept(long fd) {
#ifdef MULTIPLEXED
  return on_socket(0, 5, AT(fd, 0, 0, -1));
#else
  return enter(ACCEPT4, AT(fd));
#endif
}

static void streams(const struct end* to) {
  const long server = on_socket(SOCKET, 1, AT(2, 1));
  need(0, on_socket(BIND, 2, AT(server, (long)to, sizeof *to)));
  need(0, on_socket(LISTEN, 4, AT(server, 5)));
  const long client = on_socket(SOCKET, 1, AT(2, 1));
  need(0, on_socket(CONNECT, 3, AT(client, (long)to, sizeof *to)));
  const long fd = accept(server);
  need(5, fd);
  need(8, send(client, 8));
  need(8, receive(fd));
  const struct part parts[2] = {{data, 20}, {data, 22}};
  struct message message = {.parts = parts, .count = 2};
  need(42, on_socket(SENDMSG, 16, AT(fd, (long)&message)));
  need(42, on_socket(RECVMSG, 17, AT(client, (long)&message)));
  need(6, enter(WRITE, AT(client, (long)data, 6)));
  need(6, enter(READ, AT(fd, (long)data, 99)));
  need(0, on_socket(SHUTDOWN, 13, AT(client, 1)));
  enter(CLOSE, AT(client));
  enter(CLOSE, AT(fd));
  enter(CLOSE, AT(server));
}

static void datagrams(const struct end* to) {
  const long server = on_socket(SOCKET, 1, AT(2, 2)), client = on_socket(SOCKET, 1, AT(2, 2));
  need(0, on_socket(BIND, 2, AT(server, (long)to, sizeof *to)));
  need(9, on_socket(SENDTO, 11, AT(client, (long)data, 9, 0, (long)to, sizeof *to)));
  const struct part parts[2] = {{data, 5}, {data, 6}};
  struct many many[2] = {{.message = {to, sizeof *to, parts, 1, 0, 0, 0}},
                         {.message = {to, sizeof *to, parts, 2, 0, 0, 0}}};
  need(5, on_socket(SENDMSG, 16, AT(client, (long)&many[0].message)));
  need(2, on_socket(SENDMMSG, 20, AT(client, (long)many, 2)));
  struct end from;
  unsigned size = sizeof from;
  need(9, on_socket(RECVFROM, 12, AT(server, (long)data, 99, 0, (long)&from, (long)&size)));
  for (int i = 0; i < 3; i++) {
    const struct part whole = {data, 99};
    struct message message = {.name = &from, .name_size = sizeof from, .parts = &whole, .count = 1};
    need(i == 2 ? 11 : 5, on_socket(RECVMSG, 17, AT(server, (long)&message)));
  }
  enter(CLOSE, AT(client));
  enter(CLOSE, AT(server));
}

__attribute__((used, noreturn)) static void start(char** stack) {
  const char* folder = stack[2];
  unsigned port = 0;
  for (const char* digit = stack[3]; *digit; digit++) port = port * 10 + (unsigned)(*digit - '0');
  const struct end to = {2, TO_NETWORK_16(port), LOOPBACK, {0}};
  files(folder);
  streams(&to);
  datagrams(&to);
  for (;;) enter(EXIT, AT(0));
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall start\n");
#elif defined(__s390x__)
__asm__(".globl _start\n_start:\n\tlgr %r2,%r15\n\taghi %r15,-160\n\tbras %r14,start\n");
#elif defined(__s390__)
__asm__(".globl _start\n_start:\n\tlr %r2,%r15\n\tahi %r15,-96\n\tbras %r14,start\n");
#else
__asm__(
    ".globl _start\n_start:\n\tmov %esp,%eax\n\tand $-16,%esp\n\tsub "
    "$12,%esp\n\tpush %eax\n\tcall start\n");
#endif
