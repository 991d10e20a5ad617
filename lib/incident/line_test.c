/* SPDX-License-Identifier: MIT */
/* What a line carries beside its verdict: all that burns, when it began, examples. */
#include "incident/test_world.h"

#include "attribute/noisyor_model.h"

/* The last line, with texts of its own. */
static struct slo_incident seen;
static struct slo_event copied;
static struct slo_rec_ctx ctx;
static struct slo_buf text;

static void keep(void *arg, const struct slo_incident *i)
{
	(void)arg;
	slo_buf_reset(&text);
	ck_assert_int_eq(slo_event_encode_payload(SLO_KIND_INCIDENT, i, &text), 0);
	ck_assert_int_eq(slo_event_decode(&ctx, text.data, text.len - 1, -1, 1u << SLO_KIND_INCIDENT, &copied, NULL), 0);
	seen = copied.incident;
	w.n++;
}

static void start(void)
{
	struct slo_incidents_opts o;

	memset(&w, 0, sizeof(w));
	memset(&seen, 0, sizeof(seen));
	slo_rec_ctx_init(&ctx);
	slo_buf_init(&text, 1 << 20);
	objective("ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20");
	objective("error_rate,target=0.98,short=5s,long=10s,burn=2,min_events=20");
	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.emit = keep;
	ck_assert_int_eq(slo_incidents_new(&o, &w.inc, NULL), 0);
}

static void stop(void)
{
	teardown();
	slo_buf_fini(&text);
	slo_rec_ctx_fini(&ctx);
}

static void observe(const char *service, const char *node, int signal, int role, double at_s, double value)
{
	struct slo_event ev = { .kind = SLO_KIND_PROBE };

	ev.probe = (struct slo_probe_event){ .ts_unix_nano = T0 + (int64_t)(at_s * 1e9), .signal = signal, .role = role,
					     .node = slo_str(node), .namespace = SLO_STR("ns"),
					     .service = slo_str(service), .pid = 42, .comm = SLO_STR("app"), .value = value,
					     .unit = SLO_STR("ms"), .errno_ = SLO_ABSENT_I64, .confidence = NAN,
					     .source = -1 };
	feed(ev);
}

/* Names are slow from 40 on. */
static void trouble(int64_t from, int64_t to)
{
	for (int64_t t = from; t < to; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		feed(signal_window("chat", SLO_SIGNAL_DISK_IO, t, SLO_STATE_VALUE, 1));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 44 ? 1 : 0));
		observe("chat", "n1", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, (double)t + .5, t >= 40 ? 300 : 60);
		observe("chat", "n1", SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER, (double)t + .5, 70);
	}
}

