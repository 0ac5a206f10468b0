/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UDEVNS_OCI_ARGUMENTS_H
#define UDEVNS_OCI_ARGUMENTS_H

#include <stdbool.h>

enum verb {
	VERB_CREATE,
	VERB_DELETE,
	VERB_OTHER,
};

/* The part of an OCI runtime's command line that matters here. */
struct arguments {
	/* Ours, from the front of the command line: --udevns-runtime=, --udevns-lenient */
	const char *runtime;
	bool lenient;
	/* The runtime's */
	enum verb verb;
	const char *bundle;
	const char *id;
	const char *log;
	/* For the runtime: argv without our own options, argv[0] to be set. */
	char **rest;
};

struct arguments arguments_parse(char **argv);

#endif
