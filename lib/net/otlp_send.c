/* SPDX-License-Identifier: MIT */
#include "net/otlp_send.h"

#include "base/num.h"
#include "base/time.h"
#include "io/writer.h"
#include "net/fetch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_MAX = 64 << 10, HEADERS_FILE_MAX = 64 << 10, WORDS_MAX = 100 };

static const char *const encoding_tags[SLO_OTLP_ENCODING__COUNT] = {
	[SLO_OTLP_PROTOBUF] = "pb", [SLO_OTLP_JSON] = "json"
};
static const char *const packing_tags[] = { "id", "gz" };

struct slo_otlp_sender {
	const struct slo_otlp_config *config;
	struct slo_fetch *fetch;
	struct slo_fetch_answer answer;
	struct slo_otlp_decoder *decoder;
	char *file;         /* headers of a file, of this exchange */
	size_t file_len;
	const char *headers[2 + SLO_OTLP_HEADERS_MAX + 1]; /* of this exchange */
	size_t headers_count;
};

void slo_otlp_tag(const struct slo_otlp_kind *k, char tag[24])
{
	(void)!snprintf(tag, 24, "%s/%s/%s/%u", slo_otlp_signal_enum.names[k->signal], encoding_tags[k->encoding],
			packing_tags[k->gzip], k->items);
}

/* The word before the next slash, as its place among @n @names; -1 = none of them. */
static int word(const char **p, const char *const *names, size_t n)
{
	size_t len = strcspn(*p, "/");

	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], *p, len) == 0 && (*p)[len] == '/') {
			*p += len + 1;
			return (int)i;
		}
	return -1;
}

int slo_otlp_tag_read(const char *tag, struct slo_otlp_kind *out)
{
	int signal, encoding, packing;
	int64_t items;

	signal = word(&tag, slo_otlp_signal_enum.names, SLO_OTLP_SIGNAL__COUNT);
	encoding = word(&tag, encoding_tags, SLO_OTLP_ENCODING__COUNT);
	packing = word(&tag, packing_tags, 2);
	if (signal < 0 || encoding < 0 || packing < 0 || slo_parse_i64(slo_str(tag), &items) || items < 0 ||
	    items > SLO_OTLP_ITEMS_MAX)
		return -EBADMSG;
	*out = (struct slo_otlp_kind){ signal, encoding, packing == 1,
				       (uint32_t)items };
	return 0;
}

enum slo_delivery_verdict slo_otlp_judge(int error, long status)
{
	/* An answer over its bound was still an answer; one that was cut is none. */
	if (error == -EMSGSIZE && status)
		error = 0;
	if (error == -EPERM || error == -EINVAL)
		return SLO_DELIVERY_BLOCKED;
	if (error)
		return SLO_DELIVERY_RETRY;
	if (status >= 200 && status < 300)
		return SLO_DELIVERED;
	return status == 429 || (status >= 502 && status <= 504) ? SLO_DELIVERY_RETRY : SLO_DELIVERY_NEVER;
}

