/* SPDX-License-Identifier: MIT */
/* The argument for one incident, section by section. Pure: what is in its records and nothing else. */
#ifndef SLOCTL_EXPLAIN_H
#define SLOCTL_EXPLAIN_H

#include "history.h"
#include "page.h"

/* explain_claim.c: what is claimed */
void explain_answer(struct page *p, const struct slo_incident *inc);
void explain_missed(struct page *p, const struct slo_incident *inc);
void explain_blamed(struct page *p, const struct slo_incident *inc);
void explain_unknown(struct page *p, const struct slo_incident *inc);

/* explain_why.c: what it rests on */
void explain_why(struct page *p, const struct slo_incident *inc);
void explain_blind(struct page *p, const struct slo_incident *inc);

/* explain_facts.c: examples, history, model */
void explain_examples(struct page *p, const struct slo_incident *inc);
void explain_history(struct page *p, const struct moment *list, size_t n, uint64_t left_out);
void explain_model(struct page *p, const struct slo_incident *inc);

/** explain_is_rule - its probabilities are shares of signals that agree. */
static inline bool explain_is_rule(const struct slo_incident *inc)
{
	return slo_str_is(inc->attribution_mode, "rule");
}

#endif
