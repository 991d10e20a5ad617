/* SPDX-License-Identifier: MIT */
/*
 * The evaluator's frame. The verdict comes from a first run that records
 * nothing and stops early; only when it is no, and somebody listens, a second
 * run goes all the way and says why.
 */
#include "jschema/eval.h"

#include <errno.h>
#include <stdlib.h>

enum {
	WORK_FIXED = 1 << 20,     /* applications and comparisons for any instance */
	WORK_PER_NODE = 1 << 8,   /* and for each of its values */
	WORDS_MAX = 1 << 22,      /* of tracking: 32 MiB */
	REPORT_MAX = 1 << 22,
};

static slo_jop_fn *const ops[SLO_JO__COUNT] = {
	[SLO_JO_FALSE] = slo_jop_false,
	[SLO_JO_MULTIPLE_OF] = slo_jop_multiple_of,
	[SLO_JO_MAXIMUM] = slo_jop_bound,
	[SLO_JO_EXCLUSIVE_MAXIMUM] = slo_jop_bound,
	[SLO_JO_MINIMUM] = slo_jop_bound,
	[SLO_JO_EXCLUSIVE_MINIMUM] = slo_jop_bound,
	[SLO_JO_MAX_LENGTH] = slo_jop_length,
	[SLO_JO_MIN_LENGTH] = slo_jop_length,
	[SLO_JO_PATTERN] = slo_jop_pattern,
	[SLO_JO_FORMAT] = slo_jop_format,
	[SLO_JO_MAX_ITEMS] = slo_jop_count,
	[SLO_JO_MIN_ITEMS] = slo_jop_count,
	[SLO_JO_UNIQUE] = slo_jop_unique,
	[SLO_JO_ITEMS] = slo_jop_items,
	[SLO_JO_CONTAINS] = slo_jop_contains,
	[SLO_JO_MAX_PROPERTIES] = slo_jop_count,
	[SLO_JO_MIN_PROPERTIES] = slo_jop_count,
	[SLO_JO_NAMES] = slo_jop_names,
	[SLO_JO_MEMBERS] = slo_jop_members,
	[SLO_JO_DEPENDENT] = slo_jop_dependent,
	[SLO_JO_ENUM] = slo_jop_enum,
	[SLO_JO_CONST] = slo_jop_const,
	[SLO_JO_REF] = slo_jop_ref,
	[SLO_JO_DYNAMIC_REF] = slo_jop_dynamic_ref,
	[SLO_JO_ALL_OF] = slo_jop_all_of,
	[SLO_JO_ANY_OF] = slo_jop_any_of,
	[SLO_JO_ONE_OF] = slo_jop_one_of,
	[SLO_JO_NOT] = slo_jop_not,
	[SLO_JO_IF] = slo_jop_if,
	[SLO_JO_UNEVALUATED_ITEMS] = slo_jop_unevaluated,
	[SLO_JO_UNEVALUATED_PROPERTIES] = slo_jop_unevaluated,
};

bool slo_jgive_up(struct slo_jeval *e, int ret, const char *why)
{
	if (!e->ret) {
		e->ret = ret;
		e->why = why;
	}
	e->budget = -1;
	return false;
}

static bool run(struct slo_jeval *e, const struct slo_jframe *f, int class, const struct slo_jnode *n,
		struct slo_jtrack *t)
{
	const struct slo_jsub *s = f->sub;
	const struct slo_jinsn *i = &e->s->code[s->code + s->at[class]];
	const struct slo_jinsn *end = &e->s->code[s->code + s->at[class + 1]];
	bool ok = true;

	for (; i < end; i++)
		if (!ops[i->op](e, f, i, n, t)) {
			ok = false;
			if (!e->reporting)
				break;
		}
	return ok;
}

