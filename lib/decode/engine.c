/* SPDX-License-Identifier: MIT */
#include "decode/engine_internal.h"

#include "decode/promtext.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define BOUND_MAX 1e12 /* s; a larger bound of a bucket is none */

static const char vllm[] = "vLLM", sglang[] = "SGLang", tgi[] = "TGI", llama[] = "llama.cpp";

static const struct engine_family families[] = {
	{ vllm, "vllm:time_to_first_token_seconds", SLO_SLI_TTFT, ENGINE_SECONDS, NULL },
	{ vllm, "vllm:e2e_request_latency_seconds", SLO_SLI_LATENCY, ENGINE_SECONDS, NULL },
	{ vllm, "vllm:request_time_per_output_token_seconds", SLO_SLI_THROUGHPUT, ENGINE_PER_TOKEN, NULL },
	{ vllm, "vllm:request_success_total", SLO_SLI_ERROR_RATE, ENGINE_REQUESTS, "finished_reason" },
	{ sglang, "sglang:time_to_first_token_seconds", SLO_SLI_TTFT, ENGINE_SECONDS, NULL },
	{ sglang, "sglang:e2e_request_latency_seconds", SLO_SLI_LATENCY, ENGINE_SECONDS, NULL },
	{ sglang, "sglang:request_time_per_output_token_seconds", SLO_SLI_THROUGHPUT, ENGINE_PER_TOKEN, NULL },
	{ sglang, "sglang:time_per_output_token_seconds", SLO_SLI_THROUGHPUT, ENGINE_PER_TOKEN, NULL },
	{ tgi, "tgi_request_duration", SLO_SLI_LATENCY, ENGINE_SECONDS, NULL },
	{ tgi, "tgi_request_mean_time_per_token_duration", SLO_SLI_THROUGHPUT, ENGINE_PER_TOKEN, NULL },
	{ tgi, "tgi_request_success", SLO_SLI_ERROR_RATE, ENGINE_REQUESTS, NULL },
	{ tgi, "tgi_request_failure", SLO_SLI_ERROR_RATE, ENGINE_REQUESTS, "err" },
};

/* What else tells an engine by. */
static const struct {
	const char *prefix, *engine;
} prefixes[] = { { "vllm:", vllm }, { "sglang:", sglang }, { "tgi_", tgi }, { "llamacpp:", llama } };

/* What became of a request, by what the label says; the last of an engine is for all others. */
static const struct {
	const char *engine, *value; /* NULL = any other */
	int outcome;
} outcomes[] = {
	{ vllm, "error", SLO_BAD_SERVER_ERROR },
	{ vllm, "abort", ENGINE_NOT_COUNTED },    /* the client hung up */
	{ vllm, NULL, ENGINE_GOOD },
	{ tgi, "overloaded", SLO_BAD_RATE_LIMITED },
	{ tgi, "timeout", SLO_BAD_TIMEOUT },
	{ tgi, "validation", ENGINE_GOOD },       /* the client's mistake, answered with 4xx */
	{ tgi, "dropped", ENGINE_NOT_COUNTED },   /* the client hung up */
	{ tgi, "cancelled", ENGINE_NOT_COUNTED },
	{ tgi, NULL, SLO_BAD_SERVER_ERROR },
};

int slo_engine_new(const struct slo_engine_opts *o, struct slo_engine **out)
{
	struct slo_engine *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	if (slo_table_init(&e->series, sizeof(uint64_t), sizeof(struct engine_series), SLO_ENGINE_SERIES, 0)) {
		free(e);
		return -ENOMEM;
	}
	e->o = *o;
	e->started = (double)NAN;
	*out = e;
	return 0;
}

void slo_engine_free(struct slo_engine *e)
{
	if (!e)
		return;
	slo_table_fini(&e->series);
	free(e);
}

static struct engine_series *first(const struct slo_engine *e)
{
	return slo_table_oldest(&e->series);
}

static struct engine_series *next(const struct slo_engine *e, const struct engine_series *s)
{
	return slo_table_newer(&e->series, s);
}

