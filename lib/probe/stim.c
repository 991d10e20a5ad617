/* SPDX-License-Identifier: MIT */
/* stim: the stimulus program's command table, its clocks and its output. */
#include "probe/stim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t stim_stop;
static bool first_member; /* no comma before the next one */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t = { 0 };

	clock_gettime(id, &t);
	return t.tv_sec * SLO_NS_PER_S + t.tv_nsec;
}

int64_t stim_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t stim_cpu_now(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void stim_sleep_until(int64_t when)
{
	const struct timespec t = { .tv_sec = when / SLO_NS_PER_S, .tv_nsec = when % SLO_NS_PER_S };

	while (!stim_stop && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

int stim_error(const char *what)
{
	fprintf(stderr, "stim: %s: %s\n", what, strerror(errno));
	return 1;
}

int stim_pin(int64_t cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	if (cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int stim_sched_read(struct stim_sched *out)
{
	char path[64], text[128];
	ssize_t n;
	int fd;

	*out = (struct stim_sched){ 0 };
	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", gettid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = '\0';
	if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &out->run_ns, &out->delay_ns, &out->slices) != 3)
		return -EIO;
	return 0;
}

struct stim_sched stim_sched_since(const struct stim_sched *now, const struct stim_sched *before)
{
	return (struct stim_sched){ .run_ns = now->run_ns - before->run_ns,
				    .delay_ns = now->delay_ns - before->delay_ns,
				    .slices = now->slices - before->slices };
}

void stim_times_add(struct stim_times *t, int64_t ns)
{
	if (!t->count || ns < t->min_ns)
		t->min_ns = ns;
	if (!t->count || ns > t->max_ns)
		t->max_ns = ns;
	t->count++;
	t->sum_ns += ns;
}

void stim_times_merge(struct stim_times *to, const struct stim_times *from)
{
	if (!from->count)
		return;
	if (!to->count || from->min_ns < to->min_ns)
		to->min_ns = from->min_ns;
	if (!to->count || from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	to->count += from->count;
	to->sum_ns += from->sum_ns;
}

/* --- the object --- */

static void key(const char *name)
{
	printf("%s\"%s\":", first_member ? "" : ",", name);
	first_member = false;
}

void stim_int(const char *name, int64_t v)
{
	key(name);
	printf("%" PRId64, v);
}

void stim_num(const char *name, double v)
{
	key(name);
	printf("%.6f", v);
}

void stim_ms(const char *name, int64_t ns)
{
	stim_num(name, (double)ns / (double)SLO_NS_PER_MS);
}

void stim_str(const char *name, const char *v)
{
	key(name);
	putchar('"');
	for (; *v; v++) {
		if ((unsigned char)*v < 0x20)
			printf("\\u%04x", (unsigned)(unsigned char)*v);
		else if (*v == '"' || *v == '\\')
			printf("\\%c", *v);
		else
			putchar(*v);
	}
	putchar('"');
}

void stim_list_open(const char *name)
{
	key(name);
	putchar('[');
	first_member = true;
}

void stim_item_open(void)
{
	printf("%s{", first_member ? "" : ",");
	first_member = true;
}

void stim_item_close(void)
{
	putchar('}');
	first_member = false;
}

void stim_list_close(void)
{
	putchar(']');
	first_member = false;
}

void stim_put_times(const char *prefix, const struct stim_times *t)
{
	char name[64];

	if (!t->count)
		return;
	snprintf(name, sizeof(name), "%s_min_ms", prefix);
	stim_ms(name, t->min_ns);
	snprintf(name, sizeof(name), "%s_mean_ms", prefix);
	stim_ms(name, t->sum_ns / t->count);
	snprintf(name, sizeof(name), "%s_max_ms", prefix);
	stim_ms(name, t->max_ns);
}

void stim_put_sched(const struct stim_sched *s)
{
	stim_ms("run_ms", s->run_ns);
	stim_ms("run_delay_ms", s->delay_ns);
	stim_int("slices", s->slices);
}

void stim_open(const char *command, int64_t start_ns)
{
	first_member = true;
	stim_item_open();
	stim_str("command", command);
	/* Started as long ago on the wall clock as on the monotonic one. */
	stim_int("start_ns", clock_ns(CLOCK_REALTIME) - (stim_now() - start_ns));
}

int stim_close(void)
{
	stim_int("end_ns", clock_ns(CLOCK_REALTIME));
	stim_item_close();
	putchar('\n');
	return fflush(stdout) ? stim_error("standard output") : 0;
}

/* --- commands --- */

static void on_signal(int sig)
{
	(void)sig;
	stim_stop = 1;
}

static void catch_signals(void)
{
	const struct sigaction act = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

/* Not through the option table: the command's options are its own. */
static int exec_in_cgroup(int argc, char **argv)
{
	char path[4096];
	FILE *f;
	int n;

	if (argc < 2 || argv[0][0] == '-') {
		fprintf(stderr, "usage: stim exec-in-cgroup DIR CMD [ARG...]\n");
		return 2;
	}
	n = snprintf(path, sizeof(path), "%s/cgroup.procs", argv[0]);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return stim_error(argv[0]);
	}
	f = fopen(path, "we");
	if (!f)
		return stim_error(path);
	if (fprintf(f, "%d\n", getpid()) < 0 || fclose(f))
		return stim_error(path);
	execvp(argv[1], argv + 1);
	return stim_error(argv[1]);
}

static const struct slo_cmd cmd_exec = {
	.name = "exec-in-cgroup",
	.summary = "join a cgroup, then become a command: stim exec-in-cgroup DIR CMD [ARG...]",
	.operands = "DIR CMD [ARG...]",
};

static const struct slo_cmd *const commands[] = {
	&stim_cmd_spin,    &stim_cmd_burn, &stim_cmd_pingpong, &stim_cmd_preempt, &stim_cmd_serve,
	&stim_cmd_connect, &stim_cmd_send, &stim_cmd_odirect,  &stim_cmd_memory,  &stim_cmd_tls,
	&stim_cmd_dns,     &stim_cmd_dns_serve, &cmd_exec, NULL,
};

static const struct slo_cmd stim = {
	.name = "stim",
	.summary = "Make one kind of load or fault and print, as one JSON object, what it was.",
	.subs = commands,
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], cmd_exec.name) && !(argc > 2 && !strcmp(argv[2], "--help")))
		return exec_in_cgroup(argc - 2, argv + 2);
	catch_signals();
	return slo_cmd_main(&stim, argc, argv);
}
