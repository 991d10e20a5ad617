/* SPDX-License-Identifier: MIT */
#include "stat/hist.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
	OCTAVE = 1 << SLO_HIST_SCALE, /* buckets per power of two at the finest scale of our own */
	SCALE_MAX = 20,               /* finest scale accepted from outside */
};

/* Mantissa bits of 2^(k/32): the bucket edges of one octave at the finest scale. */
static const uint64_t edge[OCTAVE + 1] = {
	0x00000000000000, 0x0059b0d3158574, 0x00b5586cf9890f, 0x011301d0125b51,
	0x0172b83c7d517b, 0x01d4873168b9aa, 0x02387a6e756238, 0x029e9df51fdee1,
	0x0306fe0a31b715, 0x0371a7373aa9cb, 0x03dea64c123422, 0x044e086061892d,
	0x04bfdad5362a27, 0x05342b569d4f82, 0x05ab07dd485429, 0x06247eb03a5585,
	0x06a09e667f3bcd, 0x071f75e8ec5f74, 0x07a11473eb0187, 0x082589994cce13,
	0x08ace5422aa0db, 0x093737b0cdc5e5, 0x09c49182a3f090, 0x0a5503b23e255d,
	0x0ae89f995ad3ad, 0x0b7f76f2fb5e47, 0x0c199bdd85529c, 0x0cb720dcef9069,
	0x0d5818dcfba487, 0x0dfc97337b9b5f, 0x0ea4afa2a490da, 0x0f50765b6e4540,
	0x10000000000000,
};

/* The bucket holding the start of each 64th of an octave; a 64th contains at most one edge. */
static const uint8_t first[64] = {
	0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 7, 8, 9, 9,
	10, 10, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18,
	18, 19, 19, 20, 20, 21, 21, 21, 22, 22, 23, 23, 24, 24, 25, 25,
	25, 26, 26, 27, 27, 27, 28, 28, 29, 29, 29, 30, 30, 30, 31, 31,
};

void slo_hist_init(struct slo_hist *h)
{
	memset(h, 0, sizeof(*h));
	h->scale = SLO_HIST_SCALE;
}

/* Bucket of @v (> SLO_HIST_ZERO, so a normal number) at SLO_HIST_SCALE, upper edge included. */
static int32_t fine_index(double v)
{
	uint64_t bits, m;
	int32_t e, sub;

	memcpy(&bits, &v, sizeof(bits));
	e = (int32_t)(bits >> 52) - 1023;
	m = bits & (((uint64_t)1 << 52) - 1);
	sub = first[m >> 46];
	sub += m > edge[sub + 1];
	return e * OCTAVE + (m ? sub : -1);
}

/* Floor division by 2^@by: what lowering the scale by @by does to an index. */
static int32_t coarser(int32_t i, int32_t by)
{
	return i >= 0 ? i >> by : ~(~i >> by);
}

static int32_t bucket_of(double v, int32_t scale)
{
	int e;
	double m;

	if (scale <= SLO_HIST_SCALE)
		return coarser(fine_index(v), SLO_HIST_SCALE - scale);
	/* Only for histograms from outside: powers of two must stay exact. */
	m = frexp(v, &e);
	if (m == 0.5)
		return (int32_t)((uint32_t)(e - 1) << scale) - 1;
	return (int32_t)ceil(ldexp(log2(v), scale)) - 1;
}

