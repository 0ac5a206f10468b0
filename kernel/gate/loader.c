// SPDX-License-Identifier: GPL-2.0
/*
 * udevns-gate: loads the gate, says whom it closes, reports.
 *
 * Everything lives in pins: the gate goes on without any process of ours.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate.h"
#include "gate.skel.h"
#include "reason.h"

#define PIN_DIR		"/sys/fs/bpf/udevns"
#define PIN_LINK	PIN_DIR "/gate"
#define PIN_MAP		PIN_DIR "/gated"

enum { DONE = 0, FAILED = 1, USAGE = 2, CANNOT_HERE = 77 };

static int fail(int code, const char *what, const char *why)
{
	fprintf(stderr, "udevns-gate: %s: %s\n", what, why);
	return code;
}

static int be_silent(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level != LIBBPF_WARN || !getenv("UDEVNS_GATE_VERBOSE"))
		return 0;
	return vfprintf(stderr, format, args);
}

/* The obstacle is only looked up after a refusal: what the kernel does counts, not what we think of it. */
static int refused(const char *what, int error)
{
	const char *obstacle = gate_obstacle();

	if (obstacle)
		return fail(CANNOT_HERE, what, obstacle);
	if (error == EPERM || error == EINVAL || error == EOPNOTSUPP)
		return fail(CANNOT_HERE, what, strerror(error));
	return fail(FAILED, what, strerror(error));
}

/* Attached, and not pinned yet. */
static int attach(struct gate_bpf **gate)
{
	const char *never_called = gate_never_called();
	int error;

	if (never_called)
		return fail(CANNOT_HERE, "the program would never be called", never_called);
	*gate = gate_bpf__open_and_load();
	if (!*gate)
		return refused("the kernel refuses the program", errno);
	error = gate_bpf__attach(*gate);
	if (error) {
		gate_bpf__destroy(*gate);
		return refused("the kernel does not attach the program", -error);
	}
	return DONE;
}

static int probe(void)
{
	struct gate_bpf *gate;
	int code = attach(&gate);

	if (code == DONE) {
		gate_bpf__destroy(gate);
		puts("udevns-gate: possible");
	}
	return code;
}

static int pin(struct gate_bpf *gate)
{
	if (mkdir(PIN_DIR, 0700) && errno != EEXIST)
		return -errno;
	/* A map without a link is what an interrupted load leaves behind. */
	unlink(PIN_MAP);
	if (bpf_map__pin(gate->maps.gated, PIN_MAP))
		return -errno;
	/* The link last: from then on the gate is there for good. */
	if (bpf_link__pin(gate->links.gate, PIN_LINK))
		return -errno;
	return 0;
}

static int load(void)
{
	struct gate_bpf *gate;
	int code, error;

	if (!access(PIN_LINK, F_OK))
		return DONE;
	code = attach(&gate);
	if (code != DONE)
		return code;
	error = pin(gate);
	gate_bpf__destroy(gate);
	return error ? fail(FAILED, "cannot pin to " PIN_DIR " (is a bpf file system mounted on /sys/fs/bpf?)", strerror(-error)) : DONE;
}

static int unload(void)
{
	static const char * const pins[] = { PIN_LINK, PIN_MAP };

	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++)
		if (unlink(pins[i]) && errno != ENOENT)
			return fail(FAILED, pins[i], strerror(errno));
	rmdir(PIN_DIR);
	return DONE;
}

static int open_map(void)
{
	int map = access(PIN_LINK, F_OK) ? -1 : bpf_obj_get(PIN_MAP);

	if (map < 0)
		fail(FAILED, "the gate is not loaded", "run udevns-gate load");
	return map;
}

/* The inode of a network namespace, as in /proc/PID/ns/net. */
static int parse_netns(const char *text, uint32_t *netns)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	struct stat host;

	if (*end || end == text || !value || value > UINT32_MAX)
		return fail(USAGE, text, "not the inode of a network namespace");
	if (!stat("/proc/1/ns/net", &host) && host.st_ino == value)
		return fail(USAGE, text, "that is the host's own network namespace");
	*netns = value;
	return DONE;
}

static int add(const char *text)
{
	struct gate_count none = { 0 };
	uint32_t netns;
	int code = parse_netns(text, &netns), map;

	if (code != DONE)
		return code;
	map = open_map();
	if (map < 0)
		return FAILED;
	/* Once more is no error, and keeps the count. */
	if (bpf_map_update_elem(map, &netns, &none, BPF_NOEXIST) && errno != EEXIST)
		return fail(FAILED, "cannot add", errno == E2BIG ? "too many namespaces" : strerror(errno));
	return DONE;
}

static int del(const char *text)
{
	uint32_t netns;
	int code = parse_netns(text, &netns), map;

	if (code != DONE)
		return code;
	map = open_map();
	if (map < 0)
		return FAILED;
	if (bpf_map_delete_elem(map, &netns) && errno != ENOENT)
		return fail(FAILED, "cannot delete", strerror(errno));
	return DONE;
}

static int list(int json)
{
	const char *format = json ?
		"%s{\"netns\":%u,\"dropped\":%llu,\"own\":%llu,\"injected\":%llu}" :
		"%snetns %u: %llu dropped, %llu of its own, %llu injected\n";
	const char *separator = "";
	uint32_t netns, *previous = NULL;
	struct gate_count count;
	int map = open_map();

	if (map < 0)
		return FAILED;
	fputs(json ? "[" : "", stdout);
	for (; !bpf_map_get_next_key(map, previous, &netns); previous = &netns) {
		if (bpf_map_lookup_elem(map, &netns, &count))
			continue;
		printf(format, separator, netns, count.dropped, count.own, count.injected);
		separator = json ? "," : "";
	}
	fputs(json ? "]\n" : "", stdout);
	return DONE;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	const char *argument = argc > 2 ? argv[2] : NULL;

	libbpf_set_print(be_silent);
	if (!strcmp(verb, "probe") && argc == 2)
		return probe();
	if (!strcmp(verb, "load") && argc == 2)
		return load();
	if (!strcmp(verb, "unload") && argc == 2)
		return unload();
	if (!strcmp(verb, "add") && argc == 3)
		return add(argument);
	if (!strcmp(verb, "del") && argc == 3)
		return del(argument);
	if (!strcmp(verb, "list") && (argc == 2 || (argc == 3 && !strcmp(argument, "--json"))))
		return list(argc == 3);
	fputs("usage: udevns-gate probe | load | unload | add NETNS | del NETNS | list [--json]\n", stderr);
	return USAGE;
}
