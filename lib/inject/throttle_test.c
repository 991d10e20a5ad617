/* SPDX-License-Identifier: MIT */
/* Against an imitation of the kernel's cgroup files in memory. */
#include "inject/journal.h"

#include "inject/cgroup_fake.h"

#include <check.h>

static struct slo_throttle t;

/* Nothing but what was there before. */
static void assert_untouched(int version)
{
	static struct fake now, was;

	now = k;
	fake_init(version);
	was = k;
	k = now;
	for (int i = 0; i < FILES; i++) {
		ck_assert_int_eq(now.dirs[i].used, was.dirs[i].used);
		if (!was.dirs[i].used)
			continue;
		ck_assert_str_eq(now.dirs[i].path, was.dirs[i].path);
		ck_assert_str_eq(now.dirs[i].quota, was.dirs[i].quota);
		ck_assert_str_eq(now.dirs[i].max, was.dirs[i].max);
		ck_assert_str_eq(now.dirs[i].control, was.dirs[i].control);
	}
	for (int j = 0; j < 2; j++)
		ck_assert_str_eq(now.procs[j].dir, was.procs[j].dir);
}

static void plan_ok(bool tree)
{
	struct slo_err err = { .what = "" };
	int ret = slo_throttle_plan(&io, 100, tree, 0.8, "x", &t, &err);

	ck_assert_msg(ret == 0, "%s", err.what);
}

START_TEST(maps_severity_to_a_share_of_one_core)
{
	static const struct {
		double severity;
		int64_t quota;
	} rows[] = { { 0, 100000 }, { 0.5, 50000 }, { 0.8, 20000 }, { 0.9, 10000 }, { 0.98, 2000 }, { 0.99, 2000 }, { 1, 2000 } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows); i++)
		ck_assert_int_eq(slo_throttle_quota_us(rows[i].severity), rows[i].quota);
}
END_TEST

START_TEST(plans_a_child_in_version_1_and_a_sibling_in_version_2)
{
	fake_init(_i);
	plan_ok(true);
	ck_assert_int_eq(t.home.version, _i);
	ck_assert_str_eq(t.dir, _i == 1 ? "/cg/cpu/pod/llm-slo-x" : "/cg/pods/llm-slo-x");
	ck_assert_int_eq((int)t.enables_count, _i == 1 ? 0 : 2);
	ck_assert_int_eq((int)t.moves_count, 2);
	ck_assert_int_eq(t.quota_us, 20000);
	ck_assert_int_eq(k.ops, 0);
	assert_untouched(_i);
}
END_TEST

START_TEST(applies_and_undoes_and_undoing_twice_is_harmless)
{
	struct slo_throttle_stat stat;
	struct slo_err err = { .what = "" };
	int d;

	fake_init(_i);
	plan_ok(true);
	ck_assert_int_eq(slo_throttle_apply(&io, &t, &err), 0);
	d = find_dir(t.dir);
	ck_assert_int_ge(d, 0);
	ck_assert_str_eq(_i == 1 ? k.dirs[d].quota : k.dirs[d].max, _i == 1 ? "20000\n" : "20000 100000\n");
	ck_assert_str_eq(k.procs[0].dir, t.dir);
	ck_assert_str_eq(k.procs[1].dir, t.dir);
	ck_assert_int_eq(slo_throttle_read_stat(&io, &t, &stat), 0);
	ck_assert_int_eq(stat.throttled, 4);
	ck_assert_int_eq(stat.throttled_ns, 7000);
	ck_assert_int_eq(slo_throttle_undo(&io, &t, &err), 0);
	assert_untouched(_i);
	ck_assert_int_eq(slo_throttle_undo(&io, &t, &err), 0);
	assert_untouched(_i);
}
END_TEST

