/* SPDX-License-Identifier: MIT */
#include "config/internal.h"

#include "base/num.h"
#include "base/time.h"

#include <errno.h>
#include <math.h>

/* One part of the --objective form and the key whose range it obeys. */
struct part {
	const char *name, *key;
};

static const struct part parts[] = {
	{ "service", "objectives[].service" },   { "target", "objectives[].target" },
	{ "short", "objectives[].short_s" },     { "long", "objectives[].long_s" },
	{ "burn", "objectives[].burn" },         { "budget", "objectives[].budget_pct" },
	{ "period", "objectives[].period_s" },   { "min_events", "objectives[].min_events" },
};

void slo_objective_defaults(struct slo_objective *o)
{
	memset(o, 0, sizeof(*o));
	o->service[0] = '*';
	o->sli = SLO_SLI_TTFT;
	o->threshold = 800;
	o->target = 0.95;
	o->short_s = 300;
	o->long_s = 3600;
	o->burn = (double)NAN;
	o->budget_pct = 2;
	o->period_s = INT64_C(30) * 86400;
	o->min_events = 20;
}

bool config_needs_threshold(int sli)
{
	return sli != SLO_SLI_ERROR_RATE && sli != SLO_SLI_PROVIDER_ERROR_RATE;
}

double slo_objective_burn(const struct slo_objective *o)
{
	if (!isnan(o->burn))
		return o->burn;
	/* Source: SRE Workbook ch. 5: 2 % of 30 days in 1 h is 14.4. */
	return o->budget_pct / 100 * (double)o->period_s / (double)o->long_s;
}

int config_objective_check(const struct slo_objective *o, struct slo_err *err)
{
	double burn = slo_objective_burn(o), highest = 1 / (1 - o->target);

	if (!(o->target > 0 && o->target < 1))
		return slo_err_set(err, -EINVAL, "target: want a share between 0 and 1, both excluded");
	if (o->short_s < 1 || o->short_s > o->long_s)
		return slo_err_set(err, -EINVAL, "the short window (%lld s) must not be longer than the long one (%lld s)",
				   (long long)o->short_s, (long long)o->long_s);
	if (!(burn > 0))
		return slo_err_set(err, -EINVAL, "the burn rate must be above 0");
	/* All requests bad burn at 1 / (1 - target): asking for more would never fire. */
	if (burn > highest * (1 + 1e-9))
		return slo_err_set(err, -EINVAL, "a burn rate of %.4g can never be reached: "
				   "with a target of %.6g it is %.4g when every request is bad",
				   burn, o->target, highest);
	return 0;
}

/* The JSON value that a part's text stands for; NULL with @err. */
static json_t *part_value(const struct slo_config_key *k, struct slo_str text, struct slo_err *err)
{
	bool duration = k->type == SLO_KEY_INT && strcmp(k->path, "objectives[].min_events") != 0;
	int64_t i;
	double d;

	if (k->type == SLO_KEY_STR)
		return json_stringn(text.p, text.len);
	if (k->type == SLO_KEY_NUM && slo_parse_f64(text, &d) == 0)
		return json_real(d);
	if (k->type == SLO_KEY_INT && !duration && slo_parse_i64(text, &i) == 0)
		return json_integer(i);
	if (duration && slo_parse_duration(text, SLO_NS_PER_S, &i) == 0 && i % SLO_NS_PER_S == 0)
		return json_integer(i / SLO_NS_PER_S);
	slo_err_set(err, -EINVAL, "want %s, got \"%.*s\"",
		    duration ? "whole seconds such as 30s, 5m or 1h" :
		    k->type == SLO_KEY_NUM ? "a number" : "an integer", SLO_STR_ARG(text));
	return NULL;
}

