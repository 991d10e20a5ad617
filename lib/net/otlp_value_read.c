/* SPDX-License-Identifier: MIT */
/* Attributes into members of records. */
#include "base/time.h"
#include "net/otlp_value.h"
#include "render/text.h"

#include <errno.h>
#include <math.h>

struct reader {
	struct slo_err *err;
	bool measured;
};

static int refuse(struct reader *r, const struct slo_rec_field *f, const char *why)
{
	slo_err_set(r->err, -EINVAL, "%s", why);
	slo_err_at(r->err, "%s", f->key);
	return -EINVAL;
}

static int read_value(struct reader *r, const struct slo_rec_field *f, int type, void *at, const Otlp__AnyValue *v);

static bool in_range(const struct slo_rec_field *f, double v)
{
	return (f->lo == 0 && f->hi == 0) || (v >= f->lo && v <= f->hi);
}

static int read_double(struct reader *r, const struct slo_rec_field *f, double *at, const Otlp__AnyValue *v)
{
	if (v->value_case == OTLP__ANY_VALUE__VALUE_INT_VALUE)
		*at = (double)v->int_value;
	else if (v->value_case == OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE && isfinite(v->double_value))
		*at = v->double_value;
	else
		return refuse(r, f, "want a number");
	return in_range(f, *at) ? 0 : refuse(r, f, "out of range");
}

static int read_int(struct reader *r, const struct slo_rec_field *f, int type, void *at, const Otlp__AnyValue *v)
{
	int64_t n = v->int_value;

	if (v->value_case != OTLP__ANY_VALUE__VALUE_INT_VALUE || n == SLO_ABSENT_I64)
		return refuse(r, f, "want an integer");
	if (!in_range(f, (double)n) || (type == SLO_REC_U64 && n < 0) ||
	    (type == SLO_REC_I32 && (n <= INT32_MIN || n > INT32_MAX)))
		return refuse(r, f, "out of range");
	if (type == SLO_REC_I32)
		*(int32_t *)at = (int32_t)n;
	else if (type == SLO_REC_U64)
		*(uint64_t *)at = (uint64_t)n;
	else
		*(int64_t *)at = n;
	return 0;
}

/* An optional object is there as soon as it was said, whatever is in it. */
static void set_there(const struct slo_rec_field *f, char *out)
{
	if (f->type == SLO_REC_OBJ && f->flags & SLO_REC_OPT)
		*(bool *)(out + f->count_off) = true;
}

/* Strings, and what is written as one. */
static int read_text(struct reader *r, const struct slo_rec_field *f, int type, void *at, const Otlp__AnyValue *v)
{
	struct slo_str s;

	if (v->value_case != OTLP__ANY_VALUE__VALUE_STRING_VALUE)
		return refuse(r, f, "want a string");
	s = slo_str(v->string_value);
	if (type == SLO_REC_STR) {
		*(struct slo_str *)at = s;
		return 0;
	}
	if (type == SLO_REC_TIME)
		return slo_parse_rfc3339(s, at) ? refuse(r, f, "want a time") : 0;
	*(int *)at = slo_enum_find(f->en, s);
	return *(int *)at < 0 ? refuse(r, f, "not a value of its list") : 0;
}

static int read_any(struct reader *r, const struct slo_rec_field *f, struct slo_value *at, const Otlp__AnyValue *v)
{
	switch (v->value_case) {
	case OTLP__ANY_VALUE__VALUE_STRING_VALUE:
		*at = (struct slo_value){ .type = SLO_VALUE_STR, .str = slo_str(v->string_value) };
		return 0;
	case OTLP__ANY_VALUE__VALUE_BOOL_VALUE:
		*at = (struct slo_value){ .type = SLO_VALUE_BOOL, .boolean = v->bool_value != 0 };
		return 0;
	default:
		*at = (struct slo_value){ .type = SLO_VALUE_NUM };
		return read_double(r, f, &at->num, v);
	}
}

static int read_object(struct reader *r, const struct slo_rec_field *f, char *out, const Otlp__AnyValue *v)
{
	if (v->value_case != OTLP__ANY_VALUE__VALUE_KVLIST_VALUE)
		return refuse(r, f, "want a list of pairs");
	for (size_t i = 0; i < v->kvlist_value->n_values; i++) {
		const Otlp__KeyValue *pair = v->kvlist_value->values[i];

		for (uint32_t k = 0; pair->value && k < f->sub->count; k++) {
			const struct slo_rec_field *inner = &f->sub->fields[k];
			int ret;

			if (strcmp(inner->key, otlp_key(pair)) != 0)
				continue;
			ret = read_value(r, inner, inner->type, out + inner->off, pair->value);
			if (ret) {
				slo_err_at(r->err, "%s", f->key);
				return ret;
			}
			set_there(inner, out);
			break;
		}
	}
	return 0;
}

