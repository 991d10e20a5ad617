/* SPDX-License-Identifier: MIT */
#include "net/otlp_answer.h"

#include "base/num.h"
#include "rec/lex.h"

#include <errno.h>

enum { VARINT_MAX = 10, WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LEN = 2, WIRE_32 = 5 };

/* One field of a protobuf message. */
struct field {
	uint64_t number;
	uint64_t value;      /* of a varint */
	struct slo_str text; /* of what has a length; p NULL for a varint */
};

static int take_varint(struct slo_str *in, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < VARINT_MAX && i < in->len; i++) {
		uint8_t b = (uint8_t)in->p[i];

		*out |= (uint64_t)(b & 0x7f) << (7 * i);
		if (b & 0x80)
			continue;
		*in = slo_str_n(in->p + i + 1, in->len - i - 1);
		return 0;
	}
	return -EBADMSG;
}

static int take_bytes(struct slo_str *in, uint64_t n, struct slo_str *out)
{
	if (n > in->len)
		return -EBADMSG;
	*out = slo_str_n(in->p, (size_t)n);
	*in = slo_str_n(in->p + n, in->len - (size_t)n);
	return 0;
}

static int take_field(struct slo_str *in, struct field *f)
{
	uint64_t key, n;

	*f = (struct field){ .number = 0 };
	if (take_varint(in, &key) || !(f->number = key >> 3))
		return -EBADMSG;
	switch (key & 7) {
	case WIRE_VARINT:
		return take_varint(in, &f->value);
	case WIRE_64:
		return take_bytes(in, 8, &f->text);
	case WIRE_32:
		return take_bytes(in, 4, &f->text);
	case WIRE_LEN:
		return take_varint(in, &n) ? -EBADMSG : take_bytes(in, n, &f->text);
	default:
		return -EBADMSG;
	}
}

