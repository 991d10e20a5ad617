/* SPDX-License-Identifier: MIT */
/*
 * Text to struct. Each object is read once; its members are looked for first
 * where the table says the next one should be, which is where our own writer
 * puts it. Members that did not come get their absent value at the end.
 */
#include "rec/decode.h"

#include "base/time.h"

static int decode_object(struct decoder *d, const struct slo_rec *r, char *out);

static int dec_str(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	(void)f;
	if (slo_lex_peek(d->lex) != '"')
		return slo_dec_mismatch(d, "a string");
	return slo_lex_string(d->lex, at);
}

static int dec_f64(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	struct slo_number n;
	double v;
	int r = slo_dec_number(d, "a number", &n);

	if (r)
		return r;
	if (slo_number_f64(&n, &v))
		return slo_dec_refuse(d, n.text, "is beyond the largest double");
	if ((f->lo != 0 || f->hi != 0) && !(v >= f->lo && v <= f->hi))
		return slo_dec_out_of_range(d, f, n.text);
	*(double *)at = v;
	return 0;
}

/* An integer from @lo to @hi and in the table's range. */
static int dec_integer(struct decoder *d, const struct slo_rec_field *f, int64_t lo, int64_t hi, int64_t *out)
{
	struct slo_number n;
	int r = slo_dec_number(d, "an integer", &n);

	if (r)
		return r;
	if (!n.integer)
		return slo_dec_mismatch_text(d, "an integer", n.text);
	if (!n.fits || n.i64 < lo || n.i64 > hi)
		return slo_dec_does_not_fit(d, n.text, lo, hi);
	if ((f->lo != 0 || f->hi != 0) && !((double)n.i64 >= f->lo && (double)n.i64 <= f->hi))
		return slo_dec_out_of_range(d, f, n.text);
	*out = n.i64;
	return 0;
}

/* The lowest value of each type stands for "absent", so no text may mean it. */
static int dec_i64(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	return dec_integer(d, f, SLO_ABSENT_I64 + 1, INT64_MAX, at);
}

static int dec_i32(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	int64_t v;
	int r = dec_integer(d, f, SLO_ABSENT_I32 + 1, INT32_MAX, &v);

	if (r == 0)
		*(int32_t *)at = (int32_t)v;
	return r;
}

static int dec_u64(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	int64_t v;
	int r = dec_integer(d, f, 0, INT64_MAX, &v);

	if (r == 0)
		*(uint64_t *)at = (uint64_t)v;
	return r;
}

static int dec_bool(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	char c = slo_lex_peek(d->lex);
	int token;

	(void)f;
	if (c != 't' && c != 'f')
		return slo_dec_mismatch(d, "a boolean");
	token = slo_lex_literal(d->lex);
	*(int *)at = token == SLO_LEX_TRUE;
	return token == SLO_LEX_ERROR ? d->lex->ret : 0;
}

static int dec_enum(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	struct slo_str s;
	int r = dec_str(d, f, &s), v;

	if (r)
		return r;
	v = slo_enum_find(f->en, s);
	if (v < 0)
		return slo_dec_not_in(d, f->en, s);
	*(int *)at = v;
	return 0;
}

static int dec_time(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	struct slo_str s;
	int r = dec_str(d, f, &s);

	if (r)
		return r;
	r = slo_parse_rfc3339(s, at);
	if (r == -ERANGE)
		return slo_dec_refuse(d, s, "is outside the years 1678 to 2261");
	return r ? slo_dec_mismatch_text(d, "an RFC 3339 time", s) : 0;
}

static int dec_value(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	struct slo_value v = { .type = SLO_VALUE_NONE };
	char c = slo_lex_peek(d->lex);
	int r;

	if (c == '"') {
		v.type = SLO_VALUE_STR;
		r = dec_str(d, f, &v.str);
	} else if (c == 't' || c == 'f') {
		v.type = SLO_VALUE_BOOL;
		r = dec_bool(d, f, &v.boolean);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		v.type = SLO_VALUE_NUM;
		r = dec_f64(d, f, &v.num);
	} else {
		return slo_dec_mismatch(d, "a string, number or boolean");
	}
	memcpy(at, &v, sizeof(v));
	return r;
}

static int dec_obj(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	return decode_object(d, f->sub, at);
}

static int dec_elements(struct decoder *d, const struct slo_rec_field *f, void *at);
static int dec_pairs(struct decoder *d, const struct slo_rec_field *f, void *at);

/* How to read one value of each type, or, for an array, one element. */
typedef int decode_fn(struct decoder *d, const struct slo_rec_field *f, void *at);

static decode_fn *const decode_value[SLO_REC__COUNT] = {
	[SLO_REC_STR] = dec_str,   [SLO_REC_F64] = dec_f64,     [SLO_REC_I64] = dec_i64,
	[SLO_REC_I32] = dec_i32,   [SLO_REC_U64] = dec_u64,     [SLO_REC_BOOL] = dec_bool,
	[SLO_REC_ENUM] = dec_enum, [SLO_REC_TIME] = dec_time,   [SLO_REC_VALUE] = dec_value,
	[SLO_REC_OBJ] = dec_obj,   [SLO_REC_OBJS] = dec_elements, [SLO_REC_STRS] = dec_elements,
	[SLO_REC_ENUMS] = dec_elements, [SLO_REC_U64S] = dec_elements,
	[SLO_REC_STRMAP] = dec_pairs, [SLO_REC_NUMMAP] = dec_pairs,
};

