/* SPDX-License-Identifier: MIT */
/*
 * Answers that only wait: thousands of streams at once on one thread of the HTTP
 * server, each put aside (suspended) until its next token is due. No CPU time is
 * burned and nothing is called; that is what serve_pool.h is for.
 *
 * Everything but start, stop, free and the counts runs on the HTTP server's thread.
 */
#ifndef SLO_NET_SERVE_TIMERS_H
#define SLO_NET_SERVE_TIMERS_H

#include "net/serve.h"
#include "net/serve_chat.h"
#include "net/serve_dist.h"
#include "net/serve_metrics.h"

#include <microhttpd.h>

struct slo_timers_opts {
	const struct slo_dist *ttft, *gap; /* until the first token, between tokens; outlive the engine */
	uint64_t seed;
	uint32_t most;                     /* answers at once */
	bool role_at_start;
};

struct slo_timers;

/** slo_timers_start - Return: 0 or a negative errno. */
int slo_timers_start(const struct slo_timers_opts *o, struct slo_timers **out);

/** slo_timers_stop - wake every answer up for good: they end. To be called before the HTTP server is stopped. */
void slo_timers_stop(struct slo_timers *t);

/** slo_timers_free - after the HTTP server was stopped. NULL is allowed. */
void slo_timers_free(struct slo_timers *t);

/**
 * slo_timers_stream - the body of a stream, each token in its time, for MHD_queue_response() on @c
 *
 * @a is copied, its model must outlive it. Return: NULL when there are too many (counted), or no memory.
 */
struct MHD_Response *slo_timers_stream(struct slo_timers *t, struct MHD_Connection *c, const struct slo_chat_answer *a);

/**
 * slo_timers_whole - wait as long as @tokens tokens take, once
 * @waited: of this request; set
 *
 * Return: true when the answer can be sent now; false when @c was put aside and its handler will be called
 * again, with @waited set. Too many under way: true at once, with @waited unset.
 */
bool slo_timers_whole(struct slo_timers *t, struct MHD_Connection *c, int64_t tokens, bool *waited);

/** slo_timers_count_bad - one request that was refused as wrong. */
void slo_timers_count_bad(struct slo_timers *t);

/** slo_timers_picture - everything /metrics tells; the histograms are of streams only. On the HTTP server's thread. */
void slo_timers_picture(const struct slo_timers *t, struct slo_serve_picture *out);
void slo_timers_read_stats(const struct slo_timers *t, struct slo_serve_stats *out);

#endif
