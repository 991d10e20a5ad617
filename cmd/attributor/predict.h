/* SPDX-License-Identifier: MIT */
/*
 * The predictor of fault samples. It sees a question, which has no room for a
 * truth; the file that implements it includes neither the sample's record nor
 * the scorer.
 */
#ifndef ATTRIBUTOR_PREDICT_H
#define ATTRIBUTOR_PREDICT_H

#include "attribute/model.h"

/* What is observable about one incident. Views into the caller's line. */
struct question {
	struct slo_str incident_id, cluster, namespace, service, request_id, trace_id;
	int64_t timestamp;   /* ns */
	double burn_rate;
	int64_t window_minutes;
	const struct slo_num_pair *signals;
	uint32_t signals_count;
};

/** predict - verdict and incident line of one question. Return: signals skipped as unknown or not finite. */
uint32_t predict(const struct slo_model *m, const struct question *q, struct slo_verdict *v, struct slo_incident *out);

#endif
