/* SPDX-License-Identifier: MIT */
/*
 * One incident of a node over the incidents of its services that name the same
 * cause, where that is one of the node's: many services suffer, one thing is
 * broken. It follows its children and judges nothing itself.
 */
#include "incident/internal.h"

#include "attribute/argument.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What a verdict says that may be the matter of a whole node. */
int parent_level(const struct view *v)
{
	static const int of[SLO_DOMAIN__COUNT] = {
		[SLO_DOMAIN_NETWORK_DNS] = LEVEL_DNS,
		[SLO_DOMAIN_NETWORK_EGRESS] = LEVEL_EGRESS,
		[SLO_DOMAIN_MEMORY_PRESSURE] = LEVEL_MEMORY,
	};
	const struct slo_verdict *d = &v->verdict;

	/* A quota is the service's own. */
	if (d->domain == SLO_DOMAIN_CPU_THROTTLE)
		return d->detail == SLO_DETAIL_STEAL || d->detail == SLO_DETAIL_CONTENTION ? LEVEL_CPU : LEVEL_NONE;
	/* The disk has no domain of its own. */
	if (d->domain == SLO_DOMAIN_UNKNOWN)
		return slo_facts_of(&v->facts, SLO_SIGNAL_DISK_IO)->elevated ? LEVEL_DISK : LEVEL_NONE;
	return of[d->domain];
}

static bool is_candidate(const struct service *s, int level)
{
	return s->life.state == LIFE_OPEN && s->life.level == level && s->life.view;
}

static int by_order(const void *a, const void *b)
{
	struct service *const *x = a, *const *y = b;

	return service_compare(*x, *y);
}

/* The services of the node that name the level now, in the order of their names. */
static uint32_t gather(const struct node *n, int level, struct service *out[SLO_INCIDENT_NODE_SERVICES])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n->count; i++) {
		struct service *s = node_service(n, i);

		if (s && is_candidate(s, level) && memcmp(s->node, n->key, sizeof(n->key)) == 0)
			out[count++] = s;
	}
	qsort(out, count, sizeof(out[0]), by_order);
	return count;
}

/* Two that came to it too far apart are two stories. */
static bool together(struct service *const *all, uint32_t count, int64_t within_ns)
{
	int64_t newest = INT64_MIN;
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		newest = all[i]->life.level_ns > newest ? all[i]->life.level_ns : newest;
	for (uint32_t i = 0; i < count; i++)
		n += newest - all[i]->life.level_ns <= within_ns;
	return n >= 2;
}

static bool is_child(const struct parent *p, const struct service *s)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->children[i].s == s && p->children[i].born == s->born &&
		    strcmp(p->children[i].id, s->life.id) == 0)
			return true;
	return false;
}

/* Return: how many are new. */
static uint32_t adopt(struct slo_incidents *inc, const struct node *n, struct parent *p, struct service *const *all,
		      uint32_t count)
{
	uint32_t new = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct child *c = &p->children[p->count];

		if (is_child(p, all[i]))
			continue;
		if (p->count == SLO_INCIDENT_NODE_SERVICES) {
			inc->stats.children_overflow++;
			continue;
		}
		c->s = all[i];
		c->born = all[i]->born;
		memcpy(c->id, all[i]->life.id, sizeof(c->id));
		memcpy(all[i]->life.parent_id, p->id, sizeof(p->id));
		memcpy(all[i]->life.parent_node, n->key, sizeof(n->key));
		p->count++;
		new++;
	}
	return new;
}