static bool wrong_type(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jnode *n)
{
	static const char *const found[] = { "null", "a boolean", "a boolean", "an integer", "a number", "a string",
					     "an array", "an object" };
	static const struct {
		uint8_t bits;
		const char *name;
	} names[] = {
		{ 1 << SLO_JT_NULL, "null" }, { 1 << SLO_JT_FALSE, "boolean" }, { 1 << SLO_JT_NUMBER, "number" },
		{ 1 << SLO_JT_INTEGER, "integer" }, { 1 << SLO_JT_STRING, "string" }, { 1 << SLO_JT_ARRAY, "array" },
		{ 1 << SLO_JT_OBJECT, "object" },
	};
	char list[80] = "";
	uint8_t bits = f->sub->types;

	if (!e->reporting)
		return false;
	if (bits >> SLO_JT_NUMBER & 1)
		bits &= (uint8_t)~(1 << SLO_JT_INTEGER);
	for (size_t k = 0; k < SLO_ARRAY_LEN(names); k++)
		if (bits & names[k].bits) {
			size_t len = strlen(list);

			snprintf(list + len, sizeof(list) - len, "%s%s", len ? " or " : "", names[k].name);
		}
	return slo_jfail(e, f, SLO_JK_TYPE, n, "want %s, found %s", list, found[n->type]);
}

/* The type's bit is not set; a number without fraction still is an integer. */
static bool is_integral(const struct slo_jsub *s, const struct slo_jnode *n)
{
	struct slo_jdec d;

	if (!s->integral || n->type != SLO_JT_NUMBER)
		return false;
	slo_jdec_init(&d, n);
	return slo_jdec_integral(&d);
}

static bool apply_framed(struct slo_jeval *e, const struct slo_jframe *f, const struct slo_jnode *n,
			 struct slo_jtrack *t)
{
	static const int8_t classes[SLO_JT__COUNT] = {
		-1, -1, -1, SLO_JC_NUMBER, SLO_JC_NUMBER, SLO_JC_STRING, SLO_JC_ARRAY, SLO_JC_OBJECT,
	};
	const struct slo_jsub *s = f->sub;
	struct slo_jtrack own;
	bool ok = true, tracking = s->last && !t && n->type >= SLO_JT_ARRAY;

	if (!(s->types >> n->type & 1) && !is_integral(s, n))
		ok = wrong_type(e, f, n);
	if (s->leaf || (!ok && !e->reporting))
		return ok;
	if (tracking) {
		if (!slo_jtrack_begin(e, n, &own))
			return false;
		t = &own;
	}
	if (classes[n->type] >= 0)
		ok &= run(e, f, classes[n->type], n, t);
	if (ok || e->reporting)
		ok &= run(e, f, SLO_JC_ANY, n, t);
	if (s->last && (ok || e->reporting))
		ok &= run(e, f, SLO_JC_LAST, n, t);
	if (tracking)
		slo_jtrack_end(e, &own);
	return ok;
}

bool slo_japply(struct slo_jeval *e, const struct slo_jframe *up, uint32_t sub, const struct slo_jnode *n,
		struct slo_jtrack *t, uint8_t kw, struct slo_str token, uint32_t index)
{
	const struct slo_jsub *s = &e->s->subs[sub];
	struct slo_jframe f;

	if (s->leaf && s->types >> n->type & 1)
		return true;
	if (--e->budget < 0)
		return slo_jgive_up(e, -E2BIG, "validation takes too many steps");
	f = (struct slo_jframe){
		.up = up, .sub = s, .token = token, .index = index, .resource = s->resource, .kw = kw,
		.depth = (uint16_t)(up ? up->depth + 1 : 0),
	};
	if (f.depth > SLO_JSCHEMA_CALLS)
		return slo_jgive_up(e, -E2BIG, "schemas apply each other without end");
	return apply_framed(e, &f, n, t);
}

