/* SPDX-License-Identifier: MIT */
/*
 * Opsgenie's Alert API and Jira Service Management's integration events, which took its documents over.
 * Limits: message 130 characters, alias 512, description 15000, 20 tags of 50, entity 512, source 100, user 100,
 * note 25000, details 8000 in all. The latter has no way to change a priority: it gets a note.
 */
#include "net/fetch.h"
#include "net/webhook_text.h"

#include <stdio.h>

enum {
	MESSAGE_MAX = 130,
	ALIAS_MAX = 250, /* an older page says 250, and everything fits into that */
	DESCRIPTION_MAX = 15000,
	TAG_MAX = 50,
	ENTITY_MAX = 512,
	NOTE_MAX = 25000,
	DETAIL_MAX = 255,
};

static const char source[] = "llm-slo-ebpf-toolkit";
static const char *const priorities[] = { "P3", "P3", "P2", "P1" };

static const char *priority(const struct slo_incident *inc)
{
	return priorities[slo_webhook_level(inc->slo_impact.burn_rate)];
}

static json_t *description(const struct slo_incident *inc)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, 1 << 16);
	slo_buf_addf(&b, "Fault domain: %s\nConfidence: %.4f\nBurn rate: %.2f\nEvidence: ", slo_webhook_domain(inc),
		     inc->confidence, inc->slo_impact.burn_rate);
	slo_webhook_evidence(inc, &b);
	j = slo_webhook_text(slo_buf_str(&b), DESCRIPTION_MAX);
	slo_buf_fini(&b);
	return j;
}

static json_t *entity(const struct slo_incident *inc)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, 4 * ENTITY_MAX);
	slo_webhook_cut(&b, inc->cluster, 255);
	slo_buf_addc(&b, '/');
	slo_webhook_cut(&b, inc->service, 255);
	j = slo_webhook_text(slo_buf_str(&b), ENTITY_MAX);
	slo_buf_fini(&b);
	return j;
}

static json_t *details(const struct slo_incident *inc)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}",
			 "burn_rate", slo_webhook_textf(32, "%.2f", inc->slo_impact.burn_rate),
			 "cluster", slo_webhook_text(inc->cluster, DETAIL_MAX),
			 "confidence", slo_webhook_textf(32, "%.4f", inc->confidence),
			 "fault_domain", slo_webhook_domain(inc),
			 "incident_id", slo_webhook_text(inc->incident_id, DETAIL_MAX),
			 "service", slo_webhook_text(inc->service, DETAIL_MAX));
}

static json_t *tags(const struct slo_incident *inc)
{
	return json_pack("[s, s, o]", "llm-slo", slo_webhook_domain(inc), slo_webhook_text(inc->cluster, TAG_MAX));
}

static json_t *create(const struct slo_incident *inc)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o}",
			 "message", slo_webhook_summary(inc, MESSAGE_MAX),
			 "alias", slo_webhook_id(inc->incident_id, ALIAS_MAX),
			 "description", description(inc),
			 "priority", priority(inc),
			 "source", source,
			 "tags", tags(inc),
			 "details", details(inc),
			 "entity", entity(inc));
}

static json_t *note(const struct slo_incident *inc)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, 1 << 16);
	slo_buf_addf(&b, "%s (%s), confidence %.4f, burn rate %.2f. Evidence: ", slo_webhook_domain(inc), priority(inc),
		     inc->confidence, inc->slo_impact.burn_rate);
	slo_webhook_evidence(inc, &b);
	j = json_pack("{s:o, s:s}", "note", slo_webhook_text(slo_buf_str(&b), NOTE_MAX), "source", source);
	slo_buf_fini(&b);
	return j;
}

/* "/<alias>/close?identifierType=alias" */
static bool below(const struct slo_incident *inc, const char *what, struct slo_webhook_payload *out)
{
	json_t *alias = slo_webhook_id(inc->incident_id, ALIAS_MAX);
	struct slo_buf b;
	bool fits;

	if (!alias)
		return false;
	slo_buf_init(&b, sizeof(out->path));
	slo_buf_addc(&b, '/');
	slo_fetch_percent(&b, json_string_value(alias));
	slo_buf_addf(&b, "/%s?identifierType=alias", what);
	fits = !b.err && slo_str_copy(out->path, sizeof(out->path), slo_buf_str(&b));
	slo_buf_fini(&b);
	json_decref(alias);
	return fits;
}

json_t *webhook_genie(int format, enum slo_webhook_action a, const struct slo_incident *inc,
		      struct slo_webhook_payload *out)
{
	bool raise = a == SLO_WEBHOOK_SEVERITY && format == SLO_WEBHOOK_OPSGENIE;

	out->wants_key = true;
	if (a == SLO_WEBHOOK_TRIGGER)
		return create(inc);
	if (!below(inc, a == SLO_WEBHOOK_RESOLVE ? "close" : raise ? "priority" : "notes", out))
		return NULL;
	if (raise) {
		out->method = "PUT";
		return json_pack("{s:s}", "priority", priority(inc));
	}
	if (a == SLO_WEBHOOK_RESOLVE)
		return json_pack("{s:s, s:s}", "source", source, "note", "resolved");
	return note(inc);
}
