/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UDEVNS_H
#define UDEVNS_H

#include <linux/fs.h>
#include <linux/types.h>

#include "udevns_uapi.h"

struct net;

/* udevns_target.c: the namespace behind a file descriptor, if the caller may */
struct net *udevns_target_get(struct file *file, int netns_fd);

/* udevns_send.c */
void udevns_send_init(void);
u64 udevns_last_seqnum(void);
long udevns_send(struct file *file, struct udevns_send __user *arg);

/* udevns_gate.c */
int udevns_gate_init(void);
void udevns_gate_exit(void);
bool udevns_gate_available(void);
long udevns_gate_set(struct file *file, struct udevns_gate __user *arg);
long udevns_gate_get(struct file *file, struct udevns_gate __user *arg);

/* udevns_stats.c */
enum udevns_stat {
	UDEVNS_STAT_SENT,
	UDEVNS_STAT_BYTES,
	UDEVNS_STAT_UNHEARD,
	UDEVNS_STAT_REFUSED,
	UDEVNS_STAT_GATED,
	UDEVNS_STAT_COUNT,
};

void udevns_stat_add(enum udevns_stat stat, long n);
void udevns_stats_init(void);
void udevns_stats_exit(void);

#endif
