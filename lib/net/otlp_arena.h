/* SPDX-License-Identifier: MIT */
/* Memory for one message after the other: bounded, given back all at once, kept for the next. */
#ifndef SLO_NET_OTLP_ARENA_H
#define SLO_NET_OTLP_ARENA_H

#include "base/str.h"

struct slo_otlp_chunk;

struct slo_otlp_arena {
	struct slo_otlp_chunk *first, *now; /* all chunks; the one that is being filled */
	size_t used, max;                   /* bytes handed out since the last reset; at most that many */
	int err;                            /* since then: 0, -EMSGSIZE (@max was in the way) or -ENOMEM */
};

void slo_otlp_arena_init(struct slo_otlp_arena *a, size_t max);
void slo_otlp_arena_fini(struct slo_otlp_arena *a);

/** slo_otlp_arena_reset - forget all contents; memory beyond the first chunks is given back. */
void slo_otlp_arena_reset(struct slo_otlp_arena *a);

/** slo_otlp_arena_get - @n bytes, not cleared, aligned for anything; NULL without memory or over the maximum. */
void *slo_otlp_arena_get(struct slo_otlp_arena *a, size_t n);

/** slo_otlp_arena_text - a copy with a NUL behind it (contents end at a NUL in @s); NULL as above. */
char *slo_otlp_arena_text(struct slo_otlp_arena *a, struct slo_str s);

/**
 * slo_otlp_arena_push - append one of @size bytes at @item to an array that grows by doubling
 * @array: where the pointer to its first element is
 *
 * Return: false without memory; nothing is changed then.
 */
bool slo_otlp_arena_push(struct slo_otlp_arena *a, void *array, size_t *n, const void *item, size_t size);

#endif
