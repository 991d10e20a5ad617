/* SPDX-License-Identifier: MIT */
/* sloctl webhook: the receiving side of notify, and what is in its spool. */
#include "webhook.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "io/writer.h"
#include "net/webhook_sign.h"

#include <stdlib.h>
#include <strings.h>

enum { BODY_MAX = 8 << 20, HEADERS_MAX = 64 << 10 };

struct options {
	const char *input, *headers, *secret, *secret_file, *signature, *id, *timestamp;
	int64_t max_age_ns;
};

static struct slo_str trimmed(const char *p, size_t len)
{
	while (len && strchr(" \t\r", p[len - 1]))
		len--;
	while (len && strchr(" \t", p[0])) {
		p++;
		len--;
	}
	return slo_str_n(p, len);
}

/* "Name: value" lines, as they came over the wire or out of curl -D. */
static void read_headers(const char *text, struct slo_signed *in)
{
	const struct {
		const char *name;
		struct slo_str *value;
	} table[] = {
		{ "X-Webhook-Signature", &in->legacy },
		{ "webhook-id", &in->id },
		{ "webhook-timestamp", &in->timestamp },
		{ "webhook-signature", &in->signature },
	};

	for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, "\n"), name = strcspn(p, ":\n");

		for (size_t i = 0; i < SLO_ARRAY_LEN(table) && name < len; i++)
			if (strlen(table[i].name) == name && strncasecmp(p, table[i].name, name) == 0)
				*table[i].value = trimmed(p + name + 1, len - name - 1);
	}
}

static void take_options(const struct options *o, struct slo_signed *in)
{
	if (o->signature && strncmp(o->signature, "v1", 2) == 0)
		in->signature = slo_str(o->signature);
	else if (o->signature)
		in->legacy = slo_str(o->signature);
	if (o->id)
		in->id = slo_str(o->id);
	if (o->timestamp)
		in->timestamp = slo_str(o->timestamp);
}

static int verify_run(void *opts, int argc, char **argv)
{
	const struct options *o = opts;
	slo_autofree char *body = NULL, *headers = NULL;
	struct slo_signed in = { .body = { NULL, 0 } };
	struct slo_secrets secrets;
	struct slo_err err = { "", "" };
	size_t len = 0, ignored = 0;
	int r;

	(void)argc;
	(void)argv;
	r = o->secret_file ? slo_secrets_read(o->secret_file, &secrets, &err) :
			     slo_err_set(&err, -1, "--secret-file is needed");
	if (!r && o->headers)
		r = slo_file_read(o->headers, HEADERS_MAX, &headers, &ignored, &err);
	r = r ? r : slo_file_read(o->input, BODY_MAX, &body, &len, &err);
	if (!r && !o->headers && !o->signature)
		r = slo_err_set(&err, -1, "--headers or --signature is needed");
	if (r) {
		slo_warn_err(&err);
		return 2;
	}
	in.body = slo_str_n(body, len);
	if (headers)
		read_headers(headers, &in);
	take_options(o, &in);
	r = slo_sign_verify(&secrets, &in, slo_now_wall_ns() / SLO_NS_PER_S, o->max_age_ns / SLO_NS_PER_S, &err);
	slo_secrets_wipe(&secrets);
	if (r) {
		slo_warn_err(&err);
		return 1;
	}
	r = put_out(slo_str("the signature is good\n"));
	return r ? put_failed(r) : 0;
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "FILE", .def = "-",
	  .help = "The body as it was received." },
	{ .name = "headers", .type = SLO_OPT_STR, .off = OFF(headers, const char *), .metavar = "FILE",
	  .help = "The headers as they were received, a line each; others than those of signatures are skipped." },
	{ .name = "signature", .type = SLO_OPT_STR, .off = OFF(signature, const char *), .metavar = "TEXT",
	  .help = "Value of the X-Webhook-Signature (sha256=) or webhook-signature (v1,) header." },
	{ .name = "id", .type = SLO_OPT_STR, .off = OFF(id, const char *), .metavar = "TEXT",
	  .help = "Value of the webhook-id header." },
	{ .name = "timestamp", .type = SLO_OPT_STR, .off = OFF(timestamp, const char *), .metavar = "TEXT",
	  .help = "Value of the webhook-timestamp header." },
	{ .name = "max-age", .type = SLO_OPT_DURATION, .off = OFF(max_age_ns, int64_t), .metavar = "TIME", .def = "5m",
	  .unit_ns = SLO_NS_PER_S, .lo = 1, .hi = 86400,
	  .help = "How far the timestamp may be from now; a bare number is seconds." },
	{ .name = "secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET, .off = OFF(secret, const char *),
	  .metavar = "TEXT", .help = "Refused: secrets do not belong on a command line." },
	{ .name = "secret-file", .type = SLO_OPT_STR, .off = OFF(secret_file, const char *), .metavar = "FILE",
	  .help = "File that holds the secret, or several, a line each: one of them must have signed." },
	SLO_OPT_END,
};

static const struct slo_cmd verify_cmd = {
	.name = "verify",
	.summary = "Says whether a body was signed with a secret.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.run = verify_run,
	.epilog = "Every signature that came must be good. Exit status: 0 good, 1 not, 2 usage.\n",
};
static const struct slo_cmd *const subs[] = { &verify_cmd, &webhook_list_cmd, &webhook_replay_cmd, &webhook_purge_cmd,
					      NULL };

const struct slo_cmd webhook_cmd = {
	.name = "webhook",
	.summary = "Checks webhooks that were received; looks after those that were not.",
	.subs = subs,
};
