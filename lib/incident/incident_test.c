/* SPDX-License-Identifier: MIT */
/* The life of incidents under a simulated clock. */
#include "incident/incident.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define T0 (INT64_C(1767225600) * S)

enum { LINES_MAX = 512 };

/* What a line said, in values of its own. */
struct line {
	char id[40], service[64], sli[32];
	int status, domain, source;
	double confidence, burn, burn_short, value, baseline;
	int64_t at_s, started_s, detected_s, resolved_s, update;
	uint32_t evidence, requests;
	char first_signal[32];
	double first_value, first_baseline;
};

struct world {
	struct slo_config config;
	struct slo_incidents *inc;
	struct line lines[LINES_MAX];
	size_t n;
};

static struct world w;

static int64_t seconds(int64_t ns)
{
	return ns == SLO_ABSENT_I64 ? -1 : (ns - T0) / S;
}

static void copy(char *to, size_t size, struct slo_str s)
{
	ck_assert(slo_str_copy(to, size, s));
}

static void on_line(void *arg, const struct slo_incident *i)
{
	struct line *l = &w.lines[w.n++];

	ck_assert_ptr_eq(arg, &w);
	ck_assert_uint_lt(w.n, LINES_MAX);
	*l = (struct line){ .status = i->status, .domain = i->predicted_fault_domain, .source = i->source,
			    .confidence = i->confidence, .burn = i->slo_impact.burn_rate,
			    .burn_short = i->slo_impact.burn_rate_short, .value = i->slo_impact.value,
			    .baseline = i->slo_impact.baseline, .at_s = seconds(i->timestamp),
			    .started_s = seconds(i->started_at), .detected_s = seconds(i->detected_at),
			    .resolved_s = seconds(i->resolved_at), .update = i->update, .evidence = i->evidence_count,
			    .requests = i->request_ids_count };
	copy(l->id, sizeof(l->id), i->incident_id);
	copy(l->service, sizeof(l->service), i->service);
	copy(l->sli, sizeof(l->sli), i->slo_impact.sli);
	if (i->evidence_count)
		copy(l->first_signal, sizeof(l->first_signal), i->evidence[0].signal);
	l->first_value = i->evidence_count ? i->evidence[0].value.num : NAN;
	l->first_baseline = i->evidence_count ? i->evidence[0].baseline : NAN;
}

static void objective(const char *text)
{
	struct slo_err err = { .what = "" };
	struct slo_objective *o = &w.config.objectives[w.config.objectives_count++];

	slo_objective_defaults(o);
	ck_assert_msg(slo_objective_parse(o, text, &err) == 0, "%s: %s", err.where, err.what);
}

static void begin(void)
{
	struct slo_incidents_opts o;
	struct slo_err err = { .what = "" };

	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.emit = on_line;
	o.arg = &w;
	ck_assert_msg(slo_incidents_new(&o, &w.inc, &err) == 0, "%s", err.what);
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	objective("ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20");
	begin();
}

static void teardown(void)
{
	slo_incidents_free(w.inc);
	w.inc = NULL;
}

static struct slo_event requests(const char *service, int sli, int64_t at_s, uint64_t valid, uint64_t bad)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };
	struct slo_sli_window *x = &ev.sli_window;

	x->start_ns = T0 + at_s * S;
	x->end_ns = x->start_ns + S;
	x->cluster = slo_str("c");
	x->namespace = slo_str("ns");
	x->node = slo_str("n1");
	x->service = slo_str(service);
	x->sli = sli;
	x->threshold = sli == SLO_SLI_TTFT ? 400 : NAN;
	x->valid = valid;
	x->good = valid - bad;
	x->bad = bad;
	x->sum = x->min = x->max = NAN;
	x->source = SLO_SOURCE_LIVE;
	if (sli != SLO_SLI_TTFT || !valid)
		return ev;
	x->has_hist = true;
	slo_hist_init(&x->hist);
	slo_hist_add(&x->hist, 100, valid - bad);
	slo_hist_add(&x->hist, 1000, bad);
	x->min = valid > bad ? 100 : 1000;
	x->max = bad ? 1000 : 100;
	return ev;
}

static struct slo_event signal_window(const char *service, int signal, int64_t at_s, int state, double value)
{
	struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	struct slo_window *x = &ev.window;

