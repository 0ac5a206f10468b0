// SPDX-License-Identifier: GPL-2.0
/* ear [NETNS [USERNS]]: prints who sends what to a namespace, the ids as a process of USERNS sees them. */
#define _GNU_SOURCE
#include "../udevns_uapi.h"
#include "listener.h"

int main(int argc, char **argv)
{
	int fd = listener(argc > 1 ? must(open(argv[1], O_RDONLY), "NETNS") : -1, UDEVNS_GROUP_KERNEL);

	if (argc > 2)
		must(setns(must(open(argv[2], O_RDONLY), "USERNS"), CLONE_NEWUSER), "setns user");
	setlinebuf(stdout);
	puts("listening");
	for (;;) {
		struct heard heard = hear_one(fd);

		printf("%s sender=%s pid=%s uid=%u gid=%u\n", heard.data, heard.from.nl_pid ? "process" : "kernel",
		       heard.creds.pid ? "some" : "0", heard.creds.uid, heard.creds.gid);
	}
}
