/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "config/config.h"
#include "decode/aggregate.h"
#include "decode/aggregate_internal.h"

#include <check.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define T0 INT64_C(1767225600000000000)

enum { KEEP = 256 };

static struct slo_config config;
static struct slo_agg_service services[2];
static struct slo_agg *agg;
static struct slo_event windows[KEEP], exemplars[KEEP];
static size_t windows_count, exemplars_count;

static void keep_exemplar(void *arg, const struct slo_event *ev)
{
	(void)arg;
	if (exemplars_count < KEEP)
		exemplars[exemplars_count++] = *ev;
}

/* Every event must be one that the codec can write. */
static void keep_window(void *arg, const struct slo_event *ev)
{
	struct slo_buf b;

	(void)arg;
	slo_buf_init(&b, 1 << 20);
	ck_assert_int_eq(slo_event_encode(ev, &b), 0);
	slo_buf_fini(&b);
	ck_assert_uint_lt(windows_count, KEEP);
	windows[windows_count++] = *ev;
}

static void objective(int sli, double threshold)
{
	struct slo_objective *o = &config.objectives[config.objectives_count++];

	*o = (struct slo_objective){ .service = "*", .sli = sli, .threshold = threshold, .target = 0.95 };
}

static void setup(void)
{
	memset(&config, 0, sizeof(config));
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		config.signal_enabled[i] = true;
	config.events_per_second_limit = 1000;
	config.burst_limit = 100;
	objective(SLO_SLI_TTFT, 400);
	objective(SLO_SLI_LATENCY, 2000);
	services[0] = (struct slo_agg_service){ slo_str("chat"), slo_str("ns"), slo_str("wl"), slo_str("pod-1"),
						slo_str("app") };
	services[1] = (struct slo_agg_service){ slo_str("embed"), slo_str("ns"), slo_str("wl"), slo_str("pod-2"),
						slo_str("app") };
}

static void open_agg(size_t n, uint32_t sample_good)
{
	struct slo_agg_opts o = { .cluster = slo_str("c1"), .node = slo_str("n1"), .namespace = slo_str("host-ns"),
				  .pod = slo_str("agent"), .container = slo_str("agent"), .services = services,
				  .services_count = n, .config = &config, .source = SLO_SOURCE_LIVE,
				  .sample_good = sample_good, .emit = keep_exemplar };

	ck_assert_int_eq(slo_agg_new(&agg, &o), 0);
}

static void teardown(void)
{
	slo_agg_free(agg);
	agg = NULL;
}

static void flush(void)
{
	windows_count = 0;
	slo_agg_flush(agg, T0, T0 + 1000 * MS, keep_window, NULL);
}

static void observe(int signal, int service, int role, double value, uint64_t times)
{
	struct slo_obs o = { .signal = signal, .service = service, .role = role, .provider = "test",
			     .end_ns = T0 + 5 * MS, .value = value, .times = times };
	struct slo_obs_sink sink = slo_agg_sink(agg);

	sink.obs(sink.arg, &o);
}

static struct slo_request request(void)
{
	return (struct slo_request){ .service = 0, .start_ns = T0, .sent_ns = T0 + 10 * MS, .first_ns = T0 + 110 * MS,
				     .end_ns = T0 + 510 * MS, .status = 200, .outcome = -1, .streaming = true,
				     .chunks = 21, .first_chunk_ns = T0 + 110 * MS, .last_chunk_ns = T0 + 510 * MS,
				     .seq = 7 };
}

static void submit(const struct slo_request *r)
{
	struct slo_obs_sink sink = slo_agg_sink(agg);

	sink.request(sink.arg, r);
}

static const struct slo_window *window(const char *service, int signal, int role)
{
	for (size_t i = 0; i < windows_count; i++)
		if (windows[i].kind == SLO_KIND_WINDOW && slo_str_is(windows[i].window.service, service) &&
		    windows[i].window.signal == signal && (role < 0 || windows[i].window.role == role))
			return &windows[i].window;
	return NULL;
}

