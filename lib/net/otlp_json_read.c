/* SPDX-License-Identifier: MIT */
/* The JSON encoding, read token by token into the structs of protobuf-c, as their descriptors say. */
#include "base/num.h"
#include "net/otlp_internal.h"
#include "rec/lex.h"

#include <math.h>

struct reader {
	struct slo_otlp_decoder *d;
	struct slo_lex lex;
};

/* One value, as wide as any. */
union value {
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	double f64;
	protobuf_c_boolean boolean;
	char *text;
	ProtobufCBinaryData bytes;
	ProtobufCMessage *message;
};

static int read_message(struct reader *r, const ProtobufCMessageDescriptor *desc, ProtobufCMessage **out);

static int lex_failed(struct reader *r)
{
	struct slo_err err = { .what = "" };
	int ret = slo_lex_fail(&r->lex, &err);

	return otlp_fail(r->d, ret ? ret : -EINVAL, "%s", err.what);
}

static int wrong(struct reader *r, int token, const char *want)
{
	return token == SLO_LEX_ERROR ? lex_failed(r) : otlp_fail(r->d, -EINVAL, "want %s", want);
}

/* "18446744073709551615" */
static bool parse_u64(struct slo_str s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned int digit = (unsigned char)s.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return s.len > 0;
}

/* An integer, as a number or as a string of one, between @lo and @hi. */
static int read_signed(struct reader *r, int64_t lo, int64_t hi, int64_t *out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v);

	if (token == SLO_LEX_NUMBER && v.num.fits)
		*out = v.num.i64;
	else if (token != SLO_LEX_STRING || slo_parse_i64(v.str, out))
		return wrong(r, token, "an integer");
	return *out < lo || *out > hi ? otlp_fail(r->d, -EINVAL, "%lld is out of range", (long long)*out) : 0;
}

static int read_unsigned(struct reader *r, uint64_t hi, uint64_t *out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v);

	if (token == SLO_LEX_NUMBER && v.num.integer && !v.num.cut && !v.num.neg)
		*out = v.num.digits;
	else if (token != SLO_LEX_STRING || !parse_u64(v.str, out))
		return wrong(r, token, "an integer from 0 on");
	return *out > hi ? otlp_fail(r->d, -EINVAL, "%llu is out of range", (unsigned long long)*out) : 0;
}

static int read_double(struct reader *r, double *out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v);

	if (token == SLO_LEX_NUMBER)
		return slo_number_f64(&v.num, out) ? otlp_fail(r->d, -EINVAL, "too large for a double") : 0;
	if (token != SLO_LEX_STRING)
		return wrong(r, token, "a number");
	if (slo_str_is(v.str, "NaN"))
		*out = NAN;
	else if (slo_str_is(v.str, "Infinity"))
		*out = INFINITY;
	else if (slo_str_is(v.str, "-Infinity"))
		*out = -INFINITY;
	else if (slo_parse_f64(v.str, out))
		return otlp_fail(r->d, -EINVAL, "want a number");
	return 0;
}

static int read_bool(struct reader *r, protobuf_c_boolean *out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v);

	*out = token == SLO_LEX_TRUE;
	return token == SLO_LEX_TRUE || token == SLO_LEX_FALSE ? 0 : wrong(r, token, "true or false");
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int from_hex(struct reader *r, struct slo_str s, uint8_t *to, size_t *len)
{
	if (s.len % 2)
		return otlp_fail(r->d, -EINVAL, "want hex digits in pairs");
	for (size_t i = 0; i < s.len; i += 2) {
		int high = hex_digit(s.p[i]), low = hex_digit(s.p[i + 1]);

		if (high < 0 || low < 0)
			return otlp_fail(r->d, -EINVAL, "want hex digits");
		to[i / 2] = (uint8_t)(high << 4 | low);
	}
	*len = s.len / 2;
	return 0;
}

