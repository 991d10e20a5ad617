/* SPDX-License-Identifier: MIT */
/* What a receiver that is not ours sees of our records. */
#include "net/otlp_out.h"

#include "event/tables.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <otlp.pb-c.h>
#include <stdlib.h>

static struct slo_otlp_out *out;
static struct slo_otlp_decoder *d;
static struct slo_buf body;
static struct slo_event ev;

static void prepare(void)
{
	struct slo_otlp_out_opts o = { .tool = SLO_STR("agent"), .items_max = 8 };

	ck_assert_int_eq(slo_otlp_out_new(&o, &out), 0);
	ck_assert_int_eq(slo_otlp_decoder_new(NULL, &d), 0);
	slo_buf_init(&body, 64 << 20);
}

static void clean(void)
{
	slo_otlp_out_free(out);
	slo_otlp_decoder_free(d);
	slo_buf_fini(&body);
}

static struct slo_otlp_request take(int signal)
{
	struct slo_err err = { .what = "" };
	struct slo_otlp_request r;
	int ret;

	slo_buf_reset(&body);
	ck_assert_int_eq(slo_otlp_out_take(out, signal, SLO_OTLP_PROTOBUF, &body), 0);
	ret = slo_otlp_decode(d, signal, SLO_OTLP_PROTOBUF, slo_buf_str(&body), &r, &err);
	ck_assert_msg(ret == 0, "%s: %s", err.where, err.what);
	return r;
}

static void put(void)
{
	struct slo_err err = { .what = "" };
	int r = slo_otlp_out_put(out, &ev, 1771666201000000000, &err);

	ck_assert_msg(r == 0, "%s: %s", err.where, err.what);
}

static const Otlp__AnyValue *find(size_t n, Otlp__KeyValue **list, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i]->key, key) == 0)
			return list[i]->value;
	return NULL;
}

static void put_probe(const char *pod, int status)
{
	struct slo_probe_event *p = &ev.probe;

	ev.kind = SLO_KIND_PROBE;
	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
	p->ts_unix_nano = INT64_C(1771666200000000000);
	p->signal = SLO_SIGNAL_DNS_LATENCY;
	p->node = slo_str("n1");
	p->namespace = slo_str("llm");
	p->pod = slo_str(pod);
	p->container = slo_str("server");
	p->service = slo_str("chat");
	p->pid = 7;
	p->tid = 8;
	p->value = 120.5;
	p->unit = slo_str("ms");
	p->status = status;
	p->trace_id = slo_str("5b8efff798038103d269b633813fc60c");
	p->span_id = slo_str("eee19b7ec3c1b174");
	put();
}

START_TEST(an_exemplar_is_a_log_record_with_its_ids_on_top)
{
	struct slo_otlp_request r;
	const Otlp__LogRecord *l;

	put_probe("chat-1", SLO_PROBE_STATUS_ERROR);
	r = take(SLO_OTLP_LOGS);
	l = r.logs->resource_logs[0]->scope_logs[0]->log_records[0];
	ck_assert_str_eq(l->event_name, "llm_slo.probe");
	ck_assert_uint_eq(l->time_unix_nano, 1771666200000000000u);
	ck_assert_uint_eq(l->observed_time_unix_nano, 1771666201000000000u);
	ck_assert_uint_eq(l->trace_id.len, 16);
	ck_assert_uint_eq(l->trace_id.data[0], 0x5b);
	ck_assert_uint_eq(l->span_id.len, 8);
	ck_assert_int_eq(l->severity_number, 17);
	ck_assert_str_eq(l->severity_text, "ERROR");
	ck_assert_str_eq(l->body->string_value, "signal=dns_latency_ms value=120.500000 status=error pod=chat-1");
	ck_assert_int_eq(find(l->n_attributes, l->attributes, "pid")->int_value, 7);
	ck_assert_double_eq(find(l->n_attributes, l->attributes, "llm.ebpf.dns.latency_ms")->double_value, 120.5);
	ck_assert_ptr_null(find(l->n_attributes, l->attributes, "llm_slo.trace_id"));
}
END_TEST

START_TEST(texts_are_valid_whatever_the_kernel_said)
{
	struct slo_otlp_request r;
	const Otlp__LogRecord *l;

	put_probe("chat-1", SLO_PROBE_STATUS_ERROR);
	ev.probe.comm = slo_str_n("a\xff\xc3\xa9\0z\xe2\x82", 8);
	put();
	r = take(SLO_OTLP_LOGS);
	l = r.logs->resource_logs[0]->scope_logs[0]->log_records[1];
	ck_assert_str_eq(find(l->n_attributes, l->attributes, "process.executable.name")->string_value,
			 "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd");
}
END_TEST

