// SPDX-License-Identifier: GPL-2.0
/* UDEVNS_IOC_SEND: one uevent for the listeners of one network namespace. */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "udevns.h"

#define SEQNUM_KEY	"SEQNUM="
/* The key, 20 digits of a u64 and the terminator. */
#define SEQNUM_ROOM	(sizeof(SEQNUM_KEY) + 20)

/* libudev's prefix and header, systemd's src/libsystemd/sd-device/device-monitor.c */
#define LIBUDEV_PREFIX	"libudev"
#define LIBUDEV_HEADER	40

static atomic64_t seqnum;

/*
 * udevd orders events by SEQNUM.  The kernel's own counter is out of reach for
 * a module; microseconds keep ours rising over a reload and over a reboot.
 */
void udevns_send_init(void)
{
	atomic64_set(&seqnum, ktime_to_us(ktime_get_real()));
}

u64 udevns_last_seqnum(void)
{
	return atomic64_read(&seqnum);
}

/* "action@/devpath\0KEY=value\0...", each string terminated, SEQNUM left to us */
static bool kernel_event_valid(const char *event, size_t len)
{
	const char *end = event + len;
	const char *at, *key;

	if (event[len - 1] != '\0')
		return false;

	at = strchr(event, '@');
	if (!at || at == event || at[1] != '/')
		return false;

	for (key = event + strlen(event) + 1; key < end; key += strlen(key) + 1) {
		if (!strchr(key, '=') || key[0] == '=')
			return false;
		if (!strncmp(key, SEQNUM_KEY, strlen(SEQNUM_KEY)))
			return false;
	}
	return true;
}

static bool udev_event_valid(const char *event, size_t len)
{
	return len > LIBUDEV_HEADER &&
	       !memcmp(event, LIBUDEV_PREFIX, sizeof(LIBUDEV_PREFIX));
}

static bool send_args_valid(const struct udevns_send *send)
{
	return send->version == UDEVNS_VERSION && !send->flags &&
	       (send->group == UDEVNS_GROUP_KERNEL ||
		send->group == UDEVNS_GROUP_UDEV);
}

/* Copied once, checked afterwards: user space cannot change what was checked. */
static struct sk_buff *event_skb(struct udevns_send *send)
{
	bool kernel = send->group == UDEVNS_GROUP_KERNEL;
	struct sk_buff *skb;
	char *event;
	bool valid;

	skb = alloc_skb(send->len + SEQNUM_ROOM, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);

	event = skb_put(skb, send->len);
	if (copy_from_user(event, u64_to_user_ptr(send->payload), send->len)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}

	valid = kernel ? kernel_event_valid(event, send->len) :
			 udev_event_valid(event, send->len);
	if (!valid) {
		kfree_skb(skb);
		return ERR_PTR(-EINVAL);
	}

	send->seqnum = 0;
	if (kernel) {
		char *tail = skb_tail_pointer(skb);

		send->seqnum = atomic64_inc_return(&seqnum);
		skb_put(skb, scnprintf(tail, SEQNUM_ROOM, SEQNUM_KEY "%llu",
				       (unsigned long long)send->seqnum) + 1);
	}
	return skb;
}

/* Root of the namespace's owner; the kernel falls back to its own root alike. */
static void set_origin(struct sk_buff *skb, struct net *net, u32 group)
{
	kuid_t uid = make_kuid(net->user_ns, 0);
	kgid_t gid = make_kgid(net->user_ns, 0);

	memset(&NETLINK_CB(skb), 0, sizeof(NETLINK_CB(skb)));
	NETLINK_CB(skb).dst_group = group;
	NETLINK_CB(skb).creds.uid = uid_valid(uid) ? uid : GLOBAL_ROOT_UID;
	NETLINK_CB(skb).creds.gid = gid_valid(gid) ? gid : GLOBAL_ROOT_GID;
	skb->mark = UDEVNS_SKB_MARK;
}

/*
 * netlink_broadcast() wants a socket of the namespace.  One of our own needs
 * no knowledge of the namespace's private uevent socket.
 */
static int broadcast(struct net *net, struct sk_buff *skb, u32 group)
{
	struct socket *sock;
	int err;

	err = net->uevent_sock ?
		sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT, &sock) :
		-ENODEV;
	if (err) {
		kfree_skb(skb);
		return err;
	}
	err = netlink_broadcast(sock->sk, skb, 0, group, GFP_KERNEL);
	sock_release(sock);
	return err;
}

static long send_to(struct net *net, struct udevns_send *send)
{
	struct sk_buff *skb = event_skb(send);
	int err;

	if (IS_ERR(skb))
		return PTR_ERR(skb);

	set_origin(skb, net, send->group);
	err = broadcast(net, skb, send->group);
	send->heard = err != -ESRCH;
	/* As in the kernel: silence is no error, an overrun is the listener's to notice. */
	if (err == -ESRCH || err == -ENOBUFS)
		err = 0;
	return err;
}

long udevns_send(struct file *file, struct udevns_send __user *arg)
{
	struct udevns_send send;
	struct net *net;
	long err;

	if (copy_from_user(&send, arg, sizeof(send)))
		return -EFAULT;
	if (!send_args_valid(&send))
		return -EINVAL;
	if (!send.len || send.len > UDEVNS_PAYLOAD_MAX)
		return -EMSGSIZE;

	net = udevns_target_get(file, send.netns_fd);
	if (IS_ERR(net))
		return PTR_ERR(net);
	err = send_to(net, &send);
	put_net(net);
	if (err)
		return err;

	udevns_stat_add(UDEVNS_STAT_SENT, 1);
	udevns_stat_add(UDEVNS_STAT_BYTES, send.len);
	if (!send.heard)
		udevns_stat_add(UDEVNS_STAT_UNHEARD, 1);
	return copy_to_user(arg, &send, sizeof(send)) ? -EFAULT : 0;
}
