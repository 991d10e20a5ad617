/* SPDX-License-Identifier: MIT */
/*
 * Batches to OTLP/HTTP receivers: whoever has a batch in its encoding hands it over and goes on; a thread per
 * destination sends, tries again, and counts. Signals whose targets are one peer share a destination.
 *
 * What an answer means (OTLP 1.x, "OTLP/HTTP Response"): 2xx delivered; 429, 502, 503, 504 and every way of no answer
 * are tried again, after 1 s, 2 s, 4 s, … 30 s, each drawn from 75 % to 125 %, or when Retry-After says, whichever is
 * later; every other status drops the batch. A partial success is never tried again; what was rejected is counted and
 * the first words of each destination are reported.
 *
 * A destination has a bounded queue in memory. Full, it drops its oldest expendable batch (exemplars), then its
 * oldest. With a spool every batch is on the disk when slo_otlp_export_put() returns, and removed when it was
 * acknowledged: what was put is delivered at least once, over any number of processes that are killed, and at most the
 * batch under way twice for each of them. A full spool buries its oldest expendable batch, then its oldest.
 */
#ifndef SLO_NET_OTLP_EXPORT_H
#define SLO_NET_OTLP_EXPORT_H

#include "net/otlp_config.h"

enum {
	SLO_OTLP_QUEUE = 512,               /* default most batches in memory of a destination */
	SLO_OTLP_QUEUE_BYTES = 64 << 20,    /* default bytes of bodies in memory of a destination, compressed */
	SLO_OTLP_ITEMS_MAX = 9999999,       /* of one batch */
	SLO_OTLP_END_S = 30,                /* how long the end of the input should wait */
	SLO_OTLP_STOP_S = 5,                /* the same after a signal */
};

struct slo_otlp_export_opts {
	const struct slo_otlp_config *config; /* outlives it */
	uint32_t queue_max;        /* 0 = default, like what follows */
	uint64_t queue_bytes;
	const char *spool_dir;     /* each destination has a directory in it, by its first signal; NULL or "" = none */
	uint64_t spool_bytes;      /* of each destination */
	int64_t spool_age_ns;
	int64_t backoff_ns, backoff_max_ns; /* 0 = 1 s, 30 s */
	/* A batch is lost, refused or late, or a peer rejected some of one; few times. On any thread. May be NULL. */
	void (*report)(void *arg, const struct slo_err *err);
	void *arg;
};

struct slo_otlp_batch {
	int signal;                /* enum slo_otlp_signal */
	struct slo_str body;       /* in the encoding of the signal's target, not compressed */
	uint32_t items;            /* log records, data points or spans in it; a batch of none is not sent */
	bool expendable;           /* exemplars: they go first where there is no room */
};

/* Batches and items, since the start; all destinations together. */
struct slo_otlp_export_stats {
	uint64_t batches, items;             /* put, and queued or spooled */
	uint64_t delivered, delivered_items; /* acknowledged (of this and, with a spool, of earlier processes) */
	uint64_t rejected_items;             /* of those: refused by partial successes */
	uint64_t partial, warnings;          /* partial successes; those that rejected nothing but had words */
	uint64_t unreadable;                 /* 2xx whose body was no answer of OTLP: delivered, as far as known */
	uint64_t refused, refused_items;     /* dropped for their status (with a spool: put aside in its dead/) */
	uint64_t dropped, dropped_items;     /* no room; with a spool also those too old, whose items are not known */
	uint64_t dropped_expendable;         /* batches of those that were expendable */
	uint64_t too_large;                  /* batches over SLO_OTLP_BODY_MAX or SLO_OTLP_ITEMS_MAX: never queued */
	uint64_t lost, lost_items;           /* in memory when it ended */
	uint64_t attempts, retries;
	uint64_t body_bytes, sent_bytes;     /* of bodies put; of those delivered, as sent */
	uint64_t waiting, waiting_bytes;     /* now; bytes of memory only */
};

struct slo_otlp_export;

/**
 * slo_otlp_export_new - open the destinations and start their threads
 *
 * Nothing is connected to yet. Return: 0; -EINVAL, -ENOENT, … with @err (a file cannot be read, the spool cannot be
 * made); -ENOMEM.
 */
int slo_otlp_export_new(const struct slo_otlp_export_opts *o, struct slo_otlp_export **out, struct slo_err *err);

/**
 * slo_otlp_export_put - a batch; it is copied
 *
 * Does not wait for a peer; with a spool it waits for the disk. Not from several threads at once. Return: 0;
 * -EMSGSIZE (too large), -ENOBUFS (no room), another errno: it is lost and counted.
 */
int slo_otlp_export_put(struct slo_otlp_export *x, const struct slo_otlp_batch *b);

/**
 * slo_otlp_export_end - wait for what is under way, at most @wait_ns, and stop the threads
 * @hurry: looked at ten times a second, true shortens the wait to SLO_OTLP_STOP_S from then on; may be NULL
 *
 * What waits for another attempt is tried once more at once. With a spool, what a peer did not take in three attempts
 * stays there and is not waited for. Return: how many batches put were not acknowledged: lost,
 * refused, dropped, or in the spool.
 */
uint64_t slo_otlp_export_end(struct slo_otlp_export *x, int64_t wait_ns, bool (*hurry)(void));

/** slo_otlp_export_stats - from any thread, after slo_otlp_export_end() too. */
void slo_otlp_export_stats(struct slo_otlp_export *x, struct slo_otlp_export_stats *out);

/** slo_otlp_export_free - without a slo_otlp_export_end() before, what is in memory is lost. NULL is fine. */
void slo_otlp_export_free(struct slo_otlp_export *x);

#endif
