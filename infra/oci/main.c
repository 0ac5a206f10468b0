// SPDX-License-Identifier: Apache-2.0
/*
 * udevns-oci: an OCI runtime in front of another one. A container that is to
 * get a network namespace gets one the host's uevents do not reach, before its
 * first process is there to hear any.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "config.h"
#include "netns.h"

/* containerd shows people the last line of the runtime's log, not its standard error. */
static void report(const struct arguments *args, const char *level, const char *what, const char *why)
{
	char when[32] = "";
	time_t now = time(NULL);
	FILE *log = args->log ? fopen(args->log, "ae") : NULL;

	fprintf(stderr, "udevns-oci: %s: %s\n", what, why);
	if (!log)
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	fprintf(log, "{\"level\":\"%s\",\"msg\":\"udevns-oci: %s: %s\",\"time\":\"%s\"}\n", level, what, why, when);
	fclose(log);
}

static const char *gate_network(const struct arguments *args, const char *file)
{
	char path[PATH_MAX];
	const char *end, *failed;
	struct json entry;
	char *text = config_read(file, &end);
	int error;

	if (!text)
		return "cannot read the bundle's config.json";
	switch (config_network(text, end, &entry)) {
	case NETWORK_MALFORMED:
		/* The runtime says better than we could what is wrong with it. */
	case NETWORK_LEAVE:
		free(text);
		return NULL;
	case NETWORK_NEW:
		break;
	}
	errno = EINVAL;
	if (!netns_path(args->id, path, sizeof(path))) {
		free(text);
		return "the container's id is no file name";
	}
	failed = netns_make(path);
	if (!failed) {
		error = config_set_network(file, text, end, entry, path);
		if (error) {
			netns_drop(path);
			failed = "cannot write the bundle's config.json";
			errno = error;
		}
	}
	free(text);
	return failed;
}

static int create(const struct arguments *args)
{
	char file[PATH_MAX];
	const char *failed;

	snprintf(file, sizeof(file), "%s/config.json", args->bundle);
	failed = gate_network(args, file);
	if (!failed)
		return 0;
	report(args, args->lenient ? "warning" : "error", failed, strerror(errno));
	return args->lenient ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct arguments args = arguments_parse(argv);
	char path[PATH_MAX];

	(void)argc;
	if (args.verb == VERB_CREATE && create(&args))
		return 1;
	if (args.verb == VERB_DELETE && netns_path(args.id, path, sizeof(path)))
		netns_drop(path);
	args.rest[0] = (char *)args.runtime;
	execvp(args.runtime, args.rest);
	report(&args, "error", "cannot start the runtime behind it", strerror(errno));
	return 127;
}
