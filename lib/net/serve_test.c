/* SPDX-License-Identifier: MIT */
/* Server and client together, over the loopback interface. */
#include "net/serve.h"

#include "base/time.h"
#include "net/fetch.h"
#include "net/http_client.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct slo_serve_opts defaults = {
	.listen = "127.0.0.1:0", .model = "m", .workers = 2, .queue = 16, .connections = 64, .tokens = 4,
};

static struct slo_serve *server;
static struct slo_client *client;
static int outcomes[SLO_OUTCOME__COUNT];
static struct slo_client_result last;

static void start(const struct slo_serve_opts *o, int64_t timeout_ms, uint32_t max_inflight)
{
	static char url[64];
	struct slo_err err = { .what = "" };
	struct slo_client_opts co = {
		.url = url, .model = "m", .timeout_ns = timeout_ms * SLO_NS_PER_MS, .max_inflight = max_inflight,
		.max_tokens = 5, .prompt_tokens = 3, .loopback_only = true,
	};

	memset(outcomes, 0, sizeof(outcomes));
	ck_assert_msg(slo_serve_start(o, &server, &err) == 0, "%s", err.what);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", slo_serve_port(server));
	ck_assert_msg(slo_client_new(&co, &client, &err) == 0, "%s", err.what);
}

static void stop(void)
{
	slo_client_free(client);
	slo_serve_stop(server);
}

static void note(void *arg, const struct slo_client_result *r)
{
	(void)arg;
	outcomes[r->outcome]++;
	last = *r;
}

static void finish_all(void)
{
	while (slo_client_inflight(client))
		ck_assert_int_eq(slo_client_poll(client, slo_now_mono_ns() + 50 * SLO_NS_PER_MS, note, NULL), 0);
}

START_TEST(streams_an_answer_and_reuses_the_connection)
{
	struct slo_serve_stats st;

	start(&defaults, 10000, 8);
	for (uint64_t i = 0; i < 5; i++) {
		ck_assert_int_eq(slo_client_send(client, i, slo_now_mono_ns()), 0);
		finish_all();
	}
	ck_assert_int_eq(outcomes[SLO_OUTCOME_OK], 5);
	ck_assert_int_eq(last.status, 200);
	ck_assert_int_eq((int)last.tokens, 5);
	ck_assert(last.tokens_from_usage);
	ck_assert_int_ge(last.sent_ns, last.intended_ns);
	ck_assert_int_ge(last.first_byte_ns, last.sent_ns);
	ck_assert_int_ge(last.first_token_ns, last.first_event_ns);
	ck_assert_int_ge(last.end_ns, last.last_token_ns);
	ck_assert_int_eq((int)strlen(last.trace_id), 32);
	ck_assert_int_eq((int)slo_client_stats(client)->connections, 1);
	slo_serve_read_stats(server, &st);
	ck_assert_int_eq((int)st.requests, 5);
	ck_assert_int_eq((int)st.tokens, 25);
	stop();
}
END_TEST

START_TEST(burns_the_cpu_time_it_was_told_to)
{
	struct slo_serve_opts o = defaults;
	struct timespec a, b;
	double ms;

	o.prefill_ms = 60;
	o.token_ms = 10; /* 4 more tokens: 100 ms together */
	start(&o, 20000, 8);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	ck_assert_int_eq(slo_client_send(client, 1, slo_now_mono_ns()), 0);
	finish_all();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
	ck_assert_int_eq(outcomes[SLO_OUTCOME_OK], 1);
	ck_assert_double_gt(ms, 60); /* wide: a shared core's speed changes after calibration */
	ck_assert_double_lt(ms, 250);
	/* Nobody can have seen the first token before its work was done. */
	ck_assert_int_gt(last.first_token_ns - last.sent_ns, 30 * SLO_NS_PER_MS);
	stop();
}
END_TEST

START_TEST(answers_429_when_the_queue_is_full)
{
	struct slo_serve_opts o = defaults;
	struct slo_serve_stats st;

	o.workers = 1;
	o.queue = 1;
	o.prefill_ms = 200;
	start(&o, 20000, 8);
	for (uint64_t i = 0; i < 6; i++)
		ck_assert_int_eq(slo_client_send(client, i, slo_now_mono_ns()), 0);
	finish_all();
	ck_assert_int_ge(outcomes[SLO_OUTCOME_OK], 1);
	ck_assert_int_ge(outcomes[SLO_OUTCOME_RATE_LIMITED], 1);
	ck_assert_int_eq(outcomes[SLO_OUTCOME_OK] + outcomes[SLO_OUTCOME_RATE_LIMITED], 6);
	slo_serve_read_stats(server, &st);
	ck_assert_int_eq((int)st.rejected, outcomes[SLO_OUTCOME_RATE_LIMITED]);
	ck_assert_int_eq((int)st.queue_high, 1);
	stop();
}
END_TEST

