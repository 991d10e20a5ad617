/* SPDX-License-Identifier: MIT */
#include "attribute/scalar.h"

#include <math.h>

void slo_merged_reset(struct slo_merged *m)
{
	struct slo_hist *hist = m->hist;

	*m = (struct slo_merged){ .min = NAN, .max = NAN, .hist = hist };
	if (hist)
		slo_hist_init(hist);
}

/* The numbers a window needs for its kind of scalar are there. */
static bool usable(const struct slo_window *w)
{
	bool latency = slo_signal_info[w->signal].scalar == SLO_SCALAR_LATENCY;

	if (w->end_ns <= w->start_ns || (w->has_hist && !slo_hist_valid(&w->hist)))
		return false;
	if (w->state != SLO_STATE_VALUE || w->count == 0)
		return true;
	return latency ? w->has_hist || !isnan(w->max) : !isnan(w->sum);
}

void slo_merged_watch(struct slo_merged *m, int64_t ns)
{
	m->windows++;
	m->time_ns += ns;
	if (m->watched_ns < m->time_ns)
		m->watched_ns = m->time_ns;
}

bool slo_merged_add(struct slo_merged *m, const struct slo_window *w)
{
	bool observed = w->state == SLO_STATE_VALUE && w->count;

	if (!usable(w))
		return false;
	m->lost += w->lost;
	if (w->state == SLO_STATE_NOT_CAPTURED) {
		m->blind++;
		return true;
	}
	slo_merged_watch(m, w->end_ns - w->start_ns);
	if (!observed)
		return true;
	m->count += w->count;
	m->sum += isnan(w->sum) ? 0 : w->sum;
	m->min = fmin(m->min, w->min); /* fmin ignores NaN */
	m->max = fmax(m->max, isnan(w->max) ? slo_hist_quantile(&w->hist, 1) : w->max);
	if (w->has_hist && m->hist) {
		slo_hist_merge(m->hist, &w->hist);
		m->in_hist += slo_hist_count(&w->hist);
	}
	return true;
}

void slo_merged_join(struct slo_merged *m, const struct slo_merged *from)
{
	m->count += from->count;
	m->lost += from->lost;
	m->sum += from->sum;
	m->min = fmin(m->min, from->min);
	m->max = fmax(m->max, from->max);
	m->time_ns += from->time_ns;
	m->watched_ns += from->watched_ns;
	m->windows += from->windows;
	m->blind += from->blind;
	if (from->hist && m->hist && from->in_hist) {
		slo_hist_merge(m->hist, from->hist);
		m->in_hist += from->in_hist;
	}
}

int slo_merged_state(const struct slo_merged *m)
{
	if (m->windows == 0 && m->watched_ns == 0)
		return SLO_STATE_NOT_CAPTURED;
	return m->count ? SLO_STATE_VALUE : SLO_STATE_ZERO;
}

static double latency(const struct slo_merged *m)
{
	double p95;

	if (m->count < SLO_SCALAR_P95_MIN || m->in_hist != m->count)
		return m->max;
	p95 = slo_hist_quantile(m->hist, 0.95);
	return fmin(fmax(p95, m->min), m->max);
}

double slo_merged_scalar(const struct slo_merged *m, enum slo_scalar how)
{
	if (m->windows == 0 && m->watched_ns == 0)
		return NAN;
	if (m->count == 0)
		return 0;
	switch (how) {
	case SLO_SCALAR_LATENCY:
		return latency(m);
	case SLO_SCALAR_RATE:
		return m->sum / ((double)m->watched_ns / 1e9);
	case SLO_SCALAR_MEAN:
		return m->sum / (double)m->count;
	}
	return NAN;
}

double slo_window_scalar(const struct slo_window *w)
{
	struct slo_hist hist;
	struct slo_merged m = { .hist = &hist };

	slo_merged_reset(&m);
	return slo_merged_add(&m, w) ? slo_merged_scalar(&m, slo_signal_info[w->signal].scalar) : NAN;
}
