/* SPDX-License-Identifier: MIT */
/*
 * What the agent tells about itself over HTTP: /metrics, /healthz, /readyz.
 *
 * The loop and the server's thread share a text that is rendered once a window and swapped in under a lock
 * that neither holds for longer than a copy takes; the loop does not even wait for that. Beside it two
 * numbers: how far the agent is, and when the loop last came round.
 */
#ifndef SLO_AGENT_METRICS_H
#define SLO_AGENT_METRICS_H

#include "agent.h"
#include "bpf/event.h"

#include <math.h>

/* What a source knows beside its records; all counters since the start. */
struct agent_report {
	double kernel_pct;                 /* of one core: the probes' programs in the last interval */
	bool enabled[SLO_SIGNAL__COUNT];   /* wanted, and not shed */
	uint64_t windows;                  /* intervals that were flushed */
	uint64_t drops[SLO_DROP__COUNT];
	int shed_level, flow_level;        /* steps of the overhead guard in force; of them, of flow sampling */
	double packet_ring, bpf_ring;      /* share in use when last looked at, 0 to 1; NaN = there is none */
	bool traced[SLO_BPF__PROBES];      /* the probe's cost is known */
	double run_s[SLO_BPF__PROBES];     /* estimated run time of its programs */
	uint64_t unpublished;              /* set by agent_metrics_publish() */
};

struct agent_metrics;

/**
 * agent_metrics_open - listen on --metrics-bind, unless it is off; nobody is answered yet
 *
 * Return: 0, also where the default address cannot be had (which is warned about); else negative errno with @err.
 */
int agent_metrics_open(struct agent *a, struct slo_err *err);

/** agent_metrics_serve - start to answer; before it the agent has one thread. Without it, nobody is answered. */
void agent_metrics_serve(struct agent *a);

/** agent_metrics_note - count a record. */
void agent_metrics_note(struct agent *a, const struct slo_event *ev);

/** agent_metrics_beat - the loop comes round. */
void agent_metrics_beat(struct agent *a);

/** agent_metrics_publish - render what there is, for whoever asks next. @r: NULL = the source has nothing to add. */
void agent_metrics_publish(struct agent *a, const struct agent_report *r);

/** agent_metrics_due - agent_metrics_publish() once an interval; for sources without windows of their own. */
void agent_metrics_due(struct agent *a);

/** agent_metrics_stopping - not ready any more. */
void agent_metrics_stopping(struct agent *a);
void agent_metrics_close(struct agent *a);

/* --- between metrics.c and metrics_text.c -------------------------------------------- */

struct slo_metrics;
struct slo_prom;

/** agent_source - where the records of this run come from (enum SLO_SOURCE). */
int agent_source(const struct agent *a);

/** agent_metrics_write - everything /metrics tells but the process's own numbers. @now_ns: wall clock. */
void agent_metrics_write(const struct agent *a, const struct slo_metrics *series, const struct agent_report *r,
			 double cpu_pct, int64_t now_ns, struct slo_buf *out);

/** agent_metrics_process - the process's own numbers, as of now; from any thread. */
void agent_metrics_process(int64_t started_ns, struct slo_buf *out);

/** agent_metrics_signals - which signals are captured, and why the others are not: a line each. */
void agent_metrics_signals(const struct agent *a, const struct slo_metrics *series, const struct agent_report *r,
			   struct slo_buf *out);

#endif
