/* SPDX-License-Identifier: MIT */
/*
 * window and sli_window as data points. One with a histogram, or without observations of something that is timed, is a
 * point of an exponential histogram; counts are sums, shares are gauges; a sum without its distribution is a
 * histogram without bounds. Whatever the point has no field for is among its attributes, see otlp_names.h.
 */
#include "event/tables.h"
#include "net/otlp_batch.h"
#include "net/otlp_metric.h"

#include <math.h>

/* What window and sli_window have in common, and which metric it goes into. */
struct point {
	const char *metric, *unit;
	int64_t start_ns, end_ns;
	const struct slo_hist *hist; /* or NULL */
	double sum, min, max, value; /* NaN = not there; @value: of a gauge */
	uint64_t count;
	int type;                    /* OTLP__METRIC__DATA_… */
	bool unrecorded;
	struct otlp_attrs attributes, measured;
};

double otlp_quantile(const struct slo_window *w, double q)
{
	return fmin(fmax(slo_hist_quantile(&w->hist, q), w->min), w->max);
}

/* The metric of this name and type in the resource of the job. */
static Otlp__Metric *find_metric(const struct otlp_job *j, const char *name, int type)
{
	const Otlp__ScopeMetrics *s = j->resource->metrics;

	for (size_t i = 0; i < s->n_metrics; i++)
		if ((int)s->metrics[i]->data_case == type && strcmp(s->metrics[i]->name, name) == 0)
			return s->metrics[i];
	return NULL;
}

static bool make_data(struct slo_otlp_arena *arena, Otlp__Metric *m, int type)
{
	static const struct {
		const ProtobufCMessageDescriptor *desc;
		size_t size;
	} kinds[] = {
		[OTLP__METRIC__DATA_GAUGE] = { &otlp__gauge__descriptor, sizeof(Otlp__Gauge) },
		[OTLP__METRIC__DATA_SUM] = { &otlp__sum__descriptor, sizeof(Otlp__Sum) },
		[OTLP__METRIC__DATA_HISTOGRAM] = { &otlp__histogram__descriptor, sizeof(Otlp__Histogram) },
		[OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM] = { &otlp__exponential_histogram__descriptor,
							       sizeof(Otlp__ExponentialHistogram) },
	};

	m->gauge = slo_otlp_arena_get(arena, kinds[type].size);
	if (!m->gauge)
		return false;
	protobuf_c_message_init(kinds[type].desc, m->gauge);
	m->data_case = (Otlp__Metric__DataCase)type;
	if (type == OTLP__METRIC__DATA_SUM) {
		m->sum->has_aggregation_temporality = m->sum->has_is_monotonic = true;
		m->sum->aggregation_temporality = OTLP_DELTA;
		m->sum->is_monotonic = true;
	} else if (type == OTLP__METRIC__DATA_HISTOGRAM) {
		m->histogram->has_aggregation_temporality = true;
		m->histogram->aggregation_temporality = OTLP_DELTA;
	} else if (type == OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM) {
		m->exponential_histogram->has_aggregation_temporality = true;
		m->exponential_histogram->aggregation_temporality = OTLP_DELTA;
	}
	return true;
}

/* A new metric; it becomes part of the batch when it gets its first point. */
static Otlp__Metric *make_metric(const struct otlp_job *j, const char *name, const char *unit, int type)
{
	struct slo_otlp_arena *arena = &j->batch->arena;
	Otlp__Metric *m = slo_otlp_arena_get(arena, sizeof(*m));

	if (!m)
		return NULL;
	otlp__metric__init(m);
	m->name = slo_otlp_arena_text(arena, slo_str(name));
	m->unit = slo_otlp_arena_text(arena, slo_str(otlp_unit(unit)));
	return m->name && m->unit && make_data(arena, m, type) ? m : NULL;
}

static int add_metric(const struct otlp_job *j, Otlp__Metric *m)
{
	return slo_otlp_arena_push(&j->batch->arena, &j->resource->metrics->metrics, &j->resource->metrics->n_metrics,
				   &m, sizeof(m)) ? 0 : -ENOMEM;
}

