/* SPDX-License-Identifier: MIT */
/*
 * What a load run adds up to. Pure: results in, numbers out.
 *
 * Everything counts from the moment a request was meant to be sent, except:
 * dispatch_delay_ms = sent - intended; chunk_gap_ms = between two successive deltas
 * that carried something; tpot_ms = (last - first token) / (tokens - 1) where the
 * server counted at least two tokens. ttfb_ms: first byte of the body. ttfc_ms: first data
 * event, an empty role chunk too. ttft_ms: first non-empty content, reasoning or tool
 * call delta. e2e_ms: last such delta, or the end of a body without any. duration_ms:
 * until it ended, however it did. What did not happen is no observation, never 0.
 */
#ifndef SLO_NET_HTTP_CLIENT_TALLY_H
#define SLO_NET_HTTP_CLIENT_TALLY_H

#include "net/http_client.h"
#include "stat/hist.h"

enum slo_load_metric {
	SLO_LOAD_TTFB,
	SLO_LOAD_TTFC,
	SLO_LOAD_TTFT,
	SLO_LOAD_GAP,  /* many in one request */
	SLO_LOAD_TPOT,
	SLO_LOAD_E2E,
	SLO_LOAD_DURATION,
	SLO_LOAD_DISPATCH,
	SLO_LOAD_METRIC__COUNT
};

#define SLO_LOAD_VALID_MS       10.0  /* a run whose median dispatch delay is not below this measured its client */
#define SLO_LOAD_VALID_P99_MS   100.0 /* nor its 99th percentile below this */
#define SLO_LOAD_VALID_P99_FROM 100   /* requests from which there is such a thing */
#define SLO_LOAD_VALID_CORES    0.9   /* the client is one thread: nearer to a core than this it was the limit */
#define SLO_LOAD_VALID_UNSENT   0.01  /* share of the arrivals that may go unsent */
#define SLO_LOAD_CHUNK_RATIO    0.8   /* chunks per token below which chunk gaps are no gaps between tokens */

struct slo_load_dist {
	struct slo_hist hist; /* ms */
	double sum, min, max; /* ms; min and max are exact */
};

enum { SLO_LOAD_EXACT = 8192 }; /* observations of a metric up to which its quantiles are exact */

struct slo_load_exact {
	double ms[SLO_LOAD_EXACT];
	size_t n;       /* kept; further ones are in the histogram only */
	bool sorted;
};

struct slo_load_objectives {
	double ttft_ms, tpot_ms, e2e_ms; /* at most; 0 = none */
};

struct slo_load_tally {
	int64_t from_ns, to_ns; /* results intended before are warm-up, from @to_ns on cool-down; monotonic */
	struct slo_load_objectives objectives;
	uint64_t warmup, cooldown; /* requests not counted below, whatever became of them */
	uint64_t sent;          /* measured requests handed to the transport */
	uint64_t dropped;       /* measured requests not sent: too many were under way */
	uint64_t failed_send;   /* measured requests the transport refused */
	uint64_t outcomes[SLO_OUTCOME__COUNT];
	uint64_t no_token;      /* ok, but without a single token */
	uint64_t good;          /* ok and every objective met */
	uint64_t unjudged;      /* ok, but not good for want of a value (no usage: no tpot) */
	uint64_t tokens;        /* completion tokens of ok requests */
	uint64_t chunk_counted; /* ok requests whose tokens are only counted chunks */
	uint64_t usage_tokens, usage_chunks; /* of the ok requests whose tokens the server counted */
	uint64_t gaps_lost;     /* chunk gaps over the bound of one answer */
	struct slo_load_dist dist[SLO_LOAD_METRIC__COUNT]; /* of requests that ended ok; dispatch: of all */
	struct slo_load_exact exact[SLO_LOAD_METRIC__COUNT]; /* the same observations */
	struct slo_load_dist by_outcome[SLO_OUTCOME__COUNT][SLO_LOAD_METRIC__COUNT];
};

/* Whether a run says something about the server. */
struct slo_load_verdict {
	bool valid;
	size_t n;           /* reasons, 0 when valid */
	char why[4][160];
};

/** slo_load_metric_name - "ttft_ms", "e2e_ms", "tpot_ms", "dispatch_delay_ms", … */
const char *slo_load_metric_name(enum slo_load_metric m);

/** slo_load_tally_init - @o is copied. */
void slo_load_tally_init(struct slo_load_tally *t, int64_t from_ns, int64_t to_ns, const struct slo_load_objectives *o);

/** slo_load_tally_drop - one arrival that was not sent; @failed when the transport refused it. */
void slo_load_tally_drop(struct slo_load_tally *t, int64_t intended_ns, bool failed);

/** slo_load_tally_add - one request that is over. */
void slo_load_tally_add(struct slo_load_tally *t, const struct slo_client_result *r);

/**
 * slo_load_measured - one metric of one result, whatever its outcome (not SLO_LOAD_GAP)
 * @ms: set on true, >= 0
 *
 * Return: false when the result has no such value.
 */
bool slo_load_measured(const struct slo_client_result *r, enum slo_load_metric m, double *ms);

/** slo_load_value - likewise, but latencies of requests that did not end ok are no value. */
bool slo_load_value(const struct slo_client_result *r, enum slo_load_metric m, double *ms);

/** slo_load_dist_quantile - clamped to the exact extremes; NaN without observations. */
double slo_load_dist_quantile(const struct slo_load_dist *d, double q);

/** slo_load_tally_seal - nothing comes any more: from here on quantiles are exact where they can be. */
void slo_load_tally_seal(struct slo_load_tally *t);

/** slo_load_quantile - of @dist, the value at rank ceil(q n): exact once sealed, up to SLO_LOAD_EXACT of them. */
double slo_load_quantile(const struct slo_load_tally *t, enum slo_load_metric m, double q);

/** slo_load_dist_mean - NaN without observations. */
double slo_load_dist_mean(const struct slo_load_dist *d);

/**
 * slo_load_count_valid - the requests that goodput is a share of
 *
 * All that were meant to be sent, those that could not be included; without those we
 * gave up ourselves and those that were wrong (client_error).
 */
uint64_t slo_load_count_valid(const struct slo_load_tally *t);

/** slo_load_chunk_ratio - chunks per token where the server counted the tokens; NaN when nowhere. */
double slo_load_chunk_ratio(const struct slo_load_tally *t);

/** slo_load_judge - @cores: the client's own CPU time by elapsed time. */
void slo_load_judge(const struct slo_load_tally *t, double cores, struct slo_load_verdict *v);

#endif
