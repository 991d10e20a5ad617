/* SPDX-License-Identifier: MIT */
/*
 * Raw samples, one for each request, into what the other tools read: four `slo`
 * records at once, and `sli_window` records of fixed length once time has passed them.
 *
 * Objectives come from the configuration. A request is bad for a latency or for
 * throughput as "slow"; its error rate as slo_series_bad_event() judges one request:
 * at or over the SLI's breach threshold. Without an objective for an SLI nothing is slow.
 * A sample that does not name its source counts as live, as in every record. Pure.
 */
#ifndef SLO_SLO_RAWSAMPLE_H
#define SLO_SLO_RAWSAMPLE_H

#include "config/config.h"
#include "event/event.h"

enum {
	SLO_RAWSAMPLE_SLIS = 4,    /* ttft_ms, request_latency_ms, token_throughput_tps, error_rate */
	SLO_RAWSAMPLE_CELLS = 512, /* services times windows open at once; the one used longest ago is closed early */
};

struct slo_rawsamples;

struct slo_rawsamples_stats {
	uint64_t samples, windows;
	uint64_t early; /* windows closed for want of room */
	uint64_t cut;   /* labels too long for a window */
};

/**
 * slo_rawsamples_new - nothing seen yet
 * @config:   borrowed
 * @width_ns: length of a window, aligned to the epoch; 0 = no windows
 * @emit:     events are valid during the call only
 *
 * Return: 0 or -ENOMEM.
 */
int slo_rawsamples_new(const struct slo_config *config, int64_t width_ns,
		       void (*emit)(void *arg, const struct slo_event *ev), void *arg, struct slo_rawsamples **out);
void slo_rawsamples_free(struct slo_rawsamples *r);

/** slo_rawsamples_add - emit the sample's slo records and count it into its windows. */
void slo_rawsamples_add(struct slo_rawsamples *r, const struct slo_raw_sample *s);

/** slo_rawsamples_flush - emit the windows that end by @up_to_ns (INT64_MAX: all). */
void slo_rawsamples_flush(struct slo_rawsamples *r, int64_t up_to_ns);

void slo_rawsamples_stats(const struct slo_rawsamples *r, struct slo_rawsamples_stats *out);

#endif
