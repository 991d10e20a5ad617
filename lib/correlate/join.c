/* SPDX-License-Identifier: MIT */
/* The sliding window: what came, what time it is, and when each is settled. */
#include "correlate/internal.h"

#include "base/time.h"
#include "config/config.h"
#include "event/tables.h"

#include <errno.h>
#include <stdlib.h>

void slo_join_opts_default(struct slo_join_opts *o, const struct slo_config *c)
{
	*o = (struct slo_join_opts){
		.lateness_ns = c->correlation_window_ms * SLO_NS_PER_MS,
		.hold_ns = c->correlation.hold_ms * SLO_NS_PER_MS,
		.slack_ns = c->correlation.slack_ms * SLO_NS_PER_MS,
		.fan_out = (uint32_t)c->correlation.fan_out,
		.max_spans = SLO_JOIN_SPANS,
		.max_events = SLO_JOIN_EVENTS,
	};
	for (int t = 0; t < SLO_TIER__COUNT; t++)
		o->precision[t] = c->correlation.precision[t];
}

static bool is_valid(const struct slo_join_opts *o)
{
	for (int t = 0; t < SLO_TIER__COUNT; t++)
		if (!(o->precision[t] >= 0 && o->precision[t] <= 1))
			return false;
	return o->span_done && o->lateness_ns >= 0 && o->hold_ns > 0 && o->slack_ns >= 0 && o->fan_out >= 1 &&
	       o->fan_out <= SLO_JOIN_FAN_OUT_MAX && o->max_spans >= 1 && o->max_spans <= SLO_JOIN_MAX &&
	       o->max_events >= 1 && o->max_events <= SLO_JOIN_MAX;
}

int slo_join_new(const struct slo_join_opts *o, struct slo_join **out)
{
	struct slo_join *j;

	if (!is_valid(o))
		return -EINVAL;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->o = *o;
	j->seen = j->decided = SLO_ABSENT_I64;
	j->spans_free = j->events_free = NIL;
	j->spans = malloc(o->max_spans * sizeof(j->spans[0]));
	j->events = malloc(o->max_events * sizeof(j->events[0]));
	j->ending.items = malloc(o->max_spans * sizeof(j->ending.items[0]));
	j->waiting.items = malloc(o->max_events * sizeof(j->waiting.items[0]));
	if (!j->spans || !j->events || !j->ending.items || !j->waiting.items ||
	    index_init(&j->index, o->max_spans * SPAN_KEYS, o->seed) || storms_init(&j->storms, o->seed)) {
		slo_join_free(j);
		return -ENOMEM;
	}
	*out = j;
	return 0;
}

void slo_join_free(struct slo_join *j)
{
	if (!j)
		return;
	index_fini(&j->index);
	storms_fini(&j->storms);
	free(j->spans);
	free(j->events);
	free(j->ending.items);
	free(j->waiting.items);
	free(j);
}

/* Where time would leave its range it stops at the end of it: such records overlap nothing real. */
static int64_t plus(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return b > 0 ? INT64_MAX : INT64_MIN + 1;
}

static int64_t error_of(const struct slo_join *j, int64_t said, int64_t unsaid)
{
	if (said == SLO_ABSENT_I64 || said < 0)
		return unsaid;
	/* A clock that is wrong by more than this says nothing at all. */
	return said < j->o.hold_ns ? said : j->o.hold_ns;
}

static void finish_span(struct slo_join *j, uint32_t n)
{
	struct span *s = &j->spans[n];

	for (uint32_t i = 0; i < s->keys_count; i++)
		index_del(&j->index, s->keys[i], s->lo, n);
	settle_span(j, s);
	s->next_free = j->spans_free;
	j->spans_free = n;
	j->o.span_done(j->o.arg, s->tag, &s->r);
}

static void decide_next(struct slo_join *j)
{
	uint32_t n = heap_pop(&j->waiting);
	struct event *e = &j->events[n];

	settle_event(j, e);
	if (e->end > j->decided)
		j->decided = e->end;
	e->next_free = j->events_free;
	j->events_free = n;
}

