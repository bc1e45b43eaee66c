// Calls that a signal interrupts and that go on behind its handler, on each of the numbers that
// name a call of socketcall: interrupted FOLDER. And numbers that no call has, of which the last
// bits are those of one.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../workload/workload.h"

enum { kFirst = 3, kLast = 21, kOutAt = 100, kTable = 512 };

static int feed = -1;
static volatile sig_atomic_t handled = 0;

static void on_alarm(int signal_number) {
  (void)signal_number;
  handled = 1;
  if (feed >= 0) {
    need(write(feed, "12345", 5) == 5, "feed");
  }
}

static void alarm_soon(int flags) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
  need(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
  handled = 0;
  const struct itimerval soon = {.it_value = {.tv_usec = 3000}};
  need(setitimer(ITIMER_REAL, &soon, NULL) == 0, "setitimer");
}

static void pipe_to(int number, int ends[2]) {
  int made[2];
  need(pipe(made) == 0, "pipe");
  const int from = fcntl(made[0], F_DUPFD, kOutAt);
  ends[1] = fcntl(made[1], F_DUPFD, kOutAt);
  close(made[0]);
  close(made[1]);
  ends[0] = dup2(from, number);
  need(ends[0] == number && ends[1] >= kOutAt && close(from) == 0, "dup2");
}

// The call begins again behind the handler, which gave it something to read: the kernel runs it
// twice.
static void restarted(int number) {
  int ends[2];
  char data[16];
  pipe_to(number, ends);
  const char* path = unnamed(number);
  feed = ends[1];
  alarm_soon(SA_RESTART);
  need(read(number, data, sizeof data) == 5 && handled, "a read that goes on");
  feed = -1;
  close(number);
  close(ends[1]);
  fact_file_flow((struct file_flow){path, "READ_RECV CLOSE", number, 2, 5, 0, 0});
}

// It ends with an error, and what it was is what the handler returns to.
static void given_up(int number) {
  int ends[2];
  char data[16];
  pipe_to(number, ends);
  alarm_soon(0);
  need(read(number, data, sizeof data) == -1 && errno == EINTR && handled, "a read that ends");
  close(number);
  close(ends[1]);
}

// It has what there was when the handler is done.
static void whole_before(int number) {
  int ends[2];
  static char data[1 << 20];
  pipe_to(number, ends);
  need(fcntl(ends[1], F_SETPIPE_SZ, 4096) == 4096, "F_SETPIPE_SZ");
  // The writing end on the number: a write that is full half-way, and is told so.
  need(dup2(ends[0], kOutAt - 1) >= 0 && dup2(ends[1], number) == number, "dup2");
  close(ends[1]);
  const char* path = unnamed(number);
  alarm_soon(0);
  const long written = write(number, data, sizeof data);
  need(written > 0 && written < (long)sizeof data && handled, "a write that is cut");
  close(number);
  close(kOutAt - 1);
  fact_file_flow((struct file_flow){path, "WRITE_SEND CLOSE", number, 0, 0, 1, written});
}

// A handler that returns to no call, but to a loop with that number where its first argument was.
static void computing(long number) {
  alarm_soon(SA_RESTART);
  while (!handled) {
#if defined(__x86_64__)
    __asm__ volatile("mov %0, %%rdi\n mov $7, %%eax\n" ::"r"(number) : "rdi", "rax");
#endif
  }
}

static void no_calls(void) {
  const char* path = path_of("mapped");
  const int file = open(path, O_CREAT | O_RDWR, 0600);
  need(file >= 0 && write(file, "1", 1) == 1, path);
  for (int call = 1; call <= 20; call++) need(syscall(-1L, call, path, 0) == -1, "no call");
  static const int calls[] = {SYS_socket, SYS_connect, SYS_sendto, SYS_shutdown, SYS_read,
                              SYS_write,  SYS_close,   SYS_setuid, SYS_execve,   SYS_openat};
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    for (int beyond = 1; beyond <= 4; beyond++) {
      need(syscall((long)beyond * kTable + calls[i], file, path, 1, 0, 0, 0) == -1, "no call");
    }
  }
  need(syscall(kTable + SYS_mmap, 0, 4096, PROT_READ, MAP_PRIVATE, file, 0) == -1, "no mmap");
  close(file);
  fact_file_flow((struct file_flow){path, "OPEN WRITE_SEND CLOSE", file, 0, 0, 1, 1});
}

#if defined(__x86_64__)
// As a 32-bit program would, whose calls have numbers of their own.
static long narrow_call(long number, long first) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(first)
                   : "memory", "r8", "r9", "r10", "r11");
  return result;
}
#endif

int main(int argc, char** argv) {
  need(argc == 2, "interrupted FOLDER");
  work_in(argv[1]);
  for (int number = kFirst; number <= kLast; number++) {
    restarted(number);
    given_up(number);
    whole_before(number);
    computing(number);
  }
  no_calls();
#if defined(__x86_64__)
  for (int call = 1; call <= 20; call++) {
    narrow_call(-1, call);
    narrow_call(kTable + 102, call);
    narrow_call((1 << 20) + 102, call);
  }
#endif
  return 0;
}
