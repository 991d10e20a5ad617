/* SPDX-License-Identifier: MIT */
#include "gen/replay.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1767225600000000000)

static struct slo_event ev;

static void setup(void)
{
	memset(&ev, 0, sizeof(ev));
}

START_TEST(each_kind_moves_as_a_whole)
{
	static const int kinds[] = { SLO_KIND_SLO,  SLO_KIND_PROBE, SLO_KIND_WINDOW,     SLO_KIND_SLI_WINDOW,
				     SLO_KIND_SPAN, SLO_KIND_STATS, SLO_KIND_FAULT_LABEL };
	int64_t *const times[][2] = {
		{ &ev.slo.timestamp, NULL },
		{ &ev.probe.ts_unix_nano, NULL },
		{ &ev.window.end_ns, &ev.window.start_ns },
		{ &ev.sli_window.end_ns, &ev.sli_window.start_ns },
		{ &ev.span.end_ns, &ev.span.start_ns },
		{ &ev.stats.timestamp, &ev.stats.start_ns },
		{ &ev.fault_label.start_ns, &ev.fault_label.end_ns },
	};

	ev.kind = kinds[_i];
	for (int i = 0; i < 2 && times[_i][i]; i++)
		*times[_i][i] = T0 + i;
	ck_assert_int_eq(slo_replay_moment(&ev), T0);
	ck_assert(slo_replay_shift(&ev, 500));
	for (int i = 0; i < 2 && times[_i][i]; i++)
		ck_assert_int_eq(*times[_i][i], T0 + i + 500);
	ck_assert(slo_replay_shift(&ev, -500));
	ck_assert_int_eq(slo_replay_moment(&ev), T0);
}
END_TEST

START_TEST(an_absent_end_stays_absent)
{
	ev.kind = SLO_KIND_FAULT_LABEL;
	ev.fault_label.start_ns = T0;
	ev.fault_label.end_ns = SLO_ABSENT_I64;
	ck_assert(slo_replay_shift(&ev, 7));
	ck_assert_int_eq(ev.fault_label.start_ns, T0 + 7);
	ck_assert_int_eq(ev.fault_label.end_ns, SLO_ABSENT_I64);
}
END_TEST

/* Half moved would be worse than not moved. */
START_TEST(what_would_leave_the_range_is_not_moved)
{
	ev.kind = SLO_KIND_WINDOW;
	ev.window.start_ns = 100;
	ev.window.end_ns = 200;
	ck_assert(!slo_replay_shift(&ev, -150));
	ck_assert(!slo_replay_shift(&ev, INT64_MAX - 150));
	ck_assert_int_eq(ev.window.start_ns, 100);
	ck_assert_int_eq(ev.window.end_ns, 200);
	ev.kind = SLO_KIND_INCIDENT;
	ck_assert(!slo_replay_shift(&ev, 1));
	ck_assert_int_eq(slo_replay_moment(&ev), 0);
}
END_TEST

START_TEST(live_becomes_replay_and_synthetic_stays)
{
	static const struct {
		int from, to;
	} cases[] = { { SLO_SOURCE_LIVE, SLO_SOURCE_REPLAY }, { SLO_SOURCE_OTLP, SLO_SOURCE_REPLAY },
		      { SLO_SOURCE_SYNTHETIC, SLO_SOURCE_SYNTHETIC } };
	int *const sources[] = { &ev.probe.source, &ev.window.source, &ev.sli_window.source };
	static const int kinds[] = { SLO_KIND_PROBE, SLO_KIND_WINDOW, SLO_KIND_SLI_WINDOW };

	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
			ev.kind = kinds[k];
			*sources[k] = cases[i].from;
			slo_replay_mark(&ev);
			ck_assert_int_eq(*sources[k], cases[i].to);
		}
}
END_TEST

START_TEST(a_request_says_it_in_its_labels)
{
	ev.kind = SLO_KIND_SLO;
	slo_replay_mark(&ev);
	ck_assert_uint_eq(ev.slo.labels_count, 1);
	ck_assert(slo_str_is(ev.slo.labels[0].key, "source"));
	ck_assert(slo_str_is(ev.slo.labels[0].value, "replay"));
	ev.slo.labels[0].value = slo_str("live");
	slo_replay_mark(&ev);
	ck_assert(slo_str_is(ev.slo.labels[0].value, "replay"));
	ev.slo.labels[0].value = slo_str("synthetic");
	slo_replay_mark(&ev);
	ck_assert_uint_eq(ev.slo.labels_count, 1);
	ck_assert(slo_str_is(ev.slo.labels[0].value, "synthetic"));
	ev.slo.labels[0].key = slo_str("node");
	ev.slo.labels_count = SLO_MAX_LABELS;
	for (uint32_t i = 0; i < SLO_MAX_LABELS; i++)
		ev.slo.labels[i].key = slo_str("other");
	slo_replay_mark(&ev); /* no room: nothing is pushed out */
	ck_assert_uint_eq(ev.slo.labels_count, SLO_MAX_LABELS);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("replay");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, each_kind_moves_as_a_whole, 0, 7);
	tcase_add_test(t, an_absent_end_stays_absent);
	tcase_add_test(t, what_would_leave_the_range_is_not_moved);
	tcase_add_test(t, live_becomes_replay_and_synthetic_stays);
	tcase_add_test(t, a_request_says_it_in_its_labels);
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
