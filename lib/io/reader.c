/* SPDX-License-Identifier: MIT */
#include "io/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "io/internal.h"

/* Large enough that a read of a file costs little beside its copy, small enough to stay in a core's cache. */
enum { FIRST_CAP = 256 << 10 };

int64_t slo_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? INT64_MAX : slo_now_mono_ns() + timeout_ms * SLO_NS_PER_MS;
}

int slo_left_ms(int64_t deadline)
{
	int64_t left;

	if (deadline == INT64_MAX)
		return -1;
	left = deadline - slo_now_mono_ns();
	if (left <= 0)
		return 0;
	left = (left + SLO_NS_PER_MS - 1) / SLO_NS_PER_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int slo_wait(int fd, short events, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, timeout_ms);

	if (n < 0)
		return errno == EINTR ? SLO_READ_WAKE : -errno;
	return n == 0 ? SLO_READ_TIMEOUT : 0;
}

int slo_reader_fd(int fd, const char *name, struct slo_reader **out)
{
	slo_autofree struct slo_reader *r = calloc(1, sizeof(*r));
	slo_autofree char *copy = strdup(name);
	struct stat st;
	int rc;

	if (!r || !copy)
		return -ENOMEM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	rc = slo_stream_init(&r->stream, fd, FIRST_CAP, SLO_LINE_MAX);
	if (rc < 0)
		return rc;
	r->regular = S_ISREG(st.st_mode);
	if (r->regular)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r->name = SLO_TAKE(copy);
	*out = SLO_TAKE(r);
	return 0;
}

int slo_reader_limit(struct slo_reader *r, size_t max_line, size_t cap)
{
	struct slo_inflate *inflate = r->stream.inflate;
	int fd = r->stream.fd, rc;

	free(r->stream.buf);
	rc = slo_stream_init(&r->stream, fd, cap, max_line);
	r->stream.inflate = inflate;
	return rc;
}

int slo_reader_inflate(struct slo_reader *r)
{
	return slo_inflate_new(&r->stream.inflate);
}

static int open_plain(const struct slo_endpoint *e, struct slo_err *err)
{
	int fd, rc;

	if (e->kind == SLO_ENDPOINT_UNIX)
		return slo_unix_connect(e->path, err);
	/* Standard input is copied, so that closing the reader does not free descriptor 0 for another file. */
	if (e->kind == SLO_ENDPOINT_STD)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(e->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		return fd;
	rc = -errno;
	return slo_err_set(err, rc, "cannot open: %s", slo_strerror(rc));
}

static int open_hub(const char *path, struct slo_reader **out, struct slo_err *err)
{
	slo_autofree struct slo_reader *r = calloc(1, sizeof(*r));
	slo_autofree char *copy = strdup(path);
	int rc;

	if (!r || !copy)
		return -ENOMEM;
	rc = slo_hub_open(path, SLO_LINE_MAX, &r->hub, err);
	if (rc < 0)
		return rc;
	r->stream.fd = -1;
	r->name = SLO_TAKE(copy);
	*out = SLO_TAKE(r);
	return 0;
}

static bool is_gzip(const struct slo_endpoint *e)
{
	size_t len = e->kind == SLO_ENDPOINT_FILE ? strlen(e->path) : 0;

	return len > 3 && strcmp(e->path + len - 3, ".gz") == 0;
}

static int open_stream(const struct slo_endpoint *e, const char *name, struct slo_reader **out, struct slo_err *err)
{
	slo_autoclose int fd = open_plain(e, err);
	struct slo_reader *r;
	int rc = fd < 0 ? fd : slo_reader_fd(fd, name, &r);

	if (rc < 0)
		return rc;
	(void)SLO_TAKE_FD(fd);
	rc = is_gzip(e) ? slo_reader_inflate(r) : 0;
	if (rc < 0)
		slo_reader_close(r);
	else
		*out = r;
	return rc;
}

int slo_reader_open(const char *endpoint, struct slo_reader **out, struct slo_err *err)
{
	struct slo_endpoint e;
	const char *name;
	int rc = slo_endpoint_parse(endpoint, &e, err);

	if (rc < 0)
		return rc;
	name = e.kind == SLO_ENDPOINT_STD ? "stdin" : e.path;
	rc = e.kind == SLO_ENDPOINT_UNIX_LISTEN ? open_hub(name, out, err) : open_stream(&e, name, out, err);
	if (rc < 0 && err && err->where[0] == '\0') {
		slo_err_set(err, rc, "%s", slo_strerror(rc));
		slo_err_at(err, "%s", name);
	}
	return rc;
}

/* Nothing complete is buffered: get more bytes. Return: as slo_wait(). */
static int refill(struct slo_reader *r, int64_t *deadline, int timeout_ms)
{
	int rc = 0;

	/*
	 * poll() also where the read may block, because unlike read() it is never
	 * restarted after a signal.
	 */
	if (!r->regular && !(r->stream.inflate && slo_inflate_pending(r->stream.inflate))) {
		if (*deadline < 0)
			*deadline = slo_deadline(timeout_ms);
		rc = slo_wait(r->stream.fd, POLLIN, slo_left_ms(*deadline));
		if (rc != 0)
			return rc;
	}
	rc = slo_stream_fill(&r->stream);
	if (rc == -EINTR)
		return SLO_READ_WAKE;
	if (rc == -EAGAIN)
		return 0;
	if (rc == -ECONNRESET) {
		r->stream.eof = true;
		return 0;
	}
	return rc;
}

int slo_reader_next(struct slo_reader *r, struct slo_str *line, int timeout_ms)
{
	int64_t deadline = -1;
	int fills = 0, rc;

	if (r->hub) {
		rc = slo_hub_next(r->hub, line, timeout_ms, &r->stats);
	} else {
		while ((rc = slo_stream_line(&r->stream, line)) == SLO_STREAM_MORE) {
			rc = fills++ < SLO_FILLS_MAX ? refill(r, &deadline, timeout_ms) : SLO_READ_WAKE;
			if (rc != 0)
				break;
		}
	}
	if (rc == SLO_READ_LINE) {
		r->stats.lines++;
		r->stats.bytes += line->len;
		return rc;
	}
	*line = (struct slo_str){ NULL, 0 };
	r->stats.too_long += rc == SLO_READ_TOO_LONG;
	return rc;
}

uint64_t slo_reader_line(const struct slo_reader *r)
{
	return r->hub ? slo_hub_line(r->hub) : r->stream.line;
}

const char *slo_reader_name(const struct slo_reader *r)
{
	const char *client = r->hub ? slo_hub_name(r->hub) : NULL;

	return client ? client : r->name;
}

const char *slo_reader_why(const struct slo_reader *r, int rc)
{
	const char *why = rc == -EBADMSG && r->stream.inflate ? slo_inflate_why(r->stream.inflate) : NULL;

	return why ? why : slo_strerror(rc);
}

const struct slo_reader_stats *slo_reader_stats(const struct slo_reader *r)
{
	return &r->stats;
}

void slo_reader_close(struct slo_reader *r)
{
	if (!r)
		return;
	if (r->hub)
		slo_hub_free(r->hub);
	slo_stream_fini(&r->stream);
	free(r->name);
	free(r);
}
