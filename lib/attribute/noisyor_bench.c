/* SPDX-License-Identifier: MIT */
/*
 * Exact posteriors over all 2^8 sets of causes per second, on one core, with as
 * many findings as signals, and with as many as there can be. Parameters and
 * evidence are drawn from a fixed seed; all evidence is soft and captured, the
 * dearest case. Then whole verdicts on facts of which every signal and peer is
 * captured: findings, posterior, and the weight of each signal. Best of five rounds.
 */
#include "attribute/noisyor_model.h"
#include "base/rng.h"
#include "base/time.h"

#include <stdio.h>

enum { VECTORS = 512, ROUNDS = 5, PASSES = 20 };

static struct slo_finding evidence[VECTORS][SLO_FINDINGS_MAX];
static struct slo_noisyor engine;

static void prepare(uint32_t findings, struct slo_rng *rng)
{
	struct slo_noisyor_params p = { .findings = findings };

	for (int k = 0; k < SLO_CAUSES; k++)
		p.prior[k] = 0.05 + 0.1 * slo_rng_unit(rng);
	for (uint32_t j = 0; j < findings; j++) {
		p.leak[j] = 0.01 + 0.1 * slo_rng_unit(rng);
		for (int k = 0; k < SLO_CAUSES; k++)
			p.link[j][k] = slo_rng_unit(rng) * 0.95;
	}
	slo_noisyor_init(&engine, &p);
	for (int i = 0; i < VECTORS; i++)
		for (uint32_t j = 0; j < findings; j++)
			evidence[i][j] = (struct slo_finding){ SLO_FINDING_SOFT, 12 * slo_rng_unit(rng) - 6 };
}

/* Return: posteriors per second. */
static double measure(double *sink)
{
	struct slo_noisyor_posterior p;
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = slo_now_mono_ns(), took;

		for (int pass = 0; pass < PASSES; pass++)
			for (int i = 0; i < VECTORS; i++) {
				slo_noisyor_posterior(&engine, evidence[i], &p);
				*sink += p.p[0];
			}
		took = slo_now_mono_ns() - start;
		if (took > 0 && PASSES * VECTORS * 1e9 / (double)took > best)
			best = PASSES * VECTORS * 1e9 / (double)took;
	}
	return best;
}

/* Return: verdicts per second. */
static double measure_verdicts(double *sink, struct slo_rng *rng)
{
	static struct slo_noisyor_model model;
	static struct slo_facts facts;
	struct slo_verdict v;
	double best = 0;

	slo_noisyor_model_init(&model, NULL);
	slo_facts_clear(&facts);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++) {
			struct slo_fact *f = &facts.by_role[s][r];

			f->state = SLO_STATE_VALUE;
			f->told = true;
			f->value = f->threshold * 2 * slo_rng_unit(rng);
			slo_fact_judge(f);
		}
	slo_facts_choose(&facts);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start = slo_now_mono_ns(), took;

		for (int i = 0; i < VECTORS; i++) {
			slo_verdict_make(&model.model, &facts, &v);
			*sink += v.confidence;
		}
		took = slo_now_mono_ns() - start;
		if (took > 0 && VECTORS * 1e9 / (double)took > best)
			best = VECTORS * 1e9 / (double)took;
	}
	return best;
}

int main(void)
{
	static const uint32_t sizes[] = { 12, 24, SLO_FINDINGS_MAX };
	struct slo_rng rng;
	double sink = 0;

	slo_rng_seed(&rng, 1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		prepare(sizes[i], &rng);
		printf("%2u findings: %8.0f exact 2^8 posteriors/s\n", sizes[i], measure(&sink));
	}
	printf("all captured: %7.0f verdicts/s\n", measure_verdicts(&sink, &rng));
	return sink > 0 ? 0 : 1;
}