static const struct slo_sli_window *sli(int which)
{
	for (size_t i = 0; i < windows_count; i++)
		if (windows[i].kind == SLO_KIND_SLI_WINDOW && slo_str_is(windows[i].sli_window.service, "chat") &&
		    windows[i].sli_window.sli == which)
			return &windows[i].sli_window;
	return NULL;
}

START_TEST(every_signal_of_every_service_has_a_window_even_without_data)
{
	open_agg(2, 0);
	slo_agg_capture(agg, SLO_SERVICE_ALL, SLO_SIGNAL_DNS_LATENCY, SLO_STATE_ZERO, "packet", "");
	slo_agg_capture(agg, 1, SLO_SIGNAL_CFS_THROTTLED, SLO_STATE_NOT_CAPTURED, "", "no cpu controller is mounted");
	flush();
	ck_assert_uint_eq(windows_count, 2 * (SLO_SIGNAL__COUNT + 4));
	ck_assert_int_eq(window("chat", SLO_SIGNAL_DNS_LATENCY, -1)->state, SLO_STATE_ZERO);
	ck_assert_int_eq(window("chat", SLO_SIGNAL_DNS_LATENCY, -1)->role, SLO_ROLE_RESOLVER);
	ck_assert(slo_str_is(window("chat", SLO_SIGNAL_DNS_LATENCY, -1)->provider, "packet"));
	ck_assert_ptr_null(window("chat", SLO_SIGNAL_DNS_LATENCY, -1)->why.p);
	ck_assert(slo_str_is(window("chat", SLO_SIGNAL_CFS_THROTTLED, -1)->why, "no source"));
	ck_assert_int_eq(window("embed", SLO_SIGNAL_CFS_THROTTLED, -1)->state, SLO_STATE_NOT_CAPTURED);
	ck_assert(slo_str_is(window("embed", SLO_SIGNAL_CFS_THROTTLED, -1)->why, "no cpu controller is mounted"));
	ck_assert_uint_eq(window("embed", SLO_SIGNAL_CFS_THROTTLED, -1)->count, 0);
	ck_assert(isnan(window("embed", SLO_SIGNAL_CFS_THROTTLED, -1)->sum));
	ck_assert(!window("embed", SLO_SIGNAL_DNS_LATENCY, -1)->has_hist);
}
END_TEST

START_TEST(a_window_holds_all_observations_of_its_role)
{
	const struct slo_window *w;

	open_agg(1, 0);
	observe(SLO_SIGNAL_CONNECT_LATENCY, 0, SLO_ROLE_PROVIDER, 3, 90);
	observe(SLO_SIGNAL_CONNECT_LATENCY, 0, SLO_ROLE_PROVIDER, 70, 10);
	observe(SLO_SIGNAL_CONNECT_LATENCY, 0, SLO_ROLE_RETRIEVAL, 1, 1);
	flush();
	w = window("chat", SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER);
	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->state, SLO_STATE_VALUE);
	ck_assert_uint_eq(w->count, 100);
	ck_assert_double_eq_tol(w->sum, 970, 1e-9);
	ck_assert_double_eq(w->min, 3);
	ck_assert_double_eq(w->max, 70);
	ck_assert_uint_eq(slo_hist_count(&w->hist), 100);
	ck_assert_double_eq_tol(w->p50, 3, 0.04);
	ck_assert_double_eq_tol(w->p95, 70, 0.8);
	ck_assert_double_le(w->p99, 70); /* clamped: a bucket's middle may lie above the largest value */
	ck_assert_double_ge(w->p50, 3);
	ck_assert(slo_str_is(w->provider, "test"));
	ck_assert(slo_str_is(w->pod, "pod-1"));
	ck_assert_int_eq(w->start_ns, T0);
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_RETRIEVAL)->count, 1);
	ck_assert_ptr_null(window("chat", SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_OTHER));
	flush();
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_CONNECT_LATENCY, -1)->count, 0);
}
END_TEST