/* @point into the list of @m, which all four kinds have at the same place. */
static int add_point(const struct otlp_job *j, Otlp__Metric *m, void *point)
{
	_Static_assert(offsetof(Otlp__Gauge, data_points) == offsetof(Otlp__ExponentialHistogram, data_points) &&
		       offsetof(Otlp__Gauge, data_points) == offsetof(Otlp__Histogram, data_points) &&
		       offsetof(Otlp__Gauge, data_points) == offsetof(Otlp__Sum, data_points), "one layout");

	if (!slo_otlp_arena_push(&j->batch->arena, &m->gauge->data_points, &m->gauge->n_data_points, &point,
				 sizeof(point)))
		return -ENOMEM;
	j->batch->items++;
	return 0;
}

static int put_point(const struct otlp_job *j, const char *name, const char *unit, int type, void *point)
{
	Otlp__Metric *m = find_metric(j, name, type);

	if (m)
		return add_point(j, m, point);
	m = make_metric(j, name, unit, type);
	if (!m || add_point(j, m, point))
		return -ENOMEM;
	return add_metric(j, m);
}

/* The exemplar that carries what is no part of a series' identity: the window's largest value, where there is one. */
static int make_exemplars(const struct otlp_job *j, struct point *p, size_t *n, Otlp__Exemplar ***list)
{
	Otlp__Exemplar *e;

	if (p->measured.n == 0)
		return p->measured.err;
	e = slo_otlp_arena_get(&j->batch->arena, sizeof(*e));
	if (!e)
		return -ENOMEM;
	otlp__exemplar__init(e);
	e->has_time_unix_nano = true;
	e->time_unix_nano = (uint64_t)p->end_ns;
	if (isfinite(p->max)) {
		e->value_case = OTLP__EXEMPLAR__VALUE_AS_DOUBLE;
		e->as_double = p->max;
	}
	if (otlp_attrs_end(&p->measured, &e->n_filtered_attributes, &e->filtered_attributes) ||
	    !slo_otlp_arena_push(&j->batch->arena, list, n, &e, sizeof(e)))
		return -ENOMEM;
	return 0;
}

static int number_point(const struct otlp_job *j, struct point *p, void **out)
{
	Otlp__NumberDataPoint *d = slo_otlp_arena_get(&j->batch->arena, sizeof(*d));

	if (!d)
		return -ENOMEM;
	otlp__number_data_point__init(d);
	d->has_start_time_unix_nano = d->has_time_unix_nano = true;
	d->start_time_unix_nano = (uint64_t)p->start_ns;
	d->time_unix_nano = (uint64_t)p->end_ns;
	if (isfinite(p->value)) {
		d->value_case = OTLP__NUMBER_DATA_POINT__VALUE_AS_DOUBLE;
		d->as_double = p->value;
	}
	d->has_flags = p->unrecorded || !isfinite(p->value);
	d->flags = d->has_flags ? OTLP_NO_RECORDED_VALUE : 0;
	*out = d;
	if (make_exemplars(j, p, &d->n_exemplars, &d->exemplars))
		return -ENOMEM;
	return otlp_attrs_end(&p->attributes, &d->n_attributes, &d->attributes);
}

static int plain_histogram_point(const struct otlp_job *j, struct point *p, void **out)
{
	Otlp__HistogramDataPoint *d = slo_otlp_arena_get(&j->batch->arena, sizeof(*d));

	if (!d)
		return -ENOMEM;
	otlp__histogram_data_point__init(d);
	d->has_start_time_unix_nano = d->has_time_unix_nano = d->has_count = true;
	d->start_time_unix_nano = (uint64_t)p->start_ns;
	d->time_unix_nano = (uint64_t)p->end_ns;
	d->count = p->count;
	d->has_sum = isfinite(p->sum);
	d->sum = p->sum;
	d->has_min = isfinite(p->min);
	d->min = p->min;
	d->has_max = isfinite(p->max);
	d->max = p->max;
	*out = d;
	if (make_exemplars(j, p, &d->n_exemplars, &d->exemplars))
		return -ENOMEM;
	return otlp_attrs_end(&p->attributes, &d->n_attributes, &d->attributes);
}