int slo_otlp_sender_new(const struct slo_otlp_config *config, int first, struct slo_otlp_sender **out,
			struct slo_err *err)
{
	const struct slo_otlp_target *t = &config->target[first];
	const struct slo_fetch_opts f = { .ca_file = t->ca_file, .cert_file = t->cert_file, .key_file = t->key_file,
					  .allow_http = true, .body_max = ANSWER_MAX };
	struct slo_otlp_sender *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return slo_err_set(err, -ENOMEM, "out of memory");
	s->config = config;
	slo_fetch_answer_init(&s->answer, ANSWER_MAX);
	r = slo_fetch_new(&f, &s->fetch, err);
	r = r ? r : slo_otlp_decoder_new(NULL, &s->decoder);
	if (r) {
		slo_otlp_sender_free(s);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	*out = s;
	return 0;
}

static void forget_file(struct slo_otlp_sender *s)
{
	if (s->file)
		explicit_bzero(s->file, s->file_len);
	free(s->file);
	s->file = NULL;
	s->file_len = 0;
}

void slo_otlp_sender_free(struct slo_otlp_sender *s)
{
	if (!s)
		return;
	forget_file(s);
	slo_fetch_free(s->fetch);
	slo_otlp_decoder_free(s->decoder);
	slo_fetch_answer_fini(&s->answer);
	free(s);
}

static int add_header(struct slo_otlp_sender *s, const char *line)
{
	if (s->headers_count + 1 == SLO_ARRAY_LEN(s->headers))
		return -E2BIG;
	s->headers[s->headers_count++] = line;
	s->headers[s->headers_count] = NULL;
	return 0;
}

/* A line each; read anew for each exchange, so that a token can be rotated. */
static int add_file(struct slo_otlp_sender *s, const char *path, struct slo_err *err)
{
	int r = slo_file_read(path, HEADERS_FILE_MAX, &s->file, &s->file_len, err);

	for (char *p = s->file, *end; !r && p && *p; p = end) {
		end = p + strcspn(p, "\r\n");
		if (*end)
			*end++ = '\0';
		while (*p == ' ' || *p == '\t')
			p++;
		if (*p && *p != '#')
			r = add_header(s, p);
	}
	return r == -E2BIG ? slo_err_set(err, r, "%s: more than %d headers", path, SLO_OTLP_HEADERS_MAX) : r;
}

static int make_headers(struct slo_otlp_sender *s, const struct slo_otlp_kind *k, struct slo_err *err)
{
	static const char *const types[SLO_OTLP_ENCODING__COUNT] = {
		[SLO_OTLP_PROTOBUF] = "Content-Type: application/x-protobuf",
		[SLO_OTLP_JSON] = "Content-Type: application/json",
	};
	const struct slo_otlp_target *t = &s->config->target[k->signal];

	s->headers_count = 0;
	add_header(s, types[k->encoding]);
	if (k->gzip)
		add_header(s, "Content-Encoding: gzip");
	for (char *const *h = t->headers; *h; h++)
		add_header(s, *h);
	return t->headers_file ? add_file(s, t->headers_file, err) : 0;
}

/* What a peer says may repeat what it was sent. */
static bool tells_secret(const struct slo_otlp_sender *s, struct slo_str text)
{
	for (size_t i = 0; i < s->headers_count; i++) {
		const char *value = s->headers[i] + strcspn(s->headers[i], ":");

		value += strspn(value, ": \t");
		if (text.len && strlen(value) >= 4 && memmem(text.p, text.len, value, strlen(value)))
			return true;
	}
	return false;
}

void slo_otlp_words(struct slo_str said, char *to, size_t size)
{
	slo_str_copy(to, size, said);
	for (; *to; to++)
		if ((unsigned char)*to < ' ' || *to == 127)
			*to = ' ';
}

static void explain(struct slo_otlp_sender *s, int error, const struct slo_err *err, struct slo_delivery_outcome *out)
{
	int e = slo_otlp_encoding_of(slo_str(s->answer.content_type));
	struct slo_str said = { NULL, 0 };
	char words[WORDS_MAX];

	if (error) {
		(void)!snprintf(out->why, sizeof(out->why), "%.60s%s%.120s", err->where, err->where[0] ? ": " : "",
				err->what);
		return;
	}
	if (e < 0 || slo_otlp_status_decode(s->decoder, e, slo_buf_str(&s->answer.body), &said, NULL) ||
	    tells_secret(s, said))
		said = slo_str(NULL);
	slo_otlp_words(said, words, sizeof(words));
	if (out->status >= 300 && out->status < 400)
		(void)!snprintf(out->why, sizeof(out->why), "HTTP %ld: redirects are not followed", out->status);
	else
		(void)!snprintf(out->why, sizeof(out->why), "HTTP %ld%s%s", out->status, words[0] ? ": " : "", words);
}

/* A body over its bound was not read to the end. */
static bool read_answer(struct slo_otlp_sender *s, const struct slo_otlp_kind *k, int error, struct slo_otlp_answer *a)
{
	int e = s->answer.content_type[0] ? slo_otlp_encoding_of(slo_str(s->answer.content_type)) : k->encoding;

	if (error || (e < 0 && s->answer.body.len) ||
	    slo_otlp_answer_decode(s->decoder, k->signal, e < 0 ? k->encoding : e, slo_buf_str(&s->answer.body), a,
				   NULL)) {
		*a = (struct slo_otlp_answer){ .rejected = 0 };
		return false;
	}
	a->rejected = a->rejected > 0 ? a->rejected : 0;
	if (tells_secret(s, a->message))
		a->message = slo_str(NULL);
	return true;
}

void slo_otlp_send(struct slo_otlp_sender *s, const struct slo_spool_message *m, const struct slo_otlp_kind *k,
		   bool (*stop)(void *arg), void *arg, struct slo_delivery_outcome *out, struct slo_otlp_answer *answer,
		   bool *readable)
{
	const struct slo_otlp_target *t = &s->config->target[k->signal];
	const struct slo_fetch_request q = { .method = "POST", .url = t->url, .headers = s->headers, .body = m->body,
					     .timeout_ns = t->timeout_ns };
	struct slo_err err = { .what = "" };
	int r;

	*out = (struct slo_delivery_outcome){ .verdict = SLO_DELIVERY_RETRY, .retry_after_ns = -1 };
	*answer = (struct slo_otlp_answer){ .rejected = 0 };
	*readable = true;
	r = make_headers(s, k, &err);
	if (r) {
		/* A file that is being replaced is back soon. */
		(void)!snprintf(out->why, sizeof(out->why), "%.60s: %.120s", err.where, err.what);
		forget_file(s);
		return;
	}
	r = slo_fetch_do(s->fetch, &q, &s->answer, stop, arg, &err);
	out->status = s->answer.status;
	out->verdict = slo_otlp_judge(r, out->status);
	/* Headers that cannot be sent may be those of a file that is half written. */
	if (out->verdict == SLO_DELIVERY_BLOCKED && t->headers_file)
		out->verdict = SLO_DELIVERY_RETRY;
	if (s->answer.retry_after_s >= 0)
		out->retry_after_ns = s->answer.retry_after_s < SLO_DELIVERY_RETRY_AFTER_S ?
					      s->answer.retry_after_s * SLO_NS_PER_S :
					      SLO_DELIVERY_RETRY_AFTER_S * SLO_NS_PER_S;
	if (out->verdict == SLO_DELIVERED)
		*readable = read_answer(s, k, r, answer);
	else
		explain(s, r, &err, out);
	forget_file(s);
}
