/* SPDX-License-Identifier: MIT */
/*
 * From facts to a verdict. A model is a table of functions; adding one beside
 * "naive" touches no caller.
 */
#ifndef SLO_ATTRIBUTE_MODEL_H
#define SLO_ATTRIBUTE_MODEL_H

#include "attribute/facts.h"

/* Probability of each domain and, without the loss of 1 - p near 1, of its opposite. */
struct slo_posterior {
	double p[SLO_DOMAIN__COUNT];     /* 0 .. 1 */
	double not_p[SLO_DOMAIN__COUNT]; /* 1 - p */
};

struct slo_argument;

struct slo_model {
	const char *name;
	const char *mode;                /* attribution_mode: "bayes" or "rule" */
	const char *version;             /* "sha256:…" of its file, or "builtin-N", counted up with its numbers; NULL = not known */
	const char *train_sha256;        /* of what it was trained on; NULL = it was not */
	bool weighs;                     /* leave-one-out weights mean something */
	int subjects;                    /* how many it looks at: SLO_SIGNAL__COUNT, or SLO_SUBJECT__COUNT */
	double cause;                    /* from this posterior on a hypothesis belongs to the cause set */
	/** posterior - of the facts; a signal that is not captured must not matter */
	void (*posterior)(const struct slo_model *m, const struct slo_facts *f, struct slo_posterior *out);
	/** speaks_for - what @f knows of @subject is evidence for @domain */
	bool (*speaks_for)(const struct slo_model *m, const struct slo_facts *f, int subject, int domain);
	/** abstains - bit set of enum SLO_ABSTENTION: the answer is unknown, whatever is most probable; NULL = never */
	uint32_t (*abstains)(const struct slo_model *m, const struct slo_facts *f);
	/** argue - the points of the argument and what goes beyond the posterior; NULL = by subject, see argument.h */
	void (*argue)(const struct slo_model *m, const struct slo_facts *f, struct slo_argument *out);
};

/*
 * Exclusive naive Bayes over the elevated bits: contract section 9.2. Uniform
 * prior over the eight domains, P(elevated | domain) from the published table,
 * each factor clamped to 0.01 .. 0.99, signals in table order, log-sum-exp.
 * The likelihoods were chosen by hand by their publisher, not learned.
 */
extern const struct slo_model slo_model_naive;

/*
 * Ordered threshold rules on the elevated bits (rule.c). The probability is the
 * share of the matching rule's captured signals that are elevated: agreement,
 * not a calibrated probability.
 */
extern const struct slo_model slo_model_rule;

/** slo_model_find - by name, or NULL. */
const struct slo_model *slo_model_find(const char *name);

/** slo_naive_likelihood - P(@signal elevated | @domain) of the table. */
double slo_naive_likelihood(int signal, int domain);

#define SLO_VERDICT_MIN 0.01   /* hypotheses below this posterior are not listed */
#define SLO_VERDICT_CAUSE 0.10 /* slo_model.cause of the models that name one domain */

struct slo_ranked {
	int domain;          /* enum SLO_DOMAIN */
	double posterior;
};

struct slo_verdict {
	const struct slo_model *model;
	int domain;          /* enum SLO_DOMAIN */
	double confidence;   /* posterior of @domain */
	int detail;          /* enum SLO_DETAIL */
	bool claimed;        /* a named domain with elevated evidence */
	struct slo_ranked hypotheses[SLO_DOMAIN__COUNT]; /* descending; unknown first among equals, then domain order */
	uint32_t hypotheses_count;
	uint32_t causes;     /* bit set of the domains of the cause set */
	double weight[SLO_SUBJECT__COUNT]; /* logit P(domain) - logit P(domain without it); 0 when not captured */
	int order[SLO_SUBJECT__COUNT];     /* its subjects by descending |weight|, captured before not, then order */
};

/**
 * slo_verdict_make - judge
 *
 * A named domain is blamed only when it is more probable than unknown and at
 * least one elevated signal speaks for it; otherwise the verdict is unknown with
 * unknown's posterior, and so it is where the model abstains. Without any captured
 * subject of the model there are no hypotheses and the confidence is the prior.
 */
void slo_verdict_make(const struct slo_model *m, const struct slo_facts *f, struct slo_verdict *out);

/** slo_verdict_speakers - the subjects whose evidence speaks for @domain, by name, at most SLO_SUBJECT__COUNT. */
uint32_t slo_verdict_speakers(const struct slo_model *m, const struct slo_facts *f, int domain, int *out);

/** slo_verdict_without - the posterior as if @subject had not been captured. */
void slo_verdict_without(const struct slo_model *m, const struct slo_facts *f, int subject, struct slo_posterior *out);

/** slo_verdict_blamed - bit set of what is blamed: named domains, or unknown alone. */
uint32_t slo_verdict_blamed(const struct slo_verdict *v);

/** slo_verdict_captured - some subject of the model was captured. */
bool slo_verdict_captured(const struct slo_model *m, const struct slo_facts *f);

/** slo_verdict_detail - quota, contention or steal for a CPU shortage. */
int slo_verdict_detail(const struct slo_facts *f);

/**
 * slo_verdict_fill - write a verdict and its argument into an incident
 *
 * Domain, confidence, mode, model, detail, evidence, hypotheses, causes, abstention.
 * Evidence holds the captured points by their weight for the first hypothesis, then what
 * somebody declared not captured. Strings are views of static text, of @v's model and of @f's store.
 */
void slo_verdict_fill(const struct slo_verdict *v, const struct slo_facts *f, struct slo_incident *out);

#endif
