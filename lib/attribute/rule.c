/* SPDX-License-Identifier: MIT */
/*
 * Threshold rules, first match wins. Each names the signals that trigger it;
 * one elevated is enough. Order: causes on the own host come first, because
 * they slow down everything that is measured after them; then the path, whose
 * loss also delays name resolution; then names; then the peers.
 */
#include "attribute/model.h"

#define BIT(id) (1u << SLO_SIGNAL_##id)

enum { ANY_ROLE = -1 };

struct rule {
	int domain;
	uint32_t signals;
	int role;       /* only facts of this peer role, or ANY_ROLE */
};

static const struct rule rules[] = {
	{ SLO_DOMAIN_MEMORY_PRESSURE, BIT(MEM_RECLAIM), ANY_ROLE },
	{ SLO_DOMAIN_CPU_THROTTLE, BIT(RUNQUEUE_DELAY) | BIT(CPU_STEAL) | BIT(CFS_THROTTLED), ANY_ROLE },
	{ SLO_DOMAIN_NETWORK_EGRESS, BIT(TCP_RETRANSMITS), ANY_ROLE },
	{ SLO_DOMAIN_NETWORK_DNS, BIT(DNS_LATENCY), ANY_ROLE },
	{ SLO_DOMAIN_RETRIEVAL_BACKEND,
	  BIT(CONNECT_LATENCY) | BIT(TLS_HANDSHAKE) | BIT(CONNECT_ERRORS) | BIT(TLS_FAILS), SLO_ROLE_RETRIEVAL },
	{ SLO_DOMAIN_PROVIDER_ERROR, BIT(CONNECT_ERRORS) | BIT(TLS_FAILS), ANY_ROLE },
	{ SLO_DOMAIN_PROVIDER_THROTTLE, BIT(CONNECT_LATENCY) | BIT(TLS_HANDSHAKE) | BIT(SYSCALL_LATENCY), ANY_ROLE },
};

static const struct slo_fact *fact_of(const struct slo_facts *f, const struct rule *r, int signal)
{
	return r->role == ANY_ROLE ? slo_facts_of(f, signal) : &f->by_role[signal][r->role];
}

/* Share of the rule's captured signals that are elevated; 0 = does not match. */
static double agreement(const struct slo_facts *f, const struct rule *r)
{
	int captured = 0, elevated = 0;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const struct slo_fact *fact = fact_of(f, r, s);

		if (!(r->signals & 1u << s) || fact->state == SLO_STATE_NOT_CAPTURED)
			continue;
		captured++;
		elevated += fact->elevated;
	}
	return elevated ? (double)elevated / captured : 0;
}

/* No rule matched: the share of captured signals that are quiet. */
static double quiet(const struct slo_facts *f)
{
	int captured = 0, calm = 0;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		if (slo_facts_of(f, s)->state == SLO_STATE_NOT_CAPTURED)
			continue;
		captured++;
		calm += !slo_facts_of(f, s)->elevated;
	}
	return captured ? (double)calm / captured : 0;
}

static void posterior(const struct slo_model *m, const struct slo_facts *f, struct slo_posterior *out)
{
	double share = 0;
	int domain = SLO_DOMAIN_UNKNOWN;

	(void)m;
	for (size_t i = 0; i < SLO_ARRAY_LEN(rules) && share == 0; i++) {
		share = agreement(f, &rules[i]);
		domain = share > 0 ? rules[i].domain : SLO_DOMAIN_UNKNOWN;
	}
	if (domain == SLO_DOMAIN_UNKNOWN)
		share = quiet(f);
	for (int d = 0; d < SLO_DOMAIN__COUNT; d++) {
		out->p[d] = d == domain ? share : 0;
		out->not_p[d] = 1 - out->p[d];
	}
}

static bool speaks_for(const struct slo_model *m, const struct slo_facts *f, int signal, int domain)
{
	(void)m;
	for (size_t i = 0; slo_facts_of(f, signal)->elevated && i < SLO_ARRAY_LEN(rules); i++)
		if (rules[i].domain == domain)
			return rules[i].signals & 1u << signal;
	return false;
}

const struct slo_model slo_model_rule = {
	.name = "rule", .mode = "rule", .version = "builtin-1", .weighs = false, .subjects = SLO_SIGNAL__COUNT,
	.cause = SLO_VERDICT_CAUSE, .posterior = posterior, .speaks_for = speaks_for,
};
