/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few fields of the kernel's structures that the gate reads.  The loader
 * finds their real places in the running kernel's BTF, so that neither order
 * nor the fields left out matter here.
 */
#ifndef UDEVNS_KERNEL_TYPES_H
#define UDEVNS_KERNEL_TYPES_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	unsigned short skc_family;
	possible_net_t skc_net;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct sk_buff {
	char cb[48];
	__u32 mark;
	unsigned char *data;
};

struct scm_creds {
	__u32 pid;
};

struct netlink_skb_parms {
	struct scm_creds creds;
	__u32 dst_group;
};

#pragma clang attribute pop

#endif
