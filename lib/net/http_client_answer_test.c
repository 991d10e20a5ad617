/* SPDX-License-Identifier: MIT */
#include "net/http_client_answer.h"

#include <check.h>
#include <stdlib.h>

#define ROLE   "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"usage\":null}\n\n"
#define TOKEN  "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"
#define REASON "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n"
#define TOOL   "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}\n\n"
#define FINISH "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE  "data: {\"choices\":[],\"usage\":{\"completion_tokens\":9}}\n\n"
#define NULLCH "data: {\"choices\":null,\"usage\":{\"completion_tokens\":9}}\n\n"
#define ERROR  "event: error\ndata: {\"error\":{\"message\":\"overloaded\"}}\n\n"
#define ERRDOC "data: {\"error\":{\"message\":\"overloaded\"}}\n\n"
#define PING   ": keep-alive\n\n"
#define DONE   "data: [DONE]\n\n"

static struct slo_answer a;

static void setup(void)
{
	slo_answer_init(&a);
	slo_answer_begin(&a);
}

static void teardown(void)
{
	slo_answer_fini(&a);
}

/* Piece n of the body arrives at n * 100. */
static int64_t feed(const char *const *pieces, int status, bool stream)
{
	int64_t now = 0;

	for (; *pieces; pieces++)
		slo_answer_data(&a, now += 100, status, stream, *pieces, strlen(*pieces));
	return now;
}

