/* SPDX-License-Identifier: MIT */
/* sloctl webhook: the receiving side of notify. */
#include "sloctl.h"

#include "base/time.h"

struct options {
	const char *input, *secret, *secret_file, *signature, *timestamp;
	int64_t max_age_ns;
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "FILE", .def = "-",
	  .help = "The body as it was received." },
	{ .name = "signature", .type = SLO_OPT_STR, .off = OFF(signature, const char *), .metavar = "TEXT",
	  .help = "Value of the X-Webhook-Signature header." },
	{ .name = "timestamp", .type = SLO_OPT_STR, .off = OFF(timestamp, const char *), .metavar = "TEXT",
	  .help = "Value of the timestamp header, for signatures that cover it." },
	{ .name = "max-age", .type = SLO_OPT_DURATION, .off = OFF(max_age_ns, int64_t), .metavar = "TIME", .def = "5m",
	  .unit_ns = SLO_NS_PER_S, .lo = 1, .hi = 86400, .help = "Oldest timestamp accepted; a bare number is seconds." },
	{ .name = "secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET, .off = OFF(secret, const char *),
	  .metavar = "TEXT", .help = "Refused: secrets do not belong on a command line." },
	{ .name = "secret-file", .type = SLO_OPT_STR, .off = OFF(secret_file, const char *), .metavar = "FILE",
	  .help = "File that holds the secret." },
	SLO_OPT_END,
};

static const struct slo_cmd verify_cmd = {
	.name = "verify",
	.summary = "Says whether a body was signed with a secret.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "signature verification",
};
static const struct slo_cmd *const subs[] = { &verify_cmd, NULL };

const struct slo_cmd webhook_cmd = {
	.name = "webhook",
	.summary = "Checks webhooks that were received.",
	.subs = subs,
};