START_TEST(host_wide_windows_appear_for_what_no_service_owns)
{
	open_agg(1, 0);
	observe(SLO_SIGNAL_DNS_LATENCY, SLO_SERVICE_NONE, SLO_ROLE_RESOLVER, 2, 1);
	flush();
	ck_assert_uint_eq(windows_count, 1 + SLO_SIGNAL__COUNT + 4);
	ck_assert_uint_eq(window("", SLO_SIGNAL_DNS_LATENCY, -1)->count, 1);
	ck_assert(slo_str_is(window("", SLO_SIGNAL_DNS_LATENCY, -1)->namespace, "host-ns"));
	slo_agg_free(agg);
	open_agg(0, 0);
	flush();
	ck_assert_uint_eq(windows_count, SLO_SIGNAL__COUNT);
	ck_assert_ptr_nonnull(window("", SLO_SIGNAL_DISK_IO, -1));
}
END_TEST

START_TEST(a_disabled_signal_has_no_window_and_a_shed_one_says_so)
{
	struct slo_agg_counters n;

	config.signal_enabled[SLO_SIGNAL_CPU_STEAL] = false;
	open_agg(1, 0);
	slo_agg_capture(agg, SLO_SERVICE_ALL, SLO_SIGNAL_DISK_IO, SLO_STATE_ZERO, "diskstats", "");
	slo_agg_enable(agg, SLO_SIGNAL_DISK_IO, false);
	observe(SLO_SIGNAL_CPU_STEAL, 0, SLO_ROLE_OTHER, 50, 1);
	observe(SLO_SIGNAL_DISK_IO, 0, SLO_ROLE_OTHER, 500, 1);
	flush();
	ck_assert_ptr_null(window("chat", SLO_SIGNAL_CPU_STEAL, -1));
	ck_assert_int_eq(window("chat", SLO_SIGNAL_DISK_IO, -1)->state, SLO_STATE_NOT_CAPTURED);
	ck_assert(slo_str_is(window("chat", SLO_SIGNAL_DISK_IO, -1)->why, "shed by the overhead guard"));
	ck_assert_uint_eq(exemplars_count, 0);
	slo_agg_counters(agg, &n);
	ck_assert_uint_eq(n.ignored, 2);
	slo_agg_enable(agg, SLO_SIGNAL_DISK_IO, true);
	observe(SLO_SIGNAL_DISK_IO, 0, SLO_ROLE_OTHER, 500, 1);
	flush();
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_DISK_IO, -1)->count, 1);
}
END_TEST

START_TEST(what_was_lost_is_told_by_network_signals_and_slis_of_that_interval)
{
	open_agg(1, 0);
	slo_agg_lost(agg, 3);
	slo_agg_lost(agg, 4);
	flush();
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_TCP_RETRANSMITS, -1)->lost, 7);
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_RUNQUEUE_DELAY, -1)->lost, 0);
	ck_assert_uint_eq(sli(SLO_SLI_TTFT)->lost, 7);
	flush();
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_TCP_RETRANSMITS, -1)->lost, 0);
}
END_TEST

START_TEST(exemplars_are_observations_over_their_threshold)
{
	const struct slo_probe_event *p;
	struct slo_obs_sink sink;
	struct slo_obs o = { .signal = SLO_SIGNAL_CONNECT_LATENCY, .service = 0, .role = SLO_ROLE_PROVIDER,
			     .provider = "packet", .end_ns = T0, .value = 190, .times = 1, .pid = 12, .tid = 13,
			     .err = 110, .has_tuple = true, .detail = "timeout", .comm = "chat",
			     .tuple = { .src = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, .dst = { [15] = 1 },
					.src_port = 4242, .dst_port = 443, .proto = IPPROTO_TCP } };

	open_agg(1, 0);
	sink = slo_agg_sink(agg);
	observe(SLO_SIGNAL_CONNECT_LATENCY, 0, SLO_ROLE_PROVIDER, 79.9, 1);
	ck_assert_uint_eq(exemplars_count, 0);
	sink.obs(sink.arg, &o);
	ck_assert_uint_eq(exemplars_count, 1);
	ck_assert_int_eq(exemplars[0].kind, SLO_KIND_PROBE);
	p = &exemplars[0].probe;
	ck_assert_int_eq(p->status, SLO_PROBE_STATUS_ERROR);
	ck_assert_double_eq(p->value, 190);
	ck_assert_int_eq(p->errno_, 110);
	ck_assert_int_eq(p->pid, 12);
	ck_assert_int_eq(p->role, SLO_ROLE_PROVIDER);
	ck_assert(slo_str_is(p->unit, "ms"));
	ck_assert(p->has_conn_tuple);
	ck_assert_int_eq(p->conn_tuple.dst_port, 443);
}
END_TEST