/* What the surest of the children says. */
static void follow(struct parent *p, struct service *const *all, uint32_t count, int64_t at_ns)
{
	const struct kept_view *from;
	struct service *lead = NULL;
	struct kept_view *copy;
	size_t size;

	for (uint32_t i = 0; i < count; i++)
		if (!lead || all[i]->life.view->verdict.confidence > lead->life.view->verdict.confidence)
			lead = all[i];
	if (!lead)
		return;
	from = lead->life.view;
	size = sizeof(*from) + from->facts_n * sizeof(from->facts[0]);
	copy = malloc(size);
	if (!copy) {
		lead->inc->stats.out_of_memory++;
		return;
	}
	memcpy(copy, from, size);
	/* The reasons belong to a service that may be gone before this incident is over. */
	for (uint32_t i = 0; i < copy->facts_n; i++)
		copy->facts[i].fact.why = NULL;
	free(p->view);
	p->view = copy;
	line_impact(lead, at_ns, &p->impact);
	p->source = lead->source;
}

static void emit(struct slo_incidents *inc, const struct node *n, struct parent *p, int status, int64_t at_ns)
{
	struct slo_incident *out = &inc->line;
	char service[SLO_INCIDENT_NAME_MAX + 8];
	struct slo_argument a;

	if (!p->view)
		return;
	(void)!snprintf(service, sizeof(service), "node/%s", n->name);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], out);
	out->incident_id = slo_str(p->id);
	out->timestamp = at_ns;
	out->cluster = slo_str(n->cluster);
	out->service = slo_str(service);
	view_facts(p->view, &inc->facts);
	slo_argument_make(&p->view->verdict, &inc->facts, &a);
	slo_argument_fill(&a, &p->view->verdict, &inc->facts, out);
	out->slo_impact = p->impact;
	for (uint32_t i = 0; i < p->count && i < SLO_MAX_CHILDREN; i++)
		out->children[out->children_count++] = slo_str(p->children[i].id);
	out->status = status;
	out->started_at = p->started_ns;
	out->detected_at = p->detected_ns;
	if (status == SLO_INCIDENT_STATUS_RESOLVED)
		out->resolved_at = at_ns;
	out->source = p->source;
	out->update = p->update++;
	inc->stats.parent_lines++;
	inc->o.emit(inc->o.arg, out);
}

static void name(const struct node *n, int level, struct parent *p)
{
	uint64_t h = slo_hash(n->key, sizeof(n->key), (uint64_t)level + 16);

	h = slo_hash(&p->started_ns, sizeof(p->started_ns), h);
	(void)!snprintf(p->id, sizeof(p->id), "inc-%016" PRIx64, h);
}

static void begin(struct slo_incidents *inc, struct node *n, int level, struct service *const *all, uint32_t count,
		  int64_t at_ns)
{
	struct parent *p = n->parents[level];
	bool again = p && p->state == LIFE_RESOLVED && at_ns - p->resolved_ns <= inc->o.reopen_ns;

	if (!p)
		p = n->parents[level] = calloc(1, sizeof(*p));
	if (!p) {
		inc->stats.out_of_memory++;
		return;
	}
	if (!again) {
		free(p->view);
		*p = (struct parent){ .detected_ns = at_ns, .started_ns = INT64_MAX };
		for (uint32_t i = 0; i < count; i++)
			if (all[i]->life.started_ns < p->started_ns)
				p->started_ns = all[i]->life.started_ns;
		name(n, level, p);
	}
	p->state = LIFE_OPEN;
	p->count = p->gone = 0;
	adopt(inc, n, p, all, count);
	follow(p, all, count, at_ns);
	inc->stats.parents++;
	emit(inc, n, p, SLO_INCIDENT_STATUS_OPEN, at_ns);
}

/* How the children are: the worst of them. */
static enum life_state state_of(const struct parent *p)
{
	bool stale = p->gone > 0;

	for (uint32_t i = 0; i < p->count; i++) {
		const struct service *s = p->children[i].s;

		if (s->born != p->children[i].born || strcmp(s->life.id, p->children[i].id) != 0)
			continue;
		if (s->life.state == LIFE_OPEN)
			return LIFE_OPEN;
		stale = stale || s->life.state == LIFE_STALE;
	}
	return stale ? LIFE_STALE : LIFE_RESOLVED;
}

