/* SPDX-License-Identifier: MIT */
/*
 * Why a verdict is what it is: each piece of evidence with what it does to each
 * domain, and what the model knows beyond its posterior. Made when somebody
 * asks, that is for an incident's line, not at every tick. Pure.
 *
 * A weight is the logit of a domain's posterior minus the same without that one
 * piece of evidence, in nats. Pieces that say the same share their weight, so
 * weights do not add up to the way from prior to posterior.
 */
#ifndef SLO_ATTRIBUTE_ARGUMENT_H
#define SLO_ATTRIBUTE_ARGUMENT_H

#include "attribute/model.h"
#include "attribute/noisyor.h"

enum { SLO_POINTS_MAX = SLO_FINDINGS_MAX };

struct slo_point {
	const char *finding;     /* the model's name for it, or NULL: the subject's */
	int subject;             /* see slo_facts_of() */
	const struct slo_fact *fact; /* of the facts the argument was made from */
	int state;               /* enum SLO_STATE; ZERO also of a peer that nothing was heard of */
	int role;                /* enum SLO_ROLE; -1 = not of a signal */
	uint32_t roles;          /* bit set of the roles it stands for */
	bool loud;               /* the model takes it for elevated */
	double z, lambda;        /* NaN = the model does not look at them */
	const char *why;         /* why it had no say although it was observed; NULL = it had */
	double weight[SLO_DOMAIN__COUNT]; /* nats; 0 without a say */
};

struct slo_argument {
	uint32_t count;
	struct slo_point points[SLO_POINTS_MAX]; /* captured before not, then by descending |weight| for @lead */
	int lead;                /* enum SLO_DOMAIN; the first hypothesis */
	bool has_map;
	uint32_t map;            /* bit set of enum SLO_DOMAIN; unknown = an unmodelled cause */
	double map_p;
	double no_named_cause;   /* NaN = the model does not say; so in what follows */
	double captured;         /* share of the evidence's weight that had a say, 0 .. 1 */
	double surprise;         /* -ln P(evidence) */
	bool has_limits;
	struct slo_limits limits;
	double prior[SLO_DOMAIN__COUNT]; /* posterior without any evidence */
	uint32_t abstained;      /* bit set of enum SLO_ABSTENTION; 0 = a named domain is blamed */
};

/** slo_argument_make - the argument for @v, made from @f; borrows from both. */
void slo_argument_make(const struct slo_verdict *v, const struct slo_facts *f, struct slo_argument *out);

/** slo_argument_fill - see slo_verdict_fill() */
void slo_argument_fill(const struct slo_argument *a, const struct slo_verdict *v, const struct slo_facts *f,
		       struct slo_incident *out);

/** slo_point_name - the finding, or the subject where it has none. */
const char *slo_point_name(const struct slo_point *p);

/**
 * slo_point_for - what @p says for the named causes of @v, nats; 0 for what is not loud
 *
 * The largest weight for any of them; 1 for each that speaks for one where the model does not
 * weigh. Where no named cause is blamed, whatever is loud counts 1: somebody has to look.
 */
double slo_point_for(const struct slo_verdict *v, const struct slo_facts *f, const struct slo_point *p);

#endif
