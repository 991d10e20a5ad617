/* SPDX-License-Identifier: MIT */
/* Logistic regression with one regressor, and what is made of it. */
#include "attribute/fit.h"

#include "base/cleanup.h"
#include "stat/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { NEWTON_MAX = 100, HALVINGS_MAX = 40 };

struct problem {
	const double *x, *y;
	size_t n;
	struct slo_logistic around;
	double pa, pb; /* precision of the prior */
};

/* ln(1 + exp(t)) without overflow. */
static double softplus(double t)
{
	return t > 0 ? t + log1p(exp(-t)) : log1p(exp(t));
}

/* Negative log posterior at (@a, @b). */
static double loss(const struct problem *p, double a, double b)
{
	double da = a - p->around.a, db = b - p->around.b;
	double total = (p->pa * da * da + p->pb * db * db) / 2;

	for (size_t i = 0; i < p->n; i++) {
		double t = a + b * p->x[i];

		total += softplus(t) - p->y[i] * t;
	}
	return total;
}

/* Gradient and the Hessian's three numbers. */
struct slope {
	double ga, gb, haa, hab, hbb;
};

static struct slope slope_at(const struct problem *p, double a, double b)
{
	struct slope s = { .ga = p->pa * (a - p->around.a), .gb = p->pb * (b - p->around.b), .haa = p->pa,
			   .hbb = p->pb };

	for (size_t i = 0; i < p->n; i++) {
		double mean = 1 / (1 + exp(-(a + b * p->x[i]))), w = mean * (1 - mean);

		s.ga += mean - p->y[i];
		s.gb += (mean - p->y[i]) * p->x[i];
		s.haa += w;
		s.hab += w * p->x[i];
		s.hbb += w * p->x[i] * p->x[i];
	}
	return s;
}

static double precision(double sd)
{
	return isinf(sd) ? 0 : 1 / (sd * sd);
}

struct slo_logistic slo_logistic_fit(const double *x, const double *y, size_t n, struct slo_logistic around,
				     double sd_a, double sd_b)
{
	struct problem p = { x, y, n, around, precision(sd_a), precision(sd_b) };
	struct slo_logistic at = { around.a, around.b, 0, false };
	double now = loss(&p, at.a, at.b);

	while (at.steps < NEWTON_MAX && !at.settled) {
		struct slope s = slope_at(&p, at.a, at.b);
		/* A little on the diagonal keeps it invertible where all weights have vanished. */
		double haa = s.haa + 1e-9, hbb = s.hbb + 1e-9, det = haa * hbb - s.hab * s.hab;
		double da = (hbb * s.ga - s.hab * s.gb) / det, db = (haa * s.gb - s.hab * s.ga) / det;
		double scale = 1, next = loss(&p, at.a - da, at.b - db);

		for (int i = 0; i < HALVINGS_MAX && !(next <= now); i++) {
			scale /= 2;
			next = loss(&p, at.a - scale * da, at.b - scale * db);
		}
		at.steps++;
		at.settled = !(next < now) || fabs(scale * da) + fabs(scale * db) < 1e-10;
		if (next <= now) {
			at.a -= scale * da;
			at.b -= scale * db;
			now = next;
		}
	}
	return at;
}

int slo_fit_platt(const double *p, const double *not_p, const bool *y, size_t n, struct slo_platt *out)
{
	slo_autofree double *x = malloc((n + 1) * sizeof(*x)), *t = malloc((n + 1) * sizeof(*t));
	struct slo_logistic fit;
	size_t yes = 0;

	if (!x || !t)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		yes += y[i];
	*out = (struct slo_platt){ 0, 1, n };
	if (yes == 0 || yes == n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		x[i] = slo_logit(p[i], not_p[i]);
		t[i] = y[i] ? ((double)yes + 1) / ((double)yes + 2) : 1 / ((double)(n - yes) + 2);
	}
	fit = slo_logistic_fit(x, t, n, (struct slo_logistic){ .a = 0, .b = 1 }, INFINITY, INFINITY);
	if (fit.b < 0) {
		/* Marginals that mean the opposite are not evidence: all get the mean. */
		fit.a = log((double)yes / (double)(n - yes));
		fit.b = 0;
	}
	out->a = fit.a;
	out->b = fit.b;
	return 0;
}

struct answer {
	double confidence;
	bool wrong;
};

static int descending(const void *a, const void *b)
{
	double x = ((const struct answer *)a)->confidence, y = ((const struct answer *)b)->confidence;

	return (x < y) - (x > y);
}

int slo_fit_tau(const double *confidence, const bool *wrong, size_t n, double risk, double *tau)
{
	slo_autofree struct answer *all = malloc((n + 1) * sizeof(*all));
	double least = INFINITY, fallback = 0, kept = -1;
	size_t errors = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct answer){ confidence[i], wrong[i] };
	qsort(all, n, sizeof(*all), descending);
	for (size_t i = 0; i < n; i++) {
		double here;

		errors += all[i].wrong;
		if (i + 1 < n && all[i + 1].confidence >= all[i].confidence)
			continue; /* a threshold cannot separate equals */
		here = (double)errors / (double)(i + 1);
		if (here <= risk)
			kept = i + 1 < n ? all[i].confidence : 0;
		if (2 * (i + 1) >= n && here < least) {
			least = here;
			fallback = all[i].confidence;
		}
	}
	*tau = n == 0 ? 0 : kept >= 0 ? kept : fallback;
	return 0;
}

int slo_fit_surprise(const struct slo_model_params *p, const struct slo_fit_case *cases, size_t count, double q,
		     double *out)
{
	slo_autofree double *all = malloc((count + 1) * sizeof(*all));
	slo_autofree struct slo_noisyor *n = malloc(sizeof(*n));

	if (!all || !n)
		return -ENOMEM;
	if (!count)
		return -EINVAL;
	slo_noisyor_init(n, &p->nor);
	for (size_t i = 0; i < count; i++) {
		struct slo_finding x[SLO_FINDINGS_MAX];
		struct slo_noisyor_posterior post;

		for (uint32_t j = 0; j < p->nor.findings; j++)
			x[j] = slo_params_finding(p, j, &cases[i].x[j]);
		slo_noisyor_posterior(n, x, &post);
		all[i] = -post.log_evidence;
	}
	slo_sort_f64(all, count);
	*out = slo_quantile(all, count, q);
	return 0;
}
