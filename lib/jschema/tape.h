/* SPDX-License-Identifier: MIT */
/*
 * A JSON value as a flat sequence of nodes in document order: a container is
 * followed by its children, and every node knows how many nodes it spans. The
 * memory is kept from one value to the next.
 */
#ifndef SLO_JSCHEMA_TAPE_H
#define SLO_JSCHEMA_TAPE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum slo_jtype {
	SLO_JT_NULL,
	SLO_JT_FALSE,
	SLO_JT_TRUE,
	SLO_JT_INTEGER, /* a number written without fraction and exponent */
	SLO_JT_NUMBER,  /* any other number, 1.0 included */
	SLO_JT_STRING,
	SLO_JT_ARRAY,
	SLO_JT_OBJECT,
	SLO_JT__COUNT
};

struct slo_jnode {
	const char *p;      /* STRING: unescaped; numbers: as written, NULL when it came from a json_t */
	const char *key;    /* of a member, or NULL */
	uint64_t digits;    /* numbers, unless cut: (-1)^neg * digits * 10^exp10 */
	uint32_t len;       /* bytes at @p */
	uint32_t key_len;
	uint32_t key_hash;
	uint32_t skip;      /* nodes of this value, itself included */
	uint32_t count;     /* children */
	uint32_t from, to;  /* bytes of the text */
	int32_t exp10;
	uint8_t type;       /* enum slo_jtype */
	bool neg, cut;      /* cut: more digits than @digits holds */
	bool fits;          /* an INTEGER within int64 */
};

/* For sorting: values by a hash, or by whatever else fits. */
struct slo_jsort {
	uint64_t by;
	uint32_t i;
};

struct slo_jtape {
	struct slo_jnode *nodes;
	uint32_t count, cap;
	struct slo_buf scratch;   /* unescaped strings */
	const char *text;         /* the nodes' spans are of this; NULL when built from a json_t */
	struct slo_jsort *sort;   /* room for the children of one container */
	uint32_t sort_cap;
};

void slo_jtape_init(struct slo_jtape *t);
void slo_jtape_fini(struct slo_jtape *t);

/** slo_jtape_read - replace the contents by one JSON text. Return: 0; -EINVAL, -E2BIG with @err; -ENOMEM. */
int slo_jtape_read(struct slo_jtape *t, const char *text, size_t len, struct slo_err *err);

/**
 * slo_jtape_add - append a value; its strings stay @json's
 * @at: index of its first node
 *
 * Return: 0, -E2BIG, -ENOMEM.
 */
int slo_jtape_add(struct slo_jtape *t, json_t *json, uint32_t *at);

/** slo_jtape_sort_room - make @t->sort hold @n. Return: 0 or -ENOMEM. */
int slo_jtape_sort_room(struct slo_jtape *t, uint32_t n);

/** slo_jsort - ascending, in place, without allocation (heap sort). */
void slo_jsort(struct slo_jsort *v, uint32_t n);

/** slo_jkey_hash - of a member's name, for small tables of known names. */
uint32_t slo_jkey_hash(const char *p, size_t len);

static inline struct slo_str slo_jnode_key(const struct slo_jnode *n)
{
	return slo_str_n(n->key, n->key_len);
}

static inline struct slo_str slo_jnode_str(const struct slo_jnode *n)
{
	return slo_str_n(n->p, n->len);
}

static inline bool slo_jnode_is_number(const struct slo_jnode *n)
{
	return n->type == SLO_JT_INTEGER || n->type == SLO_JT_NUMBER;
}

/** slo_jnode_i64 - the value of a number that fits. */
static inline int64_t slo_jnode_i64(const struct slo_jnode *n)
{
	return (int64_t)(n->neg ? 0 - n->digits : n->digits);
}

/* @c runs over the children of @n. */
#define SLO_JNODE_EACH(c, n) \
	for (const struct slo_jnode *c = (n) + 1, *c##_end = (n) + (n)->skip; c < c##_end; c += c->skip)

#endif
