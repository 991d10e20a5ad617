/* SPDX-License-Identifier: MIT */
/*
 * The undo journal: what a fault does, written down before it is done, so that
 * anybody can undo it after the injector is gone. One JSON document per fault.
 */
#ifndef SLO_INJECT_JOURNAL_H
#define SLO_INJECT_JOURNAL_H

#include "base/buf.h"
#include "inject/step.h"
#include "inject/throttle.h"

#define SLO_JOURNAL_DIR "/run/llm-slo"

enum {
	SLO_JOURNAL_MAX = 1 << 20,       /* bytes of a journal */
	SLO_JOURNAL_LABEL_MAX = 8192,    /* bytes of the label it carries */
};

struct slo_journal {
	char label_id[96];
	char boot_id[40];         /* /proc/sys/kernel/random/boot_id: another one means that nothing is left to undo */
	int64_t pid, start_ticks; /* the injector: process id and its start time out of /proc/PID/stat */
	char label[SLO_JOURNAL_LABEL_MAX]; /* the start label as written, one line; "" = none was */
	char out[SLO_CG_PATH_MAX];         /* file the labels go to; "" = no file */
	bool has_throttle;
	struct slo_throttle throttle;      /* undone last */
	struct slo_step steps[SLO_STEPS_MAX]; /* undone in reverse; their scripts are not kept */
	size_t steps_count;
};

/** slo_journal_encode - append the document. Return: 0 or @out->err. */
int slo_journal_encode(const struct slo_journal *j, struct slo_buf *out);

/**
 * slo_journal_decode - read one back
 *
 * Every path must be absolute, without "..", and every name one that is made here
 * (SLO_STEP_PREFIX and its like) or a cgroup file that a fault writes: a journal
 * cannot make the undo touch anything else.
 * Return: 0; -EINVAL with @err; -ENOMEM.
 */
int slo_journal_decode(const char *text, size_t len, struct slo_journal *out, struct slo_err *err);

/** slo_journal_undo - take back what it lists, whatever part was done. Return: 0; the first negative errno with @err. */
int slo_journal_undo(const struct slo_step_io *io, const struct slo_journal *j, struct slo_err *err);

/**
 * slo_journal_end_label - the label in it with an end, as one line
 * @end_ns: Unix ns
 * @undo:   "ok", or what is left
 *
 * Return: 0; -ENOENT when it carries none; -EINVAL, -ENOMEM.
 */
int slo_journal_end_label(const struct slo_journal *j, int64_t end_ns, const char *ended_by, const char *undo,
			  struct slo_buf *out);

#endif