static int64_t watermark(const struct slo_join *j)
{
	return j->seen == SLO_ABSENT_I64 ? j->seen : plus(j->seen, -j->o.lateness_ns);
}

static void advance(struct slo_join *j)
{
	int64_t mark = watermark(j);

	while (j->waiting.count && plus(j->waiting.items[0].at, j->o.hold_ns) < mark)
		decide_next(j);
	while (j->ending.count && j->ending.items[0].at < mark) {
		uint32_t n = heap_pop(&j->ending);

		finish_span(j, n);
	}
}

void slo_join_seen(struct slo_join *j, int64_t ns)
{
	if (j->seen != SLO_ABSENT_I64 && ns <= j->seen)
		return;
	j->seen = ns;
	advance(j);
}

static uint32_t span_room(struct slo_join *j)
{
	uint32_t n = j->spans_free;

	if (n == NIL && j->spans_used < j->o.max_spans)
		return j->spans_used++;
	if (n == NIL) {
		n = heap_pop(&j->ending);
		j->spans[n].r.evicted = true;
		j->stats.evicted_spans++;
		finish_span(j, n);
	}
	j->spans_free = j->spans[n].next_free;
	return n;
}

/* A pod's process numbers may be its own: they say nothing about the node's. */
static uint64_t span_key(const struct span *s, enum key kind)
{
	return kind == KEY_NODE_PID && s->id.pod ? 0 : ident_key(&s->id, kind, s->id.pid);
}

static void add_key(struct slo_join *j, uint32_t n, enum key kind)
{
	struct span *s = &j->spans[n];
	uint64_t key = span_key(s, kind);

	if (!key)
		return;
	s->keys[s->keys_count++] = key;
	index_add(&j->index, key, s->lo, s->hi, n);
}

static void add_keys(struct slo_join *j, uint32_t n)
{
	for (enum key k = 0; k < KEY__COUNT; k++)
		if (j->wanted[k])
			add_key(j, n, k);
}

/* From now on spans are found by @kind, those that are here already as well. */
static void want_key(struct slo_join *j, enum key kind)
{
	if (j->wanted[kind])
		return;
	j->wanted[kind] = true;
	for (uint32_t i = 0; i < j->ending.count; i++)
		add_key(j, j->ending.items[i].item, kind);
}

/* What no event asks for is not kept. */
static void want_keys(struct slo_join *j, const struct event *e)
{
	bool context = slo_join_is_context(e->signal), storm = e->signal == SLO_SIGNAL_TCP_RETRANSMITS;

	if (e->id.trace)
		want_key(j, KEY_TRACE);
	if (e->id.tuple) {
		want_key(j, KEY_TUPLE);
		want_key(j, KEY_FROM);
	}
	if (e->id.pid || e->id.ns_pid) {
		want_key(j, KEY_POD_PID);
		want_key(j, KEY_NODE_PID);
	}
	want_key(j, KEY_SERVICE);
	if (context || storm)
		want_key(j, KEY_POD);
	if ((context || storm) && (e->signal == SLO_SIGNAL_CPU_STEAL || (!e->id.pod && !e->id.service)))
		want_key(j, KEY_NODE);
}

void slo_join_read_span(const struct slo_join *j, const struct slo_span *s, struct slo_join_item *out)
{
	struct ident id;

	ident_of_span(&id, s, j->o.seed);
	*out = (struct slo_join_item){
		.start = s->start_ns,
		.end = s->end_ns > s->start_ns ? s->end_ns : s->start_ns,
		.error = error_of(j, s->clock_error_ns, j->o.slack_ns),
		.signal = -1,
	};
	ident_pack(&id, out);
}

