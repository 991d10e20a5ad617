/* SPDX-License-Identifier: MIT */
/* attributor evaluate: what its reports are made of. */
#ifndef ATTRIBUTOR_EVALUATE_H
#define ATTRIBUTOR_EVALUATE_H

#include "answers.h"

enum { METHODS_MAX = 9, STRATA_MAX = 96, SHIFTS_MAX = 8, LABEL_MAX = 64 };

enum method { METHOD_MODEL, METHOD_NAIVE, METHOD_RULES, METHOD_LOUDEST, METHOD_OVR, METHOD_MAJORITY, METHOD_RANDOM,
	      METHOD__COUNT };

struct scored {
	const char *name, *about;
	struct answers answers;
	struct slo_eval eval;
	struct slo_resampled interval[SLO_EVAL__COUNT];
};

/* The model on some of the incidents. */
struct stratum {
	const char *group;        /* "domain", "severity", ... */
	char label[LABEL_MAX];
	struct slo_eval eval;
};

struct evaluation {
	struct cases cases;       /* both streams */
	const char *part;         /* of the set: "test" */
	size_t incidents;         /* of the stream that is scored */
	char model[SLO_PARAMS_NAME_MAX + 8];
	char train_sha256[SLO_PARAMS_HASH_MAX]; /* what the model says it was learned from; "" = nothing */
	bool apart;               /* that is the part train of this set, so nothing scored was learned from */
	int stream;               /* enum SLO_STREAM of the main table */
	uint32_t *index;          /* answers of that stream, @index_count of them */
	size_t index_count;
	struct scored methods[METHOD__COUNT];
	struct stratum strata[STRATA_MAX];
	size_t strata_count;
	uint64_t strata_over;     /* that did not fit */
	struct stratum shifts[SHIFTS_MAX];
	size_t shifts_count;
	struct stratum without[SLO_SUBJECT__COUNT];
	size_t without_count;
	double confidence;
	size_t iterations;
	int64_t seed;
};

/** evaluation_text, _json - the report, appended. Return: 0 or a negative errno. */
int evaluation_text(const struct evaluation *e, struct slo_buf *out);
int evaluation_json(const struct evaluation *e, struct slo_buf *out);

#endif
