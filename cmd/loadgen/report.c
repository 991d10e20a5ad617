/* SPDX-License-Identifier: MIT */
/* The report for a person. */
#include "loadgen.h"

#include "base/str.h"

#include <math.h>

const struct loadgen_quantile loadgen_quantiles[5] = {
	{ 0.5, "p50" }, { 0.9, "p90" }, { 0.95, "p95" }, { 0.99, "p99" }, { 0.999, "p999" },
};

static const char *const mode_names[LOADGEN_MODE__COUNT] = {
	[LOADGEN_RATE] = "rate",
	[LOADGEN_RAMP] = "ramp",
	[LOADGEN_SWEEP] = "sweep",
	[LOADGEN_TRACE] = "trace",
	[LOADGEN_CLOSED] = "closed",
};

const char *loadgen_mode_name(enum loadgen_mode m)
{
	return mode_names[m];
}

static void metrics(FILE *to, const struct slo_load_tally *t)
{
	fprintf(to, "%-18s %8s %10s %10s %10s %10s %10s %10s %10s\n", "", "count", "mean", "p50", "p90", "p95", "p99",
		"p99.9", "max");
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		const struct slo_load_dist *d = &t->dist[m];
		unsigned long long n = slo_hist_count(&d->hist);

		fprintf(to, "%-18s %8llu", slo_load_metric_name((enum slo_load_metric)m), n);
		if (n) {
			fprintf(to, " %10.2f", slo_load_dist_mean(d));
			for (size_t i = 0; i < SLO_ARRAY_LEN(loadgen_quantiles); i++)
				fprintf(to, " %10.2f",
					slo_load_quantile(t, (enum slo_load_metric)m, loadgen_quantiles[i].q));
			fprintf(to, " %10.2f", d->max);
		}
		fputc('\n', to);
	}
	for (int i = 0; i < SLO_OUTCOME__COUNT; i++) {
		const struct slo_load_dist *d = &t->by_outcome[i][SLO_LOAD_DURATION];

		if (i != SLO_OUTCOME_OK && t->outcomes[i])
			fprintf(to, "%-18s %8llu %10.2f %10.2f  until they ended (mean, p50)\n",
				slo_outcome_name((enum slo_outcome)i), (unsigned long long)t->outcomes[i],
				slo_load_dist_mean(d), slo_load_dist_quantile(d, 0.5));
	}
}

static void outcomes(FILE *to, const struct slo_load_tally *t)
{
	fprintf(to, "outcomes          ");
	for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
		if (i == SLO_OUTCOME_OK || t->outcomes[i])
			fprintf(to, " %s %llu", slo_outcome_name((enum slo_outcome)i),
				(unsigned long long)t->outcomes[i]);
	fprintf(to, "\nnot sent           dropped %llu, refused by the transport %llu\n",
		(unsigned long long)t->dropped, (unsigned long long)t->failed_send);
}

static void objective(FILE *to, const char **join, const char *name, double ms)
{
	if (ms <= 0)
		return;
	fprintf(to, "%s%s <= %g ms", *join, name, ms);
	*join = ", ";
}

static void goodput(FILE *to, const struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;
	const char *join = "";

	if (!loadgen_has_objectives(&t->objectives))
		return;
	fprintf(to, "goodput            %.3f/s, %.2f %% of %llu valid requests had ",
		loadgen_per((double)t->good, s->measured_s),
		100 * loadgen_per((double)t->good, (double)slo_load_count_valid(t)),
		(unsigned long long)slo_load_count_valid(t));
	objective(to, &join, "ttft", t->objectives.ttft_ms);
	objective(to, &join, "tpot", t->objectives.tpot_ms);
	objective(to, &join, "e2e", t->objectives.e2e_ms);
	fputc('\n', to);
	if (t->unjudged)
		fprintf(to,
			"                   %llu without usage from the server have no tpot and count as not good\n",
			(unsigned long long)t->unjudged);
}

static void tokens(FILE *to, const struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;
	double ratio = slo_load_chunk_ratio(t);

	fprintf(to, "tokens             %llu, %.1f/s%s\n", (unsigned long long)t->tokens,
		loadgen_per((double)t->tokens, s->measured_s),
		t->chunk_counted ? "; some are counted chunks, the server sent no usage" : "");
	if (ratio < SLO_LOAD_CHUNK_RATIO)
		fprintf(to,
			"warning            %.2f chunks per token: chunk_gap_ms is not the time between tokens, see "
			"tpot_ms\n",
			ratio);
	if (t->gaps_lost)
		fprintf(to, "warning            %llu chunk gaps of very long answers are not counted\n",
			(unsigned long long)t->gaps_lost);
}