START_TEST(severity_follows_the_status)
{
	static const int want[] = { 9, 13, 17 };
	struct slo_otlp_request r;

	put_probe("chat-1", _i);
	r = take(SLO_OTLP_LOGS);
	ck_assert_int_eq(r.logs->resource_logs[0]->scope_logs[0]->log_records[0]->severity_number, want[_i]);
}
END_TEST

START_TEST(there_is_one_resource_for_each_pod)
{
	static const char *const want[][2] = {
		{ "k8s.node.name", "n1" }, { "host.name", "n1" },	   { "k8s.namespace.name", "llm" },
		{ "k8s.pod.name", "chat-2" }, { "k8s.container.name", "server" }, { "service.name", "chat" },
		{ "service.namespace", "llm" },
	};
	const Otlp__ResourceLogs *second;
	struct slo_otlp_request r;

	put_probe("chat-1", 0);
	put_probe("chat-2", 0);
	put_probe("chat-1", 0);
	ck_assert_uint_eq(slo_otlp_out_count(out, SLO_OTLP_LOGS), 3);
	r = take(SLO_OTLP_LOGS);
	ck_assert_uint_eq(r.logs->n_resource_logs, 2);
	ck_assert_uint_eq(r.logs->resource_logs[0]->scope_logs[0]->n_log_records, 2);
	second = r.logs->resource_logs[1];
	ck_assert_uint_eq(second->scope_logs[0]->n_log_records, 1);
	ck_assert_uint_eq(second->resource->n_attributes, SLO_ARRAY_LEN(want));
	for (size_t i = 0; i < SLO_ARRAY_LEN(want); i++)
		ck_assert_str_eq(find(second->resource->n_attributes, second->resource->attributes, want[i][0])
					 ->string_value, want[i][1]);
	ck_assert_str_eq(second->scope_logs[0]->scope->name, "llm-slo");
	ck_assert_str_eq(second->scope_logs[0]->scope->attributes[0]->value->string_value, "agent");
}
END_TEST

static struct slo_window *window(int signal, int state)
{
	struct slo_window *w = &ev.window;

	ev.kind = SLO_KIND_WINDOW;
	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
	w->start_ns = INT64_C(1771666200000000000);
	w->end_ns = INT64_C(1771666205000000000);
	w->cluster = w->node = w->namespace = w->pod = w->container = slo_str("x");
	w->service = slo_str("chat");
	w->signal = signal;
	w->unit = slo_str(slo_signal_info[signal].unit);
	w->role = SLO_ROLE_PROVIDER;
	w->provider = slo_str("packet");
	w->state = state;
	w->source = SLO_SOURCE_LIVE;
	return w;
}

static const Otlp__Metric *only_metric(void)
{
	struct slo_otlp_request r = take(SLO_OTLP_METRICS);
	const Otlp__ScopeMetrics *s = r.metrics->resource_metrics[0]->scope_metrics[0];

	ck_assert_uint_eq(s->n_metrics, 1);
	return s->metrics[0];
}

