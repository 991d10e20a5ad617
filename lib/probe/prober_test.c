/* SPDX-License-Identifier: MIT */
/* The prober: verdicts of made-up hosts, and trying hooks on this kernel. */
#include "base/err.h"
#include "base/str.h"
#include "probe/prober.h"

#include <bpf/bpf.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct slo_prober prober;
static struct slo_check checks[SLO_CHECKS_MAX];
static size_t count;

/* A host with everything. */
static void good_host(void)
{
	memset(&prober, 0, sizeof(prober));
	prober.facts = (struct slo_facts){
		.sysname = "Linux", .release = "6.12.1", .machine = "x86_64", .caps = ~UINT64_C(0),
		.lockdown = SLO_LOCKDOWN_NONE, .lockdown_text = "[none] integrity confidentiality", .paranoid = 2,
		.unprivileged_bpf = 2, .tracefs = "/sys/kernel/tracing", .cgroup_v2 = true, .headers = true,
		.bpftool = true, .clang = true, .kind = true, .helm = true,
	};
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		prober.signals[s].by = SLO_BY_BPF;
		strcpy(prober.signals[s].provider, "bpf/tp_btf");
	}
}

static void judge_it(void)
{
	count = slo_prober_judge(&prober, checks);
}

static const struct slo_check *check_of(const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i].name, name) == 0)
			return &checks[i];
	ck_abort_msg("no check %s", name);
	return NULL;
}

static const struct {
	const char *name;
	enum slo_check_severity severity;
} published[] = {
	{ "host_linux", SLO_CHECK_BLOCKER },        { "kernel_version", SLO_CHECK_BLOCKER },
	{ "btf_available", SLO_CHECK_WARNING },     { "kernel_headers", SLO_CHECK_WARNING },
	{ "bpftool_installed", SLO_CHECK_WARNING }, { "clang_installed", SLO_CHECK_WARNING },
	{ "privileged_execution", SLO_CHECK_WARNING }, { "kind_installed", SLO_CHECK_WARNING },
	{ "helm_installed", SLO_CHECK_WARNING },
};

START_TEST(the_published_checks_come_first_in_their_order)
{
	good_host();
	judge_it();
	for (size_t i = 0; i < SLO_ARRAY_LEN(published); i++) {
		ck_assert_str_eq(checks[i].name, published[i].name);
		ck_assert_int_eq(checks[i].severity, published[i].severity);
	}
}
END_TEST

START_TEST(a_host_with_everything_passes_everything)
{
	good_host();
	judge_it();
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(checks[i].state == SLO_CHECK_PASS && checks[i].pass, "%s", checks[i].name);
		ck_assert_str_eq(checks[i].remedy, "");
		ck_assert_msg(checks[i].current[0] && checks[i].required[0], "%s", checks[i].name);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(checks[i].name, checks[k].name);
	}
	ck_assert_uint_lt(count, SLO_CHECKS_MAX);
	ck_assert(slo_prober_pass(checks, count) && !slo_prober_warned(checks, count));
}
END_TEST

START_TEST(a_host_with_nothing_is_told_what_to_do_about_each)
{
	memset(&prober, 0, sizeof(prober));
	prober.facts.btf_err = prober.facts.caps_err = prober.facts.psi_err = prober.facts.tracefs_err = -ENOENT;
	prober.facts.paranoid = 3;
	prober.facts.own_pids = prober.facts.own_users = 1;
	prober.facts.euid = 1000;
	prober.facts.lockdown = SLO_LOCKDOWN_CONFIDENTIALITY;
	prober.bpf_err = prober.packet_err = -EPERM;
	for (int i = 0; i < SLO_HOOK__COUNT; i++)
		prober.hooks[i] = (struct slo_hook_result){ .err = -EPERM, .stage = "load" };
	judge_it();
	for (size_t i = 0; i < count; i++) {
		static const enum slo_check_state states[] = { SLO_CHECK_FAIL, SLO_CHECK_WARN, SLO_CHECK_SKIP };

		ck_assert_msg(checks[i].remedy[0] && checks[i].required[0], "%s", checks[i].name);
		ck_assert_msg(!checks[i].pass, "%s", checks[i].name);
		ck_assert_msg(checks[i].state == states[checks[i].severity], "%s", checks[i].name);
	}
	ck_assert(!slo_prober_pass(checks, count) && slo_prober_warned(checks, count));
}
END_TEST

