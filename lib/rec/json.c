/* SPDX-License-Identifier: MIT */
/* JSON scalars to text. */
#include "rec/encode.h"

#include "base/num.h"

static char *put_escape(char *to, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* what, how */

	*to++ = '\\';
	for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
		if ((unsigned char)letters[i] == c) {
			*to++ = letters[i + 1];
			return to;
		}
	}
	memcpy(to, "u00", 3);
	to[3] = hex[c >> 4];
	to[4] = hex[c & 15];
	return to + 5;
}

/*
 * One special byte or UTF-8 sequence at @p. What no reader would accept (bad
 * UTF-8, NUL) becomes U+FFFD, so that whatever is written can be read.
 * Return: how many bytes of @p it was; @to moves on.
 */
static size_t put_special(char **to, const char *p, const char *end)
{
	size_t n;

	if ((unsigned char)*p < 0x80 && *p) {
		*to = put_escape(*to, (unsigned char)*p);
		return 1;
	}
	n = slo_utf8_seq(p, end);
	if (n) {
		memcpy(*to, p, n);
		*to += n;
		return n;
	}
	memcpy(*to, "\xef\xbf\xbd", 3);
	*to += 3;
	return 1;
}

/* The rest of a string, from its first special byte on. */
static void add_rest(struct slo_buf *out, const char *p, const char *end)
{
	char special[8], *to;
	const char *plain;

	while (p < end) {
		to = special;
		p += put_special(&to, p, end);
		slo_enc_add(out, special, (size_t)(to - special));
		plain = slo_plain_end(p, end);
		slo_enc_add(out, p, (size_t)(plain - p));
		p = plain;
	}
}

void slo_enc_str(struct slo_buf *out, struct slo_str s)
{
	const char *from = s.p ? s.p : "", *end = from + s.len, *plain = s.len ? slo_plain_end(from, end) : end;
	size_t n = (size_t)(plain - from);
	char *to = slo_enc_room(out, n + 2);

	if (!to)
		return;
	*to++ = '"';
	if (n)
		memcpy(to, from, n);
	to[n] = '"';
	out->len += n + 2;
	if (plain == end)
		return;
	out->len--;
	add_rest(out, plain, end);
	slo_enc_add(out, "\"", 1);
}

void slo_enc_f64(struct slo_buf *out, double v)
{
	char text[SLO_NUM_MAX];

	slo_enc_add(out, text, slo_fmt_f64(text, v));
}

void slo_enc_i64(struct slo_buf *out, int64_t v)
{
	char text[SLO_NUM_MAX];

	slo_enc_add(out, text, slo_fmt_i64(text, v));
}

/* The buffer promises a NUL behind its bytes. */
static void terminate(struct slo_buf *out)
{
	if (out->data && !out->err)
		out->data[out->len] = '\0';
}

void slo_json_add_str(struct slo_buf *out, struct slo_str s)
{
	slo_enc_str(out, s);
	terminate(out);
}

void slo_json_add_f64(struct slo_buf *out, double v)
{
	if (isfinite(v))
		slo_enc_f64(out, v);
	else
		slo_enc_add(out, "null", 4);
	terminate(out);
}
