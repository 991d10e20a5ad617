/* SPDX-License-Identifier: MIT */
/*
 * The records that travel between the tools: one struct each, described by one
 * table each (event.c), from which encode, decode, documentation and the test
 * against schemas/ follow. No behaviour.
 *
 * On the wire a record is {"kind":K,"v":"1.0","payload":{…}}, or the bare
 * payload in a file of one kind. Time in *_ns members is wall-clock nanoseconds
 * since the Unix epoch.
 */
#ifndef SLO_EVENT_EVENT_H
#define SLO_EVENT_EVENT_H

#include "event/enum.h"
#include "stat/hist.h"

enum {
	SLO_MAX_LABELS = 16,
	SLO_MAX_EVIDENCE = 40,
	SLO_MAX_HYPOTHESES = 8,
	SLO_MAX_TRACES = 16,
	SLO_MAX_WEIGHTS = 12,
	SLO_MAX_EXEMPLARS = 12,
	SLO_MAX_SAMPLE_SIGNALS = 32,
	SLO_MAX_SPAN_ATTRS = 32,
	SLO_MAX_COUNTERS = 128,
};

/* One SLI observation of one request (an exemplar). */
struct slo_sli_event {
	struct slo_str event_id;   /* "<request_id>-<sli_name>" */
	int64_t timestamp;         /* ns */
	struct slo_str cluster, namespace, workload, service, request_id;
	struct slo_str trace_id;   /* opt; 32 hex digits */
	int sli_name;              /* enum SLO_SLI */
	double sli_value;          /* in @unit */
	struct slo_str unit;
	int status;                /* enum SLO_SLI_STATUS */
	struct slo_pair labels[SLO_MAX_LABELS]; /* source, node, fault_label, http_status, … */
	uint32_t labels_count;
};

/* Requests of one service in one interval, judged against one objective. */
struct slo_bad_counts {
	uint64_t rate_limited, server_error, timeout, aborted, slow; /* in the order of SLO_BAD_CLASSES */
};

struct slo_sli_window {
	int64_t start_ns, end_ns;
	struct slo_str cluster, node, namespace, service;
	int sli;                  /* enum SLO_SLI */
	struct slo_str unit;
	double threshold;         /* opt; the value @good was judged by, in @unit */
	uint64_t valid;           /* requests that count for this SLI */
	uint64_t good;            /* of those, within the objective */
	uint64_t bad;             /* valid - good */
	struct slo_bad_counts bad_by; /* opt; sums to @bad */
	bool has_bad_by;
	uint64_t lost;            /* observations known to be missing (shed, ring drops) */
	double sum, min, max;     /* opt; over the observed values, in @unit */
	struct slo_hist hist;     /* opt; all observed values */
	bool has_hist;
	struct slo_str why;       /* opt; why requests could not be timed: "tls", "h2" */
	int source;               /* enum SLO_SOURCE */
};

struct slo_conn_tuple {
	struct slo_str src_ip, dst_ip;
	int32_t src_port, dst_port;
	struct slo_str protocol;  /* "tcp", "udp" */
};

/* One kernel observation over its threshold (an exemplar). */
struct slo_probe_event {
	int64_t ts_unix_nano;
	int signal;               /* enum SLO_SIGNAL */
	struct slo_str node, namespace, pod, container;
	int64_t pid, tid;         /* 0 = not known */
	struct slo_conn_tuple conn_tuple; /* opt */
	bool has_conn_tuple;
	double value;             /* in @unit */
	struct slo_str unit;
	int status;               /* enum SLO_PROBE_STATUS */
	struct slo_str trace_id, span_id; /* opt */
	int64_t errno_;           /* opt; "errno" on the wire; positive */
	double confidence;        /* opt; 0..1 */
	struct slo_str service, comm; /* opt */
	int role;                 /* opt; enum SLO_ROLE */
	struct slo_str provider;  /* opt; the rung that measured it: "packet", "procfs", "bpf", … */
	struct slo_str detail;    /* opt; query name, outcome, … */
	int source;               /* opt; enum SLO_SOURCE, absent = live */
	int64_t pid_start_ns, ns_pid, netns_cookie, clock_error_ns; /* opt; tell who it was apart, see struct slo_span */
};

