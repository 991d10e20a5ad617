/* SPDX-License-Identifier: MIT */
/* Confusion matrices of a few classes and what follows from them. Pure. */
#ifndef SLO_STAT_CONFUSION_H
#define SLO_STAT_CONFUSION_H

#include <stdint.h>

enum { SLO_CONFUSION_MAX = 16 };

struct slo_confusion {
	int classes;          /* 1 .. SLO_CONFUSION_MAX */
	uint64_t total;
	uint64_t count[SLO_CONFUSION_MAX][SLO_CONFUSION_MAX]; /* [actual][predicted] */
};

/* One class against the rest; rates are NaN where their denominator is 0. */
struct slo_class_score {
	uint64_t support;     /* actual members */
	uint64_t tp, fp, fn;
	double precision, recall, f1;
};

void slo_confusion_init(struct slo_confusion *c, int classes);

/** slo_confusion_add - one case; classes out of range are a programming error. */
void slo_confusion_add(struct slo_confusion *c, int actual, int predicted);

/** slo_confusion_accuracy - correct / total; NaN when empty. */
double slo_confusion_accuracy(const struct slo_confusion *c);

void slo_confusion_class(const struct slo_confusion *c, int class, struct slo_class_score *out);

/** slo_confusion_macro_f1 - mean F1 over the classes with support, 0 for a class never found; NaN when empty. */
double slo_confusion_macro_f1(const struct slo_confusion *c);

#endif
