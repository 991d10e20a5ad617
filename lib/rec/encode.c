/* SPDX-License-Identifier: MIT */
/* Struct to text. A record that could not be read back is refused, never written. */
#include "rec/encode.h"

#include "base/num.h"
#include "base/time.h"

static int encode_object(const struct slo_rec *r, const char *in, struct slo_buf *out);

typedef int encode_fn(const struct slo_rec_field *f, const void *at, struct slo_buf *out);

static int enc_str(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	(void)f;
	slo_enc_str(out, *(const struct slo_str *)at);
	return 0;
}

static int enc_f64(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	double v = *(const double *)at;

	(void)f;
	if (!isfinite(v))
		return -EDOM;
	slo_enc_f64(out, v);
	return 0;
}

static int enc_i64(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	int64_t v = *(const int64_t *)at;

	(void)f;
	if (v == SLO_ABSENT_I64)
		return -EDOM;
	slo_enc_i64(out, v);
	return 0;
}

static int enc_i32(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	int32_t v = *(const int32_t *)at;

	(void)f;
	if (v == SLO_ABSENT_I32)
		return -EDOM;
	slo_enc_i64(out, v);
	return 0;
}

static int enc_u64(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	uint64_t v = *(const uint64_t *)at;

	(void)f;
	if (v > INT64_MAX)
		return -EDOM;
	slo_enc_i64(out, (int64_t)v);
	return 0;
}

static int enc_bool(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	int v = *(const int *)at;

	(void)f;
	if (v < 0)
		return -EDOM;
	slo_enc_add(out, v ? "true" : "false", v ? 4 : 5);
	return 0;
}

static int enc_enum(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	int v = *(const int *)at;

	if (v < 0 || v >= f->en->count)
		return -EDOM;
	slo_enc_str(out, slo_str(f->en->names[v]));
	return 0;
}

static int enc_time(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	int64_t v = *(const int64_t *)at;
	char text[SLO_RFC3339_MAX];
	size_t n;

	(void)f;
	if (v == SLO_ABSENT_I64)
		return -EDOM;
	text[0] = '"';
	n = 1 + slo_fmt_rfc3339(text + 1, v);
	text[n++] = '"';
	slo_enc_add(out, text, n);
	return 0;
}

static int enc_value(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	const struct slo_value *v = at;

	switch (v->type) {
	case SLO_VALUE_STR:
		return enc_str(f, &v->str, out);
	case SLO_VALUE_NUM:
		return enc_f64(f, &v->num, out);
	case SLO_VALUE_BOOL:
		return enc_bool(f, &v->boolean, out);
	default:
		return -EDOM;
	}
}

static int enc_obj(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	return encode_object(f->sub, at, out);
}

static int enc_str_pair(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	const struct slo_pair *p = at;

	(void)f;
	slo_enc_str(out, p->key);
	slo_enc_add(out, ":", 1);
	slo_enc_str(out, p->value);
	return 0;
}

static int enc_num_pair(const struct slo_rec_field *f, const void *at, struct slo_buf *out)
{
	const struct slo_num_pair *p = at;

	slo_enc_str(out, p->key);
	slo_enc_add(out, ":", 1);
	return enc_f64(f, &p->value, out);
}

/* How to write one value of each type, or, for arrays and maps, one element. */
static encode_fn *const encode_one[SLO_REC__COUNT] = {
	[SLO_REC_STR] = enc_str,   [SLO_REC_F64] = enc_f64,   [SLO_REC_I64] = enc_i64,
	[SLO_REC_I32] = enc_i32,   [SLO_REC_U64] = enc_u64,   [SLO_REC_BOOL] = enc_bool,
	[SLO_REC_ENUM] = enc_enum, [SLO_REC_TIME] = enc_time, [SLO_REC_VALUE] = enc_value,
	[SLO_REC_OBJ] = enc_obj,   [SLO_REC_OBJS] = enc_obj,  [SLO_REC_STRS] = enc_str,
	[SLO_REC_ENUMS] = enc_enum, [SLO_REC_U64S] = enc_u64,
	[SLO_REC_STRMAP] = enc_str_pair, [SLO_REC_NUMMAP] = enc_num_pair,
};

