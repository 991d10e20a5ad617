/* SPDX-License-Identifier: MIT */
#include "net/delivery_thread.h"

#include "base/time.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { LOOK_MS = 100 };

struct slo_delivery_thread {
	struct slo_delivery *d;
	pthread_t thread;
	atomic_bool cancel;     /* an exchange under way is cut short */
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed;
	bool stop, news;
};

/* Under the lock: until @due_ns, or there is something new. */
static void wait_until(struct slo_delivery_thread *t, int64_t due_ns)
{
	struct timespec at = { .tv_sec = due_ns / SLO_NS_PER_S, .tv_nsec = due_ns % SLO_NS_PER_S };

	while (!t->stop && !t->news && slo_now_mono_ns() < due_ns)
		if (due_ns == INT64_MAX)
			pthread_cond_wait(&t->changed, &t->lock);
		else
			pthread_cond_timedwait(&t->changed, &t->lock, &at);
}

static void *deliver(void *arg)
{
	struct slo_delivery_thread *t = arg;
	bool stop = false;

	while (!stop) {
		int64_t due = slo_delivery_step(t->d);

		pthread_mutex_lock(&t->lock);
		pthread_cond_broadcast(&t->changed);
		wait_until(t, due);
		t->news = false;
		stop = t->stop;
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

int slo_delivery_thread_start(struct slo_delivery *d, struct slo_delivery_thread **out)
{
	struct slo_delivery_thread *t = calloc(1, sizeof(*t));
	pthread_condattr_t attr;
	sigset_t all, old;
	int r;

	if (!t)
		return -ENOMEM;
	t->d = d;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&t->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&t->lock, NULL);
	*out = t; /* before the thread may ask for it */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&t->thread, NULL, deliver, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!r)
		return 0;
	*out = NULL;
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return r;
}

void slo_delivery_thread_wake(struct slo_delivery_thread *t)
{
	pthread_mutex_lock(&t->lock);
	t->news = true;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

bool slo_delivery_thread_settle(struct slo_delivery_thread *t, int64_t *until_ns, bool (*hurry)(void), int64_t hurry_ns)
{
	slo_delivery_hurry(t->d);
	slo_delivery_thread_wake(t);
	pthread_mutex_lock(&t->lock);
	while (!slo_delivery_settled(t->d) && slo_now_mono_ns() < *until_ns) {
		int64_t soon = slo_now_mono_ns() + LOOK_MS * SLO_NS_PER_MS;
		struct timespec at;

		soon = soon < *until_ns ? soon : *until_ns;
		at = (struct timespec){ .tv_sec = soon / SLO_NS_PER_S, .tv_nsec = soon % SLO_NS_PER_S };
		pthread_cond_timedwait(&t->changed, &t->lock, &at);
		if (hurry && hurry()) {
			int64_t sooner = slo_now_mono_ns() + hurry_ns;

			*until_ns = sooner < *until_ns ? sooner : *until_ns;
			hurry = NULL;
		}
	}
	pthread_mutex_unlock(&t->lock);
	return slo_delivery_settled(t->d);
}

bool slo_delivery_thread_cancelled(void *t)
{
	return ((struct slo_delivery_thread *)t)->cancel;
}

void slo_delivery_thread_stop(struct slo_delivery_thread *t)
{
	if (!t)
		return;
	t->cancel = true;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}
