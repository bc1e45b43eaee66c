// Messages as fast as they go, in a process with many open files: `storm KIND MESSAGES FILES`.
// KIND: `plain` datagrams, `tos` with their type of service, `rights` with a descriptor each. Or
// `forks`: so many children that end at once.
// Or `storm beside FOLDER COUNT`: writes so many files there and unlinks each.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char data[64], control[256];
static struct iovec part = {data, 32};

static void need(int ok, const char* what) {
  if (!ok) {
    perror(what);
    exit(1);
  }
}

static void beside(const char* folder, int count) {
  char path[4096];
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/beside-%d", folder, i);
    const int fd = open(path, O_CREAT | O_WRONLY, 0600);
    need(fd >= 0 && write(fd, data, 7) == 7 && close(fd) == 0 && unlink(path) == 0, path);
    usleep(10000);
  }
}

static int received(int fd) {
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  need(recvmsg(fd, &message, 0) == 32, "recvmsg");
  int passed = -1;
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
    memcpy(&passed, CMSG_DATA(header), sizeof passed);
  }
  return passed;
}

static void rights(int messages) {
  int ends[2];
  need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
  for (int i = 0; i < messages; i++) {
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int))};
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memset(CMSG_DATA(header), 0, sizeof(int));
    need(sendmsg(ends[0], &message, 0) == 32, "sendmsg");
    close(received(ends[1]));
  }
}

static void datagrams(int messages, int on) {
  const int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in end = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof end;
  need(bind(server, (struct sockaddr*)&end, size) == 0, "bind");
  need(getsockname(server, (struct sockaddr*)&end, &size) == 0, "getsockname");
  need(connect(client, (struct sockaddr*)&end, size) == 0, "connect");
  need(setsockopt(server, IPPROTO_IP, IP_RECVTOS, &on, sizeof on) == 0, "IP_RECVTOS");
  for (int i = 0; i < messages; i++) {
    need(send(client, data, 32, 0) == 32, "send");
    received(server);
  }
}

static void forks(int children) {
  for (int i = 0; i < children; i++) {
    const pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
      _exit(0);
    }
    need(waitpid(child, NULL, 0) == child, "waitpid");
  }
}

int main(int argc, char** argv) {
  need(argc == 4, "three arguments");
  if (strcmp(argv[1], "beside") == 0) {
    beside(argv[2], atoi(argv[3]));
    return 0;
  }
  const int messages = atoi(argv[2]), files = atoi(argv[3]);
  const struct rlimit limit = {(rlim_t)files + 100, (rlim_t)files + 100};
  need(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
  for (int i = 0; i < files; i++) need(open("/dev/null", O_RDONLY) >= 0, "open /dev/null");
  if (strcmp(argv[1], "rights") == 0) {
    rights(messages);
  } else if (strcmp(argv[1], "forks") == 0) {
    forks(messages);
  } else {
    datagrams(messages, strcmp(argv[1], "tos") == 0);
  }
  return 0;
}
