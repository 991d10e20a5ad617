/* SPDX-License-Identifier: MIT */
#include "stat/hist_pack.h"

#include <string.h>

enum { SCALE_BIAS = 64, ONE = 32, MANY = 224, FEW_MAX = MANY - ONE, RUN_MAX = 32 };

static uint8_t *put(uint8_t *to, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	return to;
}

/* Return: what follows the number, NULL when @end comes first or it is too long. */
static const uint8_t *get(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	*v = 0;
	for (unsigned int shift = 0; p && p < end && shift < 64; shift += 7) {
		*v |= (uint64_t)(*p & 0x7f) << shift;
		if (!(*p++ & 0x80))
			return p;
	}
	return NULL;
}

static uint8_t *put_bucket(uint8_t *to, uint64_t count, uint32_t *empty)
{
	for (; count && *empty; *empty -= *empty < RUN_MAX ? *empty : RUN_MAX)
		*to++ = (uint8_t)((*empty < RUN_MAX ? *empty : RUN_MAX) - 1);
	if (!count) {
		++*empty;
	} else if (count <= FEW_MAX) {
		*to++ = (uint8_t)(ONE - 1 + count);
	} else {
		*to++ = (uint8_t)(MANY | (count & 31));
		to = put(to, count >> 5);
	}
	return to;
}

static size_t pack(const struct slo_hist *h, uint8_t *out)
{
	uint32_t empty = 0;
	uint8_t *to = out;

	*to++ = (uint8_t)(h->scale + SCALE_BIAS);
	to = put(to, (uint32_t)h->offset << 1 ^ (h->offset < 0 ? UINT32_MAX : 0));
	to = put(to, h->zero);
	for (uint32_t i = 0; i < h->n; i++)
		to = put_bucket(to, h->counts[i], &empty);
	return (size_t)(to - out);
}

size_t slo_hist_pack(const struct slo_hist *h, uint8_t *out, size_t room)
{
	uint8_t bytes[SLO_HIST_PACKED_MAX];
	size_t len = pack(h, bytes);
	struct slo_hist coarse;

	for (int scale = h->scale - 1; len > room && scale >= SLO_HIST_SCALE_MIN; scale--) {
		slo_hist_init(&coarse);
		coarse.scale = scale;
		slo_hist_merge(&coarse, h);
		len = pack(&coarse, bytes);
	}
	memcpy(out, bytes, len);
	return len;
}

static const uint8_t *get_buckets(const uint8_t *p, const uint8_t *end, struct slo_hist *h)
{
	uint64_t rest;

	for (uint32_t at = 0; p && p < end; h->n = at) {
		uint8_t b = *p++;

		if (b < ONE) {
			at += b + 1u;
			continue;
		}
		if (at >= SLO_HIST_MAX_BUCKETS)
			return NULL;
		if (b >= MANY) {
			p = get(p, end, &rest);
			if (rest >> 59)
				return NULL;
			h->counts[at++] = rest << 5 | (b & 31);
		} else {
			h->counts[at++] = b - (ONE - 1u);
		}
	}
	return h->n <= SLO_HIST_MAX_BUCKETS ? p : NULL;
}

static bool unpack(const uint8_t *p, const uint8_t *end, struct slo_hist *h)
{
	uint64_t offset;

	h->scale = *p++ - SCALE_BIAS;
	p = get(p, end, &offset);
	p = get(p, end, &h->zero);
	if (!p || offset > UINT32_MAX)
		return false;
	h->offset = (int32_t)((uint32_t)offset >> 1 ^ (offset & 1 ? UINT32_MAX : 0));
	return get_buckets(p, end, h) == end && slo_hist_valid(h);
}

bool slo_hist_unpack(const uint8_t *p, size_t len, struct slo_hist *h)
{
	slo_hist_init(h);
	if (len && unpack(p, p + len, h))
		return true;
	slo_hist_init(h);
	return false;
}
