/* SPDX-License-Identifier: MIT */
#include "collector.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

static void report_join(const struct slo_join_stats *s)
{
	char text[256];
	int n = 0;

	for (int t = 0; t < SLO_TIER__COUNT; t++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%s %" PRIu64 " (%" PRIu64 " ambiguous)", t ? ", " : "",
			      slo_tier_enum.names[t], s->joined[t], s->ambiguous[t]);
	slo_info("joined by %s; shared %" PRIu64 ", unmatched %" PRIu64, text, s->context, s->unmatched);
	slo_info("join: spans %" PRIu64 ", events %" PRIu64 ", late %" PRIu64 ", too late %" PRIu64 ", evicted %" PRIu64
		 ", longer than events are held %" PRIu64 ", over the fan-out %" PRIu64 ", during retry storms %" PRIu64,
		 s->spans, s->events, s->late_spans + s->late_events, s->lost_spans + s->lost_events,
		 s->evicted_spans + s->evicted_events, s->long_spans, s->fanout_dropped, s->storms);
}

void collector_report(const struct collector *c)
{
	struct slo_rawsamples_stats raw;
	struct slo_join_stats join;
	uint64_t n = 0;

	for (int k = 0; k < SLO_KIND__COUNT; k++)
		n += c->records[k];
	slo_rawsamples_stats(c->raw, &raw);
	slo_info("%" PRIu64 " records in, %" PRIu64 " out, %" PRIu64 " of unknown kind", n, c->written, c->unknown_kinds);
	slo_info("late %" PRIu64 ", passed on early for want of room %" PRIu64 ", spans not joined for want of room %" PRIu64
		 ", attributes without room %" PRIu64,
		 c->late, c->forced, c->unjoined, c->attributes_lost);
	slo_info("raw samples %" PRIu64 ", windows made of them %" PRIu64 " (%" PRIu64 " closed early, labels cut %" PRIu64
		 ")",
		 raw.samples, raw.windows, raw.early, raw.cut);
	slo_info("unknown members %" PRIu64 ", array elements over their bound %" PRIu64,
		 c->in_ctx.unknown + c->out_ctx.unknown, c->in_ctx.truncated + c->out_ctx.truncated);
	if (!c->join)
		return;
	slo_join_stats(c->join, &join);
	report_join(&join);
}
