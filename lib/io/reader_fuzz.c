/* SPDX-License-Identifier: MIT */
/*
 * Lines out of a pipe fed in pieces the fuzzer chose, against a splitter that
 * sees all bytes at once. First byte: longest line; second: first buffer; third:
 * seed of the cuts; the rest is the input.
 */
#include <fcntl.h>

#include "base/rng.h"
#include "io/internal.h"
#include "io/testing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
	if (!ok)
		abort();
}

static int drain(struct slo_reader *r, struct naive *n)
{
	struct slo_str got = { NULL, 0 }, want = got;
	int rc;

	while ((rc = slo_reader_next(r, &got, 0)) == SLO_READ_LINE || rc == SLO_READ_TOO_LONG || rc == SLO_READ_WAKE) {
		if (rc == SLO_READ_WAKE) /* the fuzzer's own alarm */
			continue;
		must(naive_next(n, &want) == rc);
		must(slo_reader_line(r) == n->number);
		must(rc != SLO_READ_LINE || slo_str_eq(got, want));
	}
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 3;
	struct slo_reader *r;
	struct slo_str line;
	struct slo_rng g;
	struct naive n;
	size_t max;
	int fds[2];

	if (size < 3)
		return 0;
	max = 1 + data[0];
	n = (struct naive){ text, (const char *)data + size, max, 0 };
	slo_rng_seed(&g, data[2]);
	must(pipe2(fds, O_CLOEXEC) == 0);
	must(slo_reader_fd(fds[0], "fuzz", &r) == 0);
	must(slo_reader_limit(r, max, 1 + data[1] % (max + 2)) == 0);
	for (size_t at = 0; at < size - 3;) {
		size_t k = 1 + slo_rng_below(&g, 300);

		k = k < size - 3 - at ? k : size - 3 - at;
		must(write(fds[1], text + at, k) == (ssize_t)k);
		at += k;
		must(drain(r, &n) == SLO_READ_TIMEOUT);
	}
	close(fds[1]);
	must(drain(r, &n) == SLO_READ_EOF);
	must(naive_next(&n, &line) == SLO_READ_EOF);
	slo_reader_close(r);
	return 0;
}
