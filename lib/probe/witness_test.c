/* SPDX-License-Identifier: MIT */
/* The counters of a recorded tree, which is copied and then edited between looks. */
#include "probe/witness.h"

#include <check.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define S INT64_C(1000000000)
#define SNMP "Tcp: ActiveOpens RetransSegs\nTcp: %d %d\n"
#define STAT "TcpExt: TCPRetransFail\nTcpExt: %d\n"
#define CPU_STAT "sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-pod7d3f1a52_0c1b_4c7e_9a55_3f2f6f1c0a01.slice/cpu.stat"

static char tree[128], proc[160], sys[160];
static struct slo_target *target;
static struct slo_witness *witness;
static struct slo_witness_counts counts;
static bool want[SLO_SIGNAL__COUNT];
static int64_t wall, mono;

static void __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ck_assert_int_eq(system(line), 0);
}

static void __attribute__((format(printf, 2, 3))) put(const char *path, const char *fmt, ...)
{
	char full[600];
	va_list ap;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", tree, path);
	f = fopen(full, "w");
	ck_assert_msg(f != NULL, "%s", full);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	ck_assert_int_eq(fclose(f), 0);
}

/* Namespaces: ours and process 1's are one, the service's another. */
static void nets(int ours, int service)
{
	put("proc/self/net/snmp", SNMP, ours, ours);
	put("proc/1/net/snmp", SNMP, ours, ours);
	put("proc/1201/net/snmp", SNMP, service, 2 * service);
	put("proc/1201/net/netstat", STAT, service / 2);
}

static void open_tree(uint16_t port)
{
	struct slo_target_watch w = { port, "chat" };
	struct slo_target_opts to = { .proc_root = proc };
	struct slo_witness_opts wo = { .cgroup_prefix = tree, .sys_root = sys };

	snprintf(tree, sizeof(tree), "/tmp/slo-witness-test-%d", (int)getpid());
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	snprintf(sys, sizeof(sys), "%s/sys", tree);
	run("cp -a testdata/proc/v2 %s", tree);
	run("mkdir -p %s/proc/1/net %s/proc/1/ns && ln -s 'net:[4026531840]' %s/proc/1/ns/net", tree, tree, tree);
	run("ln -sfn 'net:[4026532999]' %s/proc/1201/ns/net", tree);
	run("mkdir -p %s/sys/block/vda/holders %s/sys/block/dm-0/holders %s/sys/block/loop0/holders", tree, tree, tree);
	nets(100, 1000);
	put("proc/1201/io", "rchar: 5\nsyscr: 10\nsyscw: 20\n");
	put("proc/vmstat", "allocstall_normal 5\nallocstall_movable 5\n");
	ck_assert_int_eq(slo_target_new(&target, &w, port ? 1 : 0, &to, NULL), 0);
	ck_assert_int_eq(slo_witness_new(&witness, target, &wo, NULL), 0);
	memset(want, 1, sizeof(want));
	wall = ((int64_t)time(NULL) + 3600) * S; /* long after the copies were made */
	mono = S;
}

static void close_tree(void)
{
	slo_witness_free(witness);
	slo_target_free(target);
	if (tree[0])
		run("rm -rf %s", tree);
	tree[0] = '\0';
}

static void look(void)
{
	slo_witness_look(witness, want, wall, mono, &counts);
	wall += 5 * S;
	mono += 5 * S;
}

START_TEST(the_first_look_has_nothing_to_compare_with)
{
	open_tree(8080);
	look();
	for (int s = 0; s <= SLO_TARGET_SERVICES; s++)
		for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
			ck_assert_msg(isnan(counts.of[s][i]), "%d %s", s, slo_enum_name(&slo_signal_enum, i));
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_CONNECT_LATENCY], 0);
	ck_assert_double_eq(counts.of[1][SLO_SIGNAL_RUNQUEUE_DELAY], 0);
	ck_assert_double_eq(counts.of[1][SLO_SIGNAL_SYSCALL_LATENCY], 0);
	ck_assert(isnan(counts.of[0][SLO_SIGNAL_DNS_LATENCY]));
	ck_assert_str_eq(slo_witness_name(SLO_SIGNAL_DNS_LATENCY), "");
	ck_assert_str_eq(slo_witness_name(SLO_SIGNAL_CONNECT_LATENCY), "Tcp ActiveOpens");
}
END_TEST

START_TEST(each_network_namespace_counts_once)
{
	uint64_t netns[SLO_WITNESS_NETNS];

	open_tree(8080);
	look();
	ck_assert_uint_eq(slo_witness_netns(witness, netns), 2);
	ck_assert_uint_eq(netns[0], 4026531840);
	ck_assert_uint_eq(netns[1], 4026532999);
	nets(107, 1030);
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_CONNECT_LATENCY], 7 + 30);
	/* Less what could not be sent: half of the service's. */
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_TCP_RETRANSMITS], 7 + 60 - 15);
}
END_TEST

START_TEST(a_process_in_another_namespace_begins_anew)
{
	uint64_t netns[SLO_WITNESS_NETNS];

	open_tree(8080);
	look();
	run("ln -sfn 'net:[4026533333]' %s/proc/1201/ns/net", tree);
	nets(100, 5);
	mono += 60 * S; /* the target looks again */
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_CONNECT_LATENCY], 0);
	ck_assert_uint_eq(slo_witness_netns(witness, netns), 2);
	nets(100, 9);
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_CONNECT_LATENCY], 4);
}
END_TEST

