/* SPDX-License-Identifier: MIT */
/* The fixture of the flow_*_test.c files: one tracker, its records, and packets by the line. */
#ifndef SLO_DECODE_TEST_FLOW_H
#define SLO_DECODE_TEST_FLOW_H

#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "decode/test_frames.h"

static struct slo_flow_opts opts;
static struct slo_flow_tracker *tracker;
static struct tf_record got;
static struct tf frame;
static struct slo_flow_counters c;

/* Not every test file uses all of them. */
__attribute__((unused)) static const struct tf_end client = { 1, 40000, false }, server = { 2, 443, false },
						   resolver = { 53, 53, false };
__attribute__((unused)) static const struct tf_end watched = { 9, 8000, false }, client6 = { 1, 40000, true },
						   server6 = { 2, 443, true };

static inline void start(void)
{
	const struct slo_obs_sink sink = { .arg = &got, .obs = tf_obs, .request = tf_req };
	struct slo_err err = { { 0 }, { 0 } };

	memset(&got, 0, sizeof(got));
	ck_assert_msg(slo_flow_new(&opts, &sink, &tracker, &err) == 0, "%s", err.what);
}

static inline void setup(void)
{
	slo_flow_opts_defaults(&opts);
	opts.watch[0] = (struct slo_watch){ .port = 8000, .service = 3 };
	opts.watch_count = 1;
	start();
}

static inline void teardown(void)
{
	slo_flow_free(tracker);
	tracker = NULL;
}

static inline void restart(void)
{
	teardown();
	start();
}

static inline void counters(void)
{
	slo_flow_counters(tracker, &c);
}

static inline void give(int64_t ms)
{
	tf_give(tracker, &frame, TF_T0 + ms * TF_MS, 2, SLO_PKT_HOST, TF_MAX);
}

static inline void tcp(int64_t ms, struct tf_end s, struct tf_end d, uint8_t flags, uint32_t seq, uint32_t ack,
		       const char *data)
{
	tf_tcp(&frame, s, d, flags, seq, ack, data, data ? strlen(data) : 0);
	give(ms);
}

static inline void dns(int64_t ms, struct tf_end s, struct tf_end d, uint16_t id, uint16_t flags, const char *name)
{
	uint8_t m[300];
	size_t n = tf_dns(m, id, flags, name, flags & 0x8000 && !(flags & 0xf) ? 0x01020304 : 0);

	tf_udp(&frame, s, d, m, n);
	give(ms);
}

enum { QUERY = 0x0100, ANSWER = 0x8180, NXDOMAIN = 0x8183, TRUNCATED = 0x8380 };

static void (*setup_hook)(void) = setup;

/* Run @tests and give the exit status. */
static inline int run_tests(const char *name, const TTest *const *tests, size_t count)
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup_hook, teardown);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}

#endif
