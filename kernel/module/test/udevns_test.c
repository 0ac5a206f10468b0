// SPDX-License-Identifier: GPL-2.0
/* UDEVNS_IOC_SEND: every error, and who hears an event as whose. */
#define _GNU_SOURCE
#include <sys/stat.h>

#include "request.h"

#define NOWHERE ((void *)8)

static int device, owned_by_init, owned_by_child;

static void expect_error(int wanted, struct udevns_send send, const char *what)
{
	int error = request(device, UDEVNS_IOC_SEND, &send);

	tap_result(error == wanted, "%s: %s (got %s)", strerrorname_np(wanted), what,
		   error ? strerrorname_np(error) : "success");
}

static void test_request_errors(void)
{
	static char large[UDEVNS_PAYLOAD_MAX + 1];
	struct udevns_send good = send_request(owned_by_init, EVENT, sizeof(EVENT)), bad;
	int file = must(open("/proc/self/status", O_RDONLY), "file");

	tap_result(request(device, UDEVNS_IOC_SEND, NOWHERE) == EFAULT, "EFAULT: request");
	tap_result(request(device, _IO(UDEVNS_IOC_MAGIC, 99), NULL) == ENOTTY, "ENOTTY: unknown request");
	tap_result(request(device, _IOWR('x', 1, struct udevns_send), &good) == ENOTTY, "ENOTTY: other magic");
	bad = good, bad.payload = (uintptr_t)NOWHERE;
	expect_error(EFAULT, bad, "payload");
	bad = good, bad.version = UDEVNS_VERSION + 1;
	expect_error(EINVAL, bad, "version");
	bad = good, bad.flags = 1;
	expect_error(EINVAL, bad, "flags");
	bad = good, bad.group = 0;
	expect_error(EINVAL, bad, "group 0");
	bad = good, bad.group = 3;
	expect_error(EINVAL, bad, "group 3");
	bad = good, bad.len = 0;
	expect_error(EMSGSIZE, bad, "empty");
	bad = send_request(owned_by_init, large, sizeof(large));
	expect_error(EMSGSIZE, bad, "one byte too long");
	bad = good, bad.len = UINT32_MAX;
	expect_error(EMSGSIZE, bad, "4 GiB");
	bad = good, bad.netns_fd = -1;
	expect_error(EBADF, bad, "no descriptor");
	bad = good, bad.netns_fd = file;
	expect_error(EINVAL, bad, "descriptor of a file");
	bad = good, bad.netns_fd = must(open("/proc/self/ns/mnt", O_RDONLY), "mnt");
	expect_error(EINVAL, bad, "descriptor of another kind of namespace");
}

static void test_payload_errors(void)
{
	static const struct {
		const char *what, *data;
		size_t len;
	} bad[] = {
#define BAD(what, data) { what, data, sizeof(data) }
		{ "not terminated", EVENT, sizeof(EVENT) - 1 },
		BAD("only a terminator", ""),
		BAD("no @", "add\0DEVPATH=/devices/x"),
		BAD("no action", "@/devices/x\0DEVPATH=/devices/x"),
		BAD("relative path", "add@devices/x\0DEVPATH=/devices/x"),
		BAD("no =", "add@/devices/x\0DEVPATH"),
		BAD("no key", "add@/devices/x\0=x"),
		BAD("empty string", "add@/devices/x\0\0A=b"),
		BAD("SEQNUM of the caller", "add@/devices/x\0SEQNUM=7"),
	};
	struct udevns_send send;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		expect_error(EINVAL, send_request(owned_by_init, bad[i].data, bad[i].len), bad[i].what);
	send = send_request(owned_by_init, EVENT, sizeof(EVENT));
	send.group = UDEVNS_GROUP_UDEV;
	expect_error(EINVAL, send, "a kernel event for udev's listeners");
}

