/* SPDX-License-Identifier: MIT */
/* The same records give the same incidents, however they are ordered within the lateness allowance and cut in time. */
#include "incident/incident.h"

#include "base/buf.h"
#include "base/rng.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

enum { SECONDS = 240, PER_SECOND = 9, RECORDS = SECONDS * PER_SECOND };

/* A record's numbers, its end, and a key to shuffle by. */
struct item {
	struct slo_event ev;
	int64_t end_ns, key;
};

static struct item items[RECORDS];
static struct slo_config config;

static void on_line(void *arg, const struct slo_incident *i)
{
	struct slo_buf *out = arg;

	ck_assert_int_eq(slo_event_encode_payload(SLO_KIND_INCIDENT, i, out), 0);
}

static struct slo_event window(const char *service, int signal, int64_t t, double value)
{
	struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	bool quiet = value == 0;

	ev.window = (struct slo_window){
		.start_ns = T0 + t * S, .end_ns = T0 + (t + 1) * S, .cluster = SLO_STR("c"), .node = SLO_STR("n"),
		.service = slo_str(service), .signal = signal, .state = quiet ? SLO_STATE_ZERO : SLO_STATE_VALUE,
		.provider = SLO_STR("bpf"), .count = quiet ? 0 : 7, .sum = quiet ? NAN : 7 * value,
		.min = quiet ? NAN : value, .max = quiet ? NAN : value,
	};
	return ev;
}

static struct slo_event requests(const char *service, int64_t t, uint64_t bad)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };

	ev.sli_window = (struct slo_sli_window){
		.start_ns = T0 + t * S, .end_ns = T0 + (t + 1) * S, .cluster = SLO_STR("c"), .node = SLO_STR("n"),
		.service = slo_str(service), .sli = SLO_SLI_TTFT, .threshold = 400, .valid = 10, .good = 10 - bad,
		.bad = bad, .sum = NAN, .min = NAN, .max = NAN,
	};
	return ev;
}

static struct slo_event observation(int64_t t, bool bad)
{
	static char ids[SECONDS][12];
	struct slo_event ev = { .kind = SLO_KIND_SLO };

	(void)!snprintf(ids[t], sizeof(ids[t]), "r%03d", (int)t);
	ev.slo = (struct slo_sli_event){ .timestamp = T0 + t * S + S / 3, .cluster = SLO_STR("c"),
					 .service = SLO_STR("chat"), .request_id = slo_str(ids[t]),
					 .sli_name = SLO_SLI_TTFT, .sli_value = bad ? 900 : 100 };
	return ev;
}

/* @k: several a second, of few different lengths. */
static struct slo_event kernel(int64_t t, int k, const char *service, int signal, double value)
{
	struct slo_event ev = { .kind = SLO_KIND_PROBE };

	ev.probe = (struct slo_probe_event){
		.ts_unix_nano = T0 + t * S + (k + 1) * S / 4, .signal = signal, .role = -1, .node = SLO_STR("n"),
		.service = slo_str(service), .pid = 10 + k, .value = value, .unit = SLO_STR("ms"),
		.errno_ = SLO_ABSENT_I64, .confidence = NAN, .source = -1,
	};
	return ev;
}

/* Two services; several faults of random place, length and strength. */
static void invent(uint64_t seed)
{
	struct slo_rng rng;
	uint64_t bad = 0;

	slo_rng_seed(&rng, seed);
	for (int t = 0; t < SECONDS; t++) {
		struct item *i = &items[t * PER_SECOND];
		double dns;

		if (t % 20 == 0)
			bad = t < 40 || slo_rng_below(&rng, 2) ? 0 : slo_rng_below(&rng, 11);
		dns = bad ? 100 + slo_rng_unit(&rng) * 300 : 3 + slo_rng_unit(&rng);
		i[0].ev = requests("chat", t, bad);
		i[1].ev = requests("rag", t, bad > 7 ? bad : 0);
		i[2].ev = window("chat", SLO_SIGNAL_DNS_LATENCY, t, dns);
		i[3].ev = window("", SLO_SIGNAL_CPU_STEAL, t, bad > 5 ? 30 : 0.5);
		i[4].ev = window("rag", SLO_SIGNAL_CONNECT_ERRORS, t, bad > 7 ? 3 : 0);
		i[5].ev = observation(t, bad > 0);
		i[6].ev = kernel(t, 0, "chat", SLO_SIGNAL_DNS_LATENCY, 40 + floor(dns / 100));
		i[7].ev = kernel(t, 1, "chat", SLO_SIGNAL_DNS_LATENCY, 40 + floor(dns / 150));
		i[8].ev = kernel(t, 2, "rag", SLO_SIGNAL_CONNECT_ERRORS, 1);
		for (int k = 0; k < PER_SECOND; k++)
			i[k].end_ns = T0 + (t + 1) * S;
		for (int k = 6; k < PER_SECOND; k++)
			i[k].end_ns = i[k].ev.probe.ts_unix_nano + 1;
		i[5].end_ns = T0 + t * S + S / 3 + 1;
	}
}

