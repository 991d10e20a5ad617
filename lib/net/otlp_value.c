/* SPDX-License-Identifier: MIT */
#include "net/otlp_value.h"

#include "base/time.h"
#include "render/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Takes what comes when the arena is at its end; nobody reads it. */
static _Thread_local Otlp__AnyValue nowhere;

/* The structs of protobuf-c hold writable strings; nobody writes to these. */
static char *writable(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* Nothing but ASCII, or whole characters. */
static bool is_utf8(struct slo_str s)
{
	while (s.len) {
		int32_t cp = (unsigned char)*s.p;
		size_t n = 1;

		if (cp >= 0x80)
			n = slo_utf8_next(s, &cp);
		if (cp <= 0)
			return false;
		s.p += n;
		s.len -= n;
	}
	return true;
}

char *otlp_text_behind(struct slo_otlp_arena *a, const char *before, struct slo_str s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t room = is_utf8(s) ? s.len : 3 * s.len, at = strlen(before);
	char *to = slo_otlp_arena_get(a, at + room + 1);

	if (!to)
		return NULL;
	memcpy(to, before, at);
	if (room == s.len && s.len) {
		memcpy(to + at, s.p, s.len);
		at += s.len;
		s.len = 0;
	}
	while (s.len) {
		int32_t cp;
		size_t n = slo_utf8_next(s, &cp);
		bool good = cp > 0;

		memcpy(to + at, good ? s.p : replacement, good ? n : 3);
		at += good ? n : 3;
		s.p += n;
		s.len -= n;
	}
	to[at] = '\0';
	return to;
}

char *otlp_text(struct slo_otlp_arena *a, struct slo_str s)
{
	return otlp_text_behind(a, "", s);
}

Otlp__AnyValue *otlp_attr(struct otlp_attrs *a, const char *key)
{
	struct {
		Otlp__KeyValue pair;
		Otlp__AnyValue value;
	} *both = NULL;

	if (a->n < OTLP_ATTRS_MAX)
		both = slo_otlp_arena_get(a->arena, sizeof(*both));
	if (!both) {
		a->err = -ENOMEM;
		return &nowhere;
	}
	otlp__key_value__init(&both->pair);
	otlp__any_value__init(&both->value);
	both->pair.key = writable(key);
	both->pair.value = &both->value;
	a->list[a->n++] = &both->pair;
	return &both->value;
}

static void set_text(struct slo_otlp_arena *arena, Otlp__AnyValue *v, struct slo_str s, int *err)
{
	v->value_case = OTLP__ANY_VALUE__VALUE_STRING_VALUE;
	v->string_value = otlp_text(arena, s);
	if (!v->string_value) {
		v->value_case = OTLP__ANY_VALUE__VALUE__NOT_SET;
		*err = -ENOMEM;
	}
}

static void set_int(Otlp__AnyValue *v, int64_t n)
{
	v->value_case = OTLP__ANY_VALUE__VALUE_INT_VALUE;
	v->int_value = n;
}

static void set_double(Otlp__AnyValue *v, double n)
{
	v->value_case = OTLP__ANY_VALUE__VALUE_DOUBLE_VALUE;
	v->double_value = n;
}

static void set_bool(Otlp__AnyValue *v, bool yes)
{
	v->value_case = OTLP__ANY_VALUE__VALUE_BOOL_VALUE;
	v->bool_value = yes;
}

void otlp_attr_text(struct otlp_attrs *a, const char *key, struct slo_str s)
{
	set_text(a->arena, otlp_attr(a, key), s, &a->err);
}

void otlp_attr_int(struct otlp_attrs *a, const char *key, int64_t v)
{
	set_int(otlp_attr(a, key), v);
}

void otlp_attr_double(struct otlp_attrs *a, const char *key, double v)
{
	set_double(otlp_attr(a, key), v);
}

int otlp_attrs_end(struct otlp_attrs *a, size_t *n, Otlp__KeyValue ***list)
{
	if (a->err)
		return a->err;
	*n = a->n;
	if (a->n == 0)
		return 0;
	*list = slo_otlp_arena_get(a->arena, a->n * sizeof(**list));
	if (!*list)
		return -ENOMEM;
	memcpy(*list, a->list, a->n * sizeof(**list));
	return 0;
}

static uint8_t digit_of(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

ProtobufCBinaryData otlp_id(struct slo_otlp_arena *a, struct slo_str hex, size_t digits)
{
	ProtobufCBinaryData b = { 0, NULL };

	if (!otlp_is_hex(hex, digits))
		return b;
	b.data = slo_otlp_arena_get(a, digits / 2);
	for (size_t i = 0; b.data && i < digits / 2; i++)
		b.data[i] = (uint8_t)(digit_of(hex.p[2 * i]) << 4 | digit_of(hex.p[2 * i + 1]));
	b.len = b.data ? digits / 2 : 0;
	return b;
}

struct slo_str otlp_hex(struct slo_otlp_arena *a, const ProtobufCBinaryData *b)
{
	char *p = b->len ? slo_otlp_arena_get(a, 2 * b->len) : NULL;

	for (size_t i = 0; p && i < b->len; i++) {
		p[2 * i] = "0123456789abcdef"[b->data[i] >> 4];
		p[2 * i + 1] = "0123456789abcdef"[b->data[i] & 15];
	}
	return slo_str_n(p, p ? 2 * b->len : 0);
}

/* What is being written, and what became of it. */
struct writer {
	struct slo_otlp_arena *arena;
	struct slo_err *err;
	int ret; /* 0, -EINVAL, -ENOMEM */
};

static void refuse(struct writer *w, const struct slo_rec_field *f, const char *why)
{
	if (!w->ret)
		w->ret = slo_err_set(w->err, -EINVAL, "%s", why);
	slo_err_at(w->err, "%s", f->key);
}

static uint32_t count_of(const struct slo_rec_field *f, const char *in)
{
	return *(const uint32_t *)(const void *)(in + f->count_off);
}

/* A member that is not there, or what a required one reads as without being said: an empty string, no count. */
static bool is_absent(const struct slo_rec_field *f, const char *in)
{
	const void *at = in + f->off;

	switch (f->type) {
	case SLO_REC_STR:
		return f->flags & SLO_REC_OPT ? !((const struct slo_str *)at)->p : !((const struct slo_str *)at)->len;
	case SLO_REC_F64:
		return isnan(*(const double *)at);
	case SLO_REC_I64: case SLO_REC_TIME:
		return *(const int64_t *)at == SLO_ABSENT_I64;
	case SLO_REC_I32:
		return *(const int32_t *)at == SLO_ABSENT_I32;
	case SLO_REC_U64:
		return *(const uint64_t *)at == 0;
	case SLO_REC_BOOL: case SLO_REC_ENUM:
		return *(const int *)at == -1;
	case SLO_REC_VALUE:
		return ((const struct slo_value *)at)->type == SLO_VALUE_NONE;
	case SLO_REC_OBJ:
		return f->flags & SLO_REC_OPT && !*(const bool *)(in + f->count_off);
	default:
		return count_of(f, in) == 0;
	}
}

static bool is_required(const struct slo_rec_field *f)
{
	return !(f->flags & SLO_REC_OPT) && f->type != SLO_REC_STR && f->type != SLO_REC_U64 && f->type < SLO_REC_OBJ;
}

static void write_value(struct writer *w, const struct slo_rec_field *f, int type, const void *at, Otlp__AnyValue *v);

/* The members of a nested object as pairs. */
static void write_object(struct writer *w, const struct slo_rec *rec, const char *in, Otlp__AnyValue *v)
{
	struct otlp_attrs pairs = { .arena = w->arena };
	Otlp__KeyValueList *list = slo_otlp_arena_get(w->arena, sizeof(*list));

	if (!list) {
		w->ret = -ENOMEM;
		return;
	}
	otlp__key_value_list__init(list);
	for (uint32_t i = 0; i < rec->count && !w->ret; i++) {
		const struct slo_rec_field *f = &rec->fields[i];

		if (!is_absent(f, in))
			write_value(w, f, f->type, in + f->off, otlp_attr(&pairs, f->key));
		else if (is_required(f))
			refuse(w, f, "required member is missing");
	}
	if (otlp_attrs_end(&pairs, &list->n_values, &list->values))
		w->ret = -ENOMEM;
	v->value_case = OTLP__ANY_VALUE__VALUE_KVLIST_VALUE;
	v->kvlist_value = list;
}

/* What one element of a list is. */
static int element_type(int type)
{
	switch (type) {
	case SLO_REC_OBJS: return SLO_REC_OBJ;
	case SLO_REC_STRS: return SLO_REC_STR;
	case SLO_REC_ENUMS: return SLO_REC_ENUM;
	default: return SLO_REC_U64;
	}
}

static void write_list(struct writer *w, const struct slo_rec_field *f, const char *in, Otlp__AnyValue *v)
{
	Otlp__ArrayValue *list = slo_otlp_arena_get(w->arena, sizeof(*list));
	uint32_t n = count_of(f, in);

	if (!list) {
		w->ret = -ENOMEM;
		return;
	}
	otlp__array_value__init(list);
	v->value_case = OTLP__ANY_VALUE__VALUE_ARRAY_VALUE;
	v->array_value = list;
	for (uint32_t i = 0; i < n && !w->ret; i++) {
		Otlp__AnyValue *one = slo_otlp_arena_get(w->arena, sizeof(*one));

		if (one)
			otlp__any_value__init(one);
		if (!one || !slo_otlp_arena_push(w->arena, &list->values, &list->n_values, &one, sizeof(one))) {
			w->ret = -ENOMEM;
			return;
		}
		write_value(w, f, element_type(f->type), in + f->off + (size_t)i * f->stride, one);
	}
}

/* Members of a map as attributes, @prefix in front of each name. */
static void write_map(struct writer *w, const struct slo_rec_field *f, const char *in, const char *prefix,
		      struct otlp_attrs *to)
{
	for (uint32_t i = 0; i < count_of(f, in) && !w->ret; i++) {
		const void *at = in + f->off + (size_t)i * f->stride;
		const struct slo_pair *p = at;
		const struct slo_num_pair *q = at;
		char *key = otlp_text_behind(w->arena, prefix, p->key);

		if (!key) {
			w->ret = -ENOMEM;
			return;
		}
		if (f->type == SLO_REC_STRMAP)
			otlp_attr_text(to, key, p->value);
		else if (isfinite(q->value))
			otlp_attr_double(to, key, q->value);
		else
			refuse(w, f, "not a number");
	}
}

static void write_map_value(struct writer *w, const struct slo_rec_field *f, const char *in, Otlp__AnyValue *v)
{
	struct otlp_attrs pairs = { .arena = w->arena };
	Otlp__KeyValueList *list = slo_otlp_arena_get(w->arena, sizeof(*list));

	if (!list) {
		w->ret = -ENOMEM;
		return;
	}
	otlp__key_value_list__init(list);
	write_map(w, f, in, "", &pairs);
	if (otlp_attrs_end(&pairs, &list->n_values, &list->values))
		w->ret = -ENOMEM;
	v->value_case = OTLP__ANY_VALUE__VALUE_KVLIST_VALUE;
	v->kvlist_value = list;
}

static void write_time(struct writer *w, int64_t ns, Otlp__AnyValue *v)
{
	char text[SLO_RFC3339_MAX];

	set_text(w->arena, v, slo_str_n(text, slo_fmt_rfc3339(text, ns)), &w->ret);
}

static void write_any(struct writer *w, const struct slo_value *in, Otlp__AnyValue *v)
{
	if (in->type == SLO_VALUE_STR)
		set_text(w->arena, v, in->str, &w->ret);
	else if (in->type == SLO_VALUE_NUM)
		set_double(v, in->num);
	else
		set_bool(v, in->boolean != 0);
}

/* One value of @type, @at the value itself (of lists and maps: their place in the struct is at @f->off). */
static void write_value(struct writer *w, const struct slo_rec_field *f, int type, const void *at, Otlp__AnyValue *v)
{
	switch (type) {
	case SLO_REC_STR:
		set_text(w->arena, v, *(const struct slo_str *)at, &w->ret);
		break;
	case SLO_REC_F64:
		set_double(v, *(const double *)at);
		if (!isfinite(*(const double *)at))
			refuse(w, f, "not a number");
		break;
	case SLO_REC_I64:
		set_int(v, *(const int64_t *)at);
		break;
	case SLO_REC_I32:
		set_int(v, *(const int32_t *)at);
		break;
	case SLO_REC_U64:
		set_int(v, (int64_t)*(const uint64_t *)at);
		if (*(const uint64_t *)at > INT64_MAX)
			refuse(w, f, "too large a count");
		break;
	case SLO_REC_BOOL:
		set_bool(v, *(const int *)at != 0);
		break;
	case SLO_REC_ENUM:
		if (*(const int *)at < 0 || *(const int *)at >= f->en->count)
			refuse(w, f, "not a value of its list");
		set_text(w->arena, v, slo_str(slo_enum_name(f->en, *(const int *)at)), &w->ret);
		break;
	case SLO_REC_TIME:
		write_time(w, *(const int64_t *)at, v);
		break;
	case SLO_REC_VALUE:
		write_any(w, at, v);
		break;
	case SLO_REC_OBJ:
		write_object(w, f->sub, at, v);
		break;
	case SLO_REC_STRMAP: case SLO_REC_NUMMAP:
		write_map_value(w, f, (const char *)at - f->off, v);
		break;
	default:
		write_list(w, f, (const char *)at - f->off, v);
	}
}

/* Into a field of the message when that can hold it. Return: whether it could. */
static bool write_own(struct writer *w, int where, const struct slo_rec_field *f, const void *at, struct otlp_own *own)
{
	int64_t ns;

	switch (where) {
	case OTLP_IN_TIME:
		ns = *(const int64_t *)at;
		own->time = ns > 0 ? (uint64_t)ns : 0;
		return ns > 0;
	case OTLP_IN_TRACE:
		own->trace = otlp_id(w->arena, *(const struct slo_str *)at, 32);
		return own->trace.len;
	case OTLP_IN_SPAN:
		own->span = otlp_id(w->arena, *(const struct slo_str *)at, 16);
		return own->span.len;
	default:
		(void)f;
		return false;
	}
}

static void write_members(struct writer *w, const struct slo_rec *rec, const struct otlp_name *names, const char *in,
			  struct otlp_attrs *attributes, struct otlp_attrs *measured, struct otlp_own *own);

/* An object as attributes; of one that has nothing to say its first member all the same, so that it is there. */
static void write_parts(struct writer *w, const struct slo_rec *rec, const struct otlp_name *names, const char *in,
			struct otlp_attrs *to)
{
	const struct slo_rec_field *f = &rec->fields[0];
	size_t before = to->n;

	write_members(w, rec, names, in, to, NULL, NULL);
	if (to->n == before)
		write_value(w, f, f->type, in + f->off, otlp_attr(to, names[0].name));
}

static void write_members(struct writer *w, const struct slo_rec *rec, const struct otlp_name *names, const char *in,
			  struct otlp_attrs *attributes, struct otlp_attrs *measured, struct otlp_own *own)
{
	for (uint32_t i = 0; i < rec->count && !w->ret; i++) {
		const struct slo_rec_field *f = &rec->fields[i];
		const struct otlp_name *n = &names[i];
		bool parts = n->where == OTLP_IN_PARTS || n->where == OTLP_IN_MEASURED_PARTS;
		bool apart = n->where == OTLP_IN_MEASURED || n->where == OTLP_IN_MEASURED_PARTS;
		struct otlp_attrs *to = apart ? measured : attributes;

		if (is_absent(f, in)) {
			if (is_required(f))
				refuse(w, f, "required member is missing");
			continue;
		}
		if (n->where == OTLP_IN_FIELD || n->where == OTLP_IN_RESOURCE)
			continue;
		if (parts)
			write_parts(w, f->sub, n->parts, in + f->off, to);
		else if (n->where == OTLP_IN_SPREAD)
			write_map(w, f, in, n->name, to);
		else if (!write_own(w, n->where, f, in + f->off, own))
			write_value(w, f, f->type, in + f->off, otlp_attr(to, n->name));
	}
}

int otlp_members_out(const struct slo_rec *rec, const struct otlp_name *names, const void *in,
		     struct otlp_attrs *attributes, struct otlp_attrs *measured, struct otlp_own *own,
		     struct slo_err *err)
{
	struct writer w = { .arena = attributes->arena, .err = err };

	write_members(&w, rec, names, in, attributes, measured, own);
	return w.ret;
}
