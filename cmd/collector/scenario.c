/* SPDX-License-Identifier: MIT */
/* --scenario: fixed profiles in place of an input; every record says that it is synthetic. */
#include "collector.h"

#include "base/log.h"
#include "base/time.h"
#include "gen/scenario.h"

#include <time.h>

static void nap(int64_t ns)
{
	struct timespec t = { ns / SLO_NS_PER_S, ns % SLO_NS_PER_S };

	nanosleep(&t, NULL);
}

void scenario_run(struct collector *c)
{
	const struct collector_opts *o = c->o;
	const struct slo_scenario_labels labels = {
		.cluster = slo_str(o->cluster), .node = slo_str(o->node), .namespace = slo_str(o->namespace),
		.workload = slo_str(o->workload), .service = slo_str(o->service),
	};
	int64_t start = slo_now_wall_ns(), step = o->count ? SLO_NS_PER_S : o->interval_ns;
	struct slo_raw_sample s;
	char ids[64];

	slo_info("synthetic scenario %s: nothing in this stream was measured", slo_scenario_name(o->scenario));
	for (int64_t i = 0; !collector_stop && !c->write_error && (o->count == 0 || i < o->count); i++) {
		slo_scenario_raw(o->scenario, (uint64_t)i, &labels, start + i * step, ids, &s);
		slo_rawsamples_flush(c->raw, s.timestamp);
		slo_rawsamples_add(c->raw, &s);
		c->records[SLO_KIND_RAW_SAMPLE]++;
		if (o->count)
			continue;
		if (!c->write_error)
			c->write_error = c->sink->flush(c);
		nap(o->interval_ns);
	}
}
