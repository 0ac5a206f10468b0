// SPDX-License-Identifier: Apache-2.0
/* Just enough JSON to find a place in a container's configuration and leave the rest of it byte for byte. */
#include <stddef.h>
#include <string.h>

#include "json.h"

#define MAX_DEPTH 64

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && strchr(" \t\r\n", *at))
		at++;
	return at;
}

static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\')
			at++;
	return at < end ? at + 1 : NULL;
}

static const char *skip_scalar(const char *at, const char *end)
{
	const char *start = at;

	while (at < end && !strchr(",:]}[{\" \t\r\n", *at))
		at++;
	return at > start ? at : NULL;
}

static const char *skip_value(const char *at, const char *end, int depth);

/* An object's members or an array's elements, up to and with the closing bracket. */
static const char *skip_items(const char *at, const char *end, char close, int depth)
{
	at = skip_space(at + 1, end);
	if (at < end && *at == close)
		return at + 1;
	while (at && at < end) {
		if (close == '}') {
			if (*at != '"' || !(at = skip_string(at, end)))
				return NULL;
			at = skip_space(at, end);
			if (at == end || *at != ':')
				return NULL;
			at = skip_space(at + 1, end);
		}
		at = skip_value(at, end, depth + 1);
		if (!at)
			return NULL;
		at = skip_space(at, end);
		if (at < end && *at == close)
			return at + 1;
		if (at == end || *at != ',')
			return NULL;
		at = skip_space(at + 1, end);
	}
	return NULL;
}

static const char *skip_value(const char *at, const char *end, int depth)
{
	if (at == end || depth > MAX_DEPTH)
		return NULL;
	switch (*at) {
	case '"':
		return skip_string(at, end);
	case '{':
		return skip_items(at, end, '}', depth);
	case '[':
		return skip_items(at, end, ']', depth);
	default:
		return skip_scalar(at, end);
	}
}

bool json_parse(const char *start, const char *end, struct json *value)
{
	value->start = skip_space(start, end);
	value->end = skip_value(value->start, end, 0);
	return value->end && skip_space(value->end, end) == end;
}

bool json_is_string(struct json value, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(value.end - value.start) == len + 2 && *value.start == '"' &&
	       !memcmp(value.start + 1, text, len);
}

bool json_member(struct json object, const char *key, struct json *value)
{
	const char *at;

	if (*object.start != '{')
		return false;
	at = skip_space(object.start + 1, object.end);
	while (*at == '"') {
		struct json name = { at, skip_string(at, object.end) };

		value->start = skip_space(skip_space(name.end, object.end) + 1, object.end);
		value->end = skip_value(value->start, object.end, 0);
		if (json_is_string(name, key))
			return true;
		at = skip_space(skip_space(value->end, object.end) + 1, object.end);
	}
	return false;
}

bool json_next(struct json array, struct json *element)
{
	const char *at = element->end;

	if (*array.start != '[')
		return false;
	if (!at) {
		at = skip_space(array.start + 1, array.end);
		if (*at == ']')
			return false;
	} else {
		at = skip_space(at, array.end);
		if (*at != ',')
			return false;
		at = skip_space(at + 1, array.end);
	}
	element->start = at;
	element->end = skip_value(at, array.end, 0);
	return true;
}
