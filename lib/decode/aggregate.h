/* SPDX-License-Identifier: MIT */
/*
 * From observations and requests to windows and exemplars.
 *
 * Between two flushes every observation goes into the cell of its (signal,
 * service, role), every request into the cells of its service's SLIs. A flush
 * emits one `window` per signal, service and role, one `sli_window` per service and
 * SLI, and starts afresh. Exemplars leave at once, through a token bucket.
 *
 * What counts for which SLI (a request has an outcome: answered in full,
 * timed out, aborted):
 *
 * sli                   valid                                       bad
 * ttft_ms               first content came and status < 400         value > threshold: slow
 *                       no content came and it timed out            timeout
 *                       no content came, aborted after it had       aborted
 *                       waited longer than the threshold
 * request_latency_ms    answered in full and status < 400; timed    as above
 *                       out; aborted after longer than the threshold
 * error_rate            all                                         429, 5xx, timed out, aborted before any answer
 * token_throughput_tps  streams of >= 2 content chunks with         value < threshold: slow
 *                       status < 400
 * retrieval_latency_ms  exchanges with a retrieval backend that     value > threshold: slow
 *                       were answered, status < 400 or not known;   timeout, aborted
 *                       that were given up
 * provider_error_rate   exchanges with a provider whose status      429, 5xx, timeout, aborted
 *                       is known; that were given up
 *
 * The last two have windows from their first exchange on; where the status of no answer could be read (TLS), "why"
 * says so. An exchange whose owner nobody knows is the only service's, where there is only one.
 *
 * ttft_ms is judged when the first content comes, or as slow when the request is overdue
 * (struct slo_obs_sink.ttft); a value known only later joins the histogram then, so
 * that the histogram of one window may hold more or fewer values than @valid.
 *
 * ttft = first_ns - sent_ns, latency = end_ns - start_ns, throughput = chunks / (last - first chunk), all chunks when
 * that is 0. Content chunks are tokens only where the server sends one per token. Without an
 * objective nothing is slow and nobody who hung up had waited too long. A connection that ends inside
 * an answer is no error of the service: a client that has read enough hangs up like that, and who hung up is not
 * known. Requests with status >= 400 have no latency worth judging; only error_rate counts them.
 *
 * Pure: time comes with the data.
 */
#ifndef SLO_DECODE_AGGREGATE_H
#define SLO_DECODE_AGGREGATE_H

#include "decode/obs.h"
#include "event/event.h"

struct slo_config;

enum {
	SLO_AGG_SERVICES = 16,  /* most services */
	SLO_SERVICE_ALL = -2,   /* slo_agg_capture(): every service and the host-wide one */
};

/* Who a service is on the wire. Borrowed strings; may be changed between calls. */
struct slo_agg_service {
	struct slo_str name, namespace, workload, pod, container;
};

typedef void slo_emit_fn(void *arg, const struct slo_event *ev);

struct slo_agg_opts {
	struct slo_str cluster, node;
	struct slo_str namespace, pod, container; /* of host-wide events */
	const struct slo_agg_service *services;   /* borrowed, must outlive the aggregator */
	size_t services_count;
	const struct slo_config *config;          /* objectives, enabled signals, exemplar limits; borrowed */
	int source;                               /* enum SLO_SOURCE of everything emitted */
	uint32_t sample_good;                     /* an exemplar of one in this many good requests; 0 = of none */
	slo_emit_fn *emit;                        /* exemplars; events are valid during the call only */
	void *emit_arg;
	/*
	 * Where the process of an observation lives: puts namespace, pod and container into @labels as far as they
	 * are known; what it points at must last for the call. NULL = nobody knows more than the service's labels.
	 */
	void (*whose)(void *arg, const struct slo_obs *o, struct slo_agg_service *labels);
	void *whose_arg;
};

/* Since the start. */
struct slo_agg_counters {
	uint64_t observations, requests, exchanges;
	uint64_t exemplars;     /* emitted: probe and slo */
	uint64_t rate_limited;  /* exemplars dropped by the token bucket */
	uint64_t ignored;       /* of a disabled signal, or of no known service or signal */
	uint64_t windows;       /* emitted: window and sli_window */
	uint64_t lost;          /* reported through slo_agg_lost() */
};

struct slo_agg;

/** slo_agg_new - Return: 0, -ENOMEM, -E2BIG for more than SLO_AGG_SERVICES services. */
int slo_agg_new(struct slo_agg **out, const struct slo_agg_opts *opts);
void slo_agg_free(struct slo_agg *a);

/** slo_agg_sink - the way in for sources. */
struct slo_obs_sink slo_agg_sink(struct slo_agg *a);

/**
 * slo_agg_capture - what the sources say about a signal they do or do not watch
 * @service:  index, SLO_SERVICE_NONE (host-wide) or SLO_SERVICE_ALL
 * @state:    SLO_STATE_NOT_CAPTURED, or any other for "watched"
 * @provider: static string; "" when not captured
 * @why:      copied (cut at 127 bytes); "" or NULL = none
 *
 * Holds until changed. Until the first call a signal is not captured, why = "no source".
 * A cell with observations has state value whatever was said here.
 */
void slo_agg_capture(struct slo_agg *a, int service, int signal, int state, const char *provider, const char *why);

/**
 * slo_agg_coverage - how much of @signal the probe sees, for the windows of @service (as above)
 * @ratio: seen / independently counted; NaN = not known. Holds until changed
 */
void slo_agg_coverage(struct slo_agg *a, int service, int signal, double ratio);

/**
 * slo_agg_reload - the configuration behind slo_agg_opts.config has changed; between two flushes, best right after one
 *
 * Signals that are left out now have no windows from the next flush on, new ones do; the rate of exemplars changes, those
 * not taken yet stay. Objectives are looked up anew for every request and window as it is.
 */
void slo_agg_reload(struct slo_agg *a);

/**
 * slo_agg_enable - shed or restore a signal at run time
 *
 * Observations of a shed signal are ignored and its windows say not_captured:
 * "shed by the overhead guard". A signal that the configuration leaves out has no windows at all.
 */
void slo_agg_enable(struct slo_agg *a, int signal, bool on);

/** slo_agg_lost - @n packets or flows are known to be missing from this interval. */
void slo_agg_lost(struct slo_agg *a, uint64_t n);

/**
 * slo_agg_flush - emit the windows of [@start_ns, @end_ns) and start afresh
 *
 * In order of service, then table order of signals and SLIs. A network
 * signal with several roles has a window for each; a service with none of them one in the signal's usual role.
 * Host-wide windows (service "") appear where something was observed for no service, and for
 * every signal when no service is watched. Events are valid during the call of @emit only.
 */
void slo_agg_flush(struct slo_agg *a, int64_t start_ns, int64_t end_ns, slo_emit_fn *emit, void *arg);

void slo_agg_counters(const struct slo_agg *a, struct slo_agg_counters *out);

#endif