static int fill_buckets(const struct otlp_job *j, const struct slo_hist *h, Otlp__ExponentialHistogramDataPoint *d)
{
	Otlp__Buckets *b = slo_otlp_arena_get(&j->batch->arena, sizeof(*b));

	if (!b)
		return -ENOMEM;
	otlp__buckets__init(b);
	b->has_offset = true;
	b->offset = h->offset;
	b->n_bucket_counts = h->n;
	b->bucket_counts = slo_otlp_arena_get(&j->batch->arena, (h->n + 1) * sizeof(*b->bucket_counts));
	if (!b->bucket_counts)
		return -ENOMEM;
	memcpy(b->bucket_counts, h->counts, h->n * sizeof(*b->bucket_counts));
	d->positive = b;
	d->scale = h->scale;
	d->zero_count = h->zero;
	d->count = slo_hist_count(h);
	return 0;
}

static int histogram_point(const struct otlp_job *j, struct point *p, void **out)
{
	Otlp__ExponentialHistogramDataPoint *d = slo_otlp_arena_get(&j->batch->arena, sizeof(*d));

	if (!d)
		return -ENOMEM;
	otlp__exponential_histogram_data_point__init(d);
	d->has_start_time_unix_nano = d->has_time_unix_nano = true;
	d->start_time_unix_nano = (uint64_t)p->start_ns;
	d->time_unix_nano = (uint64_t)p->end_ns;
	d->has_count = d->has_scale = d->has_zero_count = d->has_zero_threshold = true;
	d->zero_threshold = SLO_HIST_ZERO;
	if (p->hist && fill_buckets(j, p->hist, d))
		return -ENOMEM;
	d->has_sum = isfinite(p->sum);
	d->sum = p->sum;
	d->has_min = isfinite(p->min);
	d->min = p->min;
	d->has_max = isfinite(p->max);
	d->max = p->max;
	d->has_flags = p->unrecorded;
	d->flags = p->unrecorded ? OTLP_NO_RECORDED_VALUE : 0;
	*out = d;
	if (make_exemplars(j, p, &d->n_exemplars, &d->exemplars))
		return -ENOMEM;
	return otlp_attrs_end(&p->attributes, &d->n_attributes, &d->attributes);
}

static int put(const struct otlp_job *j, struct point *p)
{
	void *point = NULL;
	int r;

	if (p->hist && slo_hist_count(p->hist) == 0)
		otlp_attr_int(&p->measured, OTLP_HIST, 1);
	if (p->type == OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM)
		r = histogram_point(j, p, &point);
	else if (p->type == OTLP__METRIC__DATA_HISTOGRAM)
		r = plain_histogram_point(j, p, &point);
	else
		r = number_point(j, p, &point);
	if (r == 0 && !j->batch->arena.err)
		r = put_point(j, p->metric, p->unit, p->type, point);
	return r ? r : j->batch->arena.err ? -ENOMEM : 0;
}

/* Which kind of point: by the histogram, else by what the values are. */
static int type_of(const struct point *p, enum slo_scalar scalar)
{
	if (p->hist)
		return OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM;
	if (scalar == SLO_SCALAR_RATE)
		return OTLP__METRIC__DATA_SUM;
	if (scalar == SLO_SCALAR_MEAN)
		return OTLP__METRIC__DATA_GAUGE;
	return p->count || isfinite(p->sum) || isfinite(p->min) || isfinite(p->max)
		       ? OTLP__METRIC__DATA_HISTOGRAM : OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM;
}

/* The unit, where it is not the metric's. */
static void add_unit(struct point *p, struct slo_str unit, const char *usual)
{
	p->unit = usual;
	if (!slo_str_is(unit, usual))
		otlp_attr_text(&p->attributes, OTLP_UNIT, unit);
}

