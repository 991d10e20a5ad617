/* SPDX-License-Identifier: MIT */
/* What replaying a recorded event does to it. Pure. */
#ifndef SLO_GEN_REPLAY_H
#define SLO_GEN_REPLAY_H

#include "event/event.h"

/** slo_replay_moment - when @ev became known, Unix ns; 0 for a record without a time of its own. */
int64_t slo_replay_moment(const struct slo_event *ev);

/**
 * slo_replay_shift - add @by_ns to every time in @ev
 *
 * Return: true; false, and @ev is unchanged, for a kind that has none here, or where a time would leave its range.
 */
bool slo_replay_shift(struct slo_event *ev, int64_t by_ns);

/**
 * slo_replay_mark - say that @ev is a replay
 *
 * A synthetic event stays one: replaying it does not make it a recording of anything. A kind
 * that does not tell its source is left as it is.
 */
void slo_replay_mark(struct slo_event *ev);

#endif
