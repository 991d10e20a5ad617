/* SPDX-License-Identifier: MIT */
/*
 * The /metrics of an inference engine as SLIs: what its histograms grew by between two scrapes becomes one
 * `sli_window` per SLI. Seconds become milliseconds; time per output token becomes tokens per second.
 *
 * ttft_ms               vllm:time_to_first_token_seconds, sglang:time_to_first_token_seconds; TGI has none
 * request_latency_ms    vllm:e2e_request_latency_seconds, sglang:e2e_request_latency_seconds, tgi_request_duration
 * token_throughput_tps  vllm:request_time_per_output_token_seconds; sglang:request_time_per_output_token_seconds,
 *                       before that sglang:time_per_output_token_seconds; tgi_request_mean_time_per_token_duration
 * error_rate            vllm:request_success_total by finished_reason, where "error" is among them;
 *                       tgi_request_success and tgi_request_failure by err; SGLang has none
 *
 * llama.cpp exports no histogram and no count of requests: nothing can be said of its requests, and nothing is.
 * vllm:inter_token_latency_seconds and its like count tokens, not requests, and are not used. What is a latency here
 * is what the engine calls so: its clocks start when a request reaches it. TGI's time per token has the prefill in it.
 *
 * A counter that went down, a bucket that is another one, or a process_start_time_seconds that changed is a restart:
 * what is there now came since. A series that was not there at the last scrape came since as well. The first scrape
 * is only remembered. Requests are counted exactly; a value is known as well as the engine's buckets are narrow: it
 * stands in the histogram at the geometric middle of its bucket (half the first bound; 5 % above the last), and a
 * threshold within a bucket splits it in proportion. Beyond the last bound everything is bad.
 *
 * Source of the names: vLLM docs/design/metrics.md and v1/metrics/loggers.py; SGLang
 * docs/references/production_metrics; TGI docs/reference/metrics; llama.cpp tools/server/README.md.
 * Pure: time and text come with the call.
 */
#ifndef SLO_DECODE_ENGINE_H
#define SLO_DECODE_ENGINE_H

#include "base/err.h"
#include "decode/aggregate.h"

enum {
	SLO_ENGINE_SERIES = 256,  /* label sets of the metrics above; more are not counted in */
	SLO_ENGINE_BUCKETS = 96,  /* of a histogram; one with more is not counted in */
};

struct slo_engine_opts {
	struct slo_str cluster, node, namespace, service; /* of the records; outlive it */
	const struct slo_config *config; /* objectives; outlives it; NULL = none */
};

struct slo_engine_stats {
	uint64_t scrapes;      /* taken */
	uint64_t windows;      /* emitted */
	uint64_t resets;       /* series that began anew */
	uint64_t bad_lines;    /* lines that are no samples */
	uint64_t inconsistent; /* series left out of a scrape: counts that are none, or do not add up */
	uint64_t overflow;     /* samples left out: too many series, or too many buckets */
};

struct slo_engine;

/** slo_engine_new - Return: 0 or -ENOMEM. */
int slo_engine_new(const struct slo_engine_opts *o, struct slo_engine **out);
void slo_engine_free(struct slo_engine *e);

/**
 * slo_engine_take - one scrape
 * @at_ns: wall clock, when it was made; one that is not after the last is refused
 * @emit:  gets the windows from the last scrape to this one
 *
 * Return: 0; -EBADMSG with @err when @text is no exposition of metrics (it is forgotten); -EINVAL for the time.
 */
int slo_engine_take(struct slo_engine *e, struct slo_str text, int64_t at_ns, slo_emit_fn *emit, void *arg,
		    struct slo_err *err);

/** slo_engine_name - "vLLM", "SGLang", "TGI", "llama.cpp" by what the last scrape had; NULL = none of them. */
const char *slo_engine_name(const struct slo_engine *e);

/** slo_engine_has - whether the last scrape had what @sli (enum SLO_SLI) is made of. */
bool slo_engine_has(const struct slo_engine *e, int sli);

void slo_engine_stats(const struct slo_engine *e, struct slo_engine_stats *out);

#endif
