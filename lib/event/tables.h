/* SPDX-License-Identifier: MIT */
/*
 * What is known about each signal, SLI and fault: units, thresholds, domains.
 * The one home of these numbers; config may override thresholds.
 */
#ifndef SLO_EVENT_TABLES_H
#define SLO_EVENT_TABLES_H

#include "event/enum.h"

/* How a signal's windows become the one number that thresholds see. */
enum slo_scalar {
	SLO_SCALAR_LATENCY, /* p95 of the merged histograms when count >= 5, else the maximum */
	SLO_SCALAR_RATE,    /* sum per second of window time */
	SLO_SCALAR_MEAN,    /* sum / count */
};

struct slo_signal_info {
	const char *unit;      /* "ms", "count", "pct" */
	enum slo_scalar scalar;
	double warn;           /* status is warning from here */
	double error;          /* status is error from here */
	double elevated;       /* counts as elevated for attribution from here */
	const char *attribute; /* OpenTelemetry attribute name */
	int cost_rank;         /* 1 = most expensive, shed first */
};

struct slo_sli_info {
	const char *unit;  /* "ms", "tps", "ratio" */
	bool higher_is_bad;
	double warn, breach; /* thresholds of one observation */
};

/* Source of the figures: the published toolkit's contract, sections 5, 8 and 11. */
extern const struct slo_signal_info slo_signal_info[SLO_SIGNAL__COUNT];
extern const struct slo_sli_info slo_sli_info[SLO_SLI__COUNT];

/** slo_probe_status - ok, warning or error of one value of @signal (enum SLO_PROBE_STATUS). */
int slo_probe_status(int signal, double value);

/** slo_sli_status - ok, warning or breach of one value of @sli (enum SLO_SLI_STATUS). */
int slo_sli_status(int sli, double value);

/** slo_fault_domain - the domain a fault belongs to (enum SLO_DOMAIN); SLO_DOMAIN_UNKNOWN when none is named. */
int slo_fault_domain(int fault);

/** slo_fault_domain_of - the same by label text; labels nobody knows are SLO_DOMAIN_UNKNOWN. */
int slo_fault_domain_of(struct slo_str label);

#endif