/* The strings of an exemplar are gone after the call; look at them inside of it. */
static char text[4096];

static void encode_exemplar(void *arg, const struct slo_event *ev)
{
	struct slo_buf b;

	(void)arg;
	slo_buf_init(&b, sizeof(text) - 1);
	ck_assert_int_eq(slo_event_encode(ev, &b), 0);
	strncat(text, b.data, sizeof(text) - strlen(text) - 1);
	slo_buf_fini(&b);
}

START_TEST(an_exemplar_of_a_request_has_one_event_per_sli)
{
	struct slo_agg_opts o = { .cluster = slo_str("c1"), .node = slo_str("n1"), .services = services,
				  .services_count = 1, .config = &config, .sample_good = 2, .emit = encode_exemplar };
	struct slo_request r = request();

	ck_assert_int_eq(slo_agg_new(&agg, &o), 0);
	submit(&r);
	ck_assert_ptr_nonnull(strstr(text, "\"event_id\":\"chat-7-ttft_ms\""));
	ck_assert_ptr_nonnull(strstr(text, "\"request_id\":\"chat-7\""));
	ck_assert_ptr_nonnull(strstr(text, "\"sli_name\":\"request_latency_ms\",\"sli_value\":510"));
	ck_assert_ptr_nonnull(strstr(text, "\"sli_name\":\"error_rate\",\"sli_value\":0"));
	ck_assert_ptr_nonnull(strstr(text, "\"http_status\":\"200\""));
	ck_assert_ptr_nonnull(strstr(text, "\"source\":\"live\""));
	text[0] = '\0';
	submit(&r); /* the second good one is not sampled */
	ck_assert_str_eq(text, "");
	r.status = 429;
	submit(&r);
	ck_assert_ptr_nonnull(strstr(text, "\"bad\":\"rate_limited\""));
	ck_assert_ptr_nonnull(strstr(text, "\"status\":\"breach\""));
	ck_assert_ptr_null(strstr(text, "ttft_ms"));
}
END_TEST

START_TEST(the_rate_limit_stops_exemplars_but_never_windows)
{
	struct slo_agg_counters n;

	config.burst_limit = 5;
	config.events_per_second_limit = 1;
	open_agg(1, 0);
	for (int i = 0; i < 50; i++)
		observe(SLO_SIGNAL_DNS_LATENCY, 0, SLO_ROLE_RESOLVER, 500, 1);
	flush();
	slo_agg_counters(agg, &n);
	ck_assert_uint_eq(exemplars_count, 5);
	ck_assert_uint_eq(n.rate_limited, 45);
	ck_assert_uint_eq(window("chat", SLO_SIGNAL_DNS_LATENCY, -1)->count, 50);
}
END_TEST

enum { N = -1 }; /* not valid for this SLI */

