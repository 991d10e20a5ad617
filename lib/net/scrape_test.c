/* SPDX-License-Identifier: MIT */
#include "net/scrape.h"

#include "base/time.h"
#include "event/event.h"
#include "net/testing_http.h"

#include <errno.h>
#include <signal.h>

enum { REPORTS = 8, WAIT_MS = 10000, LINE = 1 << 16 };

static struct script srv;
static char url[64], pages[4][1024], reports[REPORTS][512];
static atomic_int reported;
static char line[LINE];

static void on_report(void *arg, const struct slo_err *err)
{
	int i = reported++;

	(void)arg;
	if (i < REPORTS)
		snprintf(reports[i], sizeof(reports[i]), "%s: %s", err->where, err->what);
}

/* A page that says so many requests were answered within 0.1 s, and in all. */
static const char *page(int i, int fast, int all)
{
	char body[512];

	snprintf(body, sizeof(body), "vllm:time_to_first_token_seconds_bucket{le=\"0.1\"} %d\n"
				     "vllm:time_to_first_token_seconds_bucket{le=\"+Inf\"} %d\n"
				     "vllm:time_to_first_token_seconds_sum 1\n", fast, all);
	snprintf(pages[i], sizeof(pages[i]),
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
	return pages[i];
}

static struct slo_scrape *start(void)
{
	struct slo_scrape_opts o = { .url = url, .every_ns = 30 * SLO_NS_PER_MS, .timeout_ns = 300 * SLO_NS_PER_MS,
				     .engine = { .service = SLO_STR("chat") }, .report = on_report };
	struct slo_scrape *s = NULL;
	struct slo_err err = { .what = "" };

	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/metrics", srv.port);
	ck_assert_msg(slo_scrape_start(&o, &s, &err) == 0, "%s", err.what);
	return s;
}

/* The next record, as a window. Return: false at the end of the records. */
static bool next_window(int fd, struct slo_sli_window *out)
{
	static struct slo_rec_ctx c;
	static struct slo_event ev;
	size_t n = 0;
	int r;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		ck_assert_int_eq(poll(&p, 1, WAIT_MS), 1);
		if (read(fd, line + n, 1) != 1)
			return false;
		if (line[n++] == '\n')
			break;
	}
	slo_rec_ctx_init(&c);
	r = slo_event_decode(&c, line, n - 1, -1, ~0u, &ev, NULL);
	slo_rec_ctx_fini(&c); /* nothing here has an escape */
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(ev.kind, SLO_KIND_SLI_WINDOW);
	*out = ev.sli_window;
	return true;
}

START_TEST(windows_come_out_of_the_pipe_and_end_with_the_scrape)
{
	struct slo_scrape_stats n;
	struct slo_sli_window w;
	struct slo_scrape *s;
	int fd;

	srv.parts[0] = (struct script_part){ .say = page(0, 5, 10), .stay = true };
	srv.parts[1] = (struct script_part){ .say = page(1, 8, 14), .stay = true };
	srv.count = 2;
	s = start();
	fd = slo_scrape_fd(s);
	ck_assert(next_window(fd, &w));
	ck_assert_uint_eq(w.valid, 4);
	ck_assert_int_eq(w.sli, SLO_SLI_TTFT);
	ck_assert(slo_str_is(w.service, "chat"));
	ck_assert_int_gt(w.end_ns, w.start_ns);
	ck_assert(next_window(fd, &w));
	ck_assert_uint_eq(w.valid, 0);
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\nAccept: text/plain"));
	slo_scrape_stats(s, &n);
	ck_assert_uint_ge(n.scrapes, 3);
	ck_assert_uint_eq(n.failed, 0);
	slo_scrape_stop(s);
	while (next_window(fd, &w))
		;
	close(fd);
	script_stop(&srv);
	ck_assert_int_eq(reported, 1);
	ck_assert_str_eq(reports[0], "scrape of chat: vLLM; its metrics do not tell: request_latency_ms "
				     "token_throughput_tps error_rate");
}
END_TEST

