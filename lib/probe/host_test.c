/* SPDX-License-Identifier: MIT */
/* The sampler on recorded trees: what a counter's step becomes. The trees are copied, then edited between samples. */
#include "base/err.h"
#include "probe/host.h"
#include "probe/target.h"

#include <check.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define S INT64_C(1000000000)
#define POD "kubepods/burstable/pod7d3f1a52-0c1b-4c7e-9a55-3f2f6f1c0a01"
#define CONTAINER "1f3c5a7e9b0d2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c0e2b4d6f8a1c3e5b7d9f01"
#define SLICE "kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-pod7d3f1a52_0c1b_4c7e_9a55_3f2f6f1c0a01.slice"
#define SCOPE SLICE "/cri-containerd-" CONTAINER ".scope"

static char tree[128];
static struct slo_target *target;
static struct slo_host *host;
static struct slo_obs seen[64];
static size_t seen_count;
static int64_t wall, mono;

static void take(void *arg, const struct slo_obs *o)
{
	(void)arg;
	ck_assert_uint_lt(seen_count, SLO_ARRAY_LEN(seen));
	seen[seen_count++] = *o;
}

static void __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ck_assert_int_eq(system(line), 0);
}

static void put(const char *path, const char *text)
{
	char full[600];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", tree, path);
	f = fopen(full, "w");
	ck_assert_msg(f != NULL, "%s", full);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void open_tree(const char *name, uint16_t port)
{
	static char proc[160], sys[160];
	struct slo_target_watch w = { port, "chat" };
	struct slo_target_opts to = { .proc_root = proc };
	struct slo_host_opts ho = { .cgroup_prefix = tree, .sys_root = sys };
	struct slo_obs_sink sink = { .obs = take };

	snprintf(tree, sizeof(tree), "/tmp/slo-host-test-%d", (int)getpid());
	run("cp -a testdata/proc/%s %s", name, tree);
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	snprintf(sys, sizeof(sys), "%s/sys", tree);
	ck_assert_int_eq(slo_target_new(&target, &w, port ? 1 : 0, &to, NULL), 0);
	ck_assert_int_eq(slo_host_new(&host, target, &sink, &ho, NULL), 0);
	/* Long after the copies were made: their cgroups are old ones. */
	wall = ((int64_t)time(NULL) + 3600) * S;
	mono = S;
}

static void close_tree(void)
{
	slo_host_free(host);
	slo_target_free(target);
	host = NULL;
	target = NULL;
	if (tree[0])
		run("rm -rf %s", tree);
	tree[0] = '\0';
	seen_count = 0;
}

static void sample(void)
{
	seen_count = 0;
	ck_assert_int_eq(slo_host_sample(host, wall, mono), 0);
	wall += S;
	mono += S;
}

static const struct slo_obs *find(int signal)
{
	for (size_t i = 0; i < seen_count; i++)
		if (seen[i].signal == signal)
			return &seen[i];
	return NULL;
}

static size_t count(int signal)
{
	size_t n = 0;

	for (size_t i = 0; i < seen_count; i++)
		n += seen[i].signal == signal;
	return n;
}

static void assert_state(int service, int signal, int state, const char *why, const char *provider)
{
	const char *w;

	ck_assert_int_eq(slo_host_state(host, service, signal, &w), state);
	ck_assert_msg(strstr(w, why) != NULL, "\"%s\" is not in \"%s\"", why, w);
	ck_assert_str_eq(slo_host_provider(host, service, signal), provider);
}

START_TEST(the_first_sample_gives_nothing_and_an_unchanged_second_is_zero)
{
	open_tree("v1", 8080);
	sample();
	ck_assert_uint_eq(seen_count, 0);
	sample();
	ck_assert_uint_eq(seen_count, 0);
	assert_state(0, SLO_SIGNAL_RUNQUEUE_DELAY, SLO_STATE_ZERO, "", "schedstat");
	assert_state(0, SLO_SIGNAL_CFS_THROTTLED, SLO_STATE_ZERO, "", "cgroup1");
	assert_state(0, SLO_SIGNAL_MEM_RECLAIM, SLO_STATE_ZERO, "whole host", "psi-host");
	assert_state(0, SLO_SIGNAL_DISK_IO, SLO_STATE_ZERO, "whole host", "diskstats");
	assert_state(0, SLO_SIGNAL_CPU_STEAL, SLO_STATE_ZERO, "", "proc-stat");
	assert_state(0, SLO_SIGNAL_SYSCALL_LATENCY, SLO_STATE_NOT_CAPTURED, "needs tracing", "");
	assert_state(0, SLO_SIGNAL_TLS_HANDSHAKE, SLO_STATE_NOT_CAPTURED, "needs packets or tracing", "");
}
END_TEST

static void put_retransmits(int n)
{
	char text[256];

	snprintf(text, sizeof(text), "Ip: Forwarding\nIp: 1\nTcp: ActiveOpens OutSegs RetransSegs InErrs\nTcp: 7 99 %d 0\n", n);
	put("proc/net/snmp", text);
}

START_TEST(retransmits_are_the_kernels_own_count_where_packets_are_not_captured)
{
	const int signal = SLO_SIGNAL_TCP_RETRANSMITS;

	open_tree("v1", 8080);
	run("mkdir -p %s/proc/net", tree);
	put_retransmits(40);
	sample();
	assert_state(0, signal, SLO_STATE_ZERO, "baseline", "snmp");
	put_retransmits(43);
	sample();
	ck_assert_uint_eq(count(signal), 1);
	ck_assert_double_eq(find(signal)->value, 1);
	ck_assert_uint_eq(find(signal)->times, 3);
	assert_state(0, signal, SLO_STATE_VALUE, "whole network namespace", "snmp");
	sample();
	ck_assert_uint_eq(count(signal), 0);
	assert_state(0, signal, SLO_STATE_ZERO, "", "snmp");
	slo_host_packets(host, true);
	put_retransmits(50);
	sample();
	ck_assert_uint_eq(count(signal), 0);
	assert_state(0, signal, SLO_STATE_NOT_CAPTURED, "from packets", "");
	/* What happened meanwhile was seen by somebody else. */
	slo_host_packets(host, false);
	put_retransmits(60);
	sample();
	ck_assert_uint_eq(count(signal), 0);
	put("proc/net/snmp", "Tcp: ActiveOpens\nTcp: 7\n");
	sample();
	assert_state(0, signal, SLO_STATE_NOT_CAPTURED, "ENOENT", "");
}
END_TEST

START_TEST(run_queue_delay_is_the_mean_wait_per_slice_of_each_thread)
{
	const struct slo_obs *o;

	open_tree("v1", 8080);
	sample();
	put("proc/1201/task/1202/schedstat", "2000000 61000000 8\n"); /* 60 ms in 3 slices */
	sample();
	ck_assert_uint_eq(seen_count, 1);
	o = find(SLO_SIGNAL_RUNQUEUE_DELAY);
	ck_assert_ptr_nonnull(o);
	ck_assert_double_eq_tol(o->value, 20, 1e-9);
	ck_assert_uint_eq(o->times, 3);
	ck_assert_int_eq(o->pid, 1201);
	ck_assert_int_eq(o->tid, 1202);
	ck_assert_int_eq(o->service, 0);
	ck_assert_str_eq(o->comm, "chat server) x ");
	ck_assert_int_eq(o->end_ns, wall - S);
	assert_state(0, SLO_SIGNAL_RUNQUEUE_DELAY, SLO_STATE_VALUE, "", "schedstat");
}
END_TEST

START_TEST(a_look_between_two_samples_keeps_one_long_wait_apart)
{
	open_tree("v1", 8080);
	sample();
	put("proc/1201/task/1202/schedstat", "2000000 81000000 6\n"); /* 80 ms in one slice */
	seen_count = 0;
	slo_host_subsample(host, wall);
	ck_assert_uint_eq(seen_count, 1);
	ck_assert_double_eq_tol(find(SLO_SIGNAL_RUNQUEUE_DELAY)->value, 80, 1e-9);
	ck_assert_int_eq(find(SLO_SIGNAL_RUNQUEUE_DELAY)->end_ns, wall);
	put("proc/1201/task/1202/schedstat", "9000000 82000000 106\n"); /* then 1 ms in a hundred */
	sample();
	ck_assert_uint_eq(find(SLO_SIGNAL_RUNQUEUE_DELAY)->times, 100);
	ck_assert_double_eq_tol(find(SLO_SIGNAL_RUNQUEUE_DELAY)->value, 0.01, 1e-9);
	seen_count = 0;
	slo_host_enable(host, SLO_SIGNAL_RUNQUEUE_DELAY, false);
	put("proc/1201/task/1202/schedstat", "9000000 99000000 107\n");
	slo_host_subsample(host, wall);
	ck_assert_uint_eq(seen_count, 0);
}
END_TEST

START_TEST(a_wait_that_ends_later_is_not_lost)
{
	const struct slo_obs *o;

	open_tree("v1", 8080);
	sample();
	put("proc/1201/task/1202/schedstat", "1000000 11000000 5\n"); /* waited, no slice yet */
	sample();
	ck_assert_uint_eq(seen_count, 0);
	put("proc/1201/task/1202/schedstat", "1000000 11000000 6\n");
	sample();
	o = find(SLO_SIGNAL_RUNQUEUE_DELAY);
	ck_assert_ptr_nonnull(o);
	ck_assert_double_eq_tol(o->value, 10, 1e-9);
}
END_TEST

START_TEST(a_new_thread_of_a_known_process_counts_from_zero_and_a_counter_that_fell_does_not_count)
{
	open_tree("v1", 8080);
	sample();
	run("mkdir %s/proc/1201/task/1203", tree);
	put("proc/1201/task/1203/schedstat", "1000000 8000000 4\n");
	put("proc/1201/task/1202/schedstat", "10 10 1\n");
	sample();
	ck_assert_uint_eq(seen_count, 1);
	ck_assert_int_eq(seen[0].tid, 1203);
	ck_assert_double_eq_tol(seen[0].value, 2, 1e-9);
	run("rm -r %s/proc/1201/task/1202", tree);
	sample();
	ck_assert_uint_eq(seen_count, 0);
}
END_TEST

START_TEST(throttled_time_is_the_sum_over_the_cgroup_and_its_ancestors)
{
	open_tree("v1", 8080);
	sample();
	put("sys/fs/cgroup/cpu,cpuacct/" POD "/" CONTAINER "/cpu.stat",
	    "nr_periods 50\nnr_throttled 20\nthrottled_time 259000000\n");
	put("sys/fs/cgroup/cpu,cpuacct/" POD "/cpu.stat", "nr_periods 50\nnr_throttled 20\nthrottled_time 5500000\n");
	sample();
	ck_assert_uint_eq(count(SLO_SIGNAL_CFS_THROTTLED), 2); /* two processes share the cgroup: once */
	ck_assert_double_eq_tol(seen[0].value, 250, 1e-9);
	ck_assert_double_eq_tol(seen[1].value, 1.5, 1e-9);
	ck_assert_str_eq(seen[0].provider, "cgroup1");
	sample();
	ck_assert_uint_eq(seen_count, 0);
	assert_state(0, SLO_SIGNAL_CFS_THROTTLED, SLO_STATE_ZERO, "", "cgroup1");
}
END_TEST

START_TEST(moved_into_a_cgroup_made_since_the_last_look_its_counter_starts_at_zero)
{
	open_tree("hybrid", 8080);
	wall = (int64_t)time(NULL) * S - S; /* the present: what is made now is new */
	sample();
	run("mkdir %s/sys/fs/cgroup/cpu/fault", tree);
	put("sys/fs/cgroup/cpu/fault/cpu.stat", "nr_periods 9\nnr_throttled 8\nthrottled_time 640000000\n");
	put("proc/1201/cgroup", "4:memory:/svc\n1:cpu:/fault\n0::/svc\n");
	sample();
	ck_assert_uint_eq(count(SLO_SIGNAL_CFS_THROTTLED), 1);
	ck_assert_double_eq_tol(find(SLO_SIGNAL_CFS_THROTTLED)->value, 640, 1e-9);
	ck_assert_str_eq(find(SLO_SIGNAL_CFS_THROTTLED)->detail, "/fault");
	put("sys/fs/cgroup/cpu/fault/cpu.stat", "nr_periods 19\nnr_throttled 18\nthrottled_time 700000000\n");
	sample();
	ck_assert_double_eq_tol(find(SLO_SIGNAL_CFS_THROTTLED)->value, 60, 1e-9);
}
END_TEST

START_TEST(moved_into_an_older_cgroup_its_past_is_not_ours)
{
	open_tree("hybrid", 8080);
	run("mkdir %s/sys/fs/cgroup/cpu/old", tree);
	put("sys/fs/cgroup/cpu/old/cpu.stat", "nr_periods 9\nnr_throttled 8\nthrottled_time 640000000\n");
	sample();
	put("proc/1201/cgroup", "4:memory:/svc\n1:cpu:/old\n0::/svc\n");
	sample();
	ck_assert_uint_eq(count(SLO_SIGNAL_CFS_THROTTLED), 0);
	put("sys/fs/cgroup/cpu/old/cpu.stat", "nr_periods 19\nnr_throttled 18\nthrottled_time 650000000\n");
	sample();
	ck_assert_double_eq_tol(find(SLO_SIGNAL_CFS_THROTTLED)->value, 10, 1e-9);
}
END_TEST

START_TEST(cgroup_v2_gives_microseconds_and_its_own_memory_pressure)
{
	open_tree("v2", 8080);
	sample();
	put("sys/fs/cgroup/" SCOPE "/cpu.stat", "usage_usec 1\nnr_periods 50\nnr_throttled 20\nthrottled_usec 45000\n");
	put("sys/fs/cgroup/" SCOPE "/memory.pressure",
	    "some avg10=1.00 avg60=0.00 avg300=0.00 total=37500\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=9000\n");
	put("proc/pressure/memory", "some avg10=1.00 avg60=0.00 avg300=0.00 total=9000000\n");
	sample();
	ck_assert_uint_eq(seen_count, 2);
	ck_assert_double_eq_tol(find(SLO_SIGNAL_CFS_THROTTLED)->value, 42, 1e-9);
	ck_assert_str_eq(find(SLO_SIGNAL_CFS_THROTTLED)->provider, "cgroup2");
	ck_assert_double_eq_tol(find(SLO_SIGNAL_MEM_RECLAIM)->value, 32.5, 1e-9);
	assert_state(0, SLO_SIGNAL_MEM_RECLAIM, SLO_STATE_VALUE, "", "cgroup2");
}
END_TEST

START_TEST(without_a_cpu_controller_throttling_is_not_captured)
{
	open_tree("v2", 8080);
	put("sys/fs/cgroup/cgroup.controllers", "io memory cpuset\n");
	sample();
	sample();
	assert_state(0, SLO_SIGNAL_CFS_THROTTLED, SLO_STATE_NOT_CAPTURED, "no cpu controller", "");
}
END_TEST

START_TEST(the_hosts_pressure_stands_in_and_its_absence_is_told)
{
	open_tree("v1", 8080);
	sample();
	put("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=127000\n");
	sample();
	ck_assert_double_eq_tol(find(SLO_SIGNAL_MEM_RECLAIM)->value, 7, 1e-9);
	ck_assert_str_eq(find(SLO_SIGNAL_MEM_RECLAIM)->provider, "psi-host");
	run("rm %s/proc/pressure/memory", tree);
	sample();
	assert_state(0, SLO_SIGNAL_MEM_RECLAIM, SLO_STATE_NOT_CAPTURED, "no PSI", "");
}
END_TEST

START_TEST(disks_count_whole_devices_only)
{
	const struct slo_obs *o;

	open_tree("v1", 8080);
	sample();
	put("proc/diskstats",
	    " 254 0 vda 105779 10812 682674 72111 22691 18095 337267 8640 0 10184 81341 10204 9 1002440 1122 1754 67\n"
	    " 254 1 vda1 105799 10812 6826000 99900 22681 18095 3372672 8240 0 10184 81341 10204 9 1002440 1122 0 0\n"
	    "   7 0 loop0 90 0 120 9003 0 0 0 0 0 4 3 0 0 0 0 0 0\n"
	    " 253 0 zram0 90 0 80 9001 0 0 0 0 0 4 3 0 0 0 0 0 0\n");
	sample();
	ck_assert_uint_eq(count(SLO_SIGNAL_DISK_IO), 1);
	o = find(SLO_SIGNAL_DISK_IO);
	ck_assert_double_eq_tol(o->value, 600.0 / 20, 1e-9);
	ck_assert_uint_eq(o->times, 20);
	ck_assert_str_eq(o->detail, "vda");
}
END_TEST

START_TEST(stolen_time_is_a_share_of_what_was_not_idle)
{
	open_tree("v1", 8080);
	sample();
	/* user +70, system +10, steal +20, idle +900, guest (inside user) +50 */
	put("proc/stat", "cpu  4414 0 2413 403847 472 0 53 76 50 0\n");
	sample();
	ck_assert_double_eq_tol(find(SLO_SIGNAL_CPU_STEAL)->value, 20, 1e-9);
	put("proc/stat", "cpu  4414 0 2413 403847 472 0 53\n");
	sample();
	assert_state(0, SLO_SIGNAL_CPU_STEAL, SLO_STATE_NOT_CAPTURED, "no paravirtual steal clock", "");
}
END_TEST

START_TEST(a_service_nobody_runs_is_not_captured_but_the_host_is)
{
	open_tree("v1", 9999);
	sample();
	put("proc/stat", "cpu  4414 0 2413 403847 472 0 53 76 50 0\n");
	sample();
	assert_state(0, SLO_SIGNAL_RUNQUEUE_DELAY, SLO_STATE_NOT_CAPTURED, "nobody listens on port 9999", "");
	assert_state(0, SLO_SIGNAL_CFS_THROTTLED, SLO_STATE_NOT_CAPTURED, "nobody listens on port 9999", "");
	ck_assert_int_eq(find(SLO_SIGNAL_CPU_STEAL)->service, 0);
}
END_TEST

START_TEST(without_services_the_host_is_observed_for_none)
{
	open_tree("v1", 0);
	sample();
	put("proc/stat", "cpu  4414 0 2413 403847 472 0 53 76 50 0\n");
	put("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=127000\n");
	sample();
	ck_assert_uint_eq(seen_count, 2);
	ck_assert_int_eq(seen[0].service, SLO_SERVICE_NONE);
	ck_assert_int_eq(seen[1].service, SLO_SERVICE_NONE);
	assert_state(SLO_SERVICE_NONE, SLO_SIGNAL_MEM_RECLAIM, SLO_STATE_VALUE, "", "psi-host");
}
END_TEST

START_TEST(a_signal_switched_off_is_left_alone_and_starts_anew)
{
	open_tree("v1", 8080);
	sample();
	slo_host_enable(host, SLO_SIGNAL_CPU_STEAL, false);
	put("proc/stat", "cpu  4414 0 2413 403847 472 0 53 76 50 0\n");
	sample();
	ck_assert_uint_eq(seen_count, 0);
	assert_state(0, SLO_SIGNAL_CPU_STEAL, SLO_STATE_NOT_CAPTURED, "switched off", "");
	slo_host_enable(host, SLO_SIGNAL_CPU_STEAL, true);
	sample();
	ck_assert_uint_eq(seen_count, 0);
	assert_state(0, SLO_SIGNAL_CPU_STEAL, SLO_STATE_NOT_CAPTURED, "baseline", "");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("host");
	TCase *t = tcase_create("host");

	tcase_add_checked_fixture(t, NULL, close_tree);
	tcase_add_test(t, retransmits_are_the_kernels_own_count_where_packets_are_not_captured);
	tcase_add_test(t, the_first_sample_gives_nothing_and_an_unchanged_second_is_zero);
	tcase_add_test(t, run_queue_delay_is_the_mean_wait_per_slice_of_each_thread);
	tcase_add_test(t, a_look_between_two_samples_keeps_one_long_wait_apart);
	tcase_add_test(t, a_wait_that_ends_later_is_not_lost);
	tcase_add_test(t, a_new_thread_of_a_known_process_counts_from_zero_and_a_counter_that_fell_does_not_count);
	tcase_add_test(t, throttled_time_is_the_sum_over_the_cgroup_and_its_ancestors);
	tcase_add_test(t, moved_into_a_cgroup_made_since_the_last_look_its_counter_starts_at_zero);
	tcase_add_test(t, moved_into_an_older_cgroup_its_past_is_not_ours);
	tcase_add_test(t, cgroup_v2_gives_microseconds_and_its_own_memory_pressure);
	tcase_add_test(t, without_a_cpu_controller_throttling_is_not_captured);
	tcase_add_test(t, the_hosts_pressure_stands_in_and_its_absence_is_told);
	tcase_add_test(t, disks_count_whole_devices_only);
	tcase_add_test(t, stolen_time_is_a_share_of_what_was_not_idle);
	tcase_add_test(t, a_service_nobody_runs_is_not_captured_but_the_host_is);
	tcase_add_test(t, without_services_the_host_is_observed_for_none);
	tcase_add_test(t, a_signal_switched_off_is_left_alone_and_starts_anew);
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
