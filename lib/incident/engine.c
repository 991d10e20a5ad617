/* SPDX-License-Identifier: MIT */
#include "incident/internal.h"

#include "base/time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void slo_incidents_opts_default(struct slo_incidents_opts *o)
{
	*o = (struct slo_incidents_opts){ .model = &slo_model_naive, .lateness_ns = 2 * SLO_NS_PER_S,
					  .update_every_ns = 10 * SLO_NS_PER_S, .reopen_ns = 300 * SLO_NS_PER_S,
					  .evidence_bytes = (size_t)32 << 20 };
}

/* The narrowest slot of any objective, and how long after the last record something can still happen. */
static int measure(struct slo_incidents *inc, struct slo_err *err)
{
	const struct slo_config *c = inc->o.config;
	int64_t longest_s = 60;

	inc->tick_ns = INT64_MAX;
	for (uint32_t i = 0; i < c->objectives_count; i++) {
		const struct slo_objective *o = &c->objectives[i];
		struct slo_series probe;

		if (slo_series_init(&probe, o, 0)) {
			slo_err_at(err, "objective %s %s", o->service, slo_enum_name(&slo_sli_enum, o->sli));
			return slo_err_set(err, -EINVAL, "want a target in (0, 1) and 0 < short <= long");
		}
		if (probe.width_ns < inc->tick_ns)
			inc->tick_ns = probe.width_ns;
		if (o->long_s > longest_s)
			longest_s = o->long_s;
		slo_series_fini(&probe);
	}
	if (!c->objectives_count)
		inc->tick_ns = SLO_NS_PER_S;
	if (inc->o.lateness_ns < 0 || inc->o.lateness_ns / inc->tick_ns > SLO_SERIES_AHEAD_MAX - 3)
		return slo_err_set(err, -EINVAL, "lateness must be between 0 and %d slots of %lld s",
				   SLO_SERIES_AHEAD_MAX - 3, (long long)(inc->tick_ns / SLO_NS_PER_S));
	/* Long windows empty, stale told, and evidence aged (two short windows and the ring behind them). */
	inc->horizon_ns = 4 * longest_s * SLO_NS_PER_S + inc->o.lateness_ns * SLO_TRACK_RING + inc->o.stale_after_ns;
	return 0;
}

int slo_incidents_new(const struct slo_incidents_opts *o, struct slo_incidents **out, struct slo_err *err)
{
	struct slo_incidents *inc = calloc(1, sizeof(*inc));
	int rc;

	if (!inc)
		return -ENOMEM;
	inc->o = *o;
	if (!inc->o.model)
		inc->o.model = &slo_model_naive;
	inc->seen_ns = inc->done_ns = SLO_ABSENT_I64;
	inc->budget.max = o->evidence_bytes;
	inc->scratch.hist = &inc->scratch_hist;
	rc = measure(inc, err);
	if (!rc)
		rc = slo_table_init(&inc->services, sizeof(((struct service *)0)->key), sizeof(struct service),
				    SLO_INCIDENT_SERVICES_MAX, 0);
	if (!rc)
		rc = slo_table_init(&inc->nodes, sizeof(((struct node *)0)->key), sizeof(struct node),
				    SLO_INCIDENT_NODES_MAX, 0);
	if (!rc)
		rc = slo_table_init(&inc->homes, sizeof(((struct home *)0)->key), sizeof(struct home),
				    2 * SLO_INCIDENT_SERVICES_MAX, 0);
	if (rc) {
		slo_incidents_free(inc);
		return rc;
	}
	*out = inc;
	return 0;
}

void slo_incidents_free(struct slo_incidents *inc)
{
	if (!inc)
		return;
	for (uint32_t i = 0; i < inc->order_count; i++)
		service_fini(inc->order[i]);
	slo_table_fini(&inc->services);
	slo_table_fini(&inc->nodes);
	slo_table_fini(&inc->homes);
	free(inc);
}

static int64_t floor_to(int64_t ns, int64_t step)
{
	return (ns / step - (ns % step < 0)) * step;
}

static void tick(struct slo_incidents *inc, int64_t at_ns)
{
	inc->done_ns = at_ns;
	for (uint32_t i = 0; i < inc->order_count; i++)
		life_step(inc->order[i], at_ns);
}

/* Evaluate what the watermark has passed. @last_ns: end of the newest record that is in the rings. */
static void run(struct slo_incidents *inc, int64_t watermark_ns, int64_t last_ns)
{
	int64_t to = floor_to(watermark_ns, inc->tick_ns);

	if (inc->done_ns == SLO_ABSENT_I64) {
		inc->done_ns = to;
		return;
	}
	while (inc->done_ns < to) {
		bool idle = inc->done_ns - last_ns > inc->horizon_ns;

		tick(inc, idle ? to : inc->done_ns + inc->tick_ns);
	}
}

