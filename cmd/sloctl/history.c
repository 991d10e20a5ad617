/* SPDX-License-Identifier: MIT */
#include "history.h"

int history_init(struct slo_table *t)
{
	return slo_table_init(t, STORE_ID_MAX, sizeof(struct history), STORE_MAX, 0);
}

static bool key_of(struct slo_str id, char key[STORE_ID_MAX])
{
	memset(key, 0, STORE_ID_MAX);
	if (id.len >= STORE_ID_MAX)
		return false;
	memcpy(key, id.p, id.len);
	return true;
}

static uint32_t causes_of(const struct slo_incident *inc)
{
	uint32_t bits = 1u << inc->predicted_fault_domain;

	for (uint32_t i = 0; i < inc->cause_set_count; i++)
		bits |= 1u << inc->cause_set[i];
	return bits;
}

static const struct moment *newest(const struct history *h)
{
	if (h->seen == 0)
		return NULL;
	return h->seen <= HISTORY_FIRST ? &h->first[h->seen - 1] : &h->last[(h->seen - 1) % HISTORY_LAST];
}

void history_add(struct slo_table *t, const struct slo_incident *inc)
{
	struct moment one = { .timestamp = inc->timestamp, .update = inc->update, .status = inc->status,
			      .domain = inc->predicted_fault_domain, .causes = causes_of(inc),
			      .abstained = inc->abstained_count ? inc->abstained[0] : -1,
			      .confidence = inc->confidence, .brief = inc->slo_impact.burn_rate_short,
			      .lengthy = inc->slo_impact.burn_rate };
	char key[STORE_ID_MAX];
	const struct moment *before;
	struct history *h;
	bool created;

	if (!key_of(inc->incident_id, key))
		return;
	h = slo_table_get(t, key, &created, NULL, NULL);
	before = newest(h);
	if (before && before->timestamp == one.timestamp && before->update == one.update && before->status == one.status)
		return;
	if (h->seen < HISTORY_FIRST)
		h->first[h->seen] = one;
	else
		h->last[h->seen % HISTORY_LAST] = one;
	h->seen++;
}

static void insert(struct moment *list, size_t *n, const struct moment *one)
{
	size_t at = (*n)++;

	for (; at && list[at - 1].timestamp > one->timestamp; at--)
		list[at] = list[at - 1];
	list[at] = *one;
}

size_t history_list(const struct slo_table *t, struct slo_str id, struct moment out[HISTORY_MAX], uint64_t *left_out)
{
	char key[STORE_ID_MAX];
	const struct history *h = key_of(id, key) ? slo_table_find(t, key) : NULL;
	uint64_t from = HISTORY_FIRST;
	size_t n = 0;

	*left_out = 0;
	if (!h)
		return 0;
	if (h->seen > HISTORY_MAX) {
		from = h->seen - HISTORY_LAST;
		*left_out = from - HISTORY_FIRST;
	}
	for (uint64_t i = 0; i < h->seen && i < HISTORY_FIRST; i++)
		insert(out, &n, &h->first[i]);
	for (uint64_t i = from; i < h->seen; i++)
		insert(out, &n, &h->last[i % HISTORY_LAST]);
	return n;
}
