/* SPDX-License-Identifier: MIT */
/*
 * Prometheus text exposition format 0.0.4, read: one sample after the other, as views into the text. Comments (HELP,
 * TYPE) are passed over: who asks for a metric by its name knows what it is. Timestamps and what OpenMetrics adds
 * (exemplars, "# EOF") are passed over too. Pure.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#ifndef SLO_DECODE_PROMTEXT_H
#define SLO_DECODE_PROMTEXT_H

#include "base/str.h"

enum {
	SLO_PROMTEXT_LABELS = 32,      /* of a sample; more is a bad line */
	SLO_PROMTEXT_LINE_MAX = 65536, /* bytes; longer is a bad line */
};

struct slo_promtext_label {
	struct slo_str name, value;    /* the value as it stands there, escapes and all */
};

struct slo_promtext_sample {
	struct slo_str name;
	struct slo_promtext_label labels[SLO_PROMTEXT_LABELS];
	uint32_t labels_count;
	double value;                  /* may be NaN or infinite */
};

struct slo_promtext {
	struct slo_str rest;           /* what was not read yet */
	uint64_t samples, bad;         /* lines so far; @bad: neither a sample nor a comment nor empty */
};

/** slo_promtext_init - read @text, which outlives it and need not end with a NUL. */
void slo_promtext_init(struct slo_promtext *p, struct slo_str text);

/** slo_promtext_next - the next sample. Bad lines are counted and passed over. Return: false at the end. */
bool slo_promtext_next(struct slo_promtext *p, struct slo_promtext_sample *out);

/** slo_promtext_label - the value of a label, as it stands there; absent for none. */
struct slo_str slo_promtext_label(const struct slo_promtext_sample *s, const char *name);

/** slo_promtext_number - what a value, or "le", says: JSON's numbers, a sign, NaN, Inf. Return: 0 or -EINVAL. */
int slo_promtext_number(struct slo_str s, double *out);

#endif
