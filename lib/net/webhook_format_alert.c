/* SPDX-License-Identifier: MIT */
/*
 * Alertmanager and Slack.
 *
 * To Alertmanager an alert is its set of labels: nothing that changes in the life of an incident
 * may be one, so domain and severity are annotations. An alert ends by itself SLO_ALERT_HOLD_S after the
 * last word about it; whoever runs on repeats it in time.
 *
 * Slack: text of a header 150 characters, of a section 3000; "&", "<" and ">" are escaped.
 */
#include "base/time.h"
#include "net/webhook_text.h"

enum { LABEL_MAX = 1024, NOTE_MAX = 4096, HEADER_MAX = 150, SECTION_MAX = 3000 };

static const char *const severities[] = { "info", "warning", "error", "critical" };
static const char *const verbs[] = { "opened", "changed cause", "changed severity", "resolved" };

static json_t *evidence(const struct slo_incident *inc, size_t max)
{
	struct slo_buf b;
	json_t *j;

	slo_buf_init(&b, 1 << 16);
	slo_webhook_evidence(inc, &b);
	j = slo_webhook_text(slo_buf_str(&b), max);
	slo_buf_fini(&b);
	return j;
}

static json_t *labels(const struct slo_incident *inc)
{
	json_t *l = json_pack("{s:s, s:o, s:o, s:o}", "alertname", "LLMSLOIncident",
			      "incident_id", slo_webhook_id(inc->incident_id, LABEL_MAX),
			      "cluster", slo_webhook_text(inc->cluster, LABEL_MAX),
			      "service", slo_webhook_text(inc->service, LABEL_MAX));

	if (l && inc->namespace.len)
		json_object_set_new(l, "namespace", slo_webhook_text(inc->namespace, LABEL_MAX));
	return l;
}

static json_t *annotations(const struct slo_incident *inc)
{
	json_t *a = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o}",
			      "summary", slo_webhook_summary(inc, LABEL_MAX),
			      "fault_domain", slo_webhook_domain(inc),
			      "severity", severities[slo_webhook_level(inc->slo_impact.burn_rate)],
			      "burn_rate", slo_webhook_textf(32, "%.2f", inc->slo_impact.burn_rate),
			      "confidence", slo_webhook_textf(32, "%.4f", inc->confidence),
			      "evidence", evidence(inc, NOTE_MAX),
			      "sli", slo_webhook_text(inc->slo_impact.sli, LABEL_MAX));

	if (a && inc->source >= 0)
		json_object_set_new(a, "source", json_string(slo_enum_name(&slo_source_enum, inc->source)));
	return a;
}

json_t *webhook_alertmanager(enum slo_webhook_action a, const struct slo_incident *inc, int64_t now_ns)
{
	bool over = a == SLO_WEBHOOK_RESOLVE;
	int64_t start = inc->started_at != SLO_ABSENT_I64 ? inc->started_at : inc->timestamp;
	int64_t end = !over ? now_ns + SLO_ALERT_HOLD_S * SLO_NS_PER_S :
		      inc->resolved_at != SLO_ABSENT_I64 ? inc->resolved_at : inc->timestamp;

	/* It refuses what ends before it starts, and takes an end to come for "still firing". */
	if (over && end > now_ns)
		end = now_ns;
	if (start > end)
		start = end;
	return json_pack("[{s:o, s:o, s:o, s:o}]", "labels", labels(inc), "annotations", annotations(inc),
			 "startsAt", slo_webhook_time(start), "endsAt", slo_webhook_time(end));
}

static void add_escaped(struct slo_buf *to, struct slo_str s, size_t max)
{
	struct slo_buf b;

	slo_buf_init(&b, 1 << 16);
	slo_webhook_cut(&b, s, max);
	for (size_t i = 0; i < b.len; i++) {
		switch (b.data[i]) {
		case '&':
			slo_buf_adds(to, "&amp;");
			break;
		case '<':
			slo_buf_adds(to, "&lt;");
			break;
		case '>':
			slo_buf_adds(to, "&gt;");
			break;
		default:
			slo_buf_addc(to, b.data[i]);
		}
	}
	slo_buf_fini(&b);
}

static json_t *section(const struct slo_incident *inc, enum slo_webhook_action a)
{
	struct slo_buf b, list;
	json_t *j;

	slo_buf_init(&b, 1 << 16);
	slo_buf_init(&list, 1 << 16);
	slo_buf_addf(&b, "*Incident %s*: ", verbs[a]);
	add_escaped(&b, inc->incident_id, 100);
	slo_buf_adds(&b, "\n*Service*: ");
	add_escaped(&b, inc->cluster, 80);
	slo_buf_addc(&b, '/');
	add_escaped(&b, inc->service, 80);
	slo_buf_addf(&b, "\n*Fault domain*: %s (confidence %.2f)\n*Severity*: %s, burn rate %.2f of ",
		     slo_webhook_domain(inc), inc->confidence, severities[slo_webhook_level(inc->slo_impact.burn_rate)],
		     inc->slo_impact.burn_rate);
	add_escaped(&b, inc->slo_impact.sli, 80);
	slo_buf_adds(&b, "\n*Evidence*: ");
	/* Escapes are up to five characters: what is cut here stays below the limit, and no escape is cut. */
	slo_webhook_evidence(inc, &list);
	add_escaped(&b, slo_buf_str(&list), 200);
	j = slo_webhook_text(slo_buf_str(&b), SECTION_MAX);
	slo_buf_fini(&list);
	slo_buf_fini(&b);
	return j;
}

json_t *webhook_slack(enum slo_webhook_action a, const struct slo_incident *inc)
{
	struct slo_buf plain;
	json_t *summary, *text, *header;

	slo_buf_init(&plain, 1 << 12);
	summary = slo_webhook_summary(inc, HEADER_MAX - 20);
	if (!summary)
		return NULL;
	if (a == SLO_WEBHOOK_RESOLVE)
		slo_buf_adds(&plain, "Resolved: ");
	/* Plain text blocks need no escapes, the text for notifications does. */
	slo_buf_adds(&plain, json_string_value(summary));
	header = slo_webhook_text(slo_buf_str(&plain), HEADER_MAX);
	slo_buf_reset(&plain);
	add_escaped(&plain, slo_str(header ? json_string_value(header) : ""), HEADER_MAX);
	text = slo_webhook_text(slo_buf_str(&plain), SECTION_MAX);
	slo_buf_fini(&plain);
	json_decref(summary);
	return json_pack("{s:o, s:[{s:s, s:{s:s, s:o}}, {s:s, s:{s:s, s:o}}]}", "text", text, "blocks",
			 "type", "header", "text", "type", "plain_text", "text", header,
			 "type", "section", "text", "type", "mrkdwn", "text", section(inc, a));
}