static decode_fn *const decode_element[SLO_REC__COUNT] = {
	[SLO_REC_OBJS] = dec_obj,   [SLO_REC_STRS] = dec_str, [SLO_REC_ENUMS] = dec_enum,
	[SLO_REC_U64S] = dec_u64,   [SLO_REC_STRMAP] = dec_str, [SLO_REC_NUMMAP] = dec_f64,
};

/* Behind a member or element: true when another one follows, false behind the end or after an error. */
static bool more(struct decoder *d, char close, int *r)
{
	char c = slo_lex_peek(d->lex);

	if (c == ',') {
		d->lex->p++;
		return true;
	}
	if (c == close)
		slo_lex_close(d->lex);
	else
		*r = slo_lex_refuse(d->lex, d->lex->p, close == '}' ? "want ',' or '}'" : "want ',' or ']'");
	return false;
}

/* Enter an array or object. Return: 0 with *@empty, or an error. */
static int enter(struct decoder *d, char open, const char *want, bool *empty)
{
	if (slo_lex_peek(d->lex) != open)
		return slo_dec_mismatch(d, want);
	if (slo_lex_open(d->lex, open == '{'))
		return d->lex->ret;
	*empty = slo_lex_peek(d->lex) == (open == '{' ? '}' : ']');
	if (*empty)
		slo_lex_close(d->lex);
	return 0;
}

static int skip_value(struct decoder *d)
{
	d->lex->state = WANT_VALUE;
	return slo_lex_skip(d->lex, NULL);
}

/* The arrays: @at is the first element; the count lies @count_off from the struct, @off before @at. */
static uint32_t *count_of(const struct slo_rec_field *f, void *at)
{
	return (uint32_t *)(void *)((char *)at - f->off + f->count_off);
}

/*
 * Short counters with a comma behind them, which is what histograms are made
 * of. Stops in front of the first element that is anything else.
 */
static uint32_t dec_counters(struct slo_lex *l, uint64_t *to, uint32_t max)
{
	enum { SHORT = 18 /* any 18 digits fit */ };
	const char *p = l->p;
	uint32_t n = 0;

	while (n < max && l->end - p > SHORT) {
		uint64_t v = (uint64_t)(*p - '0'), digit;
		const char *from = p++;

		if (v > 9)
			break;
		for (; (digit = (uint64_t)(*p - '0')) <= 9 && p - from < SHORT; p++)
			v = v * 10 + digit;
		if (*p != ',' || (*from == '0' && p - from > 1))
			break;
		to[n++] = v;
		l->p = ++p;
	}
	return n;
}

static int dec_elements(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	uint32_t n = 0, over = 0;
	bool empty;
	int r = enter(d, '[', "an array", &empty);

	if (r == 0 && !empty) {
		if (f->type == SLO_REC_U64S)
			n = dec_counters(d->lex, at, f->max);
		do {
			if (n < f->max)
				r = decode_element[f->type](d, f, (char *)at + (size_t)n * f->stride);
			else
				r = skip_value(d);
			if (r)
				return slo_dec_inside(d, r, n + over);
			n < f->max ? n++ : over++;
		} while (more(d, ']', &r));
	}
	*count_of(f, at) = n;
	d->ctx->truncated += over;
	return r;
}

static int read_key(struct decoder *d, struct slo_str *key)
{
	if (slo_lex_peek(d->lex) != '"')
		return slo_lex_refuse(d->lex, d->lex->p, "want a member name");
	if (slo_lex_string(d->lex, key))
		return d->lex->ret;
	if (slo_lex_peek(d->lex) != ':')
		return slo_lex_refuse(d->lex, d->lex->p, "want ':'");
	d->lex->p++;
	return 0;
}

/* A pair starts with its key, whichever kind it is; @n of them are there. */
static int dec_pair(struct decoder *d, const struct slo_rec_field *f, char *at, uint32_t n)
{
	size_t value = f->type == SLO_REC_STRMAP ? offsetof(struct slo_pair, value) : offsetof(struct slo_num_pair, value);
	struct slo_str key;
	int r = read_key(d, &key);

	if (r)
		return r;
	for (uint32_t i = 0; i < n; i++)
		if (slo_str_eq(key, *(const struct slo_str *)(void *)(at + (size_t)i * f->stride)))
			return slo_dec_at_member(d, slo_err_set(d->err, -EINVAL, "member is there twice"), key);
	if (n == f->max) {
		d->ctx->truncated++;
		return skip_value(d);
	}
	memcpy(at + (size_t)n * f->stride, &key, sizeof(key));
	r = decode_element[f->type](d, f, at + (size_t)n * f->stride + value);
	return r ? slo_dec_at_member(d, r, key) : 0;
}