/* In a child, because rights once dropped do not come back. */
static int as_user(uid_t uid, int own_device)
{
	struct udevns_send send = send_request(owned_by_init, EVENT, sizeof(EVENT));
	pid_t child = must(fork(), "fork");
	int status;

	if (!child) {
		must(setresuid(uid, uid, uid), "setresuid");
		_exit(request(own_device, UDEVNS_IOC_SEND, &send));
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static int as_container_root(int netns, int target)
{
	struct udevns_send send = send_request(target, EVENT, sizeof(EVENT));
	pid_t child = must(fork(), "fork");
	int status;

	if (!child) {
		must(setns(ioctl(netns, 0xb701 /* NS_GET_USERNS */), CLONE_NEWUSER), "setns user");
		_exit(request(device, UDEVNS_IOC_SEND, &send));
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static int opened_by_user(void)
{
	struct udevns_send send = send_request(owned_by_init, EVENT, sizeof(EVENT));
	int fd;

	must(chmod("/dev/udevns", 0666), "chmod");
	must(seteuid(1000), "seteuid");
	fd = open_device();
	must(seteuid(0), "seteuid");
	must(chmod("/dev/udevns", 0600), "chmod");
	return request(fd, UDEVNS_IOC_SEND, &send);
}

static void test_rights(void)
{
	int error = as_user(1000, device);

	tap_result(error == EPERM, "EPERM: a user with root's descriptor (got %d)", error);
	error = opened_by_user();
	tap_result(error == EPERM, "EPERM: root with a user's descriptor (got %d)", error);
	error = as_container_root(owned_by_child, owned_by_init);
	tap_result(error == EPERM, "EPERM: a container's root for another namespace (got %d)", error);
	error = as_container_root(owned_by_child, owned_by_child);
	tap_result(error == 0, "a container's root for its own, with a descriptor it was given (got %d)", error);
}

static void test_delivery(const char *name, int target, uid_t root, int other)
{
	struct udevns_send send = send_request(target, EVENT, sizeof(EVENT));
	int there = listener(target, UDEVNS_GROUP_KERNEL), elsewhere = listener(other, UDEVNS_GROUP_KERNEL);
	int host = listener(-1, UDEVNS_GROUP_KERNEL), udev = listener(target, UDEVNS_GROUP_UDEV);
	unsigned long long first;
	struct heard heard;
	const char *seqnum;

	tap_result(request(device, UDEVNS_IOC_SEND, &send) == 0 && send.heard, "%s: sent and heard", name);
	first = send.seqnum;
	heard = hear(there);
	seqnum = event_value(&heard, "SEQNUM");
	tap_result(heard.count == 1 && !memcmp(heard.data, EVENT, sizeof(EVENT)), "%s: arrives unchanged", name);
	tap_result(seqnum && strtoull(seqnum, NULL, 10) == first, "%s: with the SEQNUM told", name);
	tap_result(heard.from.nl_pid == 0 && heard.from.nl_groups == UDEVNS_GROUP_KERNEL, "%s: from the kernel", name);
	tap_result(heard.creds.uid == root && heard.creds.gid == root && heard.creds.pid == 0,
		   "%s: as root of the namespace's owner (got %u:%u, pid %d)", name,
		   heard.creds.uid, heard.creds.gid, heard.creds.pid);
	tap_result(!hear(elsewhere).count && !hear(host).count && !hear(udev).count, "%s: nowhere else", name);

	request(device, UDEVNS_IOC_SEND, &send);
	tap_result(send.seqnum > first, "%s: SEQNUM rises", name);

	close(there), close(elsewhere), close(host), close(udev);
	tap_result(request(device, UDEVNS_IOC_SEND, &send) == 0 && !send.heard, "%s: says when nobody listens", name);
}

static void test_udev_group(void)
{
	static const char event[64] = "libudev";
	struct udevns_send send = send_request(owned_by_child, event, sizeof(event));
	int udev = listener(owned_by_child, UDEVNS_GROUP_UDEV);
	struct heard heard;

	send.group = UDEVNS_GROUP_UDEV;
	tap_result(request(device, UDEVNS_IOC_SEND, &send) == 0 && !send.seqnum, "udev's group: sent");
	heard = hear(udev);
	tap_result(heard.len == sizeof(event) && !memcmp(heard.data, event, sizeof(event)), "udev's group: as it is");
}

static void test_largest(void)
{
	static char event[UDEVNS_PAYLOAD_MAX];
	struct udevns_send send = send_request(owned_by_child, event, sizeof(event));
	int there = listener(owned_by_child, UDEVNS_GROUP_KERNEL);
	struct heard heard;

	memset(event, 'x', sizeof(event) - 1);
	memcpy(event, "add@/devices/x\0MODALIAS=", 24);
	tap_result(request(device, UDEVNS_IOC_SEND, &send) == 0, "the largest event is sent");
	heard = hear(there);
	tap_result(heard.len > UDEVNS_PAYLOAD_MAX && event_value(&heard, "SEQNUM"),
		   "and fits in 8 KiB with its SEQNUM (%d bytes)", heard.len);
}

/* By it a sender that was killed finds out whether its event went out. */
static void test_last_seqnum(void)
{
	struct udevns_send send = send_request(owned_by_init, EVENT, sizeof(EVENT));
	struct udevns_send refused = send_request(owned_by_init, EVENT, 0);
	struct udevns_info before = {}, after = {};

	request(device, UDEVNS_IOC_SEND, &send);
	request(device, UDEVNS_IOC_INFO, &before);
	tap_result(before.seqnum == send.seqnum, "the SEQNUM given last is told");
	request(device, UDEVNS_IOC_SEND, &refused);
	request(device, UDEVNS_IOC_INFO, &after);
	tap_result(after.seqnum == before.seqnum, "and stays while nothing is sent");
}

int main(void)
{
	struct udevns_info info = {};

	device = open_device();
	owned_by_init = new_netns(0);
	owned_by_child = new_netns(1);

	tap_result(request(device, UDEVNS_IOC_INFO, &info) == 0 && info.version == UDEVNS_VERSION, "version");
	test_request_errors();
	test_payload_errors();
	test_rights();
	test_delivery("owned by init", owned_by_init, 0, owned_by_child);
	test_delivery("owned by child", owned_by_child, MAPPED_ROOT, owned_by_init);
	test_udev_group();
	test_largest();
	test_last_seqnum();
	return tap_end();
}