START_TEST(a_window_is_an_exponential_histogram)
{
	struct slo_window *w = window(SLO_SIGNAL_DNS_LATENCY, SLO_STATE_VALUE);
	const Otlp__ExponentialHistogramDataPoint *p;
	const Otlp__Metric *m;

	slo_hist_init(&w->hist);
	slo_hist_add(&w->hist, 3, 2);
	slo_hist_add(&w->hist, 100, 1);
	slo_hist_add(&w->hist, 0, 1);
	w->has_hist = true;
	w->count = 4;
	w->lost = 5;
	w->sum = 106;
	w->min = 0;
	w->max = 100;
	put();
	m = only_metric();
	ck_assert_str_eq(m->name, "llm.ebpf.dns.latency_ms");
	ck_assert_str_eq(m->unit, "ms");
	ck_assert_int_eq(m->data_case, OTLP__METRIC__DATA_EXPONENTIAL_HISTOGRAM);
	ck_assert_int_eq(m->exponential_histogram->aggregation_temporality, 1);
	p = m->exponential_histogram->data_points[0];
	ck_assert_uint_eq(p->start_time_unix_nano, 1771666200000000000u);
	ck_assert_uint_eq(p->time_unix_nano, 1771666205000000000u);
	ck_assert_uint_eq(p->count, 4);
	ck_assert_uint_eq(p->zero_count, 1);
	ck_assert_double_eq(p->sum, 106);
	ck_assert_double_eq(p->max, 100);
	ck_assert_int_eq(p->scale, w->hist.scale);
	ck_assert_int_eq(p->positive->offset, w->hist.offset);
	ck_assert_uint_eq(p->positive->n_bucket_counts, w->hist.n);
	ck_assert_uint_eq(p->positive->bucket_counts[0], 2);
	/* What varies from window to window makes no series of its own. */
	ck_assert_ptr_null(find(p->n_attributes, p->attributes, "llm_slo.lost"));
	ck_assert_int_eq(
		find(p->exemplars[0]->n_filtered_attributes, p->exemplars[0]->filtered_attributes, "llm_slo.lost")
			->int_value,
		5);
	ck_assert_str_eq(find(p->n_attributes, p->attributes, "llm_slo.role")->string_value, "provider");
}
END_TEST

START_TEST(counts_are_sums_and_shares_are_gauges)
{
	struct slo_window *w = window(SLO_SIGNAL_TCP_RETRANSMITS, SLO_STATE_VALUE);
	const Otlp__Metric *m;

	w->count = 3;
	w->sum = 7;
	w->min = 1;
	w->max = 4;
	put();
	m = only_metric();
	ck_assert_int_eq(m->data_case, OTLP__METRIC__DATA_SUM);
	ck_assert(m->sum->is_monotonic);
	ck_assert_int_eq(m->sum->aggregation_temporality, 1);
	ck_assert_double_eq(m->sum->data_points[0]->as_double, 7);
	ck_assert_str_eq(m->unit, "{event}");
	w = window(SLO_SIGNAL_CPU_STEAL, SLO_STATE_VALUE);
	w->count = 4;
	w->sum = 10;
	w->min = w->max = 2.5;
	put();
	m = only_metric();
	ck_assert_int_eq(m->data_case, OTLP__METRIC__DATA_GAUGE);
	ck_assert_double_eq(m->gauge->data_points[0]->as_double, 2.5);
}
END_TEST

START_TEST(what_was_not_captured_has_no_recorded_value)
{
	struct slo_window *w = window(SLO_SIGNAL_CPU_STEAL, SLO_STATE_NOT_CAPTURED);
	const Otlp__Metric *m;

	w->why = slo_str("no permission");
	put();
	m = only_metric();
	ck_assert_uint_eq(m->gauge->data_points[0]->flags, 1);
	ck_assert_int_eq(m->gauge->data_points[0]->value_case, OTLP__NUMBER_DATA_POINT__VALUE__NOT_SET);
	window(SLO_SIGNAL_CONNECT_LATENCY, SLO_STATE_NOT_CAPTURED);
	put();
	m = only_metric();
	ck_assert_uint_eq(m->exponential_histogram->data_points[0]->flags, 1);
	window(SLO_SIGNAL_TCP_RETRANSMITS, SLO_STATE_ZERO);
	put();
	m = only_metric();
	ck_assert_uint_eq(m->sum->data_points[0]->flags, 0);
	ck_assert_double_eq(m->sum->data_points[0]->as_double, 0);
}
END_TEST

START_TEST(points_of_one_metric_are_together)
{
	for (int i = 0; i < 3; i++) {
		window(SLO_SIGNAL_DNS_LATENCY, SLO_STATE_ZERO)->role = i;
		put();
	}
	ck_assert_uint_eq(only_metric()->exponential_histogram->n_data_points, 3);
}
END_TEST

