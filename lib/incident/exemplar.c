/* SPDX-License-Identifier: MIT */
/* Examples of requests that missed their objective, spread over time, whatever order they came in. */
#include "incident/internal.h"

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static size_t bucket_at(int64_t index)
{
	int64_t i = index % EXEMPLAR_BUCKETS;

	return (size_t)(i < 0 ? i + EXEMPLAR_BUCKETS : i);
}

static int compare(const struct exemplar *a, const struct exemplar *b)
{
	return a->ts != b->ts ? (a->ts < b->ts ? -1 : 1) : strcmp(a->request, b->request);
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
		x->buckets[b].count = 0;
	x->buckets[b].index = index;
	n = x->buckets[b].count;
	slo_str_copy(one.request, sizeof(one.request), request);
	slo_str_copy(one.trace, sizeof(one.trace), trace);
	for (at = 0; at < n; at++)
		if (strcmp(items[at].request, one.request) == 0)
			return; /* another SLI of the same request */
	if (n == EXEMPLAR_PER_BUCKET) {
		if (compare(&one, &items[n - 1]) >= 0)
			return;
		n--;
	}
	for (at = n; at && compare(&one, &items[at - 1]) < 0; at--)
		items[at] = items[at - 1];
	items[at] = one;
	x->buckets[b].count = n + 1;
}

static void put(const struct exemplar *e, struct slo_incident *out)
{
	if (e->request[0])
		out->request_ids[out->request_ids_count++] = slo_str(e->request);
	if (!e->trace[0])
		return;
	for (uint32_t i = 0; i < out->trace_ids_count; i++)
		if (slo_str_is(out->trace_ids[i], e->trace))
			return;
	out->trace_ids[out->trace_ids_count++] = slo_str(e->trace);
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
