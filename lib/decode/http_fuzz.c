/* SPDX-License-Identifier: MIT */
/*
 * HTTP messages in pieces. Input: direction and options (1 byte), then records of
 * length (1 byte; from 0xf0 on: bytes nobody saw), bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "decode/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed(struct slo_http *h, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	enum slo_http_event ev;
	size_t at = 0, used, steps = 0;

	memcpy(copy, p, n);
	slo_http_piece(h, true);
	do {
		ev = slo_http_feed(h, copy + at, n - at, &used);
		at += used;
		if (at > n || ++steps > 3 * n + 8)
			abort();
	} while (ev != SLO_HTTP_MORE);
	if (at != n)
		abort();
	free(copy);
}

static void skip(struct slo_http *h, uint64_t n)
{
	enum slo_http_event ev;
	uint64_t used;
	int steps = 0;

	do {
		ev = slo_http_skip(h, n, &used);
		if (used > n || ++steps > 8)
			abort();
		n -= used;
	} while (ev != SLO_HTTP_MORE || n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slo_http h;

	if (size == 0)
		return 0;
	slo_http_init(&h, data[0] & 1, data[0] & 2);
	h.to_head = data[0] & 4;
	for (data++, size--; size > 0;) {
		size_t n = data[0];

		data++, size--;
		if (n >= 0xf0) {
			skip(&h, (n - 0xef) * 7);
			continue;
		}
		n = n < size ? n : size;
		feed(&h, data, n);
		data += n, size -= n;
	}
	slo_http_close(&h);
	return 0;
}
