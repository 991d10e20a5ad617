/* SPDX-License-Identifier: MIT */
#include "slo/rawsample.h"

#include "base/table.h"
#include "event/tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LABEL_MAX = 128, ID_MAX = 512 };

/* One service in one window. */
struct cell {
	struct key {
		int64_t start_ns;
		uint64_t who; /* hash of the labels and the source */
	} key;
	char cluster[LABEL_MAX], node[LABEL_MAX], namespace[LABEL_MAX], service[LABEL_MAX];
	int source;
	struct slo_sli_window sli[SLO_RAWSAMPLE_SLIS];
};

struct slo_rawsamples {
	const struct slo_config *config;
	int64_t width_ns;
	void (*emit)(void *arg, const struct slo_event *ev);
	void *arg;
	struct slo_table cells;
	int64_t next_ns; /* no open window ends before */
	struct slo_rawsamples_stats stats;
};

int slo_rawsamples_new(const struct slo_config *config, int64_t width_ns,
		       void (*emit)(void *arg, const struct slo_event *ev), void *arg, struct slo_rawsamples **out)
{
	struct slo_rawsamples *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	*r = (struct slo_rawsamples){ .config = config, .width_ns = width_ns, .emit = emit, .arg = arg,
				      .next_ns = INT64_MAX };
	if (slo_table_init(&r->cells, sizeof(struct key), sizeof(struct cell), SLO_RAWSAMPLE_CELLS, 0)) {
		free(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

void slo_rawsamples_free(struct slo_rawsamples *r)
{
	if (!r)
		return;
	slo_table_fini(&r->cells);
	free(r);
}

static double value_of(const struct slo_raw_sample *s, int sli)
{
	const double v[SLO_RAWSAMPLE_SLIS] = { s->ttft_ms, s->request_latency_ms, s->token_throughput_tps, s->error_rate };

	return v[sli];
}

static int source_of(const struct slo_raw_sample *s)
{
	return s->source >= 0 ? s->source : SLO_SOURCE_LIVE;
}

static void label(struct slo_sli_event *e, const char *key, struct slo_str value)
{
	if (value.len)
		e->labels[e->labels_count++] = (struct slo_pair){ slo_str(key), value };
}

static void emit_event(struct slo_rawsamples *r, const struct slo_raw_sample *s, int sli)
{
	struct slo_event ev;
	struct slo_sli_event *e = &ev.slo;
	char id[ID_MAX];

	ev.kind = SLO_KIND_SLO;
	slo_rec_clear(slo_event_rec[SLO_KIND_SLO], e);
	snprintf(id, sizeof(id), "%.*s-%s", SLO_STR_ARG(s->request_id), slo_enum_name(&slo_sli_enum, sli));
	e->event_id = slo_str(id);
	e->timestamp = s->timestamp;
	e->cluster = s->cluster;
	e->namespace = s->namespace;
	e->workload = s->workload;
	e->service = s->service;
	e->request_id = s->request_id;
	if (s->trace_id.len)
		e->trace_id = s->trace_id;
	e->sli_name = sli;
	e->sli_value = value_of(s, sli);
	e->unit = slo_str(slo_sli_info[sli].unit);
	e->status = slo_sli_status(sli, e->sli_value);
	label(e, "source", slo_str(slo_enum_name(&slo_source_enum, source_of(s))));
	label(e, "node", s->node);
	label(e, "fault_label", s->fault_label);
	r->emit(r->arg, &ev);
}

static bool is_bad(const struct slo_objective *o, int sli, double v)
{
	if (sli == SLO_SLI_ERROR_RATE)
		return slo_sli_status(sli, v) == SLO_SLI_STATUS_BREACH;
	if (!o)
		return false;
	return slo_sli_info[sli].higher_is_bad ? v > o->threshold : v < o->threshold;
}

static void open_window(const struct slo_rawsamples *r, struct cell *c, int sli)
{
	struct slo_sli_window *w = &c->sli[sli];
	const struct slo_objective *o = slo_config_objective(r->config, slo_str(c->service), sli);

	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], w);
	w->start_ns = c->key.start_ns;
	w->end_ns = c->key.start_ns + r->width_ns;
	w->cluster = slo_str(c->cluster);
	w->node = slo_str(c->node);
	w->namespace = slo_str(c->namespace);
	w->service = slo_str(c->service);
	w->sli = sli;
	w->unit = slo_str(slo_sli_info[sli].unit);
	if (o && sli != SLO_SLI_ERROR_RATE)
		w->threshold = o->threshold;
	w->valid = w->good = w->bad = w->lost = 0;
	w->sum = 0;
	w->has_bad_by = sli != SLO_SLI_ERROR_RATE; /* why a request failed, its ratio does not say */
	w->bad_by = (struct slo_bad_counts){ 0, 0, 0, 0, 0 };
	w->has_hist = true;
	slo_hist_init(&w->hist);
	w->source = c->source;
}

static void count(const struct slo_rawsamples *r, struct cell *c, int sli, double v)
{
	struct slo_sli_window *w = &c->sli[sli];
	bool bad = is_bad(slo_config_objective(r->config, slo_str(c->service), sli), sli, v);

	w->valid++;
	w->good += !bad;
	w->bad += bad;
	w->bad_by.slow += bad;
	w->sum += v;
	w->min = w->valid == 1 || v < w->min ? v : w->min;
	w->max = w->valid == 1 || v > w->max ? v : w->max;
	slo_hist_add(&w->hist, v, 1);
}

static void close_cell(struct slo_rawsamples *r, const struct cell *c)
{
	for (int sli = 0; sli < SLO_RAWSAMPLE_SLIS; sli++) {
		struct slo_event ev;

		ev.kind = SLO_KIND_SLI_WINDOW;
		ev.sli_window = c->sli[sli];
		r->stats.windows++;
		r->emit(r->arg, &ev);
	}
}

static void evict(void *arg, void *entry)
{
	struct slo_rawsamples *r = arg;

	r->stats.early++;
	close_cell(r, entry);
}

static struct key key_of(const struct slo_rawsamples *r, const struct slo_raw_sample *s)
{
	const struct slo_str names[] = { s->cluster, s->node, s->namespace, s->service };
	int64_t into = s->timestamp % r->width_ns;
	uint64_t h = (uint64_t)source_of(s);

	for (size_t i = 0; i < SLO_ARRAY_LEN(names); i++)
		h = slo_hash(names[i].p ? names[i].p : "", names[i].len, h);
	return (struct key){ s->timestamp - (into < 0 ? into + r->width_ns : into), h };
}

static struct cell *cell_of(struct slo_rawsamples *r, const struct slo_raw_sample *s)
{
	const struct key k = key_of(r, s);
	bool created = false, whole;
	struct cell *c = slo_table_get(&r->cells, &k, &created, evict, r);

	if (!created)
		return c;
	whole = slo_str_copy(c->cluster, LABEL_MAX, s->cluster);
	whole &= slo_str_copy(c->node, LABEL_MAX, s->node);
	whole &= slo_str_copy(c->namespace, LABEL_MAX, s->namespace);
	whole &= slo_str_copy(c->service, LABEL_MAX, s->service);
	r->stats.cut += !whole;
	c->source = source_of(s);
	for (int sli = 0; sli < SLO_RAWSAMPLE_SLIS; sli++)
		open_window(r, c, sli);
	if (c->sli[0].end_ns < r->next_ns)
		r->next_ns = c->sli[0].end_ns;
	return c;
}

void slo_rawsamples_add(struct slo_rawsamples *r, const struct slo_raw_sample *s)
{
	struct cell *c = r->width_ns ? cell_of(r, s) : NULL;

	r->stats.samples++;
	for (int sli = 0; sli < SLO_RAWSAMPLE_SLIS; sli++) {
		emit_event(r, s, sli);
		if (c)
			count(r, c, sli, value_of(s, sli));
	}
}

void slo_rawsamples_flush(struct slo_rawsamples *r, int64_t up_to_ns)
{
	while (r->next_ns <= up_to_ns && r->cells.count) {
		struct cell *c = slo_table_oldest(&r->cells), *next;
		int64_t end = r->next_ns;

		r->next_ns = INT64_MAX;
		for (; c; c = next) {
			next = slo_table_newer(&r->cells, c);
			if (c->sli[0].end_ns <= end) {
				close_cell(r, c);
				slo_table_del(&r->cells, c);
			} else if (c->sli[0].end_ns < r->next_ns) {
				r->next_ns = c->sli[0].end_ns;
			}
		}
	}
}

void slo_rawsamples_stats(const struct slo_rawsamples *r, struct slo_rawsamples_stats *out)
{
	*out = r->stats;
}
