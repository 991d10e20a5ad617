/* SPDX-License-Identifier: MIT */
/* The JSON encoding, written from the structs of protobuf-c, as their descriptors say. */
#include "base/num.h"
#include "net/otlp_internal.h"

#include <inttypes.h>
#include <math.h>
#include <openssl/evp.h>

static void write_message(const ProtobufCMessage *m, struct slo_buf *out);

static void write_hex(const ProtobufCBinaryData *b, struct slo_buf *out)
{
	char *to = slo_buf_room(out, 2 * b->len + 2);

	if (!to)
		return;
	*to++ = '"';
	for (size_t i = 0; i < b->len; i++) {
		*to++ = "0123456789abcdef"[b->data[i] >> 4];
		*to++ = "0123456789abcdef"[b->data[i] & 15];
	}
	*to = '"';
	out->len += 2 * b->len + 2;
}

static void write_base64(const ProtobufCBinaryData *b, struct slo_buf *out)
{
	size_t n = (b->len + 2) / 3 * 4;
	char *to;

	slo_buf_addc(out, '"');
	to = slo_buf_room(out, n + 1);
	if (!to)
		return;
	if (n)
		EVP_EncodeBlock((unsigned char *)to, b->data, (int)b->len);
	out->len += n;
	slo_buf_addc(out, '"');
}

static void write_double(double v, struct slo_buf *out)
{
	if (isfinite(v))
		slo_json_add_f64(out, v);
	else
		slo_buf_adds(out, isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

static void write_i64(int64_t v, bool quoted, struct slo_buf *out)
{
	char text[SLO_NUM_MAX + 2];
	size_t n = 0;

	text[n] = '"';
	n = quoted + slo_fmt_i64(text + quoted, v);
	text[n] = '"';
	slo_buf_add(out, text, n + quoted);
}

static void write_u64(uint64_t v, struct slo_buf *out)
{
	if (v <= INT64_MAX)
		write_i64((int64_t)v, true, out);
	else
		slo_buf_addf(out, "\"%" PRIu64 "\"", v);
}

/* The size of a value of this type, in a struct and in an array. */
static size_t size_of(ProtobufCType t)
{
	switch (t) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64: case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	default:
		return 4;
	}
}

static void write_value(const ProtobufCFieldDescriptor *f, const void *at, struct slo_buf *out)
{
	union {
		int32_t i32;
		uint32_t u32;
		int64_t i64;
		uint64_t u64;
		double f64;
		const char *text;
		const ProtobufCMessage *message;
		ProtobufCBinaryData bytes;
	} v;

	memcpy(&v, at, size_of(f->type));
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		slo_json_add_str(out, slo_str(v.text));
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		write_message(v.message, out);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		(otlp_is_id(f) ? write_hex : write_base64)(&v.bytes, out);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		write_double(v.f64, out);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		slo_buf_adds(out, v.i32 ? "true" : "false");
		break;
	case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_FIXED64:
		write_u64(v.u64, out);
		break;
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_SINT64: case PROTOBUF_C_TYPE_SFIXED64:
		write_i64(v.i64, true, out);
		break;
	case PROTOBUF_C_TYPE_UINT32: case PROTOBUF_C_TYPE_FIXED32:
		write_i64(v.u32, false, out);
		break;
	default:
		write_i64(v.i32, false, out);
	}
}

static void write_list(const ProtobufCFieldDescriptor *f, const char *m, size_t n, struct slo_buf *out)
{
	const char *items;

	memcpy(&items, m + f->offset, sizeof(items));
	slo_buf_addc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			slo_buf_addc(out, ',');
		write_value(f, items + i * size_of(f->type), out);
	}
	slo_buf_addc(out, ']');
}

/* How many values of @f there are. */
static size_t count_of(const ProtobufCFieldDescriptor *f, const char *m)
{
	const void *pointer;
	uint32_t is;
	size_t n;

	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		memcpy(&n, m + f->quantifier_offset, sizeof(n));
		return n;
	}
	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		memcpy(&is, m + f->quantifier_offset, sizeof(is));
		return is == f->id;
	}
	if (f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE) {
		memcpy(&pointer, m + f->offset, sizeof(pointer));
		return pointer != NULL;
	}
	memcpy(&is, m + f->quantifier_offset, sizeof(is));
	return is != 0;
}

static void write_message(const ProtobufCMessage *m, struct slo_buf *out)
{
	const char *p = (const char *)m;
	bool first = true;

	slo_buf_addc(out, '{');
	for (unsigned int i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		size_t n = count_of(f, p);
		char name[OTLP_NAME_MAX + 4];
		size_t len;

		if (n == 0)
			continue;
		len = otlp_name(f, name + 2);
		name[0] = ',';
		name[1] = '"';
		memcpy(name + 2 + len, "\":", 2);
		slo_buf_add(out, name + first, len + 4 - first);
		first = false;
		if (f->label == PROTOBUF_C_LABEL_REPEATED)
			write_list(f, p, n, out);
		else
			write_value(f, p + f->offset, out);
	}
	slo_buf_addc(out, '}');
}

int otlp_json_encode(const ProtobufCMessage *m, struct slo_buf *out)
{
	write_message(m, out);
	return out->err;
}
