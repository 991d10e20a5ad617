/* SPDX-License-Identifier: MIT */
/* What the parts of the evaluator share. */
#ifndef SLO_JSCHEMA_EVAL_H
#define SLO_JSCHEMA_EVAL_H

#include "jschema/program.h"

/*
 * One application of a subschema, and the way to it: its place in the dynamic
 * scope and in the keyword location. Lives on the C stack.
 */
struct slo_jframe {
	const struct slo_jframe *up;
	const struct slo_jsub *sub;
	struct slo_str token;    /* the member behind the keyword, or {NULL, 0} */
	uint32_t index;          /* the item behind the keyword, or SLO_JNONE */
	uint32_t resource;
	uint16_t depth;
	uint8_t kw;              /* keyword of @up that led here */
};

/* Which children of the instance have been evaluated. Kept only under unevaluated*. */
struct slo_jtrack {
	uint32_t at;             /* first word of @slo_jeval.words */
	uint32_t words;
	bool all;
};

/* A failure that has been found. Texts are offsets, because the buffer grows. */
struct slo_jfound {
	const struct slo_jsub *sub;
	struct slo_str shown;    /* the value's text */
	uint32_t from;           /* its offset in the instance */
	size_t keyword, instance, what, end; /* of @slo_jreport.text */
	uint32_t head;           /* offset in the instance of the failure that this one explains, or its own */
	uint8_t kw;
	uint16_t nest;
};

struct slo_jreport {
	struct slo_jfound *found;
	struct slo_buf text;
	struct slo_buf line;     /* one failure, when it is handed out */
	uint32_t count, cap;
	uint64_t dropped;        /* failures beyond the bound */
	uint32_t quiet;          /* > 0: failures are no failures of the instance */
	uint32_t nest;           /* failed anyOf and oneOf around here */
};

struct slo_jeval {
	struct slo_jtape tape;
	uint64_t *words;
	uint32_t word_count, word_cap;
	int64_t budget;          /* work left; negative = given up */
	int ret;                 /* why */
	const char *why;
	const struct slo_jschema *s;
	bool reporting;
	struct slo_jreport report;
	/* propertyNames: the name as a string, and the object it is of */
	const struct slo_jnode *name, *name_of;
	struct slo_jnode name_node; /* what @name points at */
};

/** slo_japply - does @n satisfy @sub? @up and what follows: how we came here; @t may be NULL. */
bool slo_japply(struct slo_jeval *e, const struct slo_jframe *up, uint32_t sub, const struct slo_jnode *n,
		struct slo_jtrack *t, uint8_t kw, struct slo_str token, uint32_t index);

/** slo_japply_here - to the same instance: what it evaluates counts for @t when it says yes. */
bool slo_japply_here(struct slo_jeval *e, const struct slo_jframe *up, uint32_t sub, const struct slo_jnode *n,
		     struct slo_jtrack *t, uint8_t kw, struct slo_str token, uint32_t index);

/** slo_jgive_up - the verdict is not to be had. Return: false. */
bool slo_jgive_up(struct slo_jeval *e, int ret, const char *why);

/** slo_jfail - @i says no to @n; @fmt only formatted when somebody listens. Return: false. */
bool slo_jfail(struct slo_jeval *e, const struct slo_jframe *f, uint8_t kw, const struct slo_jnode *n,
	       const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/** slo_jshow - the text of a value, cut to 80 bytes at a character. */
struct slo_str slo_jshow(const struct slo_jeval *e, const struct slo_jnode *n);

/* The tracking of one application. */
bool slo_jtrack_begin(struct slo_jeval *e, const struct slo_jnode *n, struct slo_jtrack *t);
void slo_jtrack_end(struct slo_jeval *e, const struct slo_jtrack *t);
void slo_jtrack_merge(struct slo_jeval *e, struct slo_jtrack *into, const struct slo_jtrack *t);

static inline void slo_jtrack_mark(struct slo_jeval *e, struct slo_jtrack *t, uint32_t child)
{
	if (t)
		e->words[t->at + child / 64] |= UINT64_C(1) << child % 64;
}

static inline bool slo_jtrack_has(const struct slo_jeval *e, const struct slo_jtrack *t, uint32_t child)
{
	return t->all || e->words[t->at + child / 64] >> child % 64 & 1;
}

struct slo_jmark {
	uint32_t count;
	size_t text;
	uint64_t dropped;
};

/** slo_jreport_open - failures from here on belong to a branch. */
struct slo_jmark slo_jreport_open(struct slo_jeval *e);

/** slo_jreport_close - put the failure recorded last before those of its branches, or forget them all. */
void slo_jreport_close(struct slo_jeval *e, struct slo_jmark mark, bool failed);

/** slo_jreport_emit - hand all failures over, in document order. */
void slo_jreport_emit(struct slo_jeval *e, void (*fail)(void *arg, const struct slo_jfail *f), void *arg);

typedef bool slo_jop_fn(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
			const struct slo_jnode *n, struct slo_jtrack *t);

slo_jop_fn slo_jop_false, slo_jop_bound, slo_jop_multiple_of, slo_jop_length, slo_jop_pattern, slo_jop_format,
	slo_jop_enum, slo_jop_const, slo_jop_count, slo_jop_unique, slo_jop_items, slo_jop_contains, slo_jop_names,
	slo_jop_members, slo_jop_dependent, slo_jop_ref, slo_jop_dynamic_ref, slo_jop_all_of, slo_jop_any_of,
	slo_jop_one_of, slo_jop_not, slo_jop_if, slo_jop_unevaluated;

#endif