static void release(const struct parent *p)
{
	for (uint32_t i = 0; i < p->count; i++) {
		struct service *s = p->children[i].s;

		if (s->born == p->children[i].born && strcmp(s->life.parent_id, p->id) == 0)
			s->life.parent_id[0] = '\0';
	}
}

static void carry_on(struct slo_incidents *inc, struct node *n, struct parent *p, struct service *const *all,
		     uint32_t count, int64_t at_ns)
{
	uint32_t new = adopt(inc, n, p, all, count);
	enum life_state now = state_of(p), was = p->state;

	p->state = now;
	if (now == LIFE_OPEN) {
		if (!new && was == LIFE_OPEN)
			return;
		follow(p, all, count, at_ns);
		emit(inc, n, p, SLO_INCIDENT_STATUS_UPDATED, at_ns);
	} else if (now == LIFE_STALE && was != LIFE_STALE) {
		emit(inc, n, p, SLO_INCIDENT_STATUS_STALE, at_ns);
	} else if (now == LIFE_RESOLVED) {
		p->resolved_ns = at_ns;
		emit(inc, n, p, SLO_INCIDENT_STATUS_RESOLVED, at_ns);
		release(p);
	}
}

static void step(struct slo_incidents *inc, struct node *n, int level, int64_t at_ns)
{
	struct service *all[SLO_INCIDENT_NODE_SERVICES] = { NULL };
	struct parent *p = n->parents[level];
	uint32_t count = gather(n, level, all);

	if (p && (p->state == LIFE_OPEN || p->state == LIFE_STALE))
		carry_on(inc, n, p, all, count, at_ns);
	else if (together(all, count, inc->o.reopen_ns))
		begin(inc, n, level, all, count, at_ns);
}

static void step_node(struct slo_incidents *inc, const uint64_t key[2], int level, int64_t at_ns)
{
	struct node *n = slo_table_find(&inc->nodes, key);

	for (int i = 1; n && i < LEVEL__COUNT; i++) {
		if (n->stepped_ns[i] == at_ns || (i != level && !n->parents[i]))
			continue;
		n->stepped_ns[i] = at_ns;
		step(inc, n, i, at_ns);
	}
}

void parent_steps(struct slo_incidents *inc, int64_t at_ns)
{
	for (uint32_t i = 0; i < inc->order_count; i++) {
		const struct life *l = &inc->order[i]->life;

		if (l->state == LIFE_OPEN && l->level)
			step_node(inc, inc->order[i]->node, l->level, at_ns);
		if (l->parent_id[0])
			step_node(inc, l->parent_node, LEVEL_NONE, at_ns);
	}
}

void parent_orphan(struct service *s, int64_t at_ns)
{
	struct node *n = s->life.parent_id[0] ? slo_table_find(&s->inc->nodes, s->life.parent_node) : NULL;

	for (int level = 1; n && level < LEVEL__COUNT; level++) {
		struct parent *p = n->parents[level];

		for (uint32_t i = 0; p && i < p->count; i++) {
			if (p->children[i].s != s || p->children[i].born != s->born)
				continue;
			p->gone++;
			p->children[i] = p->children[--p->count];
			if (p->state == LIFE_OPEN && state_of(p) == LIFE_STALE) {
				p->state = LIFE_STALE;
				emit(s->inc, n, p, SLO_INCIDENT_STATUS_STALE, at_ns);
			}
			break;
		}
	}
}

void parent_free(struct slo_incidents *inc, struct node *n, int64_t at_ns)
{
	for (int level = 1; level < LEVEL__COUNT; level++) {
		if (!n->parents[level])
			continue;
		if (at_ns != SLO_ABSENT_I64 && n->parents[level]->state == LIFE_OPEN)
			emit(inc, n, n->parents[level], SLO_INCIDENT_STATUS_STALE, at_ns);
		release(n->parents[level]);
		free(n->parents[level]->view);
		free(n->parents[level]);
		n->parents[level] = NULL;
	}
}
