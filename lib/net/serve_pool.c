/* SPDX-License-Identifier: MIT */
#include "net/serve_pool.h"

#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	SLICE_US = 1000,        /* of CPU work between two looks at whether anybody still wants it */
	LOOK_MS = 20,           /* likewise while waiting */
	OUTPUT_MAX = 2 << 20,   /* bytes of one answer not yet read: SLO_SERVE_TOKENS_MAX chunks fit */
};

struct slo_job {
	struct slo_pool *pool;
	struct slo_chat_answer answer;
	struct slo_trace_context trace;   /* the trace, and our span in it */
	struct slo_trace_context parent;
	struct slo_ends ends;
	int64_t start_ns, start_mono_ns;  /* when it came; wall clock and monotonic */
	int64_t tokens;                   /* produced */
	struct slo_calls_report calls;    /* of the worker until @status is set, then constant */
	struct slo_job *next;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t ready;
	struct slo_buf out;
	enum slo_job_state state;
	int status;             /* to answer with; 0 = not known yet */
	bool abandoned;         /* the connection let go before the end */
	int owners;
};

struct worker {
	struct slo_pool *pool;
	struct slo_calls *calls; /* NULL = none are made */
	pthread_t thread;
};

struct slo_pool {
	struct slo_serve_opts o;
	struct slo_burn burn;
	const struct slo_dist *ttft, *gap;
	struct slo_spans *spans;
	pthread_mutex_t lock;   /* of what follows */
	struct slo_rng rng;
	pthread_cond_t work;
	struct slo_job *head, **tail;
	uint64_t waiting, number;
	bool stopping;
	struct slo_serve_stats stats;
	uint64_t failed, cut;
	struct slo_serve_hist seen_ttft, seen_duration; /* for /metrics */
	int64_t started;        /* threads */
	struct worker workers[];
};

static void job_put(struct slo_job *j)
{
	bool last;

	pthread_mutex_lock(&j->lock);
	last = --j->owners == 0;
	pthread_mutex_unlock(&j->lock);
	if (!last)
		return;
	pthread_cond_destroy(&j->ready);
	pthread_mutex_destroy(&j->lock);
	slo_buf_fini(&j->out);
	free(j);
}

static bool pool_stopping(struct slo_pool *p)
{
	bool stopping;

	pthread_mutex_lock(&p->lock);
	stopping = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return stopping;
}

static bool wanted(struct slo_job *j)
{
	bool abandoned;

	pthread_mutex_lock(&j->lock);
	abandoned = j->abandoned;
	pthread_mutex_unlock(&j->lock);
	return !abandoned && !pool_stopping(j->pool);
}

/* Return: false when the answer is not wanted any more. */
static bool work_on(struct slo_job *j, double ms)
{
	const struct slo_burn *b = &j->pool->burn;
	uint64_t left = slo_burn_iterations(b, ms), slice = slo_burn_iterations(b, SLICE_US / 1000.0);

	while (left > 0) {
		uint64_t n = left < slice ? left : slice;

		if (!wanted(j))
			return false;
		slo_burn_run(n);
		left -= n;
	}
	return wanted(j);
}

