/* SPDX-License-Identifier: MIT */
/* JSON values compared as JSON Schema compares them: 1 = 1.0, members in any order, 1 is not true. */
#ifndef SLO_JSCHEMA_VALUE_H
#define SLO_JSCHEMA_VALUE_H

#include "jschema/tape.h"

/** slo_jnode_eq - @budget counts the work down; below zero the answer means nothing. */
bool slo_jnode_eq(const struct slo_jnode *a, const struct slo_jnode *b, int64_t *budget);

/** slo_jnode_hash - equal values have equal ones. */
uint64_t slo_jnode_hash(const struct slo_jnode *n, uint64_t seed);

/** slo_jnode_member - the member of object @n named @key, or NULL. */
const struct slo_jnode *slo_jnode_member(const struct slo_jnode *n, struct slo_str key, uint32_t hash);

/** slo_jnode_unique - Return: 1; 0 with the indices of two equal items; -ENOMEM. */
int slo_jnode_unique(struct slo_jtape *t, const struct slo_jnode *n, int64_t *budget, uint32_t *i, uint32_t *j);

#endif
