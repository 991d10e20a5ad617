/* SPDX-License-Identifier: MIT */
/* Every incident through every attributor, some at once; answers are kept by incident: their order does not matter. */
#include "benchgen.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "io/reader.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* Who runs a process, in this order. */
static const int runners[] = { METHOD_OURS, METHOD_RULES };

struct slot {
	size_t item;
	size_t stage;        /* index into runners */
	int in;              /* -1 = none */
	struct child child;
};

struct crew {
	struct bench *b;
	struct slot *slots;
	size_t count, next; /* slots; the incident to begin next */
	struct slo_loudest *loudest;
	struct slo_event ev;
	struct slo_err err;
};

static int mode_of(const struct bench *b, size_t stage)
{
	return runners[stage] == METHOD_RULES ? MODE_RULE : b->o->mode;
}

/* One mode need not be run twice. */
static size_t stages(const struct bench *b)
{
	return b->o->mode == MODE_RULE ? 1 : SLO_ARRAY_LEN(runners);
}

static int start(struct crew *c, struct slot *s)
{
	struct bench *b = c->b;
	struct task t = { .in = s->in, .mode = mode_of(b, s->stage), .bayes_model = b->o->bayes_model,
			  .objectives = b->items[s->item].rec->objective };

	return child_start(&s->child, &b->command, &t, &c->err);
}

static int begin(struct crew *c, struct slot *s)
{
	int r;

	s->item = c->next++;
	s->stage = 0;
	s->in = child_plain_file();
	if (s->in < 0)
		return slo_err_set(&c->err, s->in, "memfd_create: %s", slo_strerror(s->in));
	r = stream_prepare(c->b, s->item, s->in, c->loudest, &c->err);
	if (r)
		return r;
	environment_read(c->b, s->item);
	slo_loudest_answer(c->loudest, &c->b->out[METHOD_LOUDEST][s->item]);
	return start(c, s);
}

static int read_answers(struct crew *c, struct slot *s)
{
	struct bench *b = c->b;
	struct item *it = &b->items[s->item];
	struct slo_rec_ctx ctx;
	struct slo_reader *in = NULL;
	struct slo_str line;
	int r = lseek(s->child.out, 0, SEEK_SET) < 0 ? -errno : slo_reader_fd(s->child.out, "answer", &in), got;

	if (r)
		return slo_err_set(&c->err, r, "%s", slo_strerror(r));
	s->child.out = -1; /* the reader's */
	slo_rec_ctx_init(&ctx);
	while (!r && (got = slo_reader_next(in, &line, -1)) == SLO_READ_LINE) {
		r = slo_event_decode(&ctx, line.p, line.len, SLO_KIND_INCIDENT, 1u << SLO_KIND_INCIDENT, &c->ev,
				     &c->err);
		if (r < 0) {
			slo_err_at(&c->err, "%s: answer:%llu", b->command.argv[0],
				   (unsigned long long)slo_reader_line(in));
			r = -EIO;
		} else if (r == 0 && slo_str_eq(c->ev.incident.service, it->rec->service)) {
			slo_outcome_take(&b->out[runners[s->stage]][s->item], &b->cases[s->item], &c->ev.incident);
			if (runners[s->stage] == METHOD_OURS)
				bench_model(b, c->ev.incident.model);
		} else if (r == 0) {
			it->foreign += runners[s->stage] == METHOD_OURS;
		}
		r = r < 0 ? r : 0;
	}
	if (!r && got != SLO_READ_EOF)
		r = slo_err_set(&c->err, -EIO, "answer:%llu: unreadable", (unsigned long long)slo_reader_line(in));
	slo_rec_ctx_fini(&ctx);
	slo_reader_close(in);
	return r;
}

/* Its process has ended: what did it say, and what comes next? */
static int finish(struct crew *c, struct slot *s)
{
	int r = child_end(&s->child, &c->b->command, &c->err);

	r = r ? r : read_answers(c, s);
	child_drop(&s->child);
	if (!r && ++s->stage < stages(c->b))
		return start(c, s);
	close(SLO_TAKE_FD(s->in));
	return r;
}

static int wait_some(struct crew *c)
{
	struct pollfd fds[JOBS_MAX];
	int r = 0;

	for (size_t i = 0; i < c->count; i++)
		fds[i] = (struct pollfd){ .fd = c->slots[i].child.pidfd, .events = POLLIN };
	if (poll(fds, c->count, 1000) < 0 && errno != EINTR)
		return slo_err_set(&c->err, -errno, "poll: %s", slo_strerror(-errno));
	for (size_t i = 0; i < c->count && !r; i++) {
		struct slot *s = &c->slots[i];

		if (fds[i].fd < 0)
			continue;
		r = fds[i].revents ? finish(c, s) : child_check(&s->child, &c->b->command, &c->err);
		if (r)
			slo_err_at(&c->err, "%s", c->b->items[s->item].id);
	}
	return r;
}

static void stop_all(struct crew *c)
{
	for (size_t i = 0; i < c->count; i++) {
		child_drop(&c->slots[i].child);
		if (c->slots[i].in >= 0)
			close(c->slots[i].in);
	}
}

static int work(struct crew *c)
{
	size_t busy;
	int r = 0;

	do {
		busy = 0;
		for (size_t i = 0; i < c->count && !r; i++) {
			if (!c->slots[i].child.pid && c->next < c->b->count)
				r = begin(c, &c->slots[i]);
			busy += c->slots[i].child.pid != 0;
		}
		if (!r && busy)
			r = wait_some(c);
	} while (!r && (busy || c->next < c->b->count));
	return r;
}

/* Rows came in the order incidents ended. */
static int by_incident(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	if (x->incident != y->incident)
		return x->incident < y->incident ? -1 : 1;
	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

int run_incidents(struct bench *b)
{
	struct crew c = { .b = b, .err = { .what = "" } };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int r = 0;

	c.count = (size_t)(b->o->jobs ? b->o->jobs : cpus > 0 ? cpus : 1);
	c.count = c.count < JOBS_MAX ? c.count : JOBS_MAX;
	c.slots = calloc(c.count, sizeof(*c.slots));
	c.loudest = malloc(sizeof(*c.loudest));
	if (!c.slots || !c.loudest)
		r = slo_err_set(&c.err, -ENOMEM, "out of memory");
	if (!r) {
		for (size_t i = 0; i < c.count; i++) {
			c.slots[i].in = -1;
			child_init(&c.slots[i].child);
		}
		r = work(&c);
		stop_all(&c);
	}
	free(c.slots);
	free(c.loudest);
	if (r) {
		slo_warn_err(&c.err);
		return r == -EIO || r == -ETIMEDOUT || r == -EMSGSIZE ? EXIT_BACKEND : EXIT_FAILED;
	}
	if (b->o->mode == MODE_RULE)
		memcpy(b->out[METHOD_RULES], b->out[METHOD_OURS], b->count * sizeof(*b->out[METHOD_OURS]));
	if (b->costs.count)
		qsort(b->costs.rows, b->costs.count, sizeof(*b->costs.rows), by_incident);
	return 0;
}