/* Both alphabets, padded or not: what writers of protobuf's JSON may send. */
static int from_base64(struct reader *r, struct slo_str s, uint8_t *to, size_t *len)
{
	uint32_t bits = 0, have = 0;

	*len = 0;
	while (s.len && s.p[s.len - 1] == '=')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
		char c = s.p[i] == '-' ? '+' : s.p[i] == '_' ? '/' : s.p[i];
		const char *at = c ? strchr(alphabet, c) : NULL;

		if (!at)
			return otlp_fail(r->d, -EINVAL, "want base64");
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[(*len)++] = (uint8_t)(bits >> have);
		}
	}
	return 0;
}

static int read_bytes(struct reader *r, const ProtobufCFieldDescriptor *f, ProtobufCBinaryData *out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v);

	if (token != SLO_LEX_STRING)
		return wrong(r, token, "a string");
	out->data = slo_otlp_arena_get(&r->d->arena, v.str.len + 1);
	if (!out->data)
		return otlp_no_memory(r->d);
	return (otlp_is_id(f) ? from_hex : from_base64)(r, v.str, out->data, &out->len);
}

static int read_text(struct reader *r, char **out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v);

	if (token != SLO_LEX_STRING)
		return wrong(r, token, "a string");
	*out = slo_otlp_arena_text(&r->d->arena, v.str);
	return *out ? 0 : otlp_no_memory(r->d);
}

/* A value of the type @f has. @size: of what was read. */
static int read_value(struct reader *r, const ProtobufCFieldDescriptor *f, size_t index, union value *v, size_t *size)
{
	int64_t i64 = 0;
	uint64_t u64 = 0;
	int ret;

	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_SINT32: case PROTOBUF_C_TYPE_SFIXED32:
		ret = read_signed(r, INT32_MIN, INT32_MAX, &i64);
		v->i32 = (int32_t)i64;
		*size = sizeof(v->i32);
		return ret;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		ret = read_unsigned(r, UINT32_MAX, &u64);
		v->u32 = (uint32_t)u64;
		*size = sizeof(v->u32);
		return ret;
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		*size = sizeof(v->i64);
		return read_signed(r, INT64_MIN, INT64_MAX, &v->i64);
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		*size = sizeof(v->u64);
		return read_unsigned(r, UINT64_MAX, &v->u64);
	case PROTOBUF_C_TYPE_DOUBLE:
		*size = sizeof(v->f64);
		return read_double(r, &v->f64);
	case PROTOBUF_C_TYPE_BOOL:
		*size = sizeof(v->boolean);
		return read_bool(r, &v->boolean);
	case PROTOBUF_C_TYPE_STRING:
		*size = sizeof(v->text);
		return read_text(r, &v->text);
	case PROTOBUF_C_TYPE_BYTES:
		*size = sizeof(v->bytes);
		return read_bytes(r, f, &v->bytes);
	case PROTOBUF_C_TYPE_MESSAGE:
		*size = sizeof(v->message);
		ret = otlp_enter(r->d, f, index);
		if (ret == 0) {
			ret = read_message(r, f->descriptor, &v->message);
			if (ret == 0)
				otlp_leave(r->d);
		}
		return ret;
	default:
		return otlp_fail(r->d, -EINVAL, "not a type of OTLP");
	}
}

/* Note that @f is there. */
static void set_quantifier(char *m, const ProtobufCFieldDescriptor *f)
{
	const protobuf_c_boolean yes = 1;
	bool pointer = f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE;

	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		memcpy(m + f->quantifier_offset, &f->id, sizeof(f->id));
	else if (!pointer)
		memcpy(m + f->quantifier_offset, &yes, sizeof(yes));
}

static int read_one(struct reader *r, char *m, const ProtobufCFieldDescriptor *f)
{
	union value v = { 0 };
	size_t size = 0;
	int ret;

	otlp_at(r->d, f, SIZE_MAX);
	ret = read_value(r, f, SIZE_MAX, &v, &size);
	if (ret)
		return ret;
	memcpy(m + f->offset, &v, size);
	set_quantifier(m, f);
	return 0;
}

