/* SPDX-License-Identifier: MIT */
#include "config/internal.h"

#include "base/buf.h"
#include "base/num.h"

#include <errno.h>

enum { SHOWN_MAX = 60 }; /* characters of a wrong value that a message repeats */

/* @v as a message names it: "abc", 12, true, a list. */
static void describe(const json_t *v, char *to, size_t size)
{
	const char *s = json_string_value(v);
	size_t n = 0;

	switch (json_typeof(v)) {
	case JSON_STRING:
		to[n++] = '"';
		for (size_t i = 0; s[i] && i < SHOWN_MAX; i++)
			to[n++] = (unsigned char)s[i] < ' ' || s[i] == 127 ? '?' : s[i];
		snprintf(to + n, size - n, "%s\"", strlen(s) > SHOWN_MAX ? "..." : "");
		return;
	case JSON_INTEGER:
		snprintf(to, size, "%lld", (long long)json_integer_value(v));
		return;
	case JSON_REAL:
		snprintf(to, size, "%.10g", json_real_value(v));
		return;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(to, size, "%s", json_is_true(v) ? "true" : "false");
		return;
	case JSON_NULL:
		snprintf(to, size, "nothing");
		return;
	case JSON_ARRAY:
	case JSON_OBJECT:
		snprintf(to, size, "%s", json_is_array(v) ? "a list" : "a mapping");
		return;
	}
}

int config_want(struct slo_err *err, const char *what, const json_t *v)
{
	char got[SHOWN_MAX + 16] = "";

	describe(v, got, sizeof(got));
	return slo_err_set(err, -EINVAL, "want %s, got %s", what, got);
}

static void add_names(struct slo_buf *b, const struct slo_config_key *k)
{
	for (int i = 0; k->en && i < k->en->count; i++)
		slo_buf_addf(b, "%s%s", i ? ", " : "", k->en->names[i]);
	for (int i = 0; k->choices && k->choices[i]; i++)
		slo_buf_addf(b, "%s%s", i ? ", " : "", k->choices[i]);
}

static int want_name(struct slo_err *err, const struct slo_config_key *k, const json_t *v)
{
	struct slo_buf b;

	slo_buf_init(&b, 256);
	slo_buf_adds(&b, k->choices && !k->choices[1] ? "" : "one of ");
	add_names(&b, k);
	config_want(err, b.err ? "a known name" : b.data, v);
	slo_buf_fini(&b);
	return -EINVAL;
}

static bool in_range(const struct slo_config_key *k, double v)
{
	return k->flags & SLO_KEY_OPEN ? v > k->lo && v < k->hi : v >= k->lo && v <= k->hi;
}

static int want_number(struct slo_err *err, const struct slo_config_key *k, const char *kind, const json_t *v)
{
	char what[96], lo[SLO_NUM_MAX], hi[SLO_NUM_MAX];
	int lo_len = (int)slo_fmt_f64(lo, k->lo), hi_len = (int)slo_fmt_f64(hi, k->hi);

	snprintf(what, sizeof(what), k->flags & SLO_KEY_OPEN ? "%s between %.*s and %.*s" : "%s from %.*s to %.*s", kind,
		 lo_len, lo, hi_len, hi);
	return config_want(err, what, v);
}

static int set_str(const struct slo_config_key *k, const json_t *v, char *to, struct slo_err *err)
{
	const char *s = json_string_value(v);

	if (!s)
		return config_want(err, "a string", v);
	if (!s[0] && !(k->flags & SLO_KEY_EMPTY))
		return slo_err_set(err, -EINVAL, "must not be empty");
	if (strlen(s) >= k->size)
		return slo_err_set(err, -EINVAL, "longer than %u bytes", (unsigned int)k->size - 1);
	for (const char *p = s; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return slo_err_set(err, -EINVAL, "control character in a string");
	}
	if (k->type == SLO_KEY_URL && s[0] && strncmp(s, "http://", 7) != 0 && strncmp(s, "https://", 8) != 0)
		return config_want(err, "an http:// or https:// URL", v);
	memset(to, 0, k->size);
	memcpy(to, s, strlen(s));
	return 0;
}

static int set_choice(const struct slo_config_key *k, const json_t *v, char *to, struct slo_err *err)
{
	const char *s = json_string_value(v);

	for (size_t i = 0; s && k->choices[i]; i++) {
		if (strcmp(k->choices[i], s) == 0)
			return set_str(k, v, to, err);
	}
	return want_name(err, k, v);
}

static int set_enum(const struct slo_config_key *k, const json_t *v, int *to, struct slo_err *err)
{
	int found = json_is_string(v) ? slo_enum_find(k->en, slo_str(json_string_value(v))) : -1;

	if (found < 0)
		return want_name(err, k, v);
	*to = found;
	return 0;
}

static int set_int(const struct slo_config_key *k, const json_t *v, int64_t *to, struct slo_err *err)
{
	if (!json_is_integer(v) || !in_range(k, (double)json_integer_value(v)))
		return want_number(err, k, "an integer", v);
	*to = json_integer_value(v);
	return 0;
}

static int set_num(const struct slo_config_key *k, const json_t *v, double *to, struct slo_err *err)
{
	if (!json_is_number(v) || !in_range(k, json_number_value(v)))
		return want_number(err, k, "a number", v);
	*to = json_number_value(v);
	return 0;
}

static int set_bool(const json_t *v, bool *to, struct slo_err *err)
{
	if (!json_is_boolean(v))
		return config_want(err, "true or false", v);
	*to = json_is_true(v);
	return 0;
}

static int set_net(const json_t *v, struct slo_peer *p, struct slo_err *err)
{
	if (!json_is_string(v) || config_net_parse(json_string_value(v), p))
		return config_want(err, "an address such as 10.1.2.3 or 10.0.0.0/8", v);
	return 0;
}

int config_value_set(const struct slo_config_key *k, const json_t *v, void *base, struct slo_err *err)
{
	void *to = (char *)base + k->off;
	int64_t port;

	switch ((enum slo_key_type)k->type) {
	case SLO_KEY_STR:
	case SLO_KEY_URL:
		return set_str(k, v, to, err);
	case SLO_KEY_CHOICE:
		return set_choice(k, v, to, err);
	case SLO_KEY_BOOL:
		return set_bool(v, to, err);
	case SLO_KEY_INT:
		return set_int(k, v, to, err);
	case SLO_KEY_NUM:
		return set_num(k, v, to, err);
	case SLO_KEY_ENUM:
		return set_enum(k, v, to, err);
	case SLO_KEY_PORT:
		if (set_int(k, v, &port, err))
			return -EINVAL;
		*(uint16_t *)to = (uint16_t)port;
		return 0;
	case SLO_KEY_NET:
		return set_net(v, base, err);
	case SLO_KEY_SIGNALS:
	case SLO_KEY_OBJECTIVES:
	case SLO_KEY_PEERS:
	case SLO_KEY__COUNT:
		break;
	}
	return slo_err_set(err, -EINVAL, "not a single value");
}
