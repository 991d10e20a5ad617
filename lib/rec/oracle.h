/* SPDX-License-Identifier: MIT */
/*
 * For tests only: jansson as the judge of the lexer and the codec.
 *
 * Where the two may differ, and why:
 *  1. Nesting over SLO_LEX_DEPTH_MAX levels is refused here; jansson goes to 2048.
 *  2. Integers beyond int64 refuse the whole text in jansson; here they are numbers
 *     like others where a double is wanted or nobody looks. Doubles from 2^63 to 1e21
 *     are written so.
 *  3. Duplicate members are not looked for in values that are passed over (unknown
 *     members, elements beyond a bound) and not by the lexer at all.
 *  4. Elements beyond an array's or map's bound are not checked against the table.
 *  5. The lowest int64 and int32 stand for "absent" and are refused as values.
 *  6. jansson loses a raw NUL byte that follows a number or literal; here it is refused.
 */
#ifndef SLO_REC_ORACLE_H
#define SLO_REC_ORACLE_H

#include "base/rng.h"
#include "base/time.h"
#include "rec/lex.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

struct oracle_stats {
	uint64_t inputs, valid, records; /* fed, accepted as JSON, accepted as records */
	uint64_t depth, big, duplicates, nul; /* exceptions 1, 2, 3 and 6 met */
};

/* One verdict; "" = all agree. */
struct oracle_verdict {
	char text[256];
};

static inline bool oracle_in_range(const struct slo_rec_field *f, double v)
{
	return (f->lo == 0 && f->hi == 0) || (v >= f->lo && v <= f->hi);
}

static inline struct slo_str oracle_text(const json_t *j)
{
	return slo_str_n(json_string_value(j), json_string_length(j));
}

static inline bool oracle_integer(const struct slo_rec_field *f, const json_t *j, json_int_t lo, json_int_t hi)
{
	json_int_t v = json_integer_value(j);

	return json_is_integer(j) && v >= lo && v <= hi && oracle_in_range(f, (double)v);
}

static inline bool oracle_accepts(const struct slo_rec *r, const json_t *j);

/* One value, or one element of an array or map. */
static inline bool oracle_accepts_one(const struct slo_rec_field *f, const json_t *j)
{
	int64_t ns;

	switch (f->type) {
	case SLO_REC_STR: case SLO_REC_STRS: case SLO_REC_STRMAP:
		return json_is_string(j);
	case SLO_REC_F64: case SLO_REC_NUMMAP:
		return json_is_number(j) && oracle_in_range(f, json_number_value(j));
	case SLO_REC_I64:
		return oracle_integer(f, j, INT64_MIN + 1, INT64_MAX);
	case SLO_REC_I32:
		return oracle_integer(f, j, INT32_MIN + 1, INT32_MAX);
	case SLO_REC_U64: case SLO_REC_U64S:
		return oracle_integer(f, j, 0, INT64_MAX);
	case SLO_REC_BOOL:
		return json_is_boolean(j);
	case SLO_REC_ENUM: case SLO_REC_ENUMS:
		return json_is_string(j) && slo_enum_find(f->en, oracle_text(j)) >= 0;
	case SLO_REC_TIME:
		return json_is_string(j) && slo_parse_rfc3339(oracle_text(j), &ns) == 0;
	case SLO_REC_VALUE:
		return json_is_string(j) || json_is_boolean(j) ||
		       (json_is_number(j) && oracle_in_range(f, json_number_value(j)));
	default:
		return oracle_accepts(f->sub, j);
	}
}

static inline bool oracle_accepts_field(const struct slo_rec_field *f, json_t *j)
{
	uint32_t n = 0;
	const char *key;
	json_t *e;

	if (f->type < SLO_REC_OBJS)
		return oracle_accepts_one(f, j);
	if (f->type == SLO_REC_STRMAP || f->type == SLO_REC_NUMMAP) {
		if (!json_is_object(j))
			return false;
		json_object_foreach(j, key, e)
			if (n++ < f->max && !oracle_accepts_one(f, e))
				return false;
		return true;
	}
	if (!json_is_array(j))
		return false;
	for (size_t i = 0; i < json_array_size(j) && i < f->max; i++)
		if (!oracle_accepts_one(f, json_array_get(j, i)))
			return false;
	return true;
}

static inline bool oracle_accepts(const struct slo_rec *r, const json_t *j)
{
	if (!json_is_object(j))
		return false;
	for (uint32_t i = 0; i < r->count; i++) {
		json_t *m = json_object_get(j, r->fields[i].key);

		if (m ? !oracle_accepts_field(&r->fields[i], m) : !(r->fields[i].flags & SLO_REC_OPT))
			return false;
	}
	return true;
}

static inline bool oracle_equal(const struct slo_rec *r, const char *in, const json_t *j);

