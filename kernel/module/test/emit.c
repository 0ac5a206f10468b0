// SPDX-License-Identifier: GPL-2.0
/*
 * emit KIND NETNS [ID]: one uevent for a namespace, as one of its possible senders.
 *
 *	netlink	injected by root, credentials as they are
 *	mapped	injected by root, claiming to be user ID, root of the container
 *	module	through /dev/udevns
 *	bare	injected by the user ID without any capability, 0 included
 *	direct	sent to the listeners past the kernel, as a forger would
 */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <sys/syscall.h>

#include "request.h"

static void inject(int fd, unsigned int groups, const void *message, size_t len, const struct ucred *claim)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(struct ucred))]; } control = {
		.head = { CMSG_LEN(sizeof(struct ucred)), SOL_SOCKET, SCM_CREDENTIALS },
	};
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_groups = groups };
	struct iovec iov = { (void *)message, len };
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1 };

	if (claim) {
		memcpy(CMSG_DATA(&control.head), claim, sizeof(*claim));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	must(sendmsg(fd, &msg, 0), "sendmsg");
}

/* The kernel tells of a refusal in a reply, never in sendmsg's result. */
static void await_ack(int fd)
{
	struct { struct nlmsghdr head; struct nlmsgerr error; char rest[256]; } reply;

	must(recv(fd, &reply, sizeof(reply), 0), "recv");
	errno = -reply.error.error;
	must(reply.error.error ? -1 : 0, "refused");
}

static void inject_by_kernel(int fd, const struct ucred *claim)
{
	struct { struct nlmsghdr head; char event[sizeof(EVENT)]; } message = { .event = EVENT };
	size_t len = sizeof(message.head) + sizeof(message.event);

	message.head = (struct nlmsghdr) {
		.nlmsg_len = len, .nlmsg_type = NLMSG_MIN_TYPE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};
	inject(fd, 0, &message, len, claim);
	await_ack(fd);
}

static void become_bare(uid_t id)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	must(setresuid(id, id, id), "setresuid");
	must(syscall(SYS_capset, &head, none), "capset");
}

int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "";
	int netns = must(open(argc > 2 ? argv[2] : "", O_RDONLY | O_CLOEXEC), "NETNS");
	uid_t id = argc > 3 ? atoi(argv[3]) : 0;
	struct ucred claim = { .pid = getpid(), .uid = id, .gid = id };
	struct udevns_send send = send_request(netns, EVENT, sizeof(EVENT));
	int fd;

	if (!strcmp(kind, "module"))
		return request(open_device(), UDEVNS_IOC_SEND, &send);

	must(setns(netns, CLONE_NEWNET), "setns");
	if (!strcmp(kind, "bare"))
		become_bare(id);
	fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT), "socket");
	if (!strcmp(kind, "direct"))
		inject(fd, UDEVNS_GROUP_KERNEL, EVENT, sizeof(EVENT), id ? &claim : NULL);
	else
		inject_by_kernel(fd, strcmp(kind, "mapped") ? NULL : &claim);
	return 0;
}
