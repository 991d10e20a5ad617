/* SPDX-License-Identifier: MIT */
/*
 * Records in, incidents out: per service the burn rates of its objectives, the
 * evidence beside them, and one incident that opens, changes, resolves or goes
 * stale. Event time drives everything; nothing here reads a clock.
 *
 * The watermark is the largest end of any record seen minus the lateness
 * allowance. Time is evaluated in ticks (the narrowest slot of any objective);
 * a tick is evaluated once, when the watermark has passed it, so the order of
 * records within the allowance does not matter. A record whose end lies behind
 * the watermark is late: counted, not used.
 *
 * One wrong clock must not carry everybody's time away: a record more than
 * SLO_INCIDENT_JUMP_S (or the time after which nothing is remembered anyway,
 * where that is longer) ahead of all others is counted and not used, until
 * SLO_INCIDENT_JUMP_RECORDS in a row are. Records from before 1970 are invalid.
 *
 * Life of an incident, key (cluster, namespace, service):
 *   open      both windows of an objective burn and the short one holds min_events
 *   updated   the cause set or the first domain changed, or update_every_ns passed
 *             and the numbers changed
 *   resolved  no objective burns for the hold time, judged on ticks with data only
 *   stale     no request seen for stale_after_ns; never taken for resolved. When
 *             requests come back the incident goes on: updated, or resolved
 * Burning again within reopen_ns of a resolution opens it again under the same id.
 * End of input leaves incidents open.
 */
#ifndef SLO_INCIDENT_INCIDENT_H
#define SLO_INCIDENT_INCIDENT_H

#include "attribute/model.h"
#include "config/config.h"
#include "slo/series.h"

enum {
	SLO_INCIDENT_SERVICES_MAX = 1024,
	SLO_INCIDENT_NODES_MAX = 1024,
	SLO_INCIDENT_NODE_SERVICES = 64, /* services of one node that host-wide windows reach */
	SLO_INCIDENT_JUMP_S = 3600,
	SLO_INCIDENT_JUMP_RECORDS = 3,
	SLO_INCIDENT_NAME_MAX = 128,     /* bytes kept of a label, NUL included */
};

struct slo_incidents_opts {
	const struct slo_config *config;  /* objectives; must outlive the engine */
	const struct slo_model *model;    /* NULL = slo_model_naive */
	int64_t lateness_ns;              /* default 2 s; at most the narrowest slot * SLO_SERIES_AHEAD_MAX */
	int64_t update_every_ns;          /* default 10 s */
	int64_t stale_after_ns;           /* default: the service's longest long window, at least 60 s */
	int64_t reopen_ns;                /* default 5 min */
	size_t evidence_bytes;            /* memory for windows of all services; default 32 MiB */
	bool all_evidence;                /* keep what any model may look at, whatever @model does */
	int64_t onset_shift_ns;           /* added to every onset found; 0, unless to learn what a wrong one costs */
	/*
	 * For learning and scoring: an open incident was judged on @facts, those since @onset_ns; at every tick while
	 * it burns, whether a line is due or not. NULL = nobody asks.
	 */
	void (*judged)(void *arg, int64_t at_ns, int64_t onset_ns, const struct slo_facts *facts);
	/* A line is due; @inc and its strings are valid during the call only. */
	void (*emit)(void *arg, const struct slo_incident *inc);
	void *arg;
};

/** slo_incidents_opts_default - every default above; config, emit and arg are the caller's. */
void slo_incidents_opts_default(struct slo_incidents_opts *o);

struct slo_incidents_stats {
	uint64_t events[SLO_KIND__COUNT];      /* records taken in, per kind */
	uint64_t lines[SLO_INCIDENT_STATUS__COUNT]; /* incident lines, per status */
	uint64_t late;             /* records behind the watermark */
	uint64_t no_objective;     /* records of an SLI nobody has an objective for */
	uint64_t rejudged, foreign, invalid; /* see slo_series_stats */
	uint64_t cut;              /* labels longer than SLO_INCIDENT_NAME_MAX */
	uint64_t services;         /* known now */
	uint64_t services_evicted; /* pushed out by others */
	uint64_t nodes_evicted;
	uint64_t node_overflow;    /* services beyond SLO_INCIDENT_NODE_SERVICES on one node */
	uint64_t evidence_late;    /* windows too old for the evidence ring */
	uint64_t evidence_refused; /* windows beyond evidence_bytes */
	uint64_t ahead;            /* records too far in the future */
	uint64_t out_of_memory;    /* records dropped because memory ran out */
	uint64_t probes_homeless;  /* probe records of a service or node no window was seen of, or two clusters have */
	uint64_t probes_refused;   /* probe records beyond evidence_bytes or what one service may keep */
};

struct slo_incidents;

/** slo_incidents_new - Return: 0, -EINVAL with @err for unusable objectives or options, -ENOMEM. */
int slo_incidents_new(const struct slo_incidents_opts *o, struct slo_incidents **out, struct slo_err *err);
void slo_incidents_free(struct slo_incidents *inc);

/**
 * slo_incidents_event - take one record; emits what the passing of time makes due
 *
 * Uses sli_window, slo, window and probe records; others only count. Copies
 * everything it keeps.
 */
void slo_incidents_event(struct slo_incidents *inc, const struct slo_event *ev);

/** slo_incidents_advance - evaluate every tick up to @watermark_ns, when that is later than what records said. */
void slo_incidents_advance(struct slo_incidents *inc, int64_t watermark_ns);

/** slo_incidents_drain - evaluate every tick up to the largest end seen; for the end of input. */
void slo_incidents_drain(struct slo_incidents *inc);

/**
 * slo_incidents_facts - what would be known of a service if trouble had begun at @onset_ns
 * @onset_ns, @at_ns: the beginning, and now; not before what was evaluated last
 *
 * For learning what quiet times look like. What is past is divided at @onset_ns as by an opening, so nothing should be
 * asked of @inc afterwards. Return: false for a service that is not known.
 */
bool slo_incidents_facts(struct slo_incidents *inc, struct slo_str service, int64_t onset_ns, int64_t at_ns,
			 struct slo_facts *out);

/** slo_incidents_seen_ns - the largest end of any record, SLO_ABSENT_I64 before the first. */
int64_t slo_incidents_seen_ns(const struct slo_incidents *inc);

/** slo_incidents_open - incidents that are open now. */
uint32_t slo_incidents_open(const struct slo_incidents *inc);

void slo_incidents_stats(const struct slo_incidents *inc, struct slo_incidents_stats *out);

#endif
