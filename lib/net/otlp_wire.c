/* SPDX-License-Identifier: MIT */
/*
 * The protobuf encoding. protobuf-c reads and writes it; it bounds neither nesting nor numbers and says of
 * a failure only that there is one, so a pass of our own over the bytes goes first.
 */
#include "net/otlp_internal.h"

struct wire {
	const uint8_t *p, *end;
};

enum { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_FIXED32 = 5 };

/* Return: false when it does not end, or is longer than ten bytes. */
static bool varint(struct wire *w, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; w->p < w->end && shift < 70; shift += 7) {
		uint8_t b = *w->p++;

		v |= shift < 64 ? (uint64_t)(b & 0x7f) << shift : 0;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

static int wire_of(ProtobufCType t)
{
	switch (t) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return WIRE_BYTES;
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return WIRE_FIXED64;
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return WIRE_FIXED32;
	default:
		return WIRE_VARINT;
	}
}

static bool take(struct wire *w, uint64_t n, struct wire *out)
{
	if (n > (uint64_t)(w->end - w->p))
		return false;
	*out = (struct wire){ w->p, w->p + n };
	w->p += n;
	return true;
}

/* The value behind a key. */
static int pass_value(struct slo_otlp_decoder *d, struct wire *w, unsigned int type, struct wire *inner)
{
	uint64_t n;

	switch (type) {
	case WIRE_VARINT:
		return varint(w, &n) ? 0 : otlp_fail(d, -EINVAL, "a number does not end");
	case WIRE_FIXED64:
		return take(w, 8, inner) ? 0 : otlp_fail(d, -EINVAL, "ends inside a number");
	case WIRE_FIXED32:
		return take(w, 4, inner) ? 0 : otlp_fail(d, -EINVAL, "ends inside a number");
	case WIRE_BYTES:
		if (!varint(w, &n))
			return otlp_fail(d, -EINVAL, "a length does not end");
		if (!take(w, n, inner))
			return otlp_fail(d, -EINVAL, "%llu bytes are announced, %td are left", (unsigned long long)n,
					 w->end - w->p);
		return 0;
	default:
		return otlp_fail(d, -EINVAL, "wire type %u is not part of OTLP", type);
	}
}

static int pass_message(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct wire w);

static int pass_field(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct wire *w,
		      size_t *counts)
{
	const ProtobufCFieldDescriptor *f;
	struct wire inner = { NULL, NULL };
	unsigned int type;
	uint64_t key;
	size_t index;
	bool packed;
	int r;

	otlp_at(d, NULL, SIZE_MAX);
	if (!varint(w, &key) || key >> 3 == 0 || key >> 3 > (1u << 29) - 1)
		return otlp_fail(d, -EINVAL, "no field starts here");
	f = protobuf_c_message_descriptor_get_field(desc, (unsigned int)(key >> 3));
	type = (unsigned int)(key & 7);
	if (!f) {
		d->n.unknown++;
		return pass_value(d, w, type, &inner);
	}
	index = f->label == PROTOBUF_C_LABEL_REPEATED ? counts[f - desc->fields]++ : SIZE_MAX;
	otlp_at(d, f, index);
	packed = f->label == PROTOBUF_C_LABEL_REPEATED && type == WIRE_BYTES && wire_of(f->type) != WIRE_BYTES;
	if (!packed && type != (unsigned int)wire_of(f->type))
		return otlp_fail(d, -EINVAL, "wire type %u where %d belongs", type, wire_of(f->type));
	r = pass_value(d, w, type, &inner);
	if (r || f->type != PROTOBUF_C_TYPE_MESSAGE)
		return r;
	r = otlp_enter(d, f, index);
	if (r == 0) {
		r = pass_message(d, f->descriptor, inner);
		otlp_leave(d);
	}
	return r;
}

enum { FIELDS_MAX = 16 };

static int pass_message(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct wire w)
{
	size_t counts[FIELDS_MAX] = { 0 };
	int r = 0;

	while (r == 0 && w.p < w.end)
		r = pass_field(d, desc, &w, counts);
	return r;
}

static void *arena_alloc(void *arg, size_t n)
{
	return slo_otlp_arena_get(arg, n);
}

static void arena_free(void *arg, void *p)
{
	(void)arg;
	(void)p;
}

int otlp_wire_decode(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct slo_str body,
		     const ProtobufCMessage **out)
{
	ProtobufCAllocator alloc = { arena_alloc, arena_free, &d->arena };
	const uint8_t *p = (const uint8_t *)(body.p ? body.p : "");
	ProtobufCMessage *m;
	int r = pass_message(d, desc, (struct wire){ p, p + body.len });

	if (r)
		return r;
	d->place.depth = 0;
	otlp_at(d, NULL, SIZE_MAX);
	m = protobuf_c_message_unpack(desc, &alloc, body.len, p);
	if (!m)
		return d->arena.err ? otlp_no_memory(d)
				     : otlp_fail(d, -EINVAL, "not readable as %s", desc->short_name);
	*out = m;
	return 0;
}

int otlp_wire_encode(const ProtobufCMessage *m, struct slo_buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	char *to = slo_buf_room(out, n);

	if (!to)
		return out->err;
	out->len += protobuf_c_message_pack(m, (uint8_t *)to);
	out->data[out->len] = '\0';
	return out->err;
}