static void arrivals(FILE *to, const struct loadgen_run_opts *o)
{
	const char *kind = o->arrivals == SLO_ARRIVALS_CONSTANT ? "constant" : "poisson";

	fprintf(to, "target             %s\n", o->target);
	if (o->mode == LOADGEN_CLOSED)
		fprintf(to, "arrivals           closed loop, %lld users\n", (long long)o->concurrency);
	else if (o->mode == LOADGEN_TRACE)
		fprintf(to, "arrivals           %zu rows of %s at %g times its speed\n", o->rows.n, o->trace,
			o->trace_speed);
	else if (o->mode == LOADGEN_RAMP)
		fprintf(to, "arrivals           %s, %g/s to %g/s, seed %lld\n", kind, o->rate, o->ramp_to,
			(long long)o->seed);
	else
		fprintf(to, "arrivals           %s, seed %lld\n", kind, (long long)o->seed);
}

static void step(FILE *to, const struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;
	double ok = (double)t->outcomes[SLO_OUTCOME_OK];

	fprintf(to, "measured           %.3f s%s, %llu requests, %llu more in the warm-up", s->measured_s,
		s->ended_early ? " (ended early)" : "", (unsigned long long)t->sent, (unsigned long long)t->warmup);
	if (t->cooldown)
		fprintf(to, ", %llu in the cool-down", (unsigned long long)t->cooldown);
	fprintf(to, "\nrate               ");
	if (isfinite(s->rate))
		fprintf(to, "requested %.3f/s, ", s->rate);
	fprintf(to, "achieved %.3f/s, answered ok %.3f/s\n", loadgen_per((double)t->sent, s->measured_s),
		loadgen_per(ok, s->measured_s));
	outcomes(to, t);
	goodput(to, s);
	tokens(to, s);
	metrics(to, t);
	fprintf(to, "own CPU            %.1f %% of one core, %llu connections made, at most %u requests under way%s\n",
		100 * s->cpu_share, (unsigned long long)s->client.connections, s->inflight_max,
		s->client.http2 ? ", HTTP/2" : "");
	fprintf(to, "load_valid         %s", s->valid.valid ? "true" : "false");
	for (size_t i = 0; i < s->valid.n; i++)
		fprintf(to, "%s%s", i ? "; " : ": ", s->valid.why[i]);
	fputc('\n', to);
}

static void sweep(FILE *to, const struct loadgen_report *r)
{
	fprintf(to, "\n%10s %10s %8s %10s %10s %10s  %s\n", "rate/s", "ok/s", "good %", "ttft p50", "ttft p99",
		"tpot p50", "verdict");
	for (size_t i = 0; i < r->n; i++) {
		const struct loadgen_step *s = &r->steps[i];
		const struct slo_load_tally *t = &s->tally;

		fprintf(to, "%10.3f %10.3f %8.1f %10.2f %10.2f %10.2f  %s%s%s\n", s->rate,
			loadgen_per((double)t->outcomes[SLO_OUTCOME_OK], s->measured_s),
			100 * loadgen_per((double)t->good, (double)slo_load_count_valid(t)),
			slo_load_quantile(t, SLO_LOAD_TTFT, 0.5), slo_load_quantile(t, SLO_LOAD_TTFT, 0.99),
			slo_load_quantile(t, SLO_LOAD_TPOT, 0.5), s->verdict, s->why[0] ? ": " : "", s->why);
	}
	if (isfinite(r->sustained) && isfinite(r->saturated))
		fprintf(to, "knee               between %.3f/s (held) and %.3f/s (not held)\n", r->sustained,
			r->saturated);
	else if (isfinite(r->sustained))
		fprintf(to, "knee               not reached: %.3f/s was held\n", r->sustained);
	else
		fprintf(to, "knee               %s\n", isfinite(r->saturated) ? "below the first rate" : "unknown");
}

void loadgen_report_text(FILE *to, const struct loadgen_report *r)
{
	arrivals(to, r->o);
	for (size_t i = 0; i < r->n; i++) {
		if (r->o->mode == LOADGEN_SWEEP)
			fprintf(to, "\nstep               %zu: %.3f/s\n", i + 1, r->steps[i].rate);
		step(to, &r->steps[i]);
	}
	if (r->o->mode == LOADGEN_SWEEP)
		sweep(to, r);
}
