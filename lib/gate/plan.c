/* SPDX-License-Identifier: MIT */
#include "gate/plan.h"

#include "base/num.h"
#include "gate/preset.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

const char *const slo_gate_op_names[] = { "<=", "<", ">=", ">", "==", "!=" };

struct builder {
	struct slo_gate_plan *p;
	const struct slo_gate_opts *o;
	const struct slo_gate_preset *preset;
	struct slo_err *err;
	int ret;
};

static bool is_name(struct slo_str s)
{
	if (!s.len || s.len >= SLO_GATE_NAME_MAX || isdigit((unsigned char)s.p[0]))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	}
	return true;
}

int slo_gate_custom_threshold(const char *text, char *name, int *op, double *threshold, struct slo_err *err)
{
	static const int order[] = { SLO_GATE_LE, SLO_GATE_GE, SLO_GATE_EQ, SLO_GATE_NE, SLO_GATE_LT, SLO_GATE_GT };
	size_t len = strcspn(text, "<>=!");

	for (size_t i = 0; i < SLO_ARRAY_LEN(order); i++) {
		const char *sign = slo_gate_op_names[order[i]];

		if (strncmp(text + len, sign, strlen(sign)) != 0)
			continue;
		if (!is_name(slo_str_n(text, len)))
			break;
		if (slo_parse_f64(slo_str(text + len + strlen(sign)), threshold))
			return slo_err_set(err, -EINVAL, "%.80s: want a number after %s", text, sign);
		slo_str_copy(name, SLO_GATE_NAME_MAX, slo_str_n(text, len));
		*op = order[i];
		return 0;
	}
	return slo_err_set(err, -EINVAL,
			   "%.80s: want NAME<=NUMBER, with one of <= < >= > == != and a name of letters, digits and _",
			   text);
}

static void fail(struct builder *b, int ret)
{
	if (!b->ret)
		b->ret = ret;
}

/* The index of a query, which is there only once. */
static int ask(struct builder *b, const char *text, const char *selector, int64_t window_ns)
{
	struct slo_buf *q = &b->p->queries[b->p->queries_count];

	if (b->p->queries_count == SLO_GATE_QUERIES) {
		fail(b, slo_err_set(b->err, -EINVAL, "more than %d queries", SLO_GATE_QUERIES));
		return SLO_GATE_NONE;
	}
	slo_buf_init(q, SLO_GATE_QUERY_MAX);
	slo_gate_expand(q, text, selector, window_ns);
	for (size_t i = 0; i < b->p->queries_count && !q->err; i++) {
		if (slo_str_eq(slo_buf_str(q), slo_buf_str(&b->p->queries[i]))) {
			slo_buf_fini(q);
			return (int)i;
		}
	}
	if (q->err || !q->len) {
		fail(b, slo_err_set(b->err, q->err == -ENOMEM ? -ENOMEM : -EINVAL, "a query is empty or over %d bytes",
				    SLO_GATE_QUERY_MAX));
		slo_buf_fini(q);
		return SLO_GATE_NONE;
	}
	return (int)b->p->queries_count++;
}

static int ask_format(struct builder *b, const char *selector, int64_t window_ns, const char *before, const char *text,
		      const char *after)
{
	char all[1024];

	snprintf(all, sizeof(all), "%s%s%s", before, text, after);
	return ask(b, all, selector, window_ns);
}

static int ask_ratio(struct builder *b, const char *selector, int64_t window_ns)
{
	const struct slo_gate_preset *s = b->preset;
	char all[1024];

	snprintf(all, sizeof(all),
		 s->errors_lazy ? "(sum(rate(%s[$window])) or vector(0)) / sum(rate(%s[$window]))" :
				  "sum(rate(%s[$window])) / sum(rate(%s[$window]))", s->errors, s->requests);
	return ask(b, all, selector, window_ns);
}

