/* SPDX-License-Identifier: MIT */
#include "net/webhook.h"

#include "base/time.h"
#include "net/delivery.h"
#include "net/webhook_repeat.h"
#include "net/webhook_send.h"
#include "net/webhook_state.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct slo_webhook {
	struct slo_webhook_opts o;
	struct slo_webhook_sender *sender; /* the thread's */
	struct slo_delivery *delivery;
	struct slo_spool *spool;
	struct slo_webhook_states states;  /* the offering side's */
	struct slo_buf text;
	pthread_t thread;
	bool made, started;                /* the lock and the condition; the thread */
	pthread_mutex_t lock;              /* of what follows */
	pthread_cond_t changed;
	struct slo_repeats repeats;
	uint64_t repeated;
	bool stop, news;
	atomic_bool cancel;                /* an exchange under way is cut short */
};

static int64_t wall(void *arg)
{
	(void)arg;
	return slo_now_wall_ns();
}

static int64_t mono(void *arg)
{
	(void)arg;
	return slo_now_mono_ns();
}

static bool cancelled(void *arg)
{
	struct slo_webhook *w = arg;

	return w->cancel;
}

static void send_message(void *arg, const struct slo_spool_message *m, struct slo_delivery_outcome *out)
{
	struct slo_webhook *w = arg;

	slo_webhook_send(w->sender, m, slo_now_wall_ns(), cancelled, w, out);
}

static void tell(void *arg, const struct slo_err *err)
{
	struct slo_webhook *w = arg;

	if (w->o.report)
		w->o.report(err);
}

/* Nobody counts on a repetition, so it is tried once and no queue sees it. Return: when the next is due. */
static int64_t repeat_one(struct slo_webhook *w)
{
	struct slo_spool_message m = { .id = "repeat", .tag = "trigger" };
	struct slo_delivery_outcome out;
	int64_t next = INT64_MAX;
	char *record;

	pthread_mutex_lock(&w->lock);
	record = slo_repeats_due(&w->repeats, slo_now_mono_ns(), &next);
	pthread_mutex_unlock(&w->lock);
	if (!record)
		return next;
	m.body = slo_str(record);
	send_message(w, &m, &out);
	free(record);
	pthread_mutex_lock(&w->lock);
	w->repeated += out.verdict == SLO_DELIVERED;
	pthread_mutex_unlock(&w->lock);
	return 0;
}

static void wait_until(struct slo_webhook *w, int64_t due_ns)
{
	struct timespec at = { .tv_sec = due_ns / SLO_NS_PER_S, .tv_nsec = due_ns % SLO_NS_PER_S };

	while (!w->stop && !w->news && slo_now_mono_ns() < due_ns)
		if (due_ns == INT64_MAX)
			pthread_cond_wait(&w->changed, &w->lock);
		else
			pthread_cond_timedwait(&w->changed, &w->lock, &at);
}

