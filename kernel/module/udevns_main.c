// SPDX-License-Identifier: GPL-2.0
/* The misc device /dev/udevns. */
#include <linux/compat.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "udevns.h"

static long udevns_info(struct udevns_info __user *arg)
{
	struct udevns_info info = {
		.version = UDEVNS_VERSION,
		.features = udevns_gate_available() ? UDEVNS_FEATURE_GATE : 0,
		.seqnum = udevns_last_seqnum(),
	};

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long udevns_dispatch(struct file *file, unsigned int cmd, void __user *arg)
{
	switch (cmd) {
	case UDEVNS_IOC_INFO:
		return udevns_info(arg);
	case UDEVNS_IOC_SEND:
		return udevns_send(file, arg);
	case UDEVNS_IOC_GATE_SET:
		return udevns_gate_set(file, arg);
	case UDEVNS_IOC_GATE_GET:
		return udevns_gate_get(file, arg);
	default:
		return -ENOTTY;
	}
}

static long udevns_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long err = udevns_dispatch(file, cmd, (void __user *)arg);

	if (err)
		udevns_stat_add(UDEVNS_STAT_REFUSED, 1);
	return err;
}

static const struct file_operations udevns_fops = {
	.owner		= THIS_MODULE,
	.open		= nonseekable_open,
	.unlocked_ioctl	= udevns_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

static struct miscdevice udevns_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "udevns",
	.fops	= &udevns_fops,
	.mode	= 0600,
};

/* The device comes last: from then on requests may arrive. */
static int __init udevns_init(void)
{
	int err;

	udevns_send_init();
	err = udevns_gate_init();
	if (err)
		return err;
	udevns_stats_init();
	err = misc_register(&udevns_device);
	if (err) {
		udevns_stats_exit();
		udevns_gate_exit();
	}
	return err;
}

static void __exit udevns_exit(void)
{
	misc_deregister(&udevns_device);
	udevns_stats_exit();
	udevns_gate_exit();
}

module_init(udevns_init);
module_exit(udevns_exit);

MODULE_DESCRIPTION("uevents for one network namespace");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
