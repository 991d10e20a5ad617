/* SPDX-License-Identifier: MIT */
#include "attribute/fit.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define PROBABILITY_MIN 1e-4 /* of what is learned: nothing is impossible or certain */
#define RATIO_MAX       50.0 /* logarithm of a likelihood ratio that numbers can bear */

const struct slo_detector slo_fit_detector = { .a = -5.5, .b = 4, .rate = 0.1, .n = 0 };

void slo_fit_opts_default(struct slo_fit_opts *o)
{
	*o = (struct slo_fit_opts){ .pseudo = 1, .pseudo_unmodelled = 20, .ridge_a = 1, .ridge_b = 1, .steps = 2000,
				    .enough = 1e-7 };
}

/* What is known of one finding in one case. */
struct seen {
	uint32_t truth;
	int class;
	bool elevated;
	double scale;      /* slo_detector_scale() of its z */
	double y;          /* P(elevated | x, S) */
};

/* One finding being fitted. */
struct bench {
	const struct slo_fit_opts *o;
	double leak, link[SLO_CAUSES];             /* now */
	double leak0, link0[SLO_CAUSES];           /* the expert's */
	struct slo_detector detector[SLO_CLASSES]; /* n = measurements */
	struct seen *seen;
	size_t count;
	uint64_t free_n, cause_n[SLO_CAUSES];
	double *x, *y;     /* room for a regression */
};

static double bounded(double p)
{
	return fmin(fmax(p, PROBABILITY_MIN), 1 - PROBABILITY_MIN);
}

static double elevated_given(const struct bench *b, uint32_t truth)
{
	double q = 1 - b->leak;

	for (int k = 0; k < SLO_CAUSES; k++)
		q *= truth >> k & 1 ? 1 - b->link[k] : 1;
	return 1 - q;
}

/* Expectation: how probable the hidden bit is, given causes and measurement. */
static void expect(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct seen *s = &b->seen[i];
		const struct slo_detector *d = &b->detector[s->class];
		double up = elevated_given(b, s->truth), ratio;

		if (b->o->hard) {
			s->y = s->elevated;
			continue;
		}
		ratio = d->a + d->b * s->scale - log(d->rate / (1 - d->rate));
		/* Not clipped as in use: labels that stop at e^6 would teach a flatter slope, and so on. */
		ratio = exp(fmin(fmax(ratio, -RATIO_MAX), RATIO_MAX));
		s->y = up * ratio / (up * ratio + 1 - up);
	}
}

/* How far @to moves to @now. */
static double move(double *to, double now)
{
	double by = fabs(*to - now);

	*to = now;
	return by;
}

static double maximise_links(struct bench *b)
{
	double c[SLO_CAUSES] = { 0 }, free_y = 0, moved = 0, m;

	for (size_t i = 0; i < b->count; i++) {
		const struct seen *s = &b->seen[i];
		double up = s->truth ? elevated_given(b, s->truth) : 1;

		if (!s->truth)
			free_y += s->y;
		for (int k = 0; k < SLO_CAUSES; k++)
			if (s->truth >> k & 1)
				c[k] += s->y * b->link[k] / up;
	}
	for (int k = 0; k < SLO_CAUSES; k++) {
		m = k == SLO_CAUSE_UNMODELLED ? b->o->pseudo_unmodelled : b->o->pseudo;
		moved = fmax(moved, move(&b->link[k], fmin((m * b->link0[k] + c[k]) / (m + (double)b->cause_n[k]),
							   1 - PROBABILITY_MIN)));
	}
	m = b->o->pseudo;
	return fmax(moved, move(&b->leak, bounded((m * b->leak0 + free_y) / (m + (double)b->free_n))));
}

static double maximise_detector(struct bench *b, int class)
{
	struct slo_detector *d = &b->detector[class];
	struct slo_logistic around = { .a = slo_fit_detector.a, .b = slo_fit_detector.b }, fit;
	double total = 0;
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (b->seen[i].class != class)
			continue;
		b->x[n] = b->seen[i].scale;
		b->y[n] = b->seen[i].y;
		total += b->y[n++];
	}
	if (!n)
		return 0;
	fit = slo_logistic_fit(b->x, b->y, n, around, b->o->ridge_a, b->o->ridge_b);
	/* Less of a signal is never more of a fault. */
	if (fit.b < 0)
		fit = slo_logistic_fit(b->x, b->y, n, (struct slo_logistic){ .a = around.a }, b->o->ridge_a, 1e-6);
	fit.b = fmax(fit.b, 0);
	return fmax(move(&d->a, fit.a), fmax(move(&d->b, fit.b), move(&d->rate, (total + 1) / ((double)n + 2))));
}