/* A copy of the window without what its data point has fields for: the rest goes into attributes. */
static void strip(struct slo_window *rest, const struct slo_window *w, struct point *p)
{
	bool derived = w->has_hist && w->p50 == otlp_quantile(w, 0.5) && w->p95 == otlp_quantile(w, 0.95) &&
		       w->p99 == otlp_quantile(w, 0.99);

	*rest = *w;
	rest->has_hist = false;
	if (derived)
		rest->p50 = rest->p95 = rest->p99 = NAN;
	if (p->type == OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM || p->type == OTLP__METRIC__DATA_HISTOGRAM) {
		rest->sum = rest->min = rest->max = NAN;
		rest->count = 0;
	}
	if (w->has_hist && !derived)
		otlp_attr_int(&p->measured, OTLP_DERIVED, 0);
	if (w->has_hist && w->count != slo_hist_count(&w->hist))
		otlp_attr_int(&p->measured, OTLP_COUNT, (int64_t)w->count);
}

static bool has_infinity(double a, double b, double c)
{
	return isinf(a) || isinf(b) || isinf(c);
}

int otlp_window_out(const struct otlp_job *j)
{
	const struct slo_window *w = j->record;
	enum slo_scalar scalar;
	struct slo_window rest;
	struct point p = { .attributes = { .arena = &j->batch->arena }, .measured = { .arena = &j->batch->arena } };
	int r;

	if (w->signal < 0 || w->signal >= SLO_SIGNAL__COUNT || w->count > INT64_MAX || w->start_ns < 0 ||
	    w->end_ns < 0 || has_infinity(w->sum, w->min, w->max))
		return slo_err_set(j->err, -EINVAL, "signal, count, sum, min, max, start_ns or end_ns out of range");
	scalar = slo_signal_info[w->signal].scalar;
	p.metric = slo_signal_info[w->signal].attribute;
	p.start_ns = w->start_ns;
	p.end_ns = w->end_ns;
	p.hist = w->has_hist ? &w->hist : NULL;
	p.sum = w->sum;
	p.min = w->min;
	p.max = w->max;
	p.count = w->count;
	p.unrecorded = w->state == SLO_STATE_NOT_CAPTURED;
	p.type = type_of(&p, scalar);
	p.value = scalar == SLO_SCALAR_MEAN ? w->sum / (double)w->count : isnan(w->sum) && !p.unrecorded ? 0 : w->sum;
	strip(&rest, w, &p);
	r = otlp_members_out(slo_event_rec[j->kind], otlp_names[j->kind].names, &rest, &p.attributes, &p.measured, NULL,
			     j->err);
	add_unit(&p, w->unit, slo_signal_info[w->signal].unit);
	return r ? r : put(j, &p);
}

/* Good and bad requests of a window as sums, for those who do not read ours. */
static int put_requests(const struct otlp_job *j, const struct slo_sli_window *w, struct point *like,
			const char *outcome, uint64_t n)
{
	struct point p = { .metric = OTLP_REQUESTS, .unit = "{request}", .start_ns = like->start_ns,
			   .end_ns = like->end_ns, .max = NAN, .value = (double)n, .type = OTLP__METRIC__DATA_SUM,
			   .attributes = { .arena = &j->batch->arena }, .measured = { .arena = &j->batch->arena } };

	otlp_attr_text(&p.attributes, "sli.name", slo_str(slo_enum_name(&slo_sli_enum, w->sli)));
	otlp_attr_text(&p.attributes, "llm_slo.outcome", slo_str(outcome));
	return put(j, &p);
}

static int put_outcomes(const struct otlp_job *j, const struct slo_sli_window *w, struct point *p)
{
	const uint64_t by[SLO_BAD__COUNT] = { w->bad_by.rate_limited, w->bad_by.server_error, w->bad_by.timeout,
					      w->bad_by.aborted, w->bad_by.slow };
	int r = put_requests(j, w, p, "good", w->good);

	if (!w->has_bad_by && r == 0 && w->bad)
		return put_requests(j, w, p, "bad", w->bad);
	for (int i = 0; w->has_bad_by && r == 0 && i < SLO_BAD__COUNT; i++)
		if (by[i])
			r = put_requests(j, w, p, slo_enum_name(&slo_bad_enum, i), by[i]);
	return r;
}

