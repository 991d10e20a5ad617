/* SPDX-License-Identifier: MIT */
/* A request that is being built: records of one signal, by resource. Private to the otlp_out files. */
#ifndef SLO_NET_OTLP_BATCH_H
#define SLO_NET_OTLP_BATCH_H

#include "net/otlp_out.h"
#include "net/otlp_value.h"

#include <errno.h>

/* One resource of the batch, and the list its records go into. */
struct otlp_resource {
	uint64_t hash;
	struct slo_str labels[OTLP_LABEL__COUNT];
	union {
		Otlp__ScopeLogs *logs;
		Otlp__ScopeMetrics *metrics;
		Otlp__ScopeSpans *spans;
	};
};

struct otlp_batch {
	int signal;
	struct slo_otlp_arena arena;
	struct otlp_resource resources[SLO_OTLP_RESOURCES];
	uint32_t resources_count, records, items;
	uint32_t last;                          /* resource used last */
	Otlp__InstrumentationScope *scope;      /* of all */
	Otlp__ExportLogsServiceRequest request; /* or that of another signal: their layouts are the same */
};

/* A record and the place for what becomes of it. */
struct otlp_job {
	struct otlp_batch *batch;
	struct otlp_resource *resource;
	int kind;            /* enum SLO_KIND */
	const void *record;
	int64_t now_ns;
	struct slo_err *err;
};

/* Each: 0; -EINVAL with @err; -ENOMEM when the arena is at its end. Nothing is added to the batch after a failure. */
int otlp_log_out(const struct otlp_job *j);
int otlp_span_out(const struct otlp_job *j);
int otlp_window_out(const struct otlp_job *j);
int otlp_sli_window_out(const struct otlp_job *j);
int otlp_stats_out(const struct otlp_job *j);

#endif
