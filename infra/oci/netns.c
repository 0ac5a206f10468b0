// SPDX-License-Identifier: Apache-2.0
/*
 * A network namespace owned by a user namespace that maps every id to itself.
 *
 * The kernel broadcasts the host's uevents only to network namespaces owned by
 * the initial user namespace. Everything else is as in any other: who has a
 * capability in the initial user namespace has it in this one.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

/*
 * Whoever has the creator's effective uid holds every capability over the new
 * user namespace. Were that 0, root in any container could inject events there
 * without a single capability. Nobody has this one.
 */
#define CREATOR		64321
#define IDENTITY	"0 0 4294967295\n"

bool netns_path(const char *id, char *path, size_t size)
{
	if (!id || !*id || *id == '.')
		return false;
	for (const char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-+.", *c))
			return false;
	return snprintf(path, size, NETNS_DIR "/%s", id) < (int)size;
}

/* A runtime that is given a namespace expects the loopback device to be up. */
static int raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);

	if (fd >= 0)
		close(fd);
	return result;
}

static void signal_peer(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(errno);
}

static bool await_peer(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

/* The child becomes the namespaces; its exit code is the error number. */
static void become(int from_parent, int to_parent)
{
	/* With the fixup, capabilities would go with uid 0; distributions forbid user namespaces to those without. */
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) || setresuid(-1, CREATOR, -1) || unshare(CLONE_NEWUSER))
		_exit(errno);
	signal_peer(to_parent);
	/* Mapped first: what the kernel makes for the network namespace then has an owner. */
	if (!await_peer(from_parent) || unshare(CLONE_NEWNET) || raise_loopback())
		_exit(errno);
	signal_peer(to_parent);
	await_peer(from_parent);
	_exit(0);
}

static int write_map(pid_t pid, const char *name)
{
	char path[64];
	int fd, failed;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	failed = write(fd, IDENTITY, strlen(IDENTITY)) < 0;
	close(fd);
	return failed ? -1 : 0;
}

static int pin(pid_t pid, const char *path)
{
	char source[64];
	int fd;

	if ((mkdir("/run/udevns", 0755) && errno != EEXIST) || (mkdir(NETNS_DIR, 0700) && errno != EEXIST))
		return -1;
	/* Left by a container of the same id that was never deleted. */
	netns_drop(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0)
		return -1;
	close(fd);
	snprintf(source, sizeof(source), "/proc/%d/ns/net", pid);
	return mount(source, path, NULL, MS_BIND, NULL);
}

static const char *supervise(pid_t child, int from_child, int to_child, const char *path)
{
	if (!await_peer(from_child))
		return "cannot make a user namespace";
	if (write_map(child, "uid_map") || write_map(child, "gid_map"))
		return "cannot map the user namespace's ids";
	signal_peer(to_child);
	if (!await_peer(from_child))
		return "cannot make a network namespace";
	if (pin(child, path))
		return "cannot pin the network namespace below " NETNS_DIR;
	return NULL;
}

const char *netns_make(const char *path)
{
	int down[2], up[2], status, error;
	const char *failed;
	pid_t child;

	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		return "cannot make a pipe";
	child = fork();
	if (child < 0)
		return "cannot fork";
	if (!child) {
		close(down[1]);
		close(up[0]);
		become(down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	failed = supervise(child, up[0], down[1], path);
	error = errno;
	/* Closed, they let the child end. */
	close(down[1]);
	close(up[0]);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		error = WEXITSTATUS(status);
	errno = error;
	return failed;
}

void netns_drop(const char *path)
{
	umount2(path, MNT_DETACH);
	unlink(path);
}
