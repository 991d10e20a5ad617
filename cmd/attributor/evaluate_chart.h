/* SPDX-License-Identifier: MIT */
/* attributor evaluate: the pictures of the HTML report. */
#ifndef ATTRIBUTOR_EVALUATE_CHART_H
#define ATTRIBUTOR_EVALUATE_CHART_H

#include "evaluate.h"

enum { DOT_SERIES = 3, DOT_ROWS_MAX = 128 };

/* One line of a dot plot: a value 0 .. 1 of each series; NaN = none, and no interval likewise. */
struct dot_row {
	const char *group, *label;
	uint64_t n;
	double value[DOT_SERIES], lo[DOT_SERIES], hi[DOT_SERIES];
};

struct dot_plot {
	const char *title;
	const char *series[DOT_SERIES]; /* NULL beyond the last */
	double whole[DOT_SERIES];	/* of everything, a line across all rows; NaN = none */
	struct dot_row rows[DOT_ROWS_MAX];
	size_t count;
};

void chart_dots(struct slo_buf *out, const struct dot_plot *p);
void chart_confusion(struct slo_buf *out, const struct slo_confusion *m);
void chart_cofault(struct slo_buf *out, const struct slo_labelset *s);
void chart_reliability(struct slo_buf *out, const struct slo_eval *e);

/** chart_risk - risk over coverage of the model, naive Bayes and the regression; its tau. Return: 0; -ENOMEM. */
int chart_risk(struct slo_buf *out, const struct evaluation *e);

#endif
