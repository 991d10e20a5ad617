/* SPDX-License-Identifier: MIT */
/* The exact decimals, on numbers as they are written. */
#include "jschema/number.h"
#include "jschema/value.h"

#include <check.h>

static struct slo_jtape tape;

static const struct slo_jnode *read_number(const char *text)
{
	ck_assert_int_eq(slo_jtape_read(&tape, text, strlen(text), NULL), 0);
	ck_assert_uint_eq(tape.count, 1);
	return tape.nodes;
}

static int compare(const char *a, const char *b)
{
	struct slo_jdec x, y;

	slo_jdec_init(&x, read_number(a));
	slo_jdec_init(&y, read_number(b));
	return slo_jdec_cmp(&x, &y);
}

/* From the lowest to the highest; a line holds equal ones. */
static const char *const ordered[][4] = {
	{ "-1e300", "-10e299" },
	{ "-18446744073709551616" },
	{ "-18446744073709551615", "-18446744073709551615.000" },
	{ "-1.5", "-15e-1", "-1.50", "-0.15E+1" },
	{ "-1e-999999999999" },
	{ "0", "-0", "0.000", "0e99999999999" },
	{ "1e-999999999999" },
	{ "1e-99999999" },
	{ "0.1", "1e-1", "0.10", "100000000000000000000000000e-27" },
	{ "0.10000000000000000000000000000001" },
	{ "0.10000000000000000000000000000002" },
	{ "1", "1.0", "10e-1", "0.00000000000000000000000000001e29" },
	{ "9007199254740992" },
	{ "9007199254740993", "9007199254740993.0", "9.007199254740993e15" },
	{ "12345678901234567890123" },
	{ "12345678901234567890123.5", "123456789012345678901235e-1" },
	{ "12345678901234567890124" },
	{ "1e308", "10.00e307" },
};

START_TEST(orders_and_equates_exactly)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(ordered); i++)
		for (size_t j = 0; j < SLO_ARRAY_LEN(ordered); j++)
			for (size_t a = 0; a < 4 && ordered[i][a]; a++)
				for (size_t b = 0; b < 4 && ordered[j][b]; b++) {
					int c = compare(ordered[i][a], ordered[j][b]);

					ck_assert_msg((c > 0) - (c < 0) == (i > j) - (i < j), "%s and %s: %d",
						      ordered[i][a], ordered[j][b], c);
				}
}
END_TEST

START_TEST(equal_numbers_hash_alike)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(ordered); i++)
		for (size_t a = 1; a < 4 && ordered[i][a]; a++) {
			uint64_t first = slo_jnode_hash(read_number(ordered[i][0]), 7);

			ck_assert_uint_eq(slo_jnode_hash(read_number(ordered[i][a]), 7), first);
		}
}
END_TEST

static const struct {
	const char *a, *b;
	bool multiple;
} multiples[] = {
	{ "10", "2", true },
	{ "7", "2", false },
	{ "4.5", "1.5", true },
	{ "0.0075", "0.0001", true },
	{ "0.00751", "0.0001", false },
	{ "0.3", "0.1", true },
	{ "-0.3", "0.1", true },
	{ "0", "0.7", true },
	{ "1e308", "0.5", true },
	{ "1e308", "0.123456789", false },
	{ "1e308", "3", false },
	{ "3e308", "3", false /* beyond the largest double: not read, see below */ },
	{ "12345678901234567890123", "3", true },
	{ "12345678901234567890124", "3", false },
	{ "12345678901234567890123.5", "0.5", true },
	{ "12345678901234567890123.5", "1", false },
	{ "1e-999999999", "1", false },
	{ "1e-7", "1e-8", true },
	{ "1e-8", "1e-7", false },
	{ "9223372036854775807", "9223372036854775807", true },
	{ "100000000000000000000000000000000000", "7", false },
	{ "700000000000000000000000000000000000", "7", true },
};

START_TEST(knows_multiples)
{
	struct slo_jdec x, y;
	struct slo_err err = { "", "" };

	if (strcmp(multiples[_i].a, "3e308") == 0) {
		ck_assert_int_lt(slo_jtape_read(&tape, "3e308", 5, &err), 0);
		ck_assert_ptr_nonnull(strstr(err.what, "largest double"));
		return;
	}
	slo_jdec_init(&y, read_number(multiples[_i].b));
	slo_jdec_init(&x, read_number(multiples[_i].a));
	ck_assert_msg(slo_jdec_multiple(&x, &y) == multiples[_i].multiple, "%s %s", multiples[_i].a, multiples[_i].b);
}
END_TEST

static const struct {
	const char *text;
	bool integral;
} integrals[] = {
	{ "1.0", true }, { "1.5", false }, { "1e2", true }, { "15e-1", false }, { "150e-1", true }, { "0.0", true },
	{ "1e308", true }, { "1e-999999", false }, { "0e-999999", true }, { "12345678901234567890.0", true },
	{ "12345678901234567890.00001", false }, { "1234567890123456789012e-2", false },
	{ "1234567890123456789000e-2", true },
};

START_TEST(knows_integers)
{
	struct slo_jdec d;

	slo_jdec_init(&d, read_number(integrals[_i].text));
	ck_assert_msg(slo_jdec_integral(&d) == integrals[_i].integral, "%s", integrals[_i].text);
}
END_TEST

static struct slo_jdec of_json(json_t *json)
{
	struct slo_jdec d;
	uint32_t at;

	tape.count = 0;
	ck_assert_int_eq(slo_jtape_add(&tape, json, &at), 0);
	slo_jdec_init(&d, &tape.nodes[at]);
	json_decref(json);
	return d;
}

START_TEST(doubles_of_a_schema_are_the_decimals_they_were_written_as)
{
	static const struct {
		double v;
		const char *text;
	} cases[] = { { 0.1, "0.1" }, { -0.01, "-0.01" }, { 1e21, "1e21" }, 
		      { 123456789012345680000.0, "12345678901234568e4" },
		      { 5e-324, "5e-324" }, { 1.7976931348623157e308, "1.7976931348623157e308" }, { -0.0, "0" } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		struct slo_jdec d = of_json(json_real(cases[i].v)), want;

		slo_jdec_init(&want, read_number(cases[i].text));
		ck_assert_msg(slo_jdec_cmp(&d, &want) == 0, "%s", cases[i].text);
	}
	ck_assert_int_lt(slo_jdec_cmp(&(struct slo_jdec){ 0 }, (struct slo_jdec[]){ of_json(json_integer(1)) }), 0);
}
END_TEST

static void set_up(void)
{
	slo_jtape_init(&tape);
}

static void tear_down(void)
{
	slo_jtape_fini(&tape);
}

int main(void)
{
	Suite *s = suite_create("jschema/number");
	TCase *t = tcase_create("number");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, orders_and_equates_exactly);
	tcase_add_test(t, equal_numbers_hash_alike);
	tcase_add_loop_test(t, knows_multiples, 0, (int)SLO_ARRAY_LEN(multiples));
	tcase_add_loop_test(t, knows_integers, 0, (int)SLO_ARRAY_LEN(integrals));
	tcase_add_test(t, doubles_of_a_schema_are_the_decimals_they_were_written_as);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
