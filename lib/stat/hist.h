/* SPDX-License-Identifier: MIT */
/*
 * Mergeable histogram in OpenTelemetry's exponential layout.
 *
 * Bucket i (an absolute index) holds values in (base^i, base^(i+1)] with
 * base = 2^(2^-scale). Values <= SLO_HIST_ZERO (and negative ones) are in the
 * zero count. When the occupied range exceeds SLO_HIST_MAX_BUCKETS, scale is
 * lowered by one, which merges neighbours pairwise, until it fits.
 *
 * Relative error of a quantile taken at a bucket's geometric midpoint:
 * (base - 1) / (base + 1): 1.08 % at scale 5, 2.17 % at scale 4, 4.3 % at scale 3,
 * 8.6 % at scale 2, 17 % at scale 1. New histograms start at SLO_HIST_SCALE.
 * Source: OpenTelemetry metrics data model, "ExponentialHistogram".
 */
#ifndef SLO_STAT_HIST_H
#define SLO_STAT_HIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLO_HIST_MAX_BUCKETS = 160, /* OpenTelemetry SDK default */
	SLO_HIST_SCALE = 5,         /* finest scale a new histogram uses */
	SLO_HIST_SCALE_MIN = -4,    /* base 65536: 160 buckets cover every double */
};
#define SLO_HIST_ZERO 1e-9

struct slo_hist {
	int32_t scale;      /* SLO_HIST_SCALE_MIN .. 20 */
	int32_t offset;     /* absolute index of counts[0] */
	uint32_t n;         /* buckets in use, 0 .. SLO_HIST_MAX_BUCKETS */
	uint64_t zero;      /* observations <= SLO_HIST_ZERO */
	uint64_t counts[SLO_HIST_MAX_BUCKETS];
};

void slo_hist_init(struct slo_hist *h);

/** slo_hist_add - count @times observations of @value (any finite double; NaN is ignored). */
void slo_hist_add(struct slo_hist *h, double value, uint64_t times);

/** slo_hist_merge - add every observation of @from to @to; the coarser scale wins. */
void slo_hist_merge(struct slo_hist *to, const struct slo_hist *from);

/** slo_hist_count - all observations, zero bucket included. */
uint64_t slo_hist_count(const struct slo_hist *h);

/**
 * slo_hist_quantile - the value at rank ceil(q * count)
 * @q: 0 .. 1
 *
 * Return: the geometric midpoint of the bucket holding that rank, 0 for the zero
 * bucket, NaN for an empty histogram. Clamp to an exact min/max where one is known.
 */
double slo_hist_quantile(const struct slo_hist *h, double q);

/**
 * slo_hist_above - how many observations exceed @threshold
 *
 * Exact when @threshold is a bucket edge; otherwise the bucket holding it is
 * split in proportion on the logarithmic axis and rounded to nearest.
 */
uint64_t slo_hist_above(const struct slo_hist *h, double threshold);

/** slo_hist_valid - what was read from outside is usable (n, scale in range, offset plausible, no count overflow). */
bool slo_hist_valid(const struct slo_hist *h);

#endif
