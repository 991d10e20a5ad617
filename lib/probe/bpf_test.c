/* SPDX-License-Identifier: MIT */
/*
 * The probes' framework against this kernel: the run queue, because every
 * machine has one. What the probe counts must agree with what schedstat says
 * of the same threads.
 */
#include "base/time.h"
#include "probe/bpf.h"
#include "probe/target.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPINNERS = 3 };

static struct slo_bpf *bpf;
static struct slo_target *target;
static pid_t children[SPINNERS];
static double sum_ms[SLO_TARGET_SERVICES + 1], max_ms[SLO_TARGET_SERVICES + 1];
static uint64_t counted[SLO_TARGET_SERVICES + 1], examples, strangers;
static const char *provider;

static void take_summary(void *arg, const struct slo_obs_summary *s)
{
	(void)arg;
	ck_assert_int_eq(s->signal, SLO_SIGNAL_RUNQUEUE_DELAY);
	ck_assert_uint_eq(slo_hist_count(s->hist), s->count);
	counted[s->service + 1] += s->count;
	sum_ms[s->service + 1] += s->sum;
	if (s->max > max_ms[s->service + 1])
		max_ms[s->service + 1] = s->max;
	provider = s->provider;
}

static bool is_child(int64_t pid)
{
	for (int i = 0; i < SPINNERS; i++)
		if (children[i] == pid)
			return true;
	return false;
}

static void take_exemplar(void *arg, const struct slo_obs *o)
{
	(void)arg;
	ck_assert_double_ge(o->value, 1);
	ck_assert_int_eq(o->service, 0);
	ck_assert_int_lt(llabs((long long)(o->end_ns - slo_now_wall_ns())), 60 * SLO_NS_PER_S);
	examples++;
	strangers += !is_child(o->pid);
}

static struct slo_bpf_opts options(const char *disable)
{
	struct slo_bpf_opts o = { .disable = disable, .target = target,
				  .sink = { .summary = take_summary, .exemplar = take_exemplar } };

	o.wanted[SLO_SIGNAL_RUNQUEUE_DELAY] = true;
	o.threshold[SLO_SIGNAL_RUNQUEUE_DELAY] = 1;
	return o;
}

/* Return: false, having said why, where the rung does not work here. */
static bool open_rung(const char *disable, const char *want)
{
	struct slo_bpf_opts o = options(disable);
	const char *rung, *why;

	ck_assert_int_eq(slo_bpf_open(&bpf, &o, NULL), 0);
	if (strcmp(slo_bpf_rung(bpf, SLO_SIGNAL_RUNQUEUE_DELAY), want) == 0)
		return true;
	for (int i = 0; (why = slo_bpf_why(bpf, SLO_SIGNAL_RUNQUEUE_DELAY, i, &rung)); i++)
		if (strstr(want, rung))
			printf("SKIP: %s refused here: %s\n", want, why);
	return false;
}

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* Three spinners on one CPU wait for each other two thirds of the time. They stop when the pipe is closed. */
static void spin(int go)
{
	cpu_set_t one;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (read(go, &c, 1) < 0)
		_exit(1);
	for (volatile unsigned long n = 0;; n++)
		;
}

static int go_pipe[2];

/* The spinners hold the listening socket, so that they are the service of its port. */
static uint16_t start_spinners(void)
{
	uint16_t port;
	int fd = listen_somewhere(&port);

	ck_assert_int_eq(pipe(go_pipe), 0);
	for (int i = 0; i < SPINNERS; i++) {
		children[i] = fork();
		ck_assert_int_ge(children[i], 0);
		if (children[i] == 0) {
			close(go_pipe[1]);
			spin(go_pipe[0]);
		}
	}
	close(fd);
	close(go_pipe[0]);
	return port;
}

static void signal_spinners(int sig)
{
	for (int i = 0; i < SPINNERS; i++)
		kill(children[i], sig);
}

static double waited_ms(void)
{
	double total = 0;

	for (int i = 0; i < SPINNERS; i++) {
		char path[64];
		double run, wait;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)children[i]);
		f = fopen(path, "r");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fscanf(f, "%lf %lf", &run, &wait), 2);
		fclose(f);
		total += wait / 1e6;
	}
	return total;
}

static void watch(uint16_t port)
{
	struct slo_target_watch w = { .port = port, .service = "spinners" };

	ck_assert_int_eq(slo_target_new(&target, &w, 1, NULL, NULL), 0);
	ck_assert_int_eq(slo_target_refresh(target, slo_now_mono_ns()), 0);
}

static void setup(void)
{
	memset(sum_ms, 0, sizeof(sum_ms));
	memset(max_ms, 0, sizeof(max_ms));
	memset(counted, 0, sizeof(counted));
	examples = strangers = 0;
	bpf = NULL;
	target = NULL;
	provider = "";
	watch(start_spinners());
}

