// What a container's root runs against us. Each does its thing for ever and says so once.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static void ready(void) {
  puts("ready");
  fflush(stdout);
}

static int die(const char* what) {
  perror(what);
  return 1;
}

// exchange A B: the two names change places, renameat2(2).
static int exchange(const char* a, const char* b) {
  if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) < 0) return die("renameat2");
  ready();
  for (;;) renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

// cover FROM AT: FROM is mounted over AT and taken away again.
static int cover(const char* from, const char* at) {
  if (mount(from, at, NULL, MS_BIND, NULL) < 0) return die("mount");
  ready();
  for (;;) {
    umount2(at, MNT_DETACH);
    mount(from, at, NULL, MS_BIND, NULL);
  }
}

// replace NAME TARGET: whatever is at NAME becomes a symlink to TARGET the moment it is there.
static int replace(const char* name, const char* target) {
  char other[4096];
  snprintf(other, sizeof other, "%s.attacker", name);
  ready();
  for (;;) {
    if (symlink(target, other) == 0 && renameat2(AT_FDCWD, other, AT_FDCWD, name, RENAME_EXCHANGE) < 0) unlink(other);
    unlink(other);
  }
}

static int ueventSocket(unsigned groups) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, sizeof address) < 0) return -1;
  return fd;
}

// deaf N: N sockets listen to uevents and never read one.
static int deaf(int count) {
  for (int i = 0; i < count; i++)
    if (ueventSocket(1) < 0) return die("socket");
  ready();
  for (;;) pause();
}

// forge GROUPS TEXT: a datagram to those groups and, as an order to send, to the kernel of this namespace; `|` is NUL.
static int forge(unsigned groups, char* text) {
  const int fd = ueventSocket(0);
  if (fd < 0) return die("socket");
  const size_t size = strlen(text) + 1;
  for (char* at = text; *at; at++)
    if (*at == '|') *at = 0;
  struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = groups};
  if (sendto(fd, text, size, 0, (struct sockaddr*)&to, sizeof to) < 0) printf("group: %s\n", strerror(errno));
  struct {
    struct nlmsghdr header;
    char payload[2048];
  } order = {.header = {.nlmsg_len = NLMSG_HDRLEN + size, .nlmsg_type = 16, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
  memcpy(order.payload, text, size < sizeof order.payload ? size : sizeof order.payload);
  to.nl_groups = 0;
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[512];
  } answer;
  if (sendto(fd, &order, order.header.nlmsg_len, 0, (struct sockaddr*)&to, sizeof to) < 0 ||
      recv(fd, &answer, sizeof answer, 0) < 0)
    return die("kernel");
  printf("kernel: %s\n", answer.error.error ? strerror(-answer.error.error) : "sent");
  return 0;
}

// flood: orders to the kernel of this namespace to send events, without end.
static int flood(void) {
  const int fd = ueventSocket(0);
  if (fd < 0) return die("socket");
  static const char text[] = "change@/devices/flood\0ACTION=change\0DEVPATH=/devices/flood\0SUBSYSTEM=flood";
  struct {
    struct nlmsghdr header;
    char payload[sizeof text];
  } order = {.header = {.nlmsg_len = sizeof order, .nlmsg_type = 16, .nlmsg_flags = NLM_F_REQUEST}};
  memcpy(order.payload, text, sizeof text);
  struct sockaddr_nl to = {.nl_family = AF_NETLINK};
  if (sendto(fd, &order, sizeof order, 0, (struct sockaddr*)&to, sizeof to) < 0) return die("sendto");
  ready();
  for (;;) sendto(fd, &order, sizeof order, 0, (struct sockaddr*)&to, sizeof to);
}

// clutch SILENT DEVICE: both are held open, the first without a word to its file system.
static int clutch(const char* silent, const char* device) {
  if (open(silent, O_PATH) < 0 || open(device, O_RDONLY) < 0) return die("open");
  ready();
  for (;;) pause();
}

// A thread that has files of its own, of which the others know nothing.
static void* lodger(void* device) {
  if (unshare(CLONE_FILES) < 0 || open(device, O_RDONLY) < 0) exit(die("lodger"));
  ready();
  for (;;) pause();
}

// lodge DEVICE: held by a thread other than the first, which goes on.
static int lodge(char* device) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, lodger, device) != 0) return die("pthread_create");
  for (;;) pause();
}

// survive DEVICE: held by a process whose first thread has ended.
static int survive(char* device) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, lodger, device) != 0) return die("pthread_create");
  pthread_exit(NULL);
}

// insist CGROUP DEVICE: moves to a cgroup and opens the device there again and again; tells each refusal.
static int insist(const char* cgroup, const char* device) {
  const int procs = open(cgroup, O_WRONLY);
  if (procs < 0 || write(procs, "0", 1) != 1) return die("cgroup.procs");
  ready();
  for (;;) {
    const int fd = open(device, O_WRONLY);
    if (fd < 0) {
      printf("refused: %s\n", strerror(errno));
      fflush(stdout);
    }
    close(fd);
  }
}

int main(int argc, char** argv) {
  if (argc == 4 && !strcmp(argv[1], "exchange")) return exchange(argv[2], argv[3]);
  if (argc == 4 && !strcmp(argv[1], "cover")) return cover(argv[2], argv[3]);
  if (argc == 4 && !strcmp(argv[1], "replace")) return replace(argv[2], argv[3]);
  if (argc == 4 && !strcmp(argv[1], "clutch")) return clutch(argv[2], argv[3]);
  if (argc == 4 && !strcmp(argv[1], "insist")) return insist(argv[2], argv[3]);
  if (argc == 3 && !strcmp(argv[1], "lodge")) return lodge(argv[2]);
  if (argc == 3 && !strcmp(argv[1], "survive")) return survive(argv[2]);
  if (argc == 3 && !strcmp(argv[1], "deaf")) return deaf(atoi(argv[2]));
  if (argc == 4 && !strcmp(argv[1], "forge")) return forge(atoi(argv[2]), argv[3]);
  if (argc == 2 && !strcmp(argv[1], "flood")) return flood();
  return 2;
}