static int by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* Delay each record by less than @most_ns and sort: no record comes later than that after a newer one. */
static void shuffle(uint64_t seed, int64_t most_ns)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, seed);
	for (int i = 0; i < RECORDS; i++) {
		items[i].key = items[i].end_ns + (most_ns ? (int64_t)slo_rng_below(&rng, (uint64_t)most_ns) : 0);
		/* Host-wide windows reach a service from its first record on: that one stays first. */
		if (items[i].end_ns <= T0 + S && items[i].ev.kind == SLO_KIND_SLI_WINDOW)
			items[i].key = 0;
	}
	qsort(items, RECORDS, sizeof(*items), by_key);
}

static void run(bool advance, struct slo_buf *out)
{
	struct slo_incidents_opts o;
	struct slo_incidents_stats st;
	struct slo_incidents *inc;

	slo_incidents_opts_default(&o);
	o.config = &config;
	o.emit = on_line;
	o.arg = out;
	slo_buf_reset(out);
	ck_assert_int_eq(slo_incidents_new(&o, &inc, NULL), 0);
	for (int i = 0; i < RECORDS; i++) {
		slo_incidents_event(inc, &items[i].ev);
		if (advance)
			slo_incidents_advance(inc, items[i].end_ns - o.lateness_ns);
	}
	slo_incidents_drain(inc);
	slo_incidents_stats(inc, &st);
	ck_assert_uint_eq(st.late + st.ahead + st.evidence_late, 0);
	slo_incidents_free(inc);
}

static void setup(void)
{
	memset(items, 0, sizeof(items));
	memset(&config, 0, sizeof(config));
	config.objectives_count = 1;
	slo_objective_defaults(&config.objectives[0]);
	ck_assert_int_eq(0, slo_objective_parse(&config.objectives[0],
						"ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20",
						NULL));
}

START_TEST(any_order_within_the_allowance_gives_the_same_lines)
{
	struct slo_buf want, got;
	size_t lines = 0;

	slo_buf_init(&want, 1 << 24);
	slo_buf_init(&got, 1 << 24);
	invent((uint64_t)_i + 1);
	shuffle(0, 0);
	run(false, &want);
	for (size_t k = 0; k < want.len; k++)
		lines += want.data[k] == '\n';
	ck_assert_uint_gt(lines, 1); /* or nothing is proved */
	for (uint64_t seed = 1; seed <= 5; seed++) {
		shuffle(seed, 2 * S - 1);
		run(seed % 2, &got);
		ck_assert_uint_eq(got.len, want.len);
		ck_assert_int_eq(memcmp(got.data, want.data, want.len), 0);
	}
	slo_buf_fini(&want);
	slo_buf_fini(&got);
}
END_TEST

START_TEST(silence_of_any_length_resolves_nothing)
{
	struct slo_buf out;

	slo_buf_init(&out, 1 << 24);
	invent((uint64_t)_i + 1);
	shuffle(0, 0);
	/* Cut the stream at random places and let time pass: an incident open there must go stale. */
	for (int cut = 60; cut < SECONDS; cut += 13) {
		struct slo_incidents_opts o;
		struct slo_incidents_stats before, after;
		struct slo_incidents *inc;
		uint32_t open;

		slo_incidents_opts_default(&o);
		o.config = &config;
		o.emit = on_line;
		o.arg = &out;
		slo_buf_reset(&out);
		ck_assert_int_eq(slo_incidents_new(&o, &inc, NULL), 0);
		for (int i = 0; i < cut * PER_SECOND; i++)
			slo_incidents_event(inc, &items[i].ev);
		slo_incidents_drain(inc);
		/* What was seen may still hold good for the rest of the short window. */
		slo_incidents_advance(inc, slo_incidents_seen_ns(inc) + 5 * S);
		open = slo_incidents_open(inc);
		slo_incidents_stats(inc, &before);
		slo_incidents_advance(inc, slo_incidents_seen_ns(inc) + (1000 + cut * 77) * S);
		slo_incidents_stats(inc, &after);
		ck_assert_uint_eq(after.lines[SLO_INCIDENT_STATUS_RESOLVED],
				  before.lines[SLO_INCIDENT_STATUS_RESOLVED]);
		ck_assert_uint_eq(after.lines[SLO_INCIDENT_STATUS_STALE],
				  before.lines[SLO_INCIDENT_STATUS_STALE] + open);
		ck_assert_uint_eq(slo_incidents_open(inc), 0);
		slo_incidents_free(inc);
	}
	slo_buf_fini(&out);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("order");
	TCase *t = tcase_create("order");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, any_order_within_the_allowance_gives_the_same_lines, 0, 8);
	tcase_add_loop_test(t, silence_of_any_length_resolves_nothing, 0, 8);
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
