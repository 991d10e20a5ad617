/* SPDX-License-Identifier: MIT */
/*
 * An incident as the document a service wants to be told of it. Pure.
 *
 *   generic       the incident record itself; any receiver
 *   pagerduty     Events API v2 (POST /v2/enqueue): trigger and resolve, dedup_key is the incident's id
 *   opsgenie      Alert API (POST /v2/alerts and below; ends 2027-04-05): create, note, priority, close by alias
 *   jsm           Jira Service Management, integration events: its successor, the same documents elsewhere
 *   alertmanager  API v2 (POST /api/v2/alerts): firing until endsAt, resolved by endsAt
 *   slack         incoming webhook: text and blocks
 *
 * Text is cut to what the service takes, at a character's boundary, and ends in "…" then. Characters
 * are counted as UTF-16 units, the strictest of the ways a service may count.
 *
 * How bad it is follows from the burn rate over the long window: above 5 critical (P1), above 2 error
 * (P2), above 1 warning (P3), else info (P3).
 */
#ifndef SLO_NET_WEBHOOK_FORMAT_H
#define SLO_NET_WEBHOOK_FORMAT_H

#include "base/buf.h"
#include "base/err.h"
#include "event/event.h"

enum slo_webhook_format {
	SLO_WEBHOOK_GENERIC,
	SLO_WEBHOOK_PAGERDUTY,
	SLO_WEBHOOK_OPSGENIE,
	SLO_WEBHOOK_JSM,
	SLO_WEBHOOK_ALERTMANAGER,
	SLO_WEBHOOK_SLACK,
	SLO_WEBHOOK_FORMAT__COUNT
};

/* Names of the formats; ends with NULL. */
extern const char *const slo_webhook_formats[];

enum slo_webhook_action {
	SLO_WEBHOOK_NOTHING = -1,
	SLO_WEBHOOK_TRIGGER,  /* open, or not heard of before */
	SLO_WEBHOOK_UPDATE,   /* the cause set changed */
	SLO_WEBHOOK_SEVERITY, /* how bad it is changed */
	SLO_WEBHOOK_RESOLVE,
	SLO_WEBHOOK_ACTION__COUNT
};
extern const struct slo_enum slo_webhook_action_enum;

enum slo_webhook_level { SLO_LEVEL_INFO, SLO_LEVEL_WARNING, SLO_LEVEL_ERROR, SLO_LEVEL_CRITICAL };

enum {
	SLO_WEBHOOK_BODY_MAX = 4 << 20,        /* bytes of a generic document: a record at its largest */
	SLO_PAGERDUTY_BODY_MAX = 512 * 1024,   /* bytes of an event */
	SLO_ALERT_HOLD_S = 3600,               /* an alert without news ends after this */
};

/* How to send it. */
struct slo_webhook_payload {
	const char *method;
	char path[3200];          /* goes behind the address; "" = nothing */
	struct slo_buf body;
	bool wants_key;          /* Authorization: GenieKey <secret> */
};

void slo_webhook_payload_init(struct slo_webhook_payload *p);
void slo_webhook_payload_fini(struct slo_webhook_payload *p);

/** slo_webhook_level - of a burn rate (NaN is info). */
enum slo_webhook_level slo_webhook_level(double burn_rate);

/** slo_webhook_level_of - the same, in the steps that @format can tell apart. */
int slo_webhook_level_of(int format, double burn_rate);

/**
 * slo_webhook_build - the document for one change of an incident
 * @secret: routing key of pagerduty; else not looked at. "" = put nothing in its place
 * @now_ns: wall clock; alertmanager's times are counted from it
 *
 * Return: 0; -EINVAL with @err when the incident cannot be expressed; -ENOMEM; -EMSGSIZE.
 */
int slo_webhook_build(int format, enum slo_webhook_action action, const struct slo_incident *inc, const char *secret,
		      int64_t now_ns, struct slo_webhook_payload *out, struct slo_err *err);

/**
 * slo_webhook_target - the address for @format, from what an operator wrote
 * @url: "" = the service's own, where it has one; without a path the service's path is added
 *
 * Return: 0; -EINVAL with @err (no address, or none that is http or https).
 */
int slo_webhook_target(int format, const char *url, struct slo_buf *out, struct slo_err *err);

/** slo_webhook_needs_key - the format cannot do without a secret. */
bool slo_webhook_needs_key(int format);

/** slo_webhook_signs - a secret is for signing, not a key of the service. */
bool slo_webhook_signs(int format);

#endif
