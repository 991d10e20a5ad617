/* SPDX-License-Identifier: MIT */
/* Data points of our own export into window, sli_window and stats. */
#include "event/tables.h"
#include "net/otlp_metric.h"
#include "net/otlp_reader.h"

#include <math.h>

/* A data point of any type. */
struct point {
	uint64_t start, time, count;
	size_t n_attributes, n_exemplars;
	Otlp__KeyValue *const *attributes;
	Otlp__Exemplar *const *exemplars;
	double sum, min, max; /* NaN = not said */
	double value;         /* of a number; NaN = none */
	const Otlp__ExponentialHistogramDataPoint *hist;
};

/* The metric and the resource at hand. */
struct place {
	struct slo_otlp_in *in;
	const struct otlp_origin *from;
	const char *metric;
};

static int64_t measured_int(const struct point *p, const char *key)
{
	for (size_t i = 0; i < p->n_exemplars; i++) {
		const Otlp__Exemplar *e = p->exemplars[i];
		int64_t v = otlp_find_int(e->n_filtered_attributes, e->filtered_attributes, key);

		if (v != SLO_ABSENT_I64)
			return v;
	}
	return SLO_ABSENT_I64;
}

static int read_hist(const struct point *p, struct slo_hist *h, bool *has, struct slo_err *err)
{
	const Otlp__ExponentialHistogramDataPoint *d = p->hist;
	const Otlp__Buckets *b = d ? d->positive : NULL;

	*has = d && (d->count || measured_int(p, OTLP_HIST) == 1);
	if (!*has)
		return 0;
	slo_hist_init(h);
	h->scale = d->scale;
	h->zero = d->zero_count;
	h->offset = b ? b->offset : 0;
	if (b && b->n_bucket_counts > SLO_HIST_MAX_BUCKETS)
		return slo_err_set(err, -EINVAL, "more than %d buckets", SLO_HIST_MAX_BUCKETS);
	h->n = b ? (uint32_t)b->n_bucket_counts : 0;
	if (h->n)
		memcpy(h->counts, b->bucket_counts, h->n * sizeof(*h->counts));
	if (!slo_hist_valid(h))
		return slo_err_set(err, -EINVAL, "not a usable histogram");
	return 0;
}

static int read_times(const struct point *p, int64_t *start, int64_t *end, struct slo_err *err)
{
	const uint64_t latest = UINT64_C(9200000000000000000);

	if (p->start > latest || p->time > latest)
		return slo_err_set(err, -EINVAL, "startTimeUnixNano or timeUnixNano is out of range");
	*start = (int64_t)p->start;
	*end = (int64_t)p->time;
	return 0;
}

static struct slo_str unit_of(const struct point *p, const char *usual)
{
	struct slo_str s = otlp_find_text(p->n_attributes, p->attributes, OTLP_UNIT);

	return s.p ? s : slo_str(usual);
}

/* Attributes, exemplars and the check whether all is there. */
static int read_members(struct slo_otlp_in *in, const struct point *p, struct slo_err *err)
{
	const struct slo_rec *rec = slo_event_rec[in->ev.kind];
	const struct otlp_name *names = otlp_names[in->ev.kind].names;
	int r = otlp_members_in(rec, names, false, p->n_attributes, p->attributes, &in->ev.slo, err);

	for (size_t i = 0; r == 0 && i < p->n_exemplars; i++)
		r = otlp_members_in(rec, names, true, p->exemplars[i]->n_filtered_attributes,
				    p->exemplars[i]->filtered_attributes, &in->ev.slo, err);
	return r ? r : otlp_members_check(rec, &in->ev.slo, err);
}

static int read_window(const struct place *at, const struct point *p, int signal, struct slo_err *err)
{
	struct slo_otlp_in *in = at->in;
	struct slo_window *w = &in->ev.window;
	int r;

	otlp_begin(in, SLO_KIND_WINDOW, at->from);
	w->signal = signal;
	w->unit = unit_of(p, slo_signal_info[signal].unit);
	w->count = p->count;
	w->sum = p->sum;
	w->min = p->min;
	w->max = p->max;
	r = read_times(p, &w->start_ns, &w->end_ns, err);
	if (r == 0)
		r = read_hist(p, &w->hist, &w->has_hist, err);
	if (r == 0 && w->has_hist && measured_int(p, OTLP_DERIVED) != 0) {
		w->p50 = otlp_quantile(w, 0.5);
		w->p95 = otlp_quantile(w, 0.95);
		w->p99 = otlp_quantile(w, 0.99);
	}
	if (r == 0)
		r = read_members(in, p, err);
	if (r == 0 && measured_int(p, OTLP_COUNT) == 0)
		w->count = 0;
	return r;
}