	x->start_ns = T0 + at_s * S;
	x->end_ns = x->start_ns + S;
	x->cluster = slo_str("c");
	x->node = slo_str("n1");
	x->namespace = slo_str("ns");
	x->service = slo_str(service);
	x->signal = signal;
	x->role = SLO_ROLE_OTHER;
	x->provider = slo_str("packet");
	x->state = state;
	x->sum = x->min = x->max = NAN;
	x->source = SLO_SOURCE_LIVE;
	if (state == SLO_STATE_VALUE) {
		x->count = 1;
		x->sum = x->min = x->max = value;
	}
	return ev;
}

static void feed(struct slo_event ev)
{
	slo_incidents_event(w.inc, &ev);
}

/* Seconds [from, to): ten requests each, @bad of them bad. */
static void traffic(int64_t from, int64_t to, uint64_t bad)
{
	for (int64_t t = from; t < to; t++)
		feed(requests("chat", SLO_SLI_TTFT, t, 10, bad));
}

static size_t count(int status)
{
	size_t n = 0;

	for (size_t i = 0; i < w.n; i++)
		n += w.lines[i].status == status;
	return n;
}

static const struct line *last(void)
{
	ck_assert_uint_gt(w.n, 0);
	return &w.lines[w.n - 1];
}

START_TEST(good_traffic_opens_nothing)
{
	traffic(0, 200, 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(opens_when_both_windows_burn_and_says_since_when)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	slo_incidents_drain(w.inc);
	/* 6 of 10 a second: 30 of 300 bad is burn 2 at 45. */
	ck_assert_int_eq(w.lines[0].status, SLO_INCIDENT_STATUS_OPEN);
	ck_assert_int_eq(w.lines[0].at_s, 45);
	ck_assert_int_eq(w.lines[0].detected_s, 45);
	ck_assert_int_eq(w.lines[0].started_s, 40);
	ck_assert_int_eq(w.lines[0].resolved_s, -1);
	ck_assert_double_eq_tol(w.lines[0].burn, 2, 1e-9);
	ck_assert_double_eq_tol(w.lines[0].burn_short, 12, 1e-9);
	ck_assert_double_eq_tol(w.lines[0].value, 1000, 22); /* a bucket is 2.2 % wide */
	ck_assert_double_eq_tol(w.lines[0].baseline, 100, 2.2);
	ck_assert_int_eq(w.lines[0].update, 0);
	ck_assert_str_eq(w.lines[0].sli, "ttft_ms");
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
}
END_TEST

START_TEST(too_few_requests_open_nothing)
{
	for (int t = 0; t < 60; t++)
		feed(requests("chat", SLO_SLI_TTFT, t, 3, 3)); /* 15 in the short window */
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(resolves_after_holding_good_for_a_short_window)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 80, 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 1);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
	/* At 54 one bad second is left (2.4), at 55 none; five good ticks end at 59. */
	ck_assert_int_eq(last()->at_s, 59);
	ck_assert_int_eq(last()->resolved_s, 59);
	ck_assert_str_eq(last()->id, w.lines[0].id);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 0);
}
END_TEST

START_TEST(a_relapse_within_the_hold_time_does_not_resolve)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 57, 0);
	traffic(57, 60, 9);
	traffic(60, 63, 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 1);
}
END_TEST

START_TEST(no_data_goes_stale_and_is_never_resolved)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	slo_incidents_advance(w.inc, T0 + 5000 * S);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_STALE), 1);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_STALE);
	ck_assert_int_eq(last()->at_s, 110); /* 60 s after the last request's slot */
	ck_assert_uint_eq(slo_incidents_open(w.inc), 0);
}
END_TEST

START_TEST(records_without_requests_are_no_data)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	for (int t = 50; t < 200; t++)
		feed(requests("chat", SLO_SLI_TTFT, t, 0, 0));
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_STALE);
}
END_TEST

START_TEST(a_stale_incident_goes_on_when_requests_come_back)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(200, 220, 6);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_UPDATED);
	ck_assert_str_eq(last()->id, w.lines[0].id);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
	traffic(220, 240, 0);
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
	ck_assert_str_eq(last()->id, w.lines[0].id);
}
END_TEST

START_TEST(reopening_within_five_minutes_keeps_the_id)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 300, 0);
	traffic(300, 310, 6);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_str_eq(last()->id, w.lines[0].id);
	ck_assert_int_eq(last()->started_s, 40);
	for (size_t i = 0; i < w.n; i++)
		ck_assert_int_eq(w.lines[i].update, (int64_t)i);
}
END_TEST

