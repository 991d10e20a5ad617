/* SPDX-License-Identifier: MIT */
#include "net/serve_dist.h"

#include "base/str.h"
#include "stat/quantile.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { DRAWS = 20000 };

/* Median, and 84th percentile by median: e^sigma for a lognormal. */
static const struct {
	const char *spec;
	double min, median, p84, max;
} shapes[] = {
	{ "12.5", 12.5, 12.5, 12.5, 12.5 },
	{ "fixed:7", 7, 7, 7, 7 },
	{ "0", 0, 0, 0, 0 },
	{ "uniform:50:150", 50, 100, 134.1, 150 },
	{ "lognormal:100:0.5", 0, 100, 164.9, INFINITY },
	{ "lognormal:3000000:3", 0, 3000000, SLO_DIST_MAX_MS, SLO_DIST_MAX_MS },
};

START_TEST(draws_what_it_was_told_to)
{
	static double v[DRAWS];
	struct slo_err err = { .what = "" };
	struct slo_rng rng, again;
	struct slo_dist d;

	ck_assert_int_eq(slo_dist_parse(shapes[_i].spec, &d, &err), 0);
	slo_rng_seed(&rng, 3);
	slo_rng_seed(&again, 3);
	for (int i = 0; i < DRAWS; i++) {
		v[i] = slo_dist_draw(&d, &rng);
		ck_assert_double_eq_tol(v[i], slo_dist_draw(&d, &again), 1e-300);
	}
	slo_sort_f64(v, DRAWS);
	ck_assert_double_ge(v[0], shapes[_i].min);
	ck_assert_double_le(v[DRAWS - 1], shapes[_i].max);
	ck_assert_double_eq_tol(slo_quantile(v, DRAWS, 0.5), shapes[_i].median, 0.03 * shapes[_i].median + 1e-9);
	ck_assert_double_eq_tol(slo_quantile(v, DRAWS, 0.8413), shapes[_i].p84, 0.03 * shapes[_i].p84 + 1e-9);
}
END_TEST

static const char *const bad[] = {
	"",
	"ms",
	"-1",
	"uniform:1",
	"uniform:5:1",
	"uniform:1:2:3",
	"lognormal:0:1",
	"lognormal:5:11",
	"4000000",
	"file:/nonexistent/x",
	"gamma:1:2",
	"nan",
	"fixed:",
};

START_TEST(refuses_what_is_no_distribution)
{
	struct slo_err err = { .what = "" };
	struct slo_dist d;

	ck_assert_int_lt(slo_dist_parse(bad[_i], &d, &err), 0);
	ck_assert(err.what[0]);
}
END_TEST

static int parse_file(const char *text, struct slo_dist *d, struct slo_err *err)
{
	char path[] = "/tmp/slo-dist-XXXXXX", spec[64];
	int fd = mkstemp(path), ret;

	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	snprintf(spec, sizeof(spec), "file:%s", path);
	ret = slo_dist_parse(spec, d, err);
	unlink(path);
	return ret;
}

START_TEST(takes_measured_times_from_a_file)
{
	struct slo_err err = { .what = "" };
	struct slo_rng rng;
	struct slo_dist d;
	int seen[4] = { 0 };

	ck_assert_int_eq(parse_file("# ms\n1\n2\r\n\n3", &d, &err), 0);
	slo_rng_seed(&rng, 1);
	for (int i = 0; i < 300; i++)
		seen[(int)slo_dist_draw(&d, &rng)]++;
	ck_assert_int_eq(seen[0], 0);
	for (int i = 1; i < 4; i++)
		ck_assert_int_gt(seen[i], 60);
	slo_dist_fini(&d);
	ck_assert_int_eq(parse_file("1\n2\nx\n", &d, &err), -EINVAL);
	ck_assert_msg(strstr(err.where, ":3") != NULL, "%s", err.where);
	slo_err_reset(&err);
	ck_assert_int_eq(parse_file("# nothing\n", &d, &err), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("serve_dist");
	TCase *c = tcase_create("dist");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_loop_test(c, draws_what_it_was_told_to, 0, (int)SLO_ARRAY_LEN(shapes));
	tcase_add_loop_test(c, refuses_what_is_no_distribution, 0, (int)SLO_ARRAY_LEN(bad));
	tcase_add_test(c, takes_measured_times_from_a_file);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