START_TEST(requests_of_an_sli_window_are_sums_as_well)
{
	struct slo_sli_window *w = &ev.sli_window;
	struct slo_otlp_request r;
	const Otlp__ScopeMetrics *s;

	ev.kind = SLO_KIND_SLI_WINDOW;
	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], w);
	w->start_ns = 5;
	w->end_ns = 6;
	w->sli = SLO_SLI_ERROR_RATE;
	w->unit = slo_str("ratio");
	w->source = SLO_SOURCE_LIVE;
	w->valid = 10;
	w->good = 7;
	w->bad = 3;
	w->has_bad_by = true;
	w->bad_by.rate_limited = 1;
	w->bad_by.server_error = 2;
	put();
	ck_assert_uint_eq(slo_otlp_out_count(out, SLO_OTLP_METRICS), 1);
	ck_assert_uint_eq(slo_otlp_out_items(out, SLO_OTLP_METRICS), 4);
	r = take(SLO_OTLP_METRICS);
	s = r.metrics->resource_metrics[0]->scope_metrics[0];
	ck_assert_uint_eq(s->n_metrics, 2);
	ck_assert_str_eq(s->metrics[0]->name, "llm.slo.error_rate");
	ck_assert_double_eq(s->metrics[0]->gauge->data_points[0]->as_double, 0.3);
	ck_assert_str_eq(s->metrics[1]->name, "llm_slo.requests");
	ck_assert_uint_eq(s->metrics[1]->sum->n_data_points, 3);
	ck_assert_double_eq(s->metrics[1]->sum->data_points[0]->as_double, 7);
	ck_assert_double_eq(s->metrics[1]->sum->data_points[2]->as_double, 2);
}
END_TEST

START_TEST(stats_are_gauges_and_sums)
{
	struct slo_stats *st = &ev.stats;
	struct slo_otlp_request r;
	const Otlp__ScopeMetrics *s;

	ev.kind = SLO_KIND_STATS;
	slo_rec_clear(slo_event_rec[SLO_KIND_STATS], st);
	st->timestamp = 10;
	st->start_ns = 5;
	st->tool = slo_str("agent");
	st->final = 1;
	st->counters[0] = (struct slo_num_pair){ SLO_STR("cpu_pct"), 0.5 };
	st->counters[1] = (struct slo_num_pair){ SLO_STR("ring_full"), 3 };
	st->counters_count = 2;
	put();
	r = take(SLO_OTLP_METRICS);
	s = r.metrics->resource_metrics[0]->scope_metrics[0];
	ck_assert_uint_eq(s->n_metrics, 2);
	ck_assert_double_eq(s->metrics[0]->gauge->data_points[0]->as_double, 0.5);
	ck_assert_int_eq(s->metrics[1]->sum->aggregation_temporality, 2);
	ck_assert_uint_eq(s->metrics[1]->sum->data_points[0]->start_time_unix_nano, 5);
	ck_assert_double_eq(s->metrics[1]->sum->data_points[0]->as_double, 3);
}
END_TEST

static int put_span(const char *trace, const char *id)
{
	struct slo_span *s = &ev.span;

	ev.kind = SLO_KIND_SPAN;
	slo_rec_clear(slo_event_rec[SLO_KIND_SPAN], s);
	s->trace_id = slo_str(trace);
	s->span_id = slo_str(id);
	s->name = slo_str("GET /");
	s->span_kind = slo_str("server");
	s->status = slo_str("error");
	s->service = slo_str("chat");
	s->start_ns = 1;
	s->end_ns = 2;
	return slo_otlp_out_put(out, &ev, 1, NULL);
}

START_TEST(a_span_is_a_span)
{
	struct slo_otlp_request r;
	const Otlp__Span *s;

	ck_assert_int_eq(put_span("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"), 0);
	r = take(SLO_OTLP_TRACES);
	s = r.traces->resource_spans[0]->scope_spans[0]->spans[0];
	ck_assert_int_eq(s->kind, 2);
	ck_assert_int_eq(s->status->code, 2);
	ck_assert_str_eq(s->name, "GET /");
	ck_assert_uint_eq(s->end_time_unix_nano, 2);
}
END_TEST

START_TEST(what_otlp_cannot_hold_is_refused_and_leaves_nothing)
{
	struct slo_otlp_out_counters n;
	struct slo_otlp_request r;

	ck_assert_int_eq(put_span("5b8efff798038103d269b633813fc60c", "short"), -EINVAL);
	ck_assert_int_eq(put_span("00000000000000000000000000000000", "eee19b7ec3c1b174"), -EINVAL);
	ck_assert_uint_eq(slo_otlp_out_count(out, SLO_OTLP_TRACES), 0);
	ck_assert_int_eq(put_span("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"), 0);
	ev.span.service = slo_str("another");
	ev.span.span_id = slo_str("x");
	ck_assert_int_eq(slo_otlp_out_put(out, &ev, 1, NULL), -EINVAL);
	r = take(SLO_OTLP_TRACES);
	ck_assert_uint_eq(r.traces->n_resource_spans, 1);
	slo_otlp_out_counters(out, &n);
	ck_assert_uint_eq(n.refused, 3);
	ck_assert_uint_eq(n.records[SLO_KIND_SPAN], 1);
	window(SLO_SIGNAL_DNS_LATENCY, SLO_STATE_VALUE)->sum = INFINITY;
	ck_assert_int_eq(slo_otlp_out_put(out, &ev, 1, NULL), -EINVAL);
}
END_TEST

