// SPDX-License-Identifier: GPL-2.0
/* Random requests, mostly nearly right ones, for a bounded time: fuzz SECONDS SEED. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>

#include "request.h"

static uint64_t state;

/* xorshift64: the same seed gives the same requests everywhere. */
static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static bool one_in(unsigned int n)
{
	return next() % n == 0;
}

static uint32_t spoiled(uint32_t value)
{
	return one_in(12) ? (uint32_t)next() : value;
}

/* The last page before unmapped memory: a read beyond the end faults. */
static char *guarded_page(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 4 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(pages == MAP_FAILED ? -1 : 0, "mmap");
	must(munmap(pages + 3 * size, size), "munmap");
	return pages + 3 * size;
}

static uint32_t random_event(char *end, char **event)
{
	uint32_t len = one_in(4) ? next() % (UDEVNS_PAYLOAD_MAX + 2) : sizeof(EVENT);

	*event = end - len;
	if (len >= sizeof(EVENT))
		memcpy(*event, EVENT, sizeof(EVENT));
	while (len && one_in(2))
		(*event)[next() % len] = (char)next();
	return len;
}

int main(int argc, char **argv)
{
	static const unsigned long commands[] = {
		UDEVNS_IOC_SEND, UDEVNS_IOC_SEND, UDEVNS_IOC_SEND, UDEVNS_IOC_GATE_SET, UDEVNS_IOC_GATE_GET, UDEVNS_IOC_INFO,
	};
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	int device = open_device(), netns[3] = { new_netns(0), new_netns(1), -1 };
	int ear = listener(netns[0], 3);
	unsigned long count = 0, done = 0;
	char *page = guarded_page();
	char drain[8192];

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	while (time(NULL) < end) {
		unsigned long command = one_in(20) ? next() : commands[next() % 6];
		char *event;
		uint32_t len = random_event(page, &event);
		struct udevns_send send = send_request(spoiled(netns[next() % 3]), event, spoiled(len));

		send.version = spoiled(send.version);
		send.group = spoiled(1 + next() % 2);
		send.flags = one_in(12) ? (uint32_t)next() : 0;
		send.heard = next() % 3;
		if (one_in(12))
			send.payload = next();
		done += !request(device, command, one_in(30) ? (void *)next() : &send);
		while (recv(ear, drain, sizeof(drain), MSG_DONTWAIT) > 0)
			;
		count++;
	}
	tap_result(count > 1000 && done > 100, "%lu requests, %lu of them carried out", count, done);
	return tap_end();
}
