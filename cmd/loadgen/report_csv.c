/* SPDX-License-Identifier: MIT */
/* One line for each step, for spreadsheets and plots. A value that was not measured is an empty field. */
#include "loadgen.h"

#include "base/str.h"

#include <math.h>

static void number(FILE *to, double v)
{
	if (isfinite(v))
		fprintf(to, ",%.6g", v);
	else
		fputc(',', to);
}

static void header(FILE *to)
{
	fputs("step,verdict,requested_rate,achieved_rate,ok_rate,measured_s,requests,dropped,failed_send", to);
	for (int i = 0; i < SLO_OUTCOME__COUNT; i++)
		fprintf(to, ",%s", slo_outcome_name((enum slo_outcome)i));
	fputs(",goodput_rate,goodput_ratio,tokens,chunks_per_token", to);
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		const char *name = slo_load_metric_name((enum slo_load_metric)m);

		fprintf(to, ",%s_count,%s_mean", name, name);
		for (size_t i = 0; i < SLO_ARRAY_LEN(loadgen_quantiles); i++)
			fprintf(to, ",%s_%s", name, loadgen_quantiles[i].name);
		fprintf(to, ",%s_max", name);
	}
	fputs(",own_cpu_cores,load_valid\n", to);
}

static void metrics(FILE *to, const struct slo_load_tally *t)
{
	for (int m = 0; m < SLO_LOAD_METRIC__COUNT; m++) {
		const struct slo_load_dist *d = &t->dist[m];

		fprintf(to, ",%llu", (unsigned long long)slo_hist_count(&d->hist));
		number(to, slo_load_dist_mean(d));
		for (size_t i = 0; i < SLO_ARRAY_LEN(loadgen_quantiles); i++)
			number(to, slo_load_quantile(t, (enum slo_load_metric)m, loadgen_quantiles[i].q));
		number(to, d->max);
	}
}

static void line(FILE *to, size_t i, const struct loadgen_step *s)
{
	const struct slo_load_tally *t = &s->tally;
	bool judged = loadgen_has_objectives(&t->objectives);

	fprintf(to, "%zu,%s", i + 1, s->verdict ? s->verdict : "");
	number(to, s->rate);
	number(to, (double)t->sent / s->measured_s);
	number(to, (double)t->outcomes[SLO_OUTCOME_OK] / s->measured_s);
	number(to, s->measured_s);
	fprintf(to, ",%llu,%llu,%llu", (unsigned long long)t->sent, (unsigned long long)t->dropped,
		(unsigned long long)t->failed_send);
	for (int o = 0; o < SLO_OUTCOME__COUNT; o++)
		fprintf(to, ",%llu", (unsigned long long)t->outcomes[o]);
	number(to, judged ? (double)t->good / s->measured_s : (double)NAN);
	number(to, judged ? (double)t->good / (double)slo_load_count_valid(t) : (double)NAN);
	fprintf(to, ",%llu", (unsigned long long)t->tokens);
	number(to, slo_load_chunk_ratio(t));
	metrics(to, t);
	number(to, s->cpu_share);
	fprintf(to, ",%s\n", s->valid.valid ? "true" : "false");
}

void loadgen_report_csv(FILE *to, const struct loadgen_report *r)
{
	header(to);
	for (size_t i = 0; i < r->n; i++)
		line(to, i, &r->steps[i]);
}