/* Return: false when the answer is not wanted any more. */
static bool wait_for(struct slo_job *j, const struct slo_dist *d)
{
	int64_t due;

	if (d->kind == SLO_DIST_FIXED && d->a <= 0)
		return true;
	pthread_mutex_lock(&j->pool->lock);
	due = slo_now_mono_ns() + (int64_t)(slo_dist_draw(d, &j->pool->rng) * (double)SLO_NS_PER_MS);
	pthread_mutex_unlock(&j->pool->lock);
	for (int64_t now = slo_now_mono_ns(); now < due && wanted(j); now = slo_now_mono_ns()) {
		int64_t until = due - now > LOOK_MS * SLO_NS_PER_MS ? now + LOOK_MS * SLO_NS_PER_MS : due;
		struct timespec at = { .tv_sec = until / SLO_NS_PER_S, .tv_nsec = until % SLO_NS_PER_S };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	return wanted(j);
}

static void count_token(struct slo_job *j)
{
	int64_t now = slo_now_mono_ns();

	pthread_mutex_lock(&j->pool->lock);
	j->pool->stats.tokens++;
	if (j->tokens++ == 0)
		slo_serve_hist_add(&j->pool->seen_ttft, now - j->start_mono_ns);
	pthread_mutex_unlock(&j->pool->lock);
}

static bool job_wanted(void *arg)
{
	return wanted(arg);
}

/* Return: false when there is nothing more to do: a call failed, or nobody waits. */
static bool call_others(struct slo_job *j, struct slo_calls *calls)
{
	int status = 200;

	if (calls) {
		slo_calls_run(calls, &j->trace, job_wanted, j, &j->calls);
		status = j->calls.status;
	}
	pthread_mutex_lock(&j->lock);
	j->status = status;
	pthread_cond_signal(&j->ready);
	pthread_mutex_unlock(&j->lock);
	return status == 200;
}

static void emit(struct slo_job *j, void (*add)(const struct slo_chat_answer *, struct slo_buf *))
{
	pthread_mutex_lock(&j->lock);
	add(&j->answer, &j->out);
	pthread_cond_signal(&j->ready);
	pthread_mutex_unlock(&j->lock);
}

static void emit_token(struct slo_job *j, int64_t i)
{
	pthread_mutex_lock(&j->lock);
	slo_chat_add_token(&j->answer, i, &j->out);
	pthread_cond_signal(&j->ready);
	pthread_mutex_unlock(&j->lock);
}

static bool answer(struct slo_job *j)
{
	const struct slo_serve_opts *o = &j->pool->o;
	const struct slo_chat_request *r = &j->answer.req;

	if (r->stream && o->role == SLO_ROLE_AT_START)
		emit(j, slo_chat_add_role);
	if (!wait_for(j, j->pool->ttft) ||
	    !work_on(j, o->prefill_ms + o->prefill_us_per_token * (double)r->prompt_tokens / 1000))
		return false;
	if (r->stream && o->role == SLO_ROLE_AT_FIRST_TOKEN)
		emit(j, slo_chat_add_role);
	for (int64_t i = 0; i < r->tokens; i++) {
		if (i && (!wait_for(j, j->pool->gap) || !work_on(j, o->token_ms)))
			return false;
		if (r->stream)
			emit_token(j, i);
		count_token(j);
	}
	emit(j, r->stream ? slo_chat_add_end : slo_chat_add_whole);
	return true;
}

static void add_span(struct slo_job *j, bool whole)
{
	const struct slo_spans_request r = {
		.context = j->trace,
		.parent_id = j->parent.parent_id,
		.start_ns = j->start_ns,
		.end_ns = j->start_ns + slo_now_mono_ns() - j->start_mono_ns,
		.status = j->status ? j->status : 503,
		.complete = whole,
		.tokens = j->tokens,
		.calls = &j->calls,
		.ends = &j->ends,
	};

	slo_spans_add(j->pool->spans, &r);
}

static void run_job(struct worker *w, struct slo_job *j)
{
	struct slo_pool *p = w->pool;
	bool done = wanted(j) && call_others(j, w->calls), failed = j->status != 200 && j->status != 0, abandoned;
	bool whole = done && answer(j), limited = failed && j->status == 429;
	int64_t now = slo_now_mono_ns();

	if (w->calls)
		slo_calls_release(w->calls);
	if (p->spans)
		add_span(j, whole);
	pthread_mutex_lock(&j->lock);
	j->state = whole && !j->out.err ? SLO_JOB_DONE : SLO_JOB_CUT;
	abandoned = j->abandoned;
	pthread_cond_signal(&j->ready);
	pthread_mutex_unlock(&j->lock);
	pthread_mutex_lock(&p->lock);
	p->stats.completed += whole;
	p->stats.failed += failed && !abandoned;
	p->stats.abandoned += !whole && abandoned;
	p->stats.rejected += limited;
	p->failed += failed && !limited;
	p->cut += !whole && !failed;
	if (whole)
		slo_serve_hist_add(&p->seen_duration, now - j->start_mono_ns);
	pthread_mutex_unlock(&p->lock);
	job_put(j);
}

static struct slo_job *next_job(struct slo_pool *p)
{
	struct slo_job *j;

	pthread_mutex_lock(&p->lock);
	while (!p->head && !p->stopping)
		pthread_cond_wait(&p->work, &p->lock);
	j = p->head;
	if (j) {
		p->head = j->next;
		p->waiting--;
		if (!p->head)
			p->tail = &p->head;
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct slo_job *j;

	while ((j = next_job(w->pool)))
		run_job(w, j);
	return NULL;
}

static int start_worker(struct slo_pool *p, struct worker *w, struct slo_err *err)
{
	int ret;

	w->pool = p;
	if (slo_calls_any(&p->o.calls)) {
		ret = slo_calls_new(&p->o.calls, slo_rng_u64(&p->rng), &w->calls, err);
		if (ret)
			return ret;
	}
	ret = -pthread_create(&w->thread, NULL, work, w);
	if (ret)
		slo_calls_free(w->calls);
	return ret;
}

int slo_pool_start(const struct slo_pool_opts *o, struct slo_pool **out, struct slo_err *err)
{
	struct slo_pool *p = calloc(1, sizeof(*p) + (size_t)o->serve->workers * sizeof(p->workers[0]));
	int ret = 0;

	if (!p)
		return -ENOMEM;
	p->o = *o->serve;
	p->burn = *o->burn;
	p->ttft = o->ttft;
	p->gap = o->gap;
	p->spans = o->spans;
	slo_rng_seed(&p->rng, (uint64_t)o->serve->seed);
	p->tail = &p->head;
	p->stats.iterations_per_ms = o->burn->iterations_per_ms;
	p->stats.calibration_spread = o->burn->spread;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	for (; p->started < o->serve->workers && !ret; p->started += !ret)
		ret = start_worker(p, &p->workers[p->started], err);
	if (ret) {
		slo_pool_stop(p);
		slo_pool_free(p);
		return ret;
	}
	*out = p;
	return 0;
}

void slo_pool_stop(struct slo_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void slo_pool_free(struct slo_pool *p)
{
	if (!p)
		return;
	for (int64_t i = 0; i < p->started; i++) {
		pthread_join(p->workers[i].thread, NULL);
		slo_calls_free(p->workers[i].calls);
	}
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct slo_job *job_new(struct slo_pool *p, const struct slo_chat_answer *a)
{
	struct slo_job *j = calloc(1, sizeof(*j));
	pthread_condattr_t attr;

	if (!j)
		return NULL;
	j->pool = p;
	j->answer = *a;
	j->owners = 2;
	slo_buf_init(&j->out, OUTPUT_MAX);
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->ready, &attr);
	pthread_condattr_destroy(&attr);
	return j;
}

static int enqueue(struct slo_pool *p, struct slo_job *j)
{
	if (p->stopping)
		return -ESHUTDOWN;
	p->stats.requests++;
	if (p->waiting >= (uint64_t)p->o.queue) {
		p->stats.rejected++;
		return -EBUSY;
	}
	j->answer.number = ++p->number;
	*p->tail = j;
	p->tail = &j->next;
	if (++p->waiting > p->stats.queue_high)
		p->stats.queue_high = p->waiting;
	pthread_cond_signal(&p->work);
	return 0;
}

/* Our span within the caller's trace; a trace of our own where somebody wants spans. The pool is locked. */
static void join_trace(struct slo_pool *p, struct slo_job *j, const struct slo_trace_context *parent)
{
	j->parent = *parent;
	j->trace = (struct slo_trace_context){ .trace_id = "" };
	if (parent->trace_id[0])
		slo_str_copy(j->trace.trace_id, sizeof(j->trace.trace_id), slo_str(parent->trace_id));
	else if (p->spans)
		slo_trace_new_id(&p->rng, j->trace.trace_id, 32);
	if (j->trace.trace_id[0])
		slo_trace_new_id(&p->rng, j->trace.parent_id, 16);
}

int slo_pool_submit(struct slo_pool *p, const struct slo_chat_answer *a, const struct slo_trace_context *parent,
		    const struct slo_ends *ends, struct slo_job **out)
{
	struct slo_job *j = job_new(p, a);
	int ret;

	if (!j)
		return -ENOMEM;
	j->start_ns = slo_now_wall_ns();
	j->start_mono_ns = slo_now_mono_ns();
	j->answer.created_s = j->start_ns / SLO_NS_PER_S;
	j->calls = (struct slo_calls_report){ .status = 0, .retry_after_s = -1 };
	pthread_mutex_lock(&p->lock);
	join_trace(p, j, parent);
	j->ends = *ends;
	ret = enqueue(p, j);
	pthread_mutex_unlock(&p->lock);
	if (ret) {
		j->owners = 1;
		job_put(j);
		return ret;
	}
	*out = j;
	return 0;
}

/* The lock is held. Return: false when nothing came in time. */
static bool wait_ready(struct slo_job *j, int64_t until_ns)
{
	struct timespec at = { .tv_sec = until_ns / SLO_NS_PER_S, .tv_nsec = until_ns % SLO_NS_PER_S };

	return pthread_cond_timedwait(&j->ready, &j->lock, &at) != ETIMEDOUT;
}

int slo_job_status(struct slo_job *j, int wait_ms, const char **why, int64_t *retry_after_s)
{
	int64_t until = slo_now_mono_ns() + wait_ms * SLO_NS_PER_MS;
	int status;

	pthread_mutex_lock(&j->lock);
	while (!j->status && j->state == SLO_JOB_RUNNING && wait_ready(j, until))
		;
	status = j->status;
	if (status) {
		*why = j->calls.why;
		if (j->calls.retry_after_s >= 0)
			*retry_after_s = j->calls.retry_after_s;
	} else if (j->state != SLO_JOB_RUNNING) {
		status = -1;
	}
	pthread_mutex_unlock(&j->lock);
	return !status && pool_stopping(j->pool) ? -1 : status;
}

enum slo_job_state slo_job_read(struct slo_job *j, char *to, size_t max, int wait_ms, size_t *got)
{
	int64_t until = slo_now_mono_ns() + wait_ms * SLO_NS_PER_MS;
	enum slo_job_state state = SLO_JOB_RUNNING;

	pthread_mutex_lock(&j->lock);
	while (j->out.len == 0 && j->state == SLO_JOB_RUNNING && wait_ready(j, until))
		;
	*got = j->out.len < max ? j->out.len : max;
	if (*got) {
		memcpy(to, j->out.data, *got);
		slo_buf_drop(&j->out, *got);
	} else {
		state = j->state;
	}
	pthread_mutex_unlock(&j->lock);
	/* A job still queued has no worker to end it. */
	if (state == SLO_JOB_RUNNING && *got == 0 && pool_stopping(j->pool))
		state = SLO_JOB_CUT;
	return state;
}

void slo_job_release(struct slo_job *j)
{
	pthread_mutex_lock(&j->lock);
	j->abandoned = j->state == SLO_JOB_RUNNING;
	pthread_mutex_unlock(&j->lock);
	job_put(j);
}

void slo_pool_count_bad(struct slo_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->stats.requests++;
	p->stats.bad++;
	pthread_mutex_unlock(&p->lock);
}

void slo_pool_count_failed(struct slo_pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->stats.requests++;
	p->failed++;
	pthread_mutex_unlock(&p->lock);
}

void slo_pool_picture(struct slo_pool *p, struct slo_serve_picture *out)
{
	pthread_mutex_lock(&p->lock);
	*out = (struct slo_serve_picture){ .s = p->stats, .failed = p->failed, .cut = p->cut, .ttft = p->seen_ttft,
					   .duration = p->seen_duration };
	pthread_mutex_unlock(&p->lock);
}

void slo_pool_read_stats(struct slo_pool *p, struct slo_serve_stats *out)
{
	pthread_mutex_lock(&p->lock);
	*out = p->stats;
	pthread_mutex_unlock(&p->lock);
}
