// SPDX-License-Identifier: GPL-2.0
/*
 * UDEVNS_IOC_GATE_*: keep the host's uevents out of one network namespace.
 *
 * The kernel broadcasts to the uevent sockets on one list, that of the network
 * namespaces owned by the initial user namespace.  A socket taken off the list
 * misses just the broadcast: injected events and those of the namespace's own
 * network devices do not go by the list.
 */
#include <linux/err.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <net/netns/generic.h>
#include <net/sock.h>

#include "udevns.h"
#include "udevns_compat.h"

static bool gate;
module_param(gate, bool, 0400);
MODULE_PARM_DESC(gate, "Allow closing namespaces to the host's uevents; uses a private kernel structure (default: off)");

/* lib/kobject_uevent.c holds it whenever it walks or changes the list. */
static struct mutex *list_mutex;
static unsigned int gate_net_id;

struct gate_net {
	bool closed;
};

#if UDEVNS_GATE_KNOWN
/*
 * kallsyms_lookup_name() is not exported, but a kprobe may be put on it.  With
 * indirect branch tracking the probe sits behind the entry's landing pad, hence
 * the way back to the symbol's beginning.
 */
static unsigned long kernel_symbol(const char *name)
{
	unsigned long (*lookup)(const char *name);
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long offset;
	const char *plus;

	if (register_kprobe(&probe))
		return 0;
	unregister_kprobe(&probe);

	sprint_symbol(symbol, (unsigned long)probe.addr);
	plus = strchr(symbol, '+');
	if (!plus || sscanf(plus, "+0x%lx/", &offset) != 1)
		return 0;
	lookup = (void *)((unsigned long)probe.addr - offset);
	return lookup(name);
}
#else
static unsigned long kernel_symbol(const char *name)
{
	return 0;
}
#endif

/* Does the memory look as we believe it does?  A wrong guess must not be acted upon. */
static bool layout_known(struct net *net)
{
	struct udevns_uevent_sock *ue = udevns_uevent_sock(net);

	return ue && ue->sk && ue->sk->sk_family == AF_NETLINK &&
	       ue->sk->sk_protocol == NETLINK_KOBJECT_UEVENT &&
	       sock_net(ue->sk) == net;
}

/* Init's socket never leaves the list, so the list is reached through it. */
static struct list_head *list_anchor(void)
{
	return &udevns_uevent_sock(&init_net)->list;
}

static bool on_list(struct net *net)
{
	struct list_head *wanted = &udevns_uevent_sock(net)->list;
	struct list_head *entry;

	list_for_each(entry, list_anchor())
		if (entry == wanted)
			return true;
	return false;
}

static int gate_close(struct net *net, struct gate_net *gn)
{
	if (gn->closed)
		return 0;
	if (!on_list(net))
		return -ENODEV;
	/* An open gate at unload would be a leak that nobody asked for. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	list_del_init(&udevns_uevent_sock(net)->list);
	gn->closed = true;
	udevns_stat_add(UDEVNS_STAT_GATED, 1);
	return 0;
}

static void gate_open(struct net *net, struct gate_net *gn)
{
	if (!gn->closed)
		return;
	list_add(&udevns_uevent_sock(net)->list, list_anchor());
	gn->closed = false;
	udevns_stat_add(UDEVNS_STAT_GATED, -1);
	module_put(THIS_MODULE);
}

/* Before the kernel's own exit, which takes the socket off the list itself. */
static void __net_exit gate_net_exit(struct net *net)
{
	if (!list_mutex)
		return;
	mutex_lock(list_mutex);
	gate_open(net, net_generic(net, gate_net_id));
	mutex_unlock(list_mutex);
}

static struct pernet_operations gate_net_ops = {
	.exit = gate_net_exit,
	.id   = &gate_net_id,
	.size = sizeof(struct gate_net),
};

bool udevns_gate_available(void)
{
	return list_mutex;
}

static struct net *gate_target(struct file *file, const struct udevns_gate *arg)
{
	struct net *net;

	if (arg->version != UDEVNS_VERSION || arg->flags || arg->closed > 1)
		return ERR_PTR(-EINVAL);
	if (!udevns_gate_available())
		return ERR_PTR(-EOPNOTSUPP);

	net = udevns_target_get(file, arg->netns_fd);
	if (IS_ERR(net))
		return net;
	/* Never on the list, its link is not even initialised. */
	if (net->user_ns != &init_user_ns || net_eq(net, &init_net) || !layout_known(net)) {
		put_net(net);
		return ERR_PTR(-ENODEV);
	}
	return net;
}

long udevns_gate_set(struct file *file, struct udevns_gate __user *arg)
{
	struct udevns_gate req;
	struct gate_net *gn;
	struct net *net;
	int err = 0;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	net = gate_target(file, &req);
	if (IS_ERR(net))
		return PTR_ERR(net);

	gn = net_generic(net, gate_net_id);
	mutex_lock(list_mutex);
	if (req.closed)
		err = gate_close(net, gn);
	else
		gate_open(net, gn);
	mutex_unlock(list_mutex);
	put_net(net);
	return err;
}

long udevns_gate_get(struct file *file, struct udevns_gate __user *arg)
{
	struct udevns_gate req;
	struct gate_net *gn;
	struct net *net;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	net = gate_target(file, &req);
	if (IS_ERR(net))
		return PTR_ERR(net);

	gn = net_generic(net, gate_net_id);
	mutex_lock(list_mutex);
	req.closed = gn->closed;
	mutex_unlock(list_mutex);
	put_net(net);
	return copy_to_user(arg, &req, sizeof(req)) ? -EFAULT : 0;
}

int udevns_gate_init(void)
{
	if (gate && layout_known(&init_net))
		list_mutex = (struct mutex *)kernel_symbol("uevent_sock_mutex");
	if (gate && !list_mutex)
		pr_warn("udevns: no gate: this kernel's uevent list is unknown\n");
	return register_pernet_subsys(&gate_net_ops);
}

void udevns_gate_exit(void)
{
	unregister_pernet_subsys(&gate_net_ops);
}
