/* SPDX-License-Identifier: MIT */
#include "net/otlp_export.h"

#include "base/time.h"
#include "net/delivery_thread.h"
#include "net/gzip.h"
#include "net/otlp_send.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BACKOFF_MAX_S = 30, ATTEMPTS_AT_END = 3, WORDS_MAX = 200 };

static const char expendable_key[] = "exemplars";

/* One peer: a queue, a spool, a thread. */
struct destination {
	struct slo_otlp_export *x;
	struct slo_otlp_sender *sender; /* the thread's */
	struct slo_delivery *delivery;
	struct slo_delivery_thread *thread;
	struct slo_spool *spool;
	pthread_mutex_t lock;           /* of what follows */
	struct slo_otlp_export_stats n;
	uint64_t displaced_items;       /* queued, and dropped for others */
	uint64_t left;                  /* in the spool when it ended */
	bool ended;
	bool told, told_full;           /* of a partial success; of a full queue */
};

struct slo_otlp_export {
	struct slo_otlp_export_opts o;
	struct destination *of[SLO_OTLP_SIGNAL__COUNT]; /* several signals may have the same */
	struct destination list[SLO_OTLP_SIGNAL__COUNT];
	size_t list_n;
	struct slo_buf packed;
	uint64_t run, seq;              /* of ids */
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

static bool is_expendable(void *arg, const struct slo_spool_message *m)
{
	(void)arg;
	return strcmp(m->key, expendable_key) == 0;
}

static void on_report(void *arg, const struct slo_err *err)
{
	const struct destination *d = arg;

	if (d->x->o.report)
		d->x->o.report(d->x->o.arg, err);
}

static void count_dropped(struct destination *d, uint32_t items, bool expendable)
{
	pthread_mutex_lock(&d->lock);
	d->n.dropped++;
	d->n.dropped_items += items;
	d->n.dropped_expendable += expendable;
	pthread_mutex_unlock(&d->lock);
}

static void on_dropped(void *arg, const struct slo_spool_message *m)
{
	struct destination *d = arg;
	struct slo_otlp_kind k = { .items = 0 };
	struct slo_err err = { .what = "" };
	bool news;

	(void)slo_otlp_tag_read(m->tag, &k);
	count_dropped(d, k.items, is_expendable(NULL, m));
	pthread_mutex_lock(&d->lock);
	d->displaced_items += k.items;
	news = !d->told_full;
	d->told_full = true;
	pthread_mutex_unlock(&d->lock);
	slo_err_set(&err, 0, "the queue is full: its oldest batches are dropped, exemplars first");
	slo_err_at(&err, "%s", slo_otlp_path(k.signal));
	if (news)
		on_report(d, &err);
}

/* The first words a peer has about a batch that it took. */
static void surface(struct destination *d, const struct slo_otlp_kind *k, const struct slo_otlp_answer *a)
{
	struct slo_err err = { .what = "" };
	char words[WORDS_MAX];

	slo_otlp_words(a->message, words, sizeof(words));
	if (a->rejected)
		slo_err_set(&err, 0, "the peer rejected %" PRId64 " of %u: %s", a->rejected, k->items,
			    words[0] ? words : "it did not say why");
	else
		slo_err_set(&err, 0, "the peer warns: %s", words);
	slo_err_at(&err, "%s", slo_otlp_path(k->signal));
	on_report(d, &err);
}

static void count_delivered(struct destination *d, const struct slo_spool_message *m, const struct slo_otlp_kind *k,
			    const struct slo_otlp_answer *a, bool readable)
{
	uint64_t rejected = (uint64_t)a->rejected < k->items ? (uint64_t)a->rejected : k->items;
	bool news = (a->rejected || a->message.len) && !d->told;

	pthread_mutex_lock(&d->lock);
	d->n.delivered++;
	d->n.delivered_items += k->items - rejected;
	d->n.rejected_items += rejected;
	d->n.partial += a->rejected > 0;
	d->n.warnings += !a->rejected && a->message.len;
	d->n.unreadable += !readable;
	d->n.sent_bytes += m->body.len;
	d->told |= news;
	pthread_mutex_unlock(&d->lock);
	if (news)
		surface(d, k, a);
}

static void on_send(void *arg, const struct slo_spool_message *m, struct slo_delivery_outcome *out)
{
	struct destination *d = arg;
	struct slo_otlp_answer answer;
	struct slo_otlp_kind k;
	bool readable;

	/* Somebody else's file: nobody will ever know what it is. */
	if (slo_otlp_tag_read(m->tag, &k)) {
		*out = (struct slo_delivery_outcome){ .verdict = SLO_DELIVERY_NEVER, .retry_after_ns = -1 };
		(void)!snprintf(out->why, sizeof(out->why), "not a batch of OTLP");
		return;
	}
	slo_otlp_send(d->sender, m, &k, slo_delivery_thread_cancelled, d->thread, out, &answer, &readable);
	if (out->verdict == SLO_DELIVERED)
		count_delivered(d, m, &k, &answer, readable);
	if (out->verdict == SLO_DELIVERY_RETRY || out->verdict == SLO_DELIVERED)
		return;
	pthread_mutex_lock(&d->lock);
	d->n.refused++;
	d->n.refused_items += k.items;
	pthread_mutex_unlock(&d->lock);
}

static int open_spool(struct destination *d, int first, struct slo_err *err)
{
	const struct slo_otlp_export_opts *o = &d->x->o;
	struct slo_spool_opts s = { .message_max = SLO_OTLP_BODY_MAX + (1 << 16),
				    .bytes_max = o->spool_bytes,
				    .age_ns = o->spool_age_ns,
				    .expendable_key = slo_spool_key(slo_str(expendable_key)) };
	char *dir = NULL;
	int r;

	/* By name, not by address: a peer that has moved gets what waits. */
	if (!o->spool_dir || !o->spool_dir[0])
		return 0;
	if (asprintf(&dir, "%s/%s", o->spool_dir, slo_otlp_signal_enum.names[first]) < 0)
		return slo_err_set(err, -ENOMEM, "out of memory");
	s.dir = dir;
	r = slo_spool_open(&s, &d->spool, err);
	free(dir);
	return r;
}

static int open_destination(struct destination *d, int first, struct slo_err *err)
{
	const struct slo_otlp_export_opts *x = &d->x->o;
	struct slo_delivery_opts o = {
		.queue_max = x->queue_max ? x->queue_max : SLO_OTLP_QUEUE,
		.queue_bytes = x->queue_bytes ? x->queue_bytes : SLO_OTLP_QUEUE_BYTES,
		.message_max = SLO_OTLP_BODY_MAX + (1 << 16), .attempts_max = UINT32_MAX,
		.backoff_ns = x->backoff_ns,
		.backoff_max_ns = x->backoff_max_ns ? x->backoff_max_ns : BACKOFF_MAX_S * SLO_NS_PER_S,
		.seed = (uint64_t)slo_now_wall_ns() ^ (uint64_t)getpid() << 32,
		.wall = wall, .mono = mono, .send = on_send, .expendable = is_expendable, .dropped = on_dropped,
		.report = on_report, .arg = d,
	};
	int r = slo_otlp_sender_new(x->config, first, &d->sender, err);

	r = r ? r : open_spool(d, first, err);
	o.spool = d->spool;
	/* In memory nothing but room ends the attempts; of a spool this is what its end waits for. */
	if (d->spool)
		o.attempts_max = ATTEMPTS_AT_END;
	r = r ? r : slo_delivery_new(&o, &d->delivery);
	return r ? r : slo_delivery_thread_start(d->delivery, &d->thread);
}

/* The destination of @signal: one that an earlier signal has, or a new one. */
static int find_destination(struct slo_otlp_export *x, int signal, struct slo_err *err)
{
	const struct slo_otlp_target *t = x->o.config->target;
	struct destination *d = &x->list[x->list_n];

	for (int s = 0; s < signal; s++)
		if (slo_otlp_same_peer(&t[s], &t[signal])) {
			x->of[signal] = x->of[s];
			return 0;
		}
	d->x = x;
	pthread_mutex_init(&d->lock, NULL);
	x->list_n++;
	x->of[signal] = d;
	return open_destination(d, signal, err);
}

int slo_otlp_export_new(const struct slo_otlp_export_opts *o, struct slo_otlp_export **out, struct slo_err *err)
{
	struct slo_otlp_export *x = calloc(1, sizeof(*x));
	int r = 0;

	if (!x)
		return slo_err_set(err, -ENOMEM, "out of memory");
	x->o = *o;
	x->run = (uint64_t)slo_now_wall_ns();
	slo_buf_init(&x->packed, SLO_OTLP_BODY_MAX + (1 << 16));
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT && !r; s++)
		r = find_destination(x, s, err);
	if (r) {
		slo_otlp_export_free(x);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	*out = x;
	return 0;
}

/* Return: 0 with @m's body as it will travel. */
static int pack(struct slo_otlp_export *x, const struct slo_otlp_batch *b, bool gzip, struct slo_spool_message *m)
{
	m->body = b->body;
	if (!gzip)
		return 0;
	slo_buf_reset(&x->packed);
	if (slo_gzip(b->body, &x->packed))
		return x->packed.err ? x->packed.err : -ENOMEM;
	m->body = slo_buf_str(&x->packed);
	return 0;
}

static int put(struct slo_otlp_export *x, struct destination *d, const struct slo_otlp_batch *b)
{
	const struct slo_otlp_target *t = &x->o.config->target[b->signal];
	const struct slo_otlp_kind k = { b->signal, t->encoding, t->gzip, b->items };
	struct slo_spool_message m = { .id = "" };
	int r = pack(x, b, t->gzip, &m);

	if (r)
		return r;
	(void)!snprintf(m.id, sizeof(m.id), "%016" PRIx64 "-%" PRIu64, x->run, x->seq++);
	slo_otlp_tag(&k, m.tag);
	r = slo_delivery_put(d->delivery, &m,
			     slo_str(b->expendable ? expendable_key : slo_otlp_signal_enum.names[b->signal]));
	slo_delivery_thread_wake(d->thread);
	return r;
}

int slo_otlp_export_put(struct slo_otlp_export *x, const struct slo_otlp_batch *b)
{
	struct destination *d = x->of[b->signal];
	bool large = b->body.len > SLO_OTLP_BODY_MAX || b->items > SLO_OTLP_ITEMS_MAX;
	int r;

	if (b->items == 0)
		return 0;
	r = large ? -EMSGSIZE : d->thread ? put(x, d, b) : -ESHUTDOWN;
	if (r && !large)
		count_dropped(d, b->items, b->expendable);
	pthread_mutex_lock(&d->lock);
	d->n.too_large += large;
	if (!r) {
		d->n.batches++;
		d->n.items += b->items;
		d->n.body_bytes += b->body.len;
	}
	pthread_mutex_unlock(&d->lock);
	return r;
}

/* What is left in memory is lost, and known to be; a spool keeps it. */
static void count_left(struct destination *d)
{
	struct slo_spool_entry *list = NULL;
	struct slo_delivery_stats s;
	size_t n = 0;

	slo_delivery_stats(d->delivery, &s);
	if (d->spool && slo_spool_list(d->spool, SLO_SPOOL_WAITING, &list, &n) == 0)
		free(list);
	pthread_mutex_lock(&d->lock);
	d->left = n;
	d->ended = true;
	if (!d->spool && s.waiting) {
		d->n.lost = s.waiting;
		d->n.lost_items = d->n.items - d->n.delivered_items - d->n.rejected_items - d->n.refused_items -
				  d->displaced_items;
	}
	pthread_mutex_unlock(&d->lock);
}

uint64_t slo_otlp_export_end(struct slo_otlp_export *x, int64_t wait_ns, bool (*hurry)(void))
{
	int64_t until = slo_now_mono_ns() + wait_ns; /* of all of them together */
	struct slo_otlp_export_stats n;

	for (size_t i = 0; i < x->list_n; i++)
		if (x->list[i].thread)
			slo_delivery_thread_settle(x->list[i].thread, &until, hurry, SLO_OTLP_STOP_S * SLO_NS_PER_S);
	for (size_t i = 0; i < x->list_n; i++) {
		slo_delivery_thread_stop(x->list[i].thread);
		x->list[i].thread = NULL;
		count_left(&x->list[i]);
	}
	slo_otlp_export_stats(x, &n);
	return n.lost + n.refused + n.dropped + (n.lost ? 0 : n.waiting);
}

/* All members are counters. */
static void sum_up(const struct slo_otlp_export_stats *n, struct slo_otlp_export_stats *out)
{
	const uint64_t *from = (const uint64_t *)n;
	uint64_t *to = (uint64_t *)out;

	static_assert(sizeof(*n) % sizeof(uint64_t) == 0, "members of other types");
	for (size_t i = 0; i < sizeof(*n) / sizeof(uint64_t); i++)
		to[i] += from[i];
}

static void add_stats(struct destination *d, struct slo_otlp_export_stats *out)
{
	struct slo_delivery_stats v = { .accepted = 0 };
	struct slo_spool_stats s = { .put = 0 };
	struct slo_otlp_export_stats n;

	slo_delivery_stats(d->delivery, &v);
	if (d->spool)
		slo_spool_stats(d->spool, &s);
	pthread_mutex_lock(&d->lock);
	n = d->n;
	n.waiting = d->spool && d->ended ? d->left : v.waiting;
	pthread_mutex_unlock(&d->lock);
	n.attempts = v.attempts;
	n.retries = v.retries;
	n.waiting_bytes = v.bytes;
	n.dropped += s.pushed_out + s.expired;
	sum_up(&n, out);
}

void slo_otlp_export_stats(struct slo_otlp_export *x, struct slo_otlp_export_stats *out)
{
	*out = (struct slo_otlp_export_stats){ .batches = 0 };
	for (size_t i = 0; i < x->list_n; i++)
		add_stats(&x->list[i], out);
}

void slo_otlp_export_free(struct slo_otlp_export *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->list_n; i++) {
		struct destination *d = &x->list[i];

		slo_delivery_thread_stop(d->thread);
		slo_delivery_free(d->delivery);
		slo_spool_close(d->spool);
		slo_otlp_sender_free(d->sender);
		pthread_mutex_destroy(&d->lock);
	}
	slo_buf_fini(&x->packed);
	free(x);
}
