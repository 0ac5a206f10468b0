// SPDX-License-Identifier: GPL-2.0
/* close NETNS: closes the module's gate for a namespace. */
#define _GNU_SOURCE
#include "request.h"

int main(int argc, char **argv)
{
	struct udevns_gate gate = { .version = UDEVNS_VERSION, .closed = 1 };

	gate.netns_fd = must(open(argc > 1 ? argv[1] : "", O_RDONLY | O_CLOEXEC), "NETNS");
	must(-request(open_device(), UDEVNS_IOC_GATE_SET, &gate), "gate");
	return 0;
}
