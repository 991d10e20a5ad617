/* SPDX-License-Identifier: MIT */
#include "net/sse.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* What the callback saw, as "name=data|" each. */
struct seen {
	char text[4096];
	int stop_after; /* 0 = never */
	int count;
};

static int collect(void *arg, const struct slo_sse_event *ev)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	snprintf(s->text + len, sizeof(s->text) - len, "%.*s=%.*s|", SLO_STR_ARG(ev->name), SLO_STR_ARG(ev->data));
	return ++s->count == s->stop_after ? 7 : 0;
}

/* Streams and the events they must give, wherever they are cut. */
static const struct {
	const char *in, *want;
	int comments, cut;
} cases[] = {
	{ "data: a\n\n", "message=a|", 0, 0 },
	{ "data: a\r\n\r\n", "message=a|", 0, 0 },
	{ "data: a\r\rdata: b\r\r", "message=a|message=b|", 0, 0 },
	{ "data: a\n\r\ndata: b\r\n\n", "message=a|message=b|", 0, 0 },
	{ "data:a\n\n", "message=a|", 0, 0 },
	{ "data:  a\n\n", "message= a|", 0, 0 },
	{ "data: a\ndata: b\ndata:\n\n", "message=a\nb\n|", 0, 0 },
	{ "data\n\n", "message=|", 0, 0 },
	{ ": ping\n\n:\ndata: x\n\n", "message=x|", 2, 0 },
	{ "data: x\n: ping\n\n", "message=x|", 1, 0 },
	{ "event: error\ndata: {\"error\":1}\n\ndata: y\n\n", "error={\"error\":1}|message=y|", 0, 0 },
	{ "event: lonely\n\ndata: z\n\n", "message=z|", 0, 0 },
	{ "id: 3\nretry: 10\nodd: field\ndata: q\n\n", "message=q|", 0, 0 },
	{ "data: gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\n\n", "message=gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80|", 0, 0 },
	{ "\xef\xbb\xbf" "data: bom\n\n", "message=bom|", 0, 0 },
	{ "\n\n\n\ndata: late\n\n\n", "message=late|", 0, 0 },
	{ "data: [DONE]\n\n", "message=[DONE]|", 0, 0 },
	{ "data: whole\n\ndata: half\n", "message=whole|", 0, 1 },
	{ "data: whole\n\ndata: ha", "message=whole|", 0, 1 },
	{ "datax: no\n\n", "", 0, 0 },
	{ "", "", 0, 0 },
};

START_TEST(gives_the_same_events_at_every_split_position)
{
	size_t len = strlen(cases[_i].in);
	struct slo_sse s;

	slo_sse_init(&s, 0);
	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			struct seen seen = { .text = "" };

			slo_sse_reset(&s);
			ck_assert_int_eq(slo_sse_feed(&s, cases[_i].in, a, collect, &seen), 0);
			ck_assert_int_eq(slo_sse_feed(&s, cases[_i].in + a, b - a, collect, &seen), 0);
			ck_assert_int_eq(slo_sse_feed(&s, cases[_i].in + b, len - b, collect, &seen), 0);
			slo_sse_end(&s);
			ck_assert_str_eq(seen.text, cases[_i].want);
			ck_assert_int_eq((int)s.comments, cases[_i].comments);
			ck_assert_int_eq((int)s.cut, cases[_i].cut);
		}
	}
	slo_sse_fini(&s);
}
END_TEST

START_TEST(drops_and_counts_an_event_over_the_bound_and_goes_on)
{
	static const char in[] = "data: 12345\ndata: 67\n\ndata: 123456789\n\ndata: 12345678\n\ndata: fine\n\n";

	for (size_t step = 1; step < sizeof(in); step++) {
		struct seen seen = { .text = "" };
		struct slo_sse s;

		slo_sse_init(&s, 8);
		for (size_t i = 0; i < sizeof(in) - 1; i += step)
			slo_sse_feed(&s, in + i, sizeof(in) - 1 - i < step ? sizeof(in) - 1 - i : step, collect, &seen);
		ck_assert_str_eq(seen.text, "message=12345\n67|message=12345678|message=fine|");
		ck_assert_int_eq((int)s.oversized, 1);
		slo_sse_fini(&s);
	}
}
END_TEST

START_TEST(a_line_longer_than_the_bound_is_dropped_unless_it_is_a_comment)
{
	struct seen seen = { .text = "" };
	struct slo_sse s;
	char line[200];

	slo_sse_init(&s, 8);
	memset(line, 'x', sizeof(line));
	slo_sse_feed(&s, "data: ", 6, collect, &seen);
	slo_sse_feed(&s, line, sizeof(line), collect, &seen);
	slo_sse_feed(&s, "\n\n:", 3, collect, &seen);
	slo_sse_feed(&s, line, sizeof(line), collect, &seen);
	slo_sse_feed(&s, "\ndata: ok\n\n", 11, collect, &seen);
	ck_assert_str_eq(seen.text, "message=ok|");
	ck_assert_int_eq((int)s.oversized, 1);
	ck_assert_int_eq((int)s.comments, 1);
	slo_sse_fini(&s);
}
END_TEST

START_TEST(stops_where_the_callback_says_so)
{
	struct seen seen = { .text = "", .stop_after = 1 };
	struct slo_sse s;

	slo_sse_init(&s, 0);
	ck_assert_int_eq(slo_sse_feed(&s, "data: a\n\ndata: b\n\n", 18, collect, &seen), 7);
	ck_assert_str_eq(seen.text, "message=a|");
	slo_sse_fini(&s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sse");
	TCase *t = tcase_create("sse");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, gives_the_same_events_at_every_split_position, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(t, drops_and_counts_an_event_over_the_bound_and_goes_on);
	tcase_add_test(t, a_line_longer_than_the_bound_is_dropped_unless_it_is_a_comment);
	tcase_add_test(t, stops_where_the_callback_says_so);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