START_TEST(leaves_nothing_behind_whichever_operation_fails)
{
	int ops, at = 0;

	fake_init(_i);
	plan_ok(true);
	ck_assert_int_eq(slo_throttle_apply(&io, &t, NULL), 0);
	ops = k.ops;
	ck_assert_int_ge(ops, 4);
	for (at = 1; at <= ops; at++) {
		struct slo_err err = { .what = "" };

		fake_init(_i);
		plan_ok(true);
		k.fail_at = at;
		k.fail_once = true;
		ck_assert_int_eq(slo_throttle_apply(&io, &t, &err), -EIO);
		ck_assert(err.what[0]);
		assert_untouched(_i);
	}
}
END_TEST

START_TEST(says_so_when_it_cannot_undo_and_can_later)
{
	struct slo_err err = { .what = "" };
	int done;

	fake_init(_i);
	plan_ok(true);
	ck_assert_int_eq(slo_throttle_apply(&io, &t, &err), 0);
	done = k.ops;
	for (int at = 2; at <= 3; at++) { /* the first lifts the quota; its failure alone does no harm */
		slo_err_reset(&err);
		k.ops = done;
		k.fail_at = done + at;
		ck_assert_int_eq(slo_throttle_undo(&io, &t, &err), -EIO);
		ck_assert(err.what[0]);
		k.fail_at = 0;
	}
	ck_assert_int_eq(slo_throttle_undo(&io, &t, &err), 0);
	assert_untouched(_i);
}
END_TEST

START_TEST(takes_processes_born_under_the_fault_back_with_it)
{
	fake_init(_i);
	plan_ok(false);
	ck_assert_int_eq(slo_throttle_apply(&io, &t, NULL), 0);
	add_proc(102, 100, t.dir);
	k.fork_on_move = 100;
	ck_assert_int_eq(slo_throttle_undo(&io, &t, NULL), 0);
	ck_assert_str_eq(k.procs[find_proc(102)].dir, t.home.dir);
	ck_assert_str_eq(k.procs[find_proc(1100)].dir, t.home.dir);
	assert_untouched(_i);
}
END_TEST

START_TEST(undoes_when_the_target_is_gone)
{
	fake_init(_i);
	plan_ok(false);
	ck_assert_int_eq(slo_throttle_apply(&io, &t, NULL), 0);
	k.procs[0].pid = 0;
	ck_assert_int_eq(slo_throttle_undo(&io, &t, NULL), 0);
	ck_assert_int_eq(find_dir(t.dir), -1);
}
END_TEST

START_TEST(does_not_believe_a_quota_that_does_not_read_back)
{
	struct slo_err err = { .what = "" };

	fake_init(_i);
	plan_ok(false);
	k.clamp = true;
	ck_assert_int_eq(slo_throttle_apply(&io, &t, &err), -ESTALE);
	assert_untouched(_i);
}
END_TEST

START_TEST(refuses_a_process_whose_threads_are_apart)
{
	struct slo_err err = { .what = "" };

	fake_init(1);
	k.procs[0].split = true;
	ck_assert_int_eq(slo_throttle_plan(&io, 100, false, 0.5, "x", &t, &err), -ENOTSUP);
	ck_assert_int_eq(slo_throttle_plan(&io, 999, false, 0.5, "x", &t, &err), -ESRCH);
}
END_TEST

START_TEST(switches_off_only_what_it_switched_on)
{
	fake_init(2);
	snprintf(k.dirs[0].control, sizeof(k.dirs[0].control), "memory cpu\n");
	plan_ok(false);
	ck_assert_int_eq((int)t.enables_count, 1);
	ck_assert_str_eq(t.enables[0], "/cg/pods");
	ck_assert_int_eq(slo_throttle_apply(&io, &t, NULL), 0);
	ck_assert_int_eq(slo_throttle_undo(&io, &t, NULL), 0);
	ck_assert_str_eq(k.dirs[0].control, "memory cpu\n");
	ck_assert_str_eq(k.dirs[1].control, "memory\n");
}
END_TEST

