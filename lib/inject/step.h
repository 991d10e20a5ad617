/* SPDX-License-Identifier: MIT */
/*
 * One reversible change of the system. A fault is a list of them: planned as
 * data, written to the journal, applied in order, checked by reading back, and
 * undone in reverse. Undoing works from the data alone, is idempotent, and is
 * right whichever part was applied.
 */
#ifndef SLO_INJECT_STEP_H
#define SLO_INJECT_STEP_H

#include "inject/cgroup.h"
#include "inject/tool.h"

enum slo_step_kind {
	SLO_STEP_FILE,   /* a value in a cgroup file */
	SLO_STEP_CGROUP, /* a cgroup of ours; whoever is in it at the end is ours, too */
	SLO_STEP_NFT,    /* an nftables table of ours */
	SLO_STEP_NETEM,  /* a band of delay or loss below a prio qdisc of ours on one device */
	SLO_STEP_HELPER, /* a process of ours */
	SLO_STEP__COUNT
};

#define SLO_STEP_PREFIX     "llm-slo-"  /* cgroups made here */
#define SLO_STEP_NFT_PREFIX "llm_slo_"  /* tables made here */
#define SLO_STEP_COMM       "slo-fault" /* what helper processes are called */

enum {
	SLO_STEPS_MAX = 24,        /* of one fault */
	SLO_STEP_SCRIPT_MAX = 2048,
	SLO_STEP_MARK = 0x51f0,    /* on packets of our forwarder, and on connections it was put in the way of */
	SLO_STEP_QDISC = 0x51a0,   /* handle of the prio qdisc */
	SLO_STEP_BANDS = 16,       /* its bands; the first carries what no filter chose */
};

struct slo_step {
	int kind;                   /* enum slo_step_kind */
	char path[SLO_CG_PATH_MAX]; /* FILE, CGROUP: absolute */
	char name[64];              /* NFT: the table; NETEM: the device; HELPER: what it does */
	char value[64];             /* FILE: written to begin; NETEM: "delay 100ms", "loss 30%" */
	char want[64];              /* FILE: is read back then, a whole line or words of one */
	char back[64];              /* FILE: written to undo */
	struct slo_netns ns;        /* NFT, NETEM */
	int64_t pid, ticks;         /* HELPER, once it runs: process id and start time */
	int band;                   /* NETEM: 2 .. SLO_STEP_BANDS - 1 */
	bool nat;                   /* NFT: it sent connections elsewhere; they are forgotten at the end */
	char script[SLO_STEP_SCRIPT_MAX]; /* NFT: the table's text; NETEM: tc's filters, one a line. Not in the journal. */
};

/* What steps act through; a test puts its own in. */
struct slo_step_io {
	const struct slo_cg_io *cg;
	void *arg;
	int (*run)(void *arg, const struct slo_netns *ns, const char *const *argv, const char *in, char *out, size_t size);
	int (*flush)(void *arg, const struct slo_netns *ns, uint32_t mark);
	int (*end)(void *arg, int64_t pid, int64_t ticks); /* kill it if it still is that process, and see it gone */
};

extern const struct slo_step_io slo_step_live;

/** slo_step_apply - make the change and read it back. HELPER: nothing to do here. Return: 0 or a negative errno with @err. */
int slo_step_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);

/** slo_step_check - it is in force, by reading back. Return: 0; -ESTALE with @err. */
int slo_step_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);

/** slo_step_undo - take it back and read that back. Return: 0; a negative errno with @err naming what is left. */
int slo_step_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);

/** slo_step_counts - packets that met the step and were dropped by it (NFT, NETEM), so far. Return: 0 or a negative errno. */
int slo_step_counts(const struct slo_step_io *io, const struct slo_step *s, int64_t *packets, int64_t *dropped);

/** slo_step_line - run one command given as words between blanks (at most SLO_TOOL_ARGS_MAX). Return: as slo_tool_run(). */
int slo_step_line(const struct slo_step_io *io, const struct slo_netns *ns, const char *line, char *out, size_t size);

#endif
