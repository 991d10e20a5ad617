/* SPDX-License-Identifier: MIT */
/* Spans wait here, as text, until it is known which kernel events are theirs. */
#include "collector.h"

#include <stdlib.h>

static bool found_anything(const struct slo_join_result *r)
{
	return r->joined || r->context || r->candidates || r->ambiguous || r->retry_storm;
}

static bool enrich(struct collector *c, const struct held *h, const struct slo_join_result *r)
{
	char text[SLO_JOIN_ATTRS_BYTES];
	struct slo_err ignored = { .what = "" };

	if (slo_event_decode(&c->out_ctx, h->text, h->len, -1, 1u << SLO_KIND_SPAN, &c->out_ev, &ignored))
		return false;
	c->attributes_lost += slo_join_enrich(r, &c->out_ev.span, text);
	collector_event(c, &c->out_ev);
	return true;
}

static void put_span(struct collector *c, const struct held *h)
{
	if (!c->write_error)
		c->write_error = c->sink->put(c, SLO_KIND_SPAN, slo_str_n(h->text, h->len));
	c->written += !c->write_error;
}

static void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	struct collector *c = arg;
	struct held *h = (struct held *)(uintptr_t)tag;

	c->spans_bytes -= h->len;
	if (!found_anything(r) || !enrich(c, h, r))
		put_span(c, h);
	free(h);
}

int join_start(struct collector *c, struct slo_err *err)
{
	struct slo_join_opts o;
	int r;

	if (!c->o->correlate)
		return 0;
	slo_join_opts_default(&o, &c->config);
	/* Records come in order here; what is later than that was counted before. */
	o.lateness_ns = 0;
	o.span_done = on_span;
	o.arg = c;
	o.seed = (uint64_t)(uintptr_t)c;
	r = slo_join_new(&o, &c->join);
	return r ? slo_err_set(err, r, "the join: %s", slo_strerror(r)) : 0;
}

bool join_read(const struct collector *c, const struct slo_event *ev, struct slo_join_item *out)
{
	if (!c->join || (ev->kind != SLO_KIND_SPAN && ev->kind != SLO_KIND_PROBE))
		return false;
	if (ev->kind == SLO_KIND_SPAN)
		slo_join_read_span(c->join, &ev->span, out);
	else
		slo_join_read_probe(c->join, &ev->probe, out);
	return true;
}

bool join_record(struct collector *c, struct held *h)
{
	bool span = h->kind == SLO_KIND_SPAN;

	if (span && c->spans_bytes + h->len > SPANS_BYTES) {
		c->unjoined++;
		put_span(c, h);
		return false;
	}
	c->spans_bytes += span ? h->len : 0;
	slo_join_put(c->join, h->item, span ? (uint64_t)(uintptr_t)h : 0);
	return span;
}
