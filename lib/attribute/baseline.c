/* SPDX-License-Identifier: MIT */
#include "attribute/baseline.h"

#include "attribute/finding.h"

#include <math.h>

int slo_baseline_domain(int j)
{
	const double *p = slo_finding_info[j].p;
	int best = 0;

	for (int d = 1; d < SLO_DOMAIN_UNKNOWN; d++)
		best = p[d] > p[best] ? d : best;
	return p[best] > p[SLO_DOMAIN_UNKNOWN] ? best : SLO_DOMAIN_UNKNOWN;
}

/* Largest z of each domain's findings; 0 for what does not deviate. */
static void largest(const struct slo_facts *f, double z[SLO_DOMAIN__COUNT])
{
	struct slo_measure m[SLO_FINDING__COUNT];

	slo_findings_measure(f, m);
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		z[d] = 0;
	for (int j = 0; j < SLO_FINDING__COUNT; j++) {
		int d = slo_baseline_domain(j);

		if (m[j].state == SLO_MEASURE_TAKEN && m[j].z >= SLO_BASELINE_Z)
			z[d] = fmax(z[d], m[j].z);
	}
}

static void posterior(const struct slo_model *m, const struct slo_facts *f, struct slo_posterior *out)
{
	double z[SLO_DOMAIN__COUNT], total = SLO_BASELINE_Z;

	(void)m;
	largest(f, z);
	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++)
		total += z[d];
	z[SLO_DOMAIN_UNKNOWN] = SLO_BASELINE_Z;
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		out->p[d] = z[d] / total;
		out->not_p[d] = 1 - out->p[d];
	}
}

static bool speaks_for(const struct slo_model *m, const struct slo_facts *f, int subject, int domain)
{
	struct slo_measure measures[SLO_FINDING__COUNT];

	(void)m;
	slo_findings_measure(f, measures);
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		if (slo_finding_subject(j) == subject && slo_baseline_domain(j) == domain &&
		    measures[j].state == SLO_MEASURE_TAKEN && measures[j].z >= SLO_BASELINE_Z)
			return true;
	return false;
}

const struct slo_model slo_model_largest_z = {
	.name = "largest_z", .mode = "bayes", .weighs = false, .subjects = SLO_SUBJECT__COUNT,
	.cause = SLO_VERDICT_CAUSE, .posterior = posterior, .speaks_for = speaks_for,
};
