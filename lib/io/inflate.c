/* SPDX-License-Identifier: MIT */
/*
 * A gzip file as the bytes inside it (RFC 1952; several members one after the
 * other are one text). Both ends are bounded: a piece of input is held, and no
 * more comes out of one call than the caller has room for, however well it was
 * packed.
 */
#include "io/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "base/cleanup.h"

enum {
	PIECE = 64 << 10,           /* bytes of input held */
	GZIP_WINDOW = 15 + 16,      /* zlib: the largest window, gzip and nothing else */
};

struct slo_inflate {
	z_stream z;
	bool member;     /* inside one: the end of input is a cut */
	bool any;        /* a whole member was seen */
	bool full;       /* the caller's room ended first: more may come without reading */
	int failed;      /* sticky negative errno */
	const char *why; /* of a failure of the format, or NULL */
	unsigned char piece[PIECE];
};

int slo_inflate_new(struct slo_inflate **out)
{
	slo_autofree struct slo_inflate *s = calloc(1, sizeof(*s));

	if (!s || inflateInit2(&s->z, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	*out = SLO_TAKE(s);
	return 0;
}

void slo_inflate_free(struct slo_inflate *s)
{
	if (!s)
		return;
	inflateEnd(&s->z);
	free(s);
}

bool slo_inflate_pending(const struct slo_inflate *s)
{
	return s->failed || s->full || s->z.avail_in > 0;
}

const char *slo_inflate_why(const struct slo_inflate *s)
{
	return s->why;
}

static int fail(struct slo_inflate *s, int rc, const char *why)
{
	s->failed = rc;
	s->why = why;
	return rc;
}

/* Return: as read(), but a negative errno. */
static ssize_t take_piece(struct slo_inflate *s, int fd)
{
	ssize_t n = read(fd, s->piece, sizeof(s->piece));

	if (n < 0)
		return -errno;
	s->z.next_in = s->piece;
	s->z.avail_in = (uInt)n;
	return n;
}

/* Inflate what is held. Return: 0, or a negative errno. */
static int inflate_some(struct slo_inflate *s)
{
	int rc;

	if (!s->member) {
		inflateReset(&s->z);
		s->member = true;
	}
	rc = inflate(&s->z, Z_NO_FLUSH);
	s->full = rc == Z_OK && s->z.avail_out == 0;
	if (rc == Z_STREAM_END) {
		s->member = false;
		s->any = true;
		return 0;
	}
	if (rc == Z_MEM_ERROR)
		return -ENOMEM;
	/* Z_BUF_ERROR: all that is held is taken, and more is needed. */
	return rc == Z_OK || rc == Z_BUF_ERROR ? 0 : -EBADMSG;
}

ssize_t slo_inflate_read(struct slo_inflate *s, int fd, char *to, size_t room)
{
	ssize_t n;
	int rc;

	if (s->failed)
		return s->failed;
	if (!slo_inflate_pending(s)) {
		n = take_piece(s, fd);
		if (n < 0)
			return n;
		if (n == 0 && (s->member || !s->any))
			return fail(s, -EBADMSG, "truncated gzip: the file ends inside it");
		if (n == 0)
			return 0;
	}
	s->z.next_out = (unsigned char *)to;
	s->z.avail_out = (uInt)(room < INT32_MAX ? room : INT32_MAX);
	room = s->z.avail_out;
	do {
		rc = inflate_some(s);
		if (rc < 0)
			fail(s, rc, rc == -EBADMSG ? "corrupt gzip" : NULL);
	} while (rc == 0 && s->z.avail_in > 0 && s->z.avail_out > 0);
	n = (ssize_t)(room - s->z.avail_out);
	if (n > 0)
		return n; /* what came before a failure first */
	return rc < 0 ? rc : -EAGAIN;
}
