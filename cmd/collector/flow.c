/* SPDX-License-Identifier: MIT */
/* From what came in to what goes out, in the order of time. */
#include "collector.h"

#include "base/log.h"
#include "gen/replay.h"

#include <errno.h>
#include <stdlib.h>

static void put(struct collector *c, int kind, struct slo_str text)
{
	if (!c->write_error)
		c->write_error = c->sink->put(c, kind, text);
	c->written += !c->write_error;
}

void collector_event(void *arg, const struct slo_event *ev)
{
	struct collector *c = arg;
	int r;

	slo_buf_reset(&c->line);
	r = slo_event_encode(ev, &c->line);
	if (r) {
		slo_warn("a %s record cannot be written: %s", slo_enum_name(&slo_kind_enum, ev->kind), slo_strerror(r));
		c->status |= 1;
		return;
	}
	put(c, ev->kind, slo_buf_str(&c->line));
}

/* When a record became known; 0 where it does not say. */
static int64_t moment(const struct slo_event *ev)
{
	switch (ev->kind) {
	case SLO_KIND_RAW_SAMPLE:
		return ev->raw_sample.timestamp;
	case SLO_KIND_INCIDENT:
		return ev->incident.timestamp;
	case SLO_KIND_FAULT_SAMPLE:
		return ev->fault_sample.timestamp;
	default:
		return slo_replay_moment(ev);
	}
}

static bool read_again(struct collector *c, const struct held *h)
{
	struct slo_err ignored = { .what = "" };

	return slo_event_decode(&c->out_ctx, h->text, h->len, -1, 1u << h->kind, &c->again_ev, &ignored) == 0;
}

static void hand_on(struct collector *c, struct held *h)
{
	bool kept = false;

	if (h->at > c->released_ns)
		c->released_ns = h->at;
	slo_rawsamples_flush(c->raw, c->released_ns);
	if (c->join)
		slo_join_seen(c->join, h->at);
	if (h->kind == SLO_KIND_RAW_SAMPLE) {
		if (read_again(c, h))
			slo_rawsamples_add(c->raw, &c->again_ev.raw_sample);
	} else {
		if (h->kind != SLO_KIND_SPAN || !h->item)
			put(c, h->kind, slo_str_n(h->text, h->len));
		kept = h->item && join_record(c, h);
	}
	if (!kept)
		free(h);
}

void collector_advance(struct collector *c, int64_t up_to_ns)
{
	while (c->order.count && order_first(&c->order) <= up_to_ns)
		hand_on(c, order_pop(&c->order));
}

/* The text of a record without envelope in one of its kind. */
static struct slo_str envelop(struct collector *c, int kind, struct slo_str line)
{
	slo_buf_reset(&c->wrapped);
	slo_buf_addf(&c->wrapped, "{\"kind\":\"%s\",\"v\":\"1.0\",\"payload\":", slo_enum_name(&slo_kind_enum, kind));
	slo_buf_add(&c->wrapped, line.p, line.len);
	slo_buf_addc(&c->wrapped, '}');
	return slo_buf_str(&c->wrapped);
}

static void keep(struct collector *c, int64_t at, const struct slo_event *ev, struct slo_str line)
{
	struct slo_join_item item;
	bool joined = join_read(c, ev, &item);
	int kind = ev->kind, r = order_push(&c->order, at, kind, line, joined ? &item : NULL);

	if (r == -ENOBUFS) {
		c->forced++;
		hand_on(c, order_pop(&c->order));
		r = order_push(&c->order, at, kind, line, joined ? &item : NULL);
	}
	if (r) {
		/* Better out of order than not at all. */
		c->forced++;
		put(c, kind, line);
	}
}

void collector_take(struct collector *c, struct source *s, const struct slo_event *ev, struct slo_str line, bool bare)
{
	int64_t at = moment(ev);

	c->records[ev->kind]++;
	if (at == 0)
		at = s->frontier_ns == SLO_ABSENT_I64 ? 0 : s->frontier_ns;
	else if (at > s->frontier_ns)
		s->frontier_ns = at;
	c->late += at < c->released_ns;
	keep(c, at, ev, bare ? envelop(c, ev->kind, line) : line);
}

void collector_settle(struct collector *c)
{
	collector_advance(c, INT64_MAX);
	slo_rawsamples_flush(c->raw, INT64_MAX);
	if (c->join)
		slo_join_drain(c->join);
}