static uint32_t count_of(const struct slo_rec_field *f, const char *in)
{
	return *(const uint32_t *)(const void *)(in + f->count_off);
}

/* An optional member that is not there. Unsigned counters have no such value and are always there. */
static bool absent(const struct slo_rec_field *f, const char *in)
{
	const void *at = in + f->off;

	switch (f->type) {
	case SLO_REC_STR:
		return !((const struct slo_str *)at)->p;
	case SLO_REC_F64:
		return isnan(*(const double *)at);
	case SLO_REC_I64:
	case SLO_REC_TIME:
		return *(const int64_t *)at == SLO_ABSENT_I64;
	case SLO_REC_I32:
		return *(const int32_t *)at == SLO_ABSENT_I32;
	case SLO_REC_U64:
		return false;
	case SLO_REC_BOOL:
	case SLO_REC_ENUM:
		return *(const int *)at == -1;
	case SLO_REC_VALUE:
		return ((const struct slo_value *)at)->type == SLO_VALUE_NONE;
	case SLO_REC_OBJ:
		return !*(const bool *)(in + f->count_off);
	default:
		return count_of(f, in) == 0;
	}
}

/* The elements of a histogram, in pieces, so that not each of them looks for room. */
static int enc_counters(const uint64_t *v, uint32_t n, struct slo_buf *out)
{
	char text[512];
	size_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (v[i] > INT64_MAX)
			return -EDOM;
		if (at > sizeof(text) - SLO_NUM_MAX - 1) {
			slo_enc_add(out, text, at);
			at = 0;
		}
		if (i)
			text[at++] = ',';
		if (v[i] < 10)
			text[at++] = (char)('0' + v[i]);
		else
			at += slo_fmt_i64(text + at, (int64_t)v[i]);
	}
	slo_enc_add(out, text, at);
	return 0;
}

static int encode_list(const struct slo_rec_field *f, const char *in, struct slo_buf *out)
{
	bool map = f->type == SLO_REC_STRMAP || f->type == SLO_REC_NUMMAP;
	uint32_t n = count_of(f, in);
	const char *at = in + f->off;

	if (n > f->max)
		return -EDOM;
	slo_enc_add(out, map ? "{" : "[", 1);
	if (f->type == SLO_REC_U64S) {
		int r = enc_counters((const void *)at, n, out);

		if (r)
			return r;
		n = 0;
	}
	for (uint32_t i = 0; i < n; i++, at += f->stride) {
		int r;

		if (i)
			slo_enc_add(out, ",", 1);
		r = encode_one[f->type](f, at, out);
		if (r)
			return r;
	}
	slo_enc_add(out, map ? "}" : "]", 1);
	return 0;
}

/* @lead: '{' before the first member, ',' before others */
static void add_key(const struct slo_rec_field *f, char lead, struct slo_buf *out)
{
	char *to = slo_enc_room(out, f->key_len + 4u);

	if (!to)
		return;
	to[0] = lead;
	to[1] = '"';
	memcpy(to + 2, f->key, f->key_len);
	to[f->key_len + 2] = '"';
	to[f->key_len + 3] = ':';
	out->len += f->key_len + 4u;
}

static int encode_object(const struct slo_rec *r, const char *in, struct slo_buf *out)
{
	char lead = '{';

	for (uint32_t i = 0; i < r->count; i++) {
		const struct slo_rec_field *f = &r->fields[i];
		int rc;

		if (f->flags & SLO_REC_OPT && absent(f, in))
			continue;
		add_key(f, lead, out);
		lead = ',';
		if (f->type >= SLO_REC_OBJS)
			rc = encode_list(f, in, out);
		else
			rc = encode_one[f->type](f, in + f->off, out);
		if (rc)
			return rc;
	}
	slo_enc_add(out, lead == '{' ? "{}" : "}", lead == '{' ? 2 : 1);
	return 0;
}

int slo_rec_encode(const struct slo_rec *r, const void *in, struct slo_buf *out)
{
	size_t before = out->len;
	int rc = encode_object(r, in, out);

	if (rc)
		out->len = before;
	if (out->data && !out->err)
		out->data[out->len] = '\0';
	return rc ? rc : out->err;
}
