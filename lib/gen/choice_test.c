/* SPDX-License-Identifier: MIT */
#include "gen/recorded.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/tables.h"

static struct slo_recorded_set set;

static void add(const char *id, const char *split, const char *stratum, const char *place, const char *f1, const char *f2)
{
	char line[4096], faults[512] = "", domains[256] = "";
	struct slo_err err = { "", "" };
	const char *f[] = { f1, f2 };

	for (int i = 0; i < 2 && f[i]; i++) {
		const char *domain = slo_domain_enum.names[slo_fault_domain_of(slo_str(f[i]))], *comma = i ? "," : "";
		size_t n = strlen(faults), d = strlen(domains);

		snprintf(faults + n, sizeof(faults) - n, "%s{\"fault\":\"%s\",\"domain\":\"%s\",\"severity\":2}", comma,
			 f[i], domain);
		snprintf(domains + d, sizeof(domains) - d, "%s\"%s\"", comma, domain);
	}
	snprintf(line, sizeof(line),
		 "{\"v\":1,\"id\":\"%s\",\"place\":\"%s\",\"kernel\":\"k\",\"profile\":\"chat\",\"run\":\"r\","
		 "\"split\":\"%s\",\"stratum\":\"%s\",\"faults\":[%s],\"domains\":[%s],\"positive\":true,"
		 "\"service\":\"chat\",\"seed\":1,\"objective\":\"error_rate\",\"start_ns\":1,\"fault_start_ns\":2,"
		 "\"fault_end_ns\":3,\"end_ns\":4,\"impact\":{\"baseline\":{\"valid\":1,\"bad\":0},"
		 "\"fault\":{\"valid\":1,\"bad\":0},\"recovery\":{\"valid\":1,\"bad\":0}},"
		 "\"streams\":{\"tracing\":\"a\"},\"sha256\":{\"tracing\":\"%064d\"}}",
		 id, place, split, stratum, faults, domains, 0);
	ck_assert_msg(slo_recorded_set_add(&set, slo_str(line), &err) == 0, "%s: %s", err.where, err.what);
}

static void setup(void)
{
	add("d1", "train", "single", "6.1", "dns_latency", NULL);
	add("d2", "test", "single", "host", "dns_latency", NULL);
	add("d3", "test", "single", "6.1", "dns_latency", NULL);
	add("d4", "test", "below", "6.1", "dns_latency", NULL);
	add("c1", "test", "single", "6.1", "cpu_throttle", NULL);
	add("e1", "test", "single", "6.1", "egress_loss", NULL);
	add("x1", "test", "outside", "6.1", "disk_slow", NULL);
	add("x2", "test", "outside", "6.1", "disk_slow", "dns_latency");
	add("m1", "test", "dual", "6.1", "dns_latency", "cpu_throttle");
	add("m2", "test", "triple", "6.1", "egress_loss", "cpu_throttle");
	add("h1", "test", "healthy", "6.1", NULL, NULL);
}

static void teardown(void)
{
	slo_recorded_set_fini(&set);
}

/* The first @n drawn, as "d1 c1 d2". */
static const char *drawn(const struct slo_recorded_filter *f, uint64_t seed, int n)
{
	static char text[512];
	struct slo_recorded_choice c;
	size_t len = 0;

	text[0] = '\0';
	ck_assert_int_eq(slo_recorded_choice_init(&c, &set, f, seed), 0);
	for (int i = 0; i < n; i++) {
		int64_t at = slo_recorded_choice_next(&c);

		if (at < 0)
			break;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? " " : "",
					SLO_STR_ARG(set.items[at].id));
	}
	slo_recorded_choice_fini(&c);
	return text;
}

static uint32_t distinct(const struct slo_recorded_filter *f)
{
	struct slo_recorded_choice c;
	uint32_t n;

	ck_assert_int_eq(slo_recorded_choice_init(&c, &set, f, 1), 0);
	n = c.distinct;
	slo_recorded_choice_fini(&c);
	return n;
}

/* How often @id is in a list of drawn(). */
static int times(const char *list, const char *id)
{
	int n = 0;

	for (const char *p = list; (p = strstr(p, id)); p++)
		n++;
	return n;
}