static uint32_t *count_at(const struct slo_rec_field *f, char *out)
{
	return (uint32_t *)(void *)(out + f->count_off);
}

static int element_type(int type)
{
	switch (type) {
	case SLO_REC_OBJS: return SLO_REC_OBJ;
	case SLO_REC_STRS: return SLO_REC_STR;
	case SLO_REC_ENUMS: return SLO_REC_ENUM;
	default: return SLO_REC_U64;
	}
}

static int read_list(struct reader *r, const struct slo_rec_field *f, char *out, const Otlp__AnyValue *v)
{
	uint32_t *n = count_at(f, out);
	int ret = 0;

	if (v->value_case != OTLP__ANY_VALUE__VALUE_ARRAY_VALUE)
		return refuse(r, f, "want an array");
	*n = 0;
	for (size_t i = 0; i < v->array_value->n_values && *n < f->max && ret == 0; i++, (*n)++) {
		char *at = out + f->off + (size_t)*n * f->stride;

		if (f->sub)
			slo_rec_clear(f->sub, at);
		ret = read_value(r, f, element_type(f->type), at, v->array_value->values[i]);
	}
	return ret;
}

/* Same text once bytes that are no UTF-8 have become U+FFFD. */
static bool same_written(struct slo_str a, struct slo_str b)
{
	while (a.len && b.len) {
		int32_t x, y;
		size_t n = slo_utf8_next(a, &x), m = slo_utf8_next(b, &y);

		if ((x < 0 ? 0xfffd : x) != (y < 0 ? 0xfffd : y))
			return false;
		a = slo_str_n(a.p + n, a.len - n);
		b = slo_str_n(b.p + m, b.len - m);
	}
	return a.len == b.len;
}

bool otlp_has_key(const void *pairs, uint32_t n, size_t stride, struct slo_str key)
{
	for (uint32_t i = 0; i < n; i++) {
		struct slo_str other;

		memcpy(&other, (const char *)pairs + i * stride, sizeof(other));
		if (key.len && other.len && key.p[0] != other.p[0] && !((key.p[0] | other.p[0]) & 0x80))
			continue;
		if (slo_str_eq(key, other) || same_written(key, other))
			return true;
	}
	return false;
}

/* One member of a map. More than it holds are passed over, and those whose key is there. */
static int add_to_map(struct reader *r, const struct slo_rec_field *f, char *out, struct slo_str key,
		      const Otlp__AnyValue *v)
{
	uint32_t *n = count_at(f, out);
	void *at = out + f->off + (size_t)*n * f->stride;
	int ret;

	if (*n == f->max || otlp_has_key(out + f->off, *n, f->stride, key))
		return 0;
	if (f->type == SLO_REC_STRMAP) {
		struct slo_pair *p = at;

		p->key = key;
		ret = read_text(r, f, SLO_REC_STR, &p->value, v);
	} else {
		struct slo_num_pair *p = at;

		p->key = key;
		ret = read_double(r, f, &p->value, v);
	}
	*n += ret == 0;
	return ret;
}

static int read_map(struct reader *r, const struct slo_rec_field *f, char *out, const Otlp__AnyValue *v)
{
	int ret = 0;

	if (v->value_case != OTLP__ANY_VALUE__VALUE_KVLIST_VALUE)
		return refuse(r, f, "want a list of pairs");
	*count_at(f, out) = 0;
	for (size_t i = 0; i < v->kvlist_value->n_values && ret == 0; i++) {
		const Otlp__KeyValue *pair = v->kvlist_value->values[i];

		if (pair->value)
			ret = add_to_map(r, f, out, slo_str(otlp_key(pair)), pair->value);
	}
	return ret;
}

static int read_value(struct reader *r, const struct slo_rec_field *f, int type, void *at, const Otlp__AnyValue *v)
{
	switch (type) {
	case SLO_REC_STR: case SLO_REC_TIME: case SLO_REC_ENUM:
		return read_text(r, f, type, at, v);
	case SLO_REC_F64:
		return read_double(r, f, at, v);
	case SLO_REC_I64: case SLO_REC_I32: case SLO_REC_U64:
		return read_int(r, f, type, at, v);
	case SLO_REC_BOOL:
		*(int *)at = v->bool_value != 0;
		return v->value_case == OTLP__ANY_VALUE__VALUE_BOOL_VALUE ? 0 : refuse(r, f, "want true or false");
	case SLO_REC_VALUE:
		return read_any(r, f, at, v);
	case SLO_REC_OBJ:
		return read_object(r, f, at, v);
	case SLO_REC_STRMAP: case SLO_REC_NUMMAP:
		return read_map(r, f, (char *)at - f->off, v);
	default:
		return read_list(r, f, (char *)at - f->off, v);
	}
}

