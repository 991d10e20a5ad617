/* SPDX-License-Identifier: MIT */
/* Facts of recorded machines, and of copies of them with something changed. */
#include "base/str.h"
#include "probe/facts.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TREES "testdata/prober/"

static char tree[64];
static struct slo_facts facts;

static void __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char command[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	ck_assert_int_eq(system(command), 0);
}

/* A copy of a recorded tree, to be edited. */
static void copy_tree(const char *name)
{
	strcpy(tree, "/tmp/slo-prober-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree));
	run("cp -a " TREES "%s/. %s", name, tree);
}

static void drop_tree(void)
{
	if (tree[0])
		run("rm -rf %s", tree);
	tree[0] = '\0';
}

static void put(const char *path, const char *text)
{
	run("mkdir -p $(dirname %s%s) && rm -f %s%s && printf '%s' >%s%s", tree, path, tree, path, text, tree, path);
}

static void read_tree(void)
{
	slo_facts_read(&facts, tree, "/usr/bin:/usr/local/bin");
}

START_TEST(a_recorded_machine_is_read_as_it_was)
{
	slo_facts_read(&facts, TREES "machine-6.12", "/usr/bin");
	ck_assert_str_eq(facts.sysname, "Linux");
	ck_assert_str_eq(facts.release, "6.12.117+deb12-cloud-amd64");
	ck_assert_str_eq(facts.machine, "x86_64");
	ck_assert_uint_eq(facts.euid, 0);
	ck_assert_int_eq(facts.caps_err, 0);
	ck_assert_uint_eq(facts.caps, UINT64_C(0x1ffffffffff));
	ck_assert_int_eq(facts.btf_err, 0);
	ck_assert_int_eq(facts.lockdown, SLO_LOCKDOWN_NONE);
	ck_assert_str_eq(facts.lockdown_text, "[none] integrity confidentiality");
	ck_assert_int_eq(facts.paranoid, 3);
	ck_assert_int_eq(facts.unprivileged_bpf, 2);
	ck_assert_str_eq(facts.tracefs, "/sys/kernel/tracing");
	ck_assert_int_eq(facts.tracefs_err, 0);
	ck_assert(facts.cgroup_v2 && !facts.cgroup_v1);
	ck_assert_int_eq(facts.psi_err, 0);
	ck_assert(!facts.headers && !facts.bpftool);
	ck_assert_msg(!facts.container, "%s", facts.container_sign);
	ck_assert_int_eq(facts.own_pids, 0);
	ck_assert_int_eq(facts.own_users, 0);
}
END_TEST

START_TEST(a_locked_down_machine_names_its_mode)
{
	slo_facts_read(&facts, TREES "machine-6.1-confidentiality", NULL);
	ck_assert_int_eq(facts.lockdown, SLO_LOCKDOWN_CONFIDENTIALITY);
	ck_assert_str_eq(facts.lockdown_text, "none integrity [confidentiality]");
}
END_TEST

static const struct {
	const char *text;
	enum slo_lockdown mode;
} modes[] = {
	{ "[none] integrity confidentiality\\n", SLO_LOCKDOWN_NONE },
	{ "none [integrity] confidentiality\\n", SLO_LOCKDOWN_INTEGRITY },
	{ "none integrity [confidentiality]\\n", SLO_LOCKDOWN_CONFIDENTIALITY },
	{ "none integrity confidentiality [more]\\n", SLO_LOCKDOWN_OTHER },
	{ "", SLO_LOCKDOWN_UNREADABLE },
};

START_TEST(the_bracketed_mode_counts)
{
	copy_tree("machine-6.12");
	put("/sys/kernel/security/lockdown", modes[_i].text);
	read_tree();
	ck_assert_int_eq(facts.lockdown, modes[_i].mode);
}
END_TEST

START_TEST(no_lockdown_file_is_not_compiled_in_only_where_securityfs_is_mounted)
{
	copy_tree("machine-6.12");
	run("rm %s/sys/kernel/security/lockdown", tree);
	read_tree();
	ck_assert_int_eq(facts.lockdown, SLO_LOCKDOWN_NOT_COMPILED);
	run("rm %s/sys/kernel/security/lsm", tree);
	read_tree();
	ck_assert_int_eq(facts.lockdown, SLO_LOCKDOWN_UNREADABLE);
}
END_TEST

START_TEST(what_is_missing_is_said_to_be)
{
	copy_tree("machine-6.12");
	run("cd %s/proc && rm -r self/status self/mountinfo sys pressure ../sys/kernel/btf ../sys/kernel/tracing",
	    tree);
	read_tree();
	ck_assert_int_eq(facts.caps_err, -ENOENT);
	ck_assert_int_eq(facts.paranoid, SLO_FACT_UNKNOWN);
	ck_assert_int_eq(facts.unprivileged_bpf, SLO_FACT_UNKNOWN);
	ck_assert_int_eq(facts.psi_err, -ENOENT);
	ck_assert_int_eq(facts.btf_err, -ENOENT);
	ck_assert_str_eq(facts.tracefs, "");
	ck_assert_int_eq(facts.tracefs_err, -ENOENT);
	ck_assert(!facts.cgroup_v1 && !facts.cgroup_v2);
	ck_assert(!slo_facts_cap(&facts, SLO_CAP_BPF));
}
END_TEST

START_TEST(a_status_without_capabilities_is_no_status)
{
	copy_tree("machine-6.12");
	put("/proc/self/status", "Name:\\tx\\n");
	read_tree();
	ck_assert_int_eq(facts.caps_err, -EINVAL);
}
END_TEST

START_TEST(tracefs_below_debugfs_is_found)
{
	copy_tree("machine-6.12");
	run("cd %s/sys/kernel && mkdir debug && mv tracing debug/tracing", tree);
	read_tree();
	ck_assert_str_eq(facts.tracefs, "/sys/kernel/debug/tracing");
	ck_assert_int_eq(facts.tracefs_err, 0);
}
END_TEST

static const struct {
	const char *path, *text, *sign;
} signs[] = {
	{ "/run/systemd/container", "podman\\n", "/run/systemd/container says podman" },
	{ "/.dockerenv", "", "/.dockerenv exists" },
	{ "/run/.containerenv", "", "/run/.containerenv exists" },
	{ "/proc/self/cgroup", "0::/kubepods/burstable/pod1/2\\n", "/proc/self/cgroup names kubepods" },
};

START_TEST(a_container_is_known_by_any_of_its_signs)
{
	copy_tree("machine-6.12");
	put(signs[_i].path, signs[_i].text);
	read_tree();
	ck_assert(facts.container);
	ck_assert_str_eq(facts.container_sign, signs[_i].sign);
}
END_TEST

START_TEST(a_process_namespace_of_its_own_is_a_container)
{
	copy_tree("machine-6.12");
	run("ln -sfn 'pid:[4026532999]' %s/proc/self/ns/pid", tree);
	read_tree();
	ck_assert(facts.container);
	ck_assert_int_eq(facts.own_pids, 1);
	ck_assert_int_eq(facts.own_users, 0);
	run("rm %s/proc/self/ns/pid", tree);
	read_tree();
	ck_assert_int_eq(facts.own_pids, -1);
	ck_assert(!facts.container);
}
END_TEST

START_TEST(programs_are_looked_for_in_the_whole_path)
{
	copy_tree("machine-6.12");
	put("/usr/local/bin/helm", "x");
	put("/usr/bin/clang", "x");
	run("chmod +x %s/usr/local/bin/helm", tree);
	run("mkdir -p %s/lib/modules/6.12.117+deb12-cloud-amd64/build", tree);
	read_tree();
	ck_assert(facts.helm && facts.headers);
	ck_assert_msg(!facts.clang, "a file that cannot be run is no program");
}
END_TEST

START_TEST(cap_sys_admin_stands_in_for_the_two_it_was_split_into)
{
	struct slo_facts f = { .caps = UINT64_C(1) << SLO_CAP_SYS_ADMIN };

	ck_assert(slo_facts_cap(&f, SLO_CAP_BPF) && slo_facts_cap(&f, SLO_CAP_PERFMON));
	ck_assert(!slo_facts_cap(&f, SLO_CAP_NET_RAW) && !slo_facts_cap(&f, SLO_CAP_SYS_PTRACE));
	f.caps = UINT64_C(1) << SLO_CAP_BPF;
	ck_assert(slo_facts_cap(&f, SLO_CAP_BPF) && !slo_facts_cap(&f, SLO_CAP_PERFMON));
	ck_assert(!slo_facts_cap(&f, SLO_CAP_SYS_ADMIN));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("facts");
	TCase *facts_case = tcase_create("facts");

	tcase_add_checked_fixture(facts_case, NULL, drop_tree);
	tcase_add_test(facts_case, a_recorded_machine_is_read_as_it_was);
	tcase_add_test(facts_case, a_locked_down_machine_names_its_mode);
	tcase_add_loop_test(facts_case, the_bracketed_mode_counts, 0, SLO_ARRAY_LEN(modes));
	tcase_add_test(facts_case, no_lockdown_file_is_not_compiled_in_only_where_securityfs_is_mounted);
	tcase_add_test(facts_case, what_is_missing_is_said_to_be);
	tcase_add_test(facts_case, a_status_without_capabilities_is_no_status);
	tcase_add_test(facts_case, tracefs_below_debugfs_is_found);
	tcase_add_loop_test(facts_case, a_container_is_known_by_any_of_its_signs, 0, SLO_ARRAY_LEN(signs));
	tcase_add_test(facts_case, a_process_namespace_of_its_own_is_a_container);
	tcase_add_test(facts_case, programs_are_looked_for_in_the_whole_path);
	tcase_add_test(facts_case, cap_sys_admin_stands_in_for_the_two_it_was_split_into);
	suite_add_tcase(s, facts_case);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
