/* SPDX-License-Identifier: MIT */
/*
 * Reading collector_overhead.csv: a head line that names the columns, then rows. Fields are
 * separated by commas; one in double quotes may hold commas and "" for a quote, not a line end. Pure.
 */
#ifndef SLO_GATE_M5_CSV_H
#define SLO_GATE_M5_CSV_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum { SLO_M5_COLUMNS_MAX = 64, SLO_M5_NODE_MAX = 254, SLO_M5_LINE_MAX = 64 << 10 };

/* Where the columns are; -1 = not there. */
struct slo_m5_columns {
	int node, own, bpf, total;
	int count;
};

/* One row; what the file has no column for is NaN, a missing node "unknown". */
struct slo_m5_csv_row {
	char node[SLO_M5_NODE_MAX + 1];
	double own, bpf, total; /* percent of one core, finite, >= 0 */
};

/**
 * slo_m5_csv_head - the columns by name
 * @need_own: collector_cpu_pct must be there (else it or node_cpu_pct)
 *
 * A byte order mark is skipped. Return: 0; -EINVAL with @err (where = the field).
 */
int slo_m5_csv_head(struct slo_str line, bool need_own, struct slo_m5_columns *out, struct slo_err *err);

/** slo_m5_csv_row - one row, with as many fields as the head. Return: 0; -EINVAL with @err; @out is then undefined. */
int slo_m5_csv_row(struct slo_str line, const struct slo_m5_columns *c, struct slo_m5_csv_row *out,
		   struct slo_err *err);

#endif