static int read_sli_window(const struct place *at, const struct point *p, int sli, struct slo_err *err)
{
	struct slo_otlp_in *in = at->in;
	struct slo_sli_window *w = &in->ev.sli_window;
	int r;

	otlp_begin(in, SLO_KIND_SLI_WINDOW, at->from);
	w->sli = sli;
	w->unit = unit_of(p, slo_sli_info[sli].unit);
	w->sum = p->sum;
	w->min = p->min;
	w->max = p->max;
	r = read_times(p, &w->start_ns, &w->end_ns, err);
	if (r == 0)
		r = read_hist(p, &w->hist, &w->has_hist, err);
	return r ? r : read_members(in, p, err);
}

/* The next counter belongs to the record that is open. */
static bool same_stats(const struct slo_stats *s, const struct place *at, const struct point *p)
{
	return s->timestamp == (int64_t)p->time && s->start_ns == (int64_t)p->start &&
	       slo_str_eq(s->node, at->from->labels[OTLP_NODE]) &&
	       slo_str_eq(s->tool, otlp_find_text(p->n_attributes, p->attributes, "llm_slo.tool"));
}

static int add_counter(struct slo_stats *s, const struct point *p, struct slo_err *err)
{
	struct slo_str name = otlp_find_text(p->n_attributes, p->attributes, OTLP_COUNTER);
	int64_t index = otlp_find_int(p->n_attributes, p->attributes, OTLP_INDEX);

	if (!name.p)
		return 0;
	if (index < 0 || index >= SLO_MAX_COUNTERS || !isfinite(p->value))
		return slo_err_set(err, -EINVAL, "a counter without a place or a value");
	s->counters[index] = (struct slo_num_pair){ name, p->value };
	if (s->counters_count <= index)
		s->counters_count = (uint32_t)index + 1;
	return 0;
}

/* Hand the record on that is open, if one is. Counters that came in another request leave no gaps. */
static void end_stats(struct slo_otlp_in *in)
{
	struct slo_stats *s = &in->ev.stats;
	uint32_t n = 0;

	if (!in->stats_open)
		return;
	for (uint32_t i = 0; i < s->counters_count; i++)
		if (s->counters[i].key.p &&
		    !otlp_has_key(s->counters, n, sizeof(*s->counters), s->counters[i].key))
			s->counters[n++] = s->counters[i];
	s->counters_count = n;
	in->stats_open = false;
	otlp_emit(in);
}

static int read_counter(const struct place *at, const struct point *p, struct slo_err *err)
{
	struct slo_otlp_in *in = at->in;
	struct slo_stats *s = &in->ev.stats;
	int r;

	if (!in->stats_open || !same_stats(s, at, p)) {
		end_stats(in);
		otlp_begin(in, SLO_KIND_STATS, at->from);
		memset(s->counters, 0, sizeof(s->counters));
		r = read_times(p, &s->start_ns, &s->timestamp, err);
		if (r == 0)
			r = read_members(in, p, err);
		if (r)
			return r;
		in->stats_open = true;
	}
	return add_counter(s, p, err);
}

static void read_point(const struct place *at, const struct point *p)
{
	struct slo_otlp_in *in = at->in;
	int signal = otlp_signal_of(at->metric), sli = otlp_sli_of(at->metric), r;
	bool stats = strcmp(at->metric, OTLP_STATS) == 0;
	struct slo_err err = { .what = "" };

	in->n.items[SLO_OTLP_METRICS]++;
	if (!stats)
		end_stats(in);
	if (at->from->own && strcmp(at->metric, OTLP_REQUESTS) == 0)
		return;
	if (!at->from->own || (signal < 0 && sli < 0 && !stats)) {
		in->n.foreign[SLO_OTLP_METRICS]++;
		return;
	}
	if (stats)
		r = read_counter(at, p, &err);
	else
		r = signal >= 0 ? read_window(at, p, signal, &err) : read_sli_window(at, p, sli, &err);
	if (r)
		otlp_reject(in, at->metric, &err);
	else if (!stats)
		otlp_emit(in);
}