static void keep_message(char message[SLO_OTLP_MESSAGE_MAX], struct slo_str s)
{
	slo_str_copy(message, SLO_OTLP_MESSAGE_MAX, s);
	for (char *c = message; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = ' ';
}

/* {number = 1, text = 2}: the inside of a partial success, and a Status. */
static int read_pair(struct slo_str in, int64_t *number, char message[SLO_OTLP_MESSAGE_MAX])
{
	while (in.len) {
		struct field f;

		if (take_field(&in, &f))
			return -EBADMSG;
		if (f.number == 1 && !f.text.p)
			*number = (int64_t)f.value;
		if (f.number == 2 && f.text.p)
			keep_message(message, f.text);
	}
	return 0;
}

static int read_protobuf(struct slo_str in, struct slo_otlp_answer *a)
{
	while (in.len) {
		struct field f;

		if (take_field(&in, &f) || (f.number == 1 && f.text.p && read_pair(f.text, &a->rejected, a->message)))
			return -EBADMSG;
	}
	return 0;
}

/* A member's name tells what it is: the number, by any of @names, or the text @message. */
static int read_member(struct slo_lex *l, struct slo_str key, const char *const *names, int64_t *number,
		       const char *text, char message[SLO_OTLP_MESSAGE_MAX])
{
	struct slo_lex_value v;
	bool is_number = false;
	int token;

	for (; *names; names++)
		is_number |= slo_str_is(key, *names);
	if (!is_number && !slo_str_is(key, text))
		return slo_lex_skip(l, NULL);
	token = slo_lex_next(l, &v);
	if (token == SLO_LEX_NULL)
		return 0;
	if (!is_number && token == SLO_LEX_STRING) {
		keep_message(message, v.str);
		return 0;
	}
	/* 64-bit integers are strings in JSON; some senders write numbers. */
	if (is_number && token == SLO_LEX_STRING)
		return slo_parse_i64(v.str, number);
	if (!is_number || token != SLO_LEX_NUMBER || !v.num.fits)
		return -EBADMSG;
	*number = v.num.i64;
	return 0;
}

/* The members of an object whose brace was read. */
static int read_members(struct slo_lex *l, const char *const *names, int64_t *number, const char *text,
			char message[SLO_OTLP_MESSAGE_MAX])
{
	struct slo_lex_value v;
	int token;

	while ((token = slo_lex_next(l, &v)) == SLO_LEX_KEY)
		if (read_member(l, v.str, names, number, text, message))
			return -EBADMSG;
	return token == SLO_LEX_OBJECT_END ? 0 : -EBADMSG;
}

static int read_partial(struct slo_lex *l, struct slo_otlp_answer *a)
{
	const char *const names[] = { slo_otlp_signal_info[0].rejected, slo_otlp_signal_info[1].rejected,
				      slo_otlp_signal_info[2].rejected, NULL };
	struct slo_lex_value v;
	int token = slo_lex_next(l, &v);

	if (token == SLO_LEX_NULL)
		return 0;
	return token == SLO_LEX_OBJECT ? read_members(l, names, &a->rejected, "errorMessage", a->message) : -EBADMSG;
}

static int read_json(struct slo_lex *l, struct slo_otlp_answer *a)
{
	struct slo_lex_value v;
	int token;

	if (slo_lex_next(l, &v) != SLO_LEX_OBJECT)
		return -EBADMSG;
	while ((token = slo_lex_next(l, &v)) == SLO_LEX_KEY)
		if (slo_str_is(v.str, "partialSuccess") ? read_partial(l, a) : slo_lex_skip(l, NULL))
			return -EBADMSG;
	return token == SLO_LEX_OBJECT_END && slo_lex_next(l, &v) == SLO_LEX_END ? 0 : -EBADMSG;
}

int slo_otlp_answer_read(enum slo_otlp_encoding e, struct slo_str body, struct slo_otlp_answer *out)
{
	struct slo_buf scratch;
	struct slo_lex l;
	int r = 0;

	*out = (struct slo_otlp_answer){ .rejected = 0 };
	slo_buf_init(&scratch, body.len + 1);
	slo_lex_init(&l, body.p, body.len, &scratch);
	/* No body at all is what a receiver of protobuf says when all went well; some say so in JSON too. */
	if (body.len)
		r = e == SLO_OTLP_JSON ? read_json(&l, out) : read_protobuf(body, out);
	slo_buf_fini(&scratch);
	if (r || out->rejected < 0)
		*out = (struct slo_otlp_answer){ .rejected = 0 };
	return r ? -EBADMSG : 0;
}

int slo_otlp_status_read(enum slo_otlp_encoding e, struct slo_str body, char message[SLO_OTLP_MESSAGE_MAX])
{
	static const char *const names[] = { "code", NULL };
	struct slo_lex_value v;
	struct slo_buf scratch;
	struct slo_lex l;
	int64_t code = 0;
	int r;

	message[0] = '\0';
	if (e == SLO_OTLP_PROTOBUF)
		return read_pair(body, &code, message);
	slo_buf_init(&scratch, body.len + 1);
	slo_lex_init(&l, body.p, body.len, &scratch);
	r = body.len && slo_lex_next(&l, &v) == SLO_LEX_OBJECT ? read_members(&l, names, &code, "message", message) : -EBADMSG;
	slo_buf_fini(&scratch);
	return r;
}

static void add_varint(struct slo_buf *b, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		slo_buf_addc(b, (char)(v | 0x80));
	slo_buf_addc(b, (char)v);
}

/* {number = 1, text = 2}, what is zero or empty left out. */
static void add_pair(struct slo_buf *b, int64_t number, struct slo_str text)
{
	if (number) {
		slo_buf_addc(b, 1 << 3 | WIRE_VARINT);
		add_varint(b, (uint64_t)number);
	}
	if (text.len) {
		slo_buf_addc(b, 2 << 3 | WIRE_LEN);
		add_varint(b, text.len);
		slo_buf_add(b, text.p, text.len);
	}
}

void slo_otlp_answer_write(enum slo_otlp_encoding e, enum slo_otlp_signal signal, const struct slo_otlp_answer *a,
			   struct slo_buf *out)
{
	struct slo_buf inner;

	if (e == SLO_OTLP_JSON) {
		slo_buf_adds(out, "{");
		if (a->rejected || a->message[0]) {
			slo_buf_addf(out, "\"partialSuccess\":{\"%s\":\"%lld\",\"errorMessage\":",
				     slo_otlp_signal_info[signal].rejected, (long long)a->rejected);
			slo_json_add_str(out, slo_str(a->message));
			slo_buf_adds(out, "}");
		}
		slo_buf_adds(out, "}");
		return;
	}
	slo_buf_init(&inner, 2 * SLO_OTLP_MESSAGE_MAX);
	add_pair(&inner, a->rejected, slo_str(a->message));
	if (inner.len) {
		slo_buf_addc(out, 1 << 3 | WIRE_LEN);
		add_varint(out, inner.len);
		slo_buf_add(out, inner.data, inner.len);
	}
	slo_buf_fini(&inner);
}

void slo_otlp_status_write(enum slo_otlp_encoding e, int code, struct slo_str message, struct slo_buf *out)
{
	if (e == SLO_OTLP_PROTOBUF) {
		add_pair(out, code, message);
		return;
	}
	slo_buf_addf(out, "{\"code\":%d,\"message\":", code);
	slo_json_add_str(out, message);
	slo_buf_adds(out, "}");
}
