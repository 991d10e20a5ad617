/* SPDX-License-Identifier: MIT */
/* What the documents of all services are made of. */
#ifndef SLO_NET_WEBHOOK_TEXT_H
#define SLO_NET_WEBHOOK_TEXT_H

#include "net/webhook_format.h"

#include <jansson.h>

/**
 * slo_webhook_cut - append @s, cut to @max UTF-16 units, "…" being the last of them then
 *
 * Bytes that are no UTF-8 become U+FFFD, control characters but line feeds a blank.
 */
void slo_webhook_cut(struct slo_buf *to, struct slo_str s, size_t max);

/** slo_webhook_text - the same as a JSON string; NULL = out of memory. */
json_t *slo_webhook_text(struct slo_str s, size_t max);

/** slo_webhook_id - an id within @max units; a longer one keeps its start and gets a hash of all of it. */
json_t *slo_webhook_id(struct slo_str id, size_t max);

/** slo_webhook_textf - as slo_webhook_text(), printed. */
json_t *slo_webhook_textf(size_t max, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** slo_webhook_time - RFC 3339, UTC. */
json_t *slo_webhook_time(int64_t ns);

/** slo_webhook_summary - one line: "[chat] cpu_throttle fault detected (confidence=0.93)". */
json_t *slo_webhook_summary(const struct slo_incident *inc, size_t max);

/** slo_webhook_domain - the name of the domain to blame. */
const char *slo_webhook_domain(const struct slo_incident *inc);

/** slo_webhook_evidence - "signal=value; signal=value", captured ones only, the weightiest first. */
void slo_webhook_evidence(const struct slo_incident *inc, struct slo_buf *to);


/* One builder each; @out has an empty body and the method POST. Return: the document, or NULL: out of memory. */
json_t *webhook_pagerduty(enum slo_webhook_action a, const struct slo_incident *inc, const char *secret);
json_t *webhook_alertmanager(enum slo_webhook_action a, const struct slo_incident *inc, int64_t now_ns);
json_t *webhook_slack(enum slo_webhook_action a, const struct slo_incident *inc);
json_t *webhook_genie(int format, enum slo_webhook_action a, const struct slo_incident *inc,
		      struct slo_webhook_payload *out);

#endif
