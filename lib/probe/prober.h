/* SPDX-License-Identifier: MIT */
/*
 * The prober: can this host run the agent, and how well. What the host says
 * (facts.h), which hooks it grants (hooks.h) and who would measure each signal
 * (ladder.h, asked of sources opened as the agent opens them) are put in, one
 * verdict for each check comes out. slo_prober_judge() is pure.
 */
#ifndef SLO_PROBE_PROBER_H
#define SLO_PROBE_PROBER_H

#include "event/enum.h"
#include "probe/facts.h"
#include "probe/hooks.h"
#include "probe/ladder.h"

enum { SLO_CHECKS_MAX = 80, SLO_CHECK_TEXT = 448 };

enum slo_check_state {
	SLO_CHECK_PASS,
	SLO_CHECK_WARN, /* a warning that is not met */
	SLO_CHECK_FAIL, /* a blocker that is not met */
	SLO_CHECK_SKIP, /* could not be judged, or is not there and nothing needs it */
	SLO_CHECK__STATES
};

enum slo_check_severity {
	SLO_CHECK_BLOCKER, /* without it the agent cannot do its work */
	SLO_CHECK_WARNING, /* without it something is measured worse, or not at all */
	SLO_CHECK_INFO,    /* for whoever reads; changes no verdict */
	SLO_CHECK__SEVERITIES
};

struct slo_check {
	char name[48];
	enum slo_check_severity severity;
	enum slo_check_state state;
	bool pass;                     /* met */
	char current[SLO_CHECK_TEXT];  /* what there is */
	char required[160];            /* what there should be */
	char remedy[256];              /* what to do about it; "" when met */
};

/* Who would measure a signal. */
struct slo_prober_signal {
	enum slo_source_kind by;
	char provider[24];             /* as the agent's windows carry it; "" = nobody */
	char why[SLO_CHECK_TEXT];      /* nobody: the reason; else a note or "" */
	char passed_over[SLO_CHECK_TEXT]; /* better rungs that were tried, and why not; "" = none */
	bool tried;                    /* a better rung exists, was tried, and was refused */
};

/* Everything the verdicts are made from. */
struct slo_prober {
	struct slo_facts facts;
	struct slo_hook_result hooks[SLO_HOOK__COUNT];
	int bpf_err;                   /* of the bpf system call itself */
	int packet_err;
	char packet_why[192];
	struct slo_prober_signal signals[SLO_SIGNAL__COUNT];
};

/**
 * slo_prober_look - look at this host
 *
 * Opens what the agent opens (probes, a packet socket, the sampler of procfs, watching a socket of this process) and
 * closes it again; takes about as long as the agent's start. Return: 0 or -ENOMEM.
 */
int slo_prober_look(struct slo_prober *p);

/**
 * slo_prober_judge - one verdict for each check, in a fixed order
 *
 * Return: how many; the first nine are those of the published tool, by name and order.
 */
size_t slo_prober_judge(const struct slo_prober *p, struct slo_check checks[SLO_CHECKS_MAX]);

/** slo_prober_pass - every blocker is met. */
bool slo_prober_pass(const struct slo_check *checks, size_t n);

/** slo_prober_warned - some warning is not met. */
bool slo_prober_warned(const struct slo_check *checks, size_t n);

/** slo_check_state_name - "PASS", ...; slo_check_severity_name - "blocker", ... Static strings. */
const char *slo_check_state_name(enum slo_check_state s);
const char *slo_check_severity_name(enum slo_check_severity s);

#endif