START_TEST(times_out_and_the_server_gives_the_work_up)
{
	struct slo_serve_opts o = defaults;
	struct slo_serve_stats st = { 0 };

	o.prefill_ms = 30000;
	start(&o, 100, 8);
	ck_assert_int_eq(slo_client_send(client, 1, slo_now_mono_ns()), 0);
	finish_all();
	ck_assert_int_eq(outcomes[SLO_OUTCOME_TIMEOUT], 1);
	ck_assert_int_eq(last.first_token_ns, 0);
	while (!st.abandoned) /* the test's own time limit ends this when it never comes */
		slo_serve_read_stats(server, &st);
	stop();
}
END_TEST

START_TEST(stops_in_the_middle_of_an_answer)
{
	struct slo_serve_opts o = defaults;
	int64_t began;

	o.prefill_ms = 30000;
	start(&o, 60000, 8);
	ck_assert_int_eq(slo_client_send(client, 1, slo_now_mono_ns()), 0);
	slo_client_poll(client, slo_now_mono_ns() + 100 * SLO_NS_PER_MS, note, NULL);
	began = slo_now_mono_ns();
	slo_serve_stop(server);
	ck_assert_int_lt(slo_now_mono_ns() - began, SLO_NS_PER_S);
	finish_all();
	ck_assert_int_eq(outcomes[SLO_OUTCOME_ABORTED], 1);
	slo_client_free(client);
}
END_TEST

START_TEST(refuses_more_than_may_be_under_way)
{
	struct slo_serve_opts o = defaults;

	o.prefill_ms = 5000;
	start(&o, 60000, 2);
	ck_assert_int_eq(slo_client_send(client, 1, slo_now_mono_ns()), 0);
	ck_assert_int_eq(slo_client_send(client, 2, slo_now_mono_ns()), 0);
	ck_assert_int_eq(slo_client_send(client, 3, slo_now_mono_ns()), -EAGAIN);
	ck_assert_int_eq((int)slo_client_stats(client)->refused, 1);
	slo_client_cancel(client, note, NULL);
	ck_assert_int_eq(outcomes[SLO_OUTCOME_CANCELLED], 2);
	ck_assert_int_eq((int)slo_client_inflight(client), 0);
	stop();
}
END_TEST

START_TEST(calls_a_refused_connection_aborted)
{
	start(&defaults, 5000, 2);
	slo_serve_stop(server);
	ck_assert_int_eq(slo_client_send(client, 1, slo_now_mono_ns()), 0);
	finish_all();
	ck_assert_int_eq(outcomes[SLO_OUTCOME_ABORTED], 1);
	ck_assert_int_eq(last.status, 0);
	ck_assert(last.error[0]);
	slo_client_free(client);
}
END_TEST

static const struct {
	const char *url;
	int ret;
} urls[] = {
	{ "http://127.0.0.1:1", 0 }, { "http://127.8.9.1:1/", 0 }, { "http://[::1]:1", 0 }, { "https://127.0.0.1/v1/x", 0 },
	{ "http://[::ffff:127.0.0.1]:1", 0 }, { "http://192.0.2.1:80", -EPERM }, { "http://[2001:db8::1]/", -EPERM },
	{ "http://0.0.0.0:80", -EPERM }, { "ftp://127.0.0.1", -EINVAL }, { "127.0.0.1:80", -EINVAL }, { "", -EINVAL },
	{ "file:///etc/passwd", -EINVAL },
};

START_TEST(goes_to_the_loopback_only)
{
	struct slo_client_opts co = {
		.url = urls[_i].url, .model = "m", .timeout_ns = 1, .max_inflight = 1, .max_tokens = 1, .prompt_tokens = 1,
		.loopback_only = true,
	};
	struct slo_err err = { .what = "" };
	struct slo_client *c = NULL;

	ck_assert_int_eq(slo_client_new(&co, &c, &err), urls[_i].ret);
	ck_assert_int_eq(urls[_i].ret == 0, err.what[0] == '\0');
	slo_client_free(c);
}
END_TEST

static const char *const listens[] = { "", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "example.invalid:80", "[::1:80", ":80" };

