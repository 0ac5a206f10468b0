/* SPDX-License-Identifier: GPL-2.0 */
/* Requests to /dev/udevns, right ones; tests then spoil one field. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdint.h>
#include <sys/ioctl.h>

#include "../udevns_uapi.h"
#include "listener.h"

#define EVENT "add@/devices/udevns\0ACTION=add\0DEVPATH=/devices/udevns\0SUBSYSTEM=test"

static inline struct udevns_send send_request(int netns, const void *payload, size_t len)
{
	return (struct udevns_send) {
		.version = UDEVNS_VERSION,
		.netns_fd = netns,
		.group = UDEVNS_GROUP_KERNEL,
		.len = len,
		.payload = (uintptr_t)payload,
	};
}

static inline int open_device(void)
{
	return must(open("/dev/udevns", O_RDWR | O_CLOEXEC), "/dev/udevns");
}

/* 0 or the error number. */
static inline int request(int device, unsigned long command, void *arg)
{
	return ioctl(device, command, arg) ? errno : 0;
}

#endif