/* Streams with status 200, and what they must come to. */
static const struct {
	const char *pieces[8];
	enum slo_transport_end end;
	enum slo_outcome outcome;
	int64_t first_event, first_token, last_token;
	uint64_t tokens;
	bool usage;
} streams[] = {
	{ { ROLE, TOKEN, TOKEN, FINISH, USAGE, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 100, 200, 300, 9, true },
	{ { PING, ROLE, PING, TOKEN, FINISH, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 200, 400, 400, 1, false },
	{ { ROLE, REASON, TOKEN, FINISH, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 100, 200, 300, 2, false },
	{ { ROLE, TOOL, FINISH, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 100, 200, 200, 1, false },
	{ { ROLE, TOKEN, FINISH, NULLCH, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 100, 200, 200, 9, true },
	/* what comes after [DONE] does not matter */
	{ { ROLE, TOKEN, DONE, TOKEN }, SLO_TRANSPORT_FAILED, SLO_OUTCOME_OK, 100, 200, 200, 1, false },
	{ { ROLE, TOKEN, DONE }, SLO_TRANSPORT_TIMEOUT, SLO_OUTCOME_OK, 100, 200, 200, 1, false },
	/* a server that never says [DONE] but finishes */
	{ { ROLE, TOKEN, FINISH }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 100, 200, 200, 1, false },
	/* cut off */
	{ { ROLE, TOKEN, TOKEN }, SLO_TRANSPORT_OK, SLO_OUTCOME_ABORTED, 100, 200, 300, 2, false },
	{ { ROLE, TOKEN }, SLO_TRANSPORT_FAILED, SLO_OUTCOME_ABORTED, 100, 200, 200, 1, false },
	{ { ROLE }, SLO_TRANSPORT_TIMEOUT, SLO_OUTCOME_TIMEOUT, 100, 0, 0, 0, false },
	{ { ROLE }, SLO_TRANSPORT_CANCELLED, SLO_OUTCOME_CANCELLED, 100, 0, 0, 0, false },
	{ { NULL }, SLO_TRANSPORT_OK, SLO_OUTCOME_ABORTED, 0, 0, 0, 0, false },
	/* an error inside a 200 stream is a failure, even if it ends politely */
	{ { ROLE, TOKEN, ERROR, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_SERVER_ERROR, 100, 200, 200, 1, false },
	{ { ROLE, ERRDOC }, SLO_TRANSPORT_OK, SLO_OUTCOME_SERVER_ERROR, 100, 0, 0, 0, false },
	/* no stream at all where one was promised */
	{ { ROLE, "data: {oops\n\n", TOKEN, FINISH, DONE }, SLO_TRANSPORT_OK, SLO_OUTCOME_OK, 100, 300, 300, 1, false },
};

START_TEST(times_only_deltas_that_carry_something)
{
	int64_t now = feed(streams[_i].pieces, 200, true);

	slo_answer_finish(&a, now + 50, 200, streams[_i].end, NULL);
	ck_assert_str_eq(slo_outcome_name(a.r.outcome), slo_outcome_name(streams[_i].outcome));
	ck_assert_int_eq(a.r.first_event_ns, streams[_i].first_event);
	ck_assert_int_eq(a.r.first_token_ns, streams[_i].first_token);
	ck_assert_int_eq(a.r.last_token_ns, streams[_i].last_token);
	ck_assert_int_eq((int)a.r.tokens, (int)streams[_i].tokens);
	ck_assert_int_eq(a.r.tokens_from_usage, streams[_i].usage);
	ck_assert_int_eq(a.r.outcome == SLO_OUTCOME_OK, a.r.error[0] == '\0');
	ck_assert_int_eq(a.r.end_ns, now + 50);
}
END_TEST

START_TEST(stamps_the_first_token_with_the_piece_that_completes_it)
{
	static const char *const pieces[] = { "data: {\"choices\":[{\"delta\":{\"con", "tent\":\"x\"}}]}\n", "\n", NULL };

	feed(pieces, 200, true);
	ck_assert_int_eq(a.r.first_byte_ns, 100);
	ck_assert_int_eq(a.r.first_token_ns, 300);
}
END_TEST

static const struct {
	int status;
	enum slo_outcome outcome;
} statuses[] = {
	{ 429, SLO_OUTCOME_RATE_LIMITED }, { 500, SLO_OUTCOME_SERVER_ERROR }, { 503, SLO_OUTCOME_SERVER_ERROR },
	{ 400, SLO_OUTCOME_CLIENT_ERROR }, { 302, SLO_OUTCOME_CLIENT_ERROR }, { 0, SLO_OUTCOME_CLIENT_ERROR },
};

START_TEST(classes_an_answer_by_its_status)
{
	static const char *const pieces[] = { "{\"error\":{\"message\":\"why\"}}", NULL };

	feed(pieces, statuses[_i].status, true);
	slo_answer_finish(&a, 500, statuses[_i].status, SLO_TRANSPORT_OK, NULL);
	ck_assert_int_eq(a.r.outcome, statuses[_i].outcome);
	ck_assert_int_eq(a.r.status, statuses[_i].status);
	ck_assert_str_eq(a.r.error, "why");
	ck_assert_int_eq(a.r.first_token_ns, 0);
}
END_TEST

START_TEST(takes_a_whole_document_when_no_stream_comes)
{
	static const char *const pieces[] = {
		"{\"choices\":[{\"message\":{\"content\":\"all of it\"},", "\"finish_reason\":\"stop\"}],",
		"\"usage\":{\"completion_tokens\":3}}", NULL,
	};

	feed(pieces, 200, false);
	slo_answer_finish(&a, 400, 200, SLO_TRANSPORT_OK, NULL);
	ck_assert_int_eq(a.r.outcome, SLO_OUTCOME_OK);
	ck_assert_int_eq(a.r.first_token_ns, 400);
	ck_assert_int_eq((int)a.r.tokens, 3);
}
END_TEST

START_TEST(forgets_everything_between_requests)
{
	static const char *const pieces[] = { ROLE, TOKEN, ERROR, DONE, NULL };
	static const char *const half[] = { ROLE, NULL };

	feed(pieces, 200, true);
	slo_answer_finish(&a, 400, 200, SLO_TRANSPORT_OK, NULL);
	slo_answer_begin(&a);
	feed(half, 200, true);
	slo_answer_finish(&a, 200, 200, SLO_TRANSPORT_OK, NULL);
	ck_assert_int_eq(a.r.outcome, SLO_OUTCOME_ABORTED);
	ck_assert_int_eq(a.r.first_token_ns, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("http_client_answer");
	TCase *t = tcase_create("answer");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, times_only_deltas_that_carry_something, 0, (int)SLO_ARRAY_LEN(streams));
	tcase_add_test(t, stamps_the_first_token_with_the_piece_that_completes_it);
	tcase_add_loop_test(t, classes_an_answer_by_its_status, 0, (int)SLO_ARRAY_LEN(statuses));
	tcase_add_test(t, takes_a_whole_document_when_no_stream_comes);
	tcase_add_test(t, forgets_everything_between_requests);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
