/* SPDX-License-Identifier: MIT */
/* Whole or in pieces, a stream must give the same events; nothing may overflow. */
#include "net/sse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int digest(void *arg, const struct slo_sse_event *ev)
{
	uint64_t *h = arg;

	for (size_t i = 0; i < ev->data.len; i++)
		*h = (*h ^ (unsigned char)ev->data.p[i]) * 1099511628211u;
	for (size_t i = 0; i < ev->name.len; i++)
		*h = (*h ^ (unsigned char)ev->name.p[i]) * 1099511628211u;
	*h = (*h ^ ev->data.len) * 1099511628211u;
	return 0;
}

static uint64_t parse(const char *p, size_t len, size_t step, struct slo_sse *s)
{
	uint64_t h = 14695981039346656037u;

	slo_sse_init(s, 64);
	for (size_t i = 0; i < len; i += step)
		slo_sse_feed(s, p + i, len - i < step ? len - i : step, digest, &h);
	slo_sse_end(s);
	slo_sse_fini(s);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slo_sse whole, parts;
	size_t step = len ? 1 + data[0] % 7 : 1;
	uint64_t a = parse((const char *)data, len, len ? len : 1, &whole);
	uint64_t b = parse((const char *)data, len, step, &parts);

	if (a != b || whole.events != parts.events || whole.comments != parts.comments ||
	    whole.oversized != parts.oversized || whole.cut != parts.cut)
		abort();
	return 0;
}
