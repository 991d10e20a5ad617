/* SPDX-License-Identifier: MIT */
#include "decode/proc.h"

#include <check.h>
#include <errno.h>

static const char snmp[] =
	"Ip: Forwarding DefaultTTL InReceives\n"
	"Ip: 1 64 13491\n"
	"TcpExtra: ActiveOpens\n"
	"TcpExtra: 99\n"
	"Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails RetransSegs\n"
	"Tcp: 1 200 120000 -1 1204 55 17 31\n";

START_TEST(a_counter_is_found_by_group_and_name)
{
	uint64_t n = 7;

	ck_assert_int_eq(slo_proc_group(slo_str(snmp), "Tcp", "ActiveOpens", &n), 0);
	ck_assert_uint_eq(n, 1204);
	ck_assert_int_eq(slo_proc_group(slo_str(snmp), "Tcp", "RetransSegs", &n), 0);
	ck_assert_uint_eq(n, 31);
	ck_assert_int_eq(slo_proc_group(slo_str(snmp), "Ip", "InReceives", &n), 0);
	ck_assert_uint_eq(n, 13491);
	ck_assert_int_eq(slo_proc_group(slo_str(snmp), "Tcp", "InReceives", &n), -ENOENT);
	ck_assert_int_eq(slo_proc_group(slo_str(snmp), "Udp", "InDatagrams", &n), -ENOENT);
	ck_assert_int_eq(slo_proc_group(slo_str(""), "Tcp", "ActiveOpens", &n), -ENOENT);
	ck_assert_uint_eq(n, 13491);
}
END_TEST

START_TEST(broken_groups_are_refused)
{
	static const char *const bad[] = {
		"Tcp: ActiveOpens\n", "Tcp: ActiveOpens\nIp: 1\n", "Tcp: A ActiveOpens\nTcp: 1\n",
		"Tcp: ActiveOpens\nTcp: -1\n", "Tcp: ActiveOpens\nTcp: 18446744073709551616\n",
	};
	uint64_t n = 7;

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_proc_group(slo_str(bad[i]), "Tcp", "ActiveOpens", &n), -EINVAL);
	ck_assert_uint_eq(n, 7);
}
END_TEST

START_TEST(lines_with_one_beginning_are_summed)
{
	uint64_t n = 7;

	ck_assert_int_eq(slo_proc_sum(slo_str("pgscan 5\nallocstall_dma 1\nallocstall_normal 40\nallocstall_movable 2\n"),
				      "allocstall", &n), 0);
	ck_assert_uint_eq(n, 43);
	ck_assert_int_eq(slo_proc_sum(slo_str("rchar: 9\nsyscr: 12\nsyscw: 3\n"), "syscr:", &n), 0);
	ck_assert_uint_eq(n, 12);
	ck_assert_int_eq(slo_proc_sum(slo_str("pgscan 5\n"), "allocstall", &n), -ENOENT);
	ck_assert_int_eq(slo_proc_sum(slo_str("allocstall x\n"), "allocstall", &n), -EINVAL);
	ck_assert_int_eq(slo_proc_sum(slo_str("a1 18446744073709551615\na2 1\n"), "a", &n), -EINVAL);
	ck_assert_uint_eq(n, 12);
}
END_TEST

START_TEST(slices_of_all_cpus_are_summed)
{
	uint64_t n = 7;

	ck_assert_int_eq(slo_proc_cpu_slices(slo_str("version 15\ntimestamp 4294\ncpu0 0 0 0 0 0 0 111 222 1000\n"
						     "domain0 3 1 2 3\ncpu1 0 0 0 0 0 0 111 222 30 5\n"), &n), 0);
	ck_assert_uint_eq(n, 1030);
	ck_assert_int_eq(slo_proc_cpu_slices(slo_str("cpu0 0 0 0 0 0 0 111 222\n"), &n), -EINVAL);
	ck_assert_int_eq(slo_proc_cpu_slices(slo_str("version 15\n"), &n), -ENOENT);
	ck_assert_uint_eq(n, 1030);
}
END_TEST

START_TEST(flushes_of_a_disk_are_told_apart)
{
	struct slo_proc_disk d;

	ck_assert_int_eq(slo_proc_disk(slo_str("254 0 vda 100 1 2 3 50 5 6 7 0 9 10 4 0 1 2 8 9"), &d), 0);
	ck_assert_uint_eq(d.ios, 162);
	ck_assert_uint_eq(d.flushes, 8);
	ck_assert_int_eq(slo_proc_disk(slo_str("254 0 vda 100 1 2 3 50 5 6 7 0 9 10"), &d), 0);
	ck_assert_uint_eq(d.flushes, 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("proc_count");
	TCase *t = tcase_create("proc_count");

	tcase_add_test(t, a_counter_is_found_by_group_and_name);
	tcase_add_test(t, broken_groups_are_refused);
	tcase_add_test(t, lines_with_one_beginning_are_summed);
	tcase_add_test(t, slices_of_all_cpus_are_summed);
	tcase_add_test(t, flushes_of_a_disk_are_told_apart);
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
