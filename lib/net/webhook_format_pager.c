/* SPDX-License-Identifier: MIT */
/*
 * PagerDuty, Events API v2. Limits: an event 512 KiB, dedup_key 255 characters, summary 1024. Those of
 * the other members are not published; ours keep the event far below the whole.
 */
#include "net/webhook_text.h"

enum { DEDUP_MAX = 255, SUMMARY_MAX = 1024, NAME_MAX_ = 255, SOURCE_MAX = 512, EVIDENCE_MAX = 8192 };

static const char *const severities[] = { "info", "warning", "error", "critical" };

static json_t *evidence(const struct slo_incident *inc)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, 1 << 16);
	slo_webhook_evidence(inc, &b);
	j = slo_webhook_text(slo_buf_str(&b), EVIDENCE_MAX);
	slo_buf_fini(&b);
	return j;
}

static json_t *source(const struct slo_incident *inc)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, 4 * SOURCE_MAX);
	slo_webhook_cut(&b, inc->cluster, NAME_MAX_);
	slo_buf_addc(&b, '/');
	slo_webhook_cut(&b, inc->service, NAME_MAX_);
	j = slo_webhook_text(slo_buf_str(&b), SOURCE_MAX);
	slo_buf_fini(&b);
	return j;
}

static json_t *details(const struct slo_incident *inc)
{
	json_t *d = json_pack("{s:o, s:o, s:o, s:s, s:o, s:s}",
			      "burn_rate", slo_webhook_textf(32, "%.2f", inc->slo_impact.burn_rate),
			      "confidence", slo_webhook_textf(32, "%.4f", inc->confidence),
			      "evidence", evidence(inc),
			      "fault_domain", slo_webhook_domain(inc),
			      "incident_id", slo_webhook_text(inc->incident_id, DEDUP_MAX),
			      "sli", "");

	if (d)
		json_object_set_new(d, "sli", slo_webhook_text(inc->slo_impact.sli, NAME_MAX_));
	if (d && inc->namespace.len)
		json_object_set_new(d, "namespace", slo_webhook_text(inc->namespace, NAME_MAX_));
	if (d && inc->source >= 0)
		json_object_set_new(d, "source", json_string(slo_enum_name(&slo_source_enum, inc->source)));
	return d;
}

json_t *webhook_pagerduty(enum slo_webhook_action a, const struct slo_incident *inc, const char *secret)
{
	bool resolve = a == SLO_WEBHOOK_RESOLVE;
	json_t *doc = json_pack("{s:s, s:s, s:o}", "routing_key", secret, "event_action", resolve ? "resolve" : "trigger",
				"dedup_key", slo_webhook_id(inc->incident_id, DEDUP_MAX));
	json_t *payload = resolve ? NULL :
		json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:o}",
			  "summary", slo_webhook_summary(inc, SUMMARY_MAX),
			  "source", source(inc),
			  "severity", severities[slo_webhook_level(inc->slo_impact.burn_rate)],
			  "timestamp", slo_webhook_time(inc->timestamp),
			  "component", slo_webhook_text(inc->service, NAME_MAX_),
			  "group", slo_webhook_text(inc->cluster, NAME_MAX_),
			  "class", slo_webhook_domain(inc),
			  "custom_details", details(inc));

	if (!doc || resolve)
		return doc;
	if (!payload || json_object_set_new(doc, "payload", payload) ||
	    json_object_set_new(doc, "client", json_string("llm-slo"))) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}