/* One thing at a time is taken from a good host. */
static void not_linux(void) { strcpy(prober.facts.sysname, "FreeBSD"); }
static void kernel_5_14(void) { strcpy(prober.facts.release, "5.14.21"); }
static void kernel_4_20(void) { strcpy(prober.facts.release, "4.20.1"); }
static void kernel_5_15(void) { strcpy(prober.facts.release, "5.15.0-rc1"); }
static void kernel_6_0(void) { strcpy(prober.facts.release, "6.0"); }
static void kernel_none(void) { strcpy(prober.facts.release, "mainline"); }
static void no_btf(void) { prober.facts.btf_err = -ENOENT; }
static void no_caps(void) { prober.facts.caps = 0; }
static void three_caps(void)
{
	prober.facts.euid = 1000;
	prober.facts.caps = UINT64_C(1) << SLO_CAP_BPF | UINT64_C(1) << SLO_CAP_PERFMON |
			    UINT64_C(1) << SLO_CAP_NET_RAW;
}
static void no_perfmon(void) { prober.facts.caps = UINT64_C(1) << SLO_CAP_BPF | UINT64_C(1) << SLO_CAP_NET_RAW; }
static void no_net_raw(void) { prober.facts.caps = UINT64_C(1) << SLO_CAP_BPF | UINT64_C(1) << SLO_CAP_PERFMON; }
static void caps_unknown_root(void) { prober.facts.caps_err = -ENOENT; }
static void no_packets(void) { prober.packet_err = -EPERM; }
static void no_bpf(void) { prober.bpf_err = -EPERM; }
static void integrity(void) { prober.facts.lockdown = SLO_LOCKDOWN_INTEGRITY; }
static void confidentiality(void) { prober.facts.lockdown = SLO_LOCKDOWN_CONFIDENTIALITY; }
static void no_lockdown(void) { prober.facts.lockdown = SLO_LOCKDOWN_NOT_COMPILED; }
static void lockdown_unreadable(void) { prober.facts.lockdown = SLO_LOCKDOWN_UNREADABLE; }
static void lockdown_new(void) { prober.facts.lockdown = SLO_LOCKDOWN_OTHER; }
static void paranoid_3(void)
{
	prober.facts.paranoid = 3;
	prober.facts.caps = ~(UINT64_C(1) << SLO_CAP_SYS_ADMIN);
}
static void paranoid_3_admin(void) { prober.facts.paranoid = 3; }
static void no_cgroup(void) { prober.facts.cgroup_v2 = false; }
static void only_v1(void) { prober.facts.cgroup_v2 = false; prober.facts.cgroup_v1 = true; }
static void no_psi(void) { prober.facts.psi_err = -ENOENT; }
static void docker(void)
{
	prober.facts.container = true;
	strcpy(prober.facts.container_sign, "/.dockerenv exists");
}
static void own_pids(void) { prober.facts.own_pids = 1; }
static void own_users(void) { prober.facts.own_users = 1; }
static void no_kprobe(void)
{
	prober.hooks[SLO_HOOK_KPROBE] = (struct slo_hook_result){ -ENOENT, "attach", "no kprobe" };
}
static void dns(enum slo_source_kind by, const char *provider, bool tried)
{
	prober.signals[SLO_SIGNAL_DNS_LATENCY] = (struct slo_prober_signal){ .by = by, .tried = tried };
	strcpy(prober.signals[SLO_SIGNAL_DNS_LATENCY].provider, provider);
}
static void dns_packet(void) { dns(SLO_BY_PACKET, "packet", false); }
static void dns_packet_tried(void) { dns(SLO_BY_PACKET, "packet", true); }
static void dns_nobody(void) { dns(SLO_BY_NOBODY, "", false); }
static void no_helm(void) { prober.facts.helm = false; }