/* Whether the next value is @c, or starts with it. */
static bool next_is(const struct reader *r, char c)
{
	const char *p = r->lex.p;

	while (p < r->lex.end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == ':' || *p == ','))
		p++;
	return p < r->lex.end && *p == c;
}

static int read_list(struct reader *r, char *m, const ProtobufCFieldDescriptor *f)
{
	struct slo_lex_value token_value;
	size_t n, size = 0;
	int ret, token;

	otlp_at(r->d, f, SIZE_MAX);
	token = slo_lex_next(&r->lex, &token_value);
	if (token != SLO_LEX_ARRAY)
		return wrong(r, token, "an array");
	memcpy(&n, m + f->quantifier_offset, sizeof(n));
	while (!next_is(r, ']')) {
		union value v = { 0 };

		otlp_at(r->d, f, n);
		ret = read_value(r, f, n, &v, &size);
		if (ret)
			return ret;
		if (!slo_otlp_arena_push(&r->d->arena, m + f->offset, &n, &v, size))
			return otlp_no_memory(r->d);
		memcpy(m + f->quantifier_offset, &n, sizeof(n));
	}
	token = slo_lex_next(&r->lex, &token_value);
	return token == SLO_LEX_ARRAY_END ? 0 : wrong(r, token, "the end of the array");
}

/* "logRecords" for log_records; the name as it is written in the .proto will do as well. */
static bool same_name(struct slo_str key, const char *name)
{
	size_t i = 0;

	for (; *name; name++) {
		bool capital = *name == '_';

		if (i >= key.len)
			return false;
		if (capital && key.p[i] != '_') {
			name++;
			if (key.p[i] != (char)(*name - 'a' + 'A'))
				return false;
		} else if (key.p[i] != *name) {
			return false;
		}
		i++;
	}
	return i == key.len;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *desc, struct slo_str key)
{
	for (unsigned int i = 0; i < desc->n_fields; i++)
		if (same_name(key, desc->fields[i].name))
			return &desc->fields[i];
	return NULL;
}

static int read_member(struct reader *r, const ProtobufCMessageDescriptor *desc, struct slo_str key, char *m)
{
	const ProtobufCFieldDescriptor *f = find_field(desc, key);

	if (!f || next_is(r, 'n')) {
		r->d->n.unknown += !f;
		return slo_lex_skip(&r->lex, NULL) ? lex_failed(r) : 0;
	}
	return f->label == PROTOBUF_C_LABEL_REPEATED ? read_list(r, m, f) : read_one(r, m, f);
}

static int read_message(struct reader *r, const ProtobufCMessageDescriptor *desc, ProtobufCMessage **out)
{
	struct slo_lex_value v;
	int token = slo_lex_next(&r->lex, &v), ret = 0;
	char *m;

	if (token != SLO_LEX_OBJECT)
		return wrong(r, token, "an object");
	m = slo_otlp_arena_get(&r->d->arena, desc->sizeof_message);
	if (!m)
		return otlp_no_memory(r->d);
	protobuf_c_message_init(desc, m);
	while (ret == 0) {
		otlp_at(r->d, NULL, SIZE_MAX);
		token = slo_lex_next(&r->lex, &v);
		if (token == SLO_LEX_OBJECT_END)
			break;
		ret = token == SLO_LEX_KEY ? read_member(r, desc, v.str, m) : lex_failed(r);
	}
	if (ret == 0)
		*out = (ProtobufCMessage *)(void *)m;
	return ret;
}

int otlp_json_decode(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct slo_str body,
		     const ProtobufCMessage **out)
{
	struct reader r = { .d = d };
	struct slo_lex_value v;
	ProtobufCMessage *m = NULL;
	int ret;

	slo_lex_init(&r.lex, body.p ? body.p : "", body.len, &d->scratch);
	r.lex.nul = true;
	ret = read_message(&r, desc, &m);
	if (ret)
		return ret;
	d->place.depth = 0;
	otlp_at(d, NULL, SIZE_MAX);
	if (slo_lex_next(&r.lex, &v) != SLO_LEX_END)
		return lex_failed(&r);
	*out = m;
	return 0;
}
