/* SPDX-License-Identifier: MIT */
/* The noisy-OR model's argument: a point for each finding. */
#include "attribute/argument.h"
#include "attribute/noisyor_model.h"

#include <math.h>
#include <string.h>

enum { ANY_ROLE = (1 << SLO_ROLE__COUNT) - 1 };

static uint32_t roles_of(const struct slo_finding_info *info)
{
	if (info->kind != SLO_FINDING_PEER)
		return ANY_ROLE;
	return 1u << info->role |
	       (info->role == SLO_ROLE_OTHER ? 1u << SLO_ROLE_CLIENT | 1u << SLO_ROLE_RESOLVER : 0);
}

static int role_of(const struct slo_facts *f, const struct slo_finding_info *info, const struct slo_fact *fact)
{
	return info->kind == SLO_FINDING_APP ? -1 : (int)(fact - f->by_role[info->signal]);
}

/* Why what was observed had no say; NULL = it had, or was not observed. */
static const char *silent(const struct slo_model_params *p, uint32_t j, const struct slo_measure *m,
			  const struct slo_finding *x, bool told)
{
	if (m->state == SLO_MEASURE_IDLE)
		return "there was none to measure";
	if (m->state == SLO_MEASURE_NONE)
		return told ? "another finding speaks in its place" : NULL;
	if (x->state != SLO_FINDING_NONE)
		return NULL;
	for (int c = 0; c < SLO_CLASSES; c++)
		if (p->detector[j][c].n)
			return p->detector[j][m->class].n ? "no baseline" : "the model was not trained with this source";
	return "the model was not trained with it";
}

static void add_point(const struct slo_noisyor_model *n, const struct slo_facts *f, uint32_t j,
		      const struct slo_measure *m, const struct slo_finding *x, struct slo_argument *out)
{
	const struct slo_finding_info *info = &slo_finding_info[j];
	const struct slo_fact *fact = slo_finding_fact(f, (int)j);
	bool watched = m->state != SLO_MEASURE_NONE, told = fact && fact->state != SLO_STATE_NOT_CAPTURED;
	struct slo_point *p = &out->points[out->count];

	if (!fact || (!watched && !fact->told))
		return;
	*p = (struct slo_point){
		.finding = info->name, .subject = slo_finding_subject((int)j), .fact = fact, .role = role_of(f, info, fact),
		.roles = roles_of(info), .z = watched ? m->z : NAN, .lambda = NAN,
		.state = told ? fact->state : watched ? SLO_STATE_ZERO : SLO_STATE_NOT_CAPTURED,
		.loud = x->state == SLO_FINDING_ELEVATED || (x->state == SLO_FINDING_SOFT && x->lambda > 0),
		.why = silent(&n->params, j, m, x, told),
	};
	if (x->state == SLO_FINDING_SOFT)
		p->lambda = x->lambda;
	out->count++;
}

/* Calibrated logits, so that a weight is a step between probabilities that are printed. */
static void logits(const struct slo_noisyor_model *n, const struct slo_finding *x, double out[SLO_DOMAIN__COUNT],
		   double p[SLO_DOMAIN__COUNT])
{
	const struct slo_platt *c = &n->params.calibration;
	struct slo_noisyor_posterior post;
	double not_p;

	slo_noisyor_posterior(&n->engine, x, &post);
	for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++) {
		slo_platt_apply(c, post.p[k], post.not_p[k], &p[k], &not_p);
		out[k] = slo_logit(p[k], not_p);
	}
	slo_platt_apply(c, post.named, post.unnamed, &not_p, &p[SLO_DOMAIN_UNKNOWN]);
	out[SLO_DOMAIN_UNKNOWN] = slo_logit(p[SLO_DOMAIN_UNKNOWN], not_p);
}

static void weigh(const struct slo_noisyor_model *n, const struct slo_noisyor_view *v, struct slo_argument *out)
{
	struct slo_finding x[SLO_FINDINGS_MAX];
	double all[SLO_DOMAIN__COUNT], rest[SLO_DOMAIN__COUNT], p[SLO_DOMAIN__COUNT];

	memcpy(x, v->x, sizeof(x));
	logits(n, x, all, p);
	for (uint32_t i = 0; i < out->count; i++) {
		int j = slo_finding_find(slo_str(out->points[i].finding));

		if (x[j].state == SLO_FINDING_NONE)
			continue;
		x[j].state = SLO_FINDING_NONE;
		logits(n, x, rest, p);
		x[j] = v->x[j];
		for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
			out->points[i].weight[d] = all[d] - rest[d];
	}
}

void slo_noisyor_argue(const struct slo_model *m, const struct slo_facts *f, struct slo_argument *out)
{
	const struct slo_noisyor_model *n = (const struct slo_noisyor_model *)(const void *)m;
	const struct slo_abstain *a = &n->params.abstain;
	struct slo_measure measures[SLO_FINDING__COUNT];
	struct slo_finding none[SLO_FINDINGS_MAX] = { { SLO_FINDING_NONE, 0 } };
	double unused[SLO_DOMAIN__COUNT];
	struct slo_noisyor_view v;

	memset(&v, 0, sizeof(v));
	slo_findings_measure(f, measures);
	slo_noisyor_judge(n, measures, &v);
	for (uint32_t j = 0; j < SLO_FINDING__COUNT; j++)
		if (!slo_noisyor_replaced(measures, j))
			add_point(n, f, j, &measures[j], &v.x[j], out);
	weigh(n, &v, out);
	logits(n, none, unused, out->prior);
	out->has_map = true;
	out->map = v.posterior.map;
	out->map_p = v.posterior.map_p;
	out->no_named_cause = v.marginal[SLO_CAUSE_UNMODELLED];
	out->captured = v.captured;
	out->surprise = -v.posterior.log_evidence;
	out->has_limits = true;
	out->limits = (struct slo_limits){ a->tau, a->captured, isfinite(a->surprise) ? a->surprise : NAN };
}
