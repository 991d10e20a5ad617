/* SPDX-License-Identifier: MIT */
/*
 * Signatures of webhooks, made and checked. HMAC-SHA256 throughout. Pure, but for OpenSSL's memory.
 *
 *   X-Webhook-Signature: sha256=<hex of HMAC(body)>    as the published toolkit has it; says nothing about when
 *   webhook-id, webhook-timestamp, webhook-signature   Standard Webhooks 1.0.0: "v1,<base64 of
 *                                                      HMAC(id.timestamp.body)>", one for each key, blanks between
 *
 * A secret file holds one secret a line, the current one first; the others are being rotated out. "whsec_" and base64
 * stand for the decoded bytes in the standard's signature; any other text stands for itself, and always does in the first.
 */
#ifndef SLO_NET_WEBHOOK_SIGN_H
#define SLO_NET_WEBHOOK_SIGN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_SECRETS_MAX = 8,
	SLO_SECRET_LEN_MAX = 512,     /* bytes of a line */
	SLO_SIGN_TOLERANCE_S = 300,   /* default: how far a timestamp may be from now */
	SLO_SIGN_HEADER_MAX = 1024,
};

struct slo_secrets {
	char text[SLO_SECRETS_MAX][SLO_SECRET_LEN_MAX];
	uint8_t key[SLO_SECRETS_MAX][SLO_SECRET_LEN_MAX]; /* of the standard's signature */
	size_t key_len[SLO_SECRETS_MAX];
	size_t count;
};

/**
 * slo_secrets_parse - the lines of a secret file
 *
 * Blank lines are skipped, blanks around a secret are not part of it. Return: 0; -EINVAL with @err (none, too many, too
 * long, or a whsec_ that is no base64), which never holds a secret.
 */
int slo_secrets_parse(struct slo_str text, struct slo_secrets *out, struct slo_err *err);

/** slo_secrets_read - the same from a file. Return: also -ENOENT and its like. */
int slo_secrets_read(const char *path, struct slo_secrets *out, struct slo_err *err);

/** slo_secrets_wipe - leave nothing of them in memory. */
void slo_secrets_wipe(struct slo_secrets *s);

/** slo_sign_legacy - the value of X-Webhook-Signature by the first secret. @out: SLO_SIGN_HEADER_MAX bytes. */
int slo_sign_legacy(const struct slo_secrets *s, struct slo_str body, char *out);

/** slo_sign_standard - the value of webhook-signature by all of them. @ts_s: seconds since 1970. */
int slo_sign_standard(const struct slo_secrets *s, struct slo_str id, int64_t ts_s, struct slo_str body, char *out);

/* What a receiver got. Absent views for headers that did not come. */
struct slo_signed {
	struct slo_str body;
	struct slo_str legacy;                   /* X-Webhook-Signature */
	struct slo_str id, timestamp, signature; /* webhook-… */
};

/**
 * slo_sign_verify - whether one of the secrets signed it
 *
 * Every signature that came must be good; one must have come. Compared in constant time. With the standard's the
 * timestamp must lie within @tolerance_s of @now_s, either way.
 * Return: 0; -EBADMSG, -ETIME, or -EINVAL (a header is missing or unreadable), with @err.
 */
int slo_sign_verify(const struct slo_secrets *s, const struct slo_signed *in, int64_t now_s, int64_t tolerance_s,
		    struct slo_err *err);

#endif
