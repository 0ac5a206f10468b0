// SPDX-License-Identifier: Apache-2.0
/* The network namespace in a container's config.json (OCI runtime specification, config-linux.md). */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

enum network config_network(const char *text, const char *end, struct json *entry)
{
	struct json root, linux_part, namespaces, item = { 0 }, type, value;
	enum network network = NETWORK_LEAVE;

	if (!json_parse(text, end, &root) || *root.start != '{')
		return NETWORK_MALFORMED;
	if (!json_member(root, "linux", &linux_part) || !json_member(linux_part, "namespaces", &namespaces))
		return NETWORK_LEAVE;
	while (json_next(namespaces, &item)) {
		if (!json_member(item, "type", &type))
			return NETWORK_MALFORMED;
		if (json_is_string(type, "user"))
			return NETWORK_LEAVE;
		if (!json_is_string(type, "network"))
			continue;
		/* Some writers say "no path" with an empty one. */
		if (json_member(item, "path", &value) && !json_is_string(value, ""))
			return NETWORK_LEAVE;
		network = NETWORK_NEW;
		*entry = item;
	}
	return network;
}

char *config_read(const char *file, const char **end)
{
	FILE *stream = fopen(file, "re");
	struct stat status;
	char *text = NULL;
	size_t got;

	if (!stream)
		return NULL;
	if (!fstat(fileno(stream), &status))
		text = malloc(status.st_size + 1);
	if (text) {
		got = fread(text, 1, status.st_size, stream);
		text[got] = '\0';
		*end = text + got;
	}
	fclose(stream);
	return text;
}

int config_set_network(const char *file, const char *text, const char *end, struct json entry, const char *path)
{
	char fresh[PATH_MAX];
	struct stat status;
	FILE *stream;
	int failed;

	if (snprintf(fresh, sizeof(fresh), "%s.udevns", file) >= (int)sizeof(fresh))
		return ENAMETOOLONG;
	if (stat(file, &status))
		return errno;
	stream = fopen(fresh, "we");
	if (!stream)
		return errno;
	failed = fchmod(fileno(stream), status.st_mode & 07777) ||
		 fchown(fileno(stream), status.st_uid, status.st_gid);
	fwrite(text, 1, entry.start - text, stream);
	fprintf(stream, "{\"type\":\"network\",\"path\":\"%s\"}", path);
	fwrite(entry.end, 1, end - entry.end, stream);
	failed |= ferror(stream);
	failed |= fclose(stream);
	/* Renamed, so that the runtime never reads half a file. */
	if (failed || rename(fresh, file)) {
		failed = errno ? errno : EIO;
		unlink(fresh);
		return failed;
	}
	return 0;
}
