/* SPDX-License-Identifier: MIT */
/*
 * What a load run adds up to. Pure: results in, numbers out.
 *
 * ttft_ms = first token - intended; e2e_ms = last token (or end of a body without
 * tokens) - intended; tpot_ms = (last - first token) / (tokens - 1) when the
 * server counted at least two tokens; dispatch_ms = sent - intended. ttft, e2e and
 * tpot are of requests that ended ok; dispatch is of all that were sent.
 */
#ifndef SLO_NET_HTTP_CLIENT_TALLY_H
#define SLO_NET_HTTP_CLIENT_TALLY_H

#include "net/http_client.h"
#include "stat/hist.h"

enum slo_load_metric {
	SLO_LOAD_TTFT,
	SLO_LOAD_E2E,
	SLO_LOAD_TPOT,
	SLO_LOAD_DISPATCH,
	SLO_LOAD_METRIC__COUNT
};

#define SLO_LOAD_VALID_MS 10.0 /* a run whose median dispatch delay is not below this measured its client */

struct slo_load_dist {
	struct slo_hist hist; /* ms */
	double sum, min, max; /* ms; min and max are exact */
};

struct slo_load_tally {
	int64_t from_ns;        /* results intended before this are warm-up, monotonic */
	double slo_ttft_ms;     /* objective; 0 = none */
	uint64_t warmup;        /* requests not counted below, whatever became of them */
	uint64_t sent;          /* measured requests handed to the transport */
	uint64_t dropped;       /* measured requests not sent: too many were under way */
	uint64_t failed_send;   /* measured requests the transport refused */
	uint64_t outcomes[SLO_OUTCOME__COUNT];
	uint64_t no_token;      /* ok, but without a single token */
	uint64_t good;          /* ok with ttft <= slo_ttft_ms */
	uint64_t tokens;        /* completion tokens of ok requests */
	uint64_t chunk_counted; /* ok requests whose tokens are only counted chunks */
	struct slo_load_dist dist[SLO_LOAD_METRIC__COUNT];
};

/** slo_load_metric_name - "ttft_ms", "e2e_ms", "tpot_ms", "dispatch_delay_ms". */
const char *slo_load_metric_name(enum slo_load_metric m);

void slo_load_tally_init(struct slo_load_tally *t, int64_t from_ns, double slo_ttft_ms);

/** slo_load_tally_drop - one arrival that was not sent; @failed when the transport refused it. */
void slo_load_tally_drop(struct slo_load_tally *t, int64_t intended_ns, bool failed);

/** slo_load_tally_add - one request that is over. */
void slo_load_tally_add(struct slo_load_tally *t, const struct slo_client_result *r);

/**
 * slo_load_value - one metric of one result
 * @ms: set on true
 *
 * Return: false when the result has no such value (missing is not zero).
 */
bool slo_load_value(const struct slo_client_result *r, enum slo_load_metric m, double *ms);

/** slo_load_quantile - of one metric, clamped to its exact extremes; NaN without observations. */
double slo_load_quantile(const struct slo_load_tally *t, enum slo_load_metric m, double q);

/** slo_load_valid - the median dispatch delay is below SLO_LOAD_VALID_MS; false without observations. */
bool slo_load_valid(const struct slo_load_tally *t);

#endif
