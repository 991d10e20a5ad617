/* SPDX-License-Identifier: MIT */
#include "stat/confusion.h"

#include <assert.h>
#include <math.h>

void slo_confusion_init(struct slo_confusion *c, int classes)
{
	assert(classes >= 1 && classes <= SLO_CONFUSION_MAX);
	*c = (struct slo_confusion){ .classes = classes };
}

void slo_confusion_add(struct slo_confusion *c, int actual, int predicted)
{
	assert(actual >= 0 && actual < c->classes && predicted >= 0 && predicted < c->classes);
	c->count[actual][predicted]++;
	c->total++;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

double slo_confusion_accuracy(const struct slo_confusion *c)
{
	uint64_t hit = 0;

	for (int i = 0; i < c->classes; i++)
		hit += c->count[i][i];
	return ratio(hit, c->total);
}

void slo_confusion_class(const struct slo_confusion *c, int class, struct slo_class_score *out)
{
	*out = (struct slo_class_score){ .tp = c->count[class][class] };
	for (int i = 0; i < c->classes; i++) {
		out->support += c->count[class][i];
		out->fp += i == class ? 0 : c->count[i][class];
	}
	out->fn = out->support - out->tp;
	out->precision = ratio(out->tp, out->tp + out->fp);
	out->recall = ratio(out->tp, out->support);
	/* 2TP / (2TP + FP + FN): the harmonic mean, defined also where precision is not. */
	out->f1 = ratio(2 * out->tp, 2 * out->tp + out->fp + out->fn);
}

double slo_confusion_macro_f1(const struct slo_confusion *c)
{
	struct slo_class_score one;
	double total = 0;
	int n = 0;

	for (int i = 0; i < c->classes; i++) {
		slo_confusion_class(c, i, &one);
		if (!one.support)
			continue;
		total += one.f1;
		n++;
	}
	return n ? total / n : NAN;
}
