/* SPDX-License-Identifier: MIT */
/*
 * Noisy-OR over the seven named fault domains and one unmodelled cause: several
 * causes may be at work at once, and each explains the others away. All 2^8 sets
 * of causes are enumerated, so the posterior is exact. Pure, no allocation.
 *
 * Cause k alone lifts finding j with probability link w_jk; leak l_j lifts it
 * without any cause; priors pi_k are independent:
 *
 *   q_j(S) = (1 - l_j) * prod over k in S of (1 - w_jk)        P(j stays quiet | S)
 *   L_j(S) = 1                              not captured
 *          = q_j                            quiet
 *          = 1 - q_j                        elevated
 *          = q_j + (1 - q_j) exp(lambda_j)  soft: lambda_j = ln f1_j(x) / f0_j(x)
 *   ln P(S, x) = sum over k of ln pi_k or ln (1 - pi_k) + sum over j of ln L_j(S)
 *
 * A finding is an index: what it is about, the model file and finding.h say.
 * Source: Pearl 1988 ch. 4.3.2; Diez 1993 (net parametrisation); Jaakkola and
 * Jordan 1999 (unobserved findings have no effect).
 */
#ifndef SLO_ATTRIBUTE_NOISYOR_H
#define SLO_ATTRIBUTE_NOISYOR_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_CAUSES = 8,             /* enum SLO_DOMAIN: the named ones, and "unknown" for the unmodelled one */
	SLO_CAUSE_UNMODELLED = 7,
	SLO_CAUSE_SETS = 1 << SLO_CAUSES,
	SLO_FINDINGS_MAX = 40,
};

#define SLO_LAMBDA_MAX 6.0 /* soft evidence is clipped to +- this */

struct slo_noisyor_params {
	uint32_t findings;                     /* 0 .. SLO_FINDINGS_MAX */
	double prior[SLO_CAUSES];              /* pi_k, 0 .. 1 */
	double leak[SLO_FINDINGS_MAX];         /* l_j, 0 .. 1 */
	double link[SLO_FINDINGS_MAX][SLO_CAUSES]; /* w_jk, 0 .. 1 */
};

/* What is known of one finding. */
enum slo_finding_state { SLO_FINDING_NONE, SLO_FINDING_QUIET, SLO_FINDING_ELEVATED, SLO_FINDING_SOFT };

struct slo_finding {
	int state;      /* enum slo_finding_state; NONE = not captured: no factor at all */
	double lambda;  /* SOFT: natural-log likelihood ratio; NaN counts as not captured */
};

/* Parameters ready for use: 84 KiB. */
struct slo_noisyor {
	uint32_t findings;
	double log_prior[SLO_CAUSE_SETS];
	double quiet[SLO_FINDINGS_MAX][SLO_CAUSE_SETS]; /* q_j(S) */
};

/* Sets are bit sets of causes: 1 << enum SLO_DOMAIN. */
struct slo_noisyor_posterior {
	double p[SLO_CAUSES];      /* P(k in S | x) */
	double not_p[SLO_CAUSES];  /* 1 - p, summed apart: without its loss near 1 */
	double none;               /* P(S is empty | x) */
	double unnamed;            /* P(no named cause in S | x): none, or the unmodelled one alone */
	double named;              /* 1 - unnamed, summed apart */
	uint32_t map;              /* most probable set; the smaller bit set among equals */
	double map_p;              /* P(map | x) */
	double log_evidence;       /* ln P(x), densities relative to f0; its negative is the surprise */
	uint32_t captured;         /* findings that had a say */
};

/** slo_noisyor_init - make @p ready; findings beyond SLO_FINDINGS_MAX are a programming error. */
void slo_noisyor_init(struct slo_noisyor *n, const struct slo_noisyor_params *p);

/** slo_noisyor_quiet - q_j(S) of finding @j and bit set @set. */
double slo_noisyor_quiet(const struct slo_noisyor_params *p, uint32_t j, uint32_t set);

/**
 * slo_noisyor_posterior - exact posterior of @x, @n->findings of them
 *
 * Never NaN: where @x is impossible under the parameters (only with a prior,
 * leak or link of exactly 0 or 1) the answer is the prior, log_evidence -inf.
 */
void slo_noisyor_posterior(const struct slo_noisyor *n, const struct slo_finding *x,
			   struct slo_noisyor_posterior *out);

/** slo_noisyor_sets - P(S | x) of every set, SLO_CAUSE_SETS of them. */
void slo_noisyor_sets(const struct slo_noisyor *n, const struct slo_finding *x, double *out);

/**
 * slo_noisyor_weigh - weight of evidence: logit P(k | x) - logit P(k | x without j)
 * @out: one row for each of @n->findings; 0 for what is not captured, finite otherwise
 *
 * Positive speaks for the cause. One posterior for each captured finding.
 */
void slo_noisyor_weigh(const struct slo_noisyor *n, const struct slo_finding *x, double (*out)[SLO_CAUSES]);

/** slo_logit - ln(p / not_p), both floored at 1e-300: finite for whatever adds up to 1. */
double slo_logit(double p, double not_p);

#endif
