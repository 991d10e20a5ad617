/* SPDX-License-Identifier: MIT */
/* Enveloped and bare lines: whatever is accepted must write and read back the same. */
#include "event/event.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(struct slo_rec_ctx *c, struct slo_event *ev)
{
	static struct slo_event again;
	struct slo_buf one, two;

	slo_buf_init(&one, 1 << 22);
	slo_buf_init(&two, 1 << 22);
	if (slo_event_encode(ev, &one) || slo_event_decode(c, one.data, one.len - 1, -1, UINT32_MAX, &again, NULL) ||
	    slo_event_encode(&again, &two) || !slo_str_eq(slo_buf_str(&one), slo_buf_str(&two)))
		abort();
	slo_buf_fini(&one);
	slo_buf_fini(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct slo_event ev;
	struct slo_err err = { .what = "" };
	struct slo_rec_ctx c;
	int bare, r;

	if (size == 0)
		return 0;
	bare = data[0] % (SLO_KIND__COUNT + 1) - 1;
	slo_rec_ctx_init(&c);
	r = slo_event_decode(&c, (const char *)data + 1, size - 1, bare, UINT32_MAX, &ev, &err);
	if (r == 0)
		check_round_trip(&c, &ev);
	else if (r < 0 && !err.what[0])
		abort();
	slo_rec_ctx_fini(&c);
	return 0;
}
