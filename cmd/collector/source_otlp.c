/* SPDX-License-Identifier: MIT */
/* Records that come as OTLP: over HTTP, and as lines of the OpenTelemetry Collector's file exporter. */
#include "collector.h"

#include "base/log.h"
#include "base/time.h"
#include "net/otlp_receive.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	WAITING_MAX = 32 << 20, /* bytes of records not read yet, from which on no more is taken: 429 */
	LINES_MAX = 256 << 20,  /* and what one body may add */
};

/* Between the receiver's thread, which writes, and the collector's. */
struct inbox {
	pthread_mutex_t lock;
	struct slo_buf lines;    /* records, a line each; the receiver's to add to */
	struct slo_buf taken;    /* the collector's */
	size_t at;               /* of the next line in @taken */
	int fd;                  /* eventfd: there is something */
	struct slo_otlp_in *in;
	struct slo_otlp_receive *receive;
};

/* Called with the lock held. */
static void add_line(void *arg, const struct slo_event *ev)
{
	struct inbox *b = arg;
	size_t len = b->lines.len;

	if (slo_event_encode(ev, &b->lines) == 0) {
		slo_buf_adds(&b->lines, "\n");
		return;
	}
	b->lines.len = len;
}

static int consume(void *arg, int signal, int encoding, struct slo_str body, struct slo_otlp_answer *answer)
{
	struct inbox *b = arg;
	const uint64_t one = 1;
	int r = -EAGAIN;

	pthread_mutex_lock(&b->lock);
	if (b->lines.len < WAITING_MAX)
		r = slo_otlp_in_body(b->in, signal, encoding, body, answer, NULL);
	pthread_mutex_unlock(&b->lock);
	(void)!write(b->fd, &one, sizeof(one));
	return r;
}

static void inbox_free(struct inbox *b)
{
	if (b->fd >= 0)
		close(b->fd);
	slo_otlp_in_free(b->in);
	slo_buf_fini(&b->lines);
	slo_buf_fini(&b->taken);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static int otlp_open(struct collector *c, struct source *s, struct slo_err *err)
{
	struct inbox *b = calloc(1, sizeof(*b));
	struct slo_otlp_receive_opts o = { .listen = s->where, .token_file = c->o->otlp_token_file, .consume = consume,
					   .arg = b };
	struct slo_otlp_in_opts io = { .emit = add_line, .arg = b, .config = &c->config, .cluster = slo_str(c->o->cluster) };
	int r;

	if (!b)
		return slo_err_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&b->lock, NULL);
	slo_buf_init(&b->lines, LINES_MAX);
	slo_buf_init(&b->taken, LINES_MAX);
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = b->fd < 0 ? -errno : slo_otlp_in_new(&io, &b->in);
	r = r ? slo_err_set(err, r, "%s", slo_strerror(r)) : slo_otlp_receive_start(&o, &b->receive, err);
	if (r) {
		slo_err_at(err, "--otlp-listen %s", s->where);
		inbox_free(b);
		return r;
	}
	s->state = b;
	s->live = true;
	slo_info("taking OTLP on port %d", slo_otlp_receive_port(b->receive));
	return 0;
}

/* What has come since becomes what is read. Return: there is some. */
static bool swap(struct inbox *b)
{
	struct slo_buf empty = b->taken;

	slo_buf_reset(&empty);
	pthread_mutex_lock(&b->lock);
	b->taken = b->lines;
	b->lines = empty;
	pthread_mutex_unlock(&b->lock);
	b->at = 0;
	return b->taken.len > 0;
}

static void take_next(struct collector *c, struct source *s, struct inbox *b)
{
	const char *line = b->taken.data + b->at, *end = memchr(line, '\n', b->taken.len - b->at);
	size_t len = end ? (size_t)(end - line) : b->taken.len - b->at;
	struct slo_err ignored = { .what = "" };

	b->at += len + 1;
	if (slo_event_decode(&c->in_ctx, line, len, -1, (1u << SLO_KIND__COUNT) - 1, &c->in_ev, &ignored) == 0)
		collector_take(c, s, &c->in_ev, slo_str_n(line, len), false);
}

static int otlp_read(struct collector *c, struct source *s, int timeout_ms)
{
	struct inbox *b = s->state;
	struct pollfd p = { .fd = b->fd, .events = POLLIN };
	uint64_t n;

	if (b->at >= b->taken.len && !swap(b)) {
		if (collector_stop)
			return SLO_READ_EOF;
		if (poll(&p, 1, timeout_ms) <= 0)
			return SLO_READ_TIMEOUT;
		(void)!read(b->fd, &n, sizeof(n));
		if (!swap(b))
			return SLO_READ_TIMEOUT;
	}
	take_next(c, s, b);
	return SLO_READ_LINE;
}

static int otlp_close(struct collector *c, struct source *s)
{
	struct inbox *b = s->state;
	struct slo_otlp_in_counters in;

	slo_otlp_receive_stop(b->receive);
	slo_otlp_in_drain(b->in);
	if (b->at < b->taken.len || swap(b))
		do
			take_next(c, s, b);
		while (b->at < b->taken.len || swap(b));
	slo_otlp_in_counters(b->in, &in);
	if (c->o->stats || in.rejected)
		slo_info("otlp: %" PRIu64 " log records, %" PRIu64 " data points, %" PRIu64 " spans; %" PRIu64 " rejected, %" PRIu64
			 " of others passed over, %" PRIu64 " requests late",
			 in.items[SLO_OTLP_LOGS], in.items[SLO_OTLP_METRICS], in.items[SLO_OTLP_TRACES], in.rejected,
			 in.foreign[SLO_OTLP_LOGS] + in.foreign[SLO_OTLP_METRICS], in.late);
	inbox_free(b);
	return 0;
}

const struct source_kind source_otlp = { "otlp", otlp_open, otlp_read, otlp_close };

static void take_made(void *arg, const struct slo_event *ev)
{
	struct collector *c = arg;

	slo_buf_reset(&c->made);
	if (slo_event_encode(ev, &c->made) == 0)
		collector_take(c, c->made_by, ev, slo_buf_str(&c->made), false);
}

bool otlp_line(struct collector *c, struct source *s, struct slo_str line)
{
	const struct slo_otlp_in_opts io = { .emit = take_made, .arg = c, .config = &c->config,
					     .cluster = slo_str(c->o->cluster) };
	struct slo_otlp_answer answer = { .rejected = 0 };
	struct slo_err err = { .what = "" };

	if (slo_otlp_line_signal(line) < 0 || (!c->otlp_lines && slo_otlp_in_new(&io, &c->otlp_lines)))
		return false;
	c->made_by = s;
	if (slo_otlp_in_line(c->otlp_lines, line, &answer, &err) == 0 && answer.rejected)
		slo_err_set(&err, -EINVAL, "%" PRId64 " items are no records: %.*s", answer.rejected,
			    SLO_STR_ARG(answer.message));
	if (err.what[0])
		slo_filter_bad(&s->filter, line, &err);
	return true;
}

void otlp_lines_end(struct collector *c)
{
	if (!c->otlp_lines)
		return;
	slo_otlp_in_drain(c->otlp_lines);
	slo_otlp_in_free(c->otlp_lines);
	c->otlp_lines = NULL;
}