static void read_numbers(const struct place *at, size_t n, Otlp__NumberDataPoint *const *points)
{
	for (size_t i = 0; i < n; i++) {
		const Otlp__NumberDataPoint *d = points[i];
		bool whole = d->value_case == OTLP__NUMBER_DATA_POINT__VALUE_AS_INT;
		bool real = d->value_case == OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
		struct point p = { .start = d->start_time_unix_nano, .time = d->time_unix_nano,
				   .n_attributes = d->n_attributes, .attributes = d->attributes,
				   .n_exemplars = d->n_exemplars, .exemplars = d->exemplars,
				   .sum = NAN, .min = NAN, .max = NAN,
				   .value = whole ? (double)d->as_int : real ? d->as_double : NAN };

		read_point(at, &p);
	}
}

static double or_nan(bool there, double v)
{
	return there && isfinite(v) ? v : NAN;
}

static void read_histograms(const struct place *at, const Otlp__Histogram *h)
{
	for (size_t i = 0; i < h->n_data_points; i++) {
		const Otlp__HistogramDataPoint *d = h->data_points[i];
		struct point p = { .start = d->start_time_unix_nano, .time = d->time_unix_nano, .count = d->count,
				   .n_attributes = d->n_attributes, .attributes = d->attributes,
				   .n_exemplars = d->n_exemplars, .exemplars = d->exemplars,
				   .sum = or_nan(d->has_sum, d->sum), .min = or_nan(d->has_min, d->min),
				   .max = or_nan(d->has_max, d->max), .value = NAN };

		read_point(at, &p);
	}
}

static void read_exponential(const struct place *at, const Otlp__ExponentialHistogram *h)
{
	for (size_t i = 0; i < h->n_data_points; i++) {
		const Otlp__ExponentialHistogramDataPoint *d = h->data_points[i];
		struct point p = { .start = d->start_time_unix_nano, .time = d->time_unix_nano, .count = d->count,
				   .n_attributes = d->n_attributes, .attributes = d->attributes,
				   .n_exemplars = d->n_exemplars, .exemplars = d->exemplars,
				   .sum = or_nan(d->has_sum, d->sum), .min = or_nan(d->has_min, d->min),
				   .max = or_nan(d->has_max, d->max), .value = NAN, .hist = d };

		read_point(at, &p);
	}
}

static void read_metric(struct slo_otlp_in *in, const Otlp__Metric *m, const struct otlp_origin *from)
{
	struct place at = { in, from, m->name ? m->name : "" };

	switch (m->data_case) {
	case OTLP__METRIC__DATA_GAUGE:
		read_numbers(&at, m->gauge->n_data_points, m->gauge->data_points);
		break;
	case OTLP__METRIC__DATA_SUM:
		read_numbers(&at, m->sum->n_data_points, m->sum->data_points);
		break;
	case OTLP__METRIC__DATA_HISTOGRAM:
		read_histograms(&at, m->histogram);
		break;
	case OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM:
		read_exponential(&at, m->exponential_histogram);
		break;
	default:
		break;
	}
}

void otlp_metrics_in(struct slo_otlp_in *in, const Otlp__ExportMetricsServiceRequest *m)
{
	for (size_t i = 0; i < m->n_resource_metrics; i++) {
		const Otlp__ResourceMetrics *r = m->resource_metrics[i];
		struct otlp_origin from;

		otlp_origin_of(r->resource, &from);
		for (size_t k = 0; k < r->n_scope_metrics; k++) {
			const Otlp__ScopeMetrics *s = r->scope_metrics[k];

			from.own = otlp_is_ours(s->scope);
			for (size_t j = 0; j < s->n_metrics; j++)
				read_metric(in, s->metrics[j], &from);
		}
	}
	end_stats(in);
}
