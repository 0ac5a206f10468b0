// SPDX-License-Identifier: Apache-2.0
/* runc's command line, which crun and youki share. */
#include <stddef.h>
#include <string.h>

#include "arguments.h"

#define OUR_RUNTIME "--udevns-runtime="
#define OUR_LENIENT "--udevns-lenient"

/* Options whose value is the next word, before and after the verb, of runc, crun and youki. */
static const char * const with_value[] = {
	"--root", "--log", "--log-format", "--log-level", "--criu", "--rootless", "--cgroup-manager",
	"--bundle", "-b", "--console-socket", "--pid-file", "--preserve-fds", "--config", NULL,
};

static const struct {
	const char *name;
	enum verb verb;
} verbs[] = {
	{ "create", VERB_CREATE },
	{ "run", VERB_CREATE },
	{ "restore", VERB_CREATE },
	{ "delete", VERB_DELETE },
};

static bool takes_value(const char *option)
{
	for (const char * const *known = with_value; *known; known++)
		if (!strcmp(option, *known))
			return true;
	return false;
}

static enum verb verb_of(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(word, verbs[i].name))
			return verbs[i].verb;
	return VERB_OTHER;
}

static void take_option(struct arguments *args, const char *name, size_t len, const char *value)
{
	if (len == 5 && !strncmp(name, "--log", len))
		args->log = value;
	else if ((len == 8 && !strncmp(name, "--bundle", len)) || (len == 2 && !strncmp(name, "-b", len)))
		args->bundle = value;
}

struct arguments arguments_parse(char **argv)
{
	struct arguments args = { .runtime = "runc", .verb = VERB_OTHER, .bundle = "." };
	bool verb_seen = false;
	char **word = argv + 1;

	for (; *word && !strncmp(*word, "--udevns-", 9); word++) {
		if (!strncmp(*word, OUR_RUNTIME, strlen(OUR_RUNTIME)))
			args.runtime = *word + strlen(OUR_RUNTIME);
		else if (!strcmp(*word, OUR_LENIENT))
			args.lenient = true;
	}
	args.rest = word - 1;

	for (; *word; word++) {
		const char *equals = strchr(*word, '=');

		if (**word == '-' && equals) {
			take_option(&args, *word, equals - *word, equals + 1);
		} else if (**word == '-') {
			if (takes_value(*word) && word[1]) {
				take_option(&args, *word, strlen(*word), word[1]);
				word++;
			}
		} else if (!verb_seen) {
			args.verb = verb_of(*word);
			verb_seen = true;
		} else if (!args.id) {
			args.id = *word;
		}
	}
	return args;
}
