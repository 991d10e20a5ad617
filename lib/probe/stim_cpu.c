/* SPDX-License-Identifier: MIT */
/* stim: tasks that compete for a CPU, hand it to each other, or have it taken away. */
#include "probe/stim.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cpu_options {
	int64_t seconds_ns, threads, cpu, period_ns, busy_ns;
	double rate;
};

#define OFF(m, C) SLO_OPT_OFF(struct cpu_options, m, C)
#define OPT_SECONDS \
	{ .name = "seconds", .type = SLO_OPT_DURATION, .off = OFF(seconds_ns, int64_t), .metavar = "S", .def = "2", \
	  .lo = 0.001, .hi = STIM_MAX_SECONDS, .unit_ns = SLO_NS_PER_S, .help = "How long, seconds." }
#define OPT_CPU(text) \
	{ .name = "cpu", .type = SLO_OPT_INT, .off = OFF(cpu, int64_t), .metavar = "C", .def = text, .lo = -1, \
	  .hi = 1023, .help = "CPU all threads are tied to; -1: none." }

/* One thread, and what it saw. */
struct worker {
	pthread_t thread;
	const struct cpu_options *o;
	pthread_barrier_t *start;
	int64_t cpu_ns, wall_ns, gap_ns; /* the longest time between two looks at the clock */
	struct stim_sched sched;
	struct rusage usage; /* of the thread, its beginning not subtracted */
	int tid, err;        /* negative errno */
	bool real_time;
};

/* Look at the clock until @end: what the thread does not see passed without it. */
static int64_t spin_until(int64_t end)
{
	int64_t last = stim_now(), gap = 0, now;

	while ((now = stim_now()) < end && !stim_stop) {
		if (now - last > gap)
			gap = now - last;
		last = now;
	}
	return gap;
}

static void spin_measured(struct worker *w)
{
	struct stim_sched before, after;
	int64_t cpu, began;

	w->tid = gettid();
	stim_sched_read(&before);
	cpu = stim_cpu_now();
	began = stim_now();
	w->gap_ns = spin_until(began + w->o->seconds_ns);
	w->wall_ns = stim_now() - began;
	w->cpu_ns = stim_cpu_now() - cpu;
	w->err = stim_sched_read(&after);
	w->sched = stim_sched_since(&after, &before);
	getrusage(RUSAGE_THREAD, &w->usage);
}

static void put_worker(const struct worker *w)
{
	stim_int("tid", w->tid);
	stim_ms("wall_ms", w->wall_ns);
	stim_ms("cpu_ms", w->cpu_ns);
	stim_put_sched(&w->sched);
	stim_ms("longest_gap_ms", w->gap_ns);
	stim_int("nvcsw", w->usage.ru_nvcsw);
	stim_int("nivcsw", w->usage.ru_nivcsw);
}

static int worker_error(const struct worker *w, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		if (w[i].err) {
			errno = -w[i].err;
			return stim_error(what);
		}
	}
	return 0;
}

/* --- spin --- */

static void *spinner(void *arg)
{
	struct worker *w = arg;
	int err = stim_pin(w->o->cpu);

	pthread_barrier_wait(w->start);
	if (err)
		w->err = err;
	else
		spin_measured(w);
	return NULL;
}

/* A machine that cannot start a few threads cannot run the test either. */
static int start_thread(struct worker *w, void *(*fn)(void *))
{
	errno = pthread_create(&w->thread, NULL, fn, w);
	return errno ? stim_error("thread") : 0;
}

static int run_spin(void *opts, int argc, char **argv)
{
	static struct worker w[STIM_MAX_THREADS];
	const struct cpu_options *o = opts;
	size_t n = (size_t)o->threads;
	pthread_barrier_t start;
	int64_t began;

	(void)argc, (void)argv;
	pthread_barrier_init(&start, NULL, (unsigned)n + 1);
	for (size_t i = 0; i < n; i++) {
		w[i] = (struct worker){ .o = o, .start = &start };
		if (start_thread(&w[i], spinner))
			_exit(1); /* the others wait at the barrier */
	}
	began = stim_now();
	pthread_barrier_wait(&start);
	for (size_t i = 0; i < n; i++)
		pthread_join(w[i].thread, NULL);
	if (worker_error(w, n, "spinner"))
		return 1;
	stim_open("spin", began);
	stim_list_open("threads");
	for (size_t i = 0; i < n; i++) {
		stim_item_open();
		put_worker(&w[i]);
		stim_item_close();
	}
	stim_list_close();
	return stim_close();
}

