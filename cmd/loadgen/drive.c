/* SPDX-License-Identifier: MIT */
/* One run at one rate: the loop between the schedule and the client. */
#include "drive.h"

#include "base/time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

enum {
	IDLE_MS = 100,       /* longest wait, so that a signal is seen soon */
	SENDS = 16,          /* in a row before answers are looked at again */
	RETRY_MS = 100,      /* a user of a closed loop whose request failed comes back after this */
	PROGRESS_MS = 500,
};

struct step {
	struct loadgen_drive *d;
	struct loadgen_step *s;
	struct slo_schedule schedule;
	int64_t start_ns, end_ns; /* monotonic: first and last moment of the schedule */
	int64_t next_ns;          /* the next arrival */
	bool more;                /* there is one */
	uint64_t left;            /* of --max-requests */
	int64_t *due, due_count;  /* closed loop: a heap of when users come back */
	int64_t seen_ns, shown_ns; /* last looked at the clock, printed the progress */
	double area[4], width[4]; /* requests under way times seconds, seconds */
};

static void due_push(struct step *st, int64_t at)
{
	int64_t i = st->due_count++;

	for (; i && st->due[(i - 1) / 2] > at; i = (i - 1) / 2)
		st->due[i] = st->due[(i - 1) / 2];
	st->due[i] = at;
}

static int64_t due_pop(struct step *st)
{
	int64_t first = st->due[0], last = st->due[--st->due_count], i = 0;

	for (;;) {
		int64_t child = 2 * i + 1;

		if (child + 1 < st->due_count && st->due[child + 1] < st->due[child])
			child++;
		if (child >= st->due_count || st->due[child] >= last)
			break;
		st->due[i] = st->due[child];
		i = child;
	}
	if (st->due_count)
		st->due[i] = last;
	return first;
}

static void on_done(void *arg, const struct slo_client_result *r)
{
	struct step *st = arg;
	int64_t again = r->end_ns + (r->outcome == SLO_OUTCOME_OK ? 0 : RETRY_MS * SLO_NS_PER_MS);

	slo_load_tally_add(&st->s->tally, r);
	loadgen_events_add(&st->d->events, r);
	if (st->due && again < st->end_ns)
		due_push(st, again);
}

static void next_arrival(struct step *st)
{
	int64_t at;

	if (st->due) {
		st->more = st->due_count > 0 && st->left;
		st->next_ns = st->more ? st->due[0] : 0;
		return;
	}
	st->more = st->left && slo_schedule_next(&st->schedule, &at);
	if (st->more)
		st->next_ns = st->start_ns + at;
}

static int send_one(struct step *st)
{
	const struct slo_trace_row *row = slo_schedule_row(&st->schedule);
	struct slo_client_size size = { 0, 0 };
	int ret;

	if (row)
		size = (struct slo_client_size){ row->prompt_tokens, row->max_tokens };
	if (st->due)
		due_pop(st);
	st->left--;
	ret = slo_client_send_sized(st->d->client, ++st->d->seq, st->next_ns, row ? &size : NULL);
	if (ret == -ENOMEM)
		return ret;
	if (ret)
		slo_load_tally_drop(&st->s->tally, st->next_ns, ret != -EAGAIN);
	next_arrival(st);
	return 0;
}

static int send_due(struct step *st)
{
	int ret = 0;

	if (!st->more)
		next_arrival(st); /* a user may have come back */
	for (int i = 0; i < SENDS && !ret && st->more && st->next_ns <= slo_now_mono_ns() && !loadgen_stop; i++)
		ret = send_one(st);
	return ret;
}

static void show(const struct step *st, int64_t now)
{
	const struct slo_load_tally *t = &st->s->tally;
	double left = (double)(st->end_ns - now) / (double)SLO_NS_PER_S;
	uint64_t ok = t->outcomes[SLO_OUTCOME_OK];

	fprintf(stderr, "\r%6.1f s left  measured %llu  ok %llu  failed %llu  under way %u", left > 0 ? left : 0.0,
		(unsigned long long)t->sent, (unsigned long long)ok,
		(unsigned long long)(t->sent - ok + t->dropped + t->failed_send), slo_client_inflight(st->d->client));
	if (ok)
		fprintf(stderr, "  ttft p50 %.1f p99 %.1f ms", slo_load_quantile(t, SLO_LOAD_TTFT, 0.5),
			slo_load_quantile(t, SLO_LOAD_TTFT, 0.99));
	fputs("\033[K", stderr);
}

