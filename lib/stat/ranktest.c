/* SPDX-License-Identifier: MIT */
#include "stat/ranktest.h"

#include "base/cleanup.h"
#include "stat/dist.h"
#include "stat/rank_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranked {
	double value;
	bool of_x;
};

/* The pooled values as groups of equal ones, ascending. */
struct groups {
	size_t *size, *of_x; /* values, and those that are x's */
	size_t count;
	double ties;         /* sum of t^3 - t */
	double u;
};

static int by_value(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;

	return (x > y) - (x < y);
}

static void free_groups(struct groups *g)
{
	free(g->size);
	free(g->of_x);
}

#define autogroups __attribute__((cleanup(free_groups)))

static void collect(const struct ranked *all, size_t total, struct groups *g)
{
	double y_below = 0;

	for (size_t i = 0; i < total;) {
		size_t from = i, xs = 0, t;

		for (; i < total && all[i].value == all[from].value; i++)
			xs += all[i].of_x;
		t = i - from;
		g->size[g->count] = t;
		g->of_x[g->count++] = xs;
		g->ties += (double)t * ((double)t * (double)t - 1);
		g->u += (double)xs * (y_below + 0.5 * (double)(t - xs));
		y_below += (double)(t - xs);
	}
}

static int group(const double *x, size_t n, const double *y, size_t m, struct groups *g)
{
	slo_autofree struct ranked *all = NULL;

	*g = (struct groups){ 0 };
	if (n == 0 || m == 0 || n > SLO_RANK_MAX || m > SLO_RANK_MAX)
		return -EINVAL;
	all = malloc((n + m) * sizeof(*all));
	g->size = malloc((n + m) * sizeof(*g->size));
	g->of_x = malloc((n + m) * sizeof(*g->of_x));
	if (!all || !g->size || !g->of_x)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		all[i] = (struct ranked){ x[i], true };
	for (size_t i = 0; i < m; i++)
		all[n + i] = (struct ranked){ y[i], false };
	qsort(all, n + m, sizeof(*all), by_value);
	collect(all, n + m, g);
	return 0;
}

/* C(t, 0 .. t) of a group: how often a split puts a of its t equal values on the side of x. */
static void binomials(size_t t, double *out)
{
	out[0] = 1;
	for (size_t a = 1; a <= t; a++)
		out[a] = out[a - 1] * (double)(t - a + 1) / (double)a;
}

/*
 * counts[k * width + u2]: splits of the values seen so far with k on the side of x and
 * 2U = u2. One group of t: a of them go to x and are above (seen - k) y's, level with t - a.
 * Downwards in k, so that what is read is still of the groups before.
 */
static void add_group(double *counts, size_t width, size_t n, size_t m, size_t seen, size_t t, const double *choose)
{
	for (size_t to = n + 1; to-- > 0;) {
		for (size_t a = 1; a <= t && a <= to; a++) {
			size_t from = to - a, below, shift;

			if (from > seen || seen - from + (t - a) > m)
				continue;
			below = seen - from;
			shift = a * (2 * below + (t - a));
			for (size_t u = 0; u <= 2 * from * below; u++)
				counts[to * width + u + shift] += choose[a] * counts[from * width + u];
		}
	}
}

double *slo_rank_counts(const size_t *size, size_t groups, size_t n, size_t m)
{
	size_t width = 2 * n * m + 1, seen = 0;
	double *counts = calloc((n + 1) * width, sizeof(*counts));
	slo_autofree double *choose = malloc((n + m + 1) * sizeof(*choose));

	if (!counts || !choose) {
		free(counts);
		return NULL;
	}
	counts[0] = 1;
	for (size_t i = 0; i < groups; i++) {
		binomials(size[i], choose);
		add_group(counts, width, n, m, seen, size[i], choose);
		seen += size[i];
	}
	memmove(counts, counts + n * width, width * sizeof(*counts));
	return counts;
}

static int exact(const struct groups *g, size_t n, size_t m, struct slo_rank_test *out)
{
	long long total2 = 2 * (long long)(n * m), at = llround(2 * g->u), off = llabs(2 * at - total2);
	slo_autofree double *counts = slo_rank_counts(g->size, g->count, n, m);
	double all = 0, less = 0, greater = 0, two = 0;

	if (!counts)
		return -ENOMEM;
	for (long long u = 0; u <= total2; u++) {
		double c = counts[u];

		all += c;
		less += u <= at ? c : 0;
		greater += u >= at ? c : 0;
		two += llabs(2 * u - total2) >= off ? c : 0;
	}
	*out = (struct slo_rank_test){ g->u, two / all, less / all, greater / all, true };
	return 0;
}

static void normal(const struct groups *g, size_t n, size_t m, struct slo_rank_test *out)
{
	double nm = (double)n * (double)m, N = (double)n + (double)m, above = g->u - nm / 2;
	double sd = sqrt(nm / 12 * ((N + 1) - (N > 1 ? g->ties / (N * (N - 1)) : 0)));

	*out = (struct slo_rank_test){ .u = g->u, .p_two = 1, .p_less = 1, .p_greater = 1 };
	if (!(sd > 0))
		return;
	out->p_less = slo_norm_sf(-(above + 0.5) / sd);
	out->p_greater = slo_norm_sf((above - 0.5) / sd);
	/* At the mean the correction would go past it: never more than 1. */
	out->p_two = fmin(1, 2 * slo_norm_sf((fabs(above) - 0.5) / sd));
}

int slo_mann_whitney(const double *x, size_t n, const double *y, size_t m, struct slo_rank_test *out)
{
	autogroups struct groups g;
	int r = group(x, n, y, m, &g);

	if (r)
		return r;
	if (n <= SLO_RANK_EXACT_MAX && m <= SLO_RANK_EXACT_MAX)
		return exact(&g, n, m, out);
	normal(&g, n, m, out);
	return 0;
}

int slo_mann_whitney_normal(const double *x, size_t n, const double *y, size_t m, struct slo_rank_test *out)
{
	autogroups struct groups g;
	int r = group(x, n, y, m, &g);

	if (!r)
		normal(&g, n, m, out);
	return r;
}

double slo_rank_min_p(size_t n, size_t m)
{
	double p = 1;

	for (size_t i = 1; i <= n; i++)
		p *= (double)i / (double)(m + i);
	return p;
}
