/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <check.h>
#include <errno.h>

START_TEST(never_exceeds_its_maximum)
{
	struct slo_buf b;

	slo_buf_init(&b, 10);
	slo_buf_adds(&b, "12345678");
	slo_buf_addc(&b, '9');
	ck_assert_int_eq(b.err, 0);
	slo_buf_adds(&b, "ab");
	ck_assert_int_eq(b.err, -EMSGSIZE);
	ck_assert_str_eq(b.data, "123456789");
	/* The error sticks, so that one check at the end is enough. */
	slo_buf_addc(&b, 'a');
	ck_assert_uint_eq(b.len, 9);
	slo_buf_addf(&b, "%d", 1);
	ck_assert_uint_eq(b.len, 9);
	slo_buf_reset(&b);
	ck_assert_int_eq(b.err, 0);
	slo_buf_adds(&b, "1234567890");
	ck_assert_int_eq(b.err, 0);
	ck_assert_str_eq(b.data, "1234567890");
	slo_buf_fini(&b);
	ck_assert_uint_eq(b.max, 10);
	ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(grows_and_keeps_its_contents)
{
	struct slo_buf b;

	slo_buf_init(&b, 1 << 20);
	for (int i = 0; i < 20000; i++)
		slo_buf_addf(&b, "%05d", i);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, 100000);
	ck_assert_uint_le(b.cap, b.max + 1);
	ck_assert_int_eq(memcmp(b.data + 5 * 12345, "12345", 5), 0);
	ck_assert_int_eq(b.data[b.len], '\0');
	slo_buf_drop(&b, 99995);
	ck_assert_str_eq(b.data, "19999");
	slo_buf_drop(&b, 0);
	slo_buf_drop(&b, 5);
	ck_assert_uint_eq(b.len, 0);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(room_is_not_content_until_taken)
{
	struct slo_buf b;
	char *to;

	slo_buf_init(&b, 100);
	ck_assert(slo_str_eq(slo_buf_str(&b), slo_str("")));
	ck_assert_ptr_nonnull(slo_buf_str(&b).p);
	to = slo_buf_room(&b, 100);
	ck_assert_ptr_nonnull(to);
	ck_assert_uint_eq(b.len, 0);
	memset(to, 'x', 100);
	b.len += 100;
	ck_assert_ptr_null(slo_buf_room(&b, 1));
	ck_assert_int_eq(b.err, -EMSGSIZE);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(an_empty_add_changes_nothing)
{
	struct slo_buf b;

	slo_buf_init(&b, 0);
	slo_buf_add(&b, NULL, 0);
	slo_buf_adds(&b, "");
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, 0);
	slo_buf_addc(&b, 'x');
	ck_assert_int_eq(b.err, -EMSGSIZE);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(a_cut_copy_ends_between_characters)
{
	char to[6];

	ck_assert(slo_str_copy(to, sizeof(to), slo_str("12345")));
	ck_assert_str_eq(to, "12345");
	ck_assert(!slo_str_copy(to, sizeof(to), slo_str("123456")));
	ck_assert_str_eq(to, "12345");
	ck_assert(!slo_str_copy(to, sizeof(to), slo_str("123\xe2\x82\xac")));
	ck_assert_str_eq(to, "123");
	ck_assert(slo_str_copy(to, sizeof(to), slo_str_n(NULL, 0)));
	ck_assert_str_eq(to, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/buf");
	TCase *t = tcase_create("buf");
	SRunner *r;
	int failed;

	tcase_add_test(t, never_exceeds_its_maximum);
	tcase_add_test(t, grows_and_keeps_its_contents);
	tcase_add_test(t, room_is_not_content_until_taken);
	tcase_add_test(t, an_empty_add_changes_nothing);
	tcase_add_test(t, a_cut_copy_ends_between_characters);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
