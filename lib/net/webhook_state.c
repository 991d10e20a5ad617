/* SPDX-License-Identifier: MIT */
#include "net/webhook_state.h"

#include "attribute/model.h"

struct known {
	uint64_t key[2];   /* two hashes of the id: the key of the table */
	uint32_t causes;   /* bit set of domains */
	int level;
	bool over;
};

int slo_webhook_states_init(struct slo_webhook_states *s, int format)
{
	s->format = format;
	return slo_table_init(&s->table, sizeof(((struct known *)0)->key), sizeof(struct known), SLO_WEBHOOK_KNOWN_MAX, 0);
}

void slo_webhook_states_fini(struct slo_webhook_states *s)
{
	slo_table_fini(&s->table);
}

static void name(const struct slo_incident *inc, uint64_t key[2])
{
	for (int i = 0; i < 2; i++)
		key[i] = slo_hash(inc->incident_id.p ? inc->incident_id.p : "", inc->incident_id.len, (uint64_t)i + 1);
}

/* The domains that share the blame, as the attributor draws the line. */
static uint32_t causes(const struct slo_incident *inc)
{
	uint32_t set = inc->predicted_fault_domain >= 0 ? 1u << inc->predicted_fault_domain : 0;

	for (uint32_t i = 0; i < inc->fault_hypotheses_count; i++) {
		const struct slo_hypothesis *h = &inc->fault_hypotheses[i];
		int domain = slo_enum_find(&slo_domain_enum, h->domain);

		if (domain >= 0 && h->posterior >= SLO_VERDICT_CAUSE)
			set |= 1u << domain;
	}
	/* Which of them leads is part of it: the headline changes. */
	return set | (uint32_t)(inc->predicted_fault_domain + 1) << 16;
}

/* Services that keep the priority of an alert apart from its text hear of both. */
static int changes(const struct slo_webhook_states *s, const struct known *before, const struct known *now,
		   enum slo_webhook_action out[2])
{
	bool apart = s->format == SLO_WEBHOOK_OPSGENIE, cause = before->causes != now->causes;
	int n = 0;

	if (before->level != now->level && (apart || !cause))
		out[n++] = SLO_WEBHOOK_SEVERITY;
	if (cause)
		out[n++] = SLO_WEBHOOK_UPDATE;
	return n;
}

int slo_webhook_news(struct slo_webhook_states *s, const struct slo_incident *inc, enum slo_webhook_action out[2])
{
	struct known now = {
		.causes = causes(inc),
		.level = slo_webhook_level_of(s->format, inc->slo_impact.burn_rate),
		.over = inc->status == SLO_INCIDENT_STATUS_RESOLVED,
	};
	struct known *k, before;
	bool fresh;

	name(inc, now.key);
	k = slo_table_get(&s->table, now.key, &fresh, NULL, NULL);
	before = *k;
	if (inc->status == SLO_INCIDENT_STATUS_STALE && !fresh)
		return 0;
	*k = now;
	if (now.over) {
		out[0] = SLO_WEBHOOK_RESOLVE;
		return fresh || !before.over;
	}
	if (fresh || before.over) {
		out[0] = SLO_WEBHOOK_TRIGGER;
		return 1;
	}
	return changes(s, &before, &now, out);
}

void slo_webhook_forget(struct slo_webhook_states *s, const struct slo_incident *inc)
{
	uint64_t key[2];
	void *k;

	name(inc, key);
	k = slo_table_find(&s->table, key);
	if (k)
		slo_table_del(&s->table, k);
}
