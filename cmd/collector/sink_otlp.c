/* SPDX-License-Identifier: MIT */
/* Records to an OTLP/HTTP receiver. */
#include "collector.h"

#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>

static void report(void *arg, const struct slo_err *err)
{
	(void)arg;
	slo_warn_err(err);
}

static bool hurry(void)
{
	return collector_stop;
}

static int otlp_open(struct collector *c, struct slo_err *err)
{
	const struct slo_otlp_emit_opts o = {
		.tool = "collector", .endpoint = c->o->otlp_endpoint,
		.endpoint_given = slo_opts_origin("otlp-endpoint") != SLO_ORIGIN_DEFAULT,
		.timeout_ns = c->o->otlp_timeout_ns,
		.timeout_given = slo_opts_origin("otlp-timeout-ms") != SLO_ORIGIN_DEFAULT,
		.headers_file = c->o->otlp_headers_file, .spool_dir = c->o->otlp_spool, .report = report,
	};

	return slo_otlp_emit_new(&o, &c->emit, err);
}

static int otlp_put(struct collector *c, int kind, struct slo_str text)
{
	struct slo_err ignored = { .what = "" };

	if (slo_event_decode(&c->out_ctx, text.p, text.len, -1, 1u << kind, &c->again_ev, &ignored))
		return 0; /* it was read before */
	return slo_otlp_emit_put(c->emit, &c->again_ev, slo_now_wall_ns());
}

static int otlp_flush(struct collector *c)
{
	return slo_otlp_emit_flush(c->emit);
}

static int otlp_close(struct collector *c)
{
	uint64_t left = slo_otlp_emit_end(c->emit, SLO_OTLP_END_S * SLO_NS_PER_S, hurry);
	struct slo_otlp_emit_stats s;

	slo_otlp_emit_stats(c->emit, &s);
	if (left || s.unheld || s.export.rejected_items)
		slo_warn("otlp: %" PRIu64 " items delivered, %" PRIu64 " rejected, %" PRIu64 " refused, %" PRIu64
			 " dropped, %" PRIu64 " lost; %" PRIu64 " batches not acknowledged; %" PRIu64
			 " records OTLP cannot hold",
			 s.export.delivered_items, s.export.rejected_items, s.export.refused_items,
			 s.export.dropped_items, s.export.lost_items, left, s.unheld);
	else if (c->o->stats)
		slo_info("otlp: %" PRIu64 " items in %" PRIu64 " batches delivered, %" PRIu64 " attempts",
			 s.export.delivered_items, s.export.delivered, s.export.attempts);
	slo_otlp_emit_free(c->emit);
	return left && !c->o->otlp_spool[0];
}

const struct sink_kind sink_otlp = { "otlp", otlp_open, otlp_put, otlp_flush, otlp_close };
