/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <stdlib.h>

#define CAUSE_FROM 0.5 /* posterior from which a hypothesis counts as a cause */

int store_init(struct store *s)
{
	memset(s, 0, sizeof(*s));
	slo_buf_init(&s->scratch, STORE_RECORD_MAX);
	return slo_table_init(&s->table, STORE_ID_MAX, sizeof(struct kept), STORE_MAX, 0);
}

static void drop(void *arg, void *entry)
{
	struct store *s = arg;
	struct kept *k = entry;

	s->evicted_open += !kept_is_over(k);
	free(k->record);
	k->record = NULL;
}

void store_fini(struct store *s)
{
	/* an empty table that was never set up has no list to walk */
	if (s->table.count == 0) {
		slo_table_fini(&s->table);
		slo_buf_fini(&s->scratch);
		return;
	}
	for (struct kept *k = slo_table_oldest(&s->table); k; k = slo_table_newer(&s->table, k))
		free(k->record);
	slo_table_fini(&s->table);
	slo_buf_fini(&s->scratch);
}

static uint32_t causes_of(const struct slo_incident *inc)
{
	uint32_t bits = 1u << inc->predicted_fault_domain;

	for (uint32_t i = 0; i < inc->fault_hypotheses_count; i++) {
		int domain = slo_enum_find(&slo_domain_enum, inc->fault_hypotheses[i].domain);

		if (domain >= 0 && inc->fault_hypotheses[i].posterior >= CAUSE_FROM)
			bits |= 1u << domain;
	}
	return bits;
}

/* Opened and updated are one state to a reader. */
static int status_of(const struct slo_incident *inc)
{
	bool over = inc->status == SLO_INCIDENT_STATUS_RESOLVED || inc->status == SLO_INCIDENT_STATUS_STALE;

	return over ? inc->status : SLO_INCIDENT_STATUS_OPEN;
}

/* The record as text in the scratch buffer. */
static int encode(struct store *s, const struct slo_incident *inc, struct slo_err *err)
{
	int ret;

	slo_buf_reset(&s->scratch);
	ret = slo_rec_encode(slo_event_rec[SLO_KIND_INCIDENT], inc, &s->scratch);
	if (ret == -EMSGSIZE)
		return slo_err_set(err, ret, "incident larger than %d bytes", STORE_RECORD_MAX);
	return ret ? slo_err_set(err, ret, "%s", slo_strerror(ret)) : 0;
}

const struct kept *store_put(struct store *s, const struct slo_incident *inc, bool *changed, struct slo_err *err)
{
	char id[STORE_ID_MAX] = "";
	struct kept *k;
	char *record;
	bool created;
	int status = status_of(inc);
	uint32_t causes = causes_of(inc);

	if (inc->incident_id.len >= sizeof(id)) {
		slo_err_set(err, -EINVAL, "longer than %zu bytes", sizeof(id) - 1);
		slo_err_at(err, "incident_id");
		return NULL;
	}
	memcpy(id, inc->incident_id.p, inc->incident_id.len);
	k = slo_table_find(&s->table, id);
	if (k && inc->timestamp < k->timestamp) {
		s->seen++;
		s->outdated++;
		return NULL;
	}
	if (encode(s, inc, err))
		return NULL;
	record = strndup(s->scratch.data, s->scratch.len);
	if (!record) {
		slo_err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	k = slo_table_get(&s->table, id, &created, drop, s);
	*changed = created || k->status != status || k->causes != causes;
	free(k->record);
	k->record = record;
	k->len = s->scratch.len;
	k->timestamp = inc->timestamp;
	k->status = status;
	k->causes = causes;
	k->latest = ++s->seen;
	if (created)
		k->first = k->latest;
	return k;
}

bool kept_is_over(const struct kept *k)
{
	return k->status == SLO_INCIDENT_STATUS_RESOLVED;
}

static int by_first(const void *va, const void *vb)
{
	const struct kept *a = *(const struct kept *const *)va, *b = *(const struct kept *const *)vb;

	return a->first < b->first ? -1 : a->first > b->first;
}

static int by_urgency(const void *va, const void *vb)
{
	const struct kept *a = *(const struct kept *const *)va, *b = *(const struct kept *const *)vb;

	if (kept_is_over(a) != kept_is_over(b))
		return kept_is_over(a) ? 1 : -1;
	return a->latest > b->latest ? -1 : a->latest < b->latest;
}

size_t store_sorted(const struct store *s, bool urgent_first, const struct kept *out[STORE_MAX])
{
	size_t n = 0;

	for (const struct kept *k = slo_table_oldest(&s->table); k; k = slo_table_newer(&s->table, k))
		out[n++] = k;
	if (n > 1)
		qsort(out, n, sizeof(*out), urgent_first ? by_urgency : by_first);
	return n;
}