static inline bool oracle_equal_value(const struct slo_value *v, const json_t *j)
{
	switch (v->type) {
	case SLO_VALUE_STR:
		return json_is_string(j) && slo_str_eq(v->str, oracle_text(j));
	case SLO_VALUE_NUM:
		return json_is_number(j) && v->num == json_number_value(j);
	default:
		return v->type == SLO_VALUE_BOOL && json_is_boolean(j) && v->boolean == json_boolean_value(j);
	}
}

static inline bool oracle_equal_one(const struct slo_rec_field *f, const void *at, const json_t *j)
{
	int64_t ns = 0;

	switch (f->type) {
	case SLO_REC_STR: case SLO_REC_STRS:
		return slo_str_eq(*(const struct slo_str *)at, oracle_text(j));
	case SLO_REC_F64:
		return *(const double *)at == json_number_value(j);
	case SLO_REC_I64: case SLO_REC_U64: case SLO_REC_U64S:
		return *(const int64_t *)at == json_integer_value(j);
	case SLO_REC_I32:
		return *(const int32_t *)at == json_integer_value(j);
	case SLO_REC_BOOL:
		return *(const int *)at == json_boolean_value(j);
	case SLO_REC_ENUM: case SLO_REC_ENUMS:
		return slo_str_is(oracle_text(j), slo_enum_name(f->en, *(const int *)at));
	case SLO_REC_TIME:
		return slo_parse_rfc3339(oracle_text(j), &ns) == 0 && *(const int64_t *)at == ns;
	case SLO_REC_VALUE:
		return oracle_equal_value(at, j);
	default:
		return oracle_equal(f->sub, at, j);
	}
}

static inline bool oracle_equal_pairs(const struct slo_rec_field *f, const char *at, uint32_t n, const json_t *j)
{
	for (uint32_t i = 0; i < n; i++, at += f->stride) {
		const struct slo_pair *p = (const void *)at;
		const struct slo_num_pair *q = (const void *)at;
		const json_t *v = json_object_getn(j, p->key.p, p->key.len);

		if (!v || (f->type == SLO_REC_STRMAP ? !slo_str_eq(p->value, oracle_text(v))
						     : q->value != json_number_value(v)))
			return false;
	}
	return n == (json_object_size(j) < f->max ? json_object_size(j) : f->max);
}

/* The member is there in @j. */
static inline bool oracle_equal_field(const struct slo_rec_field *f, const char *in, const json_t *j)
{
	const char *at = in + f->off;
	uint32_t n;

	if (f->type == SLO_REC_OBJ && f->flags & SLO_REC_OPT && !*(const bool *)(in + f->count_off))
		return false;
	if (f->type < SLO_REC_OBJS)
		return oracle_equal_one(f, at, j);
	n = *(const uint32_t *)(const void *)(in + f->count_off);
	if (f->type == SLO_REC_STRMAP || f->type == SLO_REC_NUMMAP)
		return oracle_equal_pairs(f, at, n, j);
	for (uint32_t i = 0; i < n; i++)
		if (!oracle_equal_one(f, at + (size_t)i * f->stride, json_array_get(j, i)))
			return false;
	return n == (json_array_size(j) < f->max ? json_array_size(j) : f->max);
}

/* The member is not there: what the struct must hold. */
static inline bool oracle_absent(const struct slo_rec_field *f, const char *in)
{
	const void *at = in + f->off;

	switch (f->type) {
	case SLO_REC_STR:
		return !((const struct slo_str *)at)->p;
	case SLO_REC_F64:
		return isnan(*(const double *)at);
	case SLO_REC_I64: case SLO_REC_TIME:
		return *(const int64_t *)at == INT64_MIN;
	case SLO_REC_I32:
		return *(const int32_t *)at == INT32_MIN;
	case SLO_REC_U64:
		return *(const uint64_t *)at == 0;
	case SLO_REC_BOOL: case SLO_REC_ENUM:
		return *(const int *)at == -1;
	case SLO_REC_VALUE:
		return ((const struct slo_value *)at)->type == SLO_VALUE_NONE;
	case SLO_REC_OBJ:
		return !*(const bool *)(in + f->count_off);
	default:
		return *(const uint32_t *)(const void *)(in + f->count_off) == 0;
	}
}

static inline bool oracle_equal(const struct slo_rec *r, const char *in, const json_t *j)
{
	for (uint32_t i = 0; i < r->count; i++) {
		const struct slo_rec_field *f = &r->fields[i];
		const json_t *m = json_object_get(j, f->key);

		if (m ? !oracle_equal_field(f, in, m) : !oracle_absent(f, in))
			return false;
	}
	return true;
}

/* Deepest nesting of brackets outside strings; good enough for valid texts. */
static inline int oracle_depth(const char *p, size_t len)
{
	int depth = 0, most = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (quoted && p[i] == '\\')
			i++;
		else if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted && (p[i] == '{' || p[i] == '['))
			most = ++depth > most ? depth : most;
		else if (!quoted && (p[i] == '}' || p[i] == ']'))
			depth--;
	}
	return most;
}

