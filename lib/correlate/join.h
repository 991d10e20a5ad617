/* SPDX-License-Identifier: MIT */
/*
 * Which request a kernel event belongs to: a sliding join of `probe` events with
 * `span` records, in event time.
 *
 * An event lasts from its time minus its value (for signals in ms; others are
 * instants) to its time. It fits a span when the two intervals overlap, each widened
 * by its clock error, nothing known of both contradicts (trace, pod, namespace,
 * node, network namespace), and they agree on a tier:
 *
 * trace_id      the same trace
 * process       the same pod and process number (the host's or the container's own), or the
 *               same node and number where the span names no pod; start times, where both are
 *               known, within a second
 * connection    the same two ends, in either order, within one pod, node or network namespace; or,
 *               where no span has both, the one it was opened from: addresses may be translated on the way
 * service_node  the same service and node; not where both name processes of one pod or node that differ
 *
 * The first tier that any span fits decides. Of the spans of one trace those that really
 * overlap the event count before those that only clock error reaches, and of a caller and
 * what it called the called one. Where several remain, those on
 * the event's own connection are preferred. Where still several remain the event is
 * ambiguous: its confidence is the tier's precision divided by their number, and it is
 * joined to none of them; each counts it. Nothing is ever settled by being nearest.
 *
 * Signals of what requests share (runqueue, throttling, steal, reclaim, disk) are
 * no pairs: their value goes to every overlapping span of the pod, else of the service on
 * the node, else of the node.
 *
 * An event is decided once the watermark (newest time seen minus lateness) is @hold_ns
 * past its end, from the spans that ended by then; a span is done 2 @hold_ns after its
 * end. What comes within the lateness therefore gives the same result in any order.
 *
 * Rules: the published toolkit's contract, sections 5 and 10, without the defects of its part 2 F. Pure.
 */
#ifndef SLO_CORRELATE_JOIN_H
#define SLO_CORRELATE_JOIN_H

#include "event/event.h"

struct slo_config;

enum {
	SLO_JOIN_CANDIDATES = 64,     /* spans of one event that are counted; this number stands for itself or more */
	SLO_JOIN_FAN_OUT_MAX = 8,
	SLO_JOIN_SPANS = 1 << 16,     /* default of max_spans */
	SLO_JOIN_EVENTS = 1 << 18,    /* default of max_events */
	SLO_JOIN_MAX = 1 << 22,       /* most of either */
	SLO_JOIN_STORM_EVENTS = 5,    /* retransmits within SLO_JOIN_STORM_S that make a retry storm */
	SLO_JOIN_STORM_S = 10,        /* s; both ends count */
};

/* What became of one event. Valid during the call only. */
struct slo_join_decision {
	int tier;             /* enum SLO_TIER; -1 = fits no span */
	bool context;         /* shared by all the spans it overlaps: no pair, @tier is -1 */
	uint32_t candidates;  /* spans it fits; over 1 = ambiguous, joined to none (context: joined to all) */
	const uint64_t *tags; /* theirs, min(@candidates, SLO_JOIN_CANDIDATES), in no order; none for context */
	double confidence;    /* precision of the tier / candidates; 0 without one */
	bool late;            /* came when its time was over; fits nothing */
};

/* What one span got. */
struct slo_join_result {
	int tier;                   /* enum SLO_TIER of its most trusted event; -1 = none joined */
	double confidence;          /* of that */
	uint32_t joined;            /* events that are its own */
	uint32_t context;           /* events shared with others */
	uint32_t candidates;        /* most spans that an event of its own or an ambiguous one fitted; 0 = no event */
	uint32_t ambiguous;         /* events that fitted it and others */
	uint32_t sources;           /* bit set (1u << enum SLO_SOURCE) of the events joined */
	bool has[SLO_SIGNAL__COUNT];
	double value[SLO_SIGNAL__COUNT]; /* largest of the signal; the sum for signals in counts */
	double retrieval_ms;        /* time within the span spent on lookups, connects and handshakes, overlaps once */
	bool retry_storm;           /* SLO_JOIN_STORM_EVENTS retransmits of its pod within SLO_JOIN_STORM_S touch it */
	bool late;                  /* came when its time was over */
	bool evicted;               /* was let go before its time for want of room */
};