START_TEST(later_than_five_minutes_is_another_incident)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(50, 400, 0);
	traffic(400, 410, 6);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_str_ne(last()->id, w.lines[0].id);
	ck_assert_int_eq(last()->started_s, 400);
}
END_TEST

START_TEST(updates_are_as_rare_as_asked)
{
	traffic(0, 40, 0);
	traffic(40, 96, 6);
	slo_incidents_drain(w.inc);
	/* Opened at 45; the long window fills until 70, afterwards no number changes. */
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_UPDATED), 3);
	ck_assert_int_eq(w.lines[1].at_s, 55);
	ck_assert_int_eq(w.lines[2].at_s, 65);
	ck_assert_int_eq(w.lines[3].at_s, 75);
}
END_TEST

START_TEST(another_cause_is_told_at_once)
{
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		feed(signal_window("chat", SLO_SIGNAL_MEM_RECLAIM, t, SLO_STATE_VALUE, t >= 48 ? 90 : 1));
		feed(signal_window("chat", SLO_SIGNAL_DISK_IO, t, SLO_STATE_VALUE, t >= 48 ? 90 : 1));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_str_eq(w.lines[0].first_signal, "dns_latency_ms");
	ck_assert_int_eq(w.lines[1].status, SLO_INCIDENT_STATUS_UPDATED);
	ck_assert_int_eq(w.lines[1].at_s, 49);
	ck_assert_int_eq(w.lines[1].domain, SLO_DOMAIN_MEMORY_PRESSURE);
}
END_TEST

START_TEST(signals_that_were_always_high_explain_nothing)
{
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, 300));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_ge(w.n, 1);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_UNKNOWN);
	ck_assert_uint_eq(w.lines[0].evidence, 1);
}
END_TEST

START_TEST(host_wide_windows_count_for_every_service_of_the_node)
{
	for (int t = 0; t < 60; t++) {
		struct slo_event far = signal_window("", SLO_SIGNAL_MEM_RECLAIM, t, SLO_STATE_VALUE, 500);

		far.window.node = slo_str("n2");
		feed(requests("rag", SLO_SLI_TTFT, t, 10, t >= 40 ? 6 : 0));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(signal_window("", SLO_SIGNAL_CPU_STEAL, t, SLO_STATE_VALUE, t >= 40 ? 20 : 0.5));
		feed(far); /* another node's trouble */
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_ge(w.n, 2);
	ck_assert_str_eq(w.lines[0].service, "chat"); /* by name within a tick */
	ck_assert_str_eq(w.lines[1].service, "rag");
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(w.lines[i].domain, SLO_DOMAIN_CPU_THROTTLE);
		ck_assert_uint_eq(w.lines[i].evidence, 1);
		ck_assert_str_eq(w.lines[i].first_signal, "cpu_steal_pct");
	}
}
END_TEST

START_TEST(two_burning_slis_are_one_incident_and_the_worst_is_its_impact)
{
	teardown();
	objective("error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20");
	begin();
	for (int t = 0; t < 60; t++) {
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 40 ? 5 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 1);
	ck_assert_str_eq(last()->sli, "error_rate"); /* half bad of 1 % allowed beats 60 % of 5 % */
	ck_assert_double_gt(last()->burn, 12);
}
END_TEST

START_TEST(one_good_sli_does_not_resolve_what_another_broke)
{
	teardown();
	objective("error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20");
	begin();
	for (int t = 0; t < 100; t++) {
		traffic(t, t + 1, t >= 40 && t < 50 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 40 ? 5 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_RESOLVED), 0);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
}
END_TEST