static const struct {
	void (*change)(void);
	const char *check;
	enum slo_check_state state;
	bool pass; /* the host */
	const char *current; /* part of it; NULL = any */
} cases[] = {
	{ not_linux, "host_linux", SLO_CHECK_FAIL, false, "FreeBSD" },
	{ kernel_5_14, "kernel_version", SLO_CHECK_FAIL, false, "5.14" },
	{ kernel_4_20, "kernel_version", SLO_CHECK_FAIL, false, "4.20" },
	{ kernel_5_15, "kernel_version", SLO_CHECK_PASS, true, "5.15" },
	{ kernel_6_0, "kernel_version", SLO_CHECK_PASS, true, "6.0" },
	{ kernel_none, "kernel_version", SLO_CHECK_FAIL, false, "mainline" },
	{ no_btf, "btf_available", SLO_CHECK_WARN, true, "ENOENT" },
	{ no_caps, "privileged_execution", SLO_CHECK_WARN, true, "euid 0 without" },
	{ no_caps, "cap_bpf", SLO_CHECK_WARN, true, "CAP_BPF: missing" },
	{ no_caps, "cap_sys_admin", SLO_CHECK_SKIP, true, "CAP_SYS_ADMIN: missing" },
	{ three_caps, "privileged_execution", SLO_CHECK_PASS, true, "euid 1000 with" },
	{ three_caps, "cap_sys_ptrace", SLO_CHECK_WARN, true, "CAP_SYS_PTRACE: missing" },
	{ no_perfmon, "privileged_execution", SLO_CHECK_WARN, true, "euid 0 without" },
	{ no_net_raw, "privileged_execution", SLO_CHECK_WARN, true, "euid 0 without" },
	{ caps_unknown_root, "cap_bpf", SLO_CHECK_WARN, true, "CAP_BPF: not known" },
	{ caps_unknown_root, "privileged_execution", SLO_CHECK_PASS, true, "not known" },
	{ no_packets, "packet_socket", SLO_CHECK_FAIL, false, NULL },
	{ no_bpf, "bpf_syscall", SLO_CHECK_WARN, true, "EPERM" },
	{ integrity, "lockdown", SLO_CHECK_PASS, true, NULL },
	{ confidentiality, "lockdown", SLO_CHECK_WARN, true, NULL },
	{ no_lockdown, "lockdown", SLO_CHECK_PASS, true, "not compiled in" },
	{ lockdown_unreadable, "lockdown", SLO_CHECK_SKIP, true, "not known" },
	{ lockdown_new, "lockdown", SLO_CHECK_WARN, true, NULL },
	{ paranoid_3, "perf_event_paranoid", SLO_CHECK_SKIP, true, "3" },
	{ paranoid_3_admin, "perf_event_paranoid", SLO_CHECK_PASS, true, "3" },
	{ no_cgroup, "cgroup", SLO_CHECK_WARN, true, "none" },
	{ only_v1, "cgroup", SLO_CHECK_PASS, true, "version 1" },
	{ no_psi, "psi", SLO_CHECK_WARN, true, "ENOENT" },
	{ docker, "environment", SLO_CHECK_PASS, true, "container (/.dockerenv exists)" },
	{ own_pids, "environment", SLO_CHECK_WARN, true, "process namespace: of its own" },
	{ own_users, "environment", SLO_CHECK_WARN, true, "user namespace: of its own" },
	{ no_kprobe, "hook_kprobe", SLO_CHECK_SKIP, true, "attach: ENOENT: No such file or directory: no kprobe" },
	{ dns_packet, "signal_dns_latency_ms", SLO_CHECK_PASS, true, "packet" },
	{ dns_packet_tried, "signal_dns_latency_ms", SLO_CHECK_WARN, true, "packet" },
	{ dns_nobody, "signal_dns_latency_ms", SLO_CHECK_WARN, true, "not captured" },
	{ no_helm, "helm_installed", SLO_CHECK_WARN, true, "not found" },
};

START_TEST(each_lack_has_its_verdict)
{
	const struct slo_check *c;
	bool warned = false;

	good_host();
	cases[_i].change();
	judge_it();
	c = check_of(cases[_i].check);
	ck_assert_str_eq(slo_check_state_name(c->state), slo_check_state_name(cases[_i].state));
	ck_assert_msg(!cases[_i].current || strstr(c->current, cases[_i].current), "%s", c->current);
	ck_assert_int_eq(slo_prober_pass(checks, count), cases[_i].pass);
	for (size_t i = 0; i < count; i++)
		warned |= checks[i].state == SLO_CHECK_WARN;
	ck_assert_int_eq(slo_prober_warned(checks, count), warned);
	ck_assert(cases[_i].state != SLO_CHECK_WARN || warned);
}
END_TEST

START_TEST(a_signal_says_why_better_rungs_were_not_taken)
{
	struct slo_prober_signal *s;

	good_host();
	dns_packet_tried();
	s = &prober.signals[SLO_SIGNAL_DNS_LATENCY];
	strcpy(s->passed_over, "fentry: EPERM; kprobe: ENOENT");
	judge_it();
	ck_assert_str_eq(check_of("signal_dns_latency_ms")->current,
			 "packet; not taken: fentry: EPERM; kprobe: ENOENT");
	dns_nobody();
	strcpy(s->why, "need CAP_NET_RAW");
	judge_it();
	ck_assert_str_eq(check_of("signal_dns_latency_ms")->current, "not captured: need CAP_NET_RAW");
}
END_TEST

static size_t descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Programs of ours in the kernel; freeing them may take a moment. */
static unsigned int programs_left(void)
{
	unsigned int n = 0;

	for (int tries = 0; tries < 100; tries++) {
		uint32_t id = 0;

		n = 0;
		while (bpf_prog_get_next_id(id, &id) == 0) {
			struct bpf_prog_info info = { 0 };
			uint32_t size = sizeof(info);
			int fd = bpf_prog_get_fd_by_id(id);

			if (fd < 0)
				continue;
			if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && strcmp(info.name, "slo_try") == 0)
				n++;
			close(fd);
		}
		if (n == 0)
			return 0;
		usleep(10000);
	}
	return n;
}