START_TEST(examples_are_of_what_speaks_for_the_cause)
{
	trouble(0, 60);
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(seen.predicted_fault_domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_uint_eq(seen.exemplars_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		ck_assert_int_eq(seen.exemplars[i].signal, SLO_SIGNAL_DNS_LATENCY);
		ck_assert_int_ge(seen.exemplars[i].ts_unix_nano, seen.onset_ns);
		ck_assert_int_lt(seen.exemplars[i].ts_unix_nano, seen.timestamp);
		ck_assert_double_eq(seen.exemplars[i].value, 300);
		ck_assert_int_eq(seen.exemplars[i].pid, 42);
	}
	ck_assert_int_eq(seen.onset_ns, T0 + 40 * S);
	ck_assert_int_eq(seen.onset_method, SLO_ONSET_CHANGE);
}
END_TEST

START_TEST(every_burning_sli_is_told_the_worst_first)
{
	trouble(0, 60);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(seen.burning_slis_count, 2);
	ck_assert(slo_str_is(seen.burning_slis[0].sli, "ttft_ms"));
	ck_assert(slo_str_is(seen.slo_impact.sli, "ttft_ms"));
	ck_assert(slo_str_is(seen.burning_slis[1].sli, "error_rate"));
	ck_assert_double_eq(seen.burning_slis[0].burn_rate, seen.slo_impact.burn_rate);
	ck_assert_double_ge(seen.burning_slis[0].burn_rate, seen.burning_slis[1].burn_rate);
	ck_assert_double_gt(seen.burning_slis[1].burn_rate_short, 2);
	ck_assert_double_eq(seen.burning_slis[1].short_seconds, 5);
	ck_assert_double_eq(seen.burning_slis[0].burn_need, 2);
	/* One of them is fine again. */
	for (int t = 60; t < 75; t++) {
		traffic(t, t + 1, 6);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(seen.status, SLO_INCIDENT_STATUS_UPDATED);
	ck_assert_uint_eq(seen.burning_slis_count, 1);
	ck_assert(slo_str_is(seen.burning_slis[0].sli, "ttft_ms"));
	/* Resolved: all that burned, at the rates of now. */
	for (int t = 75; t < 95; t++) {
		traffic(t, t + 1, 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(seen.status, SLO_INCIDENT_STATUS_RESOLVED);
	ck_assert_uint_eq(seen.burning_slis_count, 2);
	ck_assert_double_eq(seen.burning_slis[0].burn_rate_short, 0);
}
END_TEST

START_TEST(one_sli_that_burns_is_told_alone)
{
	for (int t = 0; t < 60; t++) {
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(seen.burning_slis_count, 1);
	ck_assert(slo_str_is(seen.burning_slis[0].sli, "ttft_ms"));
	ck_assert_uint_eq(seen.exemplars_count, 0);
}
END_TEST

static uint64_t homeless(void)
{
	struct slo_incidents_stats st;

	slo_incidents_stats(w.inc, &st);
	return st.probes_homeless;
}

START_TEST(a_probe_finds_its_service_by_node_and_name)
{
	feed(requests("chat", SLO_SLI_TTFT, 0, 10, 0));
	observe("chat", "n1", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1.5, 60);
	ck_assert_uint_eq(homeless(), 0);
	observe("chat", "n2", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1.5, 60);
	observe("rag", "n1", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1.5, 60);
	ck_assert_uint_eq(homeless(), 2);
	/* Of the host: everybody on the node. */
	observe("", "n1", SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER, 1.5, 60);
	ck_assert_uint_eq(homeless(), 2);
	observe("", "n2", SLO_SIGNAL_DISK_IO, SLO_ROLE_OTHER, 1.5, 60);
	ck_assert_uint_eq(homeless(), 3);
}
END_TEST

START_TEST(a_name_in_two_clusters_is_nobodys)
{
	struct slo_event ev = requests("chat", SLO_SLI_TTFT, 0, 10, 0);

	feed(ev);
	ev.sli_window.cluster = slo_str("d");
	feed(ev);
	observe("chat", "n1", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1.5, 60);
	ck_assert_uint_eq(homeless(), 1);
}
END_TEST

START_TEST(an_observation_of_the_host_is_an_example_for_its_services)
{
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_MEM_RECLAIM, t, SLO_STATE_VALUE, t >= 40 ? 90 : 1));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		observe("", "n1", SLO_SIGNAL_MEM_RECLAIM, SLO_ROLE_OTHER, t + .5, 77);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(seen.predicted_fault_domain, SLO_DOMAIN_MEMORY_PRESSURE);
	ck_assert_uint_eq(seen.exemplars_count, 3);
	ck_assert_double_eq(seen.exemplars[0].value, 77);
}
END_TEST

START_TEST(examples_are_of_the_peer_that_is_blamed)
{
	static struct slo_noisyor_model model;
	struct slo_incidents_opts o;

	teardown();
	slo_noisyor_model_init(&model, NULL);
	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.model = &model.model;
	o.emit = keep;
	ck_assert_int_eq(slo_incidents_new(&o, &w.inc, NULL), 0);
	for (int t = 0; t < 60; t++) {
		static const int roles[] = { SLO_ROLE_PROVIDER, SLO_ROLE_RETRIEVAL };

		for (size_t i = 0; i < SLO_ARRAY_LEN(roles); i++) {
			bool bad = t >= 40 && roles[i] == SLO_ROLE_RETRIEVAL;
			struct slo_event ev = signal_window("chat", SLO_SIGNAL_CONNECT_LATENCY, t, SLO_STATE_VALUE, bad ? 900 : 5);

			ev.window.role = roles[i];
			feed(ev);
			observe("chat", "n1", SLO_SIGNAL_CONNECT_LATENCY, roles[i], t + .5, bad ? 900 : 2000);
		}
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(seen.predicted_fault_domain, SLO_DOMAIN_RETRIEVAL_BACKEND);
	ck_assert_uint_eq(seen.exemplars_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_int_eq(seen.exemplars[i].role, SLO_ROLE_RETRIEVAL);
	ck_assert(slo_str_is(seen.evidence[0].finding, "connect_latency_ms@retrieval"));
}
END_TEST

START_TEST(observations_beyond_the_memory_are_counted)
{
	struct slo_incidents_opts o;
	struct slo_incidents_stats st;

	teardown();
	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.emit = keep;
	o.evidence_bytes = 100;
	ck_assert_int_eq(slo_incidents_new(&o, &w.inc, NULL), 0);
	feed(requests("chat", SLO_SLI_TTFT, 0, 10, 0));
	observe("chat", "n1", SLO_SIGNAL_DNS_LATENCY, SLO_ROLE_RESOLVER, 1.5, 60);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.probes_refused, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("line");
	TCase *t = tcase_create("line");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, examples_are_of_what_speaks_for_the_cause);
	tcase_add_test(t, every_burning_sli_is_told_the_worst_first);
	tcase_add_test(t, one_sli_that_burns_is_told_alone);
	tcase_add_test(t, a_probe_finds_its_service_by_node_and_name);
	tcase_add_test(t, a_name_in_two_clusters_is_nobodys);
	tcase_add_test(t, an_observation_of_the_host_is_an_example_for_its_services);
	tcase_add_test(t, examples_are_of_the_peer_that_is_blamed);
	tcase_add_test(t, observations_beyond_the_memory_are_counted);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
