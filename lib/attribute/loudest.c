/* SPDX-License-Identifier: MIT */
#include "attribute/loudest.h"

#include "attribute/model.h"
#include "attribute/scalar.h"
#include "stat/quantile.h"

#include <math.h>
#include <string.h>

void slo_loudest_init(struct slo_loudest *l, int64_t fault_start_ns, int64_t fault_end_ns)
{
	l->fault_start_ns = fault_start_ns;
	l->fault_end_ns = fault_end_ns;
	l->dropped = 0;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++) {
			l->past_n[s][r] = 0;
			l->peak[s][r] = NAN;
		}
}

void slo_loudest_add(struct slo_loudest *l, const struct slo_window *w)
{
	double x = slo_window_scalar(w);
	uint32_t *n = &l->past_n[w->signal][w->role];
	double *peak = &l->peak[w->signal][w->role];

	if (isnan(x))
		return;
	if (w->start_ns >= l->fault_start_ns && w->end_ns <= l->fault_end_ns)
		*peak = fmax(*peak, x); /* fmax ignores NaN */
	else if (w->end_ns <= l->fault_start_ns && *n < SLO_LOUDEST_PAST)
		l->past[w->signal][w->role][(*n)++] = x;
	else if (w->end_ns <= l->fault_start_ns)
		l->dropped++;
}

double slo_loudest_z(const struct slo_loudest *l, int signal, int role)
{
	double past[SLO_LOUDEST_PAST], peak = l->peak[signal][role], median, spread;
	size_t n = l->past_n[signal][role];

	if (n < SLO_LOUDEST_MIN || isnan(peak))
		return NAN;
	memcpy(past, l->past[signal][role], n * sizeof(past[0])); /* slo_mad() reorders */
	slo_sort_f64(past, n);
	median = slo_quantile(past, n, 0.5);
	spread = (slo_quantile(past, n, 0.75) - slo_quantile(past, n, 0.25)) / 1.349;
	spread = fmax(spread, 0.1 * slo_signal_info[signal].elevated);
	spread = fmax(spread, 0.05 * fabs(median));
	spread = fmax(spread, 1.4826 * slo_mad(past, n));
	return (peak - median) / spread;
}

static bool of_connection(int signal)
{
	return signal == SLO_SIGNAL_CONNECT_LATENCY || signal == SLO_SIGNAL_CONNECT_ERRORS ||
	       signal == SLO_SIGNAL_TLS_HANDSHAKE || signal == SLO_SIGNAL_TLS_FAILS;
}

int slo_loudest_domain(int signal, int role)
{
	int best = 0;

	if (role == SLO_ROLE_RETRIEVAL && of_connection(signal))
		return SLO_DOMAIN_RETRIEVAL_BACKEND;
	for (int d = 1; d < SLO_DOMAIN_UNKNOWN; d++)
		if (slo_naive_likelihood(signal, d) > slo_naive_likelihood(signal, best))
			best = d;
	return best;
}

void slo_loudest_answer(const struct slo_loudest *l, struct slo_outcome *out)
{
	double of[SLO_DOMAIN__COUNT], top = -INFINITY;
	int first = SLO_DOMAIN_UNKNOWN;
	uint32_t set = 0;

	for (int d = 0; d < SLO_DOMAIN__COUNT; d++)
		of[d] = -INFINITY;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++) {
			int d = slo_loudest_domain(s, r);

			of[d] = fmax(of[d], slo_loudest_z(l, s, r));
		}
	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++)
		if (of[d] > top) {
			top = of[d];
			first = d;
		}
	if (top < SLO_LOUDEST_Z) {
		slo_outcome_answer(out, SLO_DOMAIN_UNKNOWN, 1u << SLO_DOMAIN_UNKNOWN, NAN);
		return;
	}
	for (int d = 0; d < SLO_DOMAIN_UNKNOWN; d++)
		if (of[d] >= fmax(SLO_LOUDEST_Z, SLO_LOUDEST_SHARE * top))
			set |= 1u << d;
	slo_outcome_answer(out, first, set, NAN);
}
