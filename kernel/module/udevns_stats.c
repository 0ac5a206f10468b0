// SPDX-License-Identifier: GPL-2.0
/* /sys/kernel/debug/udevns/stats: one "name value" a line. */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "udevns.h"

static const char * const stat_names[UDEVNS_STAT_COUNT] = {
	[UDEVNS_STAT_SENT]	= "sent",
	[UDEVNS_STAT_BYTES]	= "bytes",
	[UDEVNS_STAT_UNHEARD]	= "unheard",
	[UDEVNS_STAT_REFUSED]	= "refused",
	[UDEVNS_STAT_GATED]	= "gated",
};

static atomic64_t stats[UDEVNS_STAT_COUNT];
static struct dentry *stats_dir;

void udevns_stat_add(enum udevns_stat stat, long n)
{
	atomic64_add(n, &stats[stat]);
}

static int stats_show(struct seq_file *seq, void *unused)
{
	int i;

	for (i = 0; i < UDEVNS_STAT_COUNT; i++)
		seq_printf(seq, "%s %lld\n", stat_names[i],
			   (long long)atomic64_read(&stats[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/* Without debugfs there are no counters to read, and nothing else is lost. */
void udevns_stats_init(void)
{
	stats_dir = debugfs_create_dir("udevns", NULL);
	debugfs_create_file("stats", 0400, stats_dir, NULL, &stats_fops);
}

void udevns_stats_exit(void)
{
	debugfs_remove_recursive(stats_dir);
}