static int ask_samples(struct builder *b, const char *counter, const char *selector)
{
	return ask_format(b, selector, b->o->window_ns, "sum(increase(", counter, "[$window]))");
}

static int ask_age(struct builder *b, const char *counter, const char *selector)
{
	if (b->o->max_age_ns <= 0)
		return SLO_GATE_NONE;
	return ask_format(b, selector, b->o->window_ns, "time() - max(timestamp(", counter, "))");
}

static bool is_skipped(const struct slo_gate_opts *o, const char *name)
{
	for (size_t i = 0; o->skip && o->skip[i]; i++) {
		if (strcmp(o->skip[i], name) == 0)
			return true;
	}
	return false;
}

static bool is_taken(const struct slo_gate_plan *p, const char *name)
{
	for (size_t i = 0; i < p->metrics_count; i++) {
		if (strcmp(p->metrics[i].name, name) == 0)
			return true;
	}
	return false;
}

/* NULL: left out, or a mistake that is noted. */
static struct slo_gate_metric *add(struct builder *b, const char *name, int kind, int op, double threshold)
{
	struct slo_gate_metric *m = &b->p->metrics[b->p->metrics_count];

	if (is_skipped(b->o, name))
		return NULL;
	if (is_taken(b->p, name) || b->p->metrics_count == SLO_GATE_METRICS) {
		fail(b, slo_err_set(b->err, -EINVAL, "%.64s: the name is taken", name));
		return NULL;
	}
	*m = (struct slo_gate_metric){ .kind = kind, .op = op, .threshold = threshold, .long_value = SLO_GATE_NONE,
				       .samples = SLO_GATE_NONE, .age = SLO_GATE_NONE, .base_value = SLO_GATE_NONE,
				       .base_samples = SLO_GATE_NONE };
	slo_str_copy(m->name, sizeof(m->name), slo_str(name));
	b->p->metrics_count++;
	return m;
}

static void add_preset(struct builder *b)
{
	const struct slo_gate_opts *o = b->o;
	const struct slo_gate_preset *s = b->preset;
	struct slo_gate_metric *m;

	m = s->ttft ? add(b, "ttft_p95_ms", SLO_GATE_TTFT, SLO_GATE_LE, o->ttft_p95_ms) : NULL;
	if (m) {
		m->value = ask(b, s->ttft, o->selector, o->window_ns);
		m->samples = ask_samples(b, s->ttft_samples, o->selector);
		m->age = ask_age(b, s->ttft_samples, o->selector);
	}
	m = s->errors ? add(b, "error_rate", SLO_GATE_ERROR_RATE, SLO_GATE_LE, o->error_rate) : NULL;
	if (m) {
		m->value = ask_ratio(b, o->selector, o->window_ns);
		m->samples = ask_samples(b, s->requests, o->selector);
		m->age = ask_age(b, s->requests, o->selector);
	}
	m = s->errors ? add(b, "burn_rate", SLO_GATE_BURN_RATE, SLO_GATE_LE, o->burn_rate) : NULL;
	if (m) {
		m->value = ask_ratio(b, o->selector, o->window_ns);
		m->long_value = ask_ratio(b, o->selector, o->long_window_ns);
		m->samples = ask_samples(b, s->requests, o->selector);
		m->age = ask_age(b, s->requests, o->selector);
	}
}

static void add_custom(struct builder *b, const struct slo_gate_custom *c)
{
	struct slo_gate_metric *m = add(b, c->name, SLO_GATE_OWN, c->op, c->threshold);

	if (!m)
		return;
	m->value = ask(b, c->promql, b->o->selector, b->o->window_ns);
	if (c->samples)
		m->samples = ask(b, c->samples, b->o->selector, b->o->window_ns);
}

