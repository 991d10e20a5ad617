/* SPDX-License-Identifier: MIT */
#include "net/webhook_repeat.h"

#include "base/time.h"

#include <errno.h>
#include <stdlib.h>

struct repeat {
	uint64_t key[2];
	char *record;
	size_t len;
	int64_t due_ns, until_ns;
};

int slo_repeats_init(struct slo_repeats *r, uint32_t max, int64_t every_ns)
{
	*r = (struct slo_repeats){ .every_ns = every_ns };
	return slo_table_init(&r->table, sizeof(((struct repeat *)0)->key), sizeof(struct repeat), max, 0);
}

static void drop(struct slo_repeats *r, struct repeat *e)
{
	r->bytes -= e->len;
	free(e->record);
	slo_table_del(&r->table, e);
}

void slo_repeats_fini(struct slo_repeats *r)
{
	struct repeat *e;

	while (r->table.count && (e = slo_table_oldest(&r->table)))
		drop(r, e);
	slo_table_fini(&r->table);
}

void slo_repeats_set(struct slo_repeats *r, struct slo_str id, struct slo_str record, int64_t now_ns)
{
	uint64_t key[2] = { slo_hash(id.p ? id.p : "", id.len, 1), slo_hash(id.p ? id.p : "", id.len, 2) };
	struct repeat *e = slo_table_find(&r->table, key);
	char *copy;
	bool fresh;

	if (e)
		drop(r, e);
	if (!record.p)
		return;
	copy = r->table.count < r->table.max && r->bytes + record.len <= SLO_REPEAT_BYTES ?
		       strndup(record.p, record.len) : NULL;
	if (!copy) {
		r->refused++;
		return;
	}
	e = slo_table_get(&r->table, key, &fresh, NULL, NULL);
	e->record = copy;
	e->len = record.len;
	e->due_ns = now_ns + r->every_ns;
	e->until_ns = now_ns + SLO_REPEAT_FOR_S * SLO_NS_PER_S;
	r->bytes += e->len;
}

char *slo_repeats_due(struct slo_repeats *r, int64_t now_ns, int64_t *next_ns)
{
	struct repeat *e = r->table.count ? slo_table_oldest(&r->table) : NULL, *newer;
	char *found = NULL;

	for (; e; e = newer) {
		newer = slo_table_newer(&r->table, e);
		if (now_ns >= e->until_ns) {
			drop(r, e);
			continue;
		}
		if (now_ns >= e->due_ns && !found) {
			found = strndup(e->record, e->len);
			e->due_ns = now_ns + r->every_ns;
		}
		*next_ns = e->due_ns < *next_ns ? e->due_ns : *next_ns;
	}
	return found;
}