START_TEST(refuses_an_address_it_cannot_listen_on)
{
	struct slo_serve_opts o = defaults;
	struct slo_err err = { .what = "" };

	o.listen = listens[_i];
	ck_assert_int_eq(slo_serve_start(&o, &server, &err), -EINVAL);
	ck_assert(err.what[0]);
}
END_TEST

/* The page, kept until the next call. */
static const char *metrics(void)
{
	static struct slo_fetch_answer page;
	const struct slo_fetch_opts o = { .allow_http = true };
	struct slo_fetch_request r = { 0 };
	struct slo_err err = { .what = "" };
	struct slo_fetch *f;
	char url[64];

	slo_fetch_answer_fini(&page);
	slo_fetch_answer_init(&page, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/metrics", slo_serve_port(server));
	r.url = url;
	ck_assert_int_eq(slo_fetch_new(&o, &f, &err), 0);
	ck_assert_msg(slo_fetch_do(f, &r, &page, NULL, NULL, &err) == 0, "%s", err.what);
	ck_assert_int_eq((int)page.status, 200);
	slo_fetch_free(f);
	return page.body.data;
}

#define TELLS(line) ck_assert_msg(strstr(text, "\n" line "\n") != NULL, "no %s in\n%s", line, text)

START_TEST(tells_of_its_requests)
{
	struct slo_serve_opts o = defaults;
	const char *text;

	o.workers = 1;
	o.queue = 1;
	o.prefill_ms = 120;
	start(&o, 20000, 8);
	text = metrics();
	TELLS("llm_slo_requests_total{service=\"m\",status=\"ok\"} 0");
	TELLS("llm_slo_requests_total{service=\"m\",status=\"rate_limited\"} 0");
	TELLS("llm_slo_errors_total{service=\"m\"} 0");
	TELLS("llm_slo_ttft_seconds_count{service=\"m\"} 0");
	for (uint64_t i = 0; i < 6; i++)
		ck_assert_int_eq(slo_client_send(client, i, slo_now_mono_ns()), 0);
	finish_all();
	/* The client may have the end of an answer before the server has counted it. */
	do
		text = metrics();
	while (!strstr(text, "\nllm_slo_requests_in_flight{service=\"m\"} 0\n"));
	for (int ok = 0; ok <= 6; ok++) {
		char line[96];

		if (ok != outcomes[SLO_OUTCOME_OK])
			continue;
		snprintf(line, sizeof(line), "\nllm_slo_requests_total{service=\"m\",status=\"ok\"} %d\n", ok);
		ck_assert_msg(strstr(text, line) != NULL, "%s in %s", line, text);
		snprintf(line, sizeof(line), "\nllm_slo_errors_total{service=\"m\"} %d\n", 6 - ok);
		ck_assert_msg(strstr(text, line) != NULL, "%s in %s", line, text);
		snprintf(line, sizeof(line), "\nllm_slo_ttft_seconds_count{service=\"m\"} %d\n", ok);
		ck_assert_msg(strstr(text, line) != NULL, "%s in %s", line, text);
		snprintf(line, sizeof(line), "\nllm_slo_request_duration_seconds_count{service=\"m\"} %d\n", ok);
		ck_assert_msg(strstr(text, line) != NULL, "%s in %s", line, text);
	}
	ck_assert_int_lt(outcomes[SLO_OUTCOME_OK], 6);
	/* Nobody got a token in less than half of what its prefill costs: a core's speed varies. */
	TELLS("llm_slo_ttft_seconds_bucket{service=\"m\",le=\"0.05\"} 0");
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serve");
	TCase *c = tcase_create("serve");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_set_timeout(c, 40);
	tcase_add_test(c, streams_an_answer_and_reuses_the_connection);
	tcase_add_test(c, burns_the_cpu_time_it_was_told_to);
	tcase_add_test(c, answers_429_when_the_queue_is_full);
	tcase_add_test(c, tells_of_its_requests);
	tcase_add_test(c, times_out_and_the_server_gives_the_work_up);
	tcase_add_test(c, stops_in_the_middle_of_an_answer);
	tcase_add_test(c, refuses_more_than_may_be_under_way);
	tcase_add_test(c, calls_a_refused_connection_aborted);
	tcase_add_loop_test(c, goes_to_the_loopback_only, 0, (int)(sizeof(urls) / sizeof(urls[0])));
	tcase_add_loop_test(c, refuses_an_address_it_cannot_listen_on, 0, (int)(sizeof(listens) / sizeof(listens[0])));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