/* Whether members of @where are among the attributes at hand. */
static bool wanted(const struct reader *r, int where)
{
	bool measured = where == OTLP_IN_MEASURED || where == OTLP_IN_MEASURED_PARTS;

	return where != OTLP_IN_FIELD && where != OTLP_IN_RESOURCE && measured == r->measured;
}

/* Return: 1 = the attribute was that of this member, 0 = of another, -EINVAL. */
static int try_member(struct reader *r, const struct slo_rec_field *f, const struct otlp_name *n, char *out,
		      const Otlp__KeyValue *pair)
{
	size_t before;
	int ret = 0;

	if (n->where == OTLP_IN_PARTS || n->where == OTLP_IN_MEASURED_PARTS) {
		struct reader inner = { .err = r->err };

		for (uint32_t i = 0; i < f->sub->count && ret == 0; i++)
			ret = try_member(&inner, &f->sub->fields[i], &n->parts[i], out + f->off, pair);
		if (ret == 1)
			set_there(f, out);
		return ret;
	}
	if (n->where == OTLP_IN_SPREAD) {
		before = strlen(n->name);
		if (strncmp(otlp_key(pair), n->name, before) != 0)
			return 0;
		ret = add_to_map(r, f, out, slo_str(otlp_key(pair) + before), pair->value);
		return ret ? ret : 1;
	}
	if (strcmp(otlp_key(pair), n->name) != 0)
		return 0;
	ret = read_value(r, f, f->type, out + f->off, pair->value);
	if (ret == 0)
		set_there(f, out);
	return ret ? ret : 1;
}

int otlp_members_in(const struct slo_rec *rec, const struct otlp_name *names, bool measured, size_t n,
		    Otlp__KeyValue *const *list, void *out, struct slo_err *err)
{
	struct reader r = { .err = err, .measured = measured };
	uint32_t at = 0;

	for (size_t i = 0; i < n; i++) {
		int ret = 0;

		/* Our own attributes come in the order of the table. */
		for (uint32_t tried = 0; list[i]->value && tried < rec->count && ret == 0; tried++) {
			if (wanted(&r, names[at].where))
				ret = try_member(&r, &rec->fields[at], &names[at], out, list[i]);
			if (ret == 0)
				at = at + 1 < rec->count ? at + 1 : 0;
		}
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* A required scalar that is not there. */
static bool is_missing(const struct slo_rec_field *f, const char *out)
{
	const void *at = out + f->off;

	if (f->flags & SLO_REC_OPT)
		return false;
	switch (f->type) {
	case SLO_REC_F64:
		return isnan(*(const double *)at);
	case SLO_REC_I64: case SLO_REC_TIME:
		return *(const int64_t *)at == SLO_ABSENT_I64;
	case SLO_REC_I32:
		return *(const int32_t *)at == SLO_ABSENT_I32;
	case SLO_REC_BOOL: case SLO_REC_ENUM:
		return *(const int *)at == -1;
	case SLO_REC_VALUE:
		return ((const struct slo_value *)at)->type == SLO_VALUE_NONE;
	default:
		return false;
	}
}

int otlp_members_check(const struct slo_rec *rec, const void *in, struct slo_err *err)
{
	for (uint32_t i = 0; i < rec->count; i++) {
		const struct slo_rec_field *f = &rec->fields[i];
		const char *at = (const char *)in + f->off;
		struct reader r = { .err = err };
		uint32_t n = 0;
		int ret = 0;

		if (is_missing(f, in))
			return refuse(&r, f, "required member is missing");
		if (f->type == SLO_REC_OBJ)
			n = !(f->flags & SLO_REC_OPT) || *(const bool *)((const char *)in + f->count_off);
		else if (f->type == SLO_REC_OBJS)
			n = *(const uint32_t *)(const void *)((const char *)in + f->count_off);
		for (uint32_t k = 0; k < n && ret == 0; k++)
			ret = otlp_members_check(f->sub, at + (size_t)k * f->stride, err);
		if (ret) {
			slo_err_at(err, "%s", f->key);
			return ret;
		}
	}
	return 0;
}