/* One signal of one service and peer role over one interval, all observations. */
struct slo_window {
	int64_t start_ns, end_ns;
	struct slo_str cluster, node, namespace, pod, container, service;
	int signal;               /* enum SLO_SIGNAL */
	int role;                 /* enum SLO_ROLE */
	struct slo_str provider;  /* rung; "" when not captured */
	int state;                /* enum SLO_STATE */
	struct slo_str why;       /* opt; reason when not captured */
	struct slo_str unit;
	uint64_t lost;            /* observations known to be missing */
	uint64_t count;
	int64_t failed;           /* opt; of count, lookups that failed */
	double sum, min, max;     /* opt when count is 0; in @unit */
	struct slo_hist hist;     /* opt; latency signals */
	bool has_hist;
	double p50, p95, p99;     /* opt; derived, for readers; decoders ignore them */
	double coverage_ratio;    /* opt; what the probe saw to what an independent counter counted */
	int source;               /* enum SLO_SOURCE */
};

/* One OpenTelemetry span, flattened. */
struct slo_span {
	struct slo_str trace_id, span_id;
	struct slo_str parent_span_id; /* opt */
	struct slo_str name;
	struct slo_str span_kind;      /* "server", "client", "internal", … */
	int64_t start_ns, end_ns;
	struct slo_str status;         /* "unset", "ok", "error" */
	struct slo_str service;
	struct slo_str cluster, node, namespace, pod, container; /* opt */
	int64_t pid;                   /* opt */
	struct slo_conn_tuple conn_tuple; /* opt */
	bool has_conn_tuple;
	struct slo_pair attributes[SLO_MAX_SPAN_ATTRS];
	uint32_t attributes_count;
	int64_t pid_start_ns;          /* opt; when the process started, Unix ns: tells processes of one number apart */
	int64_t netns_cookie;          /* opt; of the network namespace of @conn_tuple */
	int64_t clock_error_ns;        /* opt; the times may be off by this much, either way */
	/* what joining kernel events to it found; all optional */
	int tier;                      /* enum SLO_TIER; of the most trusted event joined */
	double confidence;             /* 0..1; of that event */
	int64_t candidates;            /* most spans that one event of this span's fitted */
	int64_t ambiguous;             /* events that fitted this span and others, and were joined to none */
};

struct slo_evidence {
	struct slo_str signal;
	struct slo_value value;
	int source;             /* enum SLO_EVIDENCE */
	double baseline;        /* opt; the same scalar before the onset */
	struct slo_str unit;    /* opt */
	double weight;          /* opt; natural-log weight for the first hypothesis, signed */
	int state;              /* opt; enum SLO_STATE */
	int role;               /* opt; enum SLO_ROLE */
	struct slo_str finding; /* opt; what the model calls it: "connect_latency_ms@provider" */
	int elevated;           /* opt; at or over @threshold, and over its own past */
	double threshold;       /* opt; unit of @value */
	double z;               /* opt; robust distance from @baseline */
	double lambda;          /* opt; ln P(z | elevated) / P(z | not), what the model made of @z */
	struct slo_str why;     /* opt; why an observation had no say */
};

struct slo_impact {
	struct slo_str sli;
	double burn_rate;       /* over the long window; 1 spends the budget exactly */
	int64_t window_minutes; /* >= 1; the ceiling of window_seconds */
	double window_seconds;  /* opt; the long window */
	double burn_rate_short; /* opt */
	double value;           /* opt; p95 of the SLI in the short window, its unit */
	double baseline;        /* opt; p95 of the SLI before the onset */
	double threshold;       /* opt; the objective's */
	double target;          /* opt; 0..1 */
	struct slo_str unit;    /* opt */
	int64_t valid, bad;     /* opt; requests in the long window */
	double short_seconds;   /* opt; the short window */
	double burn_need;       /* opt; both windows burn from here on */
};

/* What one piece of evidence does to one hypothesis. */
struct slo_weight {
	struct slo_str finding; /* evidence.finding, or evidence.signal where there is none */
	double weight;          /* nats: logit of the posterior with it, minus without it */
};

