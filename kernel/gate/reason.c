// SPDX-License-Identifier: GPL-2.0
/* The kernel only ever says EPERM or EINVAL; people need the cause. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "reason.h"

static int read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return 0;
	got = fgets(line, size, file);
	fclose(file);
	if (got)
		line[strcspn(line, "\n")] = '\0';
	return got != NULL;
}

static int has_word(char *list, const char *word)
{
	char *rest, *item;

	for (item = strtok_r(list, ",", &rest); item; item = strtok_r(NULL, ",", &rest))
		if (!strcmp(item, word))
			return 1;
	return 0;
}

const char *gate_never_called(void)
{
	char line[512];

	if (!read_line("/sys/kernel/security/lsm", line, sizeof(line)))
		return "the list of security modules cannot be read: mount -t securityfs securityfs /sys/kernel/security";
	if (!has_word(line, "bpf"))
		return "\"bpf\" is not among the kernel's security modules: boot with lsm=...,bpf (needs CONFIG_BPF_LSM)";
	return NULL;
}

const char *gate_obstacle(void)
{
	char line[512];

	if (geteuid() != 0)
		return "only root may load it";
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)";
	if (gate_never_called())
		return gate_never_called();
	if (read_line("/sys/kernel/security/lockdown", line, sizeof(line)) && !strstr(line, "[none]"))
		return "the kernel is locked down, which may forbid such programs: boot with lockdown=none";
	return NULL;
}
