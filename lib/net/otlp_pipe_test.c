/* SPDX-License-Identifier: MIT */
/* Records of every kind over HTTP and back: out, export, a real connection, receive, in. */
#include "net/otlp_export.h"
#include "net/otlp_in.h"
#include "net/otlp_out.h"
#include "net/otlp_receive.h"
#include "net/test_records.h"

#include "base/time.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { RECORDS = 400, BATCH = 7 };

static struct records world;
static struct slo_event ev;
static struct slo_buf expected, got; /* lines; @got is the receiver's thread's until it has stopped */
static int busy;                     /* so many times the consumer has no room */
static struct slo_otlp_in *in;
static struct slo_otlp_out *out;
static struct slo_otlp_export *export;

static void collect(void *arg, const struct slo_event *e)
{
	(void)arg;
	ck_assert_int_eq(slo_event_encode(e, &got), 0);
}

static int consume(void *arg, int s, int e, struct slo_str body,
		   struct slo_otlp_answer *answer)
{
	(void)arg;
	if (busy > 0 && busy-- > 0)
		return -EAGAIN;
	return slo_otlp_in_body(in, s, e, body, answer, NULL);
}

static void send(int signal, int encoding)
{
	struct slo_otlp_batch b = { .signal = signal, .items = slo_otlp_out_items(out, signal) };
	struct slo_buf body;

	slo_buf_init(&body, SLO_OTLP_BODY_MAX);
	ck_assert_int_eq(slo_otlp_out_take(out, signal, encoding, &body), 0);
	b.body = slo_buf_str(&body);
	ck_assert_int_eq(slo_otlp_export_put(export, &b), 0);
	slo_buf_fini(&body);
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in the order of their bytes: batches group records, and three signals go three ways. */
static char *sorted(const struct slo_buf *b)
{
	char *copy = strdup(b->data ? b->data : ""), *text = calloc(1, b->len + 2), *at = text;
	char **lines = calloc(b->len + 1, sizeof(*lines));
	size_t n = 0;

	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), by_line);
	for (size_t i = 0; i < n; i++)
		at += sprintf(at, "%s\n", lines[i]);
	free(lines);
	free(copy);
	return text;
}

static void put_all(int encoding)
{
	for (int i = 0; i < RECORDS; i++) {
		int kind = i % SLO_KIND__COUNT, signal = slo_otlp_out_signal(kind);

		records_event(&world, kind, &ev);
		ck_assert_int_eq(slo_otlp_out_put(out, &ev, 1771666200000000000, NULL), 0);
		ck_assert_int_eq(slo_event_encode(&ev, &expected), 0);
		if (slo_otlp_out_count(out, signal) == BATCH)
			send(signal, encoding);
	}
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++)
		if (slo_otlp_out_count(out, s))
			send(s, encoding);
}

/* The first line that differs. */
static void compare(const char *a, const char *b)
{
	while (*a || *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			ck_abort_msg("%.*s\nbecame\n%.*s", (int)(n < 1500 ? n : 1500), a, (int)(m < 1500 ? m : 1500), b);
		a += n + (a[n] != '\0');
		b += m + (b[m] != '\0');
	}
}

/* The encoding, and whether it is packed, as the loop's index. */
START_TEST(records_arrive_equal_over_http)
{
	const struct slo_otlp_receive_opts ro = { .listen = "127.0.0.1:0", .consume = consume };
	const struct slo_otlp_in_opts io = { .emit = collect, .window_ns = -1 };
	struct slo_otlp_out_opts oo = { .tool = SLO_STR("test") };
	struct slo_otlp_layer flags = { .all = { [SLO_OTLP_PROTOCOL] = _i % 2 ? "http/json" : "http/protobuf",
						 [SLO_OTLP_COMPRESSION] = _i / 2 ? "gzip" : "none" } };
	struct slo_otlp_config config;
	struct slo_otlp_export_opts xo = { .config = &config, .backoff_ns = SLO_NS_PER_MS };
	struct slo_otlp_export_stats n;
	struct slo_otlp_receive *rx;
	char base[64], *a, *b;

	slo_buf_init(&expected, 64 << 20);
	slo_buf_init(&got, 64 << 20);
	slo_rng_seed(&world.rng, 7);
	busy = 1;
	ck_assert_int_eq(slo_otlp_in_new(&io, &in), 0);
	ck_assert_int_eq(slo_otlp_out_new(&oo, &out), 0);
	ck_assert_int_eq(slo_otlp_receive_start(&ro, &rx, NULL), 0);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d", slo_otlp_receive_port(rx));
	flags.all[SLO_OTLP_ENDPOINT] = base;
	ck_assert_int_eq(slo_otlp_config_resolve(&flags, NULL, NULL, NULL, &config, NULL), 0);
	ck_assert_int_eq(slo_otlp_export_new(&xo, &export, NULL), 0);
	put_all(_i % 2 ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF);
	ck_assert_uint_eq(slo_otlp_export_end(export, 30 * SLO_NS_PER_S, NULL), 0);
	slo_otlp_export_stats(export, &n);
	ck_assert_uint_eq(n.rejected_items + n.unreadable + n.warnings, 0);
	ck_assert_uint_eq(n.delivered_items, n.items);
	ck_assert_uint_eq(n.retries, 1);
	slo_otlp_receive_stop(rx);
	a = sorted(&expected);
	b = sorted(&got);
	compare(a, b);
	free(a);
	free(b);
	slo_otlp_export_free(export);
	slo_otlp_config_fini(&config);
	slo_otlp_out_free(out);
	slo_otlp_in_free(in);
	slo_buf_fini(&expected);
	slo_buf_fini(&got);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_pipe");
	TCase *t = tcase_create("otlp_pipe");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, records_arrive_equal_over_http, 0, 4);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