int otlp_sli_window_out(const struct otlp_job *j)
{
	const struct slo_sli_window *w = j->record;
	struct slo_sli_window rest = *w;
	struct point p = { .attributes = { .arena = &j->batch->arena }, .measured = { .arena = &j->batch->arena } };
	bool ratio;
	int r;

	if (w->sli < 0 || w->sli >= SLO_SLI__COUNT || w->start_ns < 0 || w->end_ns < 0 ||
	    has_infinity(w->sum, w->min, w->max))
		return slo_err_set(j->err, -EINVAL, "sli, sum, min, max, start_ns or end_ns out of range");
	ratio = strcmp(slo_sli_info[w->sli].unit, "ratio") == 0;
	p.metric = otlp_sli_metric(w->sli);
	p.start_ns = w->start_ns;
	p.end_ns = w->end_ns;
	p.hist = w->has_hist ? &w->hist : NULL;
	p.sum = w->sum;
	p.min = w->min;
	p.max = w->max;
	p.type = type_of(&p, ratio ? SLO_SCALAR_MEAN : SLO_SCALAR_LATENCY);
	p.value = w->valid ? (double)w->bad / (double)w->valid : NAN;
	rest.has_hist = false;
	if (p.type == OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM || p.type == OTLP__METRIC__DATA_HISTOGRAM)
		rest.sum = rest.min = rest.max = NAN;
	r = otlp_members_out(slo_event_rec[j->kind], otlp_names[j->kind].names, &rest, &p.attributes, &p.measured, NULL,
			     j->err);
	add_unit(&p, w->unit, slo_sli_info[w->sli].unit);
	if (r == 0)
		r = put(j, &p);
	return r ? r : put_outcomes(j, w, &p);
}

/* Counters that only grow; the others are gauges. */
static bool only_grows(struct slo_str name)
{
	static const struct slo_str total = SLO_STR("_total");

	return slo_enum_find(&slo_drop_enum, name) >= 0 ||
	       (name.len > total.len && memcmp(name.p + name.len - total.len, total.p, total.len) == 0);
}

/* One counter of a stats record; @name absent: a record without any. */
static int put_counter(const struct otlp_job *j, const struct slo_stats *s, uint32_t i, Otlp__Metric *of[2])
{
	struct point p = { .start_ns = s->start_ns, .end_ns = s->timestamp, .max = NAN, .value = NAN,
			   .attributes = { .arena = &j->batch->arena }, .measured = { .arena = &j->batch->arena } };
	bool grows = i < s->counters_count && only_grows(s->counters[i].key);
	void *point = NULL;
	int r;

	r = otlp_members_out(slo_event_rec[j->kind], otlp_names[j->kind].names, s, &p.attributes, &p.measured, NULL,
			     j->err);
	if (i < s->counters_count) {
		otlp_attr_text(&p.attributes, OTLP_COUNTER, s->counters[i].key);
		otlp_attr_int(&p.attributes, OTLP_INDEX, i);
		p.value = s->counters[i].value;
	}
	if (r == 0)
		r = number_point(j, &p, &point);
	if (r == 0 && !of[grows])
		of[grows] = make_metric(j, OTLP_STATS, "count",
					grows ? OTLP__METRIC__DATA_SUM : OTLP__METRIC__DATA_GAUGE);
	if (r == 0 && !of[grows])
		r = -ENOMEM;
	return r ? r : add_point(j, of[grows], point);
}

/* Metrics of its own for each record, so that its counters stay together. */
int otlp_stats_out(const struct otlp_job *j)
{
	const struct slo_stats *s = j->record;
	Otlp__Metric *of[2] = { NULL, NULL };
	uint32_t i = 0;
	int r;

	if (s->timestamp < 0 || s->start_ns < 0)
		return slo_err_set(j->err, -EINVAL, "timestamp or start_ns out of range");
	do
		r = put_counter(j, s, i++, of);
	while (r == 0 && i < s->counters_count);
	if (of[1])
		of[1]->sum->aggregation_temporality = OTLP_CUMULATIVE;
	for (int k = 0; r == 0 && k < 2; k++)
		if (of[k])
			r = add_metric(j, of[k]);
	return r;
}
