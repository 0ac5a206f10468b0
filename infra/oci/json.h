/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UDEVNS_OCI_JSON_H
#define UDEVNS_OCI_JSON_H

#include <stdbool.h>

/* One JSON value inside a text, without the white space around it. */
struct json {
	const char *start;
	const char *end;
};

bool json_parse(const char *start, const char *end, struct json *value);
bool json_member(struct json object, const char *key, struct json *value);

/* Steps through an array: begin with an `element` of NULLs. */
bool json_next(struct json array, struct json *element);

/* Compares with a string that needs no escapes. */
bool json_is_string(struct json value, const char *text);

#endif
