/* SPDX-License-Identifier: MIT */
#include "decode/aggregate.h"
#include "decode/aggregate_internal.h"

#include <math.h>
#include <stdio.h>

/* What one request means to one SLI. */
struct verdict {
	bool valid;
	bool has_value;
	double value;    /* in the SLI's unit */
	int bad;         /* enum SLO_BAD, -1 = good */
	double threshold; /* NaN = no objective */
};

void slo_agg_reset_sli(struct agg_sli *s)
{
	s->valid = s->bad = s->values = 0;
	s->bad_by = (struct slo_bad_counts){ 0 };
	s->sum = 0;
	s->min = s->max = NAN;
	slo_hist_init(&s->hist);
}

static double ms_between(int64_t from, int64_t to)
{
	return to > from ? (double)(to - from) / 1e6 : 0;
}

/* A request that never got what is timed; @waited is what it spent waiting. */
static void judge_failed(struct verdict *v, const struct slo_request *r, double waited)
{
	if (r->outcome == SLO_BAD_TIMEOUT)
		v->bad = SLO_BAD_TIMEOUT;
	else if (r->outcome == SLO_BAD_ABORTED && waited > v->threshold)
		v->bad = SLO_BAD_ABORTED;
	else
		return;
	v->valid = true;
	v->has_value = true;
	v->value = waited;
}

static void judge_time(struct verdict *v, double value)
{
	v->valid = v->has_value = true;
	v->value = value;
	if (value > v->threshold)
		v->bad = SLO_BAD_SLOW;
}

static void judge_ttft(struct verdict *v, const struct slo_request *r)
{
	if (r->status >= 400)
		return;
	if (r->first_ns)
		judge_time(v, ms_between(r->sent_ns, r->first_ns));
	else
		judge_failed(v, r, ms_between(r->sent_ns, r->end_ns));
}

static void judge_latency(struct verdict *v, const struct slo_request *r)
{
	double took = ms_between(r->start_ns, r->end_ns);

	if (r->status >= 400)
		return;
	if (r->outcome < 0)
		judge_time(v, took);
	else
		judge_failed(v, r, took);
}

static void judge_throughput(struct verdict *v, const struct slo_request *r)
{
	double s = ms_between(r->first_chunk_ns, r->last_chunk_ns) / 1e3;

	if (r->status >= 400 || r->chunks < 2)
		return;
	v->valid = v->has_value = true;
	v->value = s > 0 ? r->chunks / s : r->chunks;
	if (v->value < v->threshold)
		v->bad = SLO_BAD_SLOW;
}

static void judge_error(struct verdict *v, const struct slo_request *r)
{
	v->valid = true;
	if (r->status == 429)
		v->bad = SLO_BAD_RATE_LIMITED;
	else if (r->status >= 500)
		v->bad = SLO_BAD_SERVER_ERROR;
	else if (r->outcome == SLO_BAD_TIMEOUT)
		v->bad = SLO_BAD_TIMEOUT;
	else if (r->outcome == SLO_BAD_ABORTED && r->status == 0)
		v->bad = SLO_BAD_ABORTED;
	v->value = v->bad >= 0;
}

static void (*const judges[AGG_REQUEST_SLIS])(struct verdict *v, const struct slo_request *r) = {
	[SLO_SLI_TTFT] = judge_ttft,
	[SLO_SLI_LATENCY] = judge_latency,
	[SLO_SLI_THROUGHPUT] = judge_throughput,
	[SLO_SLI_ERROR_RATE] = judge_error,
};

/* NaN compares false with everything, so that without an objective nothing is over the threshold. */
static double threshold_of(const struct slo_agg *a, int service, int sli)
{
	const struct slo_objective *o = slo_config_objective(a->opts.config, a->opts.services[service].name, sli);

	return o && sli != SLO_SLI_ERROR_RATE && sli != SLO_SLI_PROVIDER_ERROR_RATE ? o->threshold : NAN;
}

static void count_bad(struct slo_bad_counts *b, int bad)
{
	uint64_t *const of[SLO_BAD__COUNT] = { &b->rate_limited, &b->server_error, &b->timeout, &b->aborted, &b->slow };

	(*of[bad])++;
}

