/* SPDX-License-Identifier: MIT */
/* What a journal may name. Private to the module. */
#ifndef SLO_INJECT_JOURNAL_SAFE_H
#define SLO_INJECT_JOURNAL_SAFE_H

#include "inject/step.h"

/** journal_safe_path - absolute and without "..". */
bool journal_safe_path(const char *p);

/** journal_safe_cgroup - such a path whose last part is a cgroup made here. */
bool journal_safe_cgroup(const char *dir);

/** journal_safe_step - undoing @s can touch nothing but what faults make and write. */
bool journal_safe_step(const struct slo_step *s);

#endif
