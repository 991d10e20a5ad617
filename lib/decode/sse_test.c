/* SPDX-License-Identifier: MIT */
#include "decode/sse.h"

#include <check.h>
#include <stdlib.h>

static const struct {
	const char *line;
	bool want;
} cases[] = {
	{ "", false },
	{ ": keep-alive", false },
	{ "event: message", false },
	{ "data:", false },
	{ "data: ", false },
	{ "data: [DONE]", false },
	{ "data: hello", true },
	{ "data:hello", true },
	{ "data: 5", true },
	/* OpenAI chat */
	{ "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}", false },
	{ "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}", false },
	{ "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}", false },
	{ "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}", false },
	{ "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}", true },
	{ "data: {\"choices\":[{\"delta\" : {\"content\" : \"Hi\"}}]}", true },
	{ "data: {\"choices\":[{\"delta\":{\"content\":\"\",\"reasoning_content\":\"so\"}}]}", true },
	{ "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"x\"}]}}]}", true },
	/* completions */
	{ "data: {\"choices\":[{\"text\":\"\"}]}", false },
	{ "data: {\"choices\":[{\"text\":\"x\"}]}", true },
	/* Anthropic */
	{ "data: {\"type\":\"message_start\",\"message\":{\"content\":[]}}", false },
	{ "data: {\"type\": \"ping\"}", false },
	{ "data: {\"type\":\"content_block_start\",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}", false },
	{ "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}", true },
	{ "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\"}}",
	  false },
	{ "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}", false },
	/* OpenAI responses */
	{ "data: {\"type\":\"response.created\",\"response\":{}}", false },
	{ "data: {\"type\":\"response.output_text.delta\",\"delta\":\"In\"}", true },
	/* nobody's */
	{ "data: {\"token\":\"x\"}", true },
};

START_TEST(recognises_content)
{
	size_t n = strlen(cases[_i].line);
	char *copy = malloc(n ? n : 1);

	memcpy(copy, cases[_i].line, n);
	ck_assert_msg(slo_sse_content(slo_str_n(copy, n), false) == cases[_i].want, "%s", cases[_i].line);
	free(copy);
}
END_TEST

START_TEST(a_long_delta_that_was_cut_is_content)
{
	ck_assert(slo_sse_content(slo_str("data: {\"choices\":[{\"delta\":{\"role\":\"assis"), true));
	ck_assert(!slo_sse_content(slo_str("data: {\"type\":\"message_start\",\"mess"), true));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sse");
	TCase *tc = tcase_create("sse");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, recognises_content, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(tc, a_long_delta_that_was_cut_is_content);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
