/* SPDX-License-Identifier: MIT */
/* Identities while cgroups, processes and logs come and go, and the bounds of what is read and remembered. */
#include "probe/test_identity.h"

START_TEST(what_was_known_stays_known_when_cgroup_and_logs_are_gone)
{
	uint64_t id;

	open_tree("v2-systemd");
	id = id_of(BURST "/cri-containerd-" ID ".scope");
	refresh();
	/* The names were not asked for while the logs were there. */
	run("rm -rf %s/sys/fs/cgroup/kubepods.slice %s/var/log", tree, tree);
	for (int i = 0; i < 70; i++)
		refresh();
	ck_assert_uint_gt(counters().walks, 1);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(names_that_come_later_are_found_then)
{
	uint64_t id;

	open_tree("v2-systemd");
	run("mv %s/var/log/pods %s/var/log/containers %s", tree, tree, tree);
	refresh();
	id = id_of(BURST "/cri-containerd-" ID ".scope");
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, "", "", "");
	run("mv %s/pods %s/var/log", tree, tree);
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, CHAT, "");
	run("mv %s/containers %s/var/log", tree, tree);
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(log_directories_are_read_again_only_when_they_change)
{
	uint64_t once;

	open_tree("v2-systemd");
	refresh();
	/* "not-a-pod" and a name the kubelet cut */
	once = counters().malformed;
	ck_assert_uint_eq(once, 2);
	ck_assert_uint_eq(counters().pod_names, 2);
	ck_assert_uint_eq(counters().container_names, 2);
	refresh();
	ck_assert_uint_eq(counters().malformed, once);
	run("mkdir %s/var/log/pods/ns_new_" UID2, tree);
	refresh();
	ck_assert_uint_eq(counters().pod_names, 3);
	ck_assert_uint_eq(counters().malformed, once + 1);
	now += 60 * S;
	refresh();
	ck_assert_uint_eq(counters().malformed, once + 3);
}
END_TEST

START_TEST(a_miss_brings_the_next_walk_forward)
{
	uint64_t id;

	open_with("v2-systemd", (struct slo_identity_opts){ .rescan_ns = 3600 * S });
	refresh();
	run("mkdir -p %s/sys/fs/cgroup/docker/" PAUSE, tree);
	id = id_of("docker/" PAUSE);
	for (int i = 0; i < 100; i++)
		refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert(!slo_identity_of_cgroup(d, id, &who));
	ck_assert_uint_eq(counters().misses, 1);
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(PAUSE, "", "", "", "");
	refresh();
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
	/* No process has an id of zero: it is no reason to look. */
	ck_assert(!slo_identity_of_cgroup(d, 0, &who));
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
}
END_TEST

START_TEST(the_tree_is_walked_again_when_it_is_time)
{
	open_with("v2-systemd", (struct slo_identity_opts){ .rescan_ns = 30 * S });
	refresh();
	now += 28 * S;
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
}
END_TEST

