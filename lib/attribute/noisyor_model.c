/* SPDX-License-Identifier: MIT */
#include "attribute/noisyor_model.h"

#include <math.h>
#include <stdio.h>

static const struct slo_noisyor_model *self(const struct slo_model *m)
{
	return (const struct slo_noisyor_model *)(const void *)m;
}

static bool trained(const struct slo_model_params *p, uint32_t j)
{
	for (int c = 0; c < SLO_CLASSES; c++)
		if (p->detector[j][c].n)
			return true;
	return !p->soft && (j >= SLO_FINDING__COUNT || slo_finding_info[j].kind != SLO_FINDING_APP);
}

bool slo_noisyor_replaced(const struct slo_measure *m, uint32_t j)
{
	int kind = j < SLO_FINDING__COUNT ? slo_finding_info[j].kind : SLO_FINDING_HOST;
	bool peers = false;

	if (kind != SLO_FINDING_ANY && kind != SLO_FINDING_PEER)
		return false;
	for (uint32_t i = 0; i < SLO_FINDING__COUNT; i++)
		peers = peers || (slo_finding_info[i].kind == SLO_FINDING_PEER && m[i].state != SLO_MEASURE_NONE);
	return peers == (kind == SLO_FINDING_ANY);
}

static double captured_share(const struct slo_noisyor_model *n, const struct slo_measure *m,
			     const struct slo_finding *x)
{
	double captured = 0, whole = 0;

	for (uint32_t j = 0; j < n->engine.findings; j++) {
		if (slo_noisyor_replaced(m, j))
			continue;
		whole += n->weight[j];
		captured += x[j].state != SLO_FINDING_NONE || m[j].state == SLO_MEASURE_IDLE ? n->weight[j] : 0;
	}
	return whole > 0 ? captured / whole : 0;
}

void slo_noisyor_judge(const struct slo_noisyor_model *n, const struct slo_measure *m, struct slo_noisyor_view *out)
{
	const struct slo_platt *c = &n->params.calibration;
	struct slo_noisyor_posterior *p = &out->posterior;

	for (uint32_t j = 0; j < n->engine.findings; j++)
		out->x[j] = slo_params_finding(&n->params, j, &m[j]);
	slo_noisyor_posterior(&n->engine, out->x, p);
	out->captured = captured_share(n, m, out->x);
	for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++)
		slo_platt_apply(c, p->p[k], p->not_p[k], &out->marginal[k], &out->not_marginal[k]);
	/* Calibrated as the statement that some named cause is at work, as the others are. */
	slo_platt_apply(c, p->named, p->unnamed, &out->not_marginal[SLO_CAUSE_UNMODELLED],
			&out->marginal[SLO_CAUSE_UNMODELLED]);
}

uint32_t slo_noisyor_abstentions(const struct slo_noisyor_model *n, const struct slo_noisyor_view *v)
{
	const struct slo_abstain *a = &n->params.abstain;
	uint32_t why = 0;
	double top = 0;

	for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++)
		top = fmax(top, v->marginal[k]);
	why |= v->captured < a->captured ? 1u << SLO_ABSTENTION_LITTLE_CAPTURED : 0;
	why |= -v->posterior.log_evidence > a->surprise ? 1u << SLO_ABSTENTION_SURPRISING : 0;
	why |= top < v->marginal[SLO_CAUSE_UNMODELLED] ? 1u << SLO_ABSTENTION_NOTHING_NAMED : 0;
	return why | (top < a->tau ? 1u << SLO_ABSTENTION_BELOW_TAU : 0);
}

bool slo_noisyor_abstains(const struct slo_noisyor_model *n, const struct slo_noisyor_view *v)
{
	return slo_noisyor_abstentions(n, v) != 0;
}

static void view(const struct slo_model *m, const struct slo_facts *f, struct slo_noisyor_view *out)
{
	struct slo_measure measures[SLO_FINDING__COUNT];

	slo_findings_measure(f, measures);
	slo_noisyor_judge(self(m), measures, out);
}

static void posterior(const struct slo_model *m, const struct slo_facts *f, struct slo_posterior *out)
{
	struct slo_noisyor_view v;

	view(m, f, &v);
	for (int k = 0; k < SLO_CAUSES; k++) {
		out->p[k] = v.marginal[k];
		out->not_p[k] = v.not_marginal[k];
	}
}

static uint32_t abstains(const struct slo_model *m, const struct slo_facts *f)
{
	struct slo_noisyor_view v;

	view(m, f, &v);
	return slo_noisyor_abstentions(self(m), &v);
}

static bool speaks_for(const struct slo_model *m, const struct slo_facts *f, int subject, int domain)
{
	const struct slo_model_params *p = &self(m)->params;
	struct slo_measure measures[SLO_FINDING__COUNT];

	slo_findings_measure(f, measures);
	for (uint32_t j = 0; j < SLO_FINDING__COUNT && domain != SLO_DOMAIN_UNKNOWN; j++) {
		struct slo_finding x;

		if (slo_finding_subject((int)j) != subject || p->nor.link[j][domain] < SLO_NOISYOR_SPEAKS)
			continue;
		x = slo_params_finding(p, j, &measures[j]);
		if (x.state == SLO_FINDING_ELEVATED || (x.state == SLO_FINDING_SOFT && x.lambda > 0))
			return true;
	}
	return false;
}

void slo_noisyor_model_init(struct slo_noisyor_model *n, const struct slo_model_params *p)
{
	n->model = (struct slo_model){
		.name = n->name, .mode = "bayes", .weighs = true, .subjects = SLO_SUBJECT__COUNT,
		.cause = SLO_NOISYOR_CAUSE,
		.posterior = posterior, .speaks_for = speaks_for, .abstains = abstains, .argue = slo_noisyor_argue,
		.version = p ? NULL : "builtin-1",
	};
	if (p)
		n->params = *p;
	else
		slo_params_expert(&n->params);
	n->model.train_sha256 = n->params.train_sha256[0] ? n->params.train_sha256 : NULL;
	(void)!snprintf(n->name, sizeof(n->name), p ? "noisyor:%s" : "noisyor", n->params.name);
	slo_noisyor_init(&n->engine, &n->params.nor);
	for (uint32_t j = 0; j < n->params.nor.findings; j++) {
		n->weight[j] = 0;
		for (int k = 0; k < SLO_CAUSE_UNMODELLED && trained(&n->params, j); k++)
			n->weight[j] = fmax(n->weight[j], n->params.nor.link[j][k]);
	}
}

void slo_noisyor_model_file(struct slo_noisyor_model *n, const char *hex)
{
	(void)!snprintf(n->version, sizeof(n->version), "sha256:%s", hex);
	n->model.version = n->version;
}
