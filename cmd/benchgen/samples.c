/* SPDX-License-Identifier: MIT */
/*
 * Fault samples: what the attributor is given of each is its signals under a
 * number; label, expected domains, ids and everything else stay here. Truth is
 * looked at when all has been answered.
 */
#include "benchgen.h"

#include "attribute/score.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/num.h"
#include "io/filter.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAMPLES_MAX = 1 << 20 };

struct samples {
	struct bench *b;
	struct slo_filter filter;
	struct slo_rec_ctx ctx;
	struct slo_event ev;
	struct slo_buf questions;  /* what is asked */
	struct slo_buf lines;      /* the samples as they came, for afterwards */
	size_t cap;
	uint64_t unknown_truths, other;
	struct slo_err err;
};

static int grow(struct samples *s)
{
	struct bench *b = s->b;
	size_t cap = s->cap ? 2 * s->cap : 64;
	struct item *items;
	struct slo_case *cases;

	if (b->count < s->cap)
		return 0;
	if (b->count >= SAMPLES_MAX)
		return -EFBIG;
	items = realloc(b->items, cap * sizeof(*items));
	if (items)
		b->items = items;
	cases = realloc(b->cases, cap * sizeof(*cases));
	if (cases)
		b->cases = cases;
	if (!items || !cases)
		return -ENOMEM;
	s->cap = cap;
	return 0;
}

static int ask(struct samples *s)
{
	const struct slo_fault_sample *from = &s->ev.fault_sample;
	struct slo_fault_sample q;
	char name[32];

	slo_rec_clear(slo_event_rec[SLO_KIND_FAULT_SAMPLE], &q);
	(void)!snprintf(name, sizeof(name), "%zu", s->b->count);
	q.incident_id = q.request_id = q.trace_id = slo_str(name);
	q.cluster = q.namespace = q.service = slo_str("sample");
	q.fault_label = slo_str("");
	q.timestamp = from->timestamp;
	memcpy(q.signals, from->signals, from->signals_count * sizeof(q.signals[0]));
	q.signals_count = from->signals_count;
	q.confidence = 0;
	q.burn_rate = from->burn_rate;
	q.window_minutes = from->window_minutes;
	return slo_event_encode_payload(SLO_KIND_FAULT_SAMPLE, &q, &s->questions);
}

static char *text_of(struct slo_str s)
{
	return strndup(s.p ? s.p : "", s.len);
}

/* The sample of item @i is in @s->ev. */
static int keep_truth(struct samples *s, size_t i)
{
	const struct slo_fault_sample *from = &s->ev.fault_sample;
	struct item *it = &s->b->items[i];
	struct slo_truth truth;

	s->unknown_truths += !slo_truth_read(from, &truth);
	/* The truth of a sample is its set; where it expects one domain beside it, that one is in it. */
	s->b->cases[i] = (struct slo_case){ .truth = truth.set, .positive = true, .end_ns = from->timestamp };
	it->id = text_of(from->incident_id);
	it->scenario = text_of(from->fault_label);
	return it->id && it->scenario ? 0 : -ENOMEM;
}

/* All has been answered: now the samples are read again for what they expect. */
static int read_truths(struct samples *s)
{
	const char *at = s->lines.data, *end = at + s->lines.len;
	int r = 0;

	for (size_t i = 0; i < s->b->count && !r; i++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		r = slo_event_decode(&s->ctx, at, (size_t)(stop - at), SLO_KIND_FAULT_SAMPLE,
				     1u << SLO_KIND_FAULT_SAMPLE, &s->ev, &s->err);
		r = r ? r : keep_truth(s, i);
		at = stop + 1;
	}
	return r;
}

static int take_line(struct samples *s, struct slo_str line)
{
	int r = slo_event_decode(&s->ctx, line.p, line.len, SLO_KIND_FAULT_SAMPLE, 1u << SLO_KIND_FAULT_SAMPLE, &s->ev,
				 &s->err);

	if (r < 0) {
		slo_filter_bad(&s->filter, line, &s->err);
		slo_err_reset(&s->err);
		return 0;
	}
	if (r == SLO_EVENT_SKIPPED) {
		s->other++;
		return 0;
	}
	r = grow(s);
	r = r ? r : ask(s);
	if (r)
		return r;
	slo_buf_add(&s->lines, line.p, line.len);
	slo_buf_addc(&s->lines, '\n');
	s->b->items[s->b->count] = (struct item){ .rec = NULL };
	s->b->count++;
	return s->lines.err;
}

static int read_samples(struct samples *s)
{
	struct slo_str line;
	int r = slo_reader_open(s->b->o->input, &s->filter.in, &s->err), got;

	while (!r && (got = slo_reader_next(s->filter.in, &line, -1)) != SLO_READ_EOF) {
		if (got < 0)
			r = slo_err_set(&s->err, got, "%s", slo_reader_why(s->filter.in, got));
		else if (got == SLO_READ_TOO_LONG)
			slo_filter_bad(&s->filter, slo_str(NULL), &s->err);
		else if (got == SLO_READ_LINE)
			r = take_line(s, line);
	}
	(void)slo_filter_end(&s->filter);
	slo_reader_close(s->filter.in);
	if (r)
		slo_err_at(&s->err, "%s", s->b->o->input);
	else if (!s->b->count)
		r = slo_err_set(&s->err, -ENOENT, "%s: holds no fault sample", s->b->o->input);
	return r ? slo_err_set(&s->err, r, "%s", slo_strerror(r)) : 0;
}