/* How one request counts: bad class or good or not valid, per SLI. */
static const struct verdict_case {
	const char *what;
	int status, outcome;
	int64_t first_ms, end_ms; /* after the request was sent; 0 = no content */
	int ttft, latency, error; /* N, SLO_BAD__COUNT = good, or the class */
} verdicts[] = {
	{ "good", 200, -1, 100, 500, SLO_BAD__COUNT, SLO_BAD__COUNT, SLO_BAD__COUNT },
	{ "late first byte", 200, -1, 401, 500, SLO_BAD_SLOW, SLO_BAD__COUNT, SLO_BAD__COUNT },
	{ "slow", 200, -1, 100, 2000, SLO_BAD__COUNT, SLO_BAD_SLOW, SLO_BAD__COUNT },
	{ "429", 429, -1, 5, 6, N, N, SLO_BAD_RATE_LIMITED },
	{ "500", 500, -1, 5, 6, N, N, SLO_BAD_SERVER_ERROR },
	{ "404", 404, -1, 5, 6, N, N, SLO_BAD__COUNT },
	{ "timeout", 0, SLO_BAD_TIMEOUT, 0, 60000, SLO_BAD_TIMEOUT, SLO_BAD_TIMEOUT, SLO_BAD_TIMEOUT },
	{ "stalled stream", 200, SLO_BAD_TIMEOUT, 100, 60000, SLO_BAD__COUNT, SLO_BAD_TIMEOUT, SLO_BAD_TIMEOUT },
	{ "aborted early", 0, SLO_BAD_ABORTED, 0, 50, N, N, SLO_BAD_ABORTED },
	{ "aborted after 3 s", 0, SLO_BAD_ABORTED, 0, 3000, SLO_BAD_ABORTED, SLO_BAD_ABORTED, SLO_BAD_ABORTED },
	{ "client hung up", 200, SLO_BAD_ABORTED, 100, 700, SLO_BAD__COUNT, N, SLO_BAD__COUNT },
};

static uint64_t of_class(const struct slo_bad_counts *b, int bad)
{
	const uint64_t v[] = { b->rate_limited, b->server_error, b->timeout, b->aborted, b->slow };

	return v[bad];
}

static void assert_verdict(const struct verdict_case *c, int which, int want)
{
	const struct slo_sli_window *w = sli(which);

	ck_assert_msg(w->valid == (want != N), "%s, %s: valid %d", c->what, slo_sli_enum.names[which], (int)w->valid);
	ck_assert_msg(w->good == (want == SLO_BAD__COUNT), "%s, %s: good %d", c->what, slo_sli_enum.names[which],
		      (int)w->good);
	ck_assert_uint_eq(w->bad, w->valid - w->good);
	if (want >= 0 && want < SLO_BAD__COUNT)
		ck_assert_msg(of_class(&w->bad_by, want) == 1, "%s, %s: class", c->what, slo_sli_enum.names[which]);
}

START_TEST(each_kind_of_request_counts_as_documented)
{
	const struct verdict_case *c = &verdicts[_i];
	struct slo_request r = request();

	open_agg(1, 0);
	r.status = c->status;
	r.outcome = c->outcome;
	r.first_ns = c->first_ms ? r.sent_ns + c->first_ms * MS : 0;
	r.end_ns = r.sent_ns + c->end_ms * MS;
	submit(&r);
	flush();
	assert_verdict(c, SLO_SLI_TTFT, c->ttft);
	assert_verdict(c, SLO_SLI_LATENCY, c->latency);
	assert_verdict(c, SLO_SLI_ERROR_RATE, c->error);
}
END_TEST

START_TEST(ttft_starts_when_the_request_was_sent_and_latency_when_it_began)
{
	struct slo_request r = request();

	open_agg(1, 0);
	submit(&r);
	flush();
	ck_assert_double_eq(sli(SLO_SLI_TTFT)->sum, 100);
	ck_assert_double_eq(sli(SLO_SLI_TTFT)->threshold, 400);
	ck_assert(sli(SLO_SLI_TTFT)->has_hist);
	ck_assert_double_eq(sli(SLO_SLI_LATENCY)->sum, 510);
	ck_assert_double_eq_tol(sli(SLO_SLI_THROUGHPUT)->sum, 52.5, 1e-9); /* 21 chunks in 400 ms */
	ck_assert(isnan(sli(SLO_SLI_ERROR_RATE)->threshold));
	ck_assert(!sli(SLO_SLI_ERROR_RATE)->has_hist);
}
END_TEST

