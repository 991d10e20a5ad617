/* SPDX-License-Identifier: MIT */
/*
 * Messages from a queue to a peer, one at a time: which is next, when to try
 * again, when to give up. What a message is and how it travels is the business
 * of the function that sends it.
 *
 * Messages of one key go in the order in which they came: the second is not tried before
 * the first was delivered or given up. Other keys go on meanwhile. A message that failed is
 * tried again after backoff_ns, twice that, four times that, … each drawn from 75 % to 125 %
 * of it, or when Retry-After says, whichever is later. A peer that named a
 * time is left alone altogether until then.
 *
 * With a spool a message is kept until it is delivered or too old, over any number of
 * processes; what the peer refuses for good is buried with the reason. Without one there is a bounded
 * queue in memory and attempts_max attempts, after which a message is counted as failed.
 *
 * Time and randomness are given; there is no thread in here. slo_delivery_put() may be called by
 * another thread than slo_delivery_step().
 */
#ifndef SLO_NET_DELIVERY_H
#define SLO_NET_DELIVERY_H

#include "io/spool.h"

enum {
	SLO_DELIVERY_QUEUE = 256,          /* default most messages in memory */
	SLO_DELIVERY_ATTEMPTS = 3,         /* default, without a spool */
	SLO_DELIVERY_REPORTS = 10,         /* failures that are reported; all are counted */
	SLO_DELIVERY_RETRY_AFTER_S = 3600, /* longest that is believed */
};

enum slo_delivery_verdict {
	SLO_DELIVERED,
	SLO_DELIVERY_RETRY,   /* not now */
	SLO_DELIVERY_NEVER,   /* the peer will not take it: no more attempts */
	SLO_DELIVERY_BLOCKED, /* our own configuration forbids it: no more attempts, but a spool keeps it */
};

struct slo_delivery_outcome {
	enum slo_delivery_verdict verdict;
	long status;             /* of the peer; 0 = it said none */
	int64_t retry_after_ns;  /* -1 = it did not say */
	char why[200];           /* "" when delivered */
};

typedef void slo_delivery_send(void *arg, const struct slo_spool_message *m, struct slo_delivery_outcome *out);

struct slo_delivery_opts {
	struct slo_spool *spool;   /* or NULL; outlives this */
	uint32_t queue_max;        /* without a spool; 0 = default */
	uint64_t queue_bytes;      /* without a spool: most bytes of bodies in memory; 0 = as queue_max allows */
	size_t message_max;        /* bytes of a body the spool may hold; 0 = SLO_SPOOL_MESSAGE_MAX */
	uint32_t attempts_max;     /* without a spool; 0 = default, UINT32_MAX = for as long as there is room */
	int64_t backoff_ns;        /* before the second attempt; 0 = 1 s */
	int64_t backoff_max_ns;    /* 0 = 5 min */
	uint64_t seed;             /* of the jitter */
	int64_t (*wall)(void *arg); /* wall clock, ns: when messages arrived */
	int64_t (*mono)(void *arg); /* a clock that nobody sets, ns: when attempts are due */
	slo_delivery_send *send;
	/*
	 * Without a spool: what goes first where there is no room. With it a full queue drops its oldest expendable
	 * message for one that comes, then (for one that is not expendable itself) its oldest; without it the
	 * new one is refused. Called under a lock: must not call back. May be NULL.
	 */
	bool (*expendable)(void *arg, const struct slo_spool_message *m);
	/* One was dropped for another, and is lost. On the thread of slo_delivery_put(). May be NULL. */
	void (*dropped)(void *arg, const struct slo_spool_message *m);
	/* A message is lost or dead, or (once in a row) waits for another attempt. May be NULL. */
	void (*report)(void *arg, const struct slo_err *err);
	void *arg;
};

struct slo_delivery_stats {
	uint64_t accepted;  /* put */
	uint64_t delivered;
	uint64_t attempts, retries;
	uint64_t failed;    /* without a spool: given up */
	uint64_t dead;      /* refused for good; buried where there is a spool */
	uint64_t dropped;   /* the queue was full, or the spool could not be written */
	uint64_t waiting;   /* now, as far as known */
	uint64_t bytes;     /* of bodies in memory, now */
};

struct slo_delivery;

/** slo_delivery_new - Return: 0 or -ENOMEM. @o is copied. */
int slo_delivery_new(const struct slo_delivery_opts *o, struct slo_delivery **out);
void slo_delivery_free(struct slo_delivery *d);

/**
 * slo_delivery_put - take a message
 * @key: its order is kept among messages of this key
 *
 * Without a spool this does not wait; with one it has been synced to the disk.
 * Return: 0; a negative errno when it is lost, counted and reported (-ENOBUFS: the queue is full).
 */
int slo_delivery_put(struct slo_delivery *d, struct slo_spool_message *m, struct slo_str key);

/**
 * slo_delivery_step - try one message that is due
 *
 * Return: when to call again, ns of @mono: not later than now when there may be more to do at once;
 * INT64_MAX when nothing waits.
 */
int64_t slo_delivery_step(struct slo_delivery *d);

/** slo_delivery_hurry - what waits for another attempt is due at once, this time; a pause the peer asked for stays. */
void slo_delivery_hurry(struct slo_delivery *d);

/**
 * slo_delivery_settled - nothing is left to wait for: all went out, or a spool keeps what was
 * tried as often as attempts_max, or another process delivers
 */
bool slo_delivery_settled(struct slo_delivery *d);

void slo_delivery_stats(struct slo_delivery *d, struct slo_delivery_stats *out);

#endif
