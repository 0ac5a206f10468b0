// SPDX-License-Identifier: GPL-2.0
/* Which network namespace is meant, and whether the caller rules it. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <net/net_namespace.h>

#include "udevns.h"

/*
 * The opener is asked as well as the caller: a descriptor that was passed on
 * must not lend the rights of whoever uses it next.
 */
struct net *udevns_target_get(struct file *file, int netns_fd)
{
	struct net *net;

	if (!ns_capable(current_user_ns(), CAP_SYS_ADMIN))
		return ERR_PTR(-EPERM);

	net = get_net_ns_by_fd(netns_fd);
	if (IS_ERR(net))
		return net;

	if (!ns_capable(net->user_ns, CAP_SYS_ADMIN) ||
	    !file_ns_capable(file, net->user_ns, CAP_SYS_ADMIN)) {
		put_net(net);
		return ERR_PTR(-EPERM);
	}
	return net;
}