START_TEST(throughput_is_judged_downwards_and_only_with_an_objective)
{
	struct slo_request r = request();

	open_agg(1, 0);
	submit(&r);
	flush();
	ck_assert_uint_eq(sli(SLO_SLI_THROUGHPUT)->good, 1);
	objective(SLO_SLI_THROUGHPUT, 60);
	submit(&r);
	r.chunks = 24; /* 60 a second: just enough */
	submit(&r);
	r.chunks = 1;
	submit(&r);
	flush();
	ck_assert_uint_eq(sli(SLO_SLI_THROUGHPUT)->valid, 2);
	ck_assert_uint_eq(sli(SLO_SLI_THROUGHPUT)->good, 1);
	ck_assert_uint_eq(sli(SLO_SLI_THROUGHPUT)->bad_by.slow, 1);
}
END_TEST

START_TEST(without_an_objective_only_failures_are_bad)
{
	struct slo_request r = request();

	config.objectives_count = 0;
	open_agg(1, 0);
	r.first_ns = T0 + 90000 * MS;
	r.end_ns = T0 + 99000 * MS;
	submit(&r);
	r.outcome = SLO_BAD_TIMEOUT;
	r.first_ns = 0;
	submit(&r);
	flush();
	ck_assert_uint_eq(sli(SLO_SLI_TTFT)->valid, 2);
	ck_assert_uint_eq(sli(SLO_SLI_TTFT)->bad, 1);
	ck_assert_uint_eq(sli(SLO_SLI_TTFT)->bad_by.timeout, 1);
	ck_assert(isnan(sli(SLO_SLI_TTFT)->threshold));
}
END_TEST

START_TEST(nonsense_is_ignored_and_counted)
{
	struct slo_agg_counters n;
	struct slo_request r = request();

	open_agg(1, 0);
	observe(-1, 0, 0, 1, 1);
	observe(SLO_SIGNAL__COUNT, 0, 0, 1, 1);
	observe(SLO_SIGNAL_DNS_LATENCY, 1, 0, 1, 1);
	observe(SLO_SIGNAL_DNS_LATENCY, 0, SLO_ROLE__COUNT, 1, 1);
	observe(SLO_SIGNAL_DNS_LATENCY, 0, 0, NAN, 1);
	observe(SLO_SIGNAL_DNS_LATENCY, 0, 0, 1, 0);
	r.service = SLO_SERVICE_NONE;
	submit(&r);
	slo_agg_counters(agg, &n);
	ck_assert_uint_eq(n.ignored, 7);
	ck_assert_uint_eq(n.observations + n.requests, 0);
}
END_TEST

START_TEST(a_summary_joins_the_window_and_its_examples_do_not_count_again)
{
	struct slo_hist h;
	struct slo_obs_summary sum = { .signal = SLO_SIGNAL_RUNQUEUE_DELAY, .service = 0, .provider = "bpf/tp_btf",
				       .count = 3, .sum = 33, .min = 1, .max = 30, .hist = &h };
	struct slo_obs o = { .signal = SLO_SIGNAL_RUNQUEUE_DELAY, .provider = "bpf/tp_btf", .value = 30, .times = 1 };
	struct slo_obs_sink sink;
	const struct slo_window *w;

	open_agg(1, 0);
	sink = slo_agg_sink(agg);
	slo_hist_init(&h);
	slo_hist_add(&h, 1, 2);
	slo_hist_add(&h, 30, 1);
	sum.failed = 2;
	o.failed = true;
	sink.summary(sink.arg, &sum);
	sink.exemplar(sink.arg, &o);
	observe(SLO_SIGNAL_RUNQUEUE_DELAY, 0, SLO_ROLE_OTHER, 2, 1);
	flush();
	w = window("chat", SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER);
	ck_assert_uint_eq(w->count, 4);
	ck_assert_double_eq_tol(w->sum, 35, 1e-9);
	ck_assert_double_eq(w->min, 1);
	ck_assert_double_eq(w->max, 30);
	ck_assert_uint_eq(slo_hist_count(&w->hist), 4);
	ck_assert_uint_eq(exemplars_count, 1);
	ck_assert_double_eq(exemplars[0].probe.value, 30);
	ck_assert_int_eq(w->failed, 2);
	sink.obs(sink.arg, &o);
	flush();
	ck_assert_int_eq(window("chat", SLO_SIGNAL_RUNQUEUE_DELAY, SLO_ROLE_OTHER)->failed, 1);
}
END_TEST

