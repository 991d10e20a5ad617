/* SPDX-License-Identifier: MIT */
#include "stat/labelset.h"

#include <assert.h>
#include <math.h>

void slo_labelset_init(struct slo_labelset *s, uint32_t labels)
{
	assert(labels >= 1 && labels <= SLO_LABELS_MAX);
	*s = (struct slo_labelset){ .labels = labels };
}

void slo_labelset_add(struct slo_labelset *s, uint32_t truth, uint32_t predicted)
{
	uint32_t known = s->labels == 32 ? UINT32_MAX : (1u << s->labels) - 1;

	truth &= known;
	predicted &= known;
	s->n++;
	s->exact += truth == predicted;
	for (uint32_t a = 0; a < s->labels; a++) {
		uint32_t is = truth >> a & 1, said = predicted >> a & 1;

		s->tp[a] += is & said;
		s->fp[a] += (is ^ 1) & said;
		s->fn[a] += is & (said ^ 1);
		for (uint32_t b = 0; b < s->labels; b++)
			s->both[a][b] += is & (predicted >> b & 1);
	}
}

double slo_labelset_exact(const struct slo_labelset *s)
{
	return s->n ? (double)s->exact / (double)s->n : NAN;
}

static double f1(uint64_t tp, uint64_t fp, uint64_t fn)
{
	uint64_t whole = 2 * tp + fp + fn;

	return whole ? (double)(2 * tp) / (double)whole : NAN;
}

double slo_labelset_f1(const struct slo_labelset *s, uint32_t label)
{
	assert(label < s->labels);
	return f1(s->tp[label], s->fp[label], s->fn[label]);
}

double slo_labelset_micro_f1(const struct slo_labelset *s)
{
	uint64_t tp = 0, fp = 0, fn = 0;

	for (uint32_t a = 0; a < s->labels; a++) {
		tp += s->tp[a];
		fp += s->fp[a];
		fn += s->fn[a];
	}
	return f1(tp, fp, fn);
}

double slo_labelset_macro_f1(const struct slo_labelset *s)
{
	double total = 0;
	int n = 0;

	for (uint32_t a = 0; a < s->labels; a++) {
		if (!(s->tp[a] + s->fn[a]))
			continue;
		total += slo_labelset_f1(s, a);
		n++;
	}
	return n ? total / n : NAN;
}

double slo_pr_at_k(const int *ranked, size_t n, uint32_t truth, size_t k)
{
	size_t size = 0, found = 0;

	for (uint32_t v = truth; v; v &= v - 1)
		size++;
	if (!size || !k)
		return NAN;
	for (size_t i = 0; i < n && i < k; i++)
		found += truth >> ranked[i] & 1;
	return (double)found / (double)(k < size ? k : size);
}
