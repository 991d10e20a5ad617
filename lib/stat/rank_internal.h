/* SPDX-License-Identifier: MIT */
/* What the files about ranks share. Private to this folder. */
#ifndef SLO_STAT_RANK_INTERNAL_H
#define SLO_STAT_RANK_INTERNAL_H

#include <stddef.h>

/**
 * slo_rank_counts - how many splits of n + m pooled values give each U
 * @size: how often each distinct value occurs, ascending by value; they add up to @n + @m
 *
 * Return: counts by 2U, 2nm + 1 of them, as doubles (C(200, 100) is 9e58); the caller frees. NULL = no memory.
 */
double *slo_rank_counts(const size_t *size, size_t groups, size_t n, size_t m);

#endif