/* Of a metric of ours; a burn rate follows from the error rate, which is compared already. */
static void compare(struct builder *b, const struct slo_gate_metric *of, const struct slo_gate_custom *c)
{
	const struct slo_gate_preset *s = b->preset;
	const char *base = b->o->baseline;
	char name[SLO_GATE_NAME_MAX + 16];
	struct slo_gate_metric *m;

	snprintf(name, sizeof(name), "%s_vs_baseline", of->name);
	name[SLO_GATE_NAME_MAX - 1] = '\0';
	m = add(b, name, of->kind, of->op, 0);
	if (!m)
		return;
	m->compared = true;
	m->value = of->value;
	m->samples = of->samples;
	m->age = of->age;
	if (of->kind == SLO_GATE_TTFT) {
		m->base_value = ask(b, s->ttft, base, b->o->window_ns);
		m->base_samples = ask_samples(b, s->ttft_samples, base);
	} else if (of->kind == SLO_GATE_ERROR_RATE) {
		m->base_value = ask_ratio(b, base, b->o->window_ns);
		m->base_samples = ask_samples(b, s->requests, base);
	} else {
		m->base_value = ask(b, c->promql, base, b->o->window_ns);
		if (c->samples)
			m->base_samples = ask(b, c->samples, base, b->o->window_ns);
	}
}

static void add_comparisons(struct builder *b, size_t presets)
{
	size_t n = b->p->metrics_count;

	for (size_t i = 0; i < n; i++) {
		const struct slo_gate_metric *m = &b->p->metrics[i];
		const struct slo_gate_custom *c = NULL;

		for (size_t k = 0; i >= presets && k < b->o->custom_count; k++) {
			if (strcmp(b->o->custom[k].name, m->name) == 0)
				c = &b->o->custom[k];
		}
		if (m->kind == SLO_GATE_BURN_RATE ||
		    (c && (m->op == SLO_GATE_EQ || m->op == SLO_GATE_NE || !strstr(c->promql, "$selector"))))
			continue;
		compare(b, m, c);
	}
}

static int check_opts(const struct slo_gate_opts *o, struct slo_err *err)
{
	if (!(o->target > 0 && o->target < 1))
		return slo_err_set(err, -EINVAL, "target: want a share between 0 and 1, both excluded");
	if (o->window_ns < 1000000 || o->long_window_ns < o->window_ns)
		return slo_err_set(err, -EINVAL, "the long window must not be shorter than the short one");
	for (size_t i = 0; i < o->custom_count; i++) {
		if (!is_name(slo_str(o->custom[i].name)))
			return slo_err_set(err, -EINVAL, "%.80s: want a name of letters, digits and _",
					   o->custom[i].name);
	}
	return 0;
}

int slo_gate_plan(struct slo_gate_plan *p, const struct slo_gate_opts *o, struct slo_err *err)
{
	struct builder b = { .p = p, .o = o, .err = err, .preset = slo_gate_preset(o->preset ? o->preset : "llm-slo") };
	size_t presets;

	*p = (struct slo_gate_plan){ .target = o->target, .min_samples = o->min_samples, .tolerance = o->tolerance,
				     .max_age_ns = o->max_age_ns };
	if (!b.preset)
		return slo_err_set(err, -EINVAL, "%.40s: no such preset", o->preset);
	b.ret = check_opts(o, err);
	if (b.ret)
		return b.ret;
	add_preset(&b);
	presets = p->metrics_count;
	for (size_t i = 0; i < o->custom_count; i++)
		add_custom(&b, &o->custom[i]);
	if (o->baseline)
		add_comparisons(&b, presets);
	if (!b.ret && p->metrics_count == 0)
		b.ret = slo_err_set(err, -EINVAL, "nothing is left to judge");
	if (b.ret)
		slo_gate_plan_fini(p);
	return b.ret;
}

void slo_gate_plan_fini(struct slo_gate_plan *p)
{
	for (size_t i = 0; i < p->queries_count; i++)
		slo_buf_fini(&p->queries[i]);
	p->queries_count = 0;
	p->metrics_count = 0;
}
