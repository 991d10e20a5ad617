/* SPDX-License-Identifier: MIT */
/* Shared by aggregate.c (signals) and aggregate_sli.c (requests). */
#ifndef SLO_DECODE_AGGREGATE_INTERNAL_H
#define SLO_DECODE_AGGREGATE_INTERNAL_H

#include "base/bucket.h"
#include "config/config.h"
#include "decode/aggregate.h"
#include "event/tables.h"

enum {
	AGG_REQUEST_SLIS = 4,   /* SLO_SLI_TTFT .. SLO_SLI_ERROR_RATE: what a request can be judged by */
	AGG_SLIS = 6,           /* and what an exchange with a peer can */
	AGG_WHY = 128,
};

/* One signal of one service and role. */
struct agg_cell {
	uint64_t count, failed;
	double sum, min, max;
	const char *provider;
	struct slo_hist hist;
};

struct agg_capture {
	int state;
	const char *provider;
	char why[AGG_WHY];
};

/* One SLI of one service. */
struct agg_sli {
	uint64_t valid, bad, values;
	struct slo_bad_counts bad_by;
	double sum, min, max;
	struct slo_hist hist;
};

struct agg_service {
	struct agg_cell cells[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT];
	struct agg_capture capture[SLO_SIGNAL__COUNT];
	double coverage[SLO_SIGNAL__COUNT]; /* NaN = not known */
	struct agg_sli slis[AGG_SLIS];
	bool has_peer[AGG_SLIS]; /* of the exchanges': one was seen since the start */
	uint64_t opaque;        /* exchanges with a provider whose answers cannot be read, in this interval */
	uint64_t good_seen;     /* since the start, for sampling good requests */
};

struct slo_agg {
	struct slo_agg_opts opts;
	struct slo_bucket bucket;
	bool wanted[SLO_SIGNAL__COUNT], shed[SLO_SIGNAL__COUNT];
	uint64_t lost;          /* in this interval */
	struct slo_agg_counters n;
	struct agg_service services[]; /* [0] host-wide, then one per service */
};

/** slo_agg_labels - the labels of @service, or those of the host. */
struct slo_agg_service slo_agg_labels(const struct slo_agg *a, int service);

/** slo_agg_exemplar - emit @ev unless over the rate; @now_ns is the time of the event. */
void slo_agg_exemplar(struct slo_agg *a, const struct slo_event *ev, int64_t now_ns);

void slo_agg_request(struct slo_agg *a, const struct slo_request *r);
void slo_agg_exchange(struct slo_agg *a, int service, const struct slo_exchange *e);

/** slo_agg_ttft - @r is overdue, or its first content came: see struct slo_obs_sink. */
void slo_agg_ttft(struct slo_agg *a, const struct slo_request *r);
void slo_agg_flush_slis(struct slo_agg *a, int service, int64_t start_ns, int64_t end_ns, slo_emit_fn *emit, void *arg);
void slo_agg_reset_sli(struct agg_sli *s);

#endif