/* The family of a sample's name, and what of it the sample is: "_bucket", "_sum", "_count", or "". */
static const struct engine_family *family_of(struct slo_str name, const char **part)
{
	static const char *const parts[] = { "_bucket", "_sum", "_count" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(families); i++) {
		size_t len = strlen(families[i].name);

		if (name.len < len || memcmp(name.p, families[i].name, len) != 0)
			continue;
		*part = "";
		if (families[i].shape == ENGINE_REQUESTS && name.len == len)
			return &families[i];
		for (size_t k = 0; k < SLO_ARRAY_LEN(parts) && families[i].shape != ENGINE_REQUESTS; k++) {
			*part = parts[k];
			if (slo_str_is(slo_str_n(name.p + len, name.len - len), parts[k]))
				return &families[i];
		}
	}
	return NULL;
}

/* The same whatever the order of the labels; without "le", which tells a bucket. */
static uint64_t key_of(const struct engine_family *f, const struct slo_promtext_sample *s)
{
	uint64_t key = slo_hash(f->name, strlen(f->name), 0);

	for (uint32_t i = 0; i < s->labels_count; i++) {
		const struct slo_promtext_label *l = &s->labels[i];

		if (!slo_str_is(l->name, "le"))
			key += slo_hash(l->value.p, l->value.len, slo_hash(l->name.p, l->name.len, 1));
	}
	return key;
}

static int outcome_of(const struct engine_family *f, const struct slo_promtext_sample *s)
{
	struct slo_str said = f->by ? slo_promtext_label(s, f->by) : slo_str(NULL);
	size_t i = 0;

	if (!f->by)
		return ENGINE_GOOD;
	while (outcomes[i].engine != f->engine || (outcomes[i].value && !slo_str_is(said, outcomes[i].value)))
		i++;
	return outcomes[i].outcome;
}

static struct engine_series *series_of(struct slo_engine *e, const struct engine_family *f,
				       const struct slo_promtext_sample *s)
{
	uint64_t key = key_of(f, s);
	struct engine_series *to = slo_table_find(&e->series, &key);
	bool created;

	if (to || e->series.count == SLO_ENGINE_SERIES)
		return to;
	to = slo_table_get(&e->series, &key, &created, NULL, NULL);
	to->family = f;
	to->outcome = outcome_of(f, s);
	to->now.sum = (double)NAN;
	return to;
}

static bool whole(double v, uint64_t *out)
{
	if (!(v >= 0 && v < 0x1p53))
		return false;
	*out = (uint64_t)v;
	return true;
}

/* Buckets come in any order. Return: false when there are too many. */
static bool add_bucket(struct engine_shot *to, const struct slo_promtext_sample *s)
{
	uint32_t i = to->n;
	uint64_t upto;
	double le;

	if (slo_promtext_number(slo_promtext_label(s, "le"), &le) || isnan(le) || le < 0 ||
	    (le > BOUND_MAX && !isinf(le)) || !whole(s->value, &upto)) {
		to->bad = true;
		return true;
	}
	if (to->n == SLO_ENGINE_BUCKETS) {
		to->bad = true;
		return false;
	}
	while (i > 0 && to->le[i - 1] > le)
		i--;
	/* Twice the same: two processes behind one page. */
	to->bad |= i > 0 && to->le[i - 1] >= le;
	memmove(to->le + i + 1, to->le + i, (to->n - i) * sizeof(to->le[0]));
	memmove(to->upto + i + 1, to->upto + i, (to->n - i) * sizeof(to->upto[0]));
	to->le[i] = le;
	to->upto[i] = upto;
	to->n++;
	return true;
}

static void add_sample(struct slo_engine *e, const struct slo_promtext_sample *s)
{
	const char *part = "";
	const struct engine_family *f = family_of(s->name, &part);
	struct engine_series *to = f ? series_of(e, f, s) : NULL;

	if (f && !to)
		e->n.overflow++;
	if (!to)
		return;
	to->now.seen = true;
	if (part[0] && part[1] == 'b') {
		e->n.overflow += !add_bucket(&to->now, s);
	} else if (part[0] && part[1] == 's') {
		to->now.sum = s->value;
	} else {
		to->now.bad |= to->now.has_count || !whole(s->value, &to->now.count);
		to->now.has_count = true;
	}
}

static void note_engine(struct slo_engine *e, struct slo_str name)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(prefixes); i++)
		if (name.len > strlen(prefixes[i].prefix) &&
		    memcmp(name.p, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0)
			e->name = prefixes[i].engine;
}

