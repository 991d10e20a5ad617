/* SPDX-License-Identifier: MIT */
/* Examples of requests that missed their objective, spread over time, whatever order they came in. */
#include "incident/internal.h"

#include <stdlib.h>
#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static size_t bucket_at(int64_t index)
{
	int64_t i = index % EXEMPLAR_BUCKETS;

	return (size_t)(i < 0 ? i + EXEMPLAR_BUCKETS : i);
}

static const char *trace_of(const struct exemplar *e)
{
	return e->ids + strlen(e->ids) + 1;
}

static int compare(const struct exemplar *a, const struct exemplar *b)
{
	return a->ts != b->ts ? (a->ts < b->ts ? -1 : 1) : strcmp(a->ids, b->ids);
}

static void empty(struct exemplar *items, uint32_t *count)
{
	while (*count)
		free(items[--*count].ids);
}

void exemplar_free(struct exemplars *x)
{
	for (int b = 0; x && b < EXEMPLAR_BUCKETS; b++)
		empty(x->buckets[b].items, &x->buckets[b].count);
	free(x);
}

/* Both ids as one string, each cut at ID_MAX. */
static char *join(struct slo_str request, struct slo_str trace)
{
	char a[ID_MAX], b[ID_MAX], *ids;

	slo_str_copy(a, sizeof(a), request);
	slo_str_copy(b, sizeof(b), trace);
	ids = malloc(strlen(a) + strlen(b) + 2);
	if (ids)
		memcpy(stpcpy(ids, a) + 1, b, strlen(b) + 1);
	return ids;
}

static bool known(const struct exemplar *items, uint32_t n, const char *ids)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(items[i].ids, ids) == 0)
			return true; /* another SLI of the same request */
	return false;
}

void exemplar_add(struct exemplars *x, int64_t ts, struct slo_str request, struct slo_str trace)
{
	int64_t index = floor_div(ts, x->width_ns);
	size_t b = bucket_at(index);
	struct exemplar *items = x->buckets[b].items, one = { .ts = ts };
	uint32_t n, at;

	if (x->buckets[b].index > index)
		return;
	if (x->buckets[b].index < index)
		empty(items, &x->buckets[b].count);
	x->buckets[b].index = index;
	n = x->buckets[b].count;
	one.ids = join(request, trace);
	if (!one.ids || known(items, n, one.ids) ||
	    (n == EXEMPLAR_PER_BUCKET && compare(&one, &items[n - 1]) >= 0)) {
		free(one.ids);
		return;
	}
	if (n == EXEMPLAR_PER_BUCKET)
		free(items[--n].ids);
	for (at = n; at && compare(&one, &items[at - 1]) < 0; at--)
		items[at] = items[at - 1];
	items[at] = one;
	x->buckets[b].count = n + 1;
}

static void put(const struct exemplar *e, struct slo_incident *out)
{
	const char *trace = trace_of(e);

	if (e->ids[0])
		out->request_ids[out->request_ids_count++] = slo_str(e->ids);
	if (!trace[0])
		return;
	for (uint32_t i = 0; i < out->trace_ids_count; i++)
		if (slo_str_is(out->trace_ids[i], trace))
			return;
	out->trace_ids[out->trace_ids_count++] = slo_str(trace);
}

void exemplar_fill(const struct exemplars *x, int64_t from_ns, int64_t to_ns, struct slo_incident *out)
{
	int64_t newest = floor_div(to_ns - 1, x->width_ns);
	uint32_t left = SLO_MAX_TRACES;

	/* Older buckets may have given way to ones newer than the instant, depending on who came first. */
	for (int64_t index = newest; index > newest - SLO_TRACK_RECENT; index--) {
		size_t b = bucket_at(index);

		for (uint32_t i = 0; x->buckets[b].index == index && i < x->buckets[b].count && left; i++) {
			const struct exemplar *e = &x->buckets[b].items[i];

			if (e->ts < from_ns || e->ts >= to_ns)
				continue;
			put(e, out);
			left--;
		}
	}
}

static void pack_bucket(struct exemplars *x, uint32_t b, struct slo_pack *p)
{
	uint32_t n = slo_pack_count(p, x->buckets[b].count, EXEMPLAR_PER_BUCKET);

	slo_pack_when(p, &x->buckets[b].index, x->width_ns);
	for (uint32_t i = 0; i < n && !p->bad; i++) {
		struct exemplar *e = &x->buckets[b].items[i];
		char request[ID_MAX] = "", trace[ID_MAX] = "";
		int64_t ts = e->ts;

		if (p->out) {
			slo_str_copy(request, sizeof(request), slo_str(e->ids));
			slo_str_copy(trace, sizeof(trace), slo_str(trace_of(e)));
		}
		slo_pack_when(p, &ts, 1);
		slo_pack_text(p, request, sizeof(request));
		slo_pack_text(p, trace, sizeof(trace));
		if (!p->out && !p->bad)
			exemplar_add(x, ts, slo_str(request), slo_str(trace));
	}
}

void exemplar_pack(struct service *s, struct slo_pack *p)
{
	struct exemplars *x = s->exemplars, *old = NULL;
	int64_t width_ns = s->store.chunk_ns;
	bool any = x;

	if (!slo_pack_bool(p, &any))
		return;
	SLO_PACK(p, width_ns);
	p->bad = p->bad || width_ns <= 0;
	if (!p->out) {
		x = old = calloc(1, sizeof(*x));
		p->bad = p->bad || !x;
		if (x)
			x->width_ns = p->bad ? 1 : width_ns;
	}
	for (uint32_t b = 0; !p->bad && b < EXEMPLAR_BUCKETS; b++)
		pack_bucket(x, b, p);
	if (p->out)
		return;
	/* In buckets of another width they would be in the wrong places. */
	if (!p->bad && width_ns == s->store.chunk_ns) {
		s->exemplars = x;
		old = NULL;
	}
	exemplar_free(old);
}