bool slo_jtrack_begin(struct slo_jeval *e, const struct slo_jnode *n, struct slo_jtrack *t)
{
	uint32_t need = n->count / 64 + 1;

	*t = (struct slo_jtrack){ .at = e->word_count, .words = need };
	if (e->word_count + need > e->word_cap) {
		uint32_t cap = (e->word_count + need) * 2;
		uint64_t *w = cap > WORDS_MAX ? NULL : realloc(e->words, cap * sizeof(*w));

		if (!w)
			return slo_jgive_up(e, cap > WORDS_MAX ? -E2BIG : -ENOMEM, "too much to keep track of");
		e->words = w;
		e->word_cap = cap;
	}
	memset(&e->words[t->at], 0, need * sizeof(*e->words));
	e->word_count += need;
	e->budget -= need / 64;
	return true;
}

void slo_jtrack_end(struct slo_jeval *e, const struct slo_jtrack *t)
{
	e->word_count = t->at;
}

void slo_jtrack_merge(struct slo_jeval *e, struct slo_jtrack *into, const struct slo_jtrack *t)
{
	into->all |= t->all;
	for (uint32_t i = 0; i < t->words; i++)
		e->words[into->at + i] |= e->words[t->at + i];
}

int slo_jeval_new(struct slo_jeval **out)
{
	struct slo_jeval *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	slo_jtape_init(&e->tape);
	slo_buf_init(&e->report.text, REPORT_MAX);
	slo_buf_init(&e->report.line, REPORT_MAX);
	*out = e;
	return 0;
}

void slo_jeval_free(struct slo_jeval *e)
{
	if (!e)
		return;
	slo_jtape_fini(&e->tape);
	free(e->words);
	free(e->report.found);
	slo_buf_fini(&e->report.text);
	slo_buf_fini(&e->report.line);
	free(e);
}

static bool pass(struct slo_jeval *e, const struct slo_jschema *s, bool reporting)
{
	e->s = s;
	e->reporting = reporting;
	e->word_count = 0;
	e->ret = 0;
	e->budget = WORK_FIXED + (int64_t)e->tape.count * WORK_PER_NODE;
	e->report.count = e->report.quiet = e->report.nest = 0;
	slo_buf_reset(&e->report.text);
	return slo_japply(e, NULL, s->root, e->tape.nodes, NULL, SLO_JK_FALSE, slo_str(NULL), SLO_JNONE);
}

/* The verdict on what is on the tape. */
static int judge(struct slo_jeval *e, const struct slo_jschema *s,
		 void (*fail)(void *arg, const struct slo_jfail *f), void *arg, struct slo_err *err)
{
	bool ok = pass(e, s, false);

	if (e->ret || e->budget < 0) {
		slo_jgive_up(e, -E2BIG, "validation takes too many steps");
		return slo_err_set(err, e->ret, "%s", e->why);
	}
	if (ok || !fail)
		return ok;
	/* What the second run could not say any more is left out; the verdict stands. */
	pass(e, s, true);
	slo_jreport_emit(e, fail, arg);
	return 0;
}

int slo_jschema_validate(const struct slo_jschema *s, struct slo_jeval *e, const char *text, size_t len,
			 void (*fail)(void *arg, const struct slo_jfail *f), void *arg, struct slo_err *err)
{
	int ret = slo_jtape_read(&e->tape, text, len, err);

	return ret ? ret : judge(e, s, fail, arg, err);
}

struct first {
	struct slo_str where;
	struct slo_err *err;
	int ret;
};

static void keep_first(void *arg, const struct slo_jfail *f)
{
	struct first *k = arg;

	if (k->ret)
		return;
	k->ret = slo_err_set(k->err, -EINVAL, "%s: %.*s", f->name, SLO_STR_ARG(f->what));
	slo_err_at(k->err, "%.*s#%.*s", SLO_STR_ARG(k->where), SLO_STR_ARG(f->instance));
}

int slo_jeval_json(const struct slo_jschema *s, struct slo_jeval *e, json_t *json, struct slo_str where,
		   struct slo_err *err)
{
	struct first k = { where, err, 0 };
	uint32_t at;
	int ret;

	e->tape.count = 0;
	e->tape.text = NULL;
	ret = slo_jtape_add(&e->tape, json, &at);
	return ret ? ret : judge(e, s, keep_first, &k, err);
}
