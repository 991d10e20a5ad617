/* SPDX-License-Identifier: MIT */
/*
 * Everything a noisy-OR model has learned, or what an expert believes in its
 * place, and its file: JSON, versioned, with the counts behind each number and
 * the hash of what it was learned from. Pure: text in, text out.
 */
#ifndef SLO_ATTRIBUTE_PARAMS_H
#define SLO_ATTRIBUTE_PARAMS_H

#include "attribute/detector.h"
#include "attribute/finding.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	SLO_PARAMS_FILE_MAX = 1 << 20, /* bytes of a model file */
	SLO_PARAMS_NAME_MAX = 64,      /* bytes of a name, NUL included */
	SLO_PARAMS_HASH_MAX = 65,      /* 64 hex digits and a NUL */
};

#define SLO_UNMODELLED_LINK 0.3 /* the unmodelled cause lifts every finding with this probability */

/* p' = sigma(a + b logit p); a = 0, b = 1 changes nothing. Platt 1999. */
struct slo_platt {
	double a, b;
	uint64_t n;              /* marginals it was fitted on */
};

/* When the answer is "unknown" whatever is most probable. */
struct slo_abstain {
	double tau;              /* largest calibrated marginal of a named domain below this, 0 .. 1 */
	double captured;         /* share of the findings' weight that was captured below this, 0 .. 1 */
	double surprise;         /* -ln P(x) above this; INFINITY = never */
};

struct slo_model_params {
	char name[SLO_PARAMS_NAME_MAX];        /* of the model, for the incident: "expert", or what a file says */
	bool soft;                             /* evidence by detectors; else elevated or not, by threshold */
	struct slo_noisyor_params nor;
	uint64_t prior_n[SLO_CAUSES];          /* training incidents with this cause */
	uint64_t leak_n[SLO_FINDINGS_MAX];     /* fault-free training measurements of the finding */
	uint64_t link_n[SLO_FINDINGS_MAX][SLO_CAUSES]; /* training measurements with this cause */
	struct slo_detector detector[SLO_FINDINGS_MAX][SLO_CLASSES];
	struct slo_platt calibration;
	struct slo_abstain abstain;
	char train_sha256[SLO_PARAMS_HASH_MAX], validation_sha256[SLO_PARAMS_HASH_MAX]; /* "" = none */
	uint64_t train_n, validation_n;        /* incidents */
};

#define SLO_EXPERT_LEAK     0.02 /* a finding is elevated without any cause, assumed; fitting measures it */

/**
 * slo_params_expert - the expert table of finding.c: pi = 0.1, of the unmodelled cause 0.05
 *
 * Links from p = P(elevated | only this domain): w = max(0, 1 - (1 - p) / (1 - leak)), and none
 * where p is no more than under "unknown", which is what the published table says of a domain that has
 * nothing to do with the signal. That column is no leak: it is of incidents with some other cause.
 * A cause on the path to every peer lifts each of a signal's three lines with 1 - (1 - p)^(1/3).
 */
void slo_params_expert(struct slo_model_params *p);

/** slo_link_of - that conversion; 0 <= @p < 1, 0 <= @leak < 1. */
double slo_link_of(double p, double leak);

/**
 * slo_params_finding - what a measurement says to finding @j
 *
 * With a detector for its class: soft evidence; without a baseline (z is NaN), or
 * from a class nobody trained: not captured. An expert's parameters have no
 * detectors: elevated or quiet, by the signal's threshold.
 */
struct slo_finding slo_params_finding(const struct slo_model_params *p, uint32_t j, const struct slo_measure *m);

/** slo_platt_apply - the calibrated probability of @p, @not_p = 1 - @p; both sides of it into @out. */
void slo_platt_apply(const struct slo_platt *c, double p, double not_p, double *out, double *not_out);

/**
 * slo_params_write - append the file's text, indented, a newline at the end
 * Return: 0; -EDOM for what no file may say; -ENOMEM; @out->err.
 */
int slo_params_write(const struct slo_model_params *p, struct slo_buf *out);

/**
 * slo_params_read - the text of a model file
 *
 * Strict: another major version, another list of findings, a cause or class that is
 * not known or missing or told twice, a member nobody knows, probabilities outside of
 * (0, 1), a slope below 0 are errors, @err says where. Probabilities that reached 0 or
 * 1 would make some evidence impossible; they are refused, not repaired.
 * Return: 0; -EINVAL; -ENOMEM. @out is unchanged on failure.
 */
int slo_params_read(struct slo_str text, struct slo_model_params *out, struct slo_err *err);

/* The file's records, for the test against schemas/attribution-model.v1alpha1.schema.json. */
struct slo_rec;
extern const struct slo_rec slo_params_rec;

#endif
