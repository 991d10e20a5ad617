/* SPDX-License-Identifier: MIT */
#include "attribute/noisyor.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Products are turned into logarithms before they can leave these bounds. */
#define LEAST 1e-280
#define MOST  1e280
/* The least L_j(S) > 0: eight factors 1 - w that are not 0, at least 2^-53 each, and the leak's. */
#define LEAST_FACTOR 1e-145

static double log_prior(const struct slo_noisyor_params *p, uint32_t set)
{
	double sum = 0;

	for (int k = 0; k < SLO_CAUSES; k++)
		sum += set >> k & 1 ? log(p->prior[k]) : log1p(-p->prior[k]);
	return sum;
}

double slo_noisyor_quiet(const struct slo_noisyor_params *p, uint32_t j, uint32_t set)
{
	double q = 1 - p->leak[j];

	for (int k = 0; k < SLO_CAUSES; k++)
		q *= set >> k & 1 ? 1 - p->link[j][k] : 1;
	return q;
}

void slo_noisyor_init(struct slo_noisyor *n, const struct slo_noisyor_params *p)
{
	assert(p->findings <= SLO_FINDINGS_MAX);
	n->findings = p->findings;
	for (uint32_t set = 0; set < SLO_CAUSE_SETS; set++)
		n->log_prior[set] = log_prior(p, set);
	for (uint32_t j = 0; j < p->findings; j++)
		for (uint32_t set = 0; set < SLO_CAUSE_SETS; set++)
			n->quiet[j][set] = slo_noisyor_quiet(p, j, set);
}

/* L_j(S) = base + slope * q_j(S), whatever the finding's state. */
struct factor {
	double base, slope;
};

static bool factor_of(const struct slo_finding *x, struct factor *out)
{
	switch (x->state) {
	case SLO_FINDING_QUIET:
		*out = (struct factor){ 0, 1 };
		return true;
	case SLO_FINDING_ELEVATED:
		*out = (struct factor){ 1, -1 };
		return true;
	case SLO_FINDING_SOFT:
		if (isnan(x->lambda))
			return false;
		out->base = exp(fmin(fmax(x->lambda, -SLO_LAMBDA_MAX), SLO_LAMBDA_MAX));
		out->slope = 1 - out->base;
		return true;
	default:
		return false;
	}
}

/* The running product of factors for each set, and how far it may have gone. */
struct product {
	double value[SLO_CAUSE_SETS];
	double least, most;
};

static void start(struct product *p)
{
	p->least = p->most = 1;
	for (int s = 0; s < SLO_CAUSE_SETS; s++)
		p->value[s] = 1;
}

static void settle(struct product *p, double *log_p)
{
	for (int s = 0; s < SLO_CAUSE_SETS; s++)
		log_p[s] += log(p->value[s]);
	start(p);
}

static void multiply(struct product *p, const struct factor *f, const double *quiet, double *log_p)
{
	/* L is monotone in q, and q is largest without causes and smallest with all. */
	double a = f->base + f->slope * quiet[0], b = f->base + f->slope * quiet[SLO_CAUSE_SETS - 1];
	double least = fmax(fmin(a, b), LEAST_FACTOR), most = fmax(a, b);

	if (p->least * least < LEAST || p->most * most > MOST)
		settle(p, log_p);
	p->least *= least;
	p->most *= most;
	for (int s = 0; s < SLO_CAUSE_SETS; s++)
		p->value[s] *= f->base + f->slope * quiet[s];
}

/* ln P(S, x) of every set. Return: how many findings had a say. */
static uint32_t joint(const struct slo_noisyor *n, const struct slo_finding *x, double *log_p)
{
	struct product p;
	uint32_t captured = 0;

	memcpy(log_p, n->log_prior, sizeof(n->log_prior));
	start(&p);
	for (uint32_t j = 0; j < n->findings; j++) {
		struct factor f;

		if (!factor_of(&x[j], &f))
			continue;
		multiply(&p, &f, n->quiet[j], log_p);
		captured++;
	}
	settle(&p, log_p);
	return captured;
}

/* From logarithms to shares of the whole. Return: the logarithm of the whole; -INFINITY for all impossible. */
static double normalise(double *v, uint32_t *top)
{
	double total = 0, most;

	*top = 0;
	for (uint32_t s = 1; s < SLO_CAUSE_SETS; s++)
		if (v[s] > v[*top])
			*top = s;
	most = v[*top];
	if (most == -INFINITY)
		return most;
	for (int s = 0; s < SLO_CAUSE_SETS; s++) {
		v[s] = exp(v[s] - most);
		total += v[s];
	}
	for (int s = 0; s < SLO_CAUSE_SETS; s++)
		v[s] /= total;
	return most + log(total);
}

static double sum(const double *v, int count)
{
	double total = 0;

	for (int i = 0; i < count; i++)
		total += v[i];
	return total;
}

/* Marginals: the upper half of @v is the sets with the highest cause; then fold it onto the lower one. */
static void marginals(double *v, struct slo_noisyor_posterior *out)
{
	out->none = v[0];
	out->unnamed = v[0] + v[1 << SLO_CAUSE_UNMODELLED];
	out->named = sum(v + 1, (1 << SLO_CAUSE_UNMODELLED) - 1) +
		     sum(v + (1 << SLO_CAUSE_UNMODELLED) + 1, (1 << SLO_CAUSE_UNMODELLED) - 1);
	for (int k = SLO_CAUSES - 1; k >= 0; k--) {
		int half = 1 << k;

		out->p[k] = sum(v + half, half);
		out->not_p[k] = sum(v, half);
		for (int i = 0; i < half; i++)
			v[i] += v[i + half];
	}
}

/* P(S | x) of every set into @v, the prior where @x is impossible. */
static void solve(const struct slo_noisyor *n, const struct slo_finding *x, double *v,
		  struct slo_noisyor_posterior *out)
{
	out->captured = joint(n, x, v);
	out->log_evidence = normalise(v, &out->map);
	if (out->log_evidence == -INFINITY) {
		memcpy(v, n->log_prior, sizeof(n->log_prior));
		normalise(v, &out->map);
	}
	out->map_p = v[out->map];
}

void slo_noisyor_posterior(const struct slo_noisyor *n, const struct slo_finding *x,
			   struct slo_noisyor_posterior *out)
{
	double v[SLO_CAUSE_SETS];

	solve(n, x, v, out);
	marginals(v, out);
}

void slo_noisyor_sets(const struct slo_noisyor *n, const struct slo_finding *x, double *out)
{
	struct slo_noisyor_posterior unused;

	solve(n, x, out, &unused);
}

double slo_logit(double p, double not_p)
{
	return log(fmax(p, 1e-300)) - log(fmax(not_p, 1e-300));
}

void slo_noisyor_weigh(const struct slo_noisyor *n, const struct slo_finding *x, double (*out)[SLO_CAUSES])
{
	struct slo_finding without[SLO_FINDINGS_MAX];
	struct slo_noisyor_posterior all, rest;
	struct factor unused;

	memcpy(without, x, n->findings * sizeof(*x));
	slo_noisyor_posterior(n, x, &all);
	for (uint32_t j = 0; j < n->findings; j++) {
		memset(out[j], 0, sizeof(out[j]));
		if (!factor_of(&x[j], &unused))
			continue;
		without[j].state = SLO_FINDING_NONE;
		slo_noisyor_posterior(n, without, &rest);
		for (int k = 0; k < SLO_CAUSES; k++)
			out[j][k] = slo_logit(all.p[k], all.not_p[k]) - slo_logit(rest.p[k], rest.not_p[k]);
		without[j] = x[j];
	}
}