static int dec_pairs(struct decoder *d, const struct slo_rec_field *f, void *at)
{
	uint32_t n = 0;
	bool empty;
	int r = enter(d, '{', "an object", &empty);

	if (r == 0 && !empty) {
		do {
			r = dec_pair(d, f, at, n);
			if (r)
				return r;
			n += n < f->max;
		} while (more(d, '}', &r));
	}
	*count_of(f, at) = n;
	return r;
}

/* The field named @key, looked for from *@next on, all around the table; NULL when there is none. */
static const struct slo_rec_field *find_field(const struct slo_rec *r, struct slo_str key, uint32_t next)
{
	const struct slo_rec_field *f = r->fields + next, *end = r->fields + r->count;

	for (uint32_t i = 0; i < r->count; i++, f++) {
		if (f == end)
			f = r->fields;
		if (f->key_len == key.len && slo_same(f->key, key.p, key.len))
			return f;
	}
	return NULL;
}

/* Read a member's name and colon. *@next is the field our own writer would put here. */
static int next_field(struct decoder *d, const struct slo_rec *r, uint32_t *next, const struct slo_rec_field **out)
{
	struct slo_lex *l = d->lex;
	struct slo_str key;
	int rc;

	if (*next < r->count) {
		const struct slo_rec_field *f = r->fields + *next;
		size_t n = f->key_len;

		if ((size_t)(l->end - l->p) > n + 2 && l->p[0] == '"' && l->p[n + 1] == '"' && l->p[n + 2] == ':' &&
		    slo_same(l->p + 1, f->key, n)) {
			l->p += n + 3;
			++*next;
			*out = f;
			return 0;
		}
	}
	rc = read_key(d, &key);
	if (rc)
		return rc;
	*out = find_field(r, key, *next < r->count ? *next : 0);
	if (*out)
		*next = (uint32_t)(*out - r->fields) + 1;
	return 0;
}

/* Give the members that did not come their absent value. */
static int finish(struct decoder *d, const struct slo_rec *r, uint64_t missing, char *out)
{
	for (; missing; missing &= missing - 1) {
		const struct slo_rec_field *f = &r->fields[__builtin_ctzll(missing)];

		if (!(f->flags & SLO_REC_OPT))
			return slo_dec_at_member(d, slo_err_set(d->err, -EINVAL, "required member is missing"),
						 slo_str_n(f->key, f->key_len));
		slo_rec_clear_field(f, out);
	}
	return 0;
}

static int decode_member(struct decoder *d, const struct slo_rec_field *f, uint64_t bit, uint64_t *missing, char *out)
{
	int r;

	if (!(*missing & bit))
		r = slo_err_set(d->err, -EINVAL, "member is there twice");
	else
		r = decode_value[f->type](d, f, out + f->off);
	*missing &= ~bit;
	if (r)
		return slo_dec_at_member(d, r, slo_str_n(f->key, f->key_len));
	if (f->type == SLO_REC_OBJ && f->flags & SLO_REC_OPT)
		*(bool *)(out + f->count_off) = true;
	return 0;
}

static int decode_object(struct decoder *d, const struct slo_rec *r, char *out)
{
	uint64_t missing = r->count < 64 ? (UINT64_C(1) << r->count) - 1 : ~UINT64_C(0);
	const struct slo_rec_field *f;
	uint32_t next = 0;
	bool empty;
	int rc = enter(d, '{', "an object", &empty);

	if (rc == 0 && !empty) {
		do {
			slo_lex_peek(d->lex);
			rc = next_field(d, r, &next, &f);
			if (rc)
				return rc;
			if (f) {
				rc = decode_member(d, f, UINT64_C(1) << (f - r->fields), &missing, out);
			} else {
				rc = skip_value(d);
				d->ctx->unknown++;
			}
			if (rc)
				return rc;
		} while (more(d, '}', &rc));
	}
	return rc ? rc : finish(d, r, missing, out);
}

int slo_rec_decode_at(struct slo_rec_ctx *c, const struct slo_rec *r, struct slo_lex *l, void *out,
		      struct slo_err *err)
{
	struct decoder d = { .lex = l, .ctx = c, .err = err && err->what[0] ? NULL : err };
	int rc = decode_object(&d, r, out);

	/* Only a failure of the lexer has not told its reason yet. */
	if (rc)
		return l->why ? slo_lex_fail(l, d.err) : rc;
	l->state = l->depth ? WANT_COMMA_OR_CLOSE : WANT_NOTHING;
	return 0;
}

int slo_rec_decode(struct slo_rec_ctx *c, const struct slo_rec *r, const char *text, size_t len, void *out,
		   struct slo_err *err)
{
	struct slo_lex l;
	int rc;

	slo_lex_init(&l, text, len, &c->scratch);
	rc = slo_rec_decode_at(c, r, &l, out, err);
	if (rc == 0 && slo_lex_next(&l, NULL) != SLO_LEX_END)
		return slo_lex_fail(&l, err);
	return rc;
}
