/* SPDX-License-Identifier: MIT */
#include "net/webhook_send.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "base/time.h"
#include "io/writer.h"
#include "net/webhook_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>

enum { HOSTS_BYTES = 1024, URL_FILE_MAX = 4096, HEADER_BYTES = SLO_SIGN_HEADER_MAX + 64, SAID_MAX = 100 };

static const char stars[] = "********************************"; /* as long as a routing key */

struct slo_webhook_sender {
	struct slo_webhook_opts o;
	struct slo_fetch *fetch;
	struct slo_fetch_answer answer;
	char hosts[HOSTS_BYTES];          /* the allowed ones, NULs between */
	struct slo_secrets secrets;       /* only while something is made of them */
	struct slo_webhook_payload payload;
	struct slo_buf target, url;
	struct slo_rec_ctx ctx;
	struct slo_incident inc;
	char headers[SLO_WEBHOOK_HEADERS][HEADER_BYTES];
	const char *list[SLO_WEBHOOK_HEADERS + 1];
	size_t headers_count;
};

static bool given(const char *s)
{
	return s && s[0];
}

/* "a,b" and "c" are three names. */
static int split_hosts(struct slo_webhook_sender *s, struct slo_fetch_opts *f, struct slo_err *err)
{
	size_t at = 0, n = 0;

	for (size_t i = 0; i < s->o.allow_count; i++) {
		for (const char *p = s->o.allow[i]; *p;) {
			size_t len = strcspn(p, ", ");

			if (len && (n == SLO_FETCH_ALLOWED || at + len + 1 > sizeof(s->hosts)))
				return slo_err_set(err, -EINVAL, "more than %d allowed hosts", SLO_FETCH_ALLOWED);
			if (len) {
				f->allow_hosts[n++] = s->hosts + at;
				memcpy(s->hosts + at, p, len);
				at += len + 1;
			}
			p += len + (p[len] != '\0');
		}
	}
	return 0;
}

/* The address, of a file or as given. */
static int read_target(struct slo_webhook_sender *s, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	size_t len = 0;
	int r;

	slo_buf_reset(&s->target);
	if (!given(s->o.url_file))
		return slo_webhook_target(s->o.format, s->o.url ? s->o.url : "", &s->target, err);
	r = slo_file_read(s->o.url_file, URL_FILE_MAX, &text, &len, err);
	if (r)
		return r;
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	r = slo_webhook_target(s->o.format, text, &s->target, err);
	OPENSSL_cleanse(text, len);
	if (r)
		slo_err_at(err, "%s", s->o.url_file);
	return r;
}

static int read_secrets(struct slo_webhook_sender *s, struct slo_err *err)
{
	if (given(s->o.secret_file))
		return slo_secrets_read(s->o.secret_file, &s->secrets, err);
	s->secrets.count = 0;
	if (slo_webhook_needs_key(s->o.format))
		return slo_err_set(err, -EINVAL, "%s needs a key: name its file with the secret file option",
				   slo_webhook_formats[s->o.format]);
	return 0;
}

static int check(struct slo_webhook_sender *s, struct slo_err *err)
{
	int r = read_target(s, err);

	r = r ? r : read_secrets(s, err);
	slo_secrets_wipe(&s->secrets);
	if (!r && !s->o.allow_http && strncmp(s->target.data, "http://", 7) == 0)
		r = slo_err_set(err, -EINVAL, "the address is a plain http:// one: --allow-http allows that");
	return r;
}

int slo_webhook_sender_new(const struct slo_webhook_opts *o, struct slo_webhook_sender **out, struct slo_err *err)
{
	struct slo_webhook_sender *s = calloc(1, sizeof(*s));
	struct slo_fetch_opts f = { .user_agent = "llm-slo-ebpf-toolkit/webhook",
				    .ca_file = given(o->ca_file) ? o->ca_file : NULL,
				    .allow_http = o->allow_http,
				    .refuse_internal = true,
				    .timeout_ns = o->timeout_ns,
				    .body_max = SLO_WEBHOOK_ANSWER_MAX };
	int r;

	if (!s)
		return slo_err_set(err, -ENOMEM, "out of memory");
	s->o = *o;
	slo_webhook_payload_init(&s->payload);
	slo_buf_init(&s->target, 2 * URL_FILE_MAX);
	slo_buf_init(&s->url, 4 * URL_FILE_MAX);
	slo_rec_ctx_init(&s->ctx);
	slo_fetch_answer_init(&s->answer, SLO_WEBHOOK_ANSWER_MAX);
	r = split_hosts(s, &f, err);
	r = r ? r : check(s, err);
	r = r ? r : slo_fetch_new(&f, &s->fetch, err);
	if (r) {
		slo_webhook_sender_free(s);
		return r;
	}
	*out = s;
	return 0;
}

