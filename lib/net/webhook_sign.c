/* SPDX-License-Identifier: MIT */
#include "net/webhook_sign.h"

#include "base/num.h"
#include "io/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAC = 32, HEX = 2 * MAC, BASE64 = 44, FILE_MAX = 8192, PREFIX = 6 };

static const char prefix[] = "whsec_";

/* Strict: whole groups, padding at the end only. Return: bytes, or -1. */
static int decode64(struct slo_str s, uint8_t *out)
{
	int pad = 0, n;

	if (s.len == 0 || s.len % 4 || s.len / 4 * 3 > SLO_SECRET_LEN_MAX)
		return -1;
	while (pad < 2 && s.p[s.len - 1 - (size_t)pad] == '=')
		pad++;
	for (size_t i = 0; i < s.len - (size_t)pad; i++)
		if (s.p[i] == '=')
			return -1;
	n = EVP_DecodeBlock(out, (const unsigned char *)s.p, (int)s.len);
	return n < 0 ? -1 : n - pad;
}

static int add_secret(struct slo_secrets *out, struct slo_str line, struct slo_err *err)
{
	size_t i = out->count;
	int n;

	if (i == SLO_SECRETS_MAX)
		return slo_err_set(err, -EINVAL, "more than %d secrets", SLO_SECRETS_MAX);
	if (line.len >= SLO_SECRET_LEN_MAX)
		return slo_err_set(err, -EINVAL, "a secret longer than %d bytes", SLO_SECRET_LEN_MAX - 1);
	memcpy(out->text[i], line.p, line.len);
	out->text[i][line.len] = '\0';
	if (line.len > PREFIX && memcmp(line.p, prefix, PREFIX) == 0) {
		n = decode64(slo_str_n(line.p + PREFIX, line.len - PREFIX), out->key[i]);
		if (n <= 0)
			return slo_err_set(err, -EINVAL, "what follows whsec_ is no base64");
		out->key_len[i] = (size_t)n;
	} else {
		memcpy(out->key[i], line.p, line.len);
		out->key_len[i] = line.len;
	}
	out->count++;
	return 0;
}

static struct slo_str trim(struct slo_str s)
{
	while (s.len && strchr(" \t\r", s.p[s.len - 1]))
		s.len--;
	while (s.len && strchr(" \t\r", s.p[0])) {
		s.p++;
		s.len--;
	}
	return s;
}

int slo_secrets_parse(struct slo_str text, struct slo_secrets *out, struct slo_err *err)
{
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (text.len && memchr(text.p, '\0', text.len))
		return slo_err_set(err, -EINVAL, "holds a NUL byte: not a text file");
	while (text.len && !r) {
		const char *end = memchr(text.p, '\n', text.len);
		size_t len = end ? (size_t)(end - text.p) : text.len;
		struct slo_str line = trim(slo_str_n(text.p, len));

		if (line.len)
			r = add_secret(out, line, err);
		text.p += len + (end != NULL);
		text.len -= len + (end != NULL);
	}
	if (!r && !out->count)
		r = slo_err_set(err, -EINVAL, "holds no secret");
	if (r)
		slo_secrets_wipe(out);
	return r;
}

int slo_secrets_read(const char *path, struct slo_secrets *out, struct slo_err *err)
{
	char *text = NULL;
	size_t len = 0;
	int r = slo_file_read(path, FILE_MAX, &text, &len, err);

	if (r)
		return r;
	r = slo_secrets_parse(slo_str_n(text, len), out, err);
	if (r)
		slo_err_at(err, "%s", path);
	OPENSSL_cleanse(text, len);
	free(text);
	return r;
}

