/* SPDX-License-Identifier: MIT */
/* Whose a probe record is: it names node, namespace and service, not the cluster; windows told which that is. */
#include "incident/internal.h"

static uint64_t hash_names(struct slo_str node, struct slo_str namespace, struct slo_str service)
{
	const struct slo_str names[] = { node, namespace, service };
	uint64_t h = 4;

	for (size_t i = 0; i < SLO_ARRAY_LEN(names); i++)
		h = slo_hash(names[i].p ? names[i].p : "", names[i].len, h);
	return h;
}

static void set(struct slo_incidents *inc, uint64_t key, const uint64_t target[2])
{
	bool created;
	struct home *h = slo_table_get(&inc->homes, &key, &created, NULL, NULL);

	if (!created && memcmp(h->target, target, sizeof(h->target)) != 0)
		h->shared = true;
	memcpy(h->target, target, sizeof(h->target));
}

void home_set(struct slo_incidents *inc, const struct service *s, struct slo_str node)
{
	set(inc, hash_names(node, slo_str(s->namespace), slo_str(s->name)), s->key);
	set(inc, hash_names(node, slo_str(NULL), slo_str(NULL)), s->node);
}

static const uint64_t *find(const struct slo_incidents *inc, const struct slo_probe_event *e)
{
	uint64_t key = hash_names(e->node, e->service.len ? e->namespace : slo_str(NULL), e->service);
	const struct home *h = slo_table_find(&inc->homes, &key);

	return h && !h->shared ? h->target : NULL;
}

static void add(struct service *s, const struct slo_probe_event *e)
{
	if (!s->probes)
		s->probes = probes_new(&s->inc->budget, s->store.chunk_ns);
	if (!s->probes || !probes_add(s->probes, e))
		s->inc->stats.probes_refused++;
}

void home_take(struct slo_incidents *inc, const struct slo_probe_event *e)
{
	const uint64_t *target = find(inc, e);
	struct service *s = target && e->service.len ? slo_table_find(&inc->services, target) : NULL;
	struct node *n = target && !e->service.len ? slo_table_find(&inc->nodes, target) : NULL;

	if (!s && !n)
		inc->stats.probes_homeless++;
	if (s)
		add(s, e);
	for (uint32_t i = 0; n && i < n->count; i++)
		add(n->services[i], e);
}
