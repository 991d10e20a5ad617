/* SPDX-License-Identifier: MIT */
#include "net/delivery.h"

#include "base/rng.h"
#include "base/table.h"
#include "base/time.h"
#include "net/delivery_held.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KEYS_MAX = 2 * SLO_SPOOL_MESSAGES, /* as many as a listing can have */
	LOOK_MS = 1000,                    /* how often the spool is looked at for what other processes put */
	EXPIRE_S = 60,
	LONG_PAUSE_S = 5,
	BLOCKED_ATTEMPTS = 1000,
};

/* A key whose first message failed before. */
struct key_state {
	uint64_t key;
	int64_t due_ns;
	uint32_t attempts;
};

struct slo_delivery {
	struct slo_delivery_opts o;
	struct slo_rng rng;
	struct slo_table keys;
	uint64_t reports;
	int64_t paused_ns;          /* the peer wants to be left alone until then */
	bool retrying;              /* that messages wait has been reported */
	struct slo_spool_entry *list;
	size_t list_n, list_at;     /* entries before list_at are gone */
	int64_t listed_ns, expired_ns;
	struct slo_buf text;
	pthread_mutex_t lock;       /* of what follows */
	struct slo_held_queue held;
	bool hurry;
	bool dirty;                 /* the listing is older than our own last put */
	bool settled;
	struct slo_delivery_stats stats;
};

int slo_delivery_new(const struct slo_delivery_opts *o, struct slo_delivery **out)
{
	struct slo_delivery *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->o = *o;
	d->o.queue_max = o->queue_max ? o->queue_max : SLO_DELIVERY_QUEUE;
	d->o.attempts_max = o->attempts_max ? o->attempts_max : SLO_DELIVERY_ATTEMPTS;
	d->o.backoff_ns = o->backoff_ns ? o->backoff_ns : SLO_NS_PER_S;
	d->o.backoff_max_ns = o->backoff_max_ns ? o->backoff_max_ns : 300 * SLO_NS_PER_S;
	if (slo_table_init(&d->keys, sizeof(uint64_t), sizeof(struct key_state), KEYS_MAX, o->seed)) {
		free(d);
		return -ENOMEM;
	}
	slo_rng_seed(&d->rng, o->seed);
	slo_buf_init(&d->text, (o->message_max ? o->message_max : SLO_SPOOL_MESSAGE_MAX) + (1 << 17));
	pthread_mutex_init(&d->lock, NULL);
	d->held = (struct slo_held_queue){ .max = d->o.queue_max, .bytes_max = o->queue_bytes,
					   .expendable = o->expendable, .arg = o->arg };
	d->dirty = o->spool != NULL;
	*out = d;
	return 0;
}