struct slo_hypothesis {
	struct slo_str domain;
	double posterior;       /* 0..1 */
	struct slo_str evidence[SLO_MAX_EVIDENCE];
	uint32_t evidence_count;
	double prior;           /* opt; 0..1, what the model says without any evidence */
	struct slo_weight weights[SLO_MAX_WEIGHTS]; /* opt; the largest, whatever their sign, descending */
	uint32_t weights_count;
};

/* What a model asks for before it names a cause. */
struct slo_limits {
	double tau, captured_share, surprise; /* opt */
};

/* A kernel observation that speaks for a cause: who, which connection, how long. */
struct slo_exemplar {
	int64_t ts_unix_nano;
	int signal;             /* enum SLO_SIGNAL */
	int role;               /* opt; enum SLO_ROLE */
	int64_t pid, tid;       /* 0 = not known */
	struct slo_str comm;    /* opt */
	struct slo_conn_tuple conn_tuple; /* opt */
	bool has_conn_tuple;
	double value;           /* in @unit; how long, for signals of latency */
	struct slo_str unit;
	struct slo_str trace_id; /* opt */
	int64_t errno_;         /* opt; positive */
	struct slo_str detail;  /* opt */
};

/* One attribution of one incident. */
struct slo_incident {
	struct slo_str incident_id;
	int64_t timestamp;      /* of this update */
	struct slo_str cluster;
	struct slo_str namespace; /* opt */
	struct slo_str service;
	int predicted_fault_domain; /* enum SLO_DOMAIN */
	double confidence;      /* 0..1 */
	struct slo_evidence evidence[SLO_MAX_EVIDENCE];
	uint32_t evidence_count;
	struct slo_impact slo_impact;
	struct slo_str trace_ids[SLO_MAX_TRACES], request_ids[SLO_MAX_TRACES]; /* opt */
	uint32_t trace_ids_count, request_ids_count;
	struct slo_hypothesis fault_hypotheses[SLO_MAX_HYPOTHESES]; /* opt; descending posterior */
	uint32_t fault_hypotheses_count;
	/* members the first version did not have; all optional */
	int status;             /* enum SLO_INCIDENT_STATUS */
	int64_t started_at, detected_at, resolved_at;
	struct slo_str attribution_mode, model; /* "bayes"|"rule"; "naive"|… */
	int detail;             /* enum SLO_DETAIL */
	int source;             /* enum SLO_SOURCE */
	int64_t update;         /* 0 for the first line of an incident, then counting */
	struct slo_impact burning_slis[SLO_SLI__COUNT]; /* the worst first */
	uint32_t burning_slis_count;
	int64_t onset_ns;       /* of the present breach */
	int onset_method;       /* enum SLO_ONSET */
	int cause_set[SLO_DOMAIN__COUNT]; /* enum SLO_DOMAIN: what is blamed */
	uint32_t cause_set_count;
	int map_set[SLO_DOMAIN__COUNT];   /* the most probable set of causes; may be empty */
	uint32_t map_set_count;
	double map_probability;
	double no_named_cause;  /* probability that none of the named causes is at work */
	struct slo_str model_version, model_train_sha256;
	double captured_share;  /* 0..1 */
	double surprise;        /* -ln P(evidence) */
	struct slo_limits limits;
	bool has_limits;
	int abstained[SLO_ABSTENTION__COUNT]; /* enum SLO_ABSTENTION; none when a named domain is blamed */
	uint32_t abstained_count;
	struct slo_exemplar exemplars[SLO_MAX_EXEMPLARS];
	uint32_t exemplars_count;
};

/* What was really injected; read by scorers only. */
struct slo_fault_label {
	struct slo_str label_id;
	int fault;              /* enum SLO_FAULT */
	int domain;             /* enum SLO_DOMAIN */
	int detail;             /* opt; enum SLO_DETAIL */
	double severity;        /* 0..1 */
	int64_t start_ns;       /* fault in force from */
	int64_t end_ns;         /* opt; absent while in force */
	struct slo_str target;  /* what it was done to: "pid:123", an interface, … */
	struct slo_str mechanism; /* how: "cgroup1 cpu.cfs_quota_us", … */
	struct slo_str service; /* opt */
	struct slo_pair params[SLO_MAX_LABELS];
	uint32_t params_count;
	struct slo_str undo;    /* opt; "ok" or what could not be undone */
};