/* Return: steps taken; opts.steps + 1 when it had not settled by then. */
static int settle(struct bench *b)
{
	for (int step = 1; step <= b->o->steps; step++) {
		double moved;

		expect(b);
		moved = maximise_links(b);
		for (int c = 0; c < SLO_CLASSES && !b->o->hard; c++)
			moved = fmax(moved, maximise_detector(b, c));
		if (moved <= b->o->enough)
			return step;
	}
	return b->o->steps + 1;
}

static void gather(struct bench *b, const struct slo_model_params *prior, uint32_t j,
		   const struct slo_fit_case *cases, size_t count)
{
	b->count = b->free_n = 0;
	b->leak = b->leak0 = bounded(prior->nor.leak[j]);
	for (int c = 0; c < SLO_CLASSES; c++)
		b->detector[c] = slo_fit_detector;
	for (int k = 0; k < SLO_CAUSES; k++) {
		b->cause_n[k] = 0;
		b->link0[k] = fmin(prior->nor.link[j][k], 1 - PROBABILITY_MIN);
		/* From 0 no step leads away: a cause that is not believed in starts low. */
		b->link[k] = fmax(b->link0[k], 0.01);
	}
	for (size_t i = 0; i < count; i++) {
		const struct slo_measure *m = &cases[i].x[j];

		if (m->state != SLO_MEASURE_TAKEN || m->class < 0 || m->class >= SLO_CLASSES ||
		    (isnan(m->z) && !b->o->hard))
			continue;
		b->seen[b->count++] = (struct seen){ .truth = cases[i].truth, .class = m->class,
						     .elevated = m->elevated, .scale = slo_detector_scale(m->z) };
		b->detector[m->class].n++;
		b->free_n += cases[i].truth == 0;
		for (int k = 0; k < SLO_CAUSES; k++)
			b->cause_n[k] += cases[i].truth >> k & 1;
	}
}

static void keep(const struct bench *b, uint32_t j, struct slo_model_params *out)
{
	out->nor.leak[j] = b->leak;
	out->leak_n[j] = b->free_n;
	for (int k = 0; k < SLO_CAUSES; k++) {
		out->nor.link[j][k] = b->link[k];
		out->link_n[j][k] = b->cause_n[k];
	}
	for (int c = 0; c < SLO_CLASSES; c++)
		out->detector[j][c] = b->detector[c].n && !b->o->hard ? b->detector[c] :
									 (struct slo_detector){ .n = 0 };
}

static void fit_priors(const struct slo_fit_case *cases, size_t count, struct slo_model_params *out)
{
	uint64_t faulty = 0;

	for (int k = 0; k < SLO_CAUSES; k++)
		out->prior_n[k] = 0;
	for (size_t i = 0; i < count; i++) {
		faulty += cases[i].truth != 0;
		for (int k = 0; k < SLO_CAUSES; k++)
			out->prior_n[k] += cases[i].truth >> k & 1;
	}
	for (int k = 0; k < SLO_CAUSES; k++)
		out->nor.prior[k] = bounded(((double)out->prior_n[k] + 1) / ((double)faulty + 10));
}

static int check(const struct slo_fit_case *cases, size_t count)
{
	if (!count || count > SLO_FIT_CASES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (cases[i].truth >= SLO_CAUSE_SETS)
			return -EINVAL;
	return 0;
}

int slo_fit_params(const struct slo_model_params *prior, const struct slo_fit_case *cases, size_t count,
		   const struct slo_fit_opts *o, struct slo_model_params *out, struct slo_fit_report *report)
{
	slo_autofree struct seen *seen = NULL;
	slo_autofree double *x = NULL, *y = NULL;
	struct bench b = { .o = o };
	int r = check(cases, count);

	if (r)
		return r;
	b.seen = seen = malloc(count * sizeof(*seen));
	b.x = x = malloc(count * sizeof(*x));
	b.y = y = malloc(count * sizeof(*y));
	if (!seen || !x || !y)
		return -ENOMEM;
	*report = (struct slo_fit_report){ .steps = 0 };
	if (out != prior)
		*out = *prior;
	out->soft = !o->hard;
	out->train_n = count;
	out->train_sha256[0] = out->validation_sha256[0] = '\0';
	for (uint32_t j = 0; j < prior->nor.findings; j++) {
		int steps;

		gather(&b, prior, j, cases, count);
		steps = settle(&b);
		report->unfinished += steps > o->steps;
		report->steps = steps > report->steps ? steps : report->steps;
		keep(&b, j, out);
	}
	fit_priors(cases, count, out);
	return 0;
}
