/* SPDX-License-Identifier: MIT */
/*
 * A gzip file in pieces the fuzzer chose, against zlib inflating it at once.
 * First byte: seed of the cuts; second: first buffer; the rest is the file.
 * What zlib takes as whole must come out as its lines; anything else must end as
 * an error and never as the end of a shorter text.
 */
#include <errno.h>
#include <fcntl.h>
#include <zlib.h>

#include "base/rng.h"
#include "io/internal.h"
#include "io/testing.h"

enum { TEXT_MAX = 1 << 20, LINE = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int ok)
{
	if (!ok)
		abort();
}

/* All members of the file at once. Return: whether it is whole gzip; -1 when the text is too long to tell. */
static int at_once(const uint8_t *data, size_t size, char *text, size_t *len)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)data, .avail_in = (uInt)size };
	int rc = Z_DATA_ERROR;

	must(inflateInit2(&z, 15 + 16) == Z_OK);
	z.next_out = (unsigned char *)text;
	z.avail_out = TEXT_MAX;
	while (z.avail_in > 0 && (rc = inflate(&z, Z_NO_FLUSH)) == Z_STREAM_END && z.avail_in > 0)
		inflateReset(&z);
	*len = TEXT_MAX - z.avail_out;
	inflateEnd(&z);
	return z.avail_out == 0 ? -1 : rc == Z_STREAM_END;
}

static int drain(struct slo_reader *r, struct naive *n, bool whole)
{
	struct slo_str got = { NULL, 0 }, want = got;
	int rc;

	while ((rc = slo_reader_next(r, &got, 0)) == SLO_READ_LINE || rc == SLO_READ_TOO_LONG || rc == SLO_READ_WAKE) {
		if (!whole || rc == SLO_READ_WAKE)
			continue;
		must(naive_next(n, &want) == rc);
		must(rc != SLO_READ_LINE || slo_str_eq(got, want));
	}
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[TEXT_MAX];
	struct slo_reader *r;
	struct slo_str line;
	struct slo_rng g;
	struct naive n;
	int fds[2], whole, rc = SLO_READ_TIMEOUT;
	size_t len;

	if (size < 2 || size > 32768)
		return 0;
	whole = at_once(data + 2, size - 2, text, &len);
	n = (struct naive){ text, text + len, LINE, 0 };
	slo_rng_seed(&g, data[0]);
	must(pipe2(fds, O_CLOEXEC) == 0);
	must(slo_reader_fd(fds[0], "fuzz", &r) == 0);
	must(slo_reader_inflate(r) == 0);
	must(slo_reader_limit(r, LINE, 1 + data[1]) == 0);
	for (size_t at = 2, k; at < size && rc == SLO_READ_TIMEOUT; at += k) {
		k = 1 + slo_rng_below(&g, 300);
		k = k < size - at ? k : size - at;
		must(write(fds[1], data + at, k) == (ssize_t)k);
		rc = drain(r, &n, whole == 1);
	}
	close(fds[1]);
	rc = rc == SLO_READ_TIMEOUT ? drain(r, &n, whole == 1) : rc;
	must(whole < 0 || rc == (whole ? SLO_READ_EOF : -EBADMSG));
	must(whole != 1 || naive_next(&n, &line) == SLO_READ_EOF);
	slo_reader_close(r);
	return 0;
}
