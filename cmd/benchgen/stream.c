/* SPDX-License-Identifier: MIT */
/* One recorded stream: a copy for the attributor, and what the baselines and the accounts need of it. */
#include "benchgen.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/reader.h"
#include "io/writer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Kinds an attributor is given: observations. What else a stream may hold could say what really happened. */
static const uint32_t observations = 1u << SLO_KIND_SLO | 1u << SLO_KIND_SLI_WINDOW | 1u << SLO_KIND_PROBE |
				     1u << SLO_KIND_WINDOW | 1u << SLO_KIND_SPAN | 1u << SLO_KIND_STATS;
static const uint32_t wanted = 1u << SLO_KIND_WINDOW | 1u << SLO_KIND_SLI_WINDOW | 1u << SLO_KIND_PROBE |
			       1u << SLO_KIND_STATS;

struct pass {
	struct bench *b;
	size_t i;
	struct slo_loudest *loudest;
	struct slo_writer *copy;
	struct slo_rec_ctx ctx;
	struct slo_event ev;
	int64_t stats_ns;    /* of the stats record before, SLO_ABSENT_I64 = none */
	double emitted, dropped; /* by then */
	uint64_t bytes;
};

static int check_digest(const struct bench *b, size_t i, const char *path, struct slo_err *err)
{
	struct slo_str want = slo_recorded_sha256(b->items[i].rec, b->o->stream);
	char got[SLO_SHA256_HEX];
	int r = slo_sha256_file(path, got, err);

	if (r || slo_str_is(want, got))
		return r;
	slo_err_at(err, "%s", path);
	return slo_err_set(err, -EINVAL, "sha256 is %.12s..., the manifest says %.12s...", got, want.p ? want.p : "");
}

/* Sum of the counters whose name begins with @prefix; NaN when there is none. */
static double counters(const struct slo_stats *s, const char *prefix)
{
	double sum = 0;
	bool any = false;

	for (uint32_t i = 0; i < s->counters_count; i++)
		if (s->counters[i].key.len > strlen(prefix) &&
		    memcmp(s->counters[i].key.p, prefix, strlen(prefix)) == 0) {
			sum += s->counters[i].value;
			any = true;
		}
	return any ? sum : NAN;
}

static double counter(const struct slo_stats *s, const char *key)
{
	for (uint32_t i = 0; i < s->counters_count; i++)
		if (slo_str_is(s->counters[i].key, key))
			return s->counters[i].value;
	return NAN;
}

static struct cost *cost_new(struct costs *c)
{
	if (c->count == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 256;
		struct cost *rows = c->cap < COSTS_MAX ? realloc(c->rows, cap * sizeof(*rows)) : NULL;

		if (!rows) {
			c->dropped++;
			return NULL;
		}
		c->rows = rows;
		c->cap = cap;
	}
	return &c->rows[c->count++];
}

/* Counters count from the agent's start, so the first record speaks of all the time since. */
static void take_stats(struct pass *p)
{
	const struct slo_stats *s = &p->ev.stats;
	double emitted = counters(s, "emitted_"), dropped = counters(s, "drop_"), bytes = counter(s, "resident_bytes");
	int64_t since = p->stats_ns == SLO_ABSENT_I64 ? s->start_ns : p->stats_ns;
	struct cost *c;

	if (!slo_str_is(s->tool, "agent"))
		return;
	c = cost_new(&p->b->costs);
	if (!c)
		return;
	*c = (struct cost){ .at_ns = s->timestamp, .incident = (uint32_t)p->i, .cpu_pct = counter(s, "cpu_pct"),
			    .bpf_cpu_pct = counter(s, "bpf_cpu_pct"), .memory_mb = bytes / (1 << 20), .events_s = NAN,
			    .dropped = dropped - p->dropped };
	slo_str_copy(c->node, sizeof(c->node), s->node);
	if (s->timestamp > since)
		c->events_s = (emitted - p->emitted) / ((double)(s->timestamp - since) / 1e9);
	p->stats_ns = s->timestamp;
	p->emitted = isnan(emitted) ? 0 : emitted;
	p->dropped = isnan(dropped) ? 0 : dropped;
}

