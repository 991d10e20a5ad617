/* SPDX-License-Identifier: MIT */
#include "decode/proc.h"

#include <check.h>
#include <errno.h>

START_TEST(schedstat_has_three_numbers_and_nothing_else_will_do)
{
	struct slo_proc_schedstat s = { 1, 2, 3 };

	ck_assert_int_eq(slo_proc_schedstat(slo_str("842689 17 9\n"), &s), 0);
	ck_assert_uint_eq(s.run_ns, 842689);
	ck_assert_uint_eq(s.delay_ns, 17);
	ck_assert_uint_eq(s.slices, 9);
	static const char *const bad[] = { "", "1 2", "1 2 x", "-1 2 3", "1 2 18446744073709551616", "1,2,3" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_proc_schedstat(slo_str(bad[i]), &s), -EINVAL);
	ck_assert_uint_eq(s.run_ns, 842689);
}
END_TEST

#define TAIL " 3504 0 -1 4194304 108 0 0 0 11 12 0 0 20 -5 7 0 205376 2998272 440 184467440737 1 2 3\n"

START_TEST(a_command_name_may_hold_anything)
{
	static const struct {
		const char *text, *comm;
		int64_t pid, ppid;
	} cases[] = {
		{ "10257 (head) R 10253 10253" TAIL, "head", 10257, 10253 },
		{ "7 (a) R 1 (b) S 3 9" TAIL, "a) R 1 (b", 7, 3 },
		{ "7 ()) S 3 9" TAIL, ")", 7, 3 },
		{ "7 () S 3 9" TAIL, "", 7, 3 },
		{ "7 (tab\there\x80) S 3 9" TAIL, "tab?here?", 7, 3 },
		{ "7 (a name of 15 ch!) S 3 9" TAIL, "a name of 15 ch", 7, 3 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		struct slo_proc_stat s;

		ck_assert_int_eq(slo_proc_stat(slo_str(cases[i].text), &s), 0);
		ck_assert_str_eq(s.comm, cases[i].comm);
		ck_assert_int_eq(s.pid, cases[i].pid);
		ck_assert_int_eq(s.ppid, cases[i].ppid);
		ck_assert_uint_eq(s.utime, 11);
		ck_assert_uint_eq(s.stime, 12);
		ck_assert_int_eq(s.threads, 7);
		ck_assert_uint_eq(s.start, 205376);
	}
}
END_TEST

START_TEST(a_broken_stat_is_refused)
{
	static const char *const bad[] = { "", "7", "7 (a", "7 a) S 1", "x (a) S 3 9" TAIL, "7 (a) SS 3 9" TAIL,
					   "7 (a) S 3 9 1 2 3\n", ")(" };
	struct slo_proc_stat s;

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_proc_stat(slo_str(bad[i]), &s), -EINVAL);
}
END_TEST

START_TEST(steal_is_a_share_of_busy_time_and_guest_time_counts_once)
{
	struct slo_proc_cpu a, b;
	uint64_t busy;

	ck_assert_int_eq(slo_proc_cpu(slo_str("cpu  100 10 50 1000 5 1 2 7 60 0\ncpu0 1 2 3 4\n"), &a), 0);
	ck_assert_uint_eq(a.fields, 10);
	ck_assert_int_eq(slo_proc_cpu(slo_str("cpu  150 10 60 1100 95 1 2 27 110 0\n"), &b), 0);
	ck_assert_double_eq_tol(slo_proc_steal_pct(&a, &b, &busy), 25, 1e-12); /* 20 of 50 + 10 + 20 */
	ck_assert_uint_eq(busy, 80);
	ck_assert_double_eq(slo_proc_steal_pct(&a, &a, &busy), 0);
	ck_assert_double_eq(slo_proc_steal_pct(&b, &a, &busy), 0);
	ck_assert_uint_eq(busy, 0);
	ck_assert_int_eq(slo_proc_cpu(slo_str("cpu  1 2 3 4\n"), &a), 0);
	ck_assert_uint_eq(a.fields, 4);
	ck_assert_int_eq(slo_proc_cpu(slo_str("cpu0 1 2 3 4\n"), &a), -EINVAL);
	ck_assert_int_eq(slo_proc_cpu(slo_str("cpu 1 2 3\n"), &a), -EINVAL);
	ck_assert_int_eq(slo_proc_cpu(slo_str("cpu 1 2 3 4 -5\n"), &a), -EINVAL);
}
END_TEST

