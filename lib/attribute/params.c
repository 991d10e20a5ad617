/* SPDX-License-Identifier: MIT */
#include "attribute/params.h"

#include <math.h>
#include <string.h>

double slo_link_of(double p, double leak)
{
	return fmax(0, 1 - (1 - p) / (1 - leak));
}

/* Expert's P(finding @j elevated | only @cause); 0 = it has nothing to do with it. */
static double expert_p(int j, int cause)
{
	const struct slo_finding_info *info = &slo_finding_info[j];
	bool path = cause == SLO_DOMAIN_NETWORK_DNS || cause == SLO_DOMAIN_NETWORK_EGRESS;
	double p = info->p[cause];

	if (p <= info->p[SLO_DOMAIN_UNKNOWN])
		return 0;
	/* The table's figure is of any connection; of three lines, at least one is elevated with that probability. */
	return info->kind == SLO_FINDING_PEER && path ? 1 - cbrt(1 - p) : p;
}

void slo_params_expert(struct slo_model_params *p)
{
	*p = (struct slo_model_params){
		.name = "expert", .nor = { .findings = SLO_FINDING__COUNT }, .calibration = { 0, 1, 0 },
		.abstain = { .tau = 0, .captured = 0, .surprise = INFINITY },
	};
	for (int k = 0; k < SLO_CAUSES; k++)
		p->nor.prior[k] = k == SLO_CAUSE_UNMODELLED ? 0.05 : 0.1;
	for (int j = 0; j < SLO_FINDING__COUNT; j++) {
		p->nor.leak[j] = SLO_EXPERT_LEAK;
		for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++)
			p->nor.link[j][k] = slo_link_of(expert_p(j, k), SLO_EXPERT_LEAK);
		/* No threshold tells too much load, so that it is never "elevated" must not count against anything. */
		p->nor.link[j][SLO_CAUSE_UNMODELLED] = slo_finding_info[j].app >= SLO_APP_ARRIVALS &&
			slo_finding_info[j].kind == SLO_FINDING_APP ? 0 : SLO_UNMODELLED_LINK;
	}
}

struct slo_finding slo_params_finding(const struct slo_model_params *p, uint32_t j, const struct slo_measure *m)
{
	const struct slo_detector *d;

	if (m->state != SLO_MEASURE_TAKEN || m->class < 0 || m->class >= SLO_CLASSES)
		return (struct slo_finding){ SLO_FINDING_NONE, 0 };
	if (!p->soft)
		return (struct slo_finding){ m->elevated ? SLO_FINDING_ELEVATED : SLO_FINDING_QUIET, 0 };
	d = &p->detector[j][m->class];
	if (!d->n || isnan(m->z))
		return (struct slo_finding){ SLO_FINDING_NONE, 0 };
	return (struct slo_finding){ SLO_FINDING_SOFT, slo_detector_lambda(d, m->z) };
}

void slo_platt_apply(const struct slo_platt *c, double p, double not_p, double *out, double *not_out)
{
	double t;

	if (c->a == 0 && c->b == 1) {
		*out = p;
		*not_out = not_p;
		return;
	}
	t = c->a + c->b * slo_logit(p, not_p);
	*out = 1 / (1 + exp(-t));
	*not_out = 1 / (1 + exp(t));
}
