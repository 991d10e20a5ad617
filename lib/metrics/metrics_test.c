/* SPDX-License-Identifier: MIT */
#include "metrics/internal.h"

#include "event/tables.h"
#include "metrics/write.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct slo_metrics *m;
static struct slo_buf text;
static int source;
static int64_t end_ns = INT64_C(1763845200000000000);

static void setup(void)
{
	const struct slo_metrics_opts o = { .source = SLO_SOURCE_LIVE, .dns = true };

	ck_assert_int_eq(slo_metrics_new(&m, &o), 0);
	slo_buf_init(&text, 8 << 20);
	source = SLO_SOURCE_LIVE;
}

static void teardown(void)
{
	slo_metrics_free(m);
	slo_buf_fini(&text);
}

/* A window of one second that holds @n values. */
static struct slo_event window(const char *service, int signal, int role, const double *values, int n)
{
	struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	struct slo_window *w = &ev.window;

	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
	w->start_ns = end_ns - 1000000000;
	w->end_ns = end_ns;
	w->node = slo_str("n1");
	w->namespace = slo_str("ns");
	w->pod = slo_str("p1");
	w->service = slo_str(service);
	w->signal = signal;
	w->role = role;
	w->source = source;
	w->state = n ? SLO_STATE_VALUE : SLO_STATE_ZERO;
	w->provider = slo_str("test");
	w->count = (uint64_t)n;
	w->has_hist = n && slo_signal_info[signal].scalar == SLO_SCALAR_LATENCY;
	slo_hist_init(&w->hist);
	for (int i = 0; i < n; i++) {
		w->sum = (i ? w->sum : 0) + values[i];
		slo_hist_add(&w->hist, values[i], 1);
	}
	return ev;
}

static void add(const char *service, int signal, const double *values, int n)
{
	struct slo_event ev = window(service, signal, SLO_ROLE_OTHER, values, n);

	slo_metrics_add(m, &ev);
}

static const char *written(void)
{
	struct slo_prom p = slo_prom_begin(&text);

	slo_buf_reset(&text);
	slo_metrics_write(m, &p);
	ck_assert_int_eq(text.err, 0);
	return text.data;
}

#define HAS(line) ck_assert_msg(strstr(written(), line "\n"), "no line %s", line)
#define HAS_NOT(part) ck_assert_msg(!strstr(written(), part), "there is %s", part)

START_TEST(every_threshold_is_a_bound)
{
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const double want[] = { slo_signal_info[s].warn, slo_signal_info[s].error };

		if (slo_signal_info[s].scalar != SLO_SCALAR_LATENCY)
			continue;
		for (int k = 0; k < 2; k++) {
			bool found = false;

			for (int i = 0; i < metrics_latency_ms.n; i++)
				found |= metrics_latency_ms.at[i] == want[k];
			ck_assert_msg(found, "%s: %g", slo_signal_enum.names[s], want[k]);
		}
	}
}
END_TEST

START_TEST(bounds_ascend)
{
	const struct metrics_bounds *all[] = { &metrics_latency_ms, &metrics_dns_ms, &metrics_sli[0], &metrics_sli[1],
					       &metrics_sli[2] };
	const struct metrics_bounds *b = all[_i];

	ck_assert_int_gt(b->n, 5);
	ck_assert_int_le(b->n, METRICS_BUCKETS);
	for (int i = 1; i < b->n; i++)
		ck_assert_double_gt(b->at[i], b->at[i - 1]);
}
END_TEST

START_TEST(a_histogram_counts_every_observation_of_every_window)
{
	const double first[] = { 0.3, 7, 30, 30 }, second[] = { 9000, 30, 70000 };

	add("a", SLO_SIGNAL_DNS_LATENCY, first, 4);
	add("a", SLO_SIGNAL_DNS_LATENCY, second, 3);
#define DNS "{service=\"a\",namespace=\"ns\",source=\"live\",signal=\"dns_latency_ms\",role=\"other\""
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"0.0001\"} 0");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"0.0005\"} 1");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"0.005\"} 1");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"0.01\"} 2");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"0.025\"} 2");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"0.04\"} 5");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"10\"} 6");
	HAS("llm_slo_signal_latency_seconds_bucket" DNS ",le=\"+Inf\"} 7");
	HAS("llm_slo_signal_latency_seconds_count" DNS "} 7");
	HAS("llm_slo_signal_latency_seconds_sum" DNS "} 79.0973");
	HAS("llm_ebpf_dns_latency_ms_bucket{node=\"n1\",pod=\"p1\",namespace=\"ns\",le=\"40\"} 5");
	HAS("llm_ebpf_dns_latency_ms_count{node=\"n1\",pod=\"p1\",namespace=\"ns\"} 7");
	HAS("llm_ebpf_dns_latency_ms_sum{node=\"n1\",pod=\"p1\",namespace=\"ns\"} 79097.3");
}
END_TEST

