/* SPDX-License-Identifier: MIT */
#ifndef LOADGEN_DRIVE_H
#define LOADGEN_DRIVE_H

#include "events.h"

struct slo_client;

/* What the steps of one run have in common. */
struct loadgen_drive {
	const struct loadgen_run_opts *o;
	struct slo_client *client;
	struct loadgen_events events;
	uint64_t seq;       /* requests so far, of every step */
	bool show_progress;
};

/*
 * loadgen_drive_step - send what the schedule says, wait for the answers, fill @s (its rate is set)
 *
 * Ends by itself: the schedule is bounded in time and number, answers by their timeout.
 * Return: 0 or a negative errno of the transport.
 */
int loadgen_drive_step(struct loadgen_drive *d, struct loadgen_step *s);

/*
 * loadgen_sweep - steps at rising rates until one is not held, then some between the two
 * @steps: room for loadgen_sweep_max(); @report gets them and the knee
 */
int loadgen_sweep(struct loadgen_drive *d, struct loadgen_step *steps, struct loadgen_report *report);
size_t loadgen_sweep_max(const struct loadgen_run_opts *o);

#endif
