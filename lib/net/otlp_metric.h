/* SPDX-License-Identifier: MIT */
/* What both directions of metrics need. Private to the otlp files. */
#ifndef SLO_NET_OTLP_METRIC_H
#define SLO_NET_OTLP_METRIC_H

#include "event/event.h"

/* AggregationTemporality, and a data point's flag that nothing was recorded. */
enum { OTLP_DELTA = 1, OTLP_CUMULATIVE = 2, OTLP_NO_RECORDED_VALUE = 1 };

#define OTLP_REQUESTS "llm_slo.requests" /* derived from sli_windows, for readers; passed over */
#define OTLP_STATS    "llm_slo.stats"
#define OTLP_UNIT     "llm_slo.unit"     /* where it is not the usual one */
#define OTLP_HIST     "llm_slo.hist"     /* true: there is one, though empty */
#define OTLP_COUNT    "llm_slo.count"
#define OTLP_DERIVED  "llm_slo.derived"  /* false: p50, p95, p99 are not what the histogram says */
#define OTLP_COUNTER  "llm_slo.counter"  /* name of a counter of stats */
#define OTLP_INDEX    "llm_slo.index"    /* its place in the record */

/** otlp_quantile - as windows have it: of the histogram, within the smallest and the largest value. */
double otlp_quantile(const struct slo_window *w, double q);

#endif