/* No number anybody may take a rate of ever goes down, whatever comes. */
START_TEST(what_is_cumulative_never_falls)
{
	static struct metrics_cell before;
	const int signal = SLO_SIGNAL_RUNQUEUE_DELAY;
	uint64_t seed = 1;

	for (int i = 0; i < 500; i++) {
		const struct metrics_cell *now;
		double v[8];
		int n;

		for (n = 0; n < (int)(seed % 9) && n < 8; n++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			v[n] = (double)(seed >> 40) / 1000.0;
		}
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		add("a", signal, v, n);
		now = &m->owners[0]->cells[signal][SLO_ROLE_OTHER];
		ck_assert_uint_eq(now->h.count, before.h.count + (uint64_t)n);
		for (int b = 0; b < metrics_latency_ms.n; b++) {
			ck_assert_uint_ge(now->h.cumulative[b], before.h.cumulative[b]);
			ck_assert_uint_le(now->h.cumulative[b],
					  b + 1 < metrics_latency_ms.n ? now->h.cumulative[b + 1] : now->h.count);
		}
		before = *now;
	}
	ck_assert_uint_gt(before.h.count, 500);
}
END_TEST

START_TEST(counters_are_sums_and_a_share_is_the_last_one)
{
	const double some[] = { 3, 1 }, pct[] = { 4 }, less[] = { 2 }, ms[] = { 250 };

	add("a", SLO_SIGNAL_TCP_RETRANSMITS, some, 2);
	add("a", SLO_SIGNAL_TCP_RETRANSMITS, some, 1);
	add("a", SLO_SIGNAL_CFS_THROTTLED, ms, 1);
	add("a", SLO_SIGNAL_CPU_STEAL, pct, 1);
	add("a", SLO_SIGNAL_CPU_STEAL, less, 1);
#define OTHER "{service=\"a\",namespace=\"ns\",source=\"live\",role=\"other\"}"
	HAS("llm_slo_tcp_retransmits_total" OTHER " 7");
	HAS("llm_slo_cfs_throttled_seconds_total" OTHER " 0.25");
	HAS("llm_slo_cpu_steal_ratio" OTHER " 0.02");
}
END_TEST

START_TEST(watched_and_quiet_is_zero_and_not_watched_is_nothing)
{
	struct slo_event ev = window("a", SLO_SIGNAL_CONNECT_ERRORS, SLO_ROLE_OTHER, NULL, 0);

	add("a", SLO_SIGNAL_TCP_RETRANSMITS, NULL, 0);
	add("a", SLO_SIGNAL_DISK_IO, NULL, 0);
	ev.window.state = SLO_STATE_NOT_CAPTURED;
	ev.window.provider = slo_str("");
	ev.window.why = slo_str("no rights");
	slo_metrics_add(m, &ev);
	HAS("llm_slo_tcp_retransmits_total" OTHER " 0");
	HAS("llm_slo_signal_latency_seconds_count{service=\"a\",namespace=\"ns\",source=\"live\","
	    "signal=\"disk_io_latency_ms\",role=\"other\"} 0");
	HAS_NOT("llm_slo_connect_errors_total{");
#define STATE(sig, st)                                                                                                 \
	"llm_slo_signal_state{service=\"a\",namespace=\"ns\",source=\"live\",signal=\"" sig "\",state=\"" st "\"}"
	HAS(STATE("connect_errors_total", "not_captured") " 1");
	HAS(STATE("connect_errors_total", "zero") " 0");
	HAS(STATE("tcp_retransmits_total", "zero") " 1");
	HAS("llm_slo_signal_provider_info{service=\"a\",namespace=\"ns\",source=\"live\","
	    "signal=\"tcp_retransmits_total\",provider=\"test\"} 1");
	HAS_NOT("signal=\"connect_errors_total\",provider=");
	ck_assert_str_eq(slo_metrics_signal(m, SLO_SIGNAL_CONNECT_ERRORS).why, "no rights");
	ck_assert_int_eq(slo_metrics_signal(m, SLO_SIGNAL_TLS_FAILS).state, -1);
}
END_TEST

