/* SPDX-License-Identifier: MIT */
/*
 * What every filter does with its input lines: count the malformed, report the
 * first ten, keep raw rejects, decide the exit status.
 */
#ifndef SLO_IO_FILTER_H
#define SLO_IO_FILTER_H

#include "io/reader.h"
#include "io/writer.h"

enum { SLO_FILTER_REPORTS = 10 };

struct slo_filter {
	struct slo_reader *in;
	struct slo_writer *reject;  /* or NULL */
	bool strict;
	uint64_t malformed;         /* lines no record could be read from, too long ones included */
	void (*report)(const struct slo_err *err); /* prints one line; NULL = silent */
};

/**
 * slo_filter_bad - note the line just read as malformed for the reason in @err
 *
 * The place in @err is completed with file and line, and @err is reported if it is
 * among the first SLO_FILTER_REPORTS. For SLO_READ_TOO_LONG pass the absent line
 * it left and an empty @err.
 */
void slo_filter_bad(struct slo_filter *f, struct slo_str line, struct slo_err *err);

/**
 * slo_filter_end - report the total, if there is one
 *
 * Return: exit status 0, or 1 when strict and something was malformed.
 */
int slo_filter_end(struct slo_filter *f);

#endif
