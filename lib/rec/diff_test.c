/* SPDX-License-Identifier: MIT */
/*
 * Lexer and codec against jansson on mutated text. The exceptions both sides
 * agreed to differ in are listed in rec/oracle.h. SLO_DIFF_RUNS sets the number
 * of inputs, SLO_DIFF_SEED the seed.
 */
#include "rec/mutate.h"
#include "rec/oracle.h"
#include "rec/sink.h"

#include <check.h>

static const struct slo_str seeds[] = {
	SLO_STR(SINK_FULL),
	SLO_STR(SINK_FULL),
	SLO_STR(SINK_LEAST),
	SLO_STR("{\"u64s\":[1,2,3,4,5,6],\"obj\":{\"share\":1e-1,\"name\":\"\\u00e9\\ud83d\\ude00\",\"x\":[]},\"v\":true,"
		"\"e\":\"blue\",\"b\":false,\"u\":12,\"n\":8,\"t\":\"2024-02-29T23:59:60+05:30\",\"i\":-1,\"f\":1.5E3,"
		"\"s\":\"a\\tb\\\"c\\\\\",\"new\":{\"a\":1,\"b\":[true,null]},\"objs\":[{\"name\":\"1\"},{\"name\":\"2\"},"
		"{\"name\":\"3\"},{\"name\":4}]}"),
	SLO_STR("[[],{},\"\xe2\x82\xac\",-0.5e+10,[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],null]"),
	SLO_STR("  \"just a string, longer than eight bytes \\u20ac \"\n"),
};

static uint64_t first_seed(void)
{
	const char *text = getenv("SLO_DIFF_SEED");

	return text ? strtoull(text, NULL, 10) : 1;
}

static void fail_with(const char *verdict, const struct slo_buf *b, uint64_t run)
{
	fprintf(stderr, "input %llu: %.*s\n", (unsigned long long)run, (int)b->len, b->data);
	ck_abort_msg("%s", verdict);
}

START_TEST(agrees_with_jansson_on_mutated_text)
{
	uint64_t runs = mutate_runs(200000);
	struct oracle_stats s = { 0 };
	struct slo_rng rng;
	struct slo_buf b;

	slo_rng_seed(&rng, first_seed());
	slo_buf_init(&b, MUTATE_MAX);
	for (uint64_t i = 0; i < runs; i++) {
		struct oracle_verdict v;

		mutate_next(&b, &rng, seeds, SLO_ARRAY_LEN(seeds));
		v = oracle_check_text(b.data, b.len, &s);
		if (!v.text[0])
			v = oracle_check_record(&sink_rec, b.data, b.len, &s);
		if (v.text[0])
			fail_with(v.text, &b, i);
	}
	slo_buf_fini(&b);
	printf("%llu inputs: %llu valid JSON, %llu records; deep %llu, big integers %llu, skipped duplicates %llu, NUL %llu\n",
	       (unsigned long long)s.inputs, (unsigned long long)s.valid, (unsigned long long)s.records,
	       (unsigned long long)s.depth, (unsigned long long)s.big, (unsigned long long)s.duplicates,
	       (unsigned long long)s.nul);
	/* The mutations must reach both sides of the fence to prove anything. */
	if (runs >= 10000) {
		ck_assert_uint_gt(s.valid, runs / 20);
		ck_assert_uint_lt(s.valid, runs / 2);
		ck_assert_uint_gt(s.records, runs / 100);
	}
}
END_TEST

START_TEST(agrees_with_jansson_on_every_truncation)
{
	struct oracle_stats s = { 0 };

	for (size_t k = 0; k < SLO_ARRAY_LEN(seeds); k++) {
		for (size_t n = 0; n <= seeds[k].len; n++) {
			/* An exact copy, so that a read past the end is seen. */
			char *copy = malloc(n + 1);
			struct oracle_verdict v;

			ck_assert_ptr_nonnull(copy);
			memcpy(copy, seeds[k].p, n);
			v = oracle_check_text(copy, n, &s);
			if (!v.text[0])
				v = oracle_check_record(&sink_rec, copy, n, &s);
			free(copy);
			ck_assert_msg(!v.text[0], "%s: first %zu bytes of %s", v.text, n, seeds[k].p);
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rec/diff");
	TCase *t = tcase_create("jansson");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 0);
	tcase_add_test(t, agrees_with_jansson_on_every_truncation);
	tcase_add_test(t, agrees_with_jansson_on_mutated_text);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
