/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UDEVNS_OCI_NETNS_H
#define UDEVNS_OCI_NETNS_H

#include <stdbool.h>
#include <stddef.h>

#define NETNS_DIR "/run/udevns/netns"

/* Where the namespace of a container is pinned; false if the id is no file name. */
bool netns_path(const char *id, char *path, size_t size);

/* Makes and pins it. NULL, or what failed, with errno. */
const char *netns_make(const char *path);

void netns_drop(const char *path);

#endif
