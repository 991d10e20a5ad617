/* SPDX-License-Identifier: MIT */
/* Where a server stops keeping up: rising rates, a verdict for each, the knee. */
#include "drive.h"

#include <math.h>

#define GROWTH                                                                                                         \
	1.6 /* under way in the last quarter of a step by that in the second: 1 when steady, 2.3 when a queue fills */

size_t loadgen_sweep_max(const struct loadgen_run_opts *o)
{
	return (size_t)(o->sweep_steps + o->sweep_refine);
}

static bool queue_grows(const struct loadgen_step *s)
{
	double early = s->inflight[1], late = s->inflight[3];

	/* Twice the noise of a Poisson count on top, or few requests would decide. */
	return late > GROWTH * early && late > early + 2 * sqrt(early) + 2;
}

static void judge(const struct loadgen_run_opts *o, struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;
	double valid = (double)slo_load_count_valid(t);
	double ok = loadgen_per((double)t->outcomes[SLO_OUTCOME_OK], valid), good = loadgen_per((double)t->good, valid);
	uint64_t unsent = t->dropped + t->failed_send;

	s->verdict = "saturated";
	if (s->ended_early || valid <= 0) {
		s->verdict = "inconclusive";
		snprintf(s->why, sizeof(s->why), "%s", s->ended_early ? "ended early" : "no request was valid");
	} else if (ok < o->sweep_share) {
		snprintf(s->why, sizeof(s->why), "%.1f %% of the requests were answered, %g %% are wanted%s", 100 * ok,
			 100 * o->sweep_share, unsent ? " (some could not be sent: --max-inflight)" : "");
	} else if (loadgen_has_objectives(&o->objectives) && good < o->sweep_share) {
		snprintf(s->why, sizeof(s->why), "%.1f %% of the requests met the objectives, %g %% are wanted",
			 100 * good, 100 * o->sweep_share);
	} else if (queue_grows(s)) {
		snprintf(s->why, sizeof(s->why),
			 "a queue fills: %.1f requests under way early in the step, %.1f at its end", s->inflight[1],
			 s->inflight[3]);
	} else {
		s->verdict = "ok";
	}
	/* A client that was late makes any server look slow. */
	if (!s->valid.valid && strcmp(s->verdict, "ok") != 0 && !unsent) {
		s->verdict = "inconclusive";
		snprintf(s->why, sizeof(s->why), "%s", s->valid.why[0]);
	}
}

static int run_at(struct loadgen_drive *d, double rate, struct loadgen_step *steps, struct loadgen_report *r)
{
	struct loadgen_step *s = &steps[r->n++];
	int ret;

	s->rate = rate;
	ret = loadgen_drive_step(d, s);
	judge(d->o, s);
	if (strcmp(s->verdict, "ok") == 0)
		r->sustained = rate;
	else if (strcmp(s->verdict, "saturated") == 0)
		r->saturated = rate;
	return ret;
}

int loadgen_sweep(struct loadgen_drive *d, struct loadgen_step *steps, struct loadgen_report *r)
{
	const struct loadgen_run_opts *o = d->o;
	double factor = pow(o->sweep_to / o->rate, 1 / (double)(o->sweep_steps - 1));
	bool go_on = true;
	int ret = 0;

	for (int64_t i = 0; i < o->sweep_steps && go_on && !ret; i++) {
		ret = run_at(d, o->rate * pow(factor, (double)i), steps, r);
		go_on = strcmp(steps[r->n - 1].verdict, "ok") == 0;
	}
	/* Then halfway, on the scale the steps are on, between the highest rate held and the lowest not. */
	go_on = isfinite(r->sustained) && isfinite(r->saturated);
	for (int64_t i = 0; i < o->sweep_refine && go_on && !ret; i++) {
		ret = run_at(d, sqrt(r->sustained * r->saturated), steps, r);
		go_on = strcmp(steps[r->n - 1].verdict, "inconclusive") != 0;
	}
	return ret;
}
