/* SPDX-License-Identifier: MIT */
#include "base/bucket.h"

void slo_bucket_init(struct slo_bucket *b, double rate, double burst)
{
	*b = (struct slo_bucket){ .rate = rate, .burst = burst < 1 ? 1 : burst };
	b->tokens = b->burst;
}

void slo_bucket_change(struct slo_bucket *b, double rate, double burst)
{
	b->rate = rate;
	b->burst = burst < 1 ? 1 : burst;
	if (b->tokens > b->burst)
		b->tokens = b->burst;
}

bool slo_bucket_take(struct slo_bucket *b, int64_t now_ns)
{
	if (b->primed && now_ns > b->last_ns) {
		b->tokens += ((double)now_ns - (double)b->last_ns) / 1e9 * b->rate;
		if (b->tokens > b->burst)
			b->tokens = b->burst;
	}
	if (!b->primed || now_ns > b->last_ns)
		b->last_ns = now_ns;
	b->primed = true;
	if (b->tokens < 1) {
		b->dropped++;
		return false;
	}
	b->tokens -= 1;
	b->taken++;
	return true;
}