START_TEST(a_silent_sli_is_not_taken_for_a_good_one)
{
	teardown();
	objective("error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20");
	begin();
	for (int t = 0; t < 200; t++) {
		if (t < 50) /* then nobody gets a first token any more */
			traffic(t, t + 1, t >= 40 ? 6 : 0);
		feed(requests("chat", SLO_SLI_ERROR_RATE, t, 10, t >= 40 && t < 50 ? 5 : 0));
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
	/* Silent since 50; after 60 s it no longer has a say, and five ticks later all is well. */
	ck_assert_int_eq(last()->at_s, 114);
}
END_TEST

START_TEST(a_relapse_does_not_make_the_first_incident_its_baseline)
{
	for (int t = 30; t < 75; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		traffic(t, t + 1, (t >= 40 && t < 50) || t >= 60 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_OPEN), 2);
	ck_assert_double_eq(last()->first_value, 300);
	ck_assert_double_eq(last()->first_baseline, 5);
}
END_TEST

START_TEST(late_windows_are_no_evidence)
{
	struct slo_incidents_stats st;

	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, 5));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
		if (t == 46)
			feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, 42, SLO_STATE_VALUE, 4000));
	}
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.late, 1);
	ck_assert_double_eq(last()->first_value, 5);
}
END_TEST

START_TEST(late_records_are_counted_and_change_nothing)
{
	struct slo_incidents_stats st;

	traffic(0, 40, 0);
	for (int i = 0; i < 5; i++)
		feed(requests("chat", SLO_SLI_TTFT, 30, 1000, 1000));
	traffic(40, 60, 0);
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.late, 5);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(observations_alone_are_aggregated_and_kept_as_examples)
{
	for (int ms = 0; ms < 60000; ms += 100) {
		struct slo_event ev = { .kind = SLO_KIND_SLO };
		char id[32];

		(void)!snprintf(id, sizeof(id), "req-%d", ms);
		ev.slo = (struct slo_sli_event){ .timestamp = T0 + ms * (S / 1000), .cluster = slo_str("c"),
						 .namespace = slo_str("ns"), .service = slo_str("chat"),
						 .request_id = slo_str(id), .sli_name = SLO_SLI_TTFT,
						 .sli_value = ms >= 40000 && ms % 1000 < 600 ? 900 : 100 };
		feed(ev);
	}
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].status, SLO_INCIDENT_STATUS_OPEN);
	ck_assert_int_eq(w.lines[0].at_s, 45);
	ck_assert_int_eq(w.lines[0].started_s, 40);
	ck_assert_uint_eq(w.lines[0].requests, 16); /* four of each of the five bad seconds, at most 16 */
	ck_assert_double_eq_tol(w.lines[0].value, 900, 20);
}
END_TEST

START_TEST(a_synthetic_record_marks_the_incident)
{
	struct slo_event ev = requests("chat", SLO_SLI_TTFT, 10, 10, 0);

	traffic(0, 10, 0);
	ev.sli_window.source = SLO_SOURCE_SYNTHETIC;
	feed(ev);
	traffic(11, 40, 0);
	traffic(40, 50, 6);
	slo_incidents_drain(w.inc);
	ck_assert_int_eq(w.lines[0].source, SLO_SOURCE_SYNTHETIC);
}
END_TEST

START_TEST(services_beyond_the_maximum_push_out_the_oldest)
{
	struct slo_incidents_stats st;
	char name[32];

	traffic(0, 40, 0);
	traffic(40, 50, 6);
	ck_assert_uint_eq(slo_incidents_open(w.inc), 1);
	for (int i = 0; i < SLO_INCIDENT_SERVICES_MAX + 5; i++) {
		(void)!snprintf(name, sizeof(name), "s%d", i);
		feed(requests(name, SLO_SLI_TTFT, 50, 10, 0));
	}
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.services, SLO_INCIDENT_SERVICES_MAX);
	ck_assert_uint_eq(st.services_evicted, 6);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_STALE); /* no longer watched, and said so */
	ck_assert_uint_eq(slo_incidents_open(w.inc), 0);
}
END_TEST

START_TEST(a_gap_of_years_ends_promptly)
{
	traffic(0, 40, 0);
	traffic(40, 50, 6);
	traffic(INT64_C(200000000), INT64_C(200000030), 0);
	slo_incidents_drain(w.inc);
	ck_assert_uint_eq(count(SLO_INCIDENT_STATUS_STALE), 1);
	ck_assert_int_eq(last()->status, SLO_INCIDENT_STATUS_RESOLVED);
}
END_TEST

START_TEST(one_wrong_clock_does_not_carry_time_away)
{
	struct slo_incidents_stats st;

	traffic(0, 40, 0);
	for (int64_t t = 40; t < 60; t++) {
		traffic(t, t + 1, 6);
		feed(requests("chat", SLO_SLI_TTFT, t + INT64_C(3000000000), 10, 0));
	}
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.ahead, 20);
	ck_assert_uint_eq(st.late, 0);
	ck_assert_int_eq(w.lines[0].at_s, 45);
}
END_TEST

