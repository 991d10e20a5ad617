/* SPDX-License-Identifier: MIT */
/* Records through OTLP and back: random valid ones of every kind, in both encodings. */
#include "net/otlp_in.h"
#include "net/otlp_out.h"
#include "net/test_records.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct records world;
static struct slo_event ev;
static struct slo_buf expected, got, body;

static void collect(void *arg, const struct slo_event *e)
{
	(void)arg;
	ck_assert_int_eq(slo_event_encode(e, &got), 0);
}

static void prepare(void)
{
	slo_buf_init(&expected, 64 << 20);
	slo_buf_init(&got, 64 << 20);
	slo_buf_init(&body, 64 << 20);
}

static void clean(void)
{
	slo_buf_fini(&expected);
	slo_buf_fini(&got);
	slo_buf_fini(&body);
}

/* The first line that differs. */
static void compare(const char *what)
{
	const char *a = expected.data ? expected.data : "", *b = got.data ? got.data : "";

	while (*a || *b) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			ck_abort_msg("%s:\n%.*s\nbecame\n%.*s", what, (int)n, a, (int)m, b);
		a += n + (a[n] != '\0');
		b += m + (b[m] != '\0');
	}
}

static void take_in(struct slo_otlp_in *in, int signal, int encoding)
{
	struct slo_otlp_answer answer = { .rejected = -1 };
	struct slo_err err = { .what = "" };
	int r = slo_otlp_in_body(in, signal, encoding, slo_buf_str(&body), &answer, &err);

	ck_assert_msg(r == 0, "%s: %s", err.where, err.what);
	ck_assert_msg(answer.rejected == 0, "%.*s", SLO_STR_ARG(answer.message));
}

/* @n records of @kind at once, there and back. */
static void round_trip(int kind, int encoding, unsigned int n, uint64_t seed)
{
	struct slo_otlp_out_opts oo = { .tool = SLO_STR("test"), .items_max = 10000 };
	struct slo_otlp_in_opts io = { .emit = collect, .window_ns = -1 };
	struct slo_otlp_out *out;
	struct slo_otlp_in *in;
	struct slo_err err = { .what = "" };
	char what[80];

	ck_assert_int_eq(slo_otlp_out_new(&oo, &out), 0);
	ck_assert_int_eq(slo_otlp_in_new(&io, &in), 0);
	slo_rng_seed(&world.rng, seed);
	slo_buf_reset(&expected);
	slo_buf_reset(&got);
	slo_buf_reset(&body);
	for (unsigned int i = 0; i < n; i++) {
		int r;

		records_event(&world, kind, &ev);
		r = slo_otlp_out_put(out, &ev, 1771666200000000000, &err);
		ck_assert_msg(r == 0, "put %d: %s: %s", r, err.where, err.what);
		ck_assert_int_eq(slo_event_encode(&ev, &expected), 0);
	}
	ck_assert_uint_eq(slo_otlp_out_count(out, slo_otlp_out_signal(kind)), n);
	ck_assert_int_eq(slo_otlp_out_take(out, slo_otlp_out_signal(kind), encoding, &body), 0);
	ck_assert_uint_eq(slo_otlp_out_count(out, slo_otlp_out_signal(kind)), 0);
	take_in(in, slo_otlp_out_signal(kind), encoding);
	snprintf(what, sizeof(what), "%s in %s, seed %llu", slo_kind_enum.names[kind],
		 slo_otlp_encoding_enum.names[encoding], (unsigned long long)seed);
	compare(what);
	slo_otlp_out_free(out);
	slo_otlp_in_free(in);
}

START_TEST(a_record_of_every_kind_comes_back_equal)
{
	for (uint64_t seed = 1; seed <= 300; seed++)
		for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++)
			round_trip(_i, e, 1, seed);
}
END_TEST

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in the order of their bytes: a batch groups records by resource and metric. */
static void sort_lines(struct slo_buf *b)
{
	size_t n = 0, count = 0;
	char **lines, *copy = strdup(b->data);

	for (char *p = copy; *p; p++)
		count += *p == '\n';
	lines = calloc(count + 1, sizeof(*lines));
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), by_line);
	slo_buf_reset(b);
	for (size_t i = 0; i < n; i++)
		slo_buf_addf(b, "%s\n", lines[i]);
	free(lines);
	free(copy);
}

static uint64_t items;

static void pass_on(struct slo_otlp_out *out, struct slo_otlp_in *in, int signal)
{
	items += slo_otlp_out_items(out, signal);
	slo_buf_reset(&body);
	ck_assert_int_eq(slo_otlp_out_take(out, signal, SLO_OTLP_PROTOBUF, &body), 0);
	take_in(in, signal, SLO_OTLP_PROTOBUF);
}

START_TEST(a_batch_of_all_kinds_comes_back_whole)
{
	struct slo_otlp_out_opts oo = { .items_max = 10000 };
	struct slo_otlp_in_opts io = { .emit = collect, .window_ns = -1 };
	struct slo_otlp_in_counters n;
	struct slo_otlp_out *out;
	struct slo_otlp_in *in;
	int r;

	ck_assert_int_eq(slo_otlp_out_new(&oo, &out), 0);
	ck_assert_int_eq(slo_otlp_in_new(&io, &in), 0);
	slo_rng_seed(&world.rng, 42);
	for (unsigned int i = 0; i < 600; i++) {
		records_event(&world, (int)(i % SLO_KIND__COUNT), &ev);
		r = slo_otlp_out_put(out, &ev, 1, NULL);
		/* More resources than a batch holds. */
		if (r == -ENOSPC) {
			pass_on(out, in, slo_otlp_out_signal(ev.kind));
			r = slo_otlp_out_put(out, &ev, 1, NULL);
		}
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(slo_event_encode(&ev, &expected), 0);
	}
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++)
		pass_on(out, in, s);
	sort_lines(&expected);
	sort_lines(&got);
	compare("all kinds");
	slo_otlp_in_counters(in, &n);
	ck_assert_uint_eq(n.items[0] + n.items[1] + n.items[2], items);
	ck_assert_uint_eq(n.foreign[0] + n.foreign[1] + n.foreign[2], 0);
	slo_otlp_out_free(out);
	slo_otlp_in_free(in);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_round");
	TCase *t = tcase_create("round");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, prepare, clean);
	tcase_add_loop_test(t, a_record_of_every_kind_comes_back_equal, 0, SLO_KIND__COUNT);
	tcase_add_test(t, a_batch_of_all_kinds_comes_back_whole);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