START_TEST(throttling_is_nanoseconds_in_v1_and_microseconds_in_v2)
{
	struct slo_proc_throttle t;
	struct slo_str v1 = slo_str("nr_periods 23\nnr_throttled 21\nthrottled_time 1616000000\n");
	struct slo_str v2 = slo_str("usage_usec 5\nnr_periods 2\nthrottled_usec 1616\nburst_usec 0\n");

	ck_assert_int_eq(slo_proc_throttle(v1, &t), 0);
	ck_assert(t.has);
	ck_assert_uint_eq(t.periods, 23);
	ck_assert_uint_eq(t.throttled_periods, 21);
	ck_assert_uint_eq(t.throttled_ns, 1616000000);
	ck_assert_int_eq(slo_proc_throttle(v2, &t), 0);
	ck_assert(t.has);
	ck_assert_uint_eq(t.throttled_ns, 1616000);
	ck_assert_int_eq(slo_proc_throttle(slo_str("usage_usec 5\nuser_usec 2\n"), &t), 0);
	ck_assert(!t.has);
	ck_assert_int_eq(slo_proc_throttle(slo_str("nr_periods x\n"), &t), -EINVAL);
	ck_assert_int_eq(slo_proc_throttle(slo_str("nr_periods\n"), &t), -EINVAL);
}
END_TEST

START_TEST(pressure_totals)
{
	struct slo_proc_psi p;

	ck_assert_int_eq(slo_proc_psi(slo_str("some avg10=0.00 avg60=0.10 avg300=0.00 total=77\n"
					      "full avg10=0.00 avg60=0.00 avg300=0.00 total=12\n"), &p), 0);
	ck_assert_uint_eq(p.some_us, 77);
	ck_assert_uint_eq(p.full_us, 12);
	ck_assert(p.has_full);
	ck_assert_int_eq(slo_proc_psi(slo_str("some avg10=0.00 total=5\n"), &p), 0);
	ck_assert(!p.has_full);
	ck_assert_int_eq(slo_proc_psi(slo_str("full avg10=0.00 total=5\n"), &p), -EINVAL);
	ck_assert_int_eq(slo_proc_psi(slo_str("some avg10=0.00\n"), &p), -EINVAL);
	ck_assert_int_eq(slo_proc_psi(slo_str("some total=\n"), &p), -EINVAL);
	ck_assert_int_eq(slo_proc_psi(slo_str(""), &p), -EINVAL);
}
END_TEST

START_TEST(diskstats_of_every_kernel)
{
	static const struct {
		const char *line;
		unsigned fields;
		uint64_t ios, ms;
	} cases[] = {
		{ " 8 0 sda 10 1 100 7 20 2 200 9 0 5 16\n", 14, 30, 16 },
		{ " 8 0 sda 10 1 100 7 20 2 200 9 0 5 16 3 0 30 4\n", 18, 33, 20 },
		{ " 8 0 sda 10 1 100 7 20 2 200 9 0 5 16 3 0 30 4 6 8\n", 20, 39, 28 },
		{ " 8 0 sda 10 1 100 7 20 2 200 9 0 5 16 3 0 30 4 6 8 99 99\n", 20, 39, 28 },
	};
	struct slo_proc_disk d;

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		ck_assert_int_eq(slo_proc_disk(slo_str(cases[i].line), &d), 0);
		ck_assert_uint_eq(d.fields, cases[i].fields);
		ck_assert_uint_eq(d.ios, cases[i].ios);
		ck_assert_uint_eq(d.ms, cases[i].ms);
		ck_assert_uint_eq(d.major, 8);
		ck_assert_str_eq(d.name, "sda");
	}
	ck_assert_int_eq(slo_proc_disk(slo_str(" 8 0 sda 10 1 100 7 20 2 200 9 0 5\n"), &d), -EINVAL);
	ck_assert_int_eq(slo_proc_disk(slo_str(" 8 0 sda 10 1 100 7 20 2 200 9 0 5 x\n"), &d), -EINVAL);
	ck_assert_int_eq(slo_proc_disk(slo_str(" 8 sda\n"), &d), -EINVAL);
}
END_TEST

START_TEST(cgroup_lines_of_all_kinds)
{
	struct slo_proc_cgroup c;

	ck_assert_int_eq(slo_proc_cgroup(slo_str("0::/kubepods.slice/a:b"), &c), 0);
	ck_assert_uint_eq(c.hierarchy, 0);
	ck_assert_uint_eq(c.controllers.len, 0);
	ck_assert(slo_str_is(c.path, "/kubepods.slice/a:b"));
	ck_assert_int_eq(slo_proc_cgroup(slo_str("4:cpu,cpuacct:/x (deleted)"), &c), 0);
	ck_assert(slo_proc_list_has(c.controllers, "cpu"));
	ck_assert(slo_proc_list_has(c.controllers, "cpuacct"));
	ck_assert(!slo_proc_list_has(c.controllers, "cpua"));
	ck_assert(slo_str_is(c.path, "/x"));
	ck_assert_int_eq(slo_proc_cgroup(slo_str("9:name=systemd:/"), &c), 0);
	ck_assert(!slo_proc_list_has(c.controllers, "cpu"));
	static const char *const bad[] = { "", "0:", "0::", "x::/a", "0::a", "-1::/", "99999999999::/" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_proc_cgroup(slo_str(bad[i]), &c), -EINVAL);
}
END_TEST

