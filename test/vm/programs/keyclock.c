// SPDX-License-Identifier: Apache-2.0
/*
 * keyclock NODE: waits for one key to go down on an input device. Prints "ready", then when it was read (nanoseconds
 * since 1970) and how long after the kernel's own time stamp (microseconds).
 */
#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : "", O_RDONLY);
	struct input_event event;
	struct timespec now;

	if (fd < 0) {
		perror("keyclock");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while (read(fd, &event, sizeof(event)) == sizeof(event)) {
		clock_gettime(CLOCK_REALTIME, &now);
		if (event.type != EV_KEY || event.value != 1)
			continue;
		printf("%lld %lld\n", now.tv_sec * 1000000000LL + now.tv_nsec,
		       (now.tv_sec - event.time.tv_sec) * 1000000LL + now.tv_nsec / 1000 - event.time.tv_usec);
		return 0;
	}
	perror("keyclock");
	return 1;
}
