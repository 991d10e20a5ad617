/* SPDX-License-Identifier: MIT */
/*
 * What the stand-in server tells Prometheus about itself, under the names the
 * agent uses for the services it watches. Times are taken in the server: a
 * first token is the one handed to the connection, waiting in the queue included.
 */
#ifndef SLO_NET_SERVE_METRICS_H
#define SLO_NET_SERVE_METRICS_H

#include "base/buf.h"
#include "net/serve.h"

enum { SLO_SERVE_BOUNDS = 16 };

/* In seconds; 0.8 is the usual objective, so that its share is exact. */
extern const double slo_serve_bounds[SLO_SERVE_BOUNDS];

struct slo_serve_hist {
	uint64_t in[SLO_SERVE_BOUNDS + 1]; /* not cumulative; the last is for what is over all bounds */
	uint64_t count;
	double sum;                        /* s */
};

/** slo_serve_hist_add - one observation, ns. Not locked. */
void slo_serve_hist_add(struct slo_serve_hist *h, int64_t ns);

/* A consistent picture. Requests in flight: @s.requests less those that ended. */
struct slo_serve_picture {
	struct slo_serve_stats s;
	uint64_t failed, cut; /* 503; broken off, by the client or by the server */
	struct slo_serve_hist ttft, duration;
};

/** slo_serve_write_metrics - the exposition text; @service labels every series. */
void slo_serve_write_metrics(const struct slo_serve_picture *p, const char *service, struct slo_buf *out);

#endif
