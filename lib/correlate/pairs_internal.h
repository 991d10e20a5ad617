/* SPDX-License-Identifier: MIT */
/* Private to pairs*.c. */
#ifndef SLO_CORRELATE_PAIRS_INTERNAL_H
#define SLO_CORRELATE_PAIRS_INTERNAL_H

#include "base/table.h"
#include "correlate/pairs.h"

struct pair_item {
	struct slo_labeled_pair pair;
	char *text;           /* its strings */
	uint32_t span, event; /* the first pair with the same one */
	int signal, tier;     /* enum SLO_SIGNAL; enum SLO_TIER, -1 = none expected */
};

struct slo_pairs {
	struct pair_item *items;
	uint32_t count, cap;
	struct slo_table spans, events; /* by their contents */
	bool durations;
};

/** pairs_parse_tuple - "10.0.0.1:4242->10.0.0.2:443/tcp". Return: whether it is one. */
bool pairs_parse_tuple(struct slo_str text, struct slo_conn_tuple *out);

#endif
