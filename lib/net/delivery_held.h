/* SPDX-License-Identifier: MIT */
/*
 * The messages a delivery has in memory: a list in the order of their arrival, bounded in number and bytes, from
 * which what is expendable goes first. The caller guards it. Private to delivery.
 */
#ifndef SLO_NET_DELIVERY_HELD_H
#define SLO_NET_DELIVERY_HELD_H

#include "io/spool.h"

struct slo_held {
	struct slo_held *next;
	uint64_t key;
	struct slo_spool_message m; /* its body follows the struct */
	char body[];
};

struct slo_held_queue {
	uint64_t max, bytes_max;    /* messages; bytes of bodies, 0 = no bound of their own */
	bool (*expendable)(void *arg, const struct slo_spool_message *m); /* NULL: a full queue refuses what is new */
	void *arg;
	/* private */
	struct slo_held *head, *last;
	const struct slo_held *busy; /* under way: it stays */
	uint64_t n, bytes;
};

/**
 * slo_held_push - take a copy of @m in
 * @gone: what it displaced, in order, linked by next; the caller frees each
 *
 * Return: 0; -ENOBUFS when there is no room and nothing that may go for it; -ENOMEM.
 */
int slo_held_push(struct slo_held_queue *q, const struct slo_spool_message *m, uint64_t key, struct slo_held **gone);

/** slo_held_unlink - take @h, which is in it, out; the caller frees it. */
void slo_held_unlink(struct slo_held_queue *q, struct slo_held *h);

void slo_held_fini(struct slo_held_queue *q);

#endif