struct slo_join_opts {
	int64_t lateness_ns, hold_ns, slack_ns; /* > 0, > 0, >= 0; see toolkit.yaml, correlation */
	double precision[SLO_TIER__COUNT];      /* 0..1 */
	uint32_t fan_out;                       /* 1 .. SLO_JOIN_FAN_OUT_MAX */
	uint32_t max_spans, max_events;         /* 1 .. SLO_JOIN_MAX */
	uint64_t seed;                          /* of hashes; 0 in tests */
	void (*span_done)(void *arg, uint64_t tag, const struct slo_join_result *r);
	void (*decided)(void *arg, uint64_t tag, const struct slo_join_decision *d); /* or NULL */
	void *arg;
};

struct slo_join_stats {
	uint64_t spans, events;
	uint64_t joined[SLO_TIER__COUNT];
	uint64_t ambiguous[SLO_TIER__COUNT];
	uint64_t unmatched;
	uint64_t context;                       /* events that reached at least one span */
	uint64_t late_spans, late_events;       /* behind the watermark; joined as far as that was still possible */
	uint64_t lost_spans, lost_events;       /* of those, too late for anything */
	uint64_t evicted_spans, evicted_events; /* settled before their time for want of room */
	uint64_t long_spans;                    /* began before what was decided when they came */
	uint64_t fanout_dropped;                /* joined, but not among the largest of their signal: no say in confidence */
	uint64_t pieces_merged;                 /* gaps of retrieval time closed because a span had too many */
	uint64_t storms;                        /* retransmits during a retry storm */
	uint64_t storm_pods_evicted;
};

struct slo_join;

/** slo_join_opts_default - as configured; no callbacks. */
void slo_join_opts_default(struct slo_join_opts *o, const struct slo_config *c);

/** slo_join_new - Return: 0; -EINVAL for options out of range; -ENOMEM. */
int slo_join_new(const struct slo_join_opts *o, struct slo_join **out);
void slo_join_free(struct slo_join *j);

/**
 * slo_join_span - take a span in; strings are not kept
 * @tag: the caller's name for it, given back once to span_done(), maybe in this call
 *
 * A span that ends before it starts counts as an instant.
 */
void slo_join_span(struct slo_join *j, const struct slo_span *s, uint64_t tag);

/** slo_join_probe - take an event in; likewise, given back to decided(). */
void slo_join_probe(struct slo_join *j, const struct slo_probe_event *p, uint64_t tag);

/*
 * A span or an event as the join needs it, without its strings: for callers that read a
 * record now and hand it in later. Its members are private.
 */
struct slo_join_item {
	uint64_t names[11];
	int64_t numbers[3], start, end, error;
	double value;
	int signal, source; /* @signal -1 = a span */
};

/** slo_join_read_span, slo_join_read_probe - what of the record matters. Changes nothing. */
void slo_join_read_span(const struct slo_join *j, const struct slo_span *s, struct slo_join_item *out);
void slo_join_read_probe(const struct slo_join *j, const struct slo_probe_event *p, struct slo_join_item *out);

/** slo_join_put - what slo_join_span() and slo_join_probe() do, with what was read. */
void slo_join_put(struct slo_join *j, const struct slo_join_item *item, uint64_t tag);

/** slo_join_seen - something of time @ns was seen in the stream: time goes on. */
void slo_join_seen(struct slo_join *j, int64_t ns);

/** slo_join_drain - the input has ended: settle everything. */
void slo_join_drain(struct slo_join *j);

void slo_join_stats(const struct slo_join *j, struct slo_join_stats *out);

enum { SLO_JOIN_ATTRS_BYTES = 1024 };

/**
 * slo_join_enrich - write what was found into the record of the span
 * @text: holds the new strings
 *
 * Attributes by the names of the contract, section 5; those of the same name that the span
 * had are replaced where the new value is larger. Return: how many attributes found no room.
 */
uint32_t slo_join_enrich(const struct slo_join_result *r, struct slo_span *s, char text[SLO_JOIN_ATTRS_BYTES]);

/** slo_join_is_context - @signal is of something that requests share. */
bool slo_join_is_context(int signal);

#endif
