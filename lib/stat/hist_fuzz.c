/* SPDX-License-Identifier: MIT */
/* Two histograms from outside, as a record may carry them: valid ones must merge without losing a count. */
#include "stat/hist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t take(struct slo_hist *h, const uint8_t *data, size_t size)
{
	struct {
		int8_t scale;
		uint8_t n;
		uint16_t zero;
		int32_t offset;
	} head;
	size_t used = sizeof(head);

	if (size < used)
		return 0;
	memcpy(&head, data, used);
	memset(h, 0, sizeof(*h));
	h->scale = head.scale;
	h->n = head.n;
	h->zero = head.zero;
	h->offset = head.offset;
	for (uint32_t i = 0; i < h->n && i < SLO_HIST_MAX_BUCKETS && used < size; i++)
		h->counts[i] = data[used++];
	return slo_hist_valid(h) ? used : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_hist a, b, ab, ba;
	size_t used = take(&a, data, size);

	if (!used || !take(&b, data + used, size - used))
		return 0;
	ab = a;
	slo_hist_merge(&ab, &b);
	ba = b;
	slo_hist_merge(&ba, &a);
	if (slo_hist_count(&ab) != slo_hist_count(&a) + slo_hist_count(&b) || !slo_hist_valid(&ab) ||
	    memcmp(&ab, &ba, sizeof(ab)) != 0)
		abort();
	slo_hist_add(&ab, ldexp(1 + size / 1e3, (int)(size % 2000) - 1000), 3);
	if (slo_hist_count(&ab) != slo_hist_count(&ba) + 3)
		abort();
	if (slo_hist_above(&ab, slo_hist_quantile(&ab, 0.5)) > slo_hist_count(&ab))
		abort();
	return 0;
}
