/* SPDX-License-Identifier: MIT */
/*
 * Which records were taken in whose time is not evaluated yet. After a restart
 * the input may go on where it was, or begin anywhere before: what the checkpoint
 * holds already must not count twice, and what it does not hold must count.
 */
#include "incident/internal.h"

#include <stdlib.h>

struct mark {
	uint64_t id;
	int64_t end_ns;
};

struct pending {
	struct mark *marks;      /* in the order they came */
	uint32_t count, room;
	struct mark *before;     /* of the checkpoint, ascending by id; a used one has end_ns 0 */
	uint32_t before_count;
	int64_t before_ns;       /* the newest of them */
};

static uint64_t add_text(uint64_t h, struct slo_str s)
{
	return slo_hash(s.p ? s.p : "", s.len, h);
}

static uint64_t id_of_window(const struct slo_window *w, uint64_t h)
{
	const uint64_t numbers[] = { (uint64_t)w->start_ns, (uint64_t)w->end_ns, (uint64_t)w->signal,
				     (uint64_t)w->role, (uint64_t)w->state, w->count };
	const double values[] = { w->sum, w->max };

	h = add_text(add_text(add_text(add_text(h, w->cluster), w->node), w->namespace), w->service);
	h = add_text(add_text(add_text(h, w->pod), w->container), w->provider);
	return slo_hash(values, sizeof(values), slo_hash(numbers, sizeof(numbers), h));
}

static uint64_t id_of_requests(const struct slo_sli_window *w, uint64_t h)
{
	const uint64_t numbers[] = { (uint64_t)w->start_ns, (uint64_t)w->end_ns, (uint64_t)w->sli, w->valid, w->bad };

	h = add_text(add_text(add_text(add_text(h, w->cluster), w->node), w->namespace), w->service);
	return slo_hash(numbers, sizeof(numbers), h);
}

static uint64_t id_of_request(const struct slo_sli_event *e, uint64_t h)
{
	const uint64_t numbers[] = { (uint64_t)e->timestamp, (uint64_t)e->sli_name };

	h = add_text(add_text(add_text(add_text(h, e->cluster), e->namespace), e->service), e->request_id);
	h = slo_hash(&e->sli_value, sizeof(e->sli_value), h);
	return slo_hash(numbers, sizeof(numbers), h);
}

static uint64_t id_of_probe(const struct slo_probe_event *e, uint64_t h)
{
	const uint64_t numbers[] = { (uint64_t)e->ts_unix_nano, (uint64_t)e->signal, (uint64_t)e->pid, (uint64_t)e->tid };

	h = add_text(add_text(add_text(add_text(h, e->node), e->namespace), e->service), e->detail);
	h = slo_hash(&e->value, sizeof(e->value), h);
	return slo_hash(numbers, sizeof(numbers), h);
}

static uint64_t id_of(const struct slo_event *ev)
{
	uint64_t h = (uint64_t)ev->kind + 11;

	switch (ev->kind) {
	case SLO_KIND_WINDOW:
		return id_of_window(&ev->window, h);
	case SLO_KIND_SLI_WINDOW:
		return id_of_requests(&ev->sli_window, h);
	case SLO_KIND_SLO:
		return id_of_request(&ev->slo, h);
	case SLO_KIND_PROBE:
		return id_of_probe(&ev->probe, h);
	default:
		return 0;
	}
}

static int by_id(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Equal records may be several: each was taken as often as it is marked. */
static bool use(struct pending *p, uint64_t id)
{
	uint32_t from = 0, to = p->before_count;

	while (from < to) {
		uint32_t mid = from + (to - from) / 2;

		if (p->before[mid].id < id)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < p->before_count && p->before[from].id == id; from++) {
		if (!p->before[from].end_ns)
			continue;
		p->before[from].end_ns = 0;
		return true;
	}
	return false;
}

static void prune(struct pending *p, int64_t done_ns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->count; i++)
		if (p->marks[i].end_ns > done_ns)
			p->marks[n++] = p->marks[i];
	p->count = n;
}

static bool make_room(struct slo_incidents *inc, struct pending *p)
{
	uint32_t room = p->room ? p->room : 512;
	struct mark *marks;

	if (p->count < p->room)
		return true;
	prune(p, inc->done_ns);
	/* Grown so that pruning stays rare. */
	if (p->room && p->count < p->room / 2)
		return true;
	if (room >= SLO_INCIDENT_PENDING_MAX)
		return p->count < p->room;
	marks = realloc(p->marks, 2 * (size_t)room * sizeof(*marks));
	if (!marks)
		return p->count < p->room;
	p->marks = marks;
	p->room = 2 * room;
	return true;
}

static struct pending *pending_of(struct slo_incidents *inc)
{
	if (!inc->pending)
		inc->pending = calloc(1, sizeof(*inc->pending));
	return inc->pending;
}

static void mark(struct slo_incidents *inc, uint64_t id, int64_t end_ns)
{
	struct pending *p = pending_of(inc);

	if (p && make_room(inc, p))
		p->marks[p->count++] = (struct mark){ id, end_ns };
	else
		inc->stats.unremembered++;
}

bool pending_repeats(struct slo_incidents *inc, const struct slo_event *ev, int64_t end_ns)
{
	struct pending *p = inc->pending;
	uint64_t id;

	if (!inc->o.remember)
		return false;
	id = id_of(ev);
	if (p && p->before && inc->done_ns >= p->before_ns) {
		free(p->before);
		p->before = NULL;
	}
	if (p && p->before && use(p, id))
		return true;
	mark(inc, id, end_ns);
	return false;
}

void pending_free(struct pending *p)
{
	if (!p)
		return;
	free(p->marks);
	free(p->before);
	free(p);
}

static void remember_before(struct slo_incidents *inc)
{
	struct pending *p = inc->pending;

	if (!p || !p->count)
		return;
	p->before = malloc(p->count * sizeof(*p->before));
	if (!p->before) {
		inc->stats.unremembered += p->count;
		return;
	}
	memcpy(p->before, p->marks, p->count * sizeof(*p->before));
	p->before_count = p->count;
	for (uint32_t i = 0; i < p->count; i++)
		if (p->marks[i].end_ns > p->before_ns)
			p->before_ns = p->marks[i].end_ns;
	qsort(p->before, p->count, sizeof(*p->before), by_id);
}

void pending_pack(struct slo_incidents *inc, struct slo_pack *k)
{
	struct pending *p = inc->pending;
	uint32_t n;

	if (k->out && p)
		prune(p, inc->done_ns);
	n = slo_pack_count(k, p ? p->count : 0, SLO_INCIDENT_PENDING_MAX);
	for (uint32_t i = 0; i < n && !k->bad; i++) {
		struct mark m = k->out ? p->marks[i] : (struct mark){ .id = 0 };

		SLO_PACK(k, m.id);
		slo_pack_when(k, &m.end_ns, 1);
		if (!k->out && !k->bad)
			mark(inc, m.id, m.end_ns);
	}
	if (!k->out)
		remember_before(inc);
}
