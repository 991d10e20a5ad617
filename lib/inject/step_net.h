/* SPDX-License-Identifier: MIT */
/* The steps of step.h that tc and nft make. Private to the module; see there for what they return. */
#ifndef SLO_INJECT_STEP_NET_H
#define SLO_INJECT_STEP_NET_H

#include "inject/step.h"

int slo_step_nft_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);
int slo_step_nft_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);
int slo_step_nft_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);

int slo_step_netem_apply(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);
int slo_step_netem_check(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);
int slo_step_netem_undo(const struct slo_step_io *io, const struct slo_step *s, struct slo_err *err);

/** slo_step_is_helper - process @pid is a helper of ours that started at @ticks, and no zombie. */
bool slo_step_is_helper(int64_t pid, int64_t ticks);

#endif
