/* SPDX-License-Identifier: MIT */
/*
 * The state of a stream on disk. FILE holds the engine as it was at one record;
 * FILE.lines names the lines written since, so that what is replayed after a
 * crash is not told twice.
 */
#ifndef ATTRIBUTOR_CHECKPOINT_H
#define ATTRIBUTOR_CHECKPOINT_H

#include "base/buf.h"
#include "incident/incident.h"
#include "io/writer.h"

struct checkpoint {
	const char *path;        /* NULL = none asked for: the other functions do nothing */
	char *lines_path;
	struct slo_writer *lines;
	struct slo_buf buf;
	uint64_t *told;          /* hashes of the lines written since the checkpoint was, ascending */
	size_t told_n;
	int64_t every_ns, last_ns; /* monotonic time */
	uint64_t written, failed, repeated; /* checkpoints; lines that were not written again */
};

/** checkpoint_start - go on from @path, if there is such a file. Return: 0, or a negative errno with @err. */
int checkpoint_start(struct checkpoint *c, const char *path, int64_t every_ns, struct slo_incidents *inc,
		     struct slo_err *err);

/** checkpoint_told - this line was written before the restart. */
bool checkpoint_told(struct checkpoint *c, const struct slo_incident *i);

/** checkpoint_note - this line is written. */
void checkpoint_note(struct checkpoint *c, const struct slo_incident *i);

/** checkpoint_tick - save when it is time. */
void checkpoint_tick(struct checkpoint *c, struct slo_incidents *inc);

/** checkpoint_end - save unless @inc is NULL, and release. Return: 0, or 1 when it failed, which was said. */
int checkpoint_end(struct checkpoint *c, struct slo_incidents *inc);

#endif
