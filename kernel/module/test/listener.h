/* SPDX-License-Identifier: GPL-2.0 */
/* Network namespaces, and who hears what in them. */
#ifndef LISTENER_H
#define LISTENER_H

#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define MAPPED_ROOT	100000
#define LISTEN_MS	200

struct heard {
	int count;
	char data[8192];
	int len;
	struct ucred creds;
	struct sockaddr_nl from;
};

static inline void write_text(const char *path, const char *text)
{
	int fd = must(open(path, O_WRONLY | O_CLOEXEC), path);

	must(write(fd, text, strlen(text)), path);
	close(fd);
}

/* A new network namespace; with a user namespace of its own, mapped to MAPPED_ROOT. */
static inline int new_netns(int with_userns)
{
	char path[64], map[64];
	int ready[2], fd;
	pid_t child;

	must(pipe(ready), "pipe");
	child = must(fork(), "fork");
	if (!child) {
		must(unshare(CLONE_NEWNET | (with_userns ? CLONE_NEWUSER : 0)), "unshare");
		must(write(ready[1], "x", 1), "write");
		pause();
		_exit(0);
	}
	must(read(ready[0], map, 1), "read");
	close(ready[0]);
	close(ready[1]);
	if (with_userns) {
		snprintf(map, sizeof(map), "0 %d 65536\n", MAPPED_ROOT);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", child);
		write_text(path, map);
		snprintf(path, sizeof(path), "/proc/%d/gid_map", child);
		write_text(path, map);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", child);
	fd = must(open(path, O_RDONLY | O_CLOEXEC), path);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return fd;
}

/* A uevent socket in a namespace, -1 for the own one; a socket stays where it was made. */
static inline int listener(int netns, unsigned int groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int home = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "own netns");
	int one = 1, fd;

	if (netns >= 0)
		must(setns(netns, CLONE_NEWNET), "setns");
	fd = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT), "socket");
	if (netns >= 0)
		must(setns(home, CLONE_NEWNET), "setns home");
	close(home);
	must(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)), "SO_PASSCRED");
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	return fd;
}

static inline struct heard hear_one(int fd)
{
	static struct heard heard;
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { heard.data, sizeof(heard.data) };
	struct msghdr msg = {
		.msg_name = &heard.from, .msg_namelen = sizeof(heard.from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	heard.len = must(recvmsg(fd, &msg, 0), "recvmsg");
	memcpy(&heard.creds, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(heard.creds));
	heard.count = 1;
	return heard;
}

/* All that comes within LISTEN_MS; the last message is kept. */
static inline struct heard hear(int fd)
{
	static struct heard heard;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int count = 0;

	memset(&heard, 0, sizeof(heard));
	while (poll(&poll_fd, 1, LISTEN_MS) > 0) {
		heard = hear_one(fd);
		heard.count = ++count;
	}
	return heard;
}

static inline const char *event_value(const struct heard *heard, const char *key)
{
	const char *at = heard->data, *end = heard->data + heard->len;

	for (; at < end; at += strlen(at) + 1)
		if (!strncmp(at, key, strlen(key)) && at[strlen(key)] == '=')
			return at + strlen(key) + 1;
	return NULL;
}

#endif
