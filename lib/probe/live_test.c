/* SPDX-License-Identifier: MIT */
/*
 * The sampler and the target against this kernel. What it gives must agree
 * with what the test reads from the same files around each sample, whatever the load.
 */
#include "base/cleanup.h"
#include "base/time.h"
#include "probe/host.h"
#include "probe/target.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_ROOT "/sys/fs/cgroup/cpu"

static pid_t child;
static char group[128];
static struct slo_target *target;
static struct slo_host *host;
static double throttled_ms, waited_ms;

static int listen_on(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* A child that alone listens, and burns a CPU if asked to. It dies with the test. */
static uint16_t start_child(bool burn)
{
	uint16_t port;
	int fd = listen_on(&port);

	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (volatile unsigned n = 0;; n++)
			if (!burn)
				pause();
	}
	close(fd);
	return port;
}

static void stop_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
	slo_host_free(host);
	slo_target_free(target);
	host = NULL;
	target = NULL;
	for (int i = 0; group[0] && rmdir(group) < 0 && errno == EBUSY && i < 100; i++)
		usleep(10000); /* the kernel lets go of a dead process a little later */
	group[0] = '\0';
}

static bool put(const char *file, const char *text)
{
	char path[256];
	slo_autofclose FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	f = fopen(path, "w");
	return f && fputs(text, f) >= 0 && fflush(f) == 0;
}

/* A v1 cpu cgroup with a quota of 20 %; false where that cannot be had. */
static bool make_group(void)
{
	snprintf(group, sizeof(group), CPU_ROOT "/slo-live-test-%d", (int)getpid());
	if (mkdir(group, 0755) == 0 && put("cpu.cfs_period_us", "100000") && put("cpu.cfs_quota_us", "20000"))
		return true;
	printf("SKIP live_test: no cpu cgroup v1 with a quota can be made at " CPU_ROOT ": %s\n", strerror(errno));
	rmdir(group);
	group[0] = '\0';
	return false;
}

static bool join_group(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", (int)child);
	return put("cgroup.procs", text);
}

static unsigned long long throttled_now(void)
{
	char path[256], key[64];
	unsigned long long v;
	slo_autofclose FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/cpu.stat", group);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fscanf(f, "%63s %llu", key, &v) == 2)
		if (strcmp(key, "throttled_time") == 0)
			return v;
	ck_abort_msg("no throttled_time in %s", path);
	return 0;
}

static unsigned long long delay_now(void)
{
	char path[64];
	unsigned long long run, delay;
	slo_autofclose FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)child);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%llu %llu", &run, &delay), 2);
	return delay;
}

static void take(void *arg, const struct slo_obs *o)
{
	(void)arg;
	if (o->signal == SLO_SIGNAL_CFS_THROTTLED)
		throttled_ms += o->value;
	if (o->signal != SLO_SIGNAL_RUNQUEUE_DELAY)
		return;
	ck_assert_int_eq(o->pid, child);
	waited_ms += o->value * (double)o->times;
}

static void open_host(uint16_t port)
{
	struct slo_target_watch w = { port, "burner" };
	struct slo_obs_sink sink = { .obs = take };

	ck_assert_int_eq(slo_target_new(&target, &w, 1, NULL, NULL), 0);
	ck_assert_int_eq(slo_host_new(&host, target, &sink, NULL, NULL), 0);
}

static void sample(void)
{
	ck_assert_int_eq(slo_host_sample(host, slo_now_wall_ns(), slo_now_mono_ns()), 0);
}

/* Let the child run until the kernel has throttled it @ns more; a deadline only guards against a hang. */
static void wait_throttled(unsigned long long ns)
{
	unsigned long long from = throttled_now();

	for (int i = 0; throttled_now() - from < ns; i++) {
		ck_assert_int_lt(i, 2000);
		usleep(10000);
	}
}

static void assert_between(double ms, unsigned long long lo_ns, unsigned long long hi_ns)
{
	ck_assert_double_ge(ms, (double)lo_ns / 1e6 - 1e-6);
	ck_assert_double_le(ms, (double)hi_ns / 1e6 + 1e-6);
}

