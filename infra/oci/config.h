/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UDEVNS_OCI_CONFIG_H
#define UDEVNS_OCI_CONFIG_H

#include "json.h"

enum network {
	/* The runtime would make a network namespace, owned by the host's user namespace. */
	NETWORK_NEW,
	/* It shares one, has none of its own, or has a user namespace: nothing for us to do. */
	NETWORK_LEAVE,
	NETWORK_MALFORMED,
};

/* What config.json says; `entry` is the object to replace if it is NETWORK_NEW. */
enum network config_network(const char *text, const char *end, struct json *entry);

/* Writes config.json anew, with the network namespace at `path`. 0 or an error number. */
int config_set_network(const char *file, const char *text, const char *end, struct json entry, const char *path);

/* The whole file, terminated, to be freed; NULL and errno if it cannot be read. */
char *config_read(const char *file, const char **end);

#endif
