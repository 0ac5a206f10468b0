// SPDX-License-Identifier: GPL-2.0
/* UDEVNS_IOC_GATE_*: what still arrives behind a closed gate. Argument "off": the gate is not allowed. */
#define _GNU_SOURCE
#include "request.h"

/* A class device without a network namespace tag: its events are broadcast. */
#define HOST_DEVICE "/sys/class/mem/null/uevent"

static int device;

static int gate(unsigned long command, int netns, unsigned int *closed)
{
	struct udevns_gate arg = { .version = UDEVNS_VERSION, .netns_fd = netns, .closed = *closed };
	int error = request(device, command, &arg);

	*closed = arg.closed;
	return error;
}

static int set(int netns, unsigned int closed)
{
	return gate(UDEVNS_IOC_GATE_SET, netns, &closed);
}

static int get(int netns)
{
	unsigned int closed = 0;

	return gate(UDEVNS_IOC_GATE_GET, netns, &closed) ? -1 : (int)closed;
}

/* The loopback device cannot be triggered from outside: its sysfs belongs to its namespace. */
static void own_device_event(int netns)
{
	pid_t child = must(fork(), "fork");

	if (!child) {
		must(setns(netns, CLONE_NEWNET), "setns");
		execlp("ip", "ip", "link", "add", "udevns0", "type", "dummy", NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

static void inject(int netns)
{
	struct { struct nlmsghdr head; char event[sizeof(EVENT)]; } message = {
		.head = { sizeof(message), NLMSG_MIN_TYPE, NLM_F_REQUEST, 0, 0 }, .event = EVENT,
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = listener(netns, 0);

	message.head.nlmsg_len = sizeof(message.head) + sizeof(message.event);
	must(sendto(fd, &message, message.head.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof(kernel)), "inject");
	close(fd);
}

static void test_refusals(int child_owned)
{
	struct udevns_gate bad = { .version = UDEVNS_VERSION + 1 };
	int self = must(open("/proc/self/ns/net", O_RDONLY), "own netns");

	tap_result(request(device, UDEVNS_IOC_GATE_SET, (void *)8) == EFAULT, "EFAULT: request");
	tap_result(request(device, UDEVNS_IOC_GATE_SET, &bad) == EINVAL, "EINVAL: version");
	bad = (struct udevns_gate) { .version = UDEVNS_VERSION, .closed = 2 };
	tap_result(request(device, UDEVNS_IOC_GATE_SET, &bad) == EINVAL, "EINVAL: neither open nor closed");
	tap_result(set(-1, 1) == EBADF, "EBADF: no descriptor");
	tap_result(set(child_owned, 1) == ENODEV, "ENODEV: a namespace that hears no host event anyway");
	tap_result(set(self, 1) == ENODEV, "ENODEV: the host's own namespace");
}

static void test_gate(int netns)
{
	struct udevns_send send = send_request(netns, EVENT, sizeof(EVENT));
	int host = listener(-1, 1), inside = listener(netns, 1);

	write_text(HOST_DEVICE, "change");
	tap_result(hear(inside).count == 1 && hear(host).count == 1, "open: the host's event is heard inside");

	tap_result(set(netns, 1) == 0 && get(netns) == 1, "close");
	tap_result(set(netns, 1) == 0, "close again");
	write_text(HOST_DEVICE, "change");
	tap_result(hear(inside).count == 0 && hear(host).count == 1, "closed: it is heard by the host alone");
	own_device_event(netns);
	tap_result(hear(inside).count > 0, "closed: its own network device's events are heard");
	inject(netns);
	tap_result(hear(inside).count == 1, "closed: an injected event is heard");
	tap_result(request(device, UDEVNS_IOC_SEND, &send) == 0 && hear(inside).count == 1, "closed: a sent event is heard");

	tap_result(set(netns, 0) == 0 && get(netns) == 0, "open");
	write_text(HOST_DEVICE, "change");
	tap_result(hear(inside).count == 1 && hear(host).count >= 1, "open again: the host's event is heard inside");
	close(host), close(inside);
}

/* Left closed: the namespace's end has to clean up. */
static void test_exit(void)
{
	int i;

	for (i = 0; i < 50; i++) {
		int netns = new_netns(0);

		must(-set(netns, 1), "close the gate");
		close(netns);
	}
	tap_result(1, "50 closed namespaces end");
}

int main(int argc, char **argv)
{
	int netns = new_netns(0), child_owned = new_netns(1);

	device = open_device();
	if (argc > 1 && !strcmp(argv[1], "off")) {
		tap_result(set(netns, 1) == EOPNOTSUPP, "EOPNOTSUPP: the module parameter does not allow it");
		return tap_end();
	}
	if (argc > 1 && !strcmp(argv[1], "hold")) {
		must(-set(netns, 1), "close the gate");
		puts("closed");
		fflush(stdout);
		/* Only the namespace keeps the module now, not our descriptor of the device. */
		close(device);
		pause();
	}
	test_refusals(child_owned);
	test_gate(netns);
	test_exit();
	return tap_end();
}