void slo_incidents_advance(struct slo_incidents *inc, int64_t watermark_ns)
{
	if (inc->seen_ns != SLO_ABSENT_I64)
		run(inc, watermark_ns, inc->seen_ns);
}

void slo_incidents_drain(struct slo_incidents *inc)
{
	slo_incidents_advance(inc, inc->seen_ns);
}

bool slo_incidents_facts(struct slo_incidents *inc, struct slo_str service, int64_t onset_ns, int64_t at_ns,
			 struct slo_facts *out)
{
	for (uint32_t i = 0; i < inc->order_count; i++) {
		struct slo_store *s = &inc->order[i]->store;

		if (!slo_str_is(service, inc->order[i]->name))
			continue;
		slo_store_onset(s, onset_ns, at_ns);
		slo_store_forget(s, onset_ns);
		slo_store_calm(s, onset_ns);
		slo_store_facts(s, onset_ns, at_ns, out);
		return true;
	}
	return false;
}

int64_t slo_incidents_seen_ns(const struct slo_incidents *inc)
{
	return inc->seen_ns;
}

uint32_t slo_incidents_open(const struct slo_incidents *inc)
{
	return inc->open;
}

/* When a record was complete; SLO_ABSENT_I64 for kinds that do not tell the time. */
static int64_t end_of(const struct slo_event *ev)
{
	switch (ev->kind) {
	case SLO_KIND_SLO:
		return ev->slo.timestamp + 1;
	case SLO_KIND_SLI_WINDOW:
		return ev->sli_window.end_ns;
	case SLO_KIND_WINDOW:
		return ev->window.end_ns;
	case SLO_KIND_PROBE:
		return ev->probe.ts_unix_nano + 1;
	default:
		return SLO_ABSENT_I64;
	}
}

static struct slo_str label(const struct slo_sli_event *e, const char *key)
{
	for (uint32_t i = 0; i < e->labels_count; i++)
		if (slo_str_is(e->labels[i].key, key))
			return e->labels[i].value;
	return slo_str(NULL);
}

static void take_window(struct slo_incidents *inc, const struct slo_window *w)
{
	struct service *s;
	struct node *n;

	if (w->service.len) {
		s = service_get(inc, w->cluster, w->namespace, w->service, w->node);
		service_source(s, w->source);
		slo_store_add(&s->store, w);
		return;
	}
	n = node_find(inc, w->cluster, w->node);
	for (uint32_t i = 0; n && i < n->count; i++)
		slo_store_add(&n->services[i]->store, w);
}

/* Move the clock. Return: false when the record must not be used. */
static bool tell_time(struct slo_incidents *inc, int64_t end)
{
	int64_t last = inc->seen_ns, leap = SLO_INCIDENT_JUMP_S * SLO_NS_PER_S;

	if (end < 0) {
		inc->stats.invalid++;
		return false;
	}
	if (inc->horizon_ns > leap)
		leap = inc->horizon_ns;
	if (last != SLO_ABSENT_I64 && end - last > leap && ++inc->jumps < SLO_INCIDENT_JUMP_RECORDS) {
		inc->stats.ahead++;
		return false;
	}
	inc->jumps = 0;
	if (end > last) {
		inc->seen_ns = end;
		run(inc, end - inc->o.lateness_ns, last);
	}
	if (end > inc->done_ns)
		return true;
	inc->stats.late++;
	return false;
}

void slo_incidents_event(struct slo_incidents *inc, const struct slo_event *ev)
{
	const struct slo_sli_window *w = &ev->sli_window;
	int64_t end = end_of(ev);
	struct service *s;

	inc->stats.events[ev->kind]++;
	if (end == SLO_ABSENT_I64 || !tell_time(inc, end))
		return;
	switch (ev->kind) {
	case SLO_KIND_SLI_WINDOW:
		s = service_get(inc, w->cluster, w->namespace, w->service, w->node);
		service_source(s, w->source);
		service_add_sli_window(s, w);
		if (inc->o.all_evidence || inc->o.model->subjects > SLO_SIGNAL__COUNT)
			slo_store_add_sli(&s->store, w);
		break;
	case SLO_KIND_SLO:
		s = service_get(inc, ev->slo.cluster, ev->slo.namespace, ev->slo.service, label(&ev->slo, "node"));
		service_source(s, slo_enum_find(&slo_source_enum, label(&ev->slo, "source")));
		service_add_sli(s, &ev->slo);
		break;
	case SLO_KIND_WINDOW:
		take_window(inc, &ev->window);
		break;
	case SLO_KIND_PROBE:
		home_take(inc, &ev->probe);
		break;
	default:
		break;
	}
}
