/* SPDX-License-Identifier: MIT */
/* Labelled pairs through the join. */
#include "base/time.h"
#include "correlate/pairs_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NONE UINT32_MAX
/* Nothing is settled before everything is there. */
#define WHENEVER (INT64_MAX / 4)

struct decision {
	int tier;
	uint32_t candidates, span; /* @span: pair index of the only candidate, else NONE */
	double confidence;
};

static void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	(void)arg;
	(void)tag;
	(void)r;
}

static void on_event(void *arg, uint64_t tag, const struct slo_join_decision *d)
{
	struct decision *to = (struct decision *)arg + tag;

	*to = (struct decision){ d->tier, d->context ? 0 : d->candidates, NONE, d->confidence };
	if (to->candidates == 1)
		to->span = (uint32_t)d->tags[0];
}

static int64_t when(const struct slo_pair_side *s)
{
	return s->timestamp;
}

static void make_span(const struct slo_pair_side *s, struct slo_span *out)
{
	slo_rec_clear(slo_event_rec[SLO_KIND_SPAN], out);
	out->trace_id = s->trace_id;
	out->span_id = s->span_id;
	out->parent_span_id = s->parent_span_id;
	out->service = s->service;
	out->node = s->node;
	out->pod = s->pod;
	out->pid = s->pid;
	out->pid_start_ns = s->pid_start_ns;
	out->netns_cookie = s->netns_cookie;
	out->clock_error_ns = s->clock_error_ns;
	out->start_ns = out->end_ns = when(s);
	if (s->duration_ms > 0)
		out->end_ns += (int64_t)(s->duration_ms * 1e6);
	out->has_conn_tuple = s->conn_tuple.len && pairs_parse_tuple(s->conn_tuple, &out->conn_tuple);
}

static void make_event(const struct pair_item *item, const struct slo_pairs_run *run, struct slo_probe_event *out)
{
	const struct slo_pair_side *s = &item->pair.signal;
	bool shows_all = run->only < 0;

	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], out);
	out->ts_unix_nano = when(s) + run->shift_ns;
	out->signal = item->signal;
	out->value = isnan(s->value) ? 0 : s->value;
	out->service = s->service;
	out->node = s->node;
	out->pod = s->pod;
	out->netns_cookie = s->netns_cookie;
	out->clock_error_ns = s->clock_error_ns;
	if ((shows_all || run->only == SLO_TIER_TRACE) && !run->untraced) {
		out->trace_id = s->trace_id;
		out->span_id = s->span_id;
	}
	if (shows_all || run->only == SLO_TIER_PROCESS) {
		out->pid = s->pid;
		out->pid_start_ns = s->pid_start_ns;
	}
	if (shows_all || run->only == SLO_TIER_CONNECTION)
		out->has_conn_tuple = s->conn_tuple.len && pairs_parse_tuple(s->conn_tuple, &out->conn_tuple);
}

static bool has_times(const struct pair_item *item)
{
	return item->pair.span.timestamp > 0 && item->pair.signal.timestamp > 0;
}

/* Shared signals are no pairs for the join; where somebody labelled one it is judged like any other. */
static void as_pair(struct slo_probe_event *e)
{
	if (!slo_join_is_context(e->signal))
		return;
	if (e->signal == SLO_SIGNAL_CPU_STEAL)
		e->value = 0; /* a share, which lasts no time */
	e->signal = SLO_SIGNAL_SYSCALL_LATENCY;
}

static void answer(const struct pair_item *item, const struct decision *d, struct slo_pair_prediction *out)
{
	*out = (struct slo_pair_prediction){ .tier = d->tier, .candidates = d->candidates, .confidence = d->confidence };
	out->match = d->span == item->span;
	out->other = d->span != NONE && !out->match;
}

static int predict_together(const struct slo_pairs *p, const struct slo_pairs_run *run, struct slo_pair_prediction *out)
{
	struct decision *d = calloc(p->count + 1, sizeof(*d));
	struct slo_join_opts o = run->join;
	struct slo_join *j;
	int r;

	if (!d)
		return -ENOMEM;
	o.lateness_ns = WHENEVER;
	o.max_spans = o.max_events = p->count + 1;
	o.span_done = on_span;
	o.decided = on_event;
	o.arg = d;
	r = slo_join_new(&o, &j);
	for (uint32_t i = 0; !r && i < p->count; i++) {
		struct slo_probe_event e;
		struct slo_span s;

		if (p->items[i].span == i && p->items[i].pair.span.timestamp > 0) {
			make_span(&p->items[i].pair.span, &s);
			slo_join_span(j, &s, i);
		}
		d[i] = (struct decision){ -1, 0, NONE, 0 };
		if (p->items[i].event == i && p->items[i].pair.signal.timestamp > 0) {
			make_event(&p->items[i], run, &e);
			as_pair(&e);
			slo_join_probe(j, &e, i);
		}
	}
	if (!r) {
		slo_join_drain(j);
		slo_join_free(j);
	}
	for (uint32_t i = 0; !r && i < p->count; i++)
		answer(&p->items[i], &d[p->items[i].event], &out[i]);
	free(d);
	return r;
}

/* One pair at one tier, with that tier's distance. */
static int predict_tier(const struct pair_item *item, const struct slo_pairs_run *run, int tier, struct decision *d)
{
	static const int64_t distance_ms[SLO_TIER__COUNT] = { 2000, 100, 250, 500 }; /* contract, section 10 */
	struct slo_join_opts o = run->join;
	int64_t most = distance_ms[tier] * SLO_NS_PER_MS;
	struct slo_probe_event e;
	struct slo_join *j;
	struct slo_span s;
	int r;

	make_span(&item->pair.span, &s);
	make_event(item, run, &e);
	as_pair(&e);
	if (!(item->pair.span.duration_ms > 0)) {
		e.value = 0; /* an instant as well */
		o.slack_ns = tier == SLO_TIER_TRACE || run->window_ns < most ? run->window_ns : most;
		o.hold_ns = o.slack_ns + 1;
		s.clock_error_ns = e.clock_error_ns = SLO_ABSENT_I64;
	}
	o.lateness_ns = WHENEVER;
	o.max_spans = o.max_events = 1;
	o.span_done = on_span;
	o.decided = on_event;
	o.arg = d;
	r = slo_join_new(&o, &j);
	if (r)
		return r;
	slo_join_span(j, &s, item->span);
	slo_join_probe(j, &e, 0);
	slo_join_drain(j);
	slo_join_free(j);
	return 0;
}

static int predict_alone(const struct slo_pairs *p, const struct slo_pairs_run *run, struct slo_pair_prediction *out)
{
	int r = 0;

	for (uint32_t i = 0; !r && i < p->count; i++) {
		const struct decision none = { -1, 0, NONE, 0 };
		struct decision d = none;

		for (int tier = 0; !r && tier < SLO_TIER__COUNT && has_times(&p->items[i]); tier++) {
			r = predict_tier(&p->items[i], run, tier, &d);
			if (!r && d.tier == tier)
				break;
			d = none;
		}
		answer(&p->items[i], &d, &out[i]);
	}
	return r;
}

int slo_pairs_predict(const struct slo_pairs *p, const struct slo_pairs_run *run, struct slo_pair_prediction *out)
{
	int r = run->together ? predict_together(p, run, out) : predict_alone(p, run, out);

	for (uint32_t i = 0; !r && i < p->count; i++) {
		/* One by one, no pair knows of another. */
		uint32_t first = run->together ? p->items[i].event : i;

		out[i].first = first == i;
		if (p->items[i].pair.expected_match > 0 && out[i].match)
			out[first].right = true;
	}
	return r;
}