START_TEST(a_failed_scrape_is_told_and_the_next_window_reaches_over_it)
{
	static char nonsense[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>";
	struct slo_scrape_stats n;
	struct slo_sli_window w;
	struct slo_scrape *s;
	int fd;

	srv.parts[0] = (struct script_part){ .say = page(0, 5, 10), .stay = true };
	srv.parts[1] =
		(struct script_part){ .say = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", .stay = true };
	srv.parts[2] = (struct script_part){ .say = nonsense, .stay = true };
	srv.parts[3] = (struct script_part){ .hang = true };
	srv.parts[4] = (struct script_part){ .say = page(1, 6, 12), .stay = true };
	srv.count = 5;
	s = start();
	fd = slo_scrape_fd(s);
	ck_assert(next_window(fd, &w));
	ck_assert_uint_eq(w.valid, 2);
	/* At least the time the hanging one took. */
	ck_assert_int_ge(w.end_ns - w.start_ns, 300 * SLO_NS_PER_MS);
	slo_scrape_stats(s, &n);
	ck_assert_uint_eq(n.failed, 3);
	slo_scrape_stop(s);
	close(fd);
	script_stop(&srv);
	ck_assert_int_eq(reported, 4);
	ck_assert_str_eq(reports[1], "scrape of chat: HTTP 404");
	ck_assert_str_eq(reports[2], "scrape of chat: not metrics in the text format of Prometheus");
	ck_assert_msg(strstr(reports[3], "no whole answer within 0.3 s") != NULL, "%s", reports[3]);
}
END_TEST

static void wait_scrapes(struct slo_scrape *s, uint64_t want)
{
	struct slo_scrape_stats n = { .scrapes = 0 };

	for (int i = 0; i < 10000 && n.scrapes < want; i++) {
		usleep(1000);
		slo_scrape_stats(s, &n);
	}
	ck_assert_uint_ge(n.scrapes, want);
}

START_TEST(a_stop_does_not_wait_for_a_peer_that_hangs_or_a_reader_that_sleeps)
{
	int64_t began;
	struct slo_scrape *s;

	srv.parts[0] = (struct script_part){ .hang = true };
	if (_i) {
		srv.parts[0] = (struct script_part){ .say = page(0, 5, 10), .stay = true };
		s = start();
		/* Nobody reads: it stops when the pipe is full, or goes on until then. */
		wait_scrapes(s, 10);
	} else {
		s = start();
		for (int i = 0; i < 5000 && srv.answered == 0; i++)
			usleep(1000);
	}
	began = slo_now_mono_ns();
	slo_scrape_stop(s);
	ck_assert_int_lt(slo_now_mono_ns() - began, 2 * SLO_NS_PER_S);
	script_stop(&srv);
}
END_TEST

START_TEST(an_address_or_file_that_makes_no_sense_is_an_error)
{
	struct slo_scrape_opts o = { .url = "localhost:8000" };
	struct slo_scrape *s;
	struct slo_err err = { .what = "" };

	ck_assert_int_eq(slo_scrape_start(&o, &s, &err), -EINVAL);
	o = (struct slo_scrape_opts){ .url = "http://localhost", .bearer_file = "/nonexistent" };
	ck_assert_int_eq(slo_scrape_start(&o, &s, &err), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("scrape");
	TCase *t = tcase_create("scrape");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, windows_come_out_of_the_pipe_and_end_with_the_scrape);
	tcase_add_test(t, a_failed_scrape_is_told_and_the_next_window_reaches_over_it);
	tcase_add_loop_test(t, a_stop_does_not_wait_for_a_peer_that_hangs_or_a_reader_that_sleeps, 0, 2);
	tcase_add_test(t, an_address_or_file_that_makes_no_sense_is_an_error);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