static void add_judgement(struct agg_sli *s, const struct verdict *v)
{
	if (!v->valid)
		return;
	s->valid++;
	if (v->bad >= 0) {
		s->bad++;
		count_bad(&s->bad_by, v->bad);
	}
}

static void add_value(struct agg_sli *s, const struct verdict *v)
{
	if (!v->valid || !v->has_value)
		return;
	s->values++;
	s->sum += v->value;
	s->min = fmin(s->min, v->value);
	s->max = fmax(s->max, v->value);
	slo_hist_add(&s->hist, v->value, 1);
}

/* Breach is what the objective says; the SLI's own thresholds stand in where there is none and tell a warning. */
static int status_of(int sli, const struct verdict *v)
{
	int status = v->has_value ? slo_sli_status(sli, v->value) : SLO_SLI_STATUS_OK;

	if (v->bad >= 0)
		return SLO_SLI_STATUS_BREACH;
	if (!isnan(v->threshold) && status == SLO_SLI_STATUS_BREACH)
		return SLO_SLI_STATUS_WARNING;
	return status;
}

static void add_label(struct slo_sli_event *e, const char *key, const char *value)
{
	if (e->labels_count < SLO_MAX_LABELS)
		e->labels[e->labels_count++] = (struct slo_pair){ slo_str(key), slo_str(value) };
}

static void add_labels(const struct slo_agg *a, const struct slo_request *r, int sli, const struct verdict *v,
		       char status[12], struct slo_sli_event *e)
{
	add_label(e, "source", slo_source_enum.names[a->opts.source]);
	if (a->opts.node.len)
		e->labels[e->labels_count++] = (struct slo_pair){ slo_str("node"), a->opts.node };
	if (r->status) {
		snprintf(status, 12, "%d", r->status);
		add_label(e, "http_status", status);
	}
	if (v->bad >= 0)
		add_label(e, "bad", slo_bad_enum.names[v->bad]);
	if (sli == SLO_SLI_THROUGHPUT)
		add_label(e, "counted", "chunks");
}

static void exemplar(struct slo_agg *a, const struct slo_request *r, int sli, const struct verdict *v)
{
	const struct slo_agg_service *l = &a->opts.services[r->service];
	char request_id[96], event_id[128], status[12];
	struct slo_event ev;
	struct slo_sli_event *e = &ev.slo;

	ev.kind = SLO_KIND_SLO;
	slo_rec_clear(slo_event_rec[SLO_KIND_SLO], e);
	snprintf(request_id, sizeof(request_id), "%.*s-%llu", SLO_STR_ARG(l->name), (unsigned long long)r->seq);
	snprintf(event_id, sizeof(event_id), "%s-%s", request_id, slo_sli_enum.names[sli]);
	e->event_id = slo_str(event_id);
	e->timestamp = r->end_ns;
	e->cluster = a->opts.cluster;
	e->namespace = l->namespace;
	e->workload = l->workload;
	e->service = l->name;
	e->request_id = slo_str(request_id);
	if (r->trace_id[0])
		e->trace_id = slo_str(r->trace_id);
	e->sli_name = sli;
	e->sli_value = v->value;
	e->unit = slo_str(slo_sli_info[sli].unit);
	e->status = status_of(sli, v);
	add_labels(a, r, sli, v, status, e);
	slo_agg_exemplar(a, &ev, r->end_ns);
}

/*
 * A request that is overdue is bad from then on, whatever its value turns out to
 * be; the value joins the histogram when it is known, in a later window perhaps.
 */
void slo_agg_ttft(struct slo_agg *a, const struct slo_request *r)
{
	struct agg_sli *s = &a->services[r->service + 1].slis[SLO_SLI_TTFT];
	struct verdict v = { .bad = -1, .threshold = threshold_of(a, r->service, SLO_SLI_TTFT) };

	if (r->first_ns == 0) {
		v.valid = true;
		v.bad = SLO_BAD_SLOW;
		add_judgement(s, &v);
		return;
	}
	judge_ttft(&v, r);
	if (!r->ttft_told)
		add_judgement(s, &v);
	add_value(s, &v);
}

