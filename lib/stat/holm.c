/* SPDX-License-Identifier: MIT */
#include "stat/holm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct place {
	double p;
	size_t at;
};

static int ascending(const void *a, const void *b)
{
	double x = ((const struct place *)a)->p, y = ((const struct place *)b)->p;

	return (x > y) - (x < y);
}

static int sorted(const double *p, size_t n, struct place *out)
{
	if (n > SLO_HOLM_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct place){ p[i], i };
	qsort(out, n, sizeof(*out), ascending);
	return 0;
}

int slo_holm(const double *p, size_t n, double *adjusted)
{
	struct place all[SLO_HOLM_MAX];
	double worst = 0;
	int r = sorted(p, n, all);

	for (size_t i = 0; !r && i < n; i++) {
		worst = fmax(worst, fmin(1, (double)(n - i) * all[i].p));
		adjusted[all[i].at] = worst;
	}
	return r;
}

int slo_benjamini_hochberg(const double *p, size_t n, double *adjusted)
{
	struct place all[SLO_HOLM_MAX];
	double best = 1;
	int r = sorted(p, n, all);

	for (size_t i = n; !r && i-- > 0;) {
		best = fmin(best, all[i].p * (double)n / (double)(i + 1));
		adjusted[all[i].at] = best;
	}
	return r;
}