void slo_delivery_free(struct slo_delivery *d)
{
	if (!d)
		return;
	slo_held_fini(&d->held);
	free(d->list);
	slo_buf_fini(&d->text);
	slo_table_fini(&d->keys);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static void report(struct slo_delivery *d, const struct slo_spool_message *m, const char *what, const char *why)
{
	struct slo_err err = { .what = "" };
	bool tell;

	pthread_mutex_lock(&d->lock);
	tell = d->o.report && d->reports++ < SLO_DELIVERY_REPORTS;
	pthread_mutex_unlock(&d->lock);
	if (!tell)
		return;
	slo_err_set(&err, 0, "%s: %s", what, why);
	slo_err_at(&err, "%.60s %s", m->key, m->tag);
	d->o.report(d->o.arg, &err);
}

static int hold(struct slo_delivery *d, const struct slo_spool_message *m, uint64_t key)
{
	struct slo_held *h, *gone = NULL;
	int r;

	pthread_mutex_lock(&d->lock);
	r = slo_held_push(&d->held, m, key, &gone);
	for (h = gone; h; h = h->next)
		d->stats.dropped++;
	pthread_mutex_unlock(&d->lock);
	while ((h = gone)) {
		gone = h->next;
		if (d->o.dropped)
			d->o.dropped(d->o.arg, &h->m);
		free(h);
	}
	return r;
}

int slo_delivery_put(struct slo_delivery *d, struct slo_spool_message *m, struct slo_str key)
{
	struct slo_err err = { .what = "" };
	int r;

	slo_str_copy(m->key, sizeof(m->key), key);
	r = d->o.spool ? slo_spool_put(d->o.spool, m, key, d->o.wall(d->o.arg), &err) : hold(d, m, slo_spool_key(key));
	pthread_mutex_lock(&d->lock);
	d->stats.accepted += r == 0;
	d->stats.dropped += r != 0;
	d->dirty |= d->o.spool != NULL;
	d->settled = false;
	pthread_mutex_unlock(&d->lock);
	if (r)
		report(d, m, "lost", r == -ENOBUFS ? "the queue is full" : err.what[0] ? err.what : slo_strerror(r));
	return r;
}

static void add(struct slo_delivery *d, uint64_t *what)
{
	pthread_mutex_lock(&d->lock);
	++*what;
	pthread_mutex_unlock(&d->lock);
}

static int64_t backoff(struct slo_delivery *d, uint32_t attempts)
{
	double wait = (double)d->o.backoff_ns;

	for (uint32_t i = 1; i < attempts && wait < (double)d->o.backoff_max_ns; i++)
		wait *= 2;
	if (wait > (double)d->o.backoff_max_ns)
		wait = (double)d->o.backoff_max_ns;
	return (int64_t)(wait * (0.75 + 0.5 * slo_rng_unit(&d->rng)));
}

static void forget(struct slo_delivery *d, uint64_t key)
{
	void *state = slo_table_find(&d->keys, &key);

	if (state)
		slo_table_del(&d->keys, state);
}

/* Not now. Return: true when it was the last attempt. */
static bool postpone(struct slo_delivery *d, uint64_t key, const struct slo_delivery_outcome *o)
{
	bool created;
	struct key_state *k = slo_table_get(&d->keys, &key, &created, NULL, NULL);
	int64_t now = d->o.mono(d->o.arg), wait;

	k->attempts++;
	if (!d->o.spool && (k->attempts >= d->o.attempts_max || o->verdict == SLO_DELIVERY_BLOCKED))
		return true;
	/* Only somebody at the configuration can help: no use in trying often. */
	if (o->verdict == SLO_DELIVERY_BLOCKED)
		k->attempts = BLOCKED_ATTEMPTS;
	wait = backoff(d, k->attempts);
	if (o->retry_after_ns >= 0) {
		int64_t most = SLO_DELIVERY_RETRY_AFTER_S * SLO_NS_PER_S;
		int64_t asked = o->retry_after_ns < most ? o->retry_after_ns : most;

		wait = wait > asked ? wait : asked;
		d->paused_ns = now + asked > d->paused_ns ? now + asked : d->paused_ns;
	}
	k->due_ns = now + wait;
	add(d, &d->stats.retries);
	return false;
}

enum fate { GONE, LOST, BURIED, KEPT };

static enum fate judge(struct slo_delivery *d, uint64_t key, const struct slo_spool_message *m,
		       const struct slo_delivery_outcome *o)
{
	switch (o->verdict) {
	case SLO_DELIVERED:
		forget(d, key);
		d->retrying = false;
		add(d, &d->stats.delivered);
		return GONE;
	case SLO_DELIVERY_NEVER:
		forget(d, key);
		add(d, &d->stats.dead);
		report(d, m, d->o.spool ? "refused, put aside" : "refused, lost", o->why);
		return BURIED;
	case SLO_DELIVERY_RETRY:
	case SLO_DELIVERY_BLOCKED:
		break;
	}
	if (!postpone(d, key, o)) {
		if (!d->retrying && (d->o.spool || d->o.attempts_max == UINT32_MAX))
			report(d, m, "not delivered yet", o->why);
		d->retrying = true;
		return KEPT;
	}
	forget(d, key);
	add(d, &d->stats.failed);
	report(d, m, o->verdict == SLO_DELIVERY_BLOCKED ? "lost" : "lost after its last attempt", o->why);
	return LOST;
}

static enum fate attempt(struct slo_delivery *d, uint64_t key, const struct slo_spool_message *m,
			 struct slo_delivery_outcome *o)
{
	*o = (struct slo_delivery_outcome){ .verdict = SLO_DELIVERY_RETRY, .retry_after_ns = -1 };
	add(d, &d->stats.attempts);
	d->o.send(d->o.arg, m, o);
	return judge(d, key, m, o);
}

/* Whether the next message of @key must wait. @due: the earliest of all that do. */
static bool must_wait(struct slo_delivery *d, uint64_t key, int64_t now, int64_t *due, bool *tried)
{
	struct key_state *k = slo_table_find(&d->keys, &key);

	/* One time for all of a key: what is behind a message that waits, waits. */
	if (!k || k->due_ns <= now)
		return false;
	*due = k->due_ns < *due ? k->due_ns : *due;
	*tried = *tried && k->attempts >= d->o.attempts_max;
	return true;
}

static void settle(struct slo_delivery *d, bool settled)
{
	pthread_mutex_lock(&d->lock);
	d->settled = settled;
	pthread_mutex_unlock(&d->lock);
}

/* The first message in memory that is due, or NULL. It stays until put_back(). */
static struct slo_held *due_in_memory(struct slo_delivery *d, int64_t now, int64_t *due)
{
	struct slo_held *h;
	bool tried = true;

	pthread_mutex_lock(&d->lock);
	for (h = d->held.head; h && must_wait(d, h->key, now, due, &tried); h = h->next)
		;
	d->settled = !d->held.head;
	d->held.busy = h;
	pthread_mutex_unlock(&d->lock);
	return h;
}

/* An attempt is over: it stays in its place, or goes. */
static void put_back(struct slo_delivery *d, struct slo_held *h, bool keep)
{
	pthread_mutex_lock(&d->lock);
	d->held.busy = NULL;
	if (!keep)
		slo_held_unlink(&d->held, h);
	pthread_mutex_unlock(&d->lock);
	if (!keep)
		free(h);
}

static int64_t step_memory(struct slo_delivery *d, int64_t now)
{
	int64_t due = INT64_MAX;
	struct slo_held *h = due_in_memory(d, now, &due);
	struct slo_delivery_outcome o;

	if (!h)
		return due;
	put_back(d, h, attempt(d, h->key, &h->m, &o) == KEPT);
	return now;
}

static void expire(struct slo_delivery *d, int64_t now)
{
	const struct slo_spool_message old = { .key = "the spool" };
	int n;

	if (d->expired_ns && now - d->expired_ns < EXPIRE_S * SLO_NS_PER_S)
		return;
	d->expired_ns = now;
	n = slo_spool_expire(d->o.spool, d->o.wall(d->o.arg));
	if (n > 0)
		report(d, &old, "given up", "too old, put aside");
	pthread_mutex_lock(&d->lock);
	d->stats.dead += n > 0 ? (uint64_t)n : 0;
	pthread_mutex_unlock(&d->lock);
}

/* Return: 0 with a listing that knows at least of our own puts. */
static int look(struct slo_delivery *d, int64_t now)
{
	bool dirty;
	int r;

	pthread_mutex_lock(&d->lock);
	dirty = d->dirty;
	d->dirty = false;
	pthread_mutex_unlock(&d->lock);
	if (!dirty && now - d->listed_ns < LOOK_MS * SLO_NS_PER_MS && now >= d->listed_ns)
		return 0;
	expire(d, now);
	free(d->list);
	d->list = NULL;
	d->list_n = d->list_at = 0;
	d->listed_ns = now;
	r = slo_spool_list(d->o.spool, SLO_SPOOL_WAITING, &d->list, &d->list_n);
	pthread_mutex_lock(&d->lock);
	d->stats.waiting = d->list_n;
	pthread_mutex_unlock(&d->lock);
	return r;
}

static void out_of_spool(struct slo_delivery *d, struct slo_spool_entry *e, const struct slo_delivery_outcome *o,
			 enum fate fate)
{
	int r = fate == BURIED ? slo_spool_bury(d->o.spool, e->name, o->status, o->why, d->o.wall(d->o.arg)) :
				 slo_spool_remove(d->o.spool, SLO_SPOOL_WAITING, e->name);
	struct slo_spool_message m = { .tag = "" };

	if (r)
		report(d, &m, "cannot be taken out of the spool", slo_strerror(r));
	e->name[0] = '\0';
	pthread_mutex_lock(&d->lock);
	d->stats.waiting -= d->stats.waiting > 0;
	pthread_mutex_unlock(&d->lock);
}

/* What was read is no message, or cannot be read now. */
static enum fate unreadable(struct slo_delivery *d, uint64_t key, int error, struct slo_delivery_outcome *o)
{
	const struct slo_spool_message m = { .tag = "?" };

	*o = (struct slo_delivery_outcome){ .retry_after_ns = -1 };
	o->verdict = error == -EBADMSG ? SLO_DELIVERY_NEVER : SLO_DELIVERY_RETRY;
	(void)!snprintf(o->why, sizeof(o->why), "%s", error == -EBADMSG ? "the file is damaged" : slo_strerror(error));
	return judge(d, key, &m, o);
}

static void try_entry(struct slo_delivery *d, struct slo_spool_entry *e)
{
	struct slo_delivery_outcome o;
	struct slo_spool_message m;
	enum fate fate;
	int r = slo_spool_read(d->o.spool, SLO_SPOOL_WAITING, e->name, &d->text, &m);

	if (r == -ENOENT) {
		e->name[0] = '\0';
		return;
	}
	fate = r ? unreadable(d, e->key, r, &o) : attempt(d, e->key, &m, &o);
	if (fate != KEPT)
		out_of_spool(d, e, &o, fate);
}

static struct slo_spool_entry *due_in_spool(struct slo_delivery *d, int64_t now, int64_t *due, bool *tried)
{
	*tried = true;
	while (d->list_at < d->list_n && !d->list[d->list_at].name[0])
		d->list_at++;
	for (size_t i = d->list_at; i < d->list_n; i++)
		if (d->list[i].name[0] && !must_wait(d, d->list[i].key, now, due, tried))
			return &d->list[i];
	return NULL;
}

static int64_t step_spool(struct slo_delivery *d, int64_t now)
{
	int64_t due = now + LOOK_MS * SLO_NS_PER_MS;
	struct slo_spool_entry *e;
	bool tried, foreign;
	int r = slo_spool_lock(d->o.spool);

	/* Another process delivers; what waits is counted all the same. */
	foreign = r == -EBUSY;
	r = r && !foreign ? r : look(d, now);
	if (r || foreign) {
		settle(d, !r);
		return due;
	}
	e = due_in_spool(d, now, &due, &tried);
	if (e) {
		try_entry(d, e);
		return now;
	}
	pthread_mutex_lock(&d->lock);
	d->settled = tried && !d->dirty;
	pthread_mutex_unlock(&d->lock);
	return due;
}

void slo_delivery_hurry(struct slo_delivery *d)
{
	pthread_mutex_lock(&d->lock);
	d->hurry = true;
	pthread_mutex_unlock(&d->lock);
}

/* The keys are this thread's, so the wish is carried out here. */
static void hurry(struct slo_delivery *d)
{
	bool now;

	pthread_mutex_lock(&d->lock);
	now = d->hurry;
	d->hurry = false;
	pthread_mutex_unlock(&d->lock);
	for (struct key_state *k = now ? slo_table_oldest(&d->keys) : NULL; k; k = slo_table_newer(&d->keys, k))
		k->due_ns = 0;
}

int64_t slo_delivery_step(struct slo_delivery *d)
{
	int64_t now = d->o.mono(d->o.arg);

	hurry(d);
	if (now < d->paused_ns) {
		/* Nobody should sit out a long pause at the end of the input when the spool keeps it all. */
		settle(d, d->o.spool && d->paused_ns - now > LONG_PAUSE_S * SLO_NS_PER_S);
		return d->paused_ns;
	}
	return d->o.spool ? step_spool(d, now) : step_memory(d, now);
}

bool slo_delivery_settled(struct slo_delivery *d)
{
	bool settled;

	pthread_mutex_lock(&d->lock);
	settled = d->settled;
	pthread_mutex_unlock(&d->lock);
	return settled;
}

void slo_delivery_stats(struct slo_delivery *d, struct slo_delivery_stats *out)
{
	pthread_mutex_lock(&d->lock);
	*out = d->stats;
	if (!d->o.spool)
		out->waiting = d->held.n;
	out->bytes = d->held.bytes;
	pthread_mutex_unlock(&d->lock);
}
