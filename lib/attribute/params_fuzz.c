/* SPDX-License-Identifier: MIT */
/*
 * A model file from outside: what is accepted writes and reads back the same, and
 * whatever it says, no evidence makes a NaN or a probability outside of [0, 1]. The
 * evidence comes from the bytes behind the first NUL.
 */
#include "attribute/noisyor_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slo_model_params params, again;
static struct slo_noisyor_model model;

static void ck_probability(double p)
{
	if (!(p >= 0 && p <= 1 + 1e-12))
		abort();
}

static void judge(const uint8_t *bytes, size_t size)
{
	static double weight[SLO_FINDINGS_MAX][SLO_CAUSES];
	struct slo_measure m[SLO_FINDING__COUNT];
	struct slo_noisyor_view v;

	for (size_t j = 0; j < SLO_FINDING__COUNT; j++) {
		uint8_t b = j < size ? bytes[j] : (uint8_t)(37 * j);

		m[j] = (struct slo_measure){ .state = b & 1, .elevated = b & 2, .class = b >> 2 & 7,
					     .z = b >> 5 == 7 ? NAN : b >> 5 == 6 ? 1e300 : (b >> 5) - 1 };
	}
	slo_noisyor_model_init(&model, &params);
	slo_noisyor_judge(&model, m, &v);
	for (int k = 0; k < SLO_CAUSES; k++) {
		ck_probability(v.marginal[k]);
		ck_probability(v.not_marginal[k]);
		ck_probability(v.posterior.p[k]);
	}
	ck_probability(v.captured);
	if (isnan(v.posterior.log_evidence))
		abort();
	(void)slo_noisyor_abstains(&model, &v);
	slo_noisyor_weigh(&model.engine, v.x, weight);
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		for (int k = 0; k < SLO_CAUSES; k++)
			if (!isfinite(weight[j][k]))
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct slo_err err = { .what = "" };
	struct slo_buf text;

	if (slo_params_read(slo_str_n((const char *)data, len), &params, &err)) {
		if (!err.what[0])
			abort();
		return 0;
	}
	slo_buf_init(&text, SLO_PARAMS_FILE_MAX);
	memset(&again, 0, sizeof(again));
	if (slo_params_write(&params, &text) || slo_params_read(slo_buf_str(&text), &again, &err) ||
	    memcmp(&params.nor, &again.nor, sizeof(params.nor)) != 0 ||
	    memcmp(params.detector, again.detector, sizeof(params.detector)) != 0)
		abort();
	slo_buf_fini(&text);
	judge(end ? end + 1 : data, end ? size - len - 1 : 0);
	return 0;
}
