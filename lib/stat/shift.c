/* SPDX-License-Identifier: MIT */
/* How large a difference is: the Hodges-Lehmann shift and Cliff's delta. */
#include "base/cleanup.h"
#include "stat/dist.h"
#include "stat/quantile.h"
#include "stat/rank_internal.h"
#include "stat/ranktest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* P(U = 0 .. nm) without ties; the caller frees. */
static double *u_distribution(size_t n, size_t m)
{
	slo_autofree size_t *ones = malloc((n + m) * sizeof(*ones));
	double *counts;

	if (!ones)
		return NULL;
	for (size_t i = 0; i < n + m; i++)
		ones[i] = 1;
	counts = slo_rank_counts(ones, n + m, n, m);
	for (size_t u = 1; counts && u <= n * m; u++)
		counts[u] = counts[2 * u];
	return counts;
}

/* The largest c with P(U < c) <= @tail, and that probability; 0 when not even U = 0 is that rare. */
static int exact_rank(size_t n, size_t m, double tail, size_t *rank, double *reached)
{
	slo_autofree double *counts = u_distribution(n, m);
	double all = 0, below = 0;

	if (!counts)
		return -ENOMEM;
	for (size_t u = 0; u <= n * m; u++)
		all += counts[u];
	*rank = 0;
	*reached = 0;
	/* Not to lose a rank to the rounding of, say, (1 - 0.9) / 2. */
	tail += 1e-12;
	for (size_t u = 0; u <= n * m && (below + counts[u]) / all <= tail; u++) {
		below += counts[u];
		*rank = u + 1;
		*reached = below / all;
	}
	return 0;
}

static void normal_rank(size_t n, size_t m, double tail, size_t *rank, double *reached)
{
	double nm = (double)n * (double)m, sd = sqrt(nm * ((double)n + (double)m + 1) / 12);
	double c = floor(nm / 2 + slo_norm_quantile(tail) * sd - 0.5) + 1;

	*rank = c > 0 ? (size_t)c : 0;
	*reached = *rank ? tail : 0;
}

static double *differences(const double *x, size_t n, const double *y, size_t m)
{
	double *d = malloc(n * m * sizeof(*d));

	for (size_t i = 0; d && i < n; i++)
		for (size_t j = 0; j < m; j++)
			d[i * m + j] = x[i] == y[j] ? 0 : x[i] - y[j];
	if (d)
		slo_sort_f64(d, n * m);
	return d;
}

int slo_hodges_lehmann(const double *x, size_t n, const double *y, size_t m, double confidence,
		       struct slo_interval *out)
{
	slo_autofree double *d = NULL;
	double tail = (1 - confidence) / 2, reached;
	size_t rank;
	int r = 0;

	if (n == 0 || m == 0 || !(confidence > 0 && confidence < 1))
		return -EINVAL;
	if (n > SLO_SHIFT_PAIRS_MAX / m)
		return -E2BIG;
	d = differences(x, n, y, m);
	if (!d)
		return -ENOMEM;
	if (n <= SLO_RANK_EXACT_MAX && m <= SLO_RANK_EXACT_MAX)
		r = exact_rank(n, m, tail, &rank, &reached);
	else
		normal_rank(n, m, tail, &rank, &reached);
	if (r)
		return r;
	out->estimate = slo_quantile(d, n * m, 0.5);
	out->lo = rank ? d[rank - 1] : -INFINITY;
	out->hi = rank ? d[n * m - rank] : INFINITY;
	out->confidence = 1 - 2 * reached;
	return 0;
}

/* Values of the ascending @v below @at, minus those above. */
static double dominance(const double *v, size_t n, double at)
{
	size_t lo = 0, hi = n, below;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid] < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	below = lo;
	for (hi = n; lo < hi;) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid] <= at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (double)below - (double)(n - lo);
}

struct spread {
	double rows, columns, cells; /* sums of squares about delta */
};

/* Cell (i, j) is sign(x - y), so its squares are its count of non-zeros. */
static double delta_of(const double *x, size_t n, const double *y, size_t m, struct spread *s)
{
	double sum = 0, strict = 0, nm = (double)n * (double)m, delta;

	for (size_t i = 0; i < n; i++)
		sum += dominance(y, m, x[i]);
	delta = sum / nm;
	*s = (struct spread){ 0 };
	for (size_t i = 0; i < n; i++)
		s->rows += pow(dominance(y, m, x[i]) / (double)m - delta, 2);
	for (size_t j = 0; j < m; j++)
		s->columns += pow(-dominance(x, n, y[j]) / (double)n - delta, 2);
	for (size_t i = 0, lo = 0, hi = 0; i < n; i++) {
		while (lo < m && y[lo] < x[i])
			lo++;
		while (hi < m && y[hi] <= x[i])
			hi++;
		strict += (double)(lo + m - hi);
	}
	s->cells = strict - nm * delta * delta;
	return delta;
}

static void delta_interval(double d, double var, double t, double k, struct slo_interval *out)
{
	double t2 = t * t, mid, half, scale;

	if (fabs(d) == 1) {
		out->lo = d > 0 ? (k - t2) / (k + t2) : -1;
		out->hi = d > 0 ? 1 : -(k - t2) / (k + t2);
		return;
	}
	mid = d - d * d * d;
	scale = 1 - d * d + t2 * var;
	half = t * sqrt(var) * sqrt((1 - d * d) * (1 - d * d) + t2 * var);
	out->lo = fmax(-1, (mid - half) / scale);
	out->hi = fmin(1, (mid + half) / scale);
}

int slo_cliffs_delta(const double *x, size_t n, const double *y, size_t m, double confidence,
		     struct slo_interval *out, double *variance)
{
	slo_autofree double *xs = NULL, *ys = NULL;
	double dn = (double)n, dm = (double)m, var, d;
	struct spread s;

	if (n == 0 || m == 0 || n > SLO_RANK_MAX || m > SLO_RANK_MAX || !(confidence > 0 && confidence < 1))
		return -EINVAL;
	xs = malloc(n * sizeof(*xs));
	ys = malloc(m * sizeof(*ys));
	if (!xs || !ys)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		xs[i] = x[i];
	for (size_t i = 0; i < m; i++)
		ys[i] = y[i];
	slo_sort_f64(xs, n);
	slo_sort_f64(ys, m);
	d = delta_of(xs, n, ys, m, &s);
	*out = (struct slo_interval){ d, -1, 1, confidence };
	if (variance)
		*variance = NAN;
	if (n < 2 || m < 2)
		return 0;
	/* Unbiased, so it can come out at 0 or below; Cliff's floor then. */
	var = (dm * dm * s.rows + dn * dn * s.columns - s.cells) / (dn * dm * (dn - 1) * (dm - 1));
	var = fmax(var, (1 - d * d) / (dn * dm - 1));
	if (variance)
		*variance = var;
	delta_interval(d, var, slo_t_quantile(0.5 + confidence / 2, dn + dm - 2), fmin(dn, dm), out);
	return 0;
}

const char *slo_delta_size(double delta)
{
	double d = fabs(delta);

	return d < 0.147 ? "negligible" : d < 0.33 ? "small" : d < 0.474 ? "medium" : "large";
}
