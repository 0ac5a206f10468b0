// SPDX-License-Identifier: Apache-2.0
/* The parts that need no rights: command line and config.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../arguments.h"
#include "../config.h"
#include "../netns.h"

static int count, failures;

static void check(int good, const char *name)
{
	failures += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
}

static void check_network(enum network wanted, const char *text, const char *name)
{
	/* Not terminated, so that the sanitizer sees a step too far. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	struct json entry;

	memcpy(copy, text, len);
	check(config_network(copy, copy + len, &entry) == wanted, name);
	free(copy);
}

#define NAMESPACES(list) "{\"a\":[1,{\"linux\":0}],\"linux\" : {\"x\":\"\\\"}\",\"namespaces\": [" list "]}}"

static void test_network(void)
{
	check_network(NETWORK_NEW, NAMESPACES("{\"type\":\"pid\"} , {\"type\":\"network\"}"), "a new namespace");
	check_network(NETWORK_NEW, NAMESPACES("{\"path\":\"\",\"type\":\"network\"}"), "an empty path");
	check_network(NETWORK_LEAVE, NAMESPACES("{\"type\":\"network\",\"path\":\"/run/netns/x\"}"), "a given one");
	check_network(NETWORK_LEAVE, NAMESPACES("{\"type\":\"network\"},{\"type\":\"user\"}"), "a user namespace after");
	check_network(NETWORK_LEAVE, NAMESPACES("{\"type\":\"user\"},{\"type\":\"network\"}"), "a user namespace before");
	check_network(NETWORK_LEAVE, NAMESPACES("{\"type\":\"mount\"}"), "the host's");
	check_network(NETWORK_LEAVE, NAMESPACES(""), "no namespaces");
	check_network(NETWORK_LEAVE, "{}", "nothing");
	check_network(NETWORK_LEAVE, "{\"linux\":null}", "no linux part");
	check_network(NETWORK_LEAVE, "{\"linux\":{\"namespaces\":null}}", "no list");
	check_network(NETWORK_MALFORMED, NAMESPACES("1"), "a namespace that is no object");
	check_network(NETWORK_MALFORMED, "", "empty");
	check_network(NETWORK_MALFORMED, "[]", "a list");
	check_network(NETWORK_MALFORMED, "{\"linux\":{\"namespaces\":[{\"type\":\"network\"}", "cut off");
	check_network(NETWORK_MALFORMED, "{\"a\\", "cut off in an escape");
	check_network(NETWORK_MALFORMED, "{} {}", "two of them");
}

/* Every beginning of a good file is either whole or malformed, and is never read beyond its end. */
static void test_prefixes(void)
{
	static const char text[] = NAMESPACES("{\"type\":\"network\",\"n\":-1.5e3}, {\"type\":\"ipc\"}");
	int good = 1;

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		char *copy = malloc(len ? len : 1);
		struct json entry;

		memcpy(copy, text, len);
		good &= config_network(copy, copy + len, &entry) == NETWORK_MALFORMED;
		free(copy);
	}
	check(good, "every prefix is malformed");
}

static void test_deep(void)
{
	static char text[100001];

	memset(text, '[', sizeof(text) - 1);
	check_network(NETWORK_MALFORMED, text, "a hundred thousand brackets");
}

static void test_rewrite(void)
{
	static const char before[] = NAMESPACES("{\"type\":\"ipc\"}, {\"type\":\"network\"}");
	static const char after[] = NAMESPACES("{\"type\":\"ipc\"}, {\"type\":\"network\",\"path\":\"/p\"}");
	char file[] = "/tmp/udevns-oci-XXXXXX";
	int fd = mkstemp(file), written = write(fd, before, sizeof(before) - 1) > 0;
	const char *end;
	char *text = config_read(file, &end);
	struct json entry;

	close(fd);
	check(written && text && config_network(text, end, &entry) == NETWORK_NEW, "read back");
	check(config_set_network(file, text, end, entry, "/p") == 0, "rewritten");
	free(text);
	text = config_read(file, &end);
	check(text && !strcmp(text, after), "only the one entry differs");
	free(text);
	unlink(file);
}

static void test_arguments(void)
{
	char *docker[] = { "udevns-oci", "--udevns-runtime=crun", "--udevns-lenient", "--root", "create", "--log", "/l",
			   "--log-format", "json", "--systemd-cgroup", "create", "--bundle", "/b", "--pid-file", "/p", "id1", NULL };
	char *equals[] = { "udevns-oci", "--log=/l", "run", "-b", "/b", "id2", NULL };
	char *delete[] = { "udevns-oci", "--root", "/r", "delete", "--force", "id3", NULL };
	char *other[] = { "udevns-oci", "exec", "create", "delete", NULL };
	char *none[] = { "udevns-oci", NULL };
	struct arguments args = arguments_parse(docker);

	check(args.verb == VERB_CREATE && !strcmp(args.bundle, "/b") && !strcmp(args.id, "id1") && !strcmp(args.log, "/l"),
	      "containerd's create");
	check(!strcmp(args.runtime, "crun") && args.lenient && args.rest == docker + 2, "our own options");
	args = arguments_parse(equals);
	check(args.verb == VERB_CREATE && !strcmp(args.bundle, "/b") && !strcmp(args.id, "id2") && !strcmp(args.log, "/l"),
	      "run, options with =");
	args = arguments_parse(delete);
	check(args.verb == VERB_DELETE && !strcmp(args.id, "id3"), "delete");
	check(arguments_parse(other).verb == VERB_OTHER, "another verb");
	check(arguments_parse(none).verb == VERB_OTHER, "no verb");
}

static void test_ids(void)
{
	char path[64];

	check(netns_path("a.b-c_D+1", path, sizeof(path)) && !strcmp(path, NETNS_DIR "/a.b-c_D+1"), "an id");
	check(!netns_path("../x", path, sizeof(path)) && !netns_path("a/b", path, sizeof(path)) &&
	      !netns_path("", path, sizeof(path)) && !netns_path(NULL, path, sizeof(path)) &&
	      !netns_path("a\"b", path, sizeof(path)), "no ids");
}

int main(void)
{
	test_network();
	test_prefixes();
	test_deep();
	test_rewrite();
	test_arguments();
	test_ids();
	printf("1..%d\n", count);
	return failures ? 1 : 0;
}
