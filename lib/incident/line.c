/* SPDX-License-Identifier: MIT */
/* An incident as a record. */
#include "incident/internal.h"

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

void line_impact(struct service *s, int64_t at_ns, struct slo_impact *out)
{
	const struct kept_view *v = s->life.view;
	const struct slo_objective *o = &s->series[v->sli]->objective;

	*out = (struct slo_impact){
		.sli = slo_str(slo_sli_enum.names[v->sli]),
		.burn_rate = rounded(v->burn.lengthy.rate),
		.burn_rate_short = rounded(v->burn.brief.rate),
		.window_minutes = (o->long_s + 59) / 60,
		.window_seconds = (double)o->long_s,
		.value = rounded(value(s, v->sli, at_ns - o->short_s * SLO_NS_PER_S, at_ns)),
		.baseline = s->values[v->sli] ? rounded(slo_track_baseline(s->values[v->sli], NULL)) : NAN,
		.threshold = o->threshold > 0 ? o->threshold : NAN,
		.target = o->target,
		.unit = slo_str(slo_sli_info[v->sli].unit),
		.valid = (int64_t)v->burn.lengthy.valid,
		.bad = (int64_t)v->burn.lengthy.bad,
	};
}

void line_emit(struct service *s, int status, int64_t at_ns)
{
	struct slo_incidents *inc = s->inc;
	struct slo_incident *out = &inc->line;
	struct life *l = &s->life;

	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], out);
	out->incident_id = slo_str(l->id);
	out->timestamp = at_ns;
	out->cluster = slo_str(s->cluster);
	out->namespace = slo_str(s->namespace[0] ? s->namespace : NULL);
	out->service = slo_str(s->name);
	view_facts(l->view, &inc->facts);
	slo_verdict_fill(&l->view->verdict, &inc->facts, out);
	line_impact(s, at_ns, &out->slo_impact);
	if (s->exemplars)
		exemplar_fill(s->exemplars, l->onset_ns, at_ns, out);
	out->parent_id = slo_str(l->parent_id[0] ? l->parent_id : NULL);
	out->status = status;
	out->started_at = l->started_ns;
	out->detected_at = l->detected_ns;
	if (status == SLO_INCIDENT_STATUS_RESOLVED)
		out->resolved_at = l->resolved_ns;
	out->source = s->source;
	out->update = l->update++;
	l->line_ns = at_ns;
	inc->stats.lines[status]++;
	inc->o.emit(inc->o.arg, out);
}