static void note_source(struct item *it, int source)
{
	if (source == SLO_SOURCE_SYNTHETIC || source == SLO_SOURCE_REPLAY)
		it->live = false;
}

static void take_window(struct pass *p)
{
	const struct slo_window *w = &p->ev.window;
	struct item *it = &p->b->items[p->i];

	note_source(it, w->source);
	if (w->state != SLO_STATE_NOT_CAPTURED && w->provider.len >= 3 && memcmp(w->provider.p, "bpf", 3) == 0)
		it->traced = true;
	/* A window without a service is of the whole machine. */
	if (!w->service.len || slo_str_eq(w->service, it->rec->service))
		slo_loudest_add(p->loudest, w);
}

static void take_event(struct pass *p)
{
	switch (p->ev.kind) {
	case SLO_KIND_WINDOW:
		take_window(p);
		break;
	case SLO_KIND_SLI_WINDOW:
		note_source(&p->b->items[p->i], p->ev.sli_window.source);
		break;
	case SLO_KIND_PROBE:
		note_source(&p->b->items[p->i], p->ev.probe.source);
		break;
	case SLO_KIND_STATS:
		take_stats(p);
		break;
	default:
		break;
	}
}

static int take_line(struct pass *p, struct slo_str line)
{
	struct item *it = &p->b->items[p->i];
	int r = slo_event_decode(&p->ctx, line.p, line.len, -1, wanted, &p->ev, NULL);

	if (r < 0) {
		it->unreadable++;
		return 0; /* a line nobody can read may say anything: it is not handed on */
	}
	if (p->ev.kind < 0 || !(observations >> p->ev.kind & 1)) {
		it->withheld++;
		return 0;
	}
	if (r == 0)
		take_event(p);
	it->lines++;
	p->bytes += line.len + 1;
	if (p->bytes > INPUT_MAX)
		return -EFBIG;
	return slo_writer_line(p->copy, line, SLO_WRITE_WINDOW);
}

static int read_lines(struct pass *p, const char *path, struct slo_err *err)
{
	struct slo_reader *in = NULL;
	struct slo_str line;
	int r = slo_reader_open(path, &in, err), got;

	if (r)
		return r;
	while (!r && (got = slo_reader_next(in, &line, -1)) != SLO_READ_EOF) {
		if (got < 0)
			r = slo_err_set(err, got, "%s", slo_reader_why(in, got));
		else if (got == SLO_READ_TOO_LONG)
			p->b->items[p->i].unreadable++;
		else if (got == SLO_READ_LINE)
			r = take_line(p, line);
	}
	slo_reader_close(in);
	if (r) {
		slo_err_set(err, r, "%s", slo_strerror(r));
		slo_err_at(err, "%s", path);
	}
	return r;
}

int stream_prepare(struct bench *b, size_t i, int fd, struct slo_loudest *l, struct slo_err *err)
{
	slo_autofree char *path = dataset_stream(b, i);
	slo_autofree struct pass *p = calloc(1, sizeof(*p));
	struct slo_writer_opts w = { .streaming = false };
	int copy = dup(fd), r, closed;

	if (!path || !p || copy < 0 || slo_writer_fd(copy, "stream", &w, &p->copy)) {
		if (copy >= 0)
			close(copy);
		return slo_err_set(err, -ENOMEM, "out of memory");
	}
	p->b = b;
	p->i = i;
	p->loudest = l;
	p->stats_ns = SLO_ABSENT_I64;
	slo_loudest_init(l, b->cases[i].fault_start_ns, b->cases[i].fault_end_ns);
	slo_rec_ctx_init(&p->ctx);
	r = check_digest(b, i, path, err);
	r = r ? r : read_lines(p, path, err);
	slo_rec_ctx_fini(&p->ctx);
	closed = slo_writer_close(p->copy, r ? NULL : err);
	return r ? r : closed;
}