START_TEST(the_role_that_saw_something_speaks_for_its_signal)
{
	const double v[] = { 5 };
	struct slo_event ev = window("a", SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_PROVIDER, v, 1);

	slo_metrics_add(m, &ev);
	ev = window("a", SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_CLIENT, NULL, 0);
	slo_metrics_add(m, &ev);
	HAS(STATE("connect_latency_ms", "value") " 1");
	end_ns += 1000000000;
	ev = window("a", SLO_SIGNAL_CONNECT_LATENCY, SLO_ROLE_OTHER, NULL, 0);
	slo_metrics_add(m, &ev);
	HAS(STATE("connect_latency_ms", "zero") " 1");
	HAS(STATE("connect_latency_ms", "value") " 0");
}
END_TEST

START_TEST(a_gauge_nobody_speaks_of_goes_away)
{
	const double v[] = { 5 };

	add("old", SLO_SIGNAL_CPU_STEAL, v, 1);
	HAS("llm_slo_cpu_steal_ratio{service=\"old\",namespace=\"ns\",source=\"live\",role=\"other\"} 0.05");
	end_ns += (METRICS_STALE_S + 1) * INT64_C(1000000000);
	add("new", SLO_SIGNAL_CPU_STEAL, v, 1);
	HAS_NOT("llm_slo_cpu_steal_ratio{service=\"old\"");
	HAS_NOT("llm_slo_signal_state{service=\"old\"");
	HAS_NOT("llm_slo_signal_provider_info{service=\"old\"");
	HAS("llm_slo_cpu_steal_ratio{service=\"new\",namespace=\"ns\",source=\"live\",role=\"other\"} 0.05");
}
END_TEST

START_TEST(observations_are_told_by_their_status)
{
	const double dns[] = { 1, 2, 50, 60, 300 }, steal[] = { 3 };

	add("a", SLO_SIGNAL_DNS_LATENCY, dns, 5);
	add("a", SLO_SIGNAL_CPU_STEAL, steal, 1);
	HAS("llm_ebpf_probe_events_total{signal=\"dns_latency_ms\",status=\"ok\"} 2");
	HAS("llm_ebpf_probe_events_total{signal=\"dns_latency_ms\",status=\"warning\"} 2");
	HAS("llm_ebpf_probe_events_total{signal=\"dns_latency_ms\",status=\"error\"} 1");
	HAS("llm_ebpf_probe_events_total{signal=\"cpu_steal_pct\",status=\"warning\"} 1");
	HAS("llm_ebpf_probe_events_total{signal=\"cpu_steal_pct\",status=\"ok\"} 0");
}
END_TEST

START_TEST(exemplars_are_not_counted)
{
	struct slo_event ev = { .kind = SLO_KIND_PROBE };

	ev.probe.signal = SLO_SIGNAL_DNS_LATENCY;
	ev.probe.value = 500;
	slo_metrics_add(m, &ev);
	HAS_NOT("dns_latency_ms\"");
}
END_TEST

static void add_sli(const char *service, int sli, uint64_t valid, uint64_t good, const double *values, int n)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };
	struct slo_sli_window *w = &ev.sli_window;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], w);
	w->end_ns = end_ns;
	w->namespace = slo_str("ns");
	w->service = slo_str(service);
	w->sli = sli;
	w->source = source;
	w->valid = valid;
	w->good = good;
	w->bad = valid - good;
	w->has_bad_by = true;
	w->bad_by = (struct slo_bad_counts){ .rate_limited = w->bad ? 1 : 0, .server_error = w->bad ? w->bad - 1 : 0 };
	slo_hist_init(&w->hist);
	w->has_hist = n > 0;
	for (int i = 0; i < n; i++) {
		w->sum = (i ? w->sum : 0) + values[i];
		slo_hist_add(&w->hist, values[i], 1);
	}
	slo_metrics_add(m, &ev);
}