void slo_secrets_wipe(struct slo_secrets *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

static int mac(const void *key, size_t len, struct slo_str body, uint8_t out[MAC])
{
	unsigned int n = MAC;

	return HMAC(EVP_sha256(), key, (int)len, (const unsigned char *)(body.p ? body.p : ""), body.len, out, &n) ?
		       0 : -EIO;
}

static int hex_of(const struct slo_secrets *s, size_t i, struct slo_str body, char out[HEX + 1])
{
	uint8_t raw[MAC];
	int r = mac(s->text[i], strlen(s->text[i]), body, raw);

	for (size_t k = 0; !r && k < MAC; k++)
		(void)!snprintf(out + 2 * k, 3, "%02x", raw[k]);
	return r;
}

int slo_sign_legacy(const struct slo_secrets *s, struct slo_str body, char *out)
{
	char hex[HEX + 1];
	int r = hex_of(s, 0, body, hex);

	if (!r)
		(void)!snprintf(out, SLO_SIGN_HEADER_MAX, "sha256=%s", hex);
	return r;
}

/* "id.timestamp.body" */
static int signed_text(struct slo_str id, int64_t ts_s, struct slo_str body, struct slo_buf *to)
{
	slo_buf_init(to, id.len + body.len + 64);
	slo_buf_add(to, id.p, id.len);
	slo_buf_addf(to, ".%" PRId64 ".", ts_s);
	slo_buf_add(to, body.p, body.len);
	return to->err;
}

static int base64_of(const struct slo_secrets *s, size_t i, struct slo_str text, char out[BASE64 + 1])
{
	uint8_t raw[MAC];
	int r = mac(s->key[i], s->key_len[i], text, raw);

	if (!r)
		EVP_EncodeBlock((unsigned char *)out, raw, MAC);
	return r;
}

int slo_sign_standard(const struct slo_secrets *s, struct slo_str id, int64_t ts_s, struct slo_str body, char *out)
{
	struct slo_buf text;
	size_t at = 0;
	int r = signed_text(id, ts_s, body, &text);

	for (size_t i = 0; i < s->count && !r; i++) {
		char one[BASE64 + 1];

		r = base64_of(s, i, slo_buf_str(&text), one);
		at += (size_t)snprintf(out + at, SLO_SIGN_HEADER_MAX - at, "%sv1,%s", i ? " " : "", r ? "" : one);
	}
	slo_buf_fini(&text);
	return r;
}

static bool same(struct slo_str got, const char *want, size_t len)
{
	return got.len == len && CRYPTO_memcmp(got.p, want, len) == 0;
}

static int check_legacy(const struct slo_secrets *s, const struct slo_signed *in, struct slo_err *err)
{
	struct slo_str got = in->legacy;
	bool good = false;
	char hex[HEX + 1];

	if (got.len != 7 + HEX || memcmp(got.p, "sha256=", 7) != 0)
		return slo_err_set(err, -EINVAL, "X-Webhook-Signature is not sha256= and 64 hex digits");
	got.p += 7;
	got.len -= 7;
	for (size_t i = 0; i < s->count; i++)
		if (hex_of(s, i, in->body, hex) == 0)
			good |= same(got, hex, HEX);
	return good ? 0 : slo_err_set(err, -EBADMSG, "X-Webhook-Signature does not match");
}

/* One of the signatures, by one of the secrets. Those of other versions are not for us. */
static bool any_matches(const struct slo_secrets *s, struct slo_str list, struct slo_str text)
{
	bool good = false;

	while (list.len) {
		const char *end = memchr(list.p, ' ', list.len);
		size_t len = end ? (size_t)(end - list.p) : list.len;

		for (size_t i = 0; i < s->count && len == 3 + BASE64 && memcmp(list.p, "v1,", 3) == 0; i++) {
			char one[BASE64 + 1];

			if (base64_of(s, i, text, one) == 0)
				good |= same(slo_str_n(list.p + 3, BASE64), one, BASE64);
		}
		list.p += len + (end != NULL);
		list.len -= len + (end != NULL);
	}
	return good;
}

static int check_standard(const struct slo_secrets *s, const struct slo_signed *in, int64_t now_s, int64_t tolerance_s,
			  struct slo_err *err)
{
	struct slo_buf text;
	int64_t ts;
	bool good;

	if (!in->id.len || !in->timestamp.len || !in->signature.len)
		return slo_err_set(err, -EINVAL, "webhook-id, webhook-timestamp and webhook-signature belong together");
	if (slo_parse_i64(in->timestamp, &ts) || ts < 0)
		return slo_err_set(err, -EINVAL, "webhook-timestamp is no number of seconds");
	if (signed_text(in->id, ts, in->body, &text)) {
		slo_buf_fini(&text);
		return slo_err_set(err, -ENOMEM, "out of memory");
	}
	good = any_matches(s, in->signature, slo_buf_str(&text));
	slo_buf_fini(&text);
	if (!good)
		return slo_err_set(err, -EBADMSG, "webhook-signature does not match");
	if (ts < now_s - tolerance_s)
		return slo_err_set(err, -ETIME, "webhook-timestamp is %" PRId64 " s old, at most %" PRId64 " are accepted",
				   now_s - ts, tolerance_s);
	if (ts > now_s + tolerance_s)
		return slo_err_set(err, -ETIME, "webhook-timestamp is %" PRId64 " s ahead, at most %" PRId64 " are accepted",
				   ts - now_s, tolerance_s);
	return 0;
}

int slo_sign_verify(const struct slo_secrets *s, const struct slo_signed *in, int64_t now_s, int64_t tolerance_s,
		    struct slo_err *err)
{
	bool standard = in->id.p || in->timestamp.p || in->signature.p;
	int r = 0;

	if (!standard && !in->legacy.p)
		return slo_err_set(err, -EINVAL, "no signature to check");
	if (standard)
		r = check_standard(s, in, now_s, tolerance_s, err);
	return r || !in->legacy.p ? r : check_legacy(s, in, err);
}