START_TEST(a_counter_that_went_back_is_negative)
{
	open_tree(8080);
	look();
	nets(3, 1000);
	put("proc/1201/io", "syscr: 1\nsyscw: 2\n");
	look();
	ck_assert_double_lt(counts.of[0][SLO_SIGNAL_CONNECT_LATENCY], 0);
	ck_assert_double_lt(counts.of[1][SLO_SIGNAL_SYSCALL_LATENCY], 0);
}
END_TEST

START_TEST(slices_and_calls_are_the_services)
{
	open_tree(8080);
	put("proc/1201/task/1201/schedstat", "1000 1000 100\n");
	look();
	put("proc/1201/task/1201/schedstat", "1000 5000 140\n");
	put("proc/1201/io", "rchar: 5\nsyscr: 30\nsyscw: 25\n");
	look();
	ck_assert_double_eq(counts.of[1][SLO_SIGNAL_RUNQUEUE_DELAY], 40);
	ck_assert_double_eq(counts.of[1][SLO_SIGNAL_SYSCALL_LATENCY], 25);
	ck_assert(isnan(counts.of[0][SLO_SIGNAL_RUNQUEUE_DELAY]));
}
END_TEST

START_TEST(throttling_is_compared_by_its_time)
{
	open_tree(8080);
	put(CPU_STAT, "nr_periods 10\nnr_throttled 4\nthrottled_usec 1000\n");
	look();
	put(CPU_STAT, "nr_periods 20\nnr_throttled 8\nthrottled_usec 81000\n");
	look();
	ck_assert_double_eq_tol(counts.of[1][SLO_SIGNAL_CFS_THROTTLED], 80, 1e-6);
}
END_TEST

START_TEST(of_disks_the_topmost_whole_ones_count_and_flushes_do_not)
{
	static const char disks[] =
		"254 0 vda %d 0 0 0 0 0 0 0 0 0 0 0 0 0 0 %d 0\n"
		"254 1 vda1 %d 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
		"253 0 dm-0 %d 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

	open_tree(8080);
	put("proc/diskstats", disks, 100, 10, 100, 100);
	look();
	put("proc/diskstats", disks, 160, 15, 160, 140);
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_DISK_IO], 60 + 40);
	run("touch %s/sys/block/vda/holders/dm-0", tree); /* dm-0 lies on vda */
	look();
	put("proc/diskstats", disks, 190, 15, 190, 165);
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_DISK_IO], 25);
}
END_TEST

START_TEST(reclaims_of_all_zones_are_the_machines)
{
	open_tree(8080);
	look();
	put("proc/vmstat", "allocstall_normal 15\nallocstall_movable 6\n");
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_MEM_RECLAIM], 11);
	ck_assert(slo_witness_of_machine(SLO_SIGNAL_MEM_RECLAIM));
	ck_assert(!slo_witness_of_machine(SLO_SIGNAL_SYSCALL_LATENCY));
}
END_TEST

START_TEST(without_a_service_slices_are_the_machines)
{
	open_tree(0);
	put("proc/schedstat", "cpu0 0 0 0 0 0 0 1 1 500\n");
	look();
	put("proc/schedstat", "cpu0 0 0 0 0 0 0 1 1 560\n");
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_RUNQUEUE_DELAY], 60);
	ck_assert(!counts.at_most[SLO_SIGNAL_RUNQUEUE_DELAY]);
	ck_assert(isnan(counts.of[0][SLO_SIGNAL_SYSCALL_LATENCY]));
	run("rm %s/proc/schedstat", tree);
	put("proc/stat", "cpu 1 2 3\nctxt 1000\n");
	look();
	put("proc/stat", "cpu 1 2 3\nctxt 1900\n");
	look();
	ck_assert_double_eq(counts.of[0][SLO_SIGNAL_RUNQUEUE_DELAY], 900);
	ck_assert(counts.at_most[SLO_SIGNAL_RUNQUEUE_DELAY]);
}
END_TEST

START_TEST(what_is_not_wanted_or_not_there_has_no_count)
{
	open_tree(8080);
	memset(want, 0, sizeof(want));
	look();
	look();
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		ck_assert(isnan(counts.of[0][i]) && isnan(counts.of[1][i]));
	memset(want, 1, sizeof(want));
	run("rm -r %s/proc/1201/io %s/proc/vmstat %s/proc/*/net/snmp", tree, tree, tree);
	look();
	look();
	ck_assert(isnan(counts.of[1][SLO_SIGNAL_SYSCALL_LATENCY]));
	ck_assert(isnan(counts.of[0][SLO_SIGNAL_MEM_RECLAIM]));
	ck_assert(isnan(counts.of[0][SLO_SIGNAL_CONNECT_LATENCY]));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("witness");
	TCase *t = tcase_create("witness");

	tcase_add_checked_fixture(t, NULL, close_tree);
	tcase_add_test(t, the_first_look_has_nothing_to_compare_with);
	tcase_add_test(t, each_network_namespace_counts_once);
	tcase_add_test(t, a_process_in_another_namespace_begins_anew);
	tcase_add_test(t, a_counter_that_went_back_is_negative);
	tcase_add_test(t, slices_and_calls_are_the_services);
	tcase_add_test(t, throttling_is_compared_by_its_time);
	tcase_add_test(t, of_disks_the_topmost_whole_ones_count_and_flushes_do_not);
	tcase_add_test(t, reclaims_of_all_zones_are_the_machines);
	tcase_add_test(t, without_a_service_slices_are_the_machines);
	tcase_add_test(t, what_is_not_wanted_or_not_there_has_no_count);
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
