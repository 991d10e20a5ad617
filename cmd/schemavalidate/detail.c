/* SPDX-License-Identifier: MIT */
/*
 * The detailed output form: a failure belongs under the failure of the keyword
 * that applied its subschema. Locations alone tell which that is.
 */
#include "schemavalidate.h"

#include <errno.h>
#include <stdlib.h>

enum { KEY_MAX = 4096 }; /* bytes of both locations; longer ones stay at the top */

/* The first @k and @i bytes of two locations as the key of the failure at them. */
static const char *key_of(char key[KEY_MAX], const char *keyword, size_t k, const char *instance, size_t i)
{
	if (k + i + 2 > KEY_MAX)
		return NULL;
	memcpy(key, keyword, k);
	key[k] = '\n'; /* escaped or not, a pointer may hold one; then a failure merely stays at the top */
	memcpy(key + k + 1, instance, i);
	key[k + 1 + i] = '\0';
	return key;
}

/* A location without its last token. Return: its length; false when nothing is left to cut. */
static bool shorter(const char *location, size_t *len)
{
	if (*len == 0)
		return false;
	do
		(*len)--;
	while (*len && location[*len] != '/');
	return true;
}

static const char *member(const json_t *unit, const char *name)
{
	const char *s = json_string_value(json_object_get(unit, name));

	return s ? s : "";
}

/* The failure with the longest keyword location that leads to @unit's. */
static json_t *parent_of(const json_t *index, const json_t *unit)
{
	const char *keyword = member(unit, "keywordLocation"), *instance = member(unit, "instanceLocation");
	size_t k = strlen(keyword);
	char key[KEY_MAX];

	while (shorter(keyword, &k) && k) {
		size_t i = strlen(instance);

		do {
			const char *at = key_of(key, keyword, k, instance, i);
			json_t *found = at ? json_object_get(index, at) : NULL;

			if (found)
				return found;
		} while (shorter(instance, &i));
	}
	return NULL;
}

static int index_all(json_t *index, const json_t *list)
{
	char key[KEY_MAX];

	for (size_t n = 0; n < json_array_size(list); n++) {
		json_t *unit = json_array_get(list, n);
		const char *k = member(unit, "keywordLocation"), *i = member(unit, "instanceLocation");
		const char *at = key_of(key, k, strlen(k), i, strlen(i));

		if (at && !json_object_get(index, at) && json_object_set_nocheck(index, at, unit))
			return -ENOMEM;
	}
	return 0;
}

static int place(json_t *index, json_t *top, json_t *unit)
{
	json_t *parent = parent_of(index, unit), *list = top;

	if (parent) {
		list = json_object_get(parent, "errors");
		if (!list) {
			list = json_array();
			if (json_object_set_new(parent, "errors", list))
				return -ENOMEM;
		}
	}
	return json_array_append(list, unit) ? -ENOMEM : 0;
}

int detail_nest(struct slo_str flat, struct slo_buf *out)
{
	json_t *list, *index = json_object(), *top = json_array();
	char *text = NULL;
	int r = -ENOMEM;
	struct slo_buf whole;

	slo_buf_init(&whole, flat.len + 2);
	slo_buf_addc(&whole, '[');
	slo_buf_add(&whole, flat.p, flat.len);
	slo_buf_addc(&whole, ']');
	list = whole.err ? NULL : json_loadb(whole.data, whole.len, 0, NULL);
	slo_buf_fini(&whole);
	if (list && index && top)
		r = index_all(index, list);
	for (size_t n = 0; r == 0 && n < json_array_size(list); n++)
		r = place(index, top, json_array_get(list, n));
	if (r == 0)
		text = json_dumps(top, JSON_COMPACT);
	if (text)
		slo_buf_adds(out, text);
	else
		r = -ENOMEM;
	free(text);
	json_decref(list);
	json_decref(index);
	json_decref(top);
	return r;
}