START_TEST(requests_are_told_by_what_became_of_them)
{
	const double ttft[] = { 30, 300, 3000 };

	add_sli("a", SLO_SLI_ERROR_RATE, 10, 7, NULL, 0);
	add_sli("a", SLO_SLI_ERROR_RATE, 10, 10, NULL, 0);
	add_sli("a", SLO_SLI_TTFT, 3, 2, ttft, 3);
#define SVC "{service=\"a\",namespace=\"ns\",source=\"live\""
	HAS("llm_slo_requests_total" SVC ",status=\"ok\"} 17");
	HAS("llm_slo_requests_total" SVC ",status=\"rate_limited\"} 1");
	HAS("llm_slo_requests_total" SVC ",status=\"server_error\"} 2");
	HAS("llm_slo_requests_total" SVC ",status=\"timeout\"} 0");
	HAS("llm_slo_errors_total" SVC "} 3");
	HAS("llm_slo_sli_valid_total" SVC ",sli=\"error_rate\"} 20");
	HAS("llm_slo_sli_good_total" SVC ",sli=\"error_rate\"} 17");
	HAS("llm_slo_sli_good_total" SVC ",sli=\"ttft_ms\"} 2");
	HAS("llm_slo_ttft_seconds_bucket" SVC ",le=\"0.05\"} 1");
	HAS("llm_slo_ttft_seconds_bucket" SVC ",le=\"0.4\"} 2");
	HAS("llm_slo_ttft_seconds_sum" SVC "} 3.33");
	HAS("llm_slo_ttft_ms_bucket" SVC ",le=\"400\"} 2");
	HAS("llm_slo_ttft_ms_sum" SVC "} 3330");
	HAS("llm_slo_ttft_ms_count" SVC "} 3");
	HAS_NOT("llm_slo_request_duration_seconds_count");
}
END_TEST

START_TEST(a_port_that_cannot_be_timed_has_no_requests)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };

	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], &ev.sli_window);
	ev.sli_window.service = slo_str("tls");
	ev.sli_window.sli = SLO_SLI_ERROR_RATE;
	ev.sli_window.why = slo_str("tls");
	slo_metrics_add(m, &ev);
	HAS_NOT("service=\"tls\"");
}
END_TEST

static uint64_t lines_with(const char *part)
{
	uint64_t n = 0;

	for (const char *at = written(); (at = strstr(at, part)); at++)
		n++;
	return n;
}

START_TEST(what_has_no_series_of_its_own_is_folded_and_told)
{
	const double v[] = { 1, 2 };
	char name[32];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < SLO_METRICS_OWNERS + 9; i++) {
			snprintf(name, sizeof(name), "svc-%d", i);
			add(name, SLO_SIGNAL_RUNQUEUE_DELAY, v, 2);
			add_sli(name, SLO_SLI_ERROR_RATE, 5, 5, NULL, 0);
		}
	ck_assert_uint_eq(lines_with("llm_slo_signal_latency_seconds_count{"), SLO_METRICS_OWNERS + 1);
	ck_assert_uint_eq(lines_with("llm_slo_errors_total{"), SLO_METRICS_OWNERS + 1);
	ck_assert_uint_eq(slo_metrics_folded(m), 2 * 9 * (2 + 5));
	HAS("llm_slo_agent_folded_series_total 126");
	HAS("llm_slo_signal_latency_seconds_count{service=\"other\",namespace=\"other\",source=\"live\","
	    "signal=\"runqueue_delay_ms\",role=\"other\"} 36");
	HAS("llm_slo_requests_total{service=\"other\",namespace=\"other\",source=\"live\",status=\"ok\"} 90");
	HAS("llm_slo_signal_latency_seconds_count{service=\"svc-0\",namespace=\"ns\",source=\"live\","
	    "signal=\"runqueue_delay_ms\",role=\"other\"} 4");
}
END_TEST

START_TEST(pods_are_bounded_too)
{
	const double v[] = { 1 };
	char pod[32];

	for (int i = 0; i < 2 * SLO_METRICS_PODS; i++) {
		struct slo_event ev = window("a", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, v, 1);

		snprintf(pod, sizeof(pod), "pod-%d", i);
		ev.window.pod = slo_str(pod);
		slo_metrics_add(m, &ev);
	}
	ck_assert_uint_eq(lines_with("llm_ebpf_dns_latency_ms_count{"), SLO_METRICS_PODS + 1);
	HAS("llm_ebpf_dns_latency_ms_count{node=\"other\",pod=\"other\",namespace=\"other\"} 32");
	ck_assert_uint_eq(slo_metrics_folded(m), SLO_METRICS_PODS);
}
END_TEST

START_TEST(a_name_too_long_to_keep_is_not_cut_into_somebody_elses)
{
	const double v[] = { 1 };
	char name[SLO_METRICS_NAME + 8];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	add(name, SLO_SIGNAL_RUNQUEUE_DELAY, v, 1);
	ck_assert_uint_eq(slo_metrics_folded(m), 1);
	ck_assert_ptr_nonnull(strstr(written(), "service=\"other\""));
	HAS_NOT("xxxx");
}
END_TEST