START_TEST(mounts_with_any_number_of_tags)
{
	struct slo_proc_mount m;
	char text[700] = "1 2 0:3 / /";

	ck_assert_int_eq(slo_proc_mount(slo_str("32 31 0:29 /docker/x /sys/fs/cgroup/cpu rw shared:1 master:2 - "
						"cgroup cgroup rw,cpu"), &m), 0);
	ck_assert_str_eq(m.root, "/docker/x");
	ck_assert_str_eq(m.point, "/sys/fs/cgroup/cpu");
	ck_assert(slo_str_is(m.type, "cgroup"));
	ck_assert(slo_proc_list_has(m.options, "cpu"));
	ck_assert_int_eq(slo_proc_mount(slo_str("28 27 0:26 / /a\\040b\\134 rw - tmpfs none rw"), &m), 0);
	ck_assert_str_eq(m.point, "/a b\\");
	ck_assert_int_eq(slo_proc_mount(slo_str("28 27 0:26 / /a rw tmpfs none rw"), &m), -EINVAL);
	ck_assert_int_eq(slo_proc_mount(slo_str("28 27 0:26 / /a\\000 rw - tmpfs none rw"), &m), -EINVAL);
	ck_assert_int_eq(slo_proc_mount(slo_str("28 27 0:26 / /a rw - tmpfs none"), &m), -EINVAL);
	memset(text + 11, 'a', 300);
	strcat(text, " rw - tmpfs none rw");
	ck_assert_int_eq(slo_proc_mount(slo_str(text), &m), -ENAMETOOLONG);
}
END_TEST

START_TEST(sockets_of_both_families)
{
	static const uint8_t loopback4[16] = { [10] = 0xff, 0xff, 127, 0, 0, 1 }, loopback6[16] = { [15] = 1 };
	struct slo_proc_sock s;

	ck_assert_int_eq(slo_proc_sock(slo_str("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 "
					       "00000000  1000        0 45001 1 0000 100 0 0 10 0"), &s), 0);
	ck_assert_mem_eq(s.local, loopback4, 16);
	ck_assert_uint_eq(s.local_port, 8080);
	ck_assert_uint_eq(s.state, SLO_TCP_LISTEN);
	ck_assert_uint_eq(s.inode, 45001);
	ck_assert_int_eq(slo_proc_sock(slo_str("   1: 00000000000000000000000001000000:0016 "
					       "00000000000000000000000000000000:0000 01 0:0 00:00000000 "
					       "00000000 0 0 12 1"), &s), 0);
	ck_assert_mem_eq(s.local, loopback6, 16);
	ck_assert_uint_eq(s.state, SLO_TCP_ESTABLISHED);
	ck_assert_uint_eq(s.inode, 12);
	static const char *const bad[] = {
		"", "  sl  local_address rem_address   st tx_queue",
		"0: 0100007F 00000000:0000 0A 0:0 0:0 0 0 0 1", "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0",
		"0: 0100007F:11F90 00000000:0000 0A 0:0 0:0 0 0 0 1", "0: 010000:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1",
		"0: 010000ZZ:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1",
		"0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 x",
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_proc_sock(slo_str(bad[i]), &s), -EINVAL);
}
END_TEST

START_TEST(descriptor_and_namespace_links)
{
	ck_assert_uint_eq(slo_proc_sock_link(slo_str("socket:[45001]")), 45001);
	ck_assert_uint_eq(slo_proc_sock_link(slo_str("pipe:[45001]")), 0);
	ck_assert_uint_eq(slo_proc_sock_link(slo_str("socket:[]")), 0);
	ck_assert_uint_eq(slo_proc_sock_link(slo_str("socket:[1")), 0);
	ck_assert_uint_eq(slo_proc_sock_link(slo_str("/dev/null")), 0);
	ck_assert_uint_eq(slo_proc_ns_link(slo_str("net:[4026531840]")), 4026531840);
}
END_TEST

START_TEST(lines_end_with_or_without_a_newline)
{
	struct slo_str text = slo_str("a\n\nb"), line;

	ck_assert(slo_proc_line(&text, &line) && slo_str_is(line, "a"));
	ck_assert(slo_proc_line(&text, &line) && slo_str_is(line, ""));
	ck_assert(slo_proc_line(&text, &line) && slo_str_is(line, "b"));
	ck_assert(!slo_proc_line(&text, &line));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("proc");
	TCase *t = tcase_create("proc");

	tcase_add_test(t, schedstat_has_three_numbers_and_nothing_else_will_do);
	tcase_add_test(t, a_command_name_may_hold_anything);
	tcase_add_test(t, a_broken_stat_is_refused);
	tcase_add_test(t, steal_is_a_share_of_busy_time_and_guest_time_counts_once);
	tcase_add_test(t, throttling_is_nanoseconds_in_v1_and_microseconds_in_v2);
	tcase_add_test(t, pressure_totals);
	tcase_add_test(t, diskstats_of_every_kernel);
	tcase_add_test(t, cgroup_lines_of_all_kinds);
	tcase_add_test(t, mounts_with_any_number_of_tags);
	tcase_add_test(t, sockets_of_both_families);
	tcase_add_test(t, descriptor_and_namespace_links);
	tcase_add_test(t, lines_end_with_or_without_a_newline);
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
