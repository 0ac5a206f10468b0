/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * /dev/udevns: uevents for one network namespace.
 *
 * Every structure begins with the version the caller was built for; all
 * fields have a fixed width and the same place on 32 and 64 bit.
 */
#ifndef UDEVNS_UAPI_H
#define UDEVNS_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define UDEVNS_VERSION		1

/* Multicast groups of NETLINK_KOBJECT_UEVENT. */
#define UDEVNS_GROUP_KERNEL	1
#define UDEVNS_GROUP_UDEV	2

/*
 * Listeners read into 8 KiB: payload and appended SEQNUM have to fit.  Netlink
 * injection by user space ends at 2048 bytes, the kernel's own events do not.
 */
#define UDEVNS_PAYLOAD_MAX	8160

/*
 * skb->mark of every event sent here.  Its credentials are those of the
 * kernel's own events; the mark is how a BPF gate tells the two apart.
 */
#define UDEVNS_SKB_MARK		0x55444e53

struct udevns_send {
	__u32		version;
	__u32		flags;		/* 0 */
	__s32		netns_fd;
	__u32		group;		/* UDEVNS_GROUP_* */
	__u32		len;
	__u32		heard;		/* out: 0 if nobody listened */
	__aligned_u64	payload;	/* user pointer */
	__aligned_u64	seqnum;		/* out: what was appended, 0 for UDEVNS_GROUP_UDEV */
};

struct udevns_gate {
	__u32	version;
	__u32	flags;			/* 0 */
	__s32	netns_fd;
	__u32	closed;			/* 1: the host's events stay out */
};

/* udevns_info.features */
#define UDEVNS_FEATURE_GATE	(1U << 0)

struct udevns_info {
	__u32		version;	/* out */
	__u32		features;	/* out */
	__aligned_u64	seqnum;		/* out: what was appended last */
};

/*
 * EFAULT   a pointer leads nowhere
 * EINVAL   version, flags, group, or a payload no listener would understand
 * EMSGSIZE len is 0 or above UDEVNS_PAYLOAD_MAX
 * EBADF    netns_fd is no open file; EINVAL if it is not a network namespace
 * EPERM    no CAP_SYS_ADMIN in the caller's or the namespace's user namespace
 * ENODEV   the namespace has no uevent socket, or, for the gate, the host's
 *          events do not go there anyway
 * EOPNOTSUPP the gate is switched off or does not know this kernel
 * ENOTTY   any other request
 */
#define UDEVNS_IOC_MAGIC	0xE7
#define UDEVNS_IOC_INFO		_IOR(UDEVNS_IOC_MAGIC, 0, struct udevns_info)
#define UDEVNS_IOC_SEND		_IOWR(UDEVNS_IOC_MAGIC, 1, struct udevns_send)
#define UDEVNS_IOC_GATE_SET	_IOW(UDEVNS_IOC_MAGIC, 2, struct udevns_gate)
#define UDEVNS_IOC_GATE_GET	_IOWR(UDEVNS_IOC_MAGIC, 3, struct udevns_gate)

#endif