static void teardown(void)
{
	slo_bpf_close(bpf);
	slo_target_free(target);
	signal_spinners(SIGKILL);
	for (int i = 0; i < SPINNERS; i++)
		waitpid(children[i], NULL, 0);
}

static void look(void)
{
	slo_bpf_drain(bpf);
	slo_bpf_flush(bpf, slo_now_mono_ns());
}

/* All waiting lies between two moments when nobody waits. */
static double spin_for_ms(unsigned ms)
{
	double before = waited_ms();

	close(go_pipe[1]);
	usleep(ms * 1000);
	signal_spinners(SIGSTOP);
	usleep(50000);
	look();
	return waited_ms() - before;
}

static void agrees_with_schedstat(const char *disable, const char *want)
{
	double truth;

	if (!open_rung(disable, want))
		return;
	truth = spin_for_ms(1200);
	ck_assert_str_eq(provider, want);
	ck_assert_double_gt(truth, 1000);
	ck_assert_double_eq_tol(sum_ms[1], truth, truth * 0.05 + 5);
	ck_assert_uint_gt(counted[1], SPINNERS);
}

START_TEST(waits_agree_with_schedstat_by_task_storage)
{
	agrees_with_schedstat(NULL, "bpf/tp_btf");
}
END_TEST

START_TEST(waits_agree_with_schedstat_by_thread_id)
{
	agrees_with_schedstat("tp_btf", "bpf/raw_tp");
}
END_TEST

START_TEST(examples_name_a_thread_of_the_service_and_nobody_else)
{
	if (!open_rung(NULL, "bpf/tp_btf"))
		return;
	spin_for_ms(800);
	ck_assert_uint_gt(examples, 20);
	ck_assert_uint_eq(strangers, 0);
	ck_assert_uint_eq(counted[0], 0);
}
END_TEST

START_TEST(a_detached_probe_counts_nothing_and_starts_afresh)
{
	if (!open_rung(NULL, "bpf/tp_btf"))
		return;
	close(go_pipe[1]);
	usleep(100000);
	look();
	ck_assert_uint_gt(counted[1], 0);
	slo_bpf_enable(bpf, SLO_SIGNAL_RUNQUEUE_DELAY, false);
	look();
	counted[1] = 0;
	usleep(400000);
	look();
	ck_assert_uint_eq(counted[1], 0);
	/* Whoever waited when nobody looked has not waited all the time since. */
	slo_bpf_enable(bpf, SLO_SIGNAL_RUNQUEUE_DELAY, true);
	max_ms[1] = 0;
	usleep(300000);
	look();
	ck_assert_uint_gt(counted[1], 0);
	ck_assert_double_lt(max_ms[1], 300);
}
END_TEST

START_TEST(a_rung_nobody_has_is_an_error_that_names_it)
{
	struct slo_bpf_opts o = options("tp_btf,kprobes");
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_bpf_open(&bpf, &o, &err), -EINVAL);
	ck_assert_str_eq(err.what, "no probe has a rung kprobes");
	slo_err_reset(&err);
	o.disable = "disk:schedstat";
	ck_assert_int_eq(slo_bpf_open(&bpf, &o, &err), -EINVAL);
}
END_TEST

START_TEST(with_every_rung_disabled_the_reason_is_the_option)
{
	struct slo_bpf_opts o = options("runqueue:tp_btf,raw_tp");
	const char *rung;

	ck_assert_int_eq(slo_bpf_open(&bpf, &o, NULL), 0);
	ck_assert_str_eq(slo_bpf_rung(bpf, SLO_SIGNAL_RUNQUEUE_DELAY), "");
	ck_assert_int_eq(slo_bpf_fd(bpf), -1);
	for (int i = 0; i < 2; i++)
		if (geteuid() == 0)
			ck_assert_str_eq(slo_bpf_why(bpf, SLO_SIGNAL_RUNQUEUE_DELAY, i, &rung), "disabled by option");
	ck_assert_ptr_null(slo_bpf_why(bpf, SLO_SIGNAL_RUNQUEUE_DELAY, 2, &rung));
	look();
	ck_assert_uint_eq(counted[0] + counted[1], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bpf");
	TCase *t = tcase_create("run queue");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, waits_agree_with_schedstat_by_task_storage);
	tcase_add_test(t, waits_agree_with_schedstat_by_thread_id);
	tcase_add_test(t, examples_name_a_thread_of_the_service_and_nobody_else);
	tcase_add_test(t, a_detached_probe_counts_nothing_and_starts_afresh);
	tcase_add_test(t, a_rung_nobody_has_is_an_error_that_names_it);
	tcase_add_test(t, with_every_rung_disabled_the_reason_is_the_option);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
