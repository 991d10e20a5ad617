/* SPDX-License-Identifier: MIT */
/* attributor evaluate: what its reports are made of. */
#ifndef ATTRIBUTOR_EVALUATE_H
#define ATTRIBUTOR_EVALUATE_H

#include "answers.h"

enum {
	STRATA_MAX = 96,
	SHIFTS_MAX = CASES_SHIFTS_MAX,
	LABEL_MAX = 64,
	INTERVAL_LEAST = 10,      /* incidents; fewer have no interval */
	STRATA_RESAMPLES = 500,   /* at most, of anything but the main table */
};

enum method { METHOD_MODEL, METHOD_NAIVE, METHOD_RULES, METHOD_LOUDEST, METHOD_OVR, METHOD_MAJORITY, METHOD_RANDOM,
	      METHOD__COUNT };

struct scored {
	const char *name, *about;
	struct answers answers;
	struct slo_eval eval;
	struct slo_interval interval[SLO_EVAL_VALUES];
};

/* The model on some of the incidents. */
struct stratum {
	const char *group;        /* "domain", "severity", ... */
	char label[LABEL_MAX];
	struct slo_eval eval;
	struct slo_interval interval[SLO_EVAL_VALUES];
};

struct evaluation {
	struct cases cases;       /* both streams */
	const char *dir;          /* of the recorded set */
	int split;                /* enum SLO_SPLIT */
	const char *part;         /* its name: "test" */
	size_t incidents;         /* of the stream that is scored */
	size_t below;             /* of these, nobody was hurt: only in the stratum "below" */
	char model[SLO_PARAMS_NAME_MAX + 8];
	char train_sha256[SLO_PARAMS_HASH_MAX]; /* what the model says it was learned from; "" = nothing */
	char set_train_sha256[SLO_SHA256_HEX];  /* of the part train of this set */
	const struct slo_noisyor_model *noisyor;
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

/* A figure as the reports show it. */
struct shown {
	enum slo_eval_figure figure;
	const char *title;
	const char *about;        /* what it means, and of what */
};

extern const struct shown evaluation_shown[SLO_EVAL__COUNT]; /* in the order of the main table */

/* One named domain over the whole part, by the cause sets. */
struct domain_row {
	uint64_t is, said, both;  /* incidents in which it was true, was blamed, both */
	double precision, recall, f1; /* NaN where there is nothing to count */
	struct slo_interval precision_in, recall_in; /* Clopper-Pearson; NaN likewise */
	struct slo_interval f1_in; /* resampled; NaN where the domain was true in fewer than INTERVAL_LEAST */
};

/** evaluation_choose - which answers are scored: those of the main stream. Return: 0; -ENOMEM. */
int evaluation_choose(struct evaluation *e);

/** evaluation_methods - everybody's answers and scores. Return: 0; a negative errno. */
int evaluation_methods(struct evaluation *e, const struct cases *train);

/** evaluation_strata, _without, _shifts - the model's, of a part of the incidents or of less than all it knew. */
int evaluation_strata(struct evaluation *e);
int evaluation_without(struct evaluation *e);
int evaluation_shifts(struct evaluation *e, struct slo_err *err);

/** evaluation_n - incidents with a fault, or quiet phases where there are only those. */
uint64_t evaluation_n(const struct slo_eval *e);

/** evaluation_why_not - why @value of @e has no interval; NULL where it has one. */
const char *evaluation_why_not(const struct slo_eval *e, double value, const struct slo_interval *i);

void evaluation_domain(const struct evaluation *e, int domain, struct domain_row *out);

/** evaluation_apart - one sentence about whether what is scored was learned from. */
const char *evaluation_apart(const struct evaluation *e);

/** evaluation_text, _json, _html - the report, appended. Return: 0 or a negative errno. */
int evaluation_text(const struct evaluation *e, struct slo_buf *out);
int evaluation_json(const struct evaluation *e, struct slo_buf *out);
int evaluation_html(const struct evaluation *e, struct slo_buf *out);

/** evaluation_dump - the report as JSON. @flags: of json_dumps(). Return: the caller frees it; NULL = no memory. */
char *evaluation_dump(const struct evaluation *e, size_t flags);

#endif