static const struct slo_opt spin_opts[] = {
	OPT_SECONDS,
	{ .name = "threads", .type = SLO_OPT_INT, .off = OFF(threads, int64_t), .metavar = "N", .def = "2", .lo = 1,
	  .hi = STIM_MAX_THREADS, .help = "How many spinners." },
	OPT_CPU("0"),
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_spin = {
	.name = "spin",
	.summary = "threads that compete for one CPU",
	.opts = spin_opts,
	.opts_size = sizeof(struct cpu_options),
	.run = run_spin,
};

/* --- burn --- */

static int run_burn(void *opts, int argc, char **argv)
{
	struct worker w = { .o = opts };
	int64_t began = stim_now();

	(void)argc, (void)argv;
	w.err = stim_pin(w.o->cpu);
	if (!w.err)
		spin_measured(&w);
	if (worker_error(&w, 1, "burn"))
		return 1;
	stim_open("burn", began);
	put_worker(&w);
	return stim_close();
}

static const struct slo_opt burn_opts[] = { OPT_SECONDS, OPT_CPU("-1"), SLO_OPT_END };
const struct slo_cmd stim_cmd_burn = {
	.name = "burn",
	.summary = "one task that never sleeps",
	.opts = burn_opts,
	.opts_size = sizeof(struct cpu_options),
	.run = run_burn,
};

/* --- pingpong --- */

static _Atomic uint32_t ball; /* even: the leader's, odd: the follower's, UINT32_MAX: over */

static void futex_wait(uint32_t seen)
{
	syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake(void)
{
	syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void *follower(void *arg)
{
	struct worker *w = arg;
	struct stim_sched before, after;
	uint32_t seen;

	w->err = stim_pin(w->o->cpu);
	stim_sched_read(&before);
	while ((seen = atomic_load(&ball)) != UINT32_MAX) {
		if (seen & 1) {
			atomic_store(&ball, seen + 1);
			futex_wake();
		} else {
			futex_wait(seen);
		}
	}
	stim_sched_read(&after);
	w->sched = stim_sched_since(&after, &before);
	getrusage(RUSAGE_THREAD, &w->usage);
	return NULL;
}

static void round_trip(void)
{
	uint32_t mine = (atomic_load(&ball) + 1) & 0x7fffffffu, seen;

	atomic_store(&ball, mine);
	futex_wake();
	while ((seen = atomic_load(&ball)) == mine)
		futex_wait(seen);
}

/* Switches of both threads since the program began. */
static int64_t switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_nvcsw + u.ru_nivcsw;
}

/*
 * Once a millisecond, as many round trips as bring the switches up to what is
 * due; more rarely at low rates, as a nap is two switches too. Return: round trips.
 */
static int64_t lead(const struct cpu_options *o, int64_t began)
{
	const int64_t end = began + o->seconds_ns, first = switches();
	const double per_ns = o->rate / (double)SLO_NS_PER_S;
	const int64_t nap = o->rate < 4000 ? (int64_t)(4 / per_ns) : SLO_NS_PER_MS;
	int64_t done = 0, now;

	while ((now = stim_now()) < end && !stim_stop) {
		while ((double)(switches() - first) < (double)(now - began) * per_ns && stim_now() < end) {
			round_trip();
			done++;
		}
		stim_sleep_until(now + nap < end ? now + nap : end);
	}
	return done;
}

static int put_pingpong(const struct worker *leader, const struct worker *other, int64_t trips, int64_t began)
{
	int64_t voluntary = leader->usage.ru_nvcsw + other->usage.ru_nvcsw;
	int64_t involuntary = leader->usage.ru_nivcsw + other->usage.ru_nivcsw;
	struct stim_sched sum = { .run_ns = leader->sched.run_ns + other->sched.run_ns,
				  .delay_ns = leader->sched.delay_ns + other->sched.delay_ns,
				  .slices = leader->sched.slices + other->sched.slices };

	stim_open("pingpong", began);
	stim_ms("wall_ms", leader->wall_ns);
	stim_int("round_trips", trips);
	stim_int("nvcsw", voluntary);
	stim_int("nivcsw", involuntary);
	stim_num("switches_per_s",
		 (double)(voluntary + involuntary) * (double)SLO_NS_PER_S / (double)leader->wall_ns);
	stim_put_sched(&sum);
	return stim_close();
}

static int run_pingpong(void *opts, int argc, char **argv)
{
	struct worker leader = { .o = opts }, other = { .o = opts };
	struct stim_sched before, after;
	int64_t began, trips;

	(void)argc, (void)argv;
	leader.err = stim_pin(leader.o->cpu);
	if (worker_error(&leader, 1, "pingpong") || start_thread(&other, follower))
		return 1;
	stim_sched_read(&before);
	began = stim_now();
	trips = lead(leader.o, began);
	leader.wall_ns = stim_now() - began;
	stim_sched_read(&after);
	leader.sched = stim_sched_since(&after, &before);
	getrusage(RUSAGE_THREAD, &leader.usage);
	atomic_store(&ball, UINT32_MAX);
	futex_wake();
	pthread_join(other.thread, NULL);
	return put_pingpong(&leader, &other, trips, began);
}

static const struct slo_opt pingpong_opts[] = {
	OPT_SECONDS,
	{ .name = "rate", .type = SLO_OPT_NUM, .off = OFF(rate, double), .metavar = "R", .def = "10000", .lo = 1,
	  .hi = 10e6, .help = "Context switches per second to aim for." },
	OPT_CPU("0"),
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_pingpong = {
	.name = "pingpong",
	.summary = "two threads that wake each other, at a pace",
	.opts = pingpong_opts,
	.opts_size = sizeof(struct cpu_options),
	.run = run_pingpong,
};

/* --- preempt --- */

static bool become_urgent(void)
{
	const struct sched_param p = { .sched_priority = 10 };

	if (!sched_setscheduler(0, SCHED_FIFO, &p))
		return true;
	setpriority(PRIO_PROCESS, (id_t)gettid(), -20);
	return false;
}

/* Takes the CPU for busy_ns of every period_ns; periods that were missed are not made up for. */
static void *intruder(void *arg)
{
	struct worker *w = arg;
	int64_t cpu, next, end;

	w->err = stim_pin(w->o->cpu);
	w->real_time = become_urgent();
	pthread_barrier_wait(w->start);
	cpu = stim_cpu_now();
	next = stim_now();
	end = next + w->o->seconds_ns;
	while (next < end && !stim_stop) {
		stim_sleep_until(next);
		spin_until(stim_now() + w->o->busy_ns);
		w->sched.slices++;
		while (next <= stim_now())
			next += w->o->period_ns;
	}
	w->cpu_ns = stim_cpu_now() - cpu;
	return NULL;
}

static void *victim(void *arg)
{
	struct worker *w = arg;

	w->err = stim_pin(w->o->cpu);
	setpriority(PRIO_PROCESS, (id_t)gettid(), 10);
	pthread_barrier_wait(w->start);
	spin_measured(w);
	return NULL;
}

static int run_preempt(void *opts, int argc, char **argv)
{
	const struct cpu_options *o = opts;
	pthread_barrier_t start;
	struct worker w[2] = { { .o = o, .start = &start }, { .o = o, .start = &start } };
	int64_t began = stim_now();

	(void)argc, (void)argv;
	if (o->busy_ns >= o->period_ns) {
		fprintf(stderr, "stim: --busy-ms: less than --period-ms is wanted, or the victim never runs\n");
		return 2;
	}
	pthread_barrier_init(&start, NULL, 2);
	if (start_thread(&w[0], victim) || start_thread(&w[1], intruder))
		_exit(1);
	pthread_join(w[0].thread, NULL);
	pthread_join(w[1].thread, NULL);
	if (worker_error(w, 2, "preempt"))
		return 1;
	stim_open("preempt", began);
	stim_str("intruder_policy", w[1].real_time ? "fifo" : "nice");
	stim_int("intrusions", w[1].sched.slices);
	stim_ms("intruder_cpu_ms", w[1].cpu_ns);
	put_worker(&w[0]);
	return stim_close();
}

static const struct slo_opt preempt_opts[] = {
	OPT_SECONDS,
	OPT_CPU("0"),
	{ .name = "period-ms", .type = SLO_OPT_DURATION, .off = OFF(period_ns, int64_t), .metavar = "MS",
	  .def = "20", .lo = 0.1, .hi = 1000, .unit_ns = SLO_NS_PER_MS,
	  .help = "Time from one intrusion to the next." },
	{ .name = "busy-ms", .type = SLO_OPT_DURATION, .off = OFF(busy_ns, int64_t), .metavar = "MS", .def = "8",
	  .lo = 0.01, .hi = 1000, .unit_ns = SLO_NS_PER_MS, .help = "How long an intrusion takes." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_preempt = {
	.name = "preempt",
	.summary = "a task that never sleeps, preempted again and again",
	.opts = preempt_opts,
	.opts_size = sizeof(struct cpu_options),
	.run = run_preempt,
};
