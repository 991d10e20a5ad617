/* SPDX-License-Identifier: MIT */
/* YAML documents as JSON text, and the way back from a JSON pointer to a line. */
#include "schemavalidate.h"

#include "base/num.h"
#include "rec/rec.h"

#include <errno.h>

enum { TOKEN_MAX = 1024 }; /* bytes of a member's name that is looked up */

/* The next token of a JSON pointer, unescaped. Return: false at its end, or when it is too long to be looked up. */
static bool next_token(struct slo_str *pointer, char token[TOKEN_MAX])
{
	size_t n = 0, i = 1;

	if (pointer->len == 0 || pointer->p[0] != '/')
		return false;
	for (; i < pointer->len && pointer->p[i] != '/'; i++) {
		char c = pointer->p[i];

		if (c == '~' && i + 1 < pointer->len)
			c = pointer->p[++i] == '1' ? '/' : '~';
		if (n + 1 >= TOKEN_MAX)
			return false;
		token[n++] = c;
	}
	token[n] = '\0';
	*pointer = slo_str_n(pointer->p + i, pointer->len - i);
	return true;
}

uint64_t place_in_yaml(const struct slo_yaml *y, struct slo_str pointer)
{
	const json_t *at = slo_yaml_root(y);
	char token[TOKEN_MAX];
	uint64_t line = 1;

	while (at && next_token(&pointer, token)) {
		int found = 0;

		if (json_is_object(at)) {
			found = slo_yaml_key_line(y, at, token);
			at = json_object_get(at, token);
		} else {
			int64_t i = -1;

			if (slo_parse_i64(slo_str(token), &i) || i < 0)
				break;
			found = slo_yaml_item_line(y, at, (size_t)i);
			at = json_array_get(at, (size_t)i);
		}
		if (found > 0)
			line = (uint64_t)found;
	}
	return line;
}

static void add_value(const json_t *v, struct slo_buf *out);

static void add_object(const json_t *v, struct slo_buf *out)
{
	const char *key, *sep = "{";
	json_t *member;

	json_object_foreach((json_t *)(uintptr_t)v, key, member) {
		slo_buf_adds(out, sep);
		slo_json_add_str(out, slo_str(key));
		slo_buf_addc(out, ':');
		add_value(member, out);
		sep = ",";
	}
	slo_buf_adds(out, *sep == '{' ? "{}" : "}");
}

/* The parser allows SLO_YAML_MAX_DEPTH levels. */
static void add_value(const json_t *v, struct slo_buf *out)
{
	char number[SLO_NUM_MAX];

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		add_object(v, out);
		break;
	case JSON_ARRAY:
		for (size_t i = 0; i < json_array_size(v); i++) {
			slo_buf_addc(out, i ? ',' : '[');
			add_value(json_array_get(v, i), out);
		}
		slo_buf_adds(out, json_array_size(v) ? "]" : "[]");
		break;
	case JSON_STRING:
		slo_json_add_str(out, slo_str_n(json_string_value(v), json_string_length(v)));
		break;
	case JSON_INTEGER:
		slo_buf_add(out, number, slo_fmt_i64(number, json_integer_value(v)));
		break;
	case JSON_REAL:
		slo_json_add_f64(out, json_real_value(v));
		break;
	default:
		slo_buf_adds(out, json_is_true(v) ? "true" : json_is_false(v) ? "false" : "null");
	}
}

int yaml_to_json(const struct slo_yaml *y, struct slo_buf *out)
{
	add_value(slo_yaml_root(y), out);
	return out->err;
}