START_TEST(a_journal_reads_back_as_written_and_undoes_the_same)
{
	static struct slo_journal j, back;
	struct slo_err err = { .what = "" };
	struct slo_buf b;

	fake_init(_i);
	plan_ok(true);
	memset(&j, 0, sizeof(j));
	snprintf(j.label_id, sizeof(j.label_id), "cpu_throttle-1");
	snprintf(j.boot_id, sizeof(j.boot_id), "boot");
	j.pid = 55;
	j.start_ticks = 77;
	j.has_throttle = true;
	j.throttle = t;
	slo_buf_init(&b, SLO_JOURNAL_MAX);
	ck_assert_int_eq(slo_journal_encode(&j, &b), 0);
	ck_assert_int_eq(slo_throttle_apply(&io, &t, NULL), 0);
	ck_assert_int_eq(slo_journal_decode(b.data, b.len, &back, &err), 0);
	ck_assert_str_eq(back.label_id, j.label_id);
	ck_assert_str_eq(back.boot_id, "boot");
	ck_assert_int_eq(back.pid, 55);
	ck_assert_int_eq(back.start_ticks, 77);
	ck_assert_int_eq(slo_throttle_undo(&io, &back.throttle, &err), 0);
	assert_untouched(_i);
	slo_buf_fini(&b);
}
END_TEST

/* Texts put in place of the cgroup's path: a journal must not reach anything but what was made here. */
static const char *const bad_dirs[] = {
	"/cg/cpu/pod", "/cg/cpu/../llm-slo-x", "llm-slo-x", "/cg/llm-slo-x/sub", "/cg/..", "",
};

START_TEST(refuses_a_journal_that_points_elsewhere)
{
	struct slo_err err = { .what = "" };
	static struct slo_journal j, back;
	struct slo_buf b;

	fake_init(1);
	plan_ok(false);
	memset(&j, 0, sizeof(j));
	j.has_throttle = true;
	j.throttle = t;
	snprintf(j.throttle.dir, sizeof(j.throttle.dir), "%s", bad_dirs[_i]);
	slo_buf_init(&b, SLO_JOURNAL_MAX);
	ck_assert_int_eq(slo_journal_encode(&j, &b), 0);
	ck_assert_int_eq(slo_journal_decode(b.data, b.len, &back, &err), -EINVAL);
	ck_assert_int_eq(slo_journal_decode(b.data, b.len / 2, &back, &err), -EINVAL);
	ck_assert_int_eq(slo_journal_decode("[]", 2, &back, &err), -EINVAL);
	slo_buf_fini(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("throttle");
	TCase *c = tcase_create("throttle");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_test(c, maps_severity_to_a_share_of_one_core);
	tcase_add_loop_test(c, plans_a_child_in_version_1_and_a_sibling_in_version_2, 1, 3);
	tcase_add_loop_test(c, applies_and_undoes_and_undoing_twice_is_harmless, 1, 3);
	tcase_add_loop_test(c, leaves_nothing_behind_whichever_operation_fails, 1, 3);
	tcase_add_loop_test(c, says_so_when_it_cannot_undo_and_can_later, 1, 3);
	tcase_add_loop_test(c, takes_processes_born_under_the_fault_back_with_it, 1, 3);
	tcase_add_loop_test(c, undoes_when_the_target_is_gone, 1, 3);
	tcase_add_loop_test(c, does_not_believe_a_quota_that_does_not_read_back, 1, 3);
	tcase_add_test(c, refuses_a_process_whose_threads_are_apart);
	tcase_add_test(c, switches_off_only_what_it_switched_on);
	tcase_add_loop_test(c, a_journal_reads_back_as_written_and_undoes_the_same, 1, 3);
	tcase_add_loop_test(c, refuses_a_journal_that_points_elsewhere, 0, (int)SLO_ARRAY_LEN(bad_dirs));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