START_TEST(a_name_that_is_missing_has_the_published_one)
{
	const double v[] = { 1 };
	struct slo_event ev = window("", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, v, 1);

	ev.window.node = ev.window.pod = ev.window.namespace = slo_str("");
	slo_metrics_add(m, &ev);
	HAS("llm_ebpf_dns_latency_ms_count{node=\"unknown-node\",pod=\"unknown-pod\",namespace=\"default\"} 1");
}
END_TEST

START_TEST(what_nobody_measured_live_has_no_published_series)
{
	const double v[] = { 1 };

	m->o.source = source = _i ? SLO_SOURCE_REPLAY : SLO_SOURCE_SYNTHETIC;
	add("a", SLO_SIGNAL_DNS_LATENCY, v, 1);
	HAS_NOT("llm_ebpf_");
	HAS_NOT("source=\"live\"");
	ck_assert_ptr_nonnull(strstr(written(), _i ? ",source=\"replay\"," : ",source=\"synthetic\","));
}
END_TEST

START_TEST(records_from_elsewhere_do_not_reach_outside_the_tables)
{
	const double v[] = { 1 };
	struct slo_event ev = window("a", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_OTHER, v, 1);

	ev.window.role = _i ? SLO_ROLE__COUNT : -1;
	slo_metrics_add(m, &ev);
	ev.window.role = 0;
	ev.window.signal = _i ? SLO_SIGNAL__COUNT : -1;
	slo_metrics_add(m, &ev);
	ev.kind = SLO_KIND_SLI_WINDOW;
	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], &ev.sli_window);
	ev.sli_window.sli = _i ? SLO_SLI_RETRIEVAL : -1;
	slo_metrics_add(m, &ev);
	ck_assert_int_eq(m->owners_count, 0);
}
END_TEST

static void fill(void)
{
	const double v[] = { 0.2, 20, 600 };

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		add("a\"b\\", s, v, 3);
	for (int s = 0; s < SLO_METRICS_SLIS; s++)
		add_sli("a\"b\\", s, 4, 2, v, s == SLO_SLI_ERROR_RATE ? 0 : 3);
	written();
}

/* The judge that is not ours; it may only find fault with the published names, which are not ours to choose. */
START_TEST(promtool_finds_nothing_but_the_published_units)
{
	FILE *tool;

	if (system("command -v promtool >/dev/null 2>&1")) {
		puts("SKIP: promtool is not installed (Debian package prometheus)");
		return;
	}
	if (_i)
		fill(); /* else: nothing came yet */
	else
		written();
	tool = popen("promtool check metrics 2>&1 | "
		     "grep -vE '^(llm_slo_ttft_ms|llm_ebpf_dns_latency_ms|llm_slo_tokens_per_sec) ' >&2; test $? = 1",
		     "w");
	ck_assert_ptr_nonnull(tool);
	ck_assert_uint_eq(fwrite(text.data, 1, text.len, tool), text.len);
	ck_assert_int_eq(pclose(tool), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_threshold_is_a_bound);
	tcase_add_loop_test(t, bounds_ascend, 0, 5);
	tcase_add_test(t, a_histogram_counts_every_observation_of_every_window);
	tcase_add_test(t, what_is_cumulative_never_falls);
	tcase_add_test(t, counters_are_sums_and_a_share_is_the_last_one);
	tcase_add_test(t, watched_and_quiet_is_zero_and_not_watched_is_nothing);
	tcase_add_test(t, the_role_that_saw_something_speaks_for_its_signal);
	tcase_add_test(t, a_gauge_nobody_speaks_of_goes_away);
	tcase_add_test(t, observations_are_told_by_their_status);
	tcase_add_test(t, exemplars_are_not_counted);
	tcase_add_test(t, requests_are_told_by_what_became_of_them);
	tcase_add_test(t, a_port_that_cannot_be_timed_has_no_requests);
	tcase_add_test(t, what_has_no_series_of_its_own_is_folded_and_told);
	tcase_add_test(t, pods_are_bounded_too);
	tcase_add_test(t, a_name_too_long_to_keep_is_not_cut_into_somebody_elses);
	tcase_add_test(t, a_name_that_is_missing_has_the_published_one);
	tcase_add_loop_test(t, what_nobody_measured_live_has_no_published_series, 0, 2);
	tcase_add_loop_test(t, records_from_elsewhere_do_not_reach_outside_the_tables, 0, 2);
	tcase_add_loop_test(t, promtool_finds_nothing_but_the_published_units, 0, 2);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