static void *deliver(void *arg)
{
	struct slo_webhook *w = arg;
	bool stop = false;

	while (!stop) {
		int64_t due = slo_delivery_step(w->delivery), repeat;

		if (due > slo_now_mono_ns() && slo_delivery_settled(w->delivery)) {
			repeat = repeat_one(w);
			due = repeat < due ? repeat : due;
		}
		pthread_mutex_lock(&w->lock);
		pthread_cond_broadcast(&w->changed);
		wait_until(w, due);
		w->news = false;
		stop = w->stop;
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

static int start(struct slo_webhook *w)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int r;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&w->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&w->thread, NULL, deliver, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->made = true;
	w->started = r == 0;
	return r;
}

static int open_spool(struct slo_webhook *w, struct slo_err *err)
{
	struct slo_spool_opts s = { .dir = w->o.spool_dir, .bytes_max = (uint64_t)w->o.spool_bytes,
				    .age_ns = w->o.spool_age_ns };

	return w->o.spool_dir && w->o.spool_dir[0] ? slo_spool_open(&s, &w->spool, err) : 0;
}

int slo_webhook_new(const struct slo_webhook_opts *o, struct slo_webhook **out, struct slo_err *err)
{
	struct slo_webhook *w = calloc(1, sizeof(*w));
	struct slo_delivery_opts d = { .backoff_ns = o->backoff_ns, .wall = wall, .mono = mono, .send = send_message,
				       .report = tell, .arg = w };
	int r = w ? 0 : -ENOMEM;

	if (r)
		return slo_err_set(err, r, "out of memory");
	w->o = *o;
	slo_buf_init(&w->text, SLO_WEBHOOK_BODY_MAX);
	r = slo_webhook_sender_new(o, &w->sender, err);
	r = r ? r : open_spool(w, err);
	d.spool = w->spool;
	d.seed = (uint64_t)slo_now_wall_ns() ^ (uint64_t)getpid() << 32;
	r = r ? r : slo_delivery_new(&d, &w->delivery);
	r = r ? r : slo_webhook_states_init(&w->states, o->format);
	r = r ? r : slo_repeats_init(&w->repeats, SLO_WEBHOOK_REPEATED_MAX,
				     o->repeat_ns ? o->repeat_ns : SLO_WEBHOOK_REPEAT_S * SLO_NS_PER_S);
	r = r ? r : start(w);
	if (r) {
		slo_webhook_free(w);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	*out = w;
	return 0;
}

static void stop_thread(struct slo_webhook *w)
{
	w->cancel = true;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->started = false;
}

void slo_webhook_free(struct slo_webhook *w)
{
	if (!w)
		return;
	if (w->started)
		stop_thread(w);
	if (w->made) {
		pthread_cond_destroy(&w->changed);
		pthread_mutex_destroy(&w->lock);
	}
	if (w->repeats.every_ns)
		slo_repeats_fini(&w->repeats);
	slo_webhook_states_fini(&w->states);
	slo_delivery_free(w->delivery);
	slo_spool_close(w->spool);
	slo_webhook_sender_free(w->sender);
	slo_buf_fini(&w->text);
	free(w);
}

static void wake(struct slo_webhook *w)
{
	pthread_mutex_lock(&w->lock);
	w->news = true;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void keep_repeating(struct slo_webhook *w, const struct slo_incident *inc, enum slo_webhook_action a)
{
	if (w->o.format != SLO_WEBHOOK_ALERTMANAGER)
		return;
	pthread_mutex_lock(&w->lock);
	slo_repeats_set(&w->repeats, inc->incident_id,
			a == SLO_WEBHOOK_RESOLVE ? slo_str(NULL) : slo_buf_str(&w->text), slo_now_mono_ns());
	pthread_mutex_unlock(&w->lock);
}

int slo_webhook_offer(struct slo_webhook *w, const struct slo_incident *inc)
{
	enum slo_webhook_action news[2];
	int n = slo_webhook_news(&w->states, inc, news), r = 0;

	for (int i = 0; i < n && !r; i++) {
		struct slo_spool_message m;

		r = slo_webhook_message(inc, news[i], &w->text, &m);
		r = r ? r : slo_delivery_put(w->delivery, &m, inc->incident_id);
		if (r)
			slo_webhook_forget(&w->states, inc);
		keep_repeating(w, inc, news[i]);
	}
	if (n)
		wake(w);
	return r;
}

static bool has_room(struct slo_webhook *w)
{
	struct slo_delivery_stats d;

	slo_delivery_stats(w->delivery, &d);
	return w->spool || d.waiting + 2 <= SLO_DELIVERY_QUEUE;
}

bool slo_webhook_wait(struct slo_webhook *w, int64_t wait_ns)
{
	int64_t until = slo_now_mono_ns() + wait_ns;
	struct timespec at = { .tv_sec = until / SLO_NS_PER_S, .tv_nsec = until % SLO_NS_PER_S };

	pthread_mutex_lock(&w->lock);
	while (!has_room(w) && slo_now_mono_ns() < until)
		pthread_cond_timedwait(&w->changed, &w->lock, &at);
	pthread_mutex_unlock(&w->lock);
	return has_room(w);
}

uint64_t slo_webhook_end(struct slo_webhook *w, int64_t wait_ns, bool (*hurry)(void))
{
	int64_t until = slo_now_mono_ns() + wait_ns;
	struct slo_webhook_stats st;

	pthread_mutex_lock(&w->lock);
	while (!slo_delivery_settled(w->delivery) && slo_now_mono_ns() < until) {
		int64_t soon = slo_now_mono_ns() + 100 * SLO_NS_PER_MS;
		struct timespec at = { .tv_sec = soon / SLO_NS_PER_S, .tv_nsec = soon % SLO_NS_PER_S };

		pthread_cond_timedwait(&w->changed, &w->lock, &at);
		if (hurry && hurry() && until > slo_now_mono_ns() + SLO_WEBHOOK_STOP_S * SLO_NS_PER_S) {
			until = slo_now_mono_ns() + SLO_WEBHOOK_STOP_S * SLO_NS_PER_S;
			hurry = NULL;
		}
	}
	pthread_mutex_unlock(&w->lock);
	if (w->started)
		stop_thread(w);
	slo_webhook_stats(w, &st);
	return st.failed + st.dead + st.dropped + st.waiting;
}

void slo_webhook_stats(struct slo_webhook *w, struct slo_webhook_stats *out)
{
	struct slo_delivery_stats d;
	struct slo_spool_stats s = { .put = 0 };

	slo_delivery_stats(w->delivery, &d);
	if (w->spool)
		slo_spool_stats(w->spool, &s);
	pthread_mutex_lock(&w->lock);
	*out = (struct slo_webhook_stats){ .sent = d.delivered, .attempts = d.attempts, .retries = d.retries,
					   .failed = d.failed, .dead = d.dead + s.pushed_out, .dropped = d.dropped,
					   .waiting = d.waiting, .forgotten = w->states.table.evicted,
					   .repeated = w->repeated, .not_repeated = w->repeats.refused };
	pthread_mutex_unlock(&w->lock);
}

void slo_webhook_opts_set(struct slo_webhook_opts *o, const struct slo_config *c)
{
	*o = (struct slo_webhook_opts){
		.url = c->webhook.url, .url_file = c->webhook.url_file, .secret_file = c->webhook.secret_file,
		.ca_file = c->webhook.ca_file, .spool_dir = c->webhook.spool_dir,
		.spool_bytes = c->webhook.spool_max_bytes, .spool_age_ns = c->webhook.spool_max_age_s * SLO_NS_PER_S,
		.timeout_ns = c->webhook.timeout_ms * SLO_NS_PER_MS, .allow_http = c->webhook.allow_http,
	};
	for (int i = 0; slo_webhook_formats[i]; i++)
		if (strcmp(slo_webhook_formats[i], c->webhook.format) == 0)
			o->format = i;
	if (c->webhook.allow_hosts[0])
		o->allow[o->allow_count++] = c->webhook.allow_hosts;
}
