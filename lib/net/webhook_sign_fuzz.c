/* SPDX-License-Identifier: MIT */
/* What a receiver gets is anybody's: nothing of it may do harm, and nothing may be taken for signed that we did not sign. */
#include "net/webhook_sign.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The next of the input's parts, which zero bytes end. */
static struct slo_str part(struct slo_str *rest)
{
	const char *end = rest->len ? memchr(rest->p, '\0', rest->len) : NULL;
	struct slo_str s = slo_str_n(rest->p, end ? (size_t)(end - rest->p) : rest->len);

	rest->p += s.len + (end != NULL);
	rest->len -= s.len + (end != NULL);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slo_str rest = slo_str_n((const char *)data, len);
	struct slo_signed in = { .legacy = part(&rest), .id = part(&rest), .timestamp = part(&rest), .signature = part(&rest) };
	static struct slo_secrets ours, theirs;

	in.body = rest;
	if (!ours.count)
		slo_secrets_parse(slo_str("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nanother"), &ours, NULL);
	if (slo_sign_verify(&ours, &in, 1767225600, 300, NULL) == 0)
		abort();
	slo_secrets_parse(rest, &theirs, NULL);
	return 0;
}