START_TEST(a_refresh_does_no_more_than_its_budget)
{
	uint64_t dirs = 0;
	int calls = 0;

	open_with("v2-systemd", (struct slo_identity_opts){ .budget = 1 });
	while (counters().walks == 0 && calls < 1000) {
		uint64_t names = counters().pod_names + counters().container_names;

		refresh();
		calls++;
		ck_assert_uint_le(counters().dirs - dirs, 1);
		/* one entry of either directory */
		ck_assert_uint_le(counters().pod_names + counters().container_names - names, 2);
		dirs = counters().dirs;
	}
	/* 18 directories are opened, and each has entries. */
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert_uint_eq(dirs, 18);
	ck_assert_int_gt(calls, 3 * 18);
	ck_assert(slo_identity_of_cgroup(d, id_of("system.slice/kubelet.service"), &who));
	ck_assert(slo_identity_of_cgroup(d, id_of(BURST "/cri-containerd-" ID ".scope"), &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(a_process_that_is_gone_is_remembered_for_a_minute)
{
	open_tree("v2-systemd");
	refresh();
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	run("rm -r %s/proc/4001", tree);
	memset(&who, 0, sizeof(who));
	now += 58 * S;
	refresh();
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who(ID, UID, CHAT, "side-car");
	ck_assert_uint_eq(counters().remembered, 1);
	now += 2 * S;
	refresh();
	ck_assert(!slo_identity_of_pid(d, 4001, &who));
	ck_assert(!slo_identity_of_pid(d, 4999, &who));
	ck_assert_uint_eq(counters().misses, 2);
}
END_TEST

START_TEST(a_pid_used_again_is_the_new_process)
{
	open_tree("v2-systemd");
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	run("cp %s/proc/4004/cgroup %s/proc/4001/cgroup", tree, tree);
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who("", "", "", "", "");
	ck_assert_str_eq(who.workload.unit, "kubelet.service");
}
END_TEST

START_TEST(a_cgroup_that_is_renamed_is_told_anew)
{
	uint64_t id;

	open_tree("v1-cgroupfs");
	refresh();
	id = id_of("cpu,cpuacct/docker/" PAUSE);
	run("cd %s/sys/fs/cgroup/cpu,cpuacct/docker && mv " PAUSE " " ID2, tree);
	now += 10 * S;
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID2, "", "llm-prod", "embed-0", "embed");
}
END_TEST

START_TEST(tables_are_bounded_and_what_is_used_stays)
{
	uint64_t used;

	open_with("v2-systemd", (struct slo_identity_opts){ .budget = 1000000 });
	refresh();
	used = id_of(BURST "/cri-containerd-" ID ".scope");
	run("cd %s/sys/fs/cgroup && mkdir many && cd many && seq -f g%%g 8150 | xargs mkdir", tree);
	ck_assert(slo_identity_of_cgroup(d, used, &who));
	now += 500 * S;
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
	ck_assert_uint_eq(counters().pending_over, 0);
	ck_assert(slo_identity_of_cgroup(d, used, &who));
	run("cd %s/sys/fs/cgroup && rm -rf kubepods.slice && cd many && seq -f h%%g 150 | xargs mkdir", tree);
	now += 500 * S;
	refresh();
	ck_assert_uint_eq(counters().walks, 3);
	ck_assert_uint_eq(counters().cgroups, SLO_IDENTITY_CGROUPS);
	ck_assert_uint_gt(counters().cgroups_evicted, 50);
	/* 8300 directories in one: not all of them may wait */
	ck_assert_uint_ge(counters().pending_over, 8300 - SLO_IDENTITY_PENDING);
	ck_assert(slo_identity_of_cgroup(d, used, &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(what_is_gone_and_not_asked_for_is_forgotten)
{
	uint64_t gone, asked;
	uint64_t before;

	open_tree("v2-systemd");
	refresh();
	before = counters().cgroups;
	gone = id_of(BURST "/cri-containerd-" ID ".scope");
	asked = id_of("system.slice/kubelet.service");
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	run("rm -rf %s/sys/fs/cgroup/kubepods.slice %s/sys/fs/cgroup/system.slice", tree, tree);
	for (int i = 0; i < 13; i++) {
		now += 50 * S;
		refresh();
		ck_assert(slo_identity_of_cgroup(d, asked, &who));
	}
	ck_assert_uint_eq(counters().pids, 0);
	ck_assert_uint_lt(counters().cgroups, before);
	ck_assert(!slo_identity_of_cgroup(d, gone, &who));
	ck_assert(slo_identity_of_cgroup(d, asked, &who));
	ck_assert_str_eq(who.workload.unit, "kubelet.service");
}
END_TEST

START_TEST(directories_too_deep_are_counted_and_left_out)
{
	open_tree("v2-systemd");
	run("cd %s/sys/fs/cgroup && p=. && for i in $(seq 40); do p=$p/a; done && mkdir -p $p", tree);
	run("cd %s/sys/fs/cgroup && n=$(printf %%0200d 0) && mkdir -p $n/$n/$n/$n/$n/$n", tree);
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert_uint_eq(counters().too_deep, 2);
	/* the path without its own last name is 32 deep: known, and not looked into */
	ck_assert(slo_identity_of_cgroup(d, id_of("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"),
					 &who));
	ck_assert(!slo_identity_of_cgroup(d, id_of("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"),
					  &who));
}
END_TEST

START_TEST(links_in_the_tree_are_not_followed)
{
	open_tree("v2-systemd");
	run("ln -s . %s/sys/fs/cgroup/loop", tree);
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert_uint_eq(counters().dirs, 18);
}
END_TEST

START_TEST(without_cgroups_it_says_why_and_answers_nothing)
{
	open_tree("v2-systemd");
	slo_identity_close(d);
	run("rm -rf %s/sys", tree);
	ck_assert_int_eq(slo_identity_open(&d, &(struct slo_identity_opts){ .proc_root = proc, .host_root = tree },
					   NULL), 0);
	ck_assert_msg(strstr(slo_identity_why(d), "/sys/fs/cgroup: ENOENT") != NULL, "%s", slo_identity_why(d));
	refresh();
	ck_assert(!slo_identity_of_cgroup(d, 1, &who));
	/* Paths of processes tell as before. */
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who(ID, UID, CHAT, "side-car");
	ck_assert_uint_eq(who.cgroup_id, 0);
	slo_identity_close(d);
	run(": >%s/proc/self/mountinfo", tree);
	ck_assert_int_eq(slo_identity_open(&d, &(struct slo_identity_opts){ .proc_root = proc }, NULL), 0);
	ck_assert_str_eq(slo_identity_why(d), "no cgroup hierarchy is mounted");
	slo_identity_close(d);
	ck_assert_int_eq(slo_identity_open(&d, &(struct slo_identity_opts){ .proc_root = "/nowhere" }, NULL), 0);
	ck_assert_msg(strstr(slo_identity_why(d), "/nowhere/self/mountinfo") != NULL, "%s", slo_identity_why(d));
}
END_TEST

START_TEST(roots_that_are_too_long_are_refused)
{
	char longer[400];
	struct slo_err err = { 0 };
	struct slo_identity *none = NULL;

	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[399] = '\0';
	ck_assert_int_eq(slo_identity_open(&none, &(struct slo_identity_opts){ .host_root = longer }, &err),
			 -ENAMETOOLONG);
	ck_assert_ptr_null(none);
	ck_assert_ptr_nonnull(strstr(err.what, "too long"));
	ck_assert_int_eq(slo_identity_open(&none, &(struct slo_identity_opts){ .proc_root = longer }, NULL),
			 -ENAMETOOLONG);
	slo_identity_close(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("identity_change");
	TCase *t = tcase_create("recorded trees");

	tcase_add_checked_fixture(t, NULL, close_tree);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, what_was_known_stays_known_when_cgroup_and_logs_are_gone);
	tcase_add_test(t, names_that_come_later_are_found_then);
	tcase_add_test(t, log_directories_are_read_again_only_when_they_change);
	tcase_add_test(t, a_miss_brings_the_next_walk_forward);
	tcase_add_test(t, the_tree_is_walked_again_when_it_is_time);
	tcase_add_test(t, a_refresh_does_no_more_than_its_budget);
	tcase_add_test(t, a_process_that_is_gone_is_remembered_for_a_minute);
	tcase_add_test(t, a_pid_used_again_is_the_new_process);
	tcase_add_test(t, a_cgroup_that_is_renamed_is_told_anew);
	tcase_add_test(t, tables_are_bounded_and_what_is_used_stays);
	tcase_add_test(t, what_is_gone_and_not_asked_for_is_forgotten);
	tcase_add_test(t, directories_too_deep_are_counted_and_left_out);
	tcase_add_test(t, links_in_the_tree_are_not_followed);
	tcase_add_test(t, without_cgroups_it_says_why_and_answers_nothing);
	tcase_add_test(t, roots_that_are_too_long_are_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
