/* SPDX-License-Identifier: MIT */
#include "net/serve_timers.h"

#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
	QUANTUM_US = 200,      /* those due within are woken together */
	BLOCK = 4096,          /* bytes handed to the socket at once */
	OUTPUT_MAX = 2 << 20,  /* of one answer not yet read: SLO_SERVE_TOKENS_MAX chunks fit */
};

struct waiter {
	int64_t due_ns;
	struct MHD_Connection *c;
};

struct slo_timers {
	struct slo_timers_opts o;
	struct slo_rng rng;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* of the heap and of @stopping */
	pthread_cond_t changed;
	struct waiter *heap;
	uint32_t waiting;
	bool stopping;
	uint32_t under_way;
	uint64_t number;
	struct slo_serve_hist ttft, duration; /* of streams */
	_Atomic uint64_t requests, completed, rejected, bad, abandoned, tokens, high;
};

struct stream {
	struct slo_timers *t;
	struct MHD_Connection *c;
	struct slo_chat_answer a;
	struct slo_buf out;
	int64_t start_ns;
	int64_t due_ns, next; /* when token number @next is due */
	bool role, ended;
};

static void heap_push(struct slo_timers *t, struct waiter w)
{
	uint32_t i = t->waiting++;

	for (; i && t->heap[(i - 1) / 2].due_ns > w.due_ns; i = (i - 1) / 2)
		t->heap[i] = t->heap[(i - 1) / 2];
	t->heap[i] = w;
	if (i == 0)
		pthread_cond_signal(&t->changed);
}

static struct waiter heap_pop(struct slo_timers *t)
{
	struct waiter first = t->heap[0], last = t->heap[--t->waiting];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < t->waiting && t->heap[child + 1].due_ns < t->heap[child].due_ns)
			child++;
		if (child >= t->waiting || t->heap[child].due_ns >= last.due_ns)
			break;
		t->heap[i] = t->heap[child];
		i = child;
	}
	if (t->waiting)
		t->heap[i] = last;
	return first;
}

static struct timespec spec(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / SLO_NS_PER_S, .tv_nsec = ns % SLO_NS_PER_S };
}