/* Forget a scrape that was not taken to its end: what was known before stays. */
static void clear_now(struct slo_engine *e)
{
	for (struct engine_series *s = first(e), *after; s; s = after) {
		after = next(e, s);
		s->now = (struct engine_shot){ .sum = (double)NAN };
		if (!s->known && !s->missed)
			slo_table_del(&e->series, s);
	}
}

static int read_text(struct slo_engine *e, struct slo_str text, double *started, struct slo_err *err)
{
	const char *before = e->name;
	struct slo_promtext_sample s;
	struct slo_promtext p;

	e->name = NULL;
	slo_promtext_init(&p, text);
	while (slo_promtext_next(&p, &s)) {
		if (slo_str_is(s.name, "process_start_time_seconds"))
			*started = s.value;
		note_engine(e, s.name);
		add_sample(e, &s);
	}
	e->n.bad_lines += p.bad;
	if (p.samples && p.bad <= p.samples)
		return 0;
	e->name = before;
	clear_now(e);
	return slo_err_set(err, -EBADMSG, "not metrics in the text format of Prometheus");
}

/* Of two families for one SLI the first that is there counts. */
static bool outdone(const struct slo_engine *e, const struct engine_family *f)
{
	for (const struct engine_series *s = first(e); s; s = next(e, s))
		if (s->now.seen && s->family < f && s->family->engine == f->engine && s->family->sli == f->sli &&
		    f->shape != ENGINE_REQUESTS)
			return true;
	return false;
}

/*
 * Errors are known only where the engine counts them: vLLM has a series for each reason from its start, "error"
 * among them in the versions that know it; TGI makes a series when it is first needed.
 */
static void note_sli(struct slo_engine *e, const struct engine_series *s)
{
	if (s->family->shape != ENGINE_REQUESTS || s->family->engine != vllm || s->outcome == SLO_BAD_SERVER_ERROR)
		e->has[s->family->sli] = true;
}

static void take_series(struct slo_engine *e, struct engine_series *s, bool restarted)
{
	const struct engine_shot *before = s->known ? &s->before : NULL;

	if (!engine_settle(&s->now, s->family->shape)) {
		e->n.inconsistent++;
		s->missed = true;
		return;
	}
	note_sli(e, s);
	if (before && (restarted || engine_begun_anew(&s->now, before))) {
		e->n.resets++;
		before = NULL;
	}
	if (e->at_ns && (s->known || !s->missed) && !engine_add(e, s, before)) {
		e->n.inconsistent++;
		s->missed = true;
		return;
	}
	s->before = s->now;
	s->known = true;
}

static void take_all(struct slo_engine *e, bool restarted)
{
	memset(e->has, 0, sizeof(e->has));
	memset(e->sums, 0, sizeof(e->sums));
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		slo_hist_init(&e->sums[i].hist);
	e->has[SLO_SLI_ERROR_RATE] = e->name == tgi;
	for (struct engine_series *s = first(e); s; s = next(e, s)) {
		bool counts = !outdone(e, s->family);

		if (s->now.seen && counts)
			take_series(e, s, restarted);
		s->missed |= s->now.seen && !counts;
	}
}

int slo_engine_take(struct slo_engine *e, struct slo_str text, int64_t at_ns, slo_emit_fn *emit, void *arg,
		    struct slo_err *err)
{
	double started = (double)NAN;
	bool restarted;
	int r;

	if (at_ns <= e->at_ns)
		return slo_err_set(err, -EINVAL, "the clock went back");
	r = read_text(e, text, &started, err);
	if (r)
		return r;
	restarted = started < e->started || started > e->started;
	take_all(e, restarted);
	if (e->at_ns)
		engine_emit(e, e->at_ns, at_ns, emit, arg);
	clear_now(e);
	e->started = started;
	e->at_ns = at_ns;
	e->n.scrapes++;
	return 0;
}

const char *slo_engine_name(const struct slo_engine *e)
{
	return e->name;
}

bool slo_engine_has(const struct slo_engine *e, int sli)
{
	return e->has[sli];
}

void slo_engine_stats(const struct slo_engine *e, struct slo_engine_stats *out)
{
	*out = e->n;
}
