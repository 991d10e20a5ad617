/* SPDX-License-Identifier: MIT */
/*
 * The published table and exclusive naive Bayes on it. Chosen by hand by its
 * publisher, without measurements: kept because users know it, and as the
 * model to beat.
 */
#include "attribute/model.h"

#include <math.h>

#define PUT(id, ...) [SLO_SIGNAL_##id] = { __VA_ARGS__ }

/* P(elevated | domain); columns in the order of enum SLO_DOMAIN. Contract section 9.2. */
static const double table[SLO_SIGNAL__COUNT][SLO_DOMAIN__COUNT] = {
	/*                    dns  egress cpu  mem  p.thr p.err retr unknown */
	PUT(DNS_LATENCY,     .95,  .70,  .10,  .10,  .10,  .10,  .15,  .10),
	PUT(TCP_RETRANSMITS, .15,  .90,  .10,  .10,  .10,  .15,  .10,  .10),
	PUT(RUNQUEUE_DELAY,  .10,  .10,  .90,  .60,  .10,  .10,  .10,  .10),
	PUT(CONNECT_LATENCY, .50,  .85,  .10,  .10,  .75,  .40,  .30,  .10),
	PUT(TLS_HANDSHAKE,   .10,  .30,  .10,  .10,  .80,  .50,  .20,  .10),
	PUT(CPU_STEAL,       .10,  .10,  .90,  .20,  .10,  .10,  .10,  .10),
	PUT(CFS_THROTTLED,   .10,  .10,  .85,  .75,  .10,  .10,  .10,  .10),
	PUT(MEM_RECLAIM,     .05,  .05,  .15,  .95,  .05,  .05,  .05,  .05),
	PUT(DISK_IO,         .05,  .05,  .10,  .85,  .05,  .05,  .30,  .05),
	PUT(SYSCALL_LATENCY, .10,  .20,  .15,  .10,  .90,  .60,  .40,  .10),
	PUT(CONNECT_ERRORS,  .10,  .80,  .05,  .05,  .60,  .85,  .15,  .10),
	PUT(TLS_FAILS,       .05,  .70,  .05,  .05,  .30,  .60,  .10,  .05),
};

double slo_naive_likelihood(int signal, int domain)
{
	return table[signal][domain];
}

static double clamp(double p)
{
	return fmin(fmax(p, 0.01), 0.99);
}

static double log_joint(const struct slo_facts *f, int domain)
{
	double sum = log(1.0 / SLO_DOMAIN__COUNT);

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const struct slo_fact *fact = slo_facts_of(f, s);
		double p = table[s][domain];

		if (fact->state != SLO_STATE_NOT_CAPTURED)
			sum += log(clamp(fact->elevated ? p : 1 - p));
	}
	return sum;
}

static void posterior(const struct slo_model *m, const struct slo_facts *f, struct slo_posterior *out)
{
	double joint[SLO_DOMAIN__COUNT], top = -INFINITY, total = 0;

	(void)m;
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		joint[d] = log_joint(f, d);
		top = fmax(top, joint[d]);
	}
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		joint[d] = exp(joint[d] - top);
		total += joint[d];
	}
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		double rest = 0;

		for (int i = 0; i < SLO_DOMAIN__COUNT; i++)
			rest += i == d ? 0 : joint[i];
		out->p[d] = joint[d] / total;
		out->not_p[d] = rest / total;
	}
}

static bool speaks_for(const struct slo_model *m, const struct slo_facts *f, int signal, int domain)
{
	(void)m;
	return slo_facts_of(f, signal)->elevated && table[signal][domain] >= 0.5;
}

const struct slo_model slo_model_naive = {
	.name = "naive", .mode = "bayes", .version = "builtin-1", .weighs = true, .subjects = SLO_SIGNAL__COUNT,
	.cause = SLO_VERDICT_CAUSE, .posterior = posterior, .speaks_for = speaks_for,
};