/* What was under way since the last look, and the line for a person. */
static void look(struct step *st)
{
	const struct slo_load_tally *t = &st->s->tally;
	int64_t now = slo_now_mono_ns(), span = t->to_ns - t->from_ns;
	uint32_t n = slo_client_inflight(st->d->client);

	if (n > st->s->inflight_max)
		st->s->inflight_max = n;
	if (now > t->from_ns && now < t->to_ns && span > 0) {
		int64_t quarter = (now - t->from_ns) * 4 / span;
		double s = (double)(now - st->seen_ns) / (double)SLO_NS_PER_S;

		st->area[quarter] += n * s;
		st->width[quarter] += s;
	}
	st->seen_ns = now;
	if (st->d->show_progress && now - st->shown_ns >= PROGRESS_MS * SLO_NS_PER_MS) {
		st->shown_ns = now;
		show(st, now);
	}
}

static int loop(struct step *st)
{
	int ret = 0;

	next_arrival(st);
	while (!ret && !loadgen_stop && (st->more || slo_client_inflight(st->d->client))) {
		int64_t until = slo_now_mono_ns() + IDLE_MS * SLO_NS_PER_MS;

		ret = send_due(st);
		if (st->more && st->next_ns < until)
			until = st->next_ns;
		if (!ret && (st->more || slo_client_inflight(st->d->client)))
			ret = slo_client_poll(st->d->client, until, on_done, st);
		if (!st->more)
			next_arrival(st);
		look(st);
	}
	slo_client_cancel(st->d->client, on_done, st);
	if (st->d->show_progress)
		fputs("\r\033[K", stderr);
	return ret;
}

static int plan(struct step *st)
{
	const struct loadgen_run_opts *o = st->d->o;
	int64_t span = o->warmup_ns + o->duration_ns + o->cooldown_ns;
	enum slo_arrivals kind = (enum slo_arrivals)o->arrivals;
	uint64_t seed = (uint64_t)o->seed;

	st->left = o->max_requests > 0 ? (uint64_t)o->max_requests : UINT64_MAX;
	st->end_ns = st->start_ns + span;
	if (o->mode == LOADGEN_TRACE)
		slo_schedule_trace(&st->schedule, &o->rows, o->trace_speed, span);
	else if (o->mode == LOADGEN_RAMP)
		slo_schedule_ramp(&st->schedule, kind, o->rate, o->ramp_to, span, seed);
	else if (o->mode != LOADGEN_CLOSED)
		slo_schedule_init(&st->schedule, kind, st->s->rate, span, seed);
	if (o->mode != LOADGEN_CLOSED)
		return 0;
	st->due = calloc((size_t)o->concurrency, sizeof(*st->due));
	if (!st->due)
		return -ENOMEM;
	for (int64_t i = 0; i < o->concurrency; i++)
		due_push(st, st->start_ns);
	return 0;
}

static int64_t own_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

static void settle(struct step *st, int64_t cpu_ns)
{
	struct slo_load_tally *t = &st->s->tally;
	int64_t end = slo_now_mono_ns(), to = t->to_ns;
	struct loadgen_step *s = st->s;

	s->elapsed_s = (double)(end - st->start_ns) / (double)SLO_NS_PER_S;
	s->cpu_share = (double)(own_cpu_ns() - cpu_ns) / (double)(end - st->start_ns);
	s->ended_early = loadgen_stop && end < st->end_ns;
	if ((loadgen_stop || !st->left) && end < to)
		to = end > t->from_ns ? end : t->from_ns;
	s->measured_s = (double)(to - t->from_ns) / (double)SLO_NS_PER_S;
	for (int i = 0; i < 4; i++)
		s->inflight[i] = st->width[i] > 0 ? st->area[i] / st->width[i] : (double)NAN;
	slo_load_tally_seal(t);
	slo_load_judge(t, s->cpu_share, &s->valid);
}

static struct slo_client_stats since(const struct slo_client_stats *now, const struct slo_client_stats *then)
{
	return (struct slo_client_stats){
		.sent = now->sent - then->sent,
		.done = now->done - then->done,
		.refused = now->refused - then->refused,
		.connections = now->connections - then->connections,
		.bad_events = now->bad_events - then->bad_events,
		.oversized = now->oversized - then->oversized,
		.http2 = now->http2 - then->http2,
	};
}

int loadgen_drive_step(struct loadgen_drive *d, struct loadgen_step *s)
{
	const struct loadgen_run_opts *o = d->o;
	struct slo_client_stats before = *slo_client_stats(d->client);
	struct step st = { .d = d, .s = s };
	int64_t cpu = own_cpu_ns();
	int ret;

	st.start_ns = st.seen_ns = st.shown_ns = slo_now_mono_ns();
	s->start_ns = slo_now_wall_ns();
	slo_load_tally_init(&s->tally, st.start_ns + o->warmup_ns, st.start_ns + o->warmup_ns + o->duration_ns,
			    &o->objectives);
	ret = plan(&st);
	if (!ret)
		ret = loop(&st);
	settle(&st, cpu);
	s->client = since(slo_client_stats(d->client), &before);
	free(st.due);
	return ret;
}
