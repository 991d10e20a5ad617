/* SPDX-License-Identifier: MIT */
/*
 * What windows say, as Prometheus series that only grow: counters and
 * histograms since the start, one set for each service.
 *
 * Everything is built from windows, which hold every observation; exemplars are
 * never counted. The number of series is bounded by construction: the first
 * SLO_METRICS_OWNERS triples of service, namespace and source have series of their own, all
 * later ones share those labelled "other", and what was counted there is told.
 *
 * Histograms have fixed bounds, among them every threshold of the signals. Windows
 * come in exponential buckets 2.2 % wide (at scale 5): an observation nearer to a bound than
 * that may be counted on its other side. Sums and counts are exact.
 *
 * Pure; rendering is apart (write.h).
 */
#ifndef SLO_METRICS_METRICS_H
#define SLO_METRICS_METRICS_H

#include "event/event.h"

enum {
	SLO_METRICS_OWNERS = 24,  /* services (with namespace and source) with series of their own */
	SLO_METRICS_PODS = 32,    /* triples of node, pod and namespace of llm_ebpf_dns_latency_ms */
	SLO_METRICS_SLIS = 4,     /* SLO_SLI_TTFT .. SLO_SLI_ERROR_RATE */
	SLO_METRICS_NAME = 128,   /* bytes of a label value, its NUL included; what is longer is folded */
	SLO_METRICS_WHY = 128,
};

struct slo_metrics_opts {
	int source;  /* enum SLO_SOURCE: of the published series and of "other"; the others tell their own */
	bool dns;    /* keep llm_ebpf_dns_latency_ms */
};

/* What a signal was measured by, last. */
struct slo_metrics_signal {
	int state;             /* enum SLO_STATE; -1 = no window came yet */
	char provider[32], why[SLO_METRICS_WHY]; /* "" = none */
};

struct slo_metrics;

/** slo_metrics_new - Return: 0 or -ENOMEM. */
int slo_metrics_new(struct slo_metrics **out, const struct slo_metrics_opts *o);
void slo_metrics_free(struct slo_metrics *m);

/** slo_metrics_add - take a window or sli_window; other kinds of record are ignored. */
void slo_metrics_add(struct slo_metrics *m, const struct slo_event *ev);

/** slo_metrics_folded - observations and requests counted under "other" for want of a series of their own. */
uint64_t slo_metrics_folded(const struct slo_metrics *m);

/**
 * slo_metrics_signal - what is known of @signal over all services
 *
 * A service that has it wins over one that has not; otherwise the last window decides.
 */
struct slo_metrics_signal slo_metrics_signal(const struct slo_metrics *m, int signal);

#endif