void slo_webhook_sender_free(struct slo_webhook_sender *s)
{
	if (!s)
		return;
	slo_fetch_free(s->fetch);
	slo_fetch_answer_fini(&s->answer);
	slo_secrets_wipe(&s->secrets);
	slo_webhook_payload_fini(&s->payload);
	slo_buf_fini(&s->target);
	slo_buf_fini(&s->url);
	slo_rec_ctx_fini(&s->ctx);
	free(s);
}

int slo_webhook_message(const struct slo_incident *inc, enum slo_webhook_action action, struct slo_buf *text,
			struct slo_spool_message *out)
{
	int r;

	slo_buf_reset(text);
	r = slo_rec_encode(slo_event_rec[SLO_KIND_INCIDENT], inc, text);
	if (r)
		return r == -EDOM ? -EINVAL : r;
	*out = (struct slo_spool_message){ .body = slo_buf_str(text) };
	(void)!snprintf(out->id, sizeof(out->id), "msg_%016" PRIx64 "%016" PRIx64,
			slo_hash(text->data, text->len, 21 + (uint64_t)action),
			slo_hash(text->data, text->len, 31 + (uint64_t)action));
	(void)!snprintf(out->tag, sizeof(out->tag), "%s", slo_enum_name(&slo_webhook_action_enum, action));
	return 0;
}

static void add_header(struct slo_webhook_sender *s, const char *name, const char *value)
{
	size_t i = s->headers_count++;

	(void)!snprintf(s->headers[i], HEADER_BYTES, "%s: %s", name, value);
	s->list[i] = s->headers[i];
	s->list[i + 1] = NULL;
}

static int add_signatures(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns)
{
	struct slo_str body = slo_buf_str(&s->payload.body);
	int64_t ts_s = now_ns / SLO_NS_PER_S;
	char value[SLO_SIGN_HEADER_MAX];
	int r;

	add_header(s, "webhook-id", m->id);
	(void)!snprintf(value, sizeof(value), "%" PRId64, ts_s);
	add_header(s, "webhook-timestamp", value);
	if (!s->secrets.count)
		return 0;
	r = slo_sign_standard(&s->secrets, slo_str(m->id), ts_s, body, value);
	if (!r)
		add_header(s, "webhook-signature", value);
	r = r ? r : slo_sign_legacy(&s->secrets, body, value);
	if (!r)
		add_header(s, "X-Webhook-Signature", value);
	return r;
}

static int make_headers(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns, bool mask)
{
	char value[SLO_SECRET_LEN_MAX + 16];

	s->headers_count = 0;
	add_header(s, "Content-Type", "application/json");
	if (s->payload.wants_key) {
		(void)!snprintf(value, sizeof(value), "GenieKey %s", mask ? stars : s->secrets.text[0]);
		add_header(s, "Authorization", value);
		OPENSSL_cleanse(value, sizeof(value));
	}
	return slo_webhook_signs(s->o.format) ? add_signatures(s, m, now_ns) : 0;
}

/* The whole request, in @s. @mask: with stars for keys. */
static int make_request(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns, bool mask,
			struct slo_err *err)
{
	int action = slo_enum_find(&slo_webhook_action_enum, slo_str(m->tag)), r;

	if (action < 0)
		return slo_err_set(err, -EBADMSG, "\"%s\" is nothing this version knows to send", m->tag);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &s->inc);
	if (slo_rec_decode(&s->ctx, slo_event_rec[SLO_KIND_INCIDENT], m->body.p, m->body.len, &s->inc, err))
		return -EBADMSG;
	r = read_target(s, err);
	r = r ? r : read_secrets(s, err);
	r = r ? r : slo_webhook_build(s->o.format, (enum slo_webhook_action)action, &s->inc,
				      mask ? stars : s->secrets.text[0], now_ns, &s->payload, err);
	r = r ? r : make_headers(s, m, now_ns, mask);
	if (r)
		return r;
	slo_buf_reset(&s->url);
	slo_buf_add(&s->url, s->target.data, s->target.len);
	slo_buf_adds(&s->url, s->payload.path);
	return s->url.err;
}

enum slo_delivery_verdict slo_webhook_judge(int error, long status)
{
	if (error == -EPERM || error == -EINVAL)
		return SLO_DELIVERY_BLOCKED;
	if (error && !(error == -EMSGSIZE && status))
		return SLO_DELIVERY_RETRY;
	if (status >= 200 && status < 300)
		return SLO_DELIVERED;
	return status == 408 || status == 425 || status == 429 || status >= 500 || status < 200 ? SLO_DELIVERY_RETRY :
												SLO_DELIVERY_NEVER;
}

