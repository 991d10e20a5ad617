/* SPDX-License-Identifier: MIT */
#include "decode/http.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static struct slo_http h;
static char events[4096];

static void note(enum slo_http_event ev)
{
	static const char names[] = ".SHIcEURBTP";

	if (ev != SLO_HTTP_MORE)
		events[strlen(events)] = names[ev];
}

static void feed(const char *text, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	size_t at = 0, used;
	enum slo_http_event ev;

	memcpy(copy, text, n);
	slo_http_piece(&h, true);
	do {
		ev = slo_http_feed(&h, copy + at, n - at, &used);
		at += used;
		note(ev);
	} while (ev != SLO_HTTP_MORE);
	ck_assert_uint_eq(at, n);
	free(copy);
}

static void skip(uint64_t n)
{
	enum slo_http_event ev;
	uint64_t used;

	do {
		ev = slo_http_skip(&h, n, &used);
		n -= used;
		note(ev);
	} while (ev != SLO_HTTP_MORE || n > 0);
}

static void begin(bool response)
{
	memset(events, 0, sizeof(events));
	slo_http_init(&h, response, true);
}

static void check(bool response, const char *text, const char *want)
{
	begin(response);
	feed(text, strlen(text));
	ck_assert_str_eq(events, want);
}

static const struct {
	bool response;
	const char *text, *events;
} cases[] = {
	{ false, "GET / HTTP/1.1\r\n\r\n", "SHE" },
	{ false, "\r\nGET / HTTP/1.0\nhost: x\n\nGET /b HTTP/1.1\r\n\r\n", "SHESHE" },
	{ false, "POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n", "SHcESHE" },
	{ false, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	  "SHcESHE" },
	{ false, "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "SHE" },
	{ false, "GET /\r\n\r\n", "SB" },
	{ false, "GET / HTTP/2.0\r\n\r\n", "SB" },
	{ false, "get / HTTP/1.1\r\n\r\n", "B" },
	{ false, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "SP" },
	{ false, "\x16\x03\x01\x02\x05", "T" },
	{ false, "\x16\x04", "B" },
	{ false, "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", "SB" },
	{ false, "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "SB" },
	{ false, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx", "SHB" },
	{ true, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	  "SHcESHE" },
	{ true, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n", "SISHE" },
	{ true, "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", "SHE" },
	{ true, "HTTP/1.1 101 Switching\r\n\r\nanything", "SU" },
	{ true, "HTTP/1.1 200\r\n\r\nto the end", "SHc" },
	{ true, "HTTP/1.1 20 OK\r\n\r\n", "SB" },
	{ true, "ICY 200 OK\r\n\r\n", "B" },
	{ true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;e=1\r\nc\r\n0\r\nT: x\r\n\r\n",
	  "SHccE" },
	{ true,
	  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "5\r\n: hi\n\r\n8\r\ndata: x\n\r\n1\r\n\n\r\n4\r\ndata\r\n4\r\n: y\n\r\n0\r\n\r\n",
	  "SHccE" },
	{ true,
	  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 26\r\n\r\ndata: \ndata: "
	  "[DONE]\ndata:y",
	  "SHE" },
	{ true,
	  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: "
	  "5\r\n\r\nxxxxx",
	  "SHcE" },
};

START_TEST(messages_give_their_events)
{
	check(cases[_i].response, cases[_i].text, cases[_i].events);
}
END_TEST

START_TEST(any_split_gives_the_same_events)
{
	size_t n = strlen(cases[_i].text);

	if (strchr(cases[_i].events, 'B')) /* every piece after a bad one is tried anew */
		return;
	for (size_t cut = 1; cut < n; cut++) {
		begin(cases[_i].response);
		feed(cases[_i].text, cut);
		feed(cases[_i].text + cut, n - cut);
		ck_assert_msg(strcmp(events, cases[_i].events) == 0, "cut at %zu: %s", cut, events);
	}
	begin(cases[_i].response);
	for (size_t i = 0; i < n; i++)
		feed(cases[_i].text + i, 1);
	ck_assert_str_eq(events, cases[_i].events);
}
END_TEST

START_TEST(head_fields_are_read)
{
	check(true, "HTTP/1.1 503 Busy\r\nCONTENT-TYPE:text/event-stream\r\nTransfer-Encoding: Chunked\r\n\r\n", "SH");
	ck_assert_int_eq(h.status, 503);
	ck_assert(h.event_stream && h.chunked && !h.encoded && !h.has_length);
	check(false, "HEAD / HTTP/1.1\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n",
	      "SHE");
	ck_assert(h.is_head);
	ck_assert_str_eq(h.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
	check(false, "GET / HTTP/1.1\r\ntraceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n\r\n",
	      "SHE");
	ck_assert_str_eq(h.trace_id, "");
	check(false, "GET / HTTP/1.1\r\ntraceparent: 00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n",
	      "SHE");
	ck_assert_str_eq(h.trace_id, "");
}
END_TEST

START_TEST(an_answer_to_head_has_no_body)
{
	begin(true);
	h.to_head = true;
	feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 38);
	ck_assert_str_eq(events, "SHE");
}
END_TEST

START_TEST(lines_longer_than_are_kept_do_no_harm)
{
	static char text[70200];

	begin(false);
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	memcpy(text + 3000, " HTTP/1.1\r\nX: ", 14);
	memcpy(text + 9000, "\r\nContent-Length: 2\r\n\r\nab", 25);
	feed(text, 9025);
	ck_assert_str_eq(events, "SHcE");
	begin(false);
	memset(text, 'a', sizeof(text));
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	feed(text, sizeof(text)); /* a head without end */
	ck_assert_str_eq(events, "SB");
}
END_TEST

START_TEST(missing_bytes_inside_bodies_keep_step)
{
	begin(true);
	feed("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", 41);
	skip(8);
	feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nab", 52);
	skip(8);
	feed("\r\n0\r\n\r\n", 7);
	ck_assert_str_eq(events, "SHcESHcE");
	ck_assert_uint_eq(h.body_bytes, 10);
	feed("HTTP/1.1 200 OK\r\n\r\n", 19);
	skip(100);
	ck_assert(slo_http_close(&h));
	ck_assert_uint_eq(h.body_bytes, 100);
}
END_TEST

START_TEST(missing_bytes_of_a_head_end_the_message)
{
	begin(true);
	feed("HTTP/1.1 200 OK\r\n", 17);
	skip(5);
	feed("rest of it", 10);
	feed("HTTP/1.1 204 x\r\n\r\n", 18);
	ck_assert_str_eq(events, "SBBSHE");
	begin(false);
	feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", 50);
	skip(7);
	ck_assert_str_eq(events, "SHB");
}
END_TEST

START_TEST(lost_chunk_framing_is_found_again)
{
	begin(true);
	feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 52);
	skip(50);
	ck_assert(slo_http_lost(&h));
	feed("who knows", 9);
	feed("3\r\nxyz\r\n", 8);
	feed("0\r\n\r\n", 5);
	ck_assert_str_eq(events, "SHccRcE");
	begin(true);
	feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 52);
	skip(50);
	feed("tail of a chunk\r\n0\r\n\r\n", 22);
	ck_assert_str_eq(events, "SHcRE");
	ck_assert(slo_http_idle(&h));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		head_fields_are_read, an_answer_to_head_has_no_body, lines_longer_than_are_kept_do_no_harm,
		missing_bytes_inside_bodies_keep_step, missing_bytes_of_a_head_end_the_message,
		lost_chunk_framing_is_found_again,
	};
	Suite *s = suite_create("http");
	TCase *tc = tcase_create("http");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, messages_give_their_events, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_loop_test(tc, any_split_gives_the_same_events, 0, (int)SLO_ARRAY_LEN(cases));
	for (size_t i = 0; i < SLO_ARRAY_LEN(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
