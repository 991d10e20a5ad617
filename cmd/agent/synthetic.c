/* SPDX-License-Identifier: MIT */
/* --source synthetic:SCENARIO: fixed profiles to try a pipeline with; every record says so. */
#include "metrics.h"

#include "base/log.h"
#include "base/time.h"
#include "gen/scenario.h"

#include <time.h>

static void emit(void *arg, const struct slo_event *ev)
{
	agent_emit(arg, ev);
}

static void nap(int64_t ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void list_scenarios(const char *asked)
{
	char names[256] = "";
	size_t n = 0;

	for (int i = 0; i < SLO_SCENARIOS; i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "", slo_scenario_name(i));
	slo_warn("unknown scenario %s; there are: %s", asked, names);
}

int agent_run_synthetic(struct agent *a, const char *name)
{
	const struct agent_opts *o = a->o;
	const struct slo_scenario_labels labels = {
		slo_str(o->cluster), slo_str(o->node), slo_str(o->namespace), slo_str(o->pod),
		slo_str(o->container), slo_str(o->workload), slo_str(o->service),
	};
	int scenario = slo_scenario_find(slo_str(name));
	int64_t step = o->interval_ms * SLO_NS_PER_MS, at = a->started_ns;

	if (scenario < 0) {
		list_scenarios(name);
		return 2;
	}
	agent_metrics_serve(a);
	slo_info("synthetic scenario %s: nothing in this stream was measured", name);
	for (int64_t i = 0; !agent_stop && !a->write_error && (o->count == 0 || i < o->count); i++, at += step) {
		slo_scenario_slo(scenario, (uint64_t)i, &labels, at, emit, a);
		slo_scenario_probes(scenario, (uint64_t)i, &labels, at, a->enabled, emit, a);
		slo_scenario_windows(scenario, (uint64_t)i, &labels, at, at + step, a->enabled, emit, a);
		/* A counted run does not sleep: it is as fast as its reader. */
		a->write_error = o->count ? slo_writer_flush(a->out, 1000) : slo_writer_pump(a->out);
		agent_metrics_due(a);
		if (o->count == 0)
			nap(o->interval_ms);
	}
	return 0;
}
