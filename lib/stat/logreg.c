/* SPDX-License-Identifier: MIT */
#include "stat/logreg.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEWTON_MAX = 100, HALVINGS_MAX = 40 };

/* Keeps the Hessian invertible along the intercept, which has no ridge. */
#define INTERCEPT_RIDGE 1e-9

struct problem {
	const double *x, *y;
	size_t n, k;      /* @k without the intercept */
	double ridge;
	double *h;        /* (k + 1)^2 Hessian, then its Cholesky factor, lower half */
	double g[SLO_LOGREG_MAX + 1];
};

static double linear(const struct problem *p, const double *w, size_t row)
{
	double t = w[p->k];

	for (size_t a = 0; a < p->k; a++)
		t += w[a] * p->x[row * p->k + a];
	return t;
}

static double loss(const struct problem *p, const double *w)
{
	double total = INTERCEPT_RIDGE / 2 * w[p->k] * w[p->k];

	for (size_t a = 0; a < p->k; a++)
		total += p->ridge / 2 * w[a] * w[a];
	for (size_t i = 0; i < p->n; i++) {
		double t = linear(p, w, i);

		/* ln(1 + exp(t)) without overflow */
		total += fmax(t, 0) + log1p(exp(-fabs(t))) - p->y[i] * t;
	}
	return total;
}

static double regressor(const struct problem *p, size_t row, size_t a)
{
	return a < p->k ? p->x[row * p->k + a] : 1;
}

static void derive(struct problem *p, const double *w)
{
	size_t m = p->k + 1;

	memset(p->h, 0, m * m * sizeof(*p->h));
	for (size_t a = 0; a < m; a++) {
		double ridge = a < p->k ? p->ridge : INTERCEPT_RIDGE;

		p->g[a] = ridge * w[a];
		p->h[a * m + a] = ridge;
	}
	for (size_t i = 0; i < p->n; i++) {
		double mean = 1 / (1 + exp(-linear(p, w, i))), v = mean * (1 - mean);

		for (size_t a = 0; a < m; a++) {
			double xa = regressor(p, i, a);

			p->g[a] += (mean - p->y[i]) * xa;
			for (size_t b = 0; b <= a; b++)
				p->h[a * m + b] += v * xa * regressor(p, i, b);
		}
	}
}

/* h = L L', then the gradient becomes h^-1 g in place. */
static void solve(struct problem *p)
{
	size_t m = p->k + 1;
	double *l = p->h;

	for (size_t a = 0; a < m; a++)
		for (size_t b = 0; b <= a; b++) {
			double s = l[a * m + b];

			for (size_t c = 0; c < b; c++)
				s -= l[a * m + c] * l[b * m + c];
			l[a * m + b] = a == b ? sqrt(fmax(s, 1e-300)) : s / l[b * m + b];
		}
	for (size_t a = 0; a < m; a++) {
		for (size_t c = 0; c < a; c++)
			p->g[a] -= l[a * m + c] * p->g[c];
		p->g[a] /= l[a * m + a];
	}
	for (size_t a = m; a-- > 0;) {
		for (size_t c = a + 1; c < m; c++)
			p->g[a] -= l[c * m + a] * p->g[c];
		p->g[a] /= l[a * m + a];
	}
}

/* @w moves along the Newton step while that helps. Return: the loss there. */
static double step(struct problem *p, double *w, double now, double *moved)
{
	double next[SLO_LOGREG_MAX + 1], scale = 1, there = now;

	for (int i = 0; i < HALVINGS_MAX; i++, scale /= 2) {
		*moved = 0;
		for (size_t a = 0; a <= p->k; a++) {
			next[a] = w[a] - scale * p->g[a];
			*moved += fabs(scale * p->g[a]);
		}
		there = loss(p, next);
		if (there <= now) {
			memcpy(w, next, (p->k + 1) * sizeof(*w));
			return there;
		}
	}
	return now;
}

int slo_logreg_fit(const double *x, const double *y, size_t n, size_t k, double ridge, struct slo_logreg *out)
{
	slo_autofree double *h = NULL;
	struct problem p = { .x = x, .y = y, .n = n, .k = k, .ridge = ridge };
	double now, moved;

	if (n == 0 || k == 0 || k > SLO_LOGREG_MAX || !(ridge > 0))
		return -EINVAL;
	p.h = h = malloc((k + 1) * (k + 1) * sizeof(*h));
	if (!h)
		return -ENOMEM;
	*out = (struct slo_logreg){ .k = k };
	now = loss(&p, out->w);
	while (out->steps < NEWTON_MAX && !out->settled) {
		double there;

		derive(&p, out->w);
		solve(&p);
		there = step(&p, out->w, now, &moved);
		out->steps++;
		out->settled = !(there < now) || moved < 1e-10;
		now = there;
	}
	return 0;
}

double slo_logreg_predict(const struct slo_logreg *r, const double *x)
{
	double t = r->w[r->k];

	for (size_t a = 0; a < r->k; a++)
		t += r->w[a] * x[a];
	return 1 / (1 + exp(-t));
}
