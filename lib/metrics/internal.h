/* SPDX-License-Identifier: MIT */
/* Shared by metrics.c (taking windows in) and write.c (writing series out). */
#ifndef SLO_METRICS_INTERNAL_H
#define SLO_METRICS_INTERNAL_H

#include "metrics/metrics.h"
#include "render/prom.h"

enum {
	METRICS_BUCKETS = 24, /* most bounds of one histogram */
	METRICS_STALE_S = 60, /* a gauge nobody has spoken of for so long is not told any more */
};

/* Bounds of a histogram, in the unit of the windows. */
struct metrics_bounds {
	int n;
	double at[METRICS_BUCKETS];
};

extern const struct metrics_bounds metrics_latency_ms, metrics_dns_ms, metrics_sli[SLO_METRICS_SLIS];

struct metrics_hist {
	uint64_t cumulative[METRICS_BUCKETS]; /* observations <= the bound */
	uint64_t count;
	double sum;                           /* in the unit of the windows */
};

/* One signal of one owner in one role. */
struct metrics_cell {
	struct metrics_hist h;  /* without buckets for what is no latency */
	double last;            /* scalar of the last window that held something */
	int64_t last_ns;        /* its end */
	bool seen;              /* a window came: the series exists from then on */
};

struct metrics_sli {
	struct metrics_hist h;
	uint64_t valid, good;
	struct slo_bad_counts bad_by;
	bool seen;
};

/* Whose series these are. */
struct metrics_owner {
	char service[SLO_METRICS_NAME], namespace[SLO_METRICS_NAME];
	int source;
	struct metrics_cell cells[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT];
	struct slo_metrics_signal signals[SLO_SIGNAL__COUNT];
	int64_t told_ns[SLO_SIGNAL__COUNT]; /* end of the window @signals is from */
	struct metrics_sli slis[SLO_METRICS_SLIS];
};

struct metrics_pod {
	char node[SLO_METRICS_NAME], pod[SLO_METRICS_NAME], namespace[SLO_METRICS_NAME];
	struct metrics_hist h;
};

struct slo_metrics {
	struct slo_metrics_opts o;
	struct metrics_owner *owners[SLO_METRICS_OWNERS + 1]; /* the last one is "other" */
	int owners_count;                                     /* without that one */
	struct metrics_pod pods[SLO_METRICS_PODS + 1];
	int pods_count;
	bool pods_over;                                       /* the last one of them is in use */
	uint64_t events[SLO_SIGNAL__COUNT][SLO_PROBE_STATUS__COUNT];
	int64_t newest_ns;                                    /* end of the newest window */
	uint64_t folded;
};

/* Labels every series of an owner has, with room for more behind them. */
enum { METRICS_OWNER_LABELS = 3, METRICS_MORE_LABELS = 2 };

struct metrics_labels {
	struct slo_prom_label l[METRICS_OWNER_LABELS + METRICS_MORE_LABELS + 1];
};

struct metrics_labels metrics_labels_of(const struct metrics_owner *o);

/** metrics_set - label number @more (from 0) behind those of the owner. */
void metrics_set(struct metrics_labels *to, int more, const char *name, const char *value);

/** metrics_next_owner - owners in the order they came, "other" last; @at starts at 0. Return: NULL behind the last. */
const struct metrics_owner *metrics_next_owner(const struct slo_metrics *m, int *at);

/** metrics_write_hist - one series; @per_unit: the unit of the family, in that of the windows. */
void metrics_write_hist(struct slo_prom *p, const struct metrics_labels *l, const struct metrics_hist *h,
			const struct metrics_bounds *b, double per_unit);

/** metrics_write_slis - the families of requests. */
void metrics_write_slis(const struct slo_metrics *m, struct slo_prom *p);

#endif