/* Benchmark input: one incident as scalars, with its truth beside it. */
struct slo_fault_sample {
	struct slo_str incident_id;
	int64_t timestamp;
	struct slo_str cluster, namespace, service, fault_label;
	struct slo_str expected_domain;       /* opt */
	struct slo_str expected_domains[SLO_MAX_HYPOTHESES]; /* opt */
	uint32_t expected_domains_count;
	struct slo_num_pair signals[SLO_MAX_SAMPLE_SIGNALS]; /* opt */
	uint32_t signals_count;
	double confidence, burn_rate;
	int64_t window_minutes;
	struct slo_str request_id, trace_id;
};

struct slo_raw_sample {
	int64_t timestamp;
	struct slo_str cluster, namespace, workload, service;
	struct slo_str node;                  /* opt */
	struct slo_str request_id, trace_id;
	double ttft_ms, request_latency_ms, token_throughput_tps, error_rate;
	struct slo_str fault_label;           /* opt */
	int source;                           /* opt; enum SLO_SOURCE */
};

struct slo_pair_side {
	struct slo_str signal;                /* absent on the span side */
	struct slo_str trace_id, service, node, pod;
	int64_t pid;
	struct slo_str conn_tuple;            /* "src:port->dst:port/proto" */
	int64_t timestamp;                    /* of a span: its start */
	double value;
	/* members the first version did not have; all optional */
	struct slo_str span_id, parent_span_id;
	double duration_ms;                   /* of a span; absent = an instant */
	int64_t pid_start_ns, netns_cookie, clock_error_ns;
};

struct slo_labeled_pair {
	struct slo_str case_id;
	struct slo_pair_side span, signal;
	int expected_match;
	struct slo_str expected_tier;         /* opt */
};

/* Counters of one tool since it started. */
struct slo_stats {
	int64_t timestamp;
	struct slo_str tool;
	struct slo_str node;                  /* opt */
	int64_t start_ns;
	int final;                            /* last report of a run */
	struct slo_num_pair counters[SLO_MAX_COUNTERS];
	uint32_t counters_count;
};

/* Any record. */
struct slo_event {
	int kind; /* enum SLO_KIND */
	union {
		struct slo_sli_event slo;
		struct slo_sli_window sli_window;
		struct slo_probe_event probe;
		struct slo_window window;
		struct slo_span span;
		struct slo_incident incident;
		struct slo_fault_label fault_label;
		struct slo_fault_sample fault_sample;
		struct slo_raw_sample raw_sample;
		struct slo_labeled_pair labeled_pair;
		struct slo_stats stats;
	};
};

/* The table of each kind, indexed by enum SLO_KIND. */
extern const struct slo_rec *const slo_event_rec[SLO_KIND__COUNT];

enum { SLO_EVENT_SKIPPED = 1 };

/**
 * slo_event_decode - one line into an event
 * @bare:  the kind a line without envelope is (enum SLO_KIND), or -1 to refuse such lines
 * @kinds: bit set (1u << kind) of the kinds the caller wants; others are not decoded
 *
 * Return: 0; SLO_EVENT_SKIPPED for a kind that is not wanted (@out->kind set)
 * or not known to this version (@out->kind = -1); -EINVAL with @err, among others for an
 * envelope of another major version. Strings are views, see rec.h.
 */
int slo_event_decode(struct slo_rec_ctx *c, const char *line, size_t len, int bare, uint32_t kinds,
		     struct slo_event *out, struct slo_err *err);

/** slo_event_encode - append one enveloped record and a newline. Return: as slo_rec_encode(). */
int slo_event_encode(const struct slo_event *ev, struct slo_buf *out);

/** slo_event_encode_payload - append one enveloped record of @kind whose struct is at @payload, and a newline. */
int slo_event_encode_payload(int kind, const void *payload, struct slo_buf *out);

#endif
