/* SPDX-License-Identifier: MIT */
/*
 * The undo journal: what a fault does, written down before it is done, so that
 * anybody can undo it after the injector is gone. One JSON document per fault.
 */
#ifndef SLO_INJECT_JOURNAL_H
#define SLO_INJECT_JOURNAL_H

#include "base/buf.h"
#include "inject/throttle.h"

#define SLO_JOURNAL_DIR "/run/llm-slo"

enum { SLO_JOURNAL_MAX = 1 << 20 }; /* bytes of a journal */

struct slo_journal {
	char label_id[96];
	char boot_id[40];        /* /proc/sys/kernel/random/boot_id: another one means that nothing is left to undo */
	int64_t pid, start_ticks; /* the injector: process id and its start time out of /proc/PID/stat */
	struct slo_throttle throttle;
};

/** slo_journal_encode - append the document. Return: 0 or @out->err. */
int slo_journal_encode(const struct slo_journal *j, struct slo_buf *out);

/**
 * slo_journal_decode - read one back
 *
 * Every path must be absolute, without "..", and the cgroup's name must begin with
 * SLO_THROTTLE_PREFIX: a journal cannot make the undo touch anything else.
 * Return: 0; -EINVAL with @err; -ENOMEM.
 */
int slo_journal_decode(const char *text, size_t len, struct slo_journal *out, struct slo_err *err);

#endif
