/* SPDX-License-Identifier: MIT */
/* One value: numbers, strings, enum, const. */
#include "jschema/eval.h"
#include "jschema/value.h"
#include "rec/rec.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { SHOWN_MAX = 160 /* bytes of the values of an enum in a message */ };

bool slo_jop_false(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		   const struct slo_jnode *n, struct slo_jtrack *t)
{
	(void)t;
	return slo_jfail(e, f, i->kw, n, "nothing is allowed here, found %.*s", SLO_STR_ARG(slo_jshow(e, n)));
}

/* A number of the schema as text. */
static const char *show_number(const struct slo_jnode *n, char to[64])
{
	snprintf(to, 64, "%s%" PRIu64, n->neg ? "-" : "", n->digits);
	if (n->exp10 < 0 && n->exp10 > -30 && n->digits < UINT64_C(1) << 53)
		snprintf(to, 64, "%.15g", (n->neg ? -1.0 : 1.0) * strtod(to + n->neg, NULL) / pow(10, -n->exp10));
	else if (n->exp10)
		snprintf(to + strlen(to), 64 - strlen(to), "e%" PRId32, n->exp10);
	return to;
}

static const char *show_bound(const struct slo_jeval *e, const struct slo_jinsn *i, char to[64])
{
	return show_number(&e->s->consts.nodes[i->a], to);
}

static int compare(const struct slo_jeval *e, const struct slo_jinsn *i, const struct slo_jnode *n)
{
	struct slo_jdec d;

	if (i->b && n->fits) {
		int64_t bound = slo_jnode_i64(&e->s->consts.nodes[i->a]), v = slo_jnode_i64(n);

		return (v > bound) - (v < bound);
	}
	slo_jdec_init(&d, n);
	return slo_jdec_cmp(&d, i->u.dec);
}

bool slo_jop_bound(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		   const struct slo_jnode *n, struct slo_jtrack *t)
{
	static const char *const wants[] = {
		[SLO_JO_MAXIMUM] = "at most", [SLO_JO_EXCLUSIVE_MAXIMUM] = "less than",
		[SLO_JO_MINIMUM] = "at least", [SLO_JO_EXCLUSIVE_MINIMUM] = "more than",
	};
	int c = compare(e, i, n);
	char bound[64];
	bool ok = false;

	(void)t;
	switch (i->op) {
	case SLO_JO_MAXIMUM:
		ok = c <= 0;
		break;
	case SLO_JO_EXCLUSIVE_MAXIMUM:
		ok = c < 0;
		break;
	case SLO_JO_MINIMUM:
		ok = c >= 0;
		break;
	case SLO_JO_EXCLUSIVE_MINIMUM:
		ok = c > 0;
		break;
	}
	if (ok || !e->reporting)
		return ok;
	return slo_jfail(e, f, i->kw, n, "want %s %s, found %.*s", wants[i->op], show_bound(e, i, bound),
			 SLO_STR_ARG(slo_jshow(e, n)));
}

bool slo_jop_multiple_of(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
			 const struct slo_jnode *n, struct slo_jtrack *t)
{
	struct slo_jdec d;
	char bound[64];

	(void)t;
	slo_jdec_init(&d, n);
	if (slo_jdec_multiple(&d, i->u.dec))
		return true;
	return e->reporting && slo_jfail(e, f, i->kw, n, "want a multiple of %s, found %.*s",
					 show_bound(e, i, bound), SLO_STR_ARG(slo_jshow(e, n)));
}

static uint64_t count_characters(const struct slo_jnode *n)
{
	uint64_t k = 0;

	for (uint32_t i = 0; i < n->len; i++)
		k += (n->p[i] & 0xc0) != 0x80;
	return k;
}

bool slo_jop_length(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		    const struct slo_jnode *n, struct slo_jtrack *t)
{
	bool max = i->op == SLO_JO_MAX_LENGTH;
	uint64_t k;

	(void)t;
	if (max && n->len <= i->u.n)
		return true;
	k = count_characters(n);
	if (max ? k <= i->u.n : k >= i->u.n)
		return true;
	return slo_jfail(e, f, i->kw, n, "want at %s %" PRIu64 " characters, found %" PRIu64, max ? "most" : "least",
			 i->u.n, k);
}

bool slo_jop_pattern(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		     const struct slo_jnode *n, struct slo_jtrack *t)
{
	int ret = slo_pattern_match(i->u.pattern, slo_jnode_str(n));

	(void)t;
	if (ret > 0)
		return true;
	if (ret < 0)
		return slo_jgive_up(e, ret, "a pattern takes too many steps");
	return slo_jfail(e, f, i->kw, n, "want a match of %.*s, found %.*s", SLO_STR_ARG(i->text),
			 SLO_STR_ARG(slo_jshow(e, n)));
}

bool slo_jop_format(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		    const struct slo_jnode *n, struct slo_jtrack *t)
{
	(void)t;
	return i->u.format(slo_jnode_str(n)) ||
	       slo_jfail(e, f, i->kw, n, "want the format %.*s, found %.*s", SLO_STR_ARG(i->text),
			 SLO_STR_ARG(slo_jshow(e, n)));
}

/* The values that are wanted, as many as fit. */
static void show_enum(const struct slo_jeval *e, const struct slo_jinsn *i, struct slo_buf *b)
{
	static const char *const words[] = { "null", "false", "true", "", "", "", "an array", "an object" };

	for (uint32_t k = 0; k < i->a; k++) {
		const struct slo_jnode *c = &e->s->consts.nodes[i->u.list[k]];
		char number[64];

		slo_buf_adds(b, k ? ", " : "");
		if (b->len + c->len > SHOWN_MAX) {
			slo_buf_addf(b, "... (%" PRIu32 " more)", i->a - k);
			return;
		}
		if (c->type == SLO_JT_STRING)
			slo_json_add_str(b, slo_jnode_str(c));
		else
			slo_buf_adds(b, slo_jnode_is_number(c) ? show_number(c, number) : words[c->type]);
	}
}

static bool fail_enum(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		      const struct slo_jnode *n)
{
	struct slo_buf b;

	if (!e->reporting)
		return false;
	slo_buf_init(&b, 2 * SHOWN_MAX);
	show_enum(e, i, &b);
	slo_jfail(e, f, i->kw, n, "want %s%.*s, found %.*s", i->op == SLO_JO_ENUM && i->a > 1 ? "one of " : "",
		  SLO_STR_ARG(slo_buf_str(&b)), SLO_STR_ARG(slo_jshow(e, n)));
	slo_buf_fini(&b);
	return false;
}

bool slo_jop_enum(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		  const struct slo_jnode *n, struct slo_jtrack *t)
{
	const struct slo_jnode *all = e->s->consts.nodes;

	(void)t;
	for (uint32_t k = 0; k < i->a; k++) {
		const struct slo_jnode *c = &all[i->u.list[k]];

		if (n->type != SLO_JT_STRING) {
			if (slo_jnode_eq(n, c, &e->budget))
				return true;
		} else if (c->type == SLO_JT_STRING && c->len == n->len && memcmp(c->p, n->p, n->len) == 0) {
			return true;
		}
	}
	return fail_enum(e, f, i, n);
}

bool slo_jop_const(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jinsn *i,
		   const struct slo_jnode *n, struct slo_jtrack *t)
{
	(void)t;
	return slo_jnode_eq(n, &e->s->consts.nodes[*i->u.list], &e->budget) || fail_enum(e, f, i, n);
}
