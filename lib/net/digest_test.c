/* SPDX-License-Identifier: MIT */
#include "net/digest.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* FIPS 180-2, appendix B. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

START_TEST(texts_have_the_published_digests)
{
	char hex[SLO_SHA256_HEX];

	ck_assert_int_eq(slo_sha256(slo_str("abc"), hex), 0);
	ck_assert_str_eq(hex, ABC);
	ck_assert_int_eq(slo_sha256(slo_str(NULL), hex), 0);
	ck_assert_str_eq(hex, NOTHING);
}
END_TEST

START_TEST(files_are_read_to_their_end)
{
	char path[] = "/tmp/digest_test.XXXXXX", hex[SLO_SHA256_HEX];
	struct slo_err err = { .what = "" };
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 1000000; i++)
		ck_assert_int_eq(fputc('a', f), 'a');
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(slo_sha256_file(path, hex, &err), 0);
	ck_assert_str_eq(hex, MILLION);
	unlink(path);
	ck_assert_int_eq(slo_sha256_file(path, hex, &err), -ENOENT);
	ck_assert_str_eq(err.where, path);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("digest");
	TCase *t = tcase_create("digest");

	tcase_add_test(t, texts_have_the_published_digests);
	tcase_add_test(t, files_are_read_to_their_end);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