static void *clockwork(void *arg)
{
	struct slo_timers *t = arg;
	const struct timespec pause = spec(QUANTUM_US * SLO_NS_PER_US);

	pthread_mutex_lock(&t->lock);
	while (!t->stopping) {
		int64_t now = slo_now_mono_ns();
		bool any = false;

		for (; t->waiting && t->heap[0].due_ns <= now; any = true)
			MHD_resume_connection(heap_pop(t).c);
		if (any) {
			pthread_mutex_unlock(&t->lock);
			clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
			pthread_mutex_lock(&t->lock);
		} else if (t->waiting) {
			struct timespec at = spec(t->heap[0].due_ns);

			pthread_cond_timedwait(&t->changed, &t->lock, &at);
		} else {
			pthread_cond_wait(&t->changed, &t->lock);
		}
	}
	while (t->waiting)
		MHD_resume_connection(heap_pop(t).c);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int slo_timers_start(const struct slo_timers_opts *o, struct slo_timers **out)
{
	struct slo_timers *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;

	if (!t)
		return -ENOMEM;
	t->o = *o;
	slo_rng_seed(&t->rng, o->seed);
	pthread_mutex_init(&t->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attr);
	pthread_condattr_destroy(&attr);
	t->heap = calloc(o->most, sizeof(*t->heap));
	t->started = t->heap && pthread_create(&t->thread, NULL, clockwork, t) == 0;
	if (!t->started) {
		slo_timers_free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

void slo_timers_stop(struct slo_timers *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopping = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	t->started = false;
}

void slo_timers_free(struct slo_timers *t)
{
	if (!t)
		return;
	if (t->started)
		slo_timers_stop(t);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t->heap);
	free(t);
}

/* Return: false when the server stops; the connection then goes on at once. */
static bool put_aside(struct slo_timers *t, struct MHD_Connection *c, int64_t due_ns)
{
	bool go;

	pthread_mutex_lock(&t->lock);
	go = !t->stopping;
	if (go) {
		MHD_suspend_connection(c); /* before it can be found in the heap */
		heap_push(t, (struct waiter){ due_ns, c });
	}
	pthread_mutex_unlock(&t->lock);
	return go;
}

static int64_t draw_ns(struct slo_timers *t, const struct slo_dist *d)
{
	return (int64_t)(slo_dist_draw(d, &t->rng) * (double)SLO_NS_PER_MS);
}

static void add_role(struct stream *s)
{
	if (!s->role)
		slo_chat_add_role(&s->a, &s->out);
	s->role = true;
}

/* Whatever is due by now. A token that is late does not put the next one off. */
static void produce(struct stream *s)
{
	int64_t now = slo_now_mono_ns();

	if (s->t->o.role_at_start)
		add_role(s);
	while (!s->ended && s->due_ns <= now) {
		add_role(s);
		if (s->next == 0)
			slo_serve_hist_add(&s->t->ttft, now - s->start_ns);
		slo_chat_add_token(&s->a, s->next++, &s->out);
		s->t->tokens++;
		s->due_ns += draw_ns(s->t, s->t->o.gap);
		s->ended = s->next >= s->a.req.tokens;
		if (!s->ended)
			continue;
		slo_chat_add_end(&s->a, &s->out);
		slo_serve_hist_add(&s->t->duration, now - s->start_ns);
	}
}

static ssize_t read_stream(void *arg, uint64_t pos, char *to, size_t max)
{
	struct stream *s = arg;
	size_t n;

	(void)pos;
	if (!s->out.len)
		produce(s);
	if (s->out.err)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	n = s->out.len < max ? s->out.len : max;
	if (n) {
		memcpy(to, s->out.data, n);
		slo_buf_drop(&s->out, n);
		return (ssize_t)n;
	}
	if (s->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	return put_aside(s->t, s->c, s->due_ns) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_stream(void *arg)
{
	struct stream *s = arg;

	*(s->ended && !s->out.len ? &s->t->completed : &s->t->abandoned) += 1;
	s->t->under_way--;
	slo_buf_fini(&s->out);
	free(s);
}

static bool take(struct slo_timers *t)
{
	t->requests++;
	if (t->under_way >= t->o.most) {
		t->rejected++;
		return false;
	}
	if (++t->under_way > t->high)
		t->high = t->under_way;
	return true;
}

struct MHD_Response *slo_timers_stream(struct slo_timers *t, struct MHD_Connection *c, const struct slo_chat_answer *a)
{
	struct stream *s = take(t) ? calloc(1, sizeof(*s)) : NULL;
	struct MHD_Response *r;

	if (!s)
		return NULL;
	*s = (struct stream){ .t = t, .c = c, .a = *a };
	s->a.number = ++t->number;
	s->a.created_s = slo_now_wall_ns() / SLO_NS_PER_S;
	s->start_ns = slo_now_mono_ns();
	s->due_ns = s->start_ns + draw_ns(t, t->o.ttft);
	slo_buf_init(&s->out, OUTPUT_MAX);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, s, free_stream);
	if (!r)
		free_stream(s);
	return r;
}

bool slo_timers_whole(struct slo_timers *t, struct MHD_Connection *c, int64_t tokens, bool *waited)
{
	int64_t due = slo_now_mono_ns() + draw_ns(t, t->o.ttft);

	if (*waited) {
		t->under_way--;
		t->completed++;
		t->tokens += (uint64_t)tokens;
		return true;
	}
	if (!take(t))
		return true;
	for (int64_t i = 1; i < tokens; i++)
		due += draw_ns(t, t->o.gap);
	*waited = true;
	return !put_aside(t, c, due);
}

void slo_timers_count_bad(struct slo_timers *t)
{
	t->requests++;
	t->bad++;
}

void slo_timers_read_stats(const struct slo_timers *t, struct slo_serve_stats *out)
{
	*out = (struct slo_serve_stats){
		.requests = t->requests,
		.completed = t->completed,
		.rejected = t->rejected,
		.bad = t->bad,
		.abandoned = t->abandoned,
		.tokens = t->tokens,
		.queue_high = t->high,
	};
}

void slo_timers_picture(const struct slo_timers *t, struct slo_serve_picture *out)
{
	*out = (struct slo_serve_picture){ .cut = t->abandoned, .ttft = t->ttft, .duration = t->duration };
	slo_timers_read_stats(t, &out->s);
}