static int set_part(struct slo_objective *o, struct slo_str name, struct slo_str text, struct slo_err *err)
{
	const struct slo_config_key *k = NULL;
	json_auto_t *value = NULL;

	for (size_t i = 0; i < SLO_ARRAY_LEN(parts); i++) {
		if (slo_str_is(name, parts[i].name))
			k = config_key(parts[i].key);
	}
	if (!k)
		return slo_err_set(err, -EINVAL, "\"%.*s\": unknown part; known are service, target, short, long, burn, "
				   "budget, period, min_events", SLO_STR_ARG(name));
	if (slo_str_is(name, "burn") && slo_str_is(text, "auto")) {
		o->burn = (double)NAN;
		return 0;
	}
	value = part_value(k, text, err);
	if (!value || config_value_set(k, value, o, err)) {
		slo_err_at(err, "%.*s", SLO_STR_ARG(name));
		return -EINVAL;
	}
	if (slo_str_is(name, "budget"))
		o->burn = (double)NAN;
	return 0;
}

/* "ttft_ms<=400", "error_rate" */
static int set_sli(struct slo_objective *o, struct slo_str text, struct slo_err *err)
{
	static const char *const bounds[] = { "<=", ">=" };
	struct slo_str name = text, bound;
	size_t n = 0;
	double v;

	while (n < text.len && text.p[n] != '<' && text.p[n] != '>' && text.p[n] != '=')
		n++;
	name.len = n;
	if (slo_enum_find(&slo_sli_enum, name) < 0)
		return slo_err_set(err, -EINVAL, "\"%.*s\": unknown SLI", SLO_STR_ARG(name));
	o->sli = slo_enum_find(&slo_sli_enum, name);
	if (!config_needs_threshold(o->sli)) {
		if (n < text.len)
			return slo_err_set(err, -EINVAL, "%.*s takes no bound: a request failed or it did not",
					   SLO_STR_ARG(name));
		o->threshold = 0;
		return 0;
	}
	bound = slo_str(bounds[o->sli == SLO_SLI_THROUGHPUT]);
	if (text.len - n < 3 || memcmp(text.p + n, bound.p, 2) != 0 ||
	    slo_parse_f64(slo_str_n(text.p + n + 2, text.len - n - 2), &v) || v < 0)
		return slo_err_set(err, -EINVAL, "want %.*s%s and a number", SLO_STR_ARG(name), bound.p);
	o->threshold = v;
	return 0;
}

int slo_objective_parse(struct slo_objective *o, const char *text, struct slo_err *err)
{
	struct slo_objective parsed = *o;
	bool first = true;
	int ret = 0;

	for (const char *p = text; !ret && p; first = false) {
		size_t len = strcspn(p, ","), eq = 0;

		while (eq < len && p[eq] != '=')
			eq++;
		if (first)
			ret = set_sli(&parsed, slo_str_n(p, len), err);
		else if (eq == len)
			ret = slo_err_set(err, -EINVAL, "\"%.*s\": want NAME=VALUE", (int)len, p);
		else
			ret = set_part(&parsed, slo_str_n(p, eq), slo_str_n(p + eq + 1, len - eq - 1), err);
		p = p[len] ? p + len + 1 : NULL;
	}
	if (!ret)
		ret = config_objective_check(&parsed, err);
	if (!ret)
		*o = parsed;
	return ret;
}

static int put(struct slo_config *c, const struct slo_objective *o)
{
	uint32_t i = 0;

	while (i < c->objectives_count &&
	       (c->objectives[i].sli != o->sli || strcmp(c->objectives[i].service, o->service) != 0))
		i++;
	if (i == SLO_MAX_OBJECTIVES)
		return -E2BIG;
	c->objectives[i] = *o;
	c->objectives_count += i == c->objectives_count;
	return 0;
}

int slo_config_override(struct slo_config *c, const char *const *specs, size_t n, struct slo_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct slo_objective one;
		int r;

		slo_objective_defaults(&one);
		r = slo_objective_parse(&one, specs[i], err);
		if (r) {
			slo_err_at(err, "--objective");
			return r;
		}
		if (put(c, &one))
			return slo_err_set(err, -E2BIG, "--objective: more than %d objectives", SLO_MAX_OBJECTIVES);
	}
	return 0;
}
