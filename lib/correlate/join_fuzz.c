/* SPDX-License-Identifier: MIT */
/*
 * Lines of records, as a stranger sends them, through the join with little room: every
 * span is told of exactly once, every event decided exactly once.
 */
#include "correlate/testing.h"

#include <stdlib.h>

struct tally {
	uint64_t spans, events;
};

static void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	struct tally *t = arg;

	(void)tag;
	t->spans++;
	if (r->confidence < 0 || r->confidence > 1 || r->retrieval_ms < 0)
		abort();
}

static void on_event(void *arg, uint64_t tag, const struct slo_join_decision *d)
{
	struct tally *t = arg;

	(void)tag;
	t->events++;
	if (d->tier >= SLO_TIER__COUNT || d->confidence < 0 || d->confidence > 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint32_t kinds = 1u << SLO_KIND_SPAN | 1u << SLO_KIND_PROBE;
	struct slo_join_opts o = plain_opts();
	struct tally told = { 0, 0 }, given = { 0, 0 };
	struct slo_rec_ctx ctx;
	struct slo_event ev;
	struct slo_join *j;

	o.max_spans = o.max_events = 16;
	o.span_done = on_span;
	o.decided = on_event;
	o.arg = &told;
	if (slo_join_new(&o, &j))
		return 0;
	slo_rec_ctx_init(&ctx);
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;
		struct slo_err err = { .what = "" };

		if (slo_event_decode(&ctx, (const char *)data, len, -1, kinds, &ev, &err) == 0) {
			if (ev.kind == SLO_KIND_SPAN)
				slo_join_span(j, &ev.span, given.spans++);
			else
				slo_join_probe(j, &ev.probe, given.events++);
		}
		len += end ? 1 : 0;
		data += len;
		size -= len;
	}
	slo_join_drain(j);
	if (told.spans != given.spans || told.events != given.events)
		abort();
	slo_join_free(j);
	slo_rec_ctx_fini(&ctx);
	return 0;
}
