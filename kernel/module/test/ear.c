// SPDX-License-Identifier: GPL-2.0
/* ear [NETNS [USERNS]]: prints who sends what to a namespace, the ids as a process of USERNS sees them. GROUPS_HEARD: 1 kernel's, 2 udev's, 3 both. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "../udevns_uapi.h"
#include "listener.h"

int main(int argc, char **argv)
{
	const char *groups = getenv("GROUPS_HEARD");
	int fd = listener(argc > 1 ? must(open(argv[1], O_RDONLY), "NETNS") : -1,
			  groups ? atoi(groups) : UDEVNS_GROUP_KERNEL);

	if (argc > 2)
		must(setns(must(open(argv[2], O_RDONLY), "USERNS"), CLONE_NEWUSER), "setns user");
	setlinebuf(stdout);
	puts("listening");
	for (;;) {
		struct heard heard = hear_one(fd);

		printf("%s sender=%s pid=%s uid=%u gid=%u group=%u\n", heard.data, heard.from.nl_pid ? "process" : "kernel",
		       heard.creds.pid ? "some" : "0", heard.creds.uid, heard.creds.gid, heard.from.nl_groups);
	}
}