START_TEST(records_from_before_the_epoch_are_invalid)
{
	struct slo_incidents_stats st;

	traffic(0, 2, 0);
	feed(requests("chat", SLO_SLI_TTFT, -INT64_C(1767225600) - 5, 10, 0));
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.invalid, 1);
}
END_TEST

START_TEST(memory_for_evidence_is_bounded_and_incidents_open_without_it)
{
	struct slo_incidents_opts o;
	struct slo_incidents_stats st;

	teardown();
	slo_incidents_opts_default(&o);
	o.config = &w.config;
	o.evidence_bytes = 1000;
	o.emit = on_line;
	o.arg = &w;
	ck_assert_int_eq(slo_incidents_new(&o, &w.inc, NULL), 0);
	for (int t = 0; t < 60; t++) {
		feed(signal_window("chat", SLO_SIGNAL_DNS_LATENCY, t, SLO_STATE_VALUE, t >= 40 ? 300 : 5));
		traffic(t, t + 1, t >= 40 ? 6 : 0);
	}
	slo_incidents_drain(w.inc);
	slo_incidents_stats(w.inc, &st);
	ck_assert_uint_eq(st.evidence_refused, 60);
	ck_assert_int_eq(w.lines[0].status, SLO_INCIDENT_STATUS_OPEN);
	ck_assert_int_eq(w.lines[0].domain, SLO_DOMAIN_UNKNOWN);
}
END_TEST

START_TEST(unusable_objectives_are_refused)
{
	struct slo_err err = { .what = "" };
	struct slo_incidents_opts o;
	struct slo_incidents *inc;

	slo_incidents_opts_default(&o);
	o.config = &w.config;
	w.config.objectives[0].target = 1;
	ck_assert_int_lt(slo_incidents_new(&o, &inc, &err), 0);
	ck_assert_str_ne(err.what, "");
	w.config.objectives[0].target = 0.9;
	o.lateness_ns = 3600 * S;
	ck_assert_int_lt(slo_incidents_new(&o, &inc, NULL), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("incident");
	TCase *t = tcase_create("incident");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, good_traffic_opens_nothing);
	tcase_add_test(t, opens_when_both_windows_burn_and_says_since_when);
	tcase_add_test(t, too_few_requests_open_nothing);
	tcase_add_test(t, resolves_after_holding_good_for_a_short_window);
	tcase_add_test(t, a_relapse_within_the_hold_time_does_not_resolve);
	tcase_add_test(t, no_data_goes_stale_and_is_never_resolved);
	tcase_add_test(t, records_without_requests_are_no_data);
	tcase_add_test(t, a_stale_incident_goes_on_when_requests_come_back);
	tcase_add_test(t, reopening_within_five_minutes_keeps_the_id);
	tcase_add_test(t, later_than_five_minutes_is_another_incident);
	tcase_add_test(t, updates_are_as_rare_as_asked);
	tcase_add_test(t, another_cause_is_told_at_once);
	tcase_add_test(t, signals_that_were_always_high_explain_nothing);
	tcase_add_test(t, host_wide_windows_count_for_every_service_of_the_node);
	tcase_add_test(t, two_burning_slis_are_one_incident_and_the_worst_is_its_impact);
	tcase_add_test(t, one_good_sli_does_not_resolve_what_another_broke);
	tcase_add_test(t, a_silent_sli_is_not_taken_for_a_good_one);
	tcase_add_test(t, a_relapse_does_not_make_the_first_incident_its_baseline);
	tcase_add_test(t, late_windows_are_no_evidence);
	tcase_add_test(t, late_records_are_counted_and_change_nothing);
	tcase_add_test(t, observations_alone_are_aggregated_and_kept_as_examples);
	tcase_add_test(t, a_synthetic_record_marks_the_incident);
	tcase_add_test(t, services_beyond_the_maximum_push_out_the_oldest);
	tcase_add_test(t, a_gap_of_years_ends_promptly);
	tcase_add_test(t, one_wrong_clock_does_not_carry_time_away);
	tcase_add_test(t, records_from_before_the_epoch_are_invalid);
	tcase_add_test(t, memory_for_evidence_is_bounded_and_incidents_open_without_it);
	tcase_add_test(t, unusable_objectives_are_refused);
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