/* The start of what the peer said, unless a key of ours is in it. */
static void add_words(struct slo_webhook_sender *s, char *why, size_t size)
{
	struct slo_str said = slo_buf_str(&s->answer.body);
	size_t n = strlen(why);

	for (size_t i = 0; i < s->secrets.count; i++)
		if (said.len && memmem(said.p, said.len, s->secrets.text[i], strlen(s->secrets.text[i])))
			return;
	if (!said.len || n + SAID_MAX + 3 > size)
		return;
	(void)!snprintf(why + n, size - n, ": ");
	slo_str_copy(why + n + 2, SAID_MAX, said);
	for (char *c = why + n; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = ' ';
}

static void explain(struct slo_webhook_sender *s, int error, const struct slo_err *err, struct slo_delivery_outcome *out)
{
	if (error && !(error == -EMSGSIZE && out->status))
		(void)!snprintf(out->why, sizeof(out->why), "%.60s%s%.120s", err->where,
				err->where[0] ? ": " : "", err->what);
	else if (out->status >= 300 && out->status < 400)
		(void)!snprintf(out->why, sizeof(out->why), "HTTP %ld: redirects are not followed", out->status);
	else
		(void)!snprintf(out->why, sizeof(out->why), "HTTP %ld", out->status);
	if (!error)
		add_words(s, out->why, sizeof(out->why));
}

void slo_webhook_send(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns,
		      bool (*stop)(void *arg), void *arg, struct slo_delivery_outcome *out)
{
	struct slo_err err = { .what = "" };
	int r = make_request(s, m, now_ns, false, &err);

	*out = (struct slo_delivery_outcome){ .retry_after_ns = -1 };
	if (r) {
		/* A file that is being replaced is back soon; a message nobody understands stays so. */
		out->verdict = r == -EBADMSG || r == -EMSGSIZE ? SLO_DELIVERY_NEVER : SLO_DELIVERY_RETRY;
		(void)!snprintf(out->why, sizeof(out->why), "%.120s: %.70s", err.what, err.where);
	} else {
		struct slo_fetch_request q = { .method = s->payload.method, .url = s->url.data, .headers = s->list,
					       .body = slo_buf_str(&s->payload.body) };

		r = slo_fetch_do(s->fetch, &q, &s->answer, stop, arg, &err);
		out->status = s->answer.status;
		out->verdict = slo_webhook_judge(r, out->status);
		if (s->answer.retry_after_s >= 0)
			out->retry_after_ns = s->answer.retry_after_s < SLO_DELIVERY_RETRY_AFTER_S ?
						      s->answer.retry_after_s * SLO_NS_PER_S :
						      SLO_DELIVERY_RETRY_AFTER_S * SLO_NS_PER_S;
		if (out->verdict != SLO_DELIVERED)
			explain(s, r, &err, out);
	}
	OPENSSL_cleanse(s->headers, sizeof(s->headers));
	slo_secrets_wipe(&s->secrets);
}

static void show_url(const struct slo_webhook_sender *s, struct slo_buf *to)
{
	const char *host = given(s->o.url_file) ? strstr(s->url.data, "://") : NULL;
	struct slo_buf b;

	if (!host) {
		slo_json_add_str(to, slo_buf_str(&s->url));
		return;
	}
	slo_buf_init(&b, 4 * URL_FILE_MAX);
	slo_buf_add(&b, s->url.data, (size_t)(host + 3 - s->url.data) + strcspn(host + 3, "/?#"));
	slo_buf_addf(&b, "/%s", stars);
	slo_json_add_str(to, slo_buf_str(&b));
	slo_buf_fini(&b);
}

int slo_webhook_show(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns, struct slo_buf *to,
		     struct slo_err *err)
{
	int r = make_request(s, m, now_ns, true, err);

	slo_secrets_wipe(&s->secrets);
	if (r)
		return slo_err_set(err, r, "%s", slo_strerror(r));
	slo_buf_addf(to, "{\"method\":\"%s\",\"url\":", s->payload.method);
	show_url(s, to);
	slo_buf_adds(to, ",\"headers\":{");
	for (size_t i = 0; i < s->headers_count; i++) {
		size_t name = strcspn(s->headers[i], ":");

		slo_buf_adds(to, i ? "," : "");
		slo_json_add_str(to, slo_str_n(s->headers[i], name));
		slo_buf_addc(to, ':');
		slo_json_add_str(to, slo_str(s->headers[i] + name + 2));
	}
	slo_buf_adds(to, "},\"body\":");
	slo_buf_add(to, s->payload.body.data, s->payload.body.len);
	slo_buf_adds(to, "}\n");
	return to->err;
}