static uint64_t add_sat(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void downscale(struct slo_hist *h)
{
	int32_t to = coarser(h->offset, 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->n; i++) {
		uint32_t j = (uint32_t)(coarser(h->offset + (int32_t)i, 1) - to);
		uint64_t c = h->counts[i];

		if (j == n)
			h->counts[n++] = 0;
		h->counts[j] = add_sat(h->counts[j], c);
	}
	memset(h->counts + n, 0, (h->n - n) * sizeof(h->counts[0]));
	h->n = n;
	h->offset = to;
	h->scale--;
}

/* Drop empty buckets at both ends, so that only occupied ones decide about the scale. */
static void trim(struct slo_hist *h)
{
	uint32_t lead = 0;

	while (h->n > 0 && h->counts[h->n - 1] == 0)
		h->n--;
	if (h->n == 0)
		h->offset = 0;
	while (lead < h->n && h->counts[lead] == 0)
		lead++;
	if (lead == 0)
		return;
	memmove(h->counts, h->counts + lead, (h->n - lead) * sizeof(h->counts[0]));
	memset(h->counts + h->n - lead, 0, lead * sizeof(h->counts[0]));
	h->n -= lead;
	h->offset += (int32_t)lead;
}

/* Make buckets @lo to @hi of scale @scale exist in @h, lowering its scale as needed. */
static void cover(struct slo_hist *h, int32_t scale, int32_t lo, int32_t hi)
{
	while (h->scale > scale)
		downscale(h);
	for (;;) {
		int32_t by = scale - h->scale, a = coarser(lo, by), b = coarser(hi, by);

		if (h->n > 0) {
			int32_t last = h->offset + (int32_t)h->n - 1;

			a = a < h->offset ? a : h->offset;
			b = b > last ? b : last;
		}
		if ((int64_t)b - a >= SLO_HIST_MAX_BUCKETS) {
			downscale(h);
			continue;
		}
		if (h->n > 0 && a < h->offset)
			memmove(h->counts + (h->offset - a), h->counts, h->n * sizeof(h->counts[0]));
		if (h->n > 0 && a < h->offset)
			memset(h->counts, 0, (size_t)(h->offset - a) * sizeof(h->counts[0]));
		h->offset = a;
		h->n = (uint32_t)(b - a) + 1;
		return;
	}
}

void slo_hist_add(struct slo_hist *h, double value, uint64_t times)
{
	int32_t i;

	if (!isfinite(value) || times == 0)
		return;
	if (value <= SLO_HIST_ZERO) {
		h->zero = add_sat(h->zero, times);
		return;
	}
	i = bucket_of(value, h->scale);
	if (i < h->offset || i >= h->offset + (int32_t)h->n) {
		int32_t scale = h->scale;

		cover(h, scale, i, i);
		i = coarser(i, scale - h->scale);
	}
	h->counts[i - h->offset] = add_sat(h->counts[i - h->offset], times);
}

void slo_hist_merge(struct slo_hist *to, const struct slo_hist *from)
{
	struct slo_hist f = *from;
	int32_t by;

	to->zero = add_sat(to->zero, f.zero);
	trim(&f);
	trim(to);
	while (f.scale > to->scale)
		downscale(&f);
	while (to->scale > f.scale)
		downscale(to);
	if (f.n == 0)
		return;
	cover(to, f.scale, f.offset, f.offset + (int32_t)f.n - 1);
	by = f.scale - to->scale;
	for (uint32_t i = 0; i < f.n; i++) {
		uint64_t *c = &to->counts[coarser(f.offset + (int32_t)i, by) - to->offset];

		*c = add_sat(*c, f.counts[i]);
	}
}

uint64_t slo_hist_count(const struct slo_hist *h)
{
	uint64_t sum = h->zero;

	for (uint32_t i = 0; i < h->n; i++)
		sum = add_sat(sum, h->counts[i]);
	return sum;
}

double slo_hist_quantile(const struct slo_hist *h, double q)
{
	uint64_t count = slo_hist_count(h), seen = h->zero, rank;
	double at = ceil(q * (double)count);

	if (count == 0 || isnan(q))
		return NAN;
	rank = at < 1 ? 1 : at >= (double)count ? count : (uint64_t)at;
	if (rank <= seen)
		return 0;
	for (uint32_t i = 0; i < h->n; i++) {
		seen = add_sat(seen, h->counts[i]);
		if (rank <= seen) {
			double v = exp2(ldexp(h->offset + (double)i + 0.5, -h->scale));

			return v < DBL_MAX ? v : DBL_MAX;
		}
	}
	return NAN; /* not reached: the ranks add up to count */
}

/* @share of @count, rounded to nearest, never more than @count. */
static uint64_t part(uint64_t count, double share)
{
	double p = floor((double)count * share + 0.5);

	return p >= (double)count ? count : (uint64_t)p;
}

uint64_t slo_hist_above(const struct slo_hist *h, double threshold)
{
	uint64_t sum = threshold < 0 ? h->zero : 0;
	int32_t at = INT32_MIN;
	double share = 0;

	if (isnan(threshold) || threshold > DBL_MAX)
		return 0;
	if (threshold > SLO_HIST_ZERO) {
		at = bucket_of(threshold, h->scale);
		share = at + 1.0 - ldexp(log2(threshold), h->scale);
		share = share < 0 ? 0 : share > 1 ? 1 : share;
	}
	for (uint32_t i = 0; i < h->n; i++) {
		int32_t b = h->offset + (int32_t)i;

		if (b > at)
			sum = add_sat(sum, h->counts[i]);
		else if (b == at)
			sum = add_sat(sum, part(h->counts[i], share));
	}
	return sum;
}

bool slo_hist_valid(const struct slo_hist *h)
{
	int64_t first_index, last_index;
	uint64_t sum = h->zero;

	if (h->scale < SLO_HIST_SCALE_MIN || h->scale > SCALE_MAX || h->n > SLO_HIST_MAX_BUCKETS)
		return false;
	/* Every double lies between 2^-1075 and 2^1024; what lies beyond could not be merged at any scale. */
	first_index = h->scale >= 0 ? -1075 * (INT64_C(1) << h->scale) : coarser(-1075, -h->scale);
	last_index = h->scale >= 0 ? 1024 * (INT64_C(1) << h->scale) - 1 : coarser(1023, -h->scale);
	if (h->n > 0 && (h->offset < first_index || (int64_t)h->offset + h->n - 1 > last_index))
		return false;
	for (uint32_t i = 0; i < h->n; i++) {
		if (h->counts[i] > UINT64_MAX - sum)
			return false;
		sum += h->counts[i];
	}
	return true;
}
