/* SPDX-License-Identifier: MIT */
/* Memory that is given back all at once, and a hash index over things kept elsewhere. */
#ifndef SLO_JSCHEMA_ARENA_H
#define SLO_JSCHEMA_ARENA_H

#include "base/str.h"

struct slo_jchunk;

struct slo_jarena {
	struct slo_jchunk *chunks;
};

/** slo_jarena_get - @n zeroed bytes, aligned for anything; NULL without memory. */
void *slo_jarena_get(struct slo_jarena *a, size_t n);

/** slo_jarena_str - a copy with a NUL behind it; {NULL, 0} without memory. */
struct slo_str slo_jarena_str(struct slo_jarena *a, struct slo_str s);
void slo_jarena_fini(struct slo_jarena *a);

/* Numbers by hash; the owner compares what they stand for. */
struct slo_jindex {
	struct slo_jslot {
		uint64_t hash;
		uint32_t value; /* number + 1; 0 = free */
	} *slots;
	uint32_t mask, used;
};

/** slo_jindex_add - Return: 0 or -ENOMEM. */
int slo_jindex_add(struct slo_jindex *x, uint64_t hash, uint32_t value);

/**
 * slo_jindex_next - the next number under @hash
 * @at: where the search is; UINT32_MAX to begin
 *
 * Return: the number, or UINT32_MAX when there are no more.
 */
uint32_t slo_jindex_next(const struct slo_jindex *x, uint64_t hash, uint32_t *at);
void slo_jindex_fini(struct slo_jindex *x);

/** slo_jgrow - room for one more of @size bytes behind the @count at @v. Return: the array, or NULL (@v unchanged). */
void *slo_jgrow(void *v, uint32_t count, uint32_t *cap, size_t size);

#endif