START_TEST(throttling_and_waiting_agree_with_the_kernels_counters)
{
	unsigned long long t[4], d[4];
	const char *why;

	if (!make_group())
		return;
	open_host(start_child(true));
	ck_assert(join_group());
	t[0] = throttled_now(), d[0] = delay_now();
	sample();
	t[1] = throttled_now(), d[1] = delay_now();
	ck_assert_double_eq(throttled_ms, 0);
	wait_throttled(200 * 1000000ULL);
	t[2] = throttled_now(), d[2] = delay_now();
	sample();
	t[3] = throttled_now(), d[3] = delay_now();
	ck_assert_int_eq(slo_host_state(host, 0, SLO_SIGNAL_CFS_THROTTLED, &why), SLO_STATE_VALUE);
	assert_between(throttled_ms, t[2] - t[1], t[3] - t[0]);
	assert_between(waited_ms, d[2] > d[1] ? d[2] - d[1] : 0, d[3] - d[0]);
	printf("sampled %.1f ms throttled, cpu.stat says %.1f to %.1f\n", throttled_ms, (double)(t[2] - t[1]) / 1e6,
	       (double)(t[3] - t[0]) / 1e6);
}
END_TEST

START_TEST(a_process_moved_into_a_new_cgroup_is_charged_from_zero)
{
	unsigned long long before;

	open_host(start_child(true));
	sample();
	if (!make_group())
		return;
	ck_assert(join_group());
	wait_throttled(100 * 1000000ULL);
	before = throttled_now();
	sample();
	assert_between(throttled_ms, before, throttled_now());
	ck_assert_double_gt(throttled_ms, 0);
}
END_TEST

START_TEST(a_restarted_service_is_found_again)
{
	const struct slo_target_proc *p;
	struct slo_target_watch w = { start_child(false), "svc" };
	pid_t first = child;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
				 .sin_port = htons(w.port) };
	int64_t now = slo_now_mono_ns();
	int fd, one = 1;

	ck_assert_int_eq(slo_target_new(&target, &w, 1, NULL, NULL), 0);
	ck_assert_int_eq(slo_target_refresh(target, now), 0);
	ck_assert_uint_eq(slo_target_procs(target, 0, &p), 1);
	ck_assert_int_eq(p[0].pid, first);
	kill(first, SIGKILL);
	waitpid(first, NULL, 0);
	ck_assert_int_eq(slo_target_refresh(target, now + 2 * SLO_NS_PER_S), 0);
	ck_assert_uint_eq(slo_target_procs(target, 0, &p), 0);
	ck_assert_ptr_nonnull(strstr(slo_target_why(target, 0), "nobody listens"));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	child = 0;
	ck_assert_int_eq(slo_target_refresh(target, now + 4 * SLO_NS_PER_S), 0);
	ck_assert_uint_eq(slo_target_procs(target, 0, &p), 1);
	ck_assert_int_eq(p[0].pid, getpid());
	close(fd);
}
END_TEST

START_TEST(both_ends_of_a_connection_have_their_owners)
{
	uint16_t port, other_port;
	int fd = listen_on(&port), other = listen_on(&other_port), c, s;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) },
				 .sin_port = htons(port) };
	struct slo_target_watch w[2] = { { port, "server" }, { 1, "nobody" } };
	struct slo_target_opts opts = { .owner_ns = 1 };
	socklen_t len = sizeof(a);
	struct slo_tuple t = { .proto = IPPROTO_TCP, .dst_port = port };

	ck_assert_int_eq(slo_target_new(&target, w, 2, &opts, NULL), 0);
	ck_assert_int_eq(slo_target_refresh(target, slo_now_mono_ns()), 0);
	c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(c, (struct sockaddr *)&a, sizeof(a)), 0);
	s = accept(fd, NULL, NULL);
	ck_assert_int_ge(s, 0);
	ck_assert_int_eq(getsockname(c, (struct sockaddr *)&a, &len), 0);
	t.src_port = ntohs(a.sin_port);
	memcpy(t.src, (uint8_t[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 }, 16);
	memcpy(t.dst, t.src, 16);
	ck_assert_int_eq(slo_target_owner(target, &t), 0);
	/* to a port of the same number elsewhere: not ours */
	memcpy(t.dst, (uint8_t[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 }, 16);
	memcpy(t.src, (uint8_t[]){ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 9 }, 16);
	t.src_port = 1000;
	ck_assert_int_eq(slo_target_owner(target, &t), SLO_SERVICE_NONE);
	close(c);
	close(s);
	close(fd);
	close(other);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("live");
	TCase *t = tcase_create("live");

	tcase_add_checked_fixture(t, NULL, stop_child);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, throttling_and_waiting_agree_with_the_kernels_counters);
	tcase_add_test(t, a_process_moved_into_a_new_cgroup_is_charged_from_zero);
	tcase_add_test(t, a_restarted_service_is_found_again);
	tcase_add_test(t, both_ends_of_a_connection_have_their_owners);
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
