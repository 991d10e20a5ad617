/* SPDX-License-Identifier: MIT */
#include "net/gzip.h"

#include <errno.h>
#include <limits.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
	STEP = 16384,          /* bytes decoded at once */
	GZIP_ONLY = MAX_WBITS + 16,
	MEMORY = 8,            /* zlib's own default */
};

/* One step. Return: a code of zlib's, or Z_BUF_ERROR with @out->err set. */
static int step(z_stream *z, struct slo_buf *out)
{
	Bytef more[STEP];
	int r;

	z->next_out = more;
	z->avail_out = STEP;
	r = inflate(z, Z_NO_FLUSH);
	slo_buf_add(out, more, STEP - z->avail_out);
	return out->err ? Z_BUF_ERROR : r;
}

static int inflate_all(z_stream *z, struct slo_buf *out)
{
	for (;;) {
		int r = step(z, out);

		if (out->err)
			return out->err;
		if (r == Z_STREAM_END && z->avail_in == 0)
			return 0;
		if (r == Z_STREAM_END)
			r = inflateReset(z);
		if (r == Z_MEM_ERROR)
			return -ENOMEM;
		/* Room is always there: without progress, input is missing. */
		if (r != Z_OK)
			return -EBADMSG;
	}
}

int slo_gunzip(struct slo_str in, struct slo_buf *out)
{
	z_stream z = { .next_in = (const Bytef *)in.p, .avail_in = (uInt)in.len };
	int r;

	if (in.len > UINT_MAX)
		return -EMSGSIZE;
	if (in.len == 0)
		return -EBADMSG;
	if (inflateInit2(&z, GZIP_ONLY) != Z_OK)
		return -ENOMEM;
	r = inflate_all(&z, out);
	inflateEnd(&z);
	return r;
}

int slo_gzip(struct slo_str in, struct slo_buf *out)
{
	z_stream z = { .next_in = (const Bytef *)(in.p ? in.p : ""), .avail_in = (uInt)in.len };
	Bytef more[STEP];
	int r = Z_OK;

	if (in.len > UINT_MAX)
		return -EMSGSIZE;
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_ONLY, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	while (r == Z_OK && !out->err) {
		z.next_out = more;
		z.avail_out = STEP;
		r = deflate(&z, Z_FINISH);
		slo_buf_add(out, more, STEP - z.avail_out);
	}
	deflateEnd(&z);
	return out->err;
}
