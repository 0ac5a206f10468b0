/* SPDX-License-Identifier: GPL-2.0 */
/* What the program in the kernel and its loader share. */
#ifndef UDEVNS_GATE_H
#define UDEVNS_GATE_H

#define GATE_MAX_NAMESPACES	4096

/* Value of the map of gated namespaces; the key is the namespace's inode. */
struct gate_count {
	unsigned long long dropped;
	unsigned long long own;		/* passed: the namespace's own network devices */
	unsigned long long injected;	/* passed: user space or udevns.ko */
};

#endif
