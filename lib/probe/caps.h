/* SPDX-License-Identifier: MIT */
/*
 * Which capabilities(7) the agent needs, for what, and which of them after its
 * start as well. One table, asked three times: `agent --print-caps` prints
 * it, the agent keeps by it what it needs later, `sloctl prereq` names by it what a capability is for.
 *
 * What a row says was measured on Linux 6.1 and 6.12 by taking the capability away
 * (scripts/vm/tests/67-privileges), but for SYS_RESOURCE, which only kernels before 5.11 ask for.
 */
#ifndef SLO_PROBE_CAPS_H
#define SLO_PROBE_CAPS_H

#include "base/buf.h"
#include "event/enum.h"
#include "probe/facts.h"

enum { SLO_CAPS_ROWS = 16 };

/* What decides. */
struct slo_caps_in {
	const char *rung[SLO_SIGNAL__COUNT]; /* kind of hook that measures it: "tp_btf", "uprobe"; NULL or "" = none */
	bool packets;      /* a packet socket is wanted */
	bool services;     /* services are watched: whoever runs them, their processes are to be found */
	bool best_effort;  /* tracing is welcome, not asked for (--capability-mode min) */
	bool guard;        /* the overhead guard may detach probes, and attach them again */
	int64_t paranoid;  /* kernel.perf_event_paranoid; SLO_FACT_UNKNOWN = not known: taken for the strictest */
	int major, minor;  /* of the kernel; 0 = not known: taken for a new one */
};

/* One need of one capability; a capability may have several. */
struct slo_caps_row {
	enum slo_cap cap;
	bool needed;           /* else: something is better with it, and no signal is lost without it */
	bool later;            /* after the start too */
	uint32_t signals;      /* bit by enum SLO_SIGNAL: those it is for; 0 = see @what */
	const char *what;      /* what it is for, where that is no list of signals; else NULL */
	const char *why;       /* what the kernel asks it for */
	const char *later_why; /* what is done with it after the start; NULL = nothing */
};

/** slo_caps_needs - the rows that apply, in a fixed order. Return: how many. */
size_t slo_caps_needs(const struct slo_caps_in *in, struct slo_caps_row rows[SLO_CAPS_ROWS]);

enum slo_caps_pick {
	SLO_CAPS_NEEDED,   /* to capture every signal */
	SLO_CAPS_USEFUL,   /* those, and the ones that make something better */
	SLO_CAPS_LATER,    /* of all of them, what is needed after the start */
};

/** slo_caps_set - the capabilities of @rows as a set: bit by enum slo_cap. */
uint64_t slo_caps_set(const struct slo_caps_row *rows, size_t n, enum slo_caps_pick pick);

/** slo_caps_names - append the names of a set, "CAP_BPF CAP_PERFMON", in the order of their numbers. */
void slo_caps_names(uint64_t set, struct slo_buf *out);

/** slo_caps_subject - append what a row is for: its signals by name, or what it says in their place. */
void slo_caps_subject(const struct slo_caps_row *row, const struct slo_caps_in *in, struct slo_buf *out);

/** slo_cap_name - "CAP_BPF"; NULL for one that nothing of ours asks for. Static string. */
const char *slo_cap_name(enum slo_cap cap);

/** slo_cap_purpose - what the toolkit would do with it, in a few words ("to load BPF programs"). Static string. */
const char *slo_cap_purpose(enum slo_cap cap);

#endif
