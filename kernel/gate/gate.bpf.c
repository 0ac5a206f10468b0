// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps the host's uevents out of chosen network namespaces.
 *
 * netlink_broadcast() asks the security modules for every single listener
 * whether it may receive; saying no loses the event for that listener alone.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../module/udevns_uapi.h"
#include "gate.h"
#include "kernel_types.h"

#define AF_NETLINK		16
#define NETLINK_KOBJECT_UEVENT	15
#define EPERM			1

/* Longer paths are taken for the host's: when in doubt, nothing gets in. */
#define HEAD_MAX		512

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GATE_MAX_NAMESPACES);
	__type(key, __u32);
	__type(value, struct gate_count);
} gated SEC(".maps");

/* "action@/devpath" does not fit on the 512 byte stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[HEAD_MAX]);
} heads SEC(".maps");

static __always_inline int is(const char *text, const char *word, int len)
{
	for (int i = 0; i < len; i++)
		if (text[i] != word[i])
			return 0;
	return 1;
}

/*
 * Objects tagged with a network namespace are announced in that namespace
 * only, so one of these that arrives here belongs here.
 */
static __always_inline int of_own_network_device(struct sk_buff *skb)
{
	__u32 zero = 0;
	char *head = bpf_map_lookup_elem(&heads, &zero);
	const unsigned char *data = BPF_CORE_READ(skb, data);

	if (!head || bpf_probe_read_kernel_str(head, HEAD_MAX, data) < 0)
		return 0;
	for (int i = 0; i < HEAD_MAX - 12 && head[i]; i++) {
		if (head[i] != '/')
			continue;
		if (is(head + i, "/net/", 5) || is(head + i, "/ieee80211/", 11) || is(head + i, "/infiniband/", 12))
			return 1;
	}
	return 0;
}

SEC("lsm/socket_sock_rcv_skb")
int BPF_PROG(gate, struct sock *sk, struct sk_buff *skb, int ret)
{
	struct netlink_skb_parms *parms;
	struct gate_count *count;
	__u32 netns;

	if (ret)
		return ret;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_NETLINK ||
	    BPF_CORE_READ(sk, sk_protocol) != NETLINK_KOBJECT_UEVENT)
		return 0;

	netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	count = bpf_map_lookup_elem(&gated, &netns);
	if (!count)
		return 0;

	parms = (struct netlink_skb_parms *)&skb->cb;
	if (BPF_CORE_READ(parms, dst_group) != UDEVNS_GROUP_KERNEL)
		return 0;
	/* No sender's pid: the kernel itself, or udevns.ko, which therefore marks what it sends. */
	if (BPF_CORE_READ(parms, creds.pid) || BPF_CORE_READ(skb, mark) == UDEVNS_SKB_MARK) {
		__sync_fetch_and_add(&count->injected, 1);
		return 0;
	}
	if (of_own_network_device(skb)) {
		__sync_fetch_and_add(&count->own, 1);
		return 0;
	}
	__sync_fetch_and_add(&count->dropped, 1);
	return -EPERM;
}

char LICENSE[] SEC("license") = "GPL";