void slo_agg_request(struct slo_agg *a, const struct slo_request *r)
{
	struct agg_service *s = &a->services[r->service + 1];
	struct verdict v[AGG_REQUEST_SLIS];
	bool bad = false;

	for (int i = 0; i < AGG_REQUEST_SLIS; i++) {
		v[i] = (struct verdict){ .bad = -1, .threshold = threshold_of(a, r->service, i) };
		judges[i](&v[i], r);
		/* Its first token was judged when it came, or when it was overdue; only a value that never came is new. */
		if (i != SLO_SLI_TTFT || !r->ttft_told)
			add_judgement(&s->slis[i], &v[i]);
		if (i != SLO_SLI_TTFT || !r->ttft_told || r->first_ns == 0)
			add_value(&s->slis[i], &v[i]);
		bad |= v[i].valid && v[i].bad >= 0;
	}
	if (!bad && (a->opts.sample_good == 0 || s->good_seen++ % a->opts.sample_good != 0))
		return;
	for (int i = 0; i < AGG_REQUEST_SLIS; i++)
		if (v[i].valid)
			exemplar(a, r, i, &v[i]);
}

static void judge_retrieval(struct verdict *v, const struct slo_exchange *e)
{
	if (e->status >= 400)
		return;
	judge_time(v, ms_between(e->start_ns, e->end_ns));
	if (e->outcome >= 0)
		v->bad = e->outcome;
}

static void judge_provider(struct verdict *v, const struct slo_exchange *e)
{
	v->valid = e->outcome >= 0 || e->status;
	v->bad = e->outcome >= 0 ? e->outcome : e->status == 429 ? (int)SLO_BAD_RATE_LIMITED :
		 e->status >= 500 ? (int)SLO_BAD_SERVER_ERROR : -1;
}

void slo_agg_exchange(struct slo_agg *a, int service, const struct slo_exchange *e)
{
	struct agg_service *s = &a->services[service + 1];
	int sli = e->role == SLO_ROLE_RETRIEVAL ? SLO_SLI_RETRIEVAL : SLO_SLI_PROVIDER_ERROR_RATE;
	struct verdict v = { .bad = -1, .threshold = threshold_of(a, service, sli) };

	if (sli == SLO_SLI_RETRIEVAL)
		judge_retrieval(&v, e);
	else
		judge_provider(&v, e);
	s->has_peer[sli] = true;
	s->opaque += sli == SLO_SLI_PROVIDER_ERROR_RATE && !v.valid;
	add_judgement(&s->slis[sli], &v);
	add_value(&s->slis[sli], &v);
}

void slo_agg_flush_slis(struct slo_agg *a, int service, int64_t start_ns, int64_t end_ns, slo_emit_fn *emit, void *arg)
{
	const struct slo_agg_service *l = &a->opts.services[service];

	for (int i = 0; i < AGG_SLIS; i++) {
		const struct agg_sli *s = &a->services[service + 1].slis[i];
		struct slo_event ev;
		struct slo_sli_window *w = &ev.sli_window;

		if (i >= AGG_REQUEST_SLIS && !a->services[service + 1].has_peer[i])
			continue;
		ev.kind = SLO_KIND_SLI_WINDOW;
		slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], w);
		w->start_ns = start_ns;
		w->end_ns = end_ns;
		w->cluster = a->opts.cluster;
		w->node = a->opts.node;
		w->namespace = l->namespace;
		w->service = l->name;
		w->sli = i;
		w->unit = slo_str(slo_sli_info[i].unit);
		w->threshold = threshold_of(a, service, i);
		w->valid = s->valid;
		w->bad = s->bad;
		w->good = s->valid - s->bad;
		w->bad_by = s->bad_by;
		w->has_bad_by = true;
		w->lost = a->lost;
		w->source = a->opts.source;
		if (i == SLO_SLI_PROVIDER_ERROR_RATE && !s->valid && a->services[service + 1].opaque)
			w->why = slo_str("tls");
		if (s->values) {
			w->sum = s->sum;
			w->min = s->min;
			w->max = s->max;
			w->hist = s->hist;
			w->has_hist = true;
		}
		a->n.windows++;
		emit(arg, &ev);
	}
}