static void put_span(struct slo_join *j, const struct slo_join_item *in, uint64_t tag)
{
	const struct slo_join_result none = { .tier = -1, .late = true };
	int64_t mark = watermark(j), done = plus(plus(in->end, in->error), 2 * j->o.hold_ns);
	struct span *s;
	uint32_t n;

	j->stats.spans++;
	j->stats.late_spans += in->end < mark;
	j->stats.long_spans += j->decided != SLO_ABSENT_I64 && plus(in->start, -in->error) < j->decided;
	if (done < mark) {
		j->stats.lost_spans++;
		j->o.span_done(j->o.arg, tag, &none);
		return;
	}
	n = span_room(j);
	s = &j->spans[n];
	s->tag = tag;
	s->start = in->start;
	s->end = in->end;
	s->lo = plus(s->start, -in->error);
	s->hi = plus(s->end, in->error);
	s->keys_count = 0;
	s->retrieval.count = 0;
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		s->kept[i].count = 0;
	s->r = (struct slo_join_result){ .tier = -1, .late = in->end < mark };
	ident_unpack(in, &s->id);
	add_keys(j, n);
	heap_push(&j->ending, done, n);
}

static uint32_t event_room(struct slo_join *j)
{
	uint32_t n = j->events_free;

	if (n == NIL && j->events_used < j->o.max_events)
		return j->events_used++;
	if (n == NIL) {
		j->stats.evicted_events++;
		decide_next(j);
		n = j->events_free;
	}
	j->events_free = j->events[n].next_free;
	return n;
}

/* How long the event lasted, by its own value; never longer than events are waited for. */
static int64_t extent(const struct slo_join *j, const struct slo_probe_event *p)
{
	double ns = p->value * 1e6;

	if (!slo_str_is(slo_str(slo_signal_info[p->signal].unit), "ms") || !(ns > 0))
		return 0;
	return ns < (double)j->o.hold_ns ? (int64_t)ns : j->o.hold_ns;
}

void slo_join_read_probe(const struct slo_join *j, const struct slo_probe_event *p, struct slo_join_item *out)
{
	struct ident id;

	ident_of_probe(&id, p, j->o.seed);
	*out = (struct slo_join_item){
		.start = plus(p->ts_unix_nano, -extent(j, p)),
		.end = p->ts_unix_nano,
		.error = error_of(j, p->clock_error_ns, 0),
		.value = p->value,
		.signal = p->signal,
		.source = p->source >= 0 ? p->source : SLO_SOURCE_LIVE,
	};
	ident_pack(&id, out);
}

static void put_event(struct slo_join *j, const struct slo_join_item *in, uint64_t tag)
{
	const struct slo_join_decision late = { .tier = -1, .late = true };
	int64_t mark = watermark(j), earliest = plus(in->end, -j->o.hold_ns);
	struct event *e;
	uint32_t n;

	j->stats.events++;
	j->stats.late_events += in->end < mark;
	if (plus(in->end, j->o.hold_ns) < mark) {
		j->stats.lost_events++;
		if (j->o.decided)
			j->o.decided(j->o.arg, tag, &late);
		return;
	}
	n = event_room(j);
	e = &j->events[n];
	*e = (struct event){ .tag = tag, .start = in->start, .end = in->end, .hi = plus(in->end, in->error),
			     .value = in->value, .signal = in->signal, .source = in->source };
	e->lo = plus(e->start, -in->error);
	e->lo = e->lo < earliest ? earliest : e->lo;
	ident_unpack(in, &e->id);
	want_keys(j, e);
	heap_push(&j->waiting, e->end, n);
}

void slo_join_put(struct slo_join *j, const struct slo_join_item *item, uint64_t tag)
{
	slo_join_seen(j, item->end);
	(item->signal < 0 ? put_span : put_event)(j, item, tag);
}

void slo_join_span(struct slo_join *j, const struct slo_span *s, uint64_t tag)
{
	struct slo_join_item item;

	slo_join_read_span(j, s, &item);
	slo_join_put(j, &item, tag);
}

void slo_join_probe(struct slo_join *j, const struct slo_probe_event *p, uint64_t tag)
{
	struct slo_join_item item;

	slo_join_read_probe(j, p, &item);
	slo_join_put(j, &item, tag);
}

void slo_join_drain(struct slo_join *j)
{
	while (j->waiting.count)
		decide_next(j);
	while (j->ending.count)
		finish_span(j, heap_pop(&j->ending));
}

void slo_join_stats(const struct slo_join *j, struct slo_join_stats *out)
{
	*out = j->stats;
	out->storm_pods_evicted = j->storms.pods.evicted;
}
