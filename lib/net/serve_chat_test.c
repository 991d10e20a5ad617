/* SPDX-License-Identifier: MIT */
#include "net/serve_chat.h"

#include "net/http_client_answer.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define MSG "\"messages\":[{\"role\":\"user\",\"content\":\"one two  three\\nfour\"}]"

static const struct {
	const char *body;
	struct slo_chat_request want;
} good[] = {
	{ "{" MSG "}", { .tokens = 16, .prompt_tokens = 4 } },
	{ "{\"stream\":true," MSG "}", { .stream = true, .tokens = 16, .prompt_tokens = 4 } },
	{ "{\"stream\":true,\"stream_options\":{\"include_usage\":true}," MSG "}",
	  { .stream = true, .include_usage = true, .tokens = 16, .prompt_tokens = 4 } },
	{ "{\"stream\":null,\"max_tokens\":null," MSG "}", { .tokens = 16, .prompt_tokens = 4 } },
	{ "{\"max_tokens\":3," MSG "}", { .tokens = 3, .limited = true, .prompt_tokens = 4 } },
	{ "{\"max_tokens\":3,\"max_completion_tokens\":5," MSG "}", { .tokens = 5, .limited = true, .prompt_tokens = 4 } },
	{ "{\"max_tokens\":99999," MSG "}", { .tokens = 100, .limited = true, .prompt_tokens = 4 } },
	{ "{\"messages\":[{\"role\":\"system\",\"content\":\"a b\"},{\"role\":\"user\",\"content\":"
	  "[{\"type\":\"text\",\"text\":\"c d e\"},{\"type\":\"image_url\"}]}]}", { .tokens = 16, .prompt_tokens = 5 } },
};

START_TEST(understands_a_request)
{
	struct slo_chat_request r;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_chat_parse(good[_i].body, strlen(good[_i].body), 16, 100, &r, &err), 0);
	ck_assert_int_eq(r.stream, good[_i].want.stream);
	ck_assert_int_eq(r.include_usage, good[_i].want.include_usage);
	ck_assert_int_eq(r.tokens, good[_i].want.tokens);
	ck_assert_int_eq(r.limited, good[_i].want.limited);
	ck_assert_int_eq(r.prompt_tokens, good[_i].want.prompt_tokens);
}
END_TEST

static const struct {
	const char *body, *names;
} bad[] = {
	{ "", "JSON" }, { "{", "JSON" }, { "[]", "object" }, { "{}", "messages" }, { "{\"messages\":[]}", "messages" },
	{ "{\"messages\":{}}", "messages" }, { "{\"messages\":[1]}", "messages[0].role" },
	{ "{\"messages\":[{\"role\":\"user\"}]}", "messages[0].content" },
	{ "{\"stream\":1," MSG "}", "stream" }, { "{\"max_tokens\":0," MSG "}", "max_tokens" },
	{ "{\"max_tokens\":1.5," MSG "}", "max_tokens" },
	{ "{\"stream_options\":{\"include_usage\":\"yes\"}," MSG "}", "include_usage" },
};

START_TEST(names_what_is_wrong_with_a_request)
{
	struct slo_chat_request r = { .tokens = -7 };
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_chat_parse(bad[_i].body, strlen(bad[_i].body), 16, 100, &r, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, bad[_i].names));
	ck_assert_int_eq(r.tokens, -7);
}
END_TEST

/* What the server writes, the client reads. */
START_TEST(writes_a_stream_that_reads_back)
{
	struct slo_chat_answer a = { .model = "m\"x", .number = 1, .req = { .stream = true, .include_usage = _i, .tokens = 3 } };
	struct slo_answer back;
	struct slo_buf b;

	slo_buf_init(&b, 1 << 16);
	slo_chat_add_role(&a, &b);
	for (int64_t i = 0; i < a.req.tokens; i++)
		slo_chat_add_token(&a, i, &b);
	slo_chat_add_end(&a, &b);
	slo_answer_init(&back);
	slo_answer_begin(&back);
	slo_answer_data(&back, 5, 200, true, b.data, b.len);
	slo_answer_finish(&back, 6, 200, SLO_TRANSPORT_OK, NULL);
	ck_assert_int_eq(back.r.outcome, SLO_OUTCOME_OK);
	ck_assert(back.done);
	ck_assert_int_eq((int)back.r.chunks, 3);
	ck_assert_int_eq((int)back.r.tokens, 3);
	ck_assert_int_eq(back.r.tokens_from_usage, _i);
	ck_assert_int_eq((int)back.bad_events, 0);
	ck_assert_int_eq(strstr(b.data, "\"usage\":null") != NULL, _i);
	slo_answer_fini(&back);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(writes_a_whole_document_that_is_json)
{
	struct slo_chat_answer a = { .model = "m", .number = 1, .req = { .tokens = 9, .prompt_tokens = 2 } };
	struct slo_buf b;
	json_t *doc;

	slo_buf_init(&b, 1 << 16);
	slo_chat_add_whole(&a, &b);
	doc = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(doc);
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(doc, "usage"), "total_tokens")), 11);
	json_decref(doc);
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serve_chat");
	TCase *c = tcase_create("chat");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, understands_a_request, 0, (int)SLO_ARRAY_LEN(good));
	tcase_add_loop_test(c, names_what_is_wrong_with_a_request, 0, (int)SLO_ARRAY_LEN(bad));
	tcase_add_loop_test(c, writes_a_stream_that_reads_back, 0, 2);
	tcase_add_test(c, writes_a_whole_document_that_is_json);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
