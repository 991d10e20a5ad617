/* SPDX-License-Identifier: MIT */
#include "net/serve_pool.h"

#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum {
	SLICE_US = 1000,        /* of CPU work between two looks at whether anybody still wants it */
	OUTPUT_MAX = 2 << 20,   /* bytes of one answer not yet read: SLO_SERVE_TOKENS_MAX chunks fit */
};

struct slo_job {
	struct slo_pool *pool;
	struct slo_chat_answer answer;
	struct slo_job *next;
	int64_t submitted_ns;   /* monotonic */
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t ready;
	struct slo_buf out;
	enum slo_job_state state;
	bool abandoned;         /* the connection let go before the end */
	int owners;
};

struct slo_pool {
	struct slo_serve_opts o;
	struct slo_burn burn;
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t work;
	struct slo_job *head, **tail;
	uint64_t waiting, number;
	bool stopping;
	struct slo_serve_stats stats;
	uint64_t failed, cut;
	struct slo_serve_hist ttft, duration;
	int64_t started;        /* threads */
	pthread_t threads[];
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

static void count_token(struct slo_pool *p, const struct slo_job *j, bool first)
{
	int64_t now = first ? slo_now_mono_ns() : 0;

	pthread_mutex_lock(&p->lock);
	p->stats.tokens++;
	if (first)
		slo_serve_hist_add(&p->ttft, now - j->submitted_ns);
	pthread_mutex_unlock(&p->lock);
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
	if (!work_on(j, o->prefill_ms + o->prefill_us_per_token * (double)r->prompt_tokens / 1000))
		return false;
	if (r->stream && o->role == SLO_ROLE_AT_FIRST_TOKEN)
		emit(j, slo_chat_add_role);
	for (int64_t i = 0; i < r->tokens; i++) {
		if (i && !work_on(j, o->token_ms))
			return false;
		if (r->stream)
			emit_token(j, i);
		count_token(j->pool, j, i == 0);
	}
	emit(j, r->stream ? slo_chat_add_end : slo_chat_add_whole);
	return true;
}

static void run_job(struct slo_pool *p, struct slo_job *j)
{
	bool whole = wanted(j) && answer(j), abandoned;
	int64_t now = slo_now_mono_ns();

	pthread_mutex_lock(&j->lock);
	j->state = whole && !j->out.err ? SLO_JOB_DONE : SLO_JOB_CUT;
	abandoned = j->abandoned;
	pthread_cond_signal(&j->ready);
	pthread_mutex_unlock(&j->lock);
	pthread_mutex_lock(&p->lock);
	p->stats.completed += whole;
	p->stats.abandoned += !whole && abandoned;
	p->cut += !whole;
	if (whole)
		slo_serve_hist_add(&p->duration, now - j->submitted_ns);
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

static void *worker(void *arg)
{
	struct slo_pool *p = arg;
	struct slo_job *j;

	while ((j = next_job(p)))
		run_job(p, j);
	return NULL;
}

int slo_pool_start(const struct slo_serve_opts *o, const struct slo_burn *burn, struct slo_pool **out)
{
	struct slo_pool *p = calloc(1, sizeof(*p) + (size_t)o->workers * sizeof(p->threads[0]));
	int rc = 0;

	if (!p)
		return -ENOMEM;
	p->o = *o;
	p->burn = *burn;
	p->tail = &p->head;
	p->stats.iterations_per_ms = burn->iterations_per_ms;
	p->stats.calibration_spread = burn->spread;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	for (; p->started < o->workers && !rc; p->started += !rc)
		rc = pthread_create(&p->threads[p->started], NULL, worker, p);
	if (rc) {
		slo_pool_stop(p);
		slo_pool_free(p);
		return -rc;
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
	for (int64_t i = 0; i < p->started; i++)
		pthread_join(p->threads[i], NULL);
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

int slo_pool_submit(struct slo_pool *p, const struct slo_chat_answer *a, struct slo_job **out)
{
	struct slo_job *j = job_new(p, a);
	int ret;

	if (!j)
		return -ENOMEM;
	j->answer.created_s = slo_now_wall_ns() / SLO_NS_PER_S;
	j->submitted_ns = slo_now_mono_ns();
	pthread_mutex_lock(&p->lock);
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

enum slo_job_state slo_job_read(struct slo_job *j, char *to, size_t max, int wait_ms, size_t *got)
{
	int64_t until = slo_now_mono_ns() + wait_ms * SLO_NS_PER_MS;
	struct timespec at = { .tv_sec = until / SLO_NS_PER_S, .tv_nsec = until % SLO_NS_PER_S };
	enum slo_job_state state = SLO_JOB_RUNNING;

	pthread_mutex_lock(&j->lock);
	while (j->out.len == 0 && j->state == SLO_JOB_RUNNING)
		if (pthread_cond_timedwait(&j->ready, &j->lock, &at) == ETIMEDOUT)
			break;
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
	*out = (struct slo_serve_picture){ .s = p->stats, .failed = p->failed, .cut = p->cut, .ttft = p->ttft,
					   .duration = p->duration };
	pthread_mutex_unlock(&p->lock);
}

void slo_pool_read_stats(struct slo_pool *p, struct slo_serve_stats *out)
{
	pthread_mutex_lock(&p->lock);
	*out = p->stats;
	pthread_mutex_unlock(&p->lock);
}
