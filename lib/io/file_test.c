/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "io/testing.h"
#include "io/writer.h"

static void replace(const char *path, const char *text)
{
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_file_replace(path, slo_str(text), &err) == 0, "%s: %s", err.where, err.what);
}

static void expect_file(const char *path, const char *want, mode_t mode)
{
	struct slo_err err = { .what = "" };
	struct stat st;
	char *got = NULL;
	size_t len;

	ck_assert_msg(slo_file_read(path, 1 << 20, &got, &len, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_str_eq(got, want);
	free(got);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, mode);
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

START_TEST(a_new_file_appears_with_its_directories)
{
	mode_t old = umask(077);

	replace(in_dir("", "a/b/f"), "text");
	umask(old);
	expect_file(in_dir("", "a/b/f"), "text", 0644);
	ck_assert_int_eq(entries(in_dir("", "a/b")), 1);
}
END_TEST

START_TEST(a_replaced_file_keeps_its_mode_and_its_readers_the_old_text)
{
	const char *path = in_dir("", "f");
	char old[8] = "";
	int fd;

	replace(path, "before");
	ck_assert_int_eq(chmod(path, 0600), 0);
	fd = open(path, O_RDONLY);
	replace(path, "after");
	expect_file(path, "after", 0600);
	ck_assert_int_eq(read(fd, old, sizeof(old)), 6);
	ck_assert_str_eq(old, "before");
	close(fd);
	replace(path, "");
	expect_file(path, "", 0600);
	ck_assert_int_eq(entries(test_dir), 1);
}
END_TEST

START_TEST(a_symbolic_link_stays_one)
{
	struct stat st;

	replace(in_dir("", "target"), "before");
	ck_assert_int_eq(symlink("target", in_dir("", "link")), 0);
	replace(in_dir("", "link"), "after");
	expect_file(in_dir("", "target"), "after", 0644);
	ck_assert_int_eq(lstat(in_dir("", "link"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
}
END_TEST

START_TEST(a_device_is_written_not_replaced)
{
	struct slo_err err = { .what = "" };
	struct stat st;

	replace("/dev/null", "text");
	ck_assert_int_eq(stat("/dev/null", &st), 0);
	ck_assert(S_ISCHR(st.st_mode));
	ck_assert_int_eq(slo_file_replace("/dev/full", slo_str("text"), &err), -ENOSPC);
	ck_assert_str_eq(err.where, "/dev/full");
}
END_TEST

/* A size limit stands for the full disk: the write fails half way. */
START_TEST(a_failed_replace_leaves_the_old_file_and_nothing_else)
{
	struct rlimit few = { 4096, 4096 };
	struct slo_err err = { .what = "" };
	static char big[10000];

	replace(in_dir("", "f"), "before");
	memset(big, 'x', sizeof(big));
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &few), 0);
	ck_assert_int_eq(slo_file_replace(in_dir("", "f"), slo_str_n(big, sizeof(big)), &err), -EFBIG);
	ck_assert_str_eq(err.where, in_dir("", "f"));
	expect_file(in_dir("", "f"), "before", 0644);
	ck_assert_int_eq(entries(test_dir), 1);
}
END_TEST

START_TEST(a_file_is_read_up_to_the_maximum)
{
	static char text[200000];
	struct slo_err err = { .what = "" };
	size_t max = _i == 0 ? 10 : sizeof(text) - 1, len;
	char *got = NULL;

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_int_eq(slo_file_replace(in_dir("", "f"), slo_str_n(text, max), NULL), 0);
	ck_assert_int_eq(slo_file_read(in_dir("", "f"), max, &got, &len, &err), 0);
	ck_assert_uint_eq(len, max);
	ck_assert_uint_eq(strlen(got), max);
	free(got);
	got = NULL;
	ck_assert_int_eq(slo_file_read(in_dir("", "f"), max - 1, &got, &len, &err), -EFBIG);
	ck_assert_ptr_null(got);
	ck_assert_ptr_nonnull(strstr(err.what, "larger than"));
	ck_assert_str_eq(err.where, in_dir("", "f"));
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
	static const struct {
		const char *path;
		int rc;
		const char *what;
	} cases[] = { { "/nonexistent", -ENOENT, "cannot open: ENOENT" }, { "/", -EISDIR, "cannot read: EISDIR" } };
	struct slo_err err = { .what = "" };
	char *got = NULL;
	size_t len;

	ck_assert_int_eq(slo_file_read(cases[_i].path, 10, &got, &len, &err), cases[_i].rc);
	ck_assert_ptr_null(got);
	ck_assert_str_eq(err.where, cases[_i].path);
	ck_assert_ptr_nonnull(strstr(err.what, cases[_i].what));
}
END_TEST

START_TEST(parents_are_made_and_only_parents)
{
	struct stat st;

	ck_assert_int_eq(slo_mkdirs(in_dir("", "a/b//c/d")), 0);
	ck_assert_int_eq(slo_mkdirs(in_dir("", "a/b//c/d")), 0);
	ck_assert_int_eq(stat(in_dir("", "a/b/c"), &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_int_eq(stat(in_dir("", "a/b/c/d"), &st), -1);
	ck_assert_int_eq(slo_mkdirs("plain"), 0);
	ck_assert_int_eq(slo_mkdirs("/"), 0);
	ck_assert_int_eq(slo_mkdirs(""), 0);
	ck_assert_int_eq(slo_mkdirs("/dev/null/a/b"), -ENOTDIR);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("io/file");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, make_test_dir, remove_test_dir);
	tcase_add_test(t, a_new_file_appears_with_its_directories);
	tcase_add_test(t, a_replaced_file_keeps_its_mode_and_its_readers_the_old_text);
	tcase_add_test(t, a_symbolic_link_stays_one);
	tcase_add_test(t, a_device_is_written_not_replaced);
	tcase_add_test(t, a_failed_replace_leaves_the_old_file_and_nothing_else);
	tcase_add_loop_test(t, a_file_is_read_up_to_the_maximum, 0, 2);
	tcase_add_loop_test(t, what_cannot_be_read_says_why, 0, 2);
	tcase_add_test(t, parents_are_made_and_only_parents);
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
