/* SPDX-License-Identifier: MIT */
/* An incident as a record. */
#include "incident/internal.h"

#include "attribute/argument.h"
#include "base/time.h"

#include <math.h>

static double rounded(double v)
{
	return isfinite(v) ? nearbyint(v * 1e6) / 1e6 : NAN;
}

static double value(struct service *s, int sli, int64_t from_ns, int64_t to_ns)
{
	struct slo_merged *m = &s->inc->scratch;

	if (!s->values[sli])
		return NAN;
	slo_track_merge(s->values[sli], from_ns, to_ns, m);
	return m->count ? slo_merged_scalar(m, s->values[sli]->how) : NAN;
}

static void fill_impact(struct service *s, int sli, const struct slo_burn_state *burn, int64_t at_ns,
			struct slo_impact *out)
{
	const struct slo_objective *o = &s->series[sli]->objective;

	*out = (struct slo_impact){
		.sli = slo_str(slo_sli_enum.names[sli]),
		.burn_rate = rounded(burn->lengthy.rate),
		.burn_rate_short = rounded(burn->brief.rate),
		.burn_need = rounded(burn->need),
		.window_minutes = (o->long_s + 59) / 60,
		.window_seconds = (double)o->long_s,
		.short_seconds = (double)o->short_s,
		.value = rounded(value(s, sli, at_ns - o->short_s * SLO_NS_PER_S, at_ns)),
		.baseline = s->values[sli] ? rounded(slo_track_baseline(s->values[sli], NULL)) : NAN,
		.threshold = o->threshold > 0 ? o->threshold : NAN,
		.target = o->target,
		.unit = slo_str(slo_sli_info[sli].unit),
		.valid = (int64_t)burn->lengthy.valid,
		.bad = (int64_t)burn->lengthy.bad,
	};
}

/* The worst first; the others by their burn rate, then in SLI order. */
static void fill_burning(struct service *s, int status, int64_t at_ns, struct slo_incident *out)
{
	const struct view *v = s->life.view;

	fill_impact(s, v->sli, &v->burn, at_ns, &out->slo_impact);
	out->burning_slis[out->burning_slis_count++] = out->slo_impact;
	/* Without data nothing is known of the others. */
	for (int i = 0; i < SLO_SLI__COUNT && status != SLO_INCIDENT_STATUS_STALE; i++) {
		struct slo_burn_state burn;
		struct slo_impact one;
		uint32_t at = out->burning_slis_count;

		if (i == v->sli || !s->series[i] || !(s->life.slis & 1u << i))
			continue;
		slo_series_eval(s->series[i], at_ns, &burn);
		if (!burn.burning && status != SLO_INCIDENT_STATUS_RESOLVED)
			continue;
		fill_impact(s, i, &burn, at_ns, &one);
		for (; at > 1 && one.burn_rate > out->burning_slis[at - 1].burn_rate; at--)
			out->burning_slis[at] = out->burning_slis[at - 1];
		out->burning_slis[at] = one;
		out->burning_slis_count++;
	}
}

/* The signal whose observations show what @subject counts; -1 = none does. */
static int signal_of(int subject)
{
	if (subject < SLO_SIGNAL__COUNT)
		return subject;
	switch (subject - SLO_SIGNAL__COUNT) {
	case SLO_APP_DNS_FAILED:
		return SLO_SIGNAL_DNS_LATENCY;
	case SLO_APP_RECLAIMS:
		return SLO_SIGNAL_MEM_RECLAIM;
	default:
		return -1;
	}
}

/* Observations of what speaks for the causes; the strongest point first, each signal and role once. */
static void fill_exemplars(const struct service *s, const struct slo_argument *a, int64_t at_ns,
			   struct slo_incident *out)
{
	const struct view *v = s->life.view;
	bool done[SLO_POINTS_MAX] = { false };
	uint32_t taken[SLO_SIGNAL__COUNT] = { 0 }; /* bit sets of roles */

	for (uint32_t n = 0; n < a->count; n++) {
		const struct slo_point *p = NULL;
		uint32_t at = 0, roles;
		double most = 0;
		int signal;

		for (uint32_t i = 0; i < a->count; i++) {
			double w = done[i] ? 0 : slo_point_for(&v->verdict, &v->facts, &a->points[i]);

			if (w > most + 1e-9) {
				most = w;
				at = i;
				p = &a->points[i];
			}
		}
		if (!p)
			return;
		done[at] = true;
		signal = signal_of(p->subject);
		if (signal < 0)
			continue;
		roles = p->roles & ~taken[signal];
		taken[signal] |= p->roles;
		out->exemplars_count += probes_fill(s->probes, signal, roles, s->life.onset_ns, at_ns,
						    &out->exemplars[out->exemplars_count],
						    SLO_MAX_EXEMPLARS - out->exemplars_count);
	}
}

static void fill_times(const struct life *l, int status, struct slo_incident *out)
{
	out->started_at = l->started_ns;
	out->detected_at = l->detected_ns;
	out->onset_ns = l->onset_ns;
	out->onset_method = SLO_ONSET_CHANGE;
	if (status == SLO_INCIDENT_STATUS_RESOLVED)
		out->resolved_at = l->resolved_ns;
}

void line_emit(struct service *s, int status, int64_t at_ns)
{
	struct slo_incidents *inc = s->inc;
	struct slo_incident *out = &inc->line;
	struct life *l = &s->life;
	struct slo_argument a;

	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], out);
	out->incident_id = slo_str(l->id);
	out->timestamp = at_ns;
	out->cluster = slo_str(s->cluster);
	out->namespace = slo_str(s->namespace[0] ? s->namespace : NULL);
	out->service = slo_str(s->name);
	slo_argument_make(&l->view->verdict, &l->view->facts, &a);
	slo_argument_fill(&a, &l->view->verdict, &l->view->facts, out);
	fill_burning(s, status, at_ns, out);
	if (s->exemplars)
		exemplar_fill(s->exemplars, l->onset_ns, at_ns, out);
	if (s->probes)
		fill_exemplars(s, &a, at_ns, out);
	out->status = status;
	fill_times(l, status, out);
	out->source = s->source;
	out->update = l->update++;
	l->line_ns = at_ns;
	inc->stats.lines[status]++;
	inc->o.emit(inc->o.arg, out);
}