START_TEST(a_full_batch_says_so)
{
	for (int i = 0; i < 8; i++)
		put_probe("chat-1", 0);
	ck_assert_int_eq(slo_otlp_out_put(out, &ev, 1, NULL), -ENOSPC);
	ck_assert_uint_eq(slo_otlp_out_count(out, SLO_OTLP_LOGS), 8);
	(void)take(SLO_OTLP_LOGS);
	ck_assert_int_eq(slo_otlp_out_put(out, &ev, 1, NULL), 0);
	slo_otlp_out_drop(out, SLO_OTLP_LOGS);
	ck_assert_uint_eq(slo_otlp_out_count(out, SLO_OTLP_LOGS), 0);
}
END_TEST

START_TEST(a_batch_is_bounded_in_bytes)
{
	struct slo_otlp_out_opts o = { .items_max = 1000000, .bytes_max = 100000 };
	struct slo_otlp_out *small;
	int r = 0, n = 0;

	ck_assert_int_eq(slo_otlp_out_new(&o, &small), 0);
	put_probe("chat-1", 0);
	for (; r == 0 && n < 1000; n++)
		r = slo_otlp_out_put(small, &ev, 1, NULL);
	ck_assert_int_eq(r, -ENOSPC);
	ck_assert_int_gt(n, 10);
	slo_otlp_out_free(small);
}
END_TEST

START_TEST(an_incident_points_at_its_first_trace)
{
	struct slo_incident *i = &ev.incident;
	struct slo_otlp_request r;
	const Otlp__LogRecord *l;

	ev.kind = SLO_KIND_INCIDENT;
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], i);
	i->incident_id = slo_str("inc-1");
	i->timestamp = 5;
	i->service = slo_str("chat");
	i->predicted_fault_domain = SLO_DOMAIN_NETWORK_DNS;
	i->confidence = 0.5;
	i->status = SLO_INCIDENT_STATUS_RESOLVED;
	i->slo_impact.burn_rate = 1;
	i->slo_impact.window_minutes = 5;
	i->trace_ids[0] = slo_str("5b8efff798038103d269b633813fc60c");
	i->trace_ids_count = 1;
	put();
	r = take(SLO_OTLP_LOGS);
	l = r.logs->resource_logs[0]->scope_logs[0]->log_records[0];
	ck_assert_str_eq(l->event_name, "llm_slo.incident.attribution");
	ck_assert_int_eq(l->severity_number, 9);
	ck_assert_uint_eq(l->trace_id.len, 16);
	ck_assert_str_eq(l->body->string_value,
			 "incident=inc-1 status=resolved domain=network_dns confidence=0.50 service=chat");
	ck_assert_double_eq(find(l->n_attributes, l->attributes, "llm_slo.impact.burn_rate")->double_value, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_out");
	TCase *t = tcase_create("out");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, prepare, clean);
	tcase_add_test(t, an_exemplar_is_a_log_record_with_its_ids_on_top);
	tcase_add_test(t, texts_are_valid_whatever_the_kernel_said);
	tcase_add_loop_test(t, severity_follows_the_status, 0, 3);
	tcase_add_test(t, there_is_one_resource_for_each_pod);
	tcase_add_test(t, a_window_is_an_exponential_histogram);
	tcase_add_test(t, counts_are_sums_and_shares_are_gauges);
	tcase_add_test(t, what_was_not_captured_has_no_recorded_value);
	tcase_add_test(t, points_of_one_metric_are_together);
	tcase_add_test(t, requests_of_an_sli_window_are_sums_as_well);
	tcase_add_test(t, stats_are_gauges_and_sums);
	tcase_add_test(t, a_span_is_a_span);
	tcase_add_test(t, what_otlp_cannot_hold_is_refused_and_leaves_nothing);
	tcase_add_test(t, a_full_batch_says_so);
	tcase_add_test(t, a_batch_is_bounded_in_bytes);
	tcase_add_test(t, an_incident_points_at_its_first_trace);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
