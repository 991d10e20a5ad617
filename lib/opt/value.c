/* SPDX-License-Identifier: MIT */
#include "opt/internal.h"

#include "base/num.h"
#include "base/time.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <strings.h>

int opt_bool(const char *text, bool *value)
{
	static const char *const words[] = { "false", "true", "f", "t", "0", "1" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*value = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

static struct slo_str trimmed(const char *text)
{
	struct slo_str s = slo_str(text);

	while (s.len > 0 && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	return s;
}

int opt_choice(const struct slo_opt *o, const char *text)
{
	bool fold = o->flags & SLO_OPT_FOLD;
	struct slo_str s = fold ? trimmed(text) : slo_str(text);

	for (int i = 0; o->choices[i]; i++) {
		struct slo_str c = slo_str(o->choices[i]);

		if (slo_str_eq(s, c) || (fold && s.len == c.len && strncasecmp(s.p, c.p, s.len) == 0))
			return i;
	}
	return -1;
}

bool opt_choice_unbuilt(const struct slo_opt *o, const char *choice)
{
	for (const char *const *c = o->choices_not_built; c && *c; c++) {
		if (strcmp(*c, choice) == 0)
			return true;
	}
	return false;
}

const char *opt_unit(int64_t unit_ns)
{
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = {
		{ 1, "ns" },
		{ SLO_NS_PER_US, "us" },
		{ SLO_NS_PER_MS, "ms" },
		{ SLO_NS_PER_S, "s" },
		{ 60 * SLO_NS_PER_S, "min" },
		{ 3600 * SLO_NS_PER_S, "h" },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(units); i++) {
		if (units[i].ns == unit_ns)
			return units[i].name;
	}
	return "";
}

/* @v, in the unit the table's range is written in, lies within it. */
static int check_range(const struct slo_opt *o, double v, const char *text, struct slo_err *err)
{
	const char *unit = o->type == SLO_OPT_DURATION ? opt_unit(o->unit_ns) : "";
	const char *space = unit[0] ? " " : "";

	if ((o->lo == 0 && o->hi == 0) || (v >= o->lo && v <= o->hi))
		return 0;
	if (isinf(o->hi))
		return slo_err_set(err, -EINVAL, "'%.80s' is out of range: at least %.15g%s%s", text, o->lo, space,
				   unit);
	if (isinf(o->lo))
		return slo_err_set(err, -EINVAL, "'%.80s' is out of range: at most %.15g%s%s", text, o->hi, space,
				   unit);
	return slo_err_set(err, -EINVAL, "'%.80s' is out of range: %.15g to %.15g%s%s", text, o->lo, o->hi, space,
			   unit);
}

static int store_flag(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	(void)o;
	if (opt_bool(text, to) != 0)
		return slo_err_set(err, -EINVAL, "'%.80s' is neither true nor false", text);
	return 0;
}

static int store_str(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	(void)o;
	(void)err;
	*(const char **)to = text;
	return 0;
}

static int store_int(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	int64_t v;
	int r = slo_parse_i64(slo_str(text), &v);

	if (r == -ERANGE)
		return slo_err_set(err, -EINVAL, "'%.80s' does not fit into 64 bits", text);
	if (r)
		return slo_err_set(err, -EINVAL, "'%.80s' is not a whole number", text);
	r = check_range(o, (double)v, text, err);
	if (r == 0)
		*(int64_t *)to = v;
	return r;
}

static int store_num(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	char with_zero[64];
	const char *number = text;
	double v;
	int r;

	/* People write .05; the JSON grammar of slo_parse_f64() wants the zero. */
	if (text[0] == '.' && strlen(text) < sizeof(with_zero) - 1) {
		snprintf(with_zero, sizeof(with_zero), "0%s", text);
		number = with_zero;
	}
	r = slo_parse_f64(slo_str(number), &v);
	if (r == -ERANGE)
		return slo_err_set(err, -EINVAL, "'%.80s' is beyond the largest number", text);
	if (r)
		return slo_err_set(err, -EINVAL, "'%.80s' is not a number", text);
	r = check_range(o, v, text, err);
	if (r == 0)
		*(double *)to = v;
	return r;
}

static int store_duration(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	int64_t ns;
	int r = slo_parse_duration(slo_str(text), o->unit_ns, &ns);

	if (r == -ERANGE)
		return slo_err_set(err, -EINVAL, "'%.80s' is longer than 292 years", text);
	if (r)
		return slo_err_set(err, -EINVAL, "'%.80s' is not a duration such as 1500ms, 2s or 5m%s%s%s", text,
				   o->unit_ns ? " (a bare number counts " : "", opt_unit(o->unit_ns),
				   o->unit_ns ? ")" : "");
	r = check_range(o, o->unit_ns ? (double)ns / (double)o->unit_ns : (double)ns, text, err);
	if (r == 0)
		*(int64_t *)to = ns;
	return r;
}

static int store_choice(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	char known[200] = "";
	size_t used = 0;
	int i = opt_choice(o, text);

	if (i >= 0) {
		*(int *)to = i;
		return 0;
	}
	for (int k = 0; o->choices[k]; k++) {
		int n = snprintf(known + used, sizeof(known) - used, "%s%s", k ? ", " : "", o->choices[k]);

		if (n < 0 || (size_t)n >= sizeof(known) - used)
			break;
		used += (size_t)n;
	}
	return slo_err_set(err, -EINVAL, "'%.60s' is not one of %s", text, known);
}

static int store_list(const struct slo_opt *o, const char *text, void *to, struct slo_err *err)
{
	struct slo_opt_list *l = to;

	(void)o;
	if (l->count == SLO_OPT_LIST_MAX)
		return slo_err_set(err, -EINVAL, "given more than %d times", SLO_OPT_LIST_MAX);
	l->items[l->count++] = text;
	return 0;
}

int opt_store(const struct slo_opt *o, const char *text, void *out, struct slo_err *err)
{
	static int (*const store[])(const struct slo_opt *, const char *, void *, struct slo_err *) = {
		[SLO_OPT_FLAG] = store_flag, [SLO_OPT_STR] = store_str,		  [SLO_OPT_INT] = store_int,
		[SLO_OPT_NUM] = store_num,   [SLO_OPT_DURATION] = store_duration, [SLO_OPT_CHOICE] = store_choice,
		[SLO_OPT_LIST] = store_list,
	};

	assert(o->type < SLO_ARRAY_LEN(store));
	return store[o->type](o, text, (char *)out + o->off, err);
}