/* The bytes that were asked stand for the data set: they hold all signals. */
static int prepare(struct samples *s, int fd)
{
	struct bench *b = s->b;
	struct slo_str all = slo_buf_str(&s->questions);
	int r = slo_sha256(all, b->dataset_sha256);

	(void)!snprintf(b->manifest_sha256, sizeof(b->manifest_sha256), "unknown");
	for (int m = 0; m < METHOD__COUNT && !r; m++) {
		b->out[m] = calloc(b->count, sizeof(*b->out[m]));
		if (!b->out[m])
			return -ENOMEM;
		for (size_t i = 0; i < b->count; i++)
			slo_outcome_init(&b->out[m][i]);
	}
	while (!r && all.len) {
		ssize_t n = write(fd, all.p, all.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		all = slo_str_n(all.p + (n > 0 ? n : 0), all.len - (size_t)(n > 0 ? n : 0));
	}
	return r;
}

/* A sample is an incident by itself: its line is the answer. */
static int read_answers(struct samples *s, int fd, int method)
{
	struct slo_case whole = { .truth = 1, .fault_start_ns = INT64_MIN, .fault_end_ns = INT64_MAX };
	struct slo_reader *in = NULL;
	struct slo_str line;
	int64_t at;
	int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : slo_reader_fd(fd, "answer", &in), got = SLO_READ_EOF;

	if (r) {
		close(fd);
		return r;
	}
	while (!r && (got = slo_reader_next(in, &line, -1)) == SLO_READ_LINE) {
		r = slo_event_decode(&s->ctx, line.p, line.len, SLO_KIND_INCIDENT, 1u << SLO_KIND_INCIDENT, &s->ev,
				     &s->err);
		if (r < 0)
			break;
		if (r == SLO_EVENT_SKIPPED) {
			r = 0;
			continue;
		}
		if (slo_parse_i64(s->ev.incident.incident_id, &at) || at < 0 || (uint64_t)at >= s->b->count)
			r = slo_err_set(&s->err, -EIO, "%s: answers what was not asked", s->b->command.argv[0]);
		else
			slo_outcome_take(&s->b->out[method][at], &whole, &s->ev.incident);
		if (r == 0 && method == METHOD_OURS)
			bench_model(s->b, s->ev.incident.model);
	}
	if (r >= 0 && got != SLO_READ_EOF && got != SLO_READ_LINE)
		r = slo_err_set(&s->err, -EIO, "answer:%llu: unreadable", (unsigned long long)slo_reader_line(in));
	slo_reader_close(in);
	return r < 0 ? r : 0;
}

static int answer(struct samples *s, int fd, int method, int mode)
{
	const struct command *command = &s->b->command;
	struct task t = { .in = fd, .mode = mode, .bayes_model = s->b->o->bayes_model };
	struct child k;
	struct pollfd p = { .events = POLLIN };
	int r = child_start(&k, command, &t, &s->err);

	if (r)
		return r;
	for (p.fd = k.pidfd; !r && poll(&p, 1, 1000) <= 0;)
		r = child_check(&k, command, &s->err);
	r = r ? r : child_end(&k, command, &s->err);
	if (!r)
		r = read_answers(s, SLO_TAKE_FD(k.out), method);
	child_drop(&k);
	return r;
}

static int run_all(struct samples *s)
{
	slo_autoclose int fd = child_plain_file();
	struct bench *b = s->b;
	int r = fd < 0 ? fd : prepare(s, fd);

	r = r ? r : answer(s, fd, METHOD_OURS, b->o->mode);
	if (!r && b->o->mode == MODE_RULE)
		memcpy(b->out[METHOD_RULES], b->out[METHOD_OURS], b->count * sizeof(*b->out[METHOD_OURS]));
	else if (!r)
		r = answer(s, fd, METHOD_RULES, MODE_RULE);
	return r;
}

int samples_run(struct bench *b)
{
	static struct samples s;
	int r;

	s = (struct samples){ .b = b, .filter = { .report = slo_warn_err }, .err = { .what = "" } };
	slo_rec_ctx_init(&s.ctx);
	slo_buf_init(&s.questions, INPUT_MAX);
	slo_buf_init(&s.lines, INPUT_MAX);
	r = read_samples(&s);
	if (r) {
		slo_warn_err(&s.err);
		r = EXIT_FAILED;
	} else if ((r = run_all(&s)) != 0) {
		slo_err_set(&s.err, r, "%s", slo_strerror(r));
		slo_warn_err(&s.err);
		r = EXIT_BACKEND;
	} else if ((r = read_truths(&s)) != 0) {
		slo_err_set(&s.err, r, "%s", slo_strerror(r));
		slo_warn_err(&s.err);
		r = EXIT_FAILED;
	}
	if (s.unknown_truths)
		slo_info("%llu samples expect a domain nobody knows: scored as unknown",
			 (unsigned long long)s.unknown_truths);
	slo_rec_ctx_fini(&s.ctx);
	slo_buf_fini(&s.questions);
	slo_buf_fini(&s.lines);
	return r;
}
