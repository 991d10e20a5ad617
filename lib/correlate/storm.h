/* SPDX-License-Identifier: MIT */
/* Retry storms: many retransmits of one pod within a short time. Private to the module. */
#ifndef SLO_CORRELATE_STORM_H
#define SLO_CORRELATE_STORM_H

#include "correlate/join.h"

#include "base/table.h"

enum { STORM_PODS = 4096 };

struct storms {
	struct slo_table pods;
};

int storms_init(struct storms *s, uint64_t seed);
void storms_fini(struct storms *s);

/**
 * storms_add - @n retransmits of the pod @key at @at_ns; times may come in any order
 *
 * Return: the time of the first of the SLO_JOIN_STORM_EVENTS latest ones if all lie within
 * SLO_JOIN_STORM_S before and at the newest of them, else SLO_ABSENT_I64.
 */
int64_t storms_add(struct storms *s, uint64_t key, int64_t at_ns, uint32_t n);

#endif