/* The token loop must say what slo_lex_validate() says. */
static inline bool oracle_tokens_accept(const char *p, size_t len)
{
	struct slo_lex_value v;
	struct slo_buf scratch;
	struct slo_lex l;
	int token;

	slo_buf_init(&scratch, 1 << 20);
	slo_lex_init(&l, p, len, &scratch);
	do
		token = slo_lex_next(&l, &v);
	while (token > SLO_LEX_END);
	slo_buf_fini(&scratch);
	return token == SLO_LEX_END;
}

/* @text as jansson reads it; *@big when that needs its integers to be doubles. */
static inline json_t *oracle_load(const struct slo_buf *text, bool *big)
{
	json_t *j = json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);

	*big = !j;
	return j ? j : json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
}

/* What was accepted must write, read back and write the same; and read the same to jansson. */
static inline const char *oracle_round_trip(struct slo_rec_ctx *c, const struct slo_rec *r, const char *in)
{
	char *again = malloc(r->size);
	const char *verdict = "out of memory";
	struct slo_buf one, two;
	json_t *j = NULL;
	bool big;

	slo_buf_init(&one, 1 << 22);
	slo_buf_init(&two, 1 << 22);
	if (again) {
		verdict = "cannot be written";
		if (slo_rec_encode(r, in, &one) == 0) {
			j = oracle_load(&one, &big);
			verdict = !j ? "jansson refuses what was written"
				: slo_rec_decode(c, r, one.data, one.len, again, NULL) ? "what was written is refused"
				: !big && !oracle_equal(r, again, j) ? "what was written reads differently"
				: slo_rec_encode(r, again, &two) ? "cannot be written twice"
				: !slo_str_eq(slo_buf_str(&one), slo_buf_str(&two)) ? "written twice, differently" : NULL;
		}
	}
	json_decref(j);
	slo_buf_fini(&one);
	slo_buf_fini(&two);
	free(again);
	return verdict;
}

static inline struct oracle_verdict oracle_says(const char *what, const struct slo_err *err)
{
	struct oracle_verdict v;

	(void)!snprintf(v.text, sizeof(v.text), "%s (%.60s: %.120s)", what, err->where, err->what);
	return v;
}

/* The lexer against jansson. */
static inline struct oracle_verdict oracle_check_text(const char *p, size_t len, struct oracle_stats *s)
{
	json_t *j = json_loadb(p, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
	struct slo_err err = { .what = "" };
	bool ours = slo_lex_validate(p, len, &err) == 0, theirs = j != NULL;

	json_decref(j);
	s->inputs++;
	s->valid += ours;
	if (ours != oracle_tokens_accept(p, len))
		return oracle_says("validate and the tokens disagree", &err);
	if (theirs && !ours && oracle_depth(p, len) > SLO_LEX_DEPTH_MAX) {
		s->depth++;
		ours = true;
	}
	if (theirs && !ours && memchr(p, '\0', len)) {
		s->nul++;
		ours = true;
	}
	if (ours != theirs)
		return oracle_says(ours ? "text accepted, jansson refuses" : "text refused, jansson accepts", &err);
	return (struct oracle_verdict){ "" };
}

/* The decoder against jansson's tree. */
static inline struct oracle_verdict oracle_check_record(const struct slo_rec *r, const char *p, size_t len,
							struct oracle_stats *s)
{
	json_t *j = json_loadb(p, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	json_t *lax = j ? NULL : json_loadb(p, len, JSON_DECODE_ANY, NULL);
	struct slo_err err = { .what = "" };
	const char *verdict = NULL;
	char *out = malloc(r->size);
	struct slo_rec_ctx c;
	bool ours;

	slo_rec_ctx_init(&c);
	ours = out && slo_rec_decode(&c, r, p, len, out, &err) == 0;
	s->records += ours;
	if (ours && !j && lax && (c.unknown || c.truncated))
		s->duplicates++;
	else if (ours && !j && !lax && slo_lex_validate(p, len, NULL) == 0)
		s->big++;
	else if (ours && !j)
		verdict = "record accepted, jansson refuses";
	else if (ours && !oracle_accepts(r, j))
		verdict = "record accepted against its table";
	else if (ours && !oracle_equal(r, out, j))
		verdict = "decoded differently";
	else if (!ours && j && oracle_accepts(r, j) && oracle_depth(p, len) <= SLO_LEX_DEPTH_MAX &&
		 !memchr(p, '\0', len))
		verdict = "record refused, jansson's tree fits the table";
	else if (!ours && !err.what[0])
		verdict = "refused without a reason";
	if (ours && !verdict)
		verdict = oracle_round_trip(&c, r, out);
	json_decref(j);
	json_decref(lax);
	slo_rec_ctx_fini(&c);
	free(out);
	return verdict ? oracle_says(verdict, &err) : (struct oracle_verdict){ "" };
}

#endif