START_TEST(filters_are_all_obeyed)
{
	static const struct {
		struct slo_recorded_filter f;
		uint32_t want;
	} cases[] = {
		{ SLO_RECORDED_ANY, 11 },
		{ { "any", -1, -1, -1, NULL, NULL, -1 }, 11 },
		{ { "dns_latency", -1, -1, -1, NULL, NULL, -1 }, 3 },
		{ { "dns_latency", -1, SLO_SPLIT_TEST, -1, NULL, NULL, -1 }, 2 },
		{ { "dns_latency", -1, SLO_SPLIT_TEST, -1, "6.1", NULL, -1 }, 1 },
		{ { "dns_latency", -1, -1, SLO_STRATUM_BELOW, NULL, NULL, -1 }, 1 },
		{ { "dns_latency", -1, -1, SLO_STRATUM_DUAL, NULL, NULL, -1 }, 1 },
		{ { "disk_slow", -1, -1, -1, NULL, NULL, -1 }, 1 },
		{ { "baseline", -1, -1, -1, NULL, NULL, -1 }, 1 },
		{ { "mixed_multi", -1, -1, -1, NULL, NULL, -1 }, 2 },
		{ { "mixed_multi", SLO_DOMAIN_NETWORK_DNS, -1, -1, NULL, NULL, -1 }, 1 },
		{ { "mixed", -1, -1, -1, NULL, NULL, -1 }, 4 },
		{ { "mixed", -1, -1, SLO_STRATUM_DUAL, NULL, NULL, -1 }, 1 },
		{ { "memory_pressure", -1, -1, -1, NULL, NULL, -1 }, 0 },
		{ { NULL, SLO_DOMAIN_CPU_THROTTLE, -1, -1, NULL, NULL, -1 }, 3 },
		{ { NULL, -1, -1, -1, NULL, "rag", -1 }, 0 },
		{ { NULL, -1, -1, -1, NULL, "chat", SLO_STREAM_TRACING }, 11 },
		{ { NULL, -1, -1, -1, NULL, NULL, SLO_STREAM_HOST }, 0 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++)
		ck_assert_msg(distinct(&cases[i].f) == cases[i].want, "case %zu: %u", i, distinct(&cases[i].f));
}
END_TEST

START_TEST(each_comes_once_before_any_comes_again)
{
	struct slo_recorded_filter f = SLO_RECORDED_ANY;
	char list[512], once[512];

	snprintf(list, sizeof(list), "%s", drawn(&f, 7, 33));
	snprintf(once, sizeof(once), "%s", drawn(&f, 7, 11));
	for (uint32_t i = 0; i < set.count; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%.*s", SLO_STR_ARG(set.items[i].id));
		ck_assert_int_eq(times(list, id), 3);
		ck_assert_int_eq(times(once, id), 1);
	}
}
END_TEST

START_TEST(the_seed_and_nothing_else_makes_the_order)
{
	struct slo_recorded_filter f = SLO_RECORDED_ANY;
	char first[512];
	struct slo_recorded held;

	snprintf(first, sizeof(first), "%s", drawn(&f, 7, 20));
	ck_assert_str_eq(drawn(&f, 7, 20), first);
	ck_assert_str_ne(drawn(&f, 8, 20), first);
	held = set.items[0]; /* another order of the lines */
	set.items[0] = set.items[5];
	set.items[5] = held;
	ck_assert_str_eq(drawn(&f, 7, 20), first);
}
END_TEST

/* Faults nothing was recorded of lose their turn. */
START_TEST(mixed_takes_turns)
{
	struct slo_recorded_filter f = SLO_RECORDED_ANY;
	const char *list;

	f.scenario = "mixed";
	list = drawn(&f, 3, 6);
	for (int i = 0; i < 6; i++)
		ck_assert_msg(list[3 * i] == (i % 2 ? 'c' : 'd'), "%s", list);
	ck_assert_int_eq(times(list, "d1") + times(list, "d2") + times(list, "d3"), 3);
	ck_assert_int_eq(times(list, "d1"), 1);
	ck_assert_int_eq(times(list, "c1"), 3);
}
END_TEST

START_TEST(nothing_that_matches_is_nothing_drawn)
{
	struct slo_recorded_filter f = SLO_RECORDED_ANY;

	f.scenario = "memory_pressure";
	ck_assert_str_eq(drawn(&f, 1, 3), "");
	slo_recorded_set_fini(&set);
	f.scenario = "mixed";
	ck_assert_str_eq(drawn(&f, 1, 3), "");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("choice");
	TCase *t = tcase_create("choice");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, filters_are_all_obeyed);
	tcase_add_test(t, each_comes_once_before_any_comes_again);
	tcase_add_test(t, the_seed_and_nothing_else_makes_the_order);
	tcase_add_test(t, mixed_takes_turns);
	tcase_add_test(t, nothing_that_matches_is_nothing_drawn);
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
