/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/slo-config-XXXXXX";
static struct slo_config c;

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void setup(void)
{
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	memset(&c, 0x5a, sizeof(c));
}

static void teardown(void)
{
	unlink("config/toolkit.yaml");
	unlink("other.yaml");
	rmdir("config");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(a_named_file_must_exist)
{
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_config_find(&c, "other.yaml", &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.where, "other.yaml"));
	ck_assert(err.what[0]);
	ck_assert_int_eq(c.path[0], 0x5a);
}
END_TEST

START_TEST(a_named_file_is_read)
{
	write_file("other.yaml", "sampling: { burst_limit: 3 }\n");
	ck_assert_int_eq(slo_config_find(&c, "other.yaml", NULL), 0);
	ck_assert_int_eq(c.burst_limit, 3);
	ck_assert_str_eq(c.path, "other.yaml");
}
END_TEST

START_TEST(the_usual_place_is_found)
{
	mkdir("config", 0755);
	write_file("config/toolkit.yaml", "sampling: { burst_limit: 4 }\n");
	ck_assert_int_eq(slo_config_find(&c, NULL, NULL), 0);
	ck_assert_int_eq(c.burst_limit, 4);
	ck_assert_str_eq(c.path, "config/toolkit.yaml");
	ck_assert_int_eq(slo_config_find(&c, "", NULL), 0);
	ck_assert_int_eq(c.burst_limit, 4);
}
END_TEST

START_TEST(a_broken_file_in_the_usual_place_is_an_error)
{
	struct slo_err err = { 0 };

	mkdir("config", 0755);
	write_file("config/toolkit.yaml", "sampling: { burst_limit: x }\n");
	ck_assert_int_eq(slo_config_find(&c, NULL, &err), -EINVAL);
	ck_assert_str_eq(err.where, "config/toolkit.yaml:1: sampling.burst_limit");
}
END_TEST

START_TEST(without_any_file_the_defaults_hold)
{
	if (access("/etc/llm-slo/toolkit.yaml", F_OK) == 0)
		return; /* this host has one, and it would be found */
	ck_assert_int_eq(slo_config_find(&c, NULL, NULL), 0);
	ck_assert_str_eq(c.path, "");
	ck_assert_int_eq(c.burst_limit, 20000);
}
END_TEST

START_TEST(a_file_beyond_the_limit_is_refused)
{
	struct slo_err err = { 0 };
	FILE *f = fopen("other.yaml", "w");

	for (int i = 0; i <= 1 << 20; i++)
		fputc('#', f);
	fclose(f);
	ck_assert_int_lt(slo_config_load(&c, "other.yaml", &err), 0);
	ck_assert(err.what[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config load");
	TCase *t = tcase_create("load");
	SRunner *r;
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_named_file_must_exist);
	tcase_add_test(t, a_named_file_is_read);
	tcase_add_test(t, the_usual_place_is_found);
	tcase_add_test(t, a_broken_file_in_the_usual_place_is_an_error);
	tcase_add_test(t, without_any_file_the_defaults_hold);
	tcase_add_test(t, a_file_beyond_the_limit_is_refused);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
