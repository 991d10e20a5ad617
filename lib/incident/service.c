/* SPDX-License-Identifier: MIT */
/* Services and nodes: found by name, made when new, fed with records. */
#include "incident/internal.h"

#include "base/time.h"

#include <math.h>
#include <stdlib.h>

static void hash_names(const struct slo_str *names, size_t n, uint64_t key[2])
{
	uint64_t a = 1, b = 2;

	for (size_t i = 0; i < n; i++) {
		a = slo_hash(names[i].p ? names[i].p : "", names[i].len, a);
		b = slo_hash(names[i].p ? names[i].p : "", names[i].len, b);
	}
	key[0] = a;
	key[1] = b;
}

static int compare(const struct service *a, const struct service *b)
{
	int c = strcmp(a->cluster, b->cluster);

	c = c ? c : strcmp(a->namespace, b->namespace);
	c = c ? c : strcmp(a->name, b->name);
	return c ? c : memcmp(a->key, b->key, sizeof(a->key));
}

static void list(struct slo_incidents *inc, struct service *s)
{
	uint32_t at = inc->order_count++;

	for (; at && compare(s, inc->order[at - 1]) < 0; at--)
		inc->order[at] = inc->order[at - 1];
	inc->order[at] = s;
}

static void unlist(struct slo_incidents *inc, const struct service *s)
{
	uint32_t at = 0;

	while (inc->order[at] != s)
		at++;
	inc->order_count--;
	for (; at < inc->order_count; at++)
		inc->order[at] = inc->order[at + 1];
}

static void leave_nodes(struct slo_incidents *inc, const struct service *s)
{
	for (struct node *n = slo_table_oldest(&inc->nodes); n; n = slo_table_newer(&inc->nodes, n))
		for (uint32_t i = 0; i < n->count; i++)
			if (n->services[i] == s)
				n->services[i--] = n->services[--n->count];
}

void service_fini(struct service *s)
{
	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		if (s->series[i])
			slo_series_fini(s->series[i]);
		free(s->series[i]);
		slo_track_free(s->values[i]);
	}
	slo_store_fini(&s->store);
	free(s->exemplars);
	probes_free(s->probes);
	free(s->life.view);
}

static void add_stats(struct slo_incidents_stats *to, const struct service *s)
{
	to->evidence_late += s->store.late;
	to->evidence_refused += s->store.refused;
	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		const struct slo_series_stats *x = s->series[i] ? &s->series[i]->stats : NULL;

		if (!x)
			continue;
		to->late += x->late;
		to->ahead += x->ahead;
		to->rejudged += x->rejudged;
		to->foreign += x->foreign;
		to->invalid += x->invalid;
	}
}

static void push_out(void *arg, void *entry)
{
	struct slo_incidents *inc = arg;
	struct service *s = entry;

	life_orphan(s, inc->done_ns);
	add_stats(&inc->stats, s);
	unlist(inc, s);
	leave_nodes(inc, s);
	service_fini(s);
}

static void push_out_node(void *arg, void *entry)
{
	struct node *n = entry;

	(void)arg;
	for (uint32_t i = 0; i < n->count; i++)
		n->services[i]->node[0] = n->services[i]->node[1] = 0;
}

/* A quarter of the service's shortest window, so that the recent chunks hold three of them. */
static int64_t chunk_ns(const struct slo_incidents *inc, struct slo_str name)
{
	int64_t shortest = INT64_MAX, s, late_s;

	for (int i = 0; i < SLO_SLI__COUNT; i++) {
		const struct slo_objective *o = slo_config_objective(inc->o.config, name, i);

		if (o && o->short_s < shortest)
			shortest = o->short_s;
	}
	s = shortest == INT64_MAX || shortest < 4 ? 1 : shortest / 4;
	late_s = (inc->o.lateness_ns + inc->tick_ns - 1) / (SLO_NS_PER_S * (SLO_TRACK_AHEAD - 1)) + 1;
	return (s > late_s ? s : late_s) * SLO_NS_PER_S;
}

static void start(struct slo_incidents *inc, struct service *s, struct slo_str cluster, struct slo_str namespace,
		  struct slo_str name)
{
	s->inc = inc;
	s->source = SLO_SOURCE_LIVE;
	inc->stats.cut += !slo_str_copy(s->cluster, sizeof(s->cluster), cluster);
	inc->stats.cut += !slo_str_copy(s->namespace, sizeof(s->namespace), namespace);
	inc->stats.cut += !slo_str_copy(s->name, sizeof(s->name), name);
	slo_store_init(&s->store, chunk_ns(inc, name), &inc->budget);
	list(inc, s);
}

static void link_node(struct slo_incidents *inc, struct service *s, const uint64_t key[2])
{
	bool created;
	struct node *n = slo_table_get(&inc->nodes, key, &created, push_out_node, inc);

	memcpy(s->node, key, sizeof(s->node));
	for (uint32_t i = 0; i < n->count; i++)
		if (n->services[i] == s)
			return;
	if (n->count < SLO_INCIDENT_NODE_SERVICES)
		n->services[n->count++] = s;
	else
		inc->stats.node_overflow++;
}

