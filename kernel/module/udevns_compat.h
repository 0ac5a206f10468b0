/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that depends on the kernel's version or on its private layout. */
#ifndef UDEVNS_COMPAT_H
#define UDEVNS_COMPAT_H

#include <linux/list.h>
#include <linux/version.h>
#include <net/net_namespace.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "udevns is written for Linux 5.10 and later"
#endif

/*
 * The gate relies on a structure that only lib/kobject_uevent.c knows.  It has
 * been the same from 4.18 on; a kernel nobody has looked at gets no gate.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0) && \
	IS_ENABLED(CONFIG_KPROBES) && IS_ENABLED(CONFIG_KALLSYMS_ALL)
#define UDEVNS_GATE_KNOWN	1
#else
#define UDEVNS_GATE_KNOWN	0
#endif

struct udevns_uevent_sock {
	struct list_head list;
	struct sock *sk;
};

static inline struct udevns_uevent_sock *udevns_uevent_sock(struct net *net)
{
	return (struct udevns_uevent_sock *)net->uevent_sock;
}

#endif