START_TEST(trying_hooks_leaves_nothing_behind)
{
	static struct slo_hook_result first[SLO_HOOK__COUNT], again[SLO_HOOK__COUNT];
	size_t before;

	slo_hooks_try(first);
	before = descriptors();
	slo_hooks_try(again);
	ck_assert_uint_eq(descriptors(), before);
	for (int i = 0; i < SLO_HOOK__COUNT; i++) {
		ck_assert_msg(first[i].err == again[i].err, "%s: %d, then %d", slo_hook_name(i),
			      first[i].err, again[i].err);
		ck_assert_int_le(first[i].err, 0);
		ck_assert_int_eq(first[i].err == 0, first[i].stage[0] == '\0');
	}
	if (geteuid() == 0)
		ck_assert_uint_eq(programs_left(), 0);
}
END_TEST

START_TEST(nobody_without_rights_is_granted_a_hook)
{
	static struct slo_hook_result r[SLO_HOOK__COUNT];

	if (geteuid() != 0) {
		puts("SKIP: needs root to give it up");
		return;
	}
	ck_assert_int_eq(setresuid(1000, 1000, 1000), 0);
	slo_hooks_try(r);
	ck_assert_int_lt(r[SLO_HOOK_TP_BTF].err, 0);
	ck_assert_int_lt(r[SLO_HOOK_RAW_TP].err, 0);
	ck_assert_int_lt(r[SLO_HOOK_UPROBE].err, 0);
	ck_assert_int_lt(r[SLO_HOOK_CGROUP_SKB].err, 0);
	ck_assert_int_lt(r[SLO_HOOK_STATS].err, 0);
}
END_TEST

START_TEST(looking_at_this_host_gives_each_signal_a_source_or_a_reason)
{
	size_t before;

	ck_assert_int_eq(slo_prober_look(&prober), 0);
	before = descriptors();
	ck_assert_int_eq(slo_prober_look(&prober), 0);
	ck_assert_uint_eq(descriptors(), before);
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		const struct slo_prober_signal *p = &prober.signals[s];

		ck_assert_int_eq(p->by == SLO_BY_NOBODY, p->provider[0] == '\0');
		ck_assert_msg(p->by != SLO_BY_NOBODY || p->why[0], "%s", slo_enum_name(&slo_signal_enum, s));
		ck_assert_int_eq(p->by == SLO_BY_BPF, strncmp(p->provider, "bpf/", 4) == 0);
	}
	/* Every kernel says this much. */
	ck_assert_str_eq(prober.signals[SLO_SIGNAL_CPU_STEAL].provider, "proc-stat");
	ck_assert_int_ne(prober.signals[SLO_SIGNAL_RUNQUEUE_DELAY].by, SLO_BY_NOBODY);
}
END_TEST

START_TEST(without_rights_tracing_is_tried_and_the_reason_kept)
{
	const struct slo_prober_signal *p = &prober.signals[SLO_SIGNAL_RUNQUEUE_DELAY];

	if (geteuid() != 0) {
		puts("SKIP: needs root to give it up");
		return;
	}
	ck_assert_int_eq(setresuid(1000, 1000, 1000), 0);
	ck_assert_int_eq(slo_prober_look(&prober), 0);
	ck_assert_int_lt(prober.bpf_err, 0);
	ck_assert_int_eq(p->by, SLO_BY_HOST);
	ck_assert(p->tried);
	ck_assert_msg(strstr(p->passed_over, "tp_btf: ") && strstr(p->passed_over, "EPERM"), "%s", p->passed_over);
	ck_assert_int_eq(prober.packet_err, -EPERM);
	judge_it();
	ck_assert_int_eq(check_of("signal_runqueue_delay_ms")->state, SLO_CHECK_WARN);
	ck_assert(!slo_prober_pass(checks, count));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("prober");
	TCase *judge_case = tcase_create("judge"), *live = tcase_create("live");

	tcase_add_test(judge_case, the_published_checks_come_first_in_their_order);
	tcase_add_test(judge_case, a_host_with_everything_passes_everything);
	tcase_add_test(judge_case, a_host_with_nothing_is_told_what_to_do_about_each);
	tcase_add_loop_test(judge_case, each_lack_has_its_verdict, 0, SLO_ARRAY_LEN(cases));
	tcase_add_test(judge_case, a_signal_says_why_better_rungs_were_not_taken);
	tcase_set_timeout(live, 60);
	tcase_add_test(live, trying_hooks_leaves_nothing_behind);
	tcase_add_test(live, nobody_without_rights_is_granted_a_hook);
	tcase_add_test(live, looking_at_this_host_gives_each_signal_a_source_or_a_reason);
	tcase_add_test(live, without_rights_tracing_is_tried_and_the_reason_kept);
	suite_add_tcase(s, judge_case);
	suite_add_tcase(s, live);
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