struct service *service_get(struct slo_incidents *inc, struct slo_str cluster, struct slo_str namespace,
			    struct slo_str name, struct slo_str node)
{
	struct slo_str names[] = { cluster, namespace, name }, where[] = { cluster, node };
	struct service *s = inc->last;
	uint64_t key[2];
	bool created = false;

	hash_names(names, SLO_ARRAY_LEN(names), key);
	if (!s || memcmp(s->key, key, sizeof(key)) != 0)
		s = slo_table_get(&inc->services, key, &created, push_out, inc);
	if (created)
		start(inc, s, cluster, namespace, name);
	inc->last = s;
	if (node.len) {
		hash_names(where, SLO_ARRAY_LEN(where), key);
		if (memcmp(key, s->node, sizeof(key)) != 0) {
			link_node(inc, s, key);
			home_set(inc, s, node);
		}
	}
	return s;
}

struct node *node_find(struct slo_incidents *inc, struct slo_str cluster, struct slo_str name)
{
	struct slo_str where[] = { cluster, name };
	uint64_t key[2];

	hash_names(where, SLO_ARRAY_LEN(where), key);
	return slo_table_find(&inc->nodes, key);
}

/* One synthetic record makes the incident synthetic: it must never pass for a live one. */
void service_source(struct service *s, int source)
{
	static const int grade[SLO_SOURCE__COUNT] = {
		[SLO_SOURCE_LIVE] = 0, [SLO_SOURCE_OTLP] = 1, [SLO_SOURCE_REPLAY] = 2, [SLO_SOURCE_SYNTHETIC] = 3,
	};

	if (source >= 0 && grade[source] > grade[s->source])
		s->source = source;
}

static bool is_ratio(int sli)
{
	return sli == SLO_SLI_ERROR_RATE || sli == SLO_SLI_PROVIDER_ERROR_RATE;
}

/* The series of @sli, made when an objective wants it; NULL, counted, otherwise. */
static struct slo_series *series_of(struct service *s, int sli)
{
	struct slo_incidents *inc = s->inc;
	const struct slo_objective *o;

	if (s->series[sli])
		return s->series[sli];
	o = s->no_objective[sli] ? NULL : slo_config_objective(inc->o.config, slo_str(s->name), sli);
	if (!o) {
		s->no_objective[sli] = true;
		inc->stats.no_objective++;
		return NULL;
	}
	s->series[sli] = malloc(sizeof(*s->series[sli]));
	if (!s->series[sli] || slo_series_init(s->series[sli], o, inc->o.lateness_ns + inc->tick_ns)) {
		free(s->series[sli]);
		s->series[sli] = NULL;
		inc->stats.out_of_memory++;
		return NULL;
	}
	/* Without it the incident lacks a value, nothing else. */
	s->values[sli] = slo_track_new(s->store.chunk_ns, is_ratio(sli) ? SLO_SCALAR_MEAN : SLO_SCALAR_LATENCY,
				       &inc->budget);
	return s->series[sli];
}

void service_add_sli_window(struct service *s, const struct slo_sli_window *w)
{
	struct slo_series *series = series_of(s, w->sli);
	uint64_t invalid;

	if (!series)
		return;
	invalid = series->stats.invalid;
	slo_series_add(series, w);
	if (!s->values[w->sli] || series->stats.invalid != invalid)
		return;
	if (is_ratio(w->sli))
		slo_track_add_hist(s->values[w->sli], w->start_ns, w->end_ns, w->valid, (double)w->bad, NAN, NAN, NULL);
	else if (w->has_hist)
		slo_track_add_hist(s->values[w->sli], w->start_ns, w->end_ns, slo_hist_count(&w->hist), w->sum, w->min,
				   w->max, &w->hist);
}

void service_add_sli(struct service *s, const struct slo_sli_event *e)
{
	struct slo_series *series = series_of(s, e->sli_name);

	if (!series)
		return;
	if (!isfinite(e->sli_value)) {
		series->stats.invalid++;
		return;
	}
	slo_series_add_event(series, e);
	if (s->values[e->sli_name] && !series->windows)
		slo_track_add_value(s->values[e->sli_name], e->timestamp, e->sli_value);
	if (!slo_series_bad_event(series, e))
		return;
	if (!s->exemplars) {
		s->exemplars = calloc(1, sizeof(*s->exemplars));
		if (!s->exemplars) {
			s->inc->stats.out_of_memory++;
			return;
		}
		s->exemplars->width_ns = s->store.chunk_ns;
	}
	exemplar_add(s->exemplars, e->timestamp, e->request_id, e->trace_id);
}

void slo_incidents_stats(const struct slo_incidents *inc, struct slo_incidents_stats *out)
{
	*out = inc->stats;
	out->services = inc->services.count;
	out->services_evicted = inc->services.evicted;
	out->nodes_evicted = inc->nodes.evicted;
	for (uint32_t i = 0; i < inc->order_count; i++)
		add_stats(out, inc->order[i]);
}