static void in_pod_7(void *arg, const struct slo_obs *o, struct slo_agg_service *labels)
{
	(void)arg;
	if (o->cgroup_id == 7)
		labels->pod = slo_str("pod-7");
}

START_TEST(an_example_carries_the_names_of_where_its_process_lives)
{
	struct slo_obs o = { .signal = SLO_SIGNAL_DISK_IO, .provider = "bpf/tp_btf", .value = 30, .times = 1,
			     .cgroup_id = 7 };
	struct slo_obs_sink sink;

	open_agg(1, 0);
	agg->opts.whose = in_pod_7;
	sink = slo_agg_sink(agg);
	sink.exemplar(sink.arg, &o);
	o.cgroup_id = 8;
	sink.exemplar(sink.arg, &o);
	ck_assert_uint_eq(exemplars_count, 2);
	ck_assert(slo_str_is(exemplars[0].probe.pod, "pod-7"));
	ck_assert(slo_str_is(exemplars[0].probe.namespace, "ns"));
	ck_assert(slo_str_is(exemplars[1].probe.pod, "pod-1"));
}
END_TEST

START_TEST(summaries_of_nobody_known_or_of_a_shed_signal_are_ignored_and_counted)
{
	struct slo_obs_summary sum = { .signal = SLO_SIGNAL_CONNECT_ERRORS, .service = 1, .count = 2, .sum = 2 };
	struct slo_agg_counters n;
	struct slo_obs_sink sink;

	open_agg(1, 0);
	sink = slo_agg_sink(agg);
	sink.summary(sink.arg, &sum);
	sum.service = 0;
	slo_agg_enable(agg, SLO_SIGNAL_CONNECT_ERRORS, false);
	sink.summary(sink.arg, &sum);
	sink.exemplar(sink.arg, &(struct slo_obs){ .signal = SLO_SIGNAL_CONNECT_ERRORS, .value = 1, .times = 1 });
	slo_agg_counters(agg, &n);
	ck_assert_uint_eq(n.ignored, 5);
	ck_assert_uint_eq(n.observations, 0);
	ck_assert_uint_eq(exemplars_count, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("aggregate");
	TCase *t = tcase_create("aggregate");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_signal_of_every_service_has_a_window_even_without_data);
	tcase_add_test(t, a_window_holds_all_observations_of_its_role);
	tcase_add_test(t, host_wide_windows_appear_for_what_no_service_owns);
	tcase_add_test(t, a_disabled_signal_has_no_window_and_a_shed_one_says_so);
	tcase_add_test(t, what_was_lost_is_told_by_network_signals_and_slis_of_that_interval);
	tcase_add_test(t, exemplars_are_observations_over_their_threshold);
	tcase_add_test(t, an_exemplar_of_a_request_has_one_event_per_sli);
	tcase_add_test(t, the_rate_limit_stops_exemplars_but_never_windows);
	tcase_add_loop_test(t, each_kind_of_request_counts_as_documented, 0, SLO_ARRAY_LEN(verdicts));
	tcase_add_test(t, ttft_starts_when_the_request_was_sent_and_latency_when_it_began);
	tcase_add_test(t, throughput_is_judged_downwards_and_only_with_an_objective);
	tcase_add_test(t, without_an_objective_only_failures_are_bad);
	tcase_add_test(t, nonsense_is_ignored_and_counted);
	tcase_add_test(t, a_summary_joins_the_window_and_its_examples_do_not_count_again);
	tcase_add_test(t, an_example_carries_the_names_of_where_its_process_lives);
	tcase_add_test(t, summaries_of_nobody_known_or_of_a_shed_signal_are_ignored_and_counted);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
