// SPDX-License-Identifier: GPL-2.0
/* Sends for SECONDS, opening the device anew each time, for tests that unload the module meanwhile. */
#define _GNU_SOURCE
#include <time.h>

#include "request.h"

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	int netns = new_netns(1), ear = listener(netns, UDEVNS_GROUP_KERNEL);
	struct udevns_send send = send_request(netns, EVENT, sizeof(EVENT));
	unsigned long sent = 0;
	char drain[8192];

	while (time(NULL) < end) {
		int device = open("/dev/udevns", O_RDWR | O_CLOEXEC);

		if (device < 0)
			continue;
		sent += !request(device, UDEVNS_IOC_SEND, &send);
		close(device);
		while (recv(ear, drain, sizeof(drain), MSG_DONTWAIT) > 0)
			;
	}
	tap_result(sent > 0, "%lu events sent", sent);
	return tap_end();
}
