/* SPDX-License-Identifier: MIT */
/* --probe-smoke: one probe after the other is loaded, attached, fired and read. */
#include "agent.h"
#include "smoke.h"

#include "base/log.h"
#include "base/time.h"
#include "decode/kernel.h"
#include "probe/bpf.h"
#include "probe/ladder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LATE_MS = 500 }; /* how long an observation may take to be counted */

/* Shared with the child that runs the stimulus. */
struct told {
	int result;
	char why[SMOKE_WHY];
};

static void drop_obs(void *arg, const struct slo_obs *o)
{
	(void)arg;
	(void)o;
}

static void drop_summary(void *arg, const struct slo_obs_summary *s)
{
	(void)arg;
	(void)s;
}

static uint64_t seen_by(const struct slo_bpf *b, int probe)
{
	struct slo_bpf_stats s;

	return slo_bpf_stats(b, probe, &s) ? 0 : s.kernel.seen;
}

static void pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* Run the stimulus in a child. Return: what it returned; -ETIMEDOUT when it had to be ended. */
static int fire(const struct smoke_stimulus *s, struct told *told)
{
	int64_t end = slo_now_mono_ns() + s->limit_ms * SLO_NS_PER_MS;
	bool ended = false;
	pid_t pid;

	*told = (struct told){ .result = -ECHILD };
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return smoke_fail(told->why, -errno, "fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		told->result = s->fire(told->why);
		_exit(0);
	}
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (!ended && slo_now_mono_ns() >= end) {
			kill(pid, SIGKILL);
			ended = true;
		}
		pause_ms(5);
	}
	return ended ? smoke_fail(told->why, -ETIMEDOUT, s->what) : told->result;
}

/* Wait for the counter, which another CPU may still be about to raise. Return: how much it rose. */
static uint64_t counted(const struct slo_bpf *b, int probe, uint64_t before, unsigned int want)
{
	uint64_t n = seen_by(b, probe) - before;

	for (int ms = 0; n < want && ms < LATE_MS; ms += 10) {
		pause_ms(10);
		n = seen_by(b, probe) - before;
	}
	return n;
}

/* Return: whether that is no fault: a counter of the kernel's stands in for the hook. */
static bool print_refused(const struct slo_bpf *b, const char *name, int signal)
{
	bool optional = slo_ladder_optional(signal);
	const char *rung, *why;

	printf("%s  %-11s no rung works%s\n", optional ? "SKIP" : "FAIL", name,
	       optional ? ", and none has to: cpu.stat is as good" : "");
	for (int i = 0; (why = slo_bpf_why(b, signal, i, &rung)); i++)
		printf("      %-11s   %s: %s\n", "", rung, why);
	return optional;
}

static bool fire_and_print(const struct slo_bpf *b, int probe, int64_t took_ns, struct told *told)
{
	const struct slo_kernel_probe *k = &slo_kernel_probes[probe];
	const struct smoke_stimulus *s = &smoke_stimuli[probe];
	const char *rung = slo_bpf_rung(b, k->signal);
	double ms = (double)took_ns / 1e6;
	uint64_t before = seen_by(b, probe), n;

	if (fire(s, told)) {
		printf("SKIP  %-11s %-13s %6.1f ms  attached, not fired: %s\n", k->name, rung, ms, told->why);
		return true;
	}
	n = counted(b, probe, before, s->at_least);
	printf("%s  %-11s %-13s %6.1f ms  fired %llu times, %u were due from %s\n",
	       n >= s->at_least ? "PASS" : "FAIL", k->name, rung, ms,
	       (unsigned long long)n, s->at_least, s->what);
	return n >= s->at_least;
}

/* Alone, so that nothing but its own programs is timed. Return: false when it should have worked and did not. */
static bool smoke_one(const struct agent *a, int probe, struct told *told)
{
	const struct slo_kernel_probe *k = &slo_kernel_probes[probe];
	struct slo_bpf_opts o = { .disable = a->o->disable_rung,
				  .sink = { .summary = drop_summary, .exemplar = drop_obs } };
	struct slo_err err = { 0 };
	struct slo_bpf *b;
	int64_t start = slo_now_mono_ns();
	bool good;

	o.wanted[k->signal] = true;
	if (slo_bpf_open(&b, &o, &err)) {
		slo_warn_err(&err);
		return false;
	}
	if (slo_bpf_rung(b, k->signal)[0])
		good = fire_and_print(b, probe, slo_now_mono_ns() - start, told);
	else
		good = print_refused(b, k->name, k->signal);
	slo_bpf_close(b);
	return good;
}

static bool wanted(const struct agent *a, const struct slo_kernel_probe *k)
{
	return a->enabled[k->signal] || (k->errors >= 0 && a->enabled[k->errors]);
}

int agent_smoke(const struct agent *a)
{
	struct told *told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int bad = 0, tried = 0;

	if (told == MAP_FAILED)
		return EXIT_FAILURE;
	for (int i = 0; i < SLO_BPF__PROBES && !agent_stop; i++) {
		const struct slo_kernel_probe *k = &slo_kernel_probes[i];

		if (!k->name || !slo_bpf_can(k->signal)) {
			if (k->name)
				printf("SKIP  %-11s not built yet\n", k->name);
			continue;
		}
		if (!wanted(a, k)) {
			printf("SKIP  %-11s disabled by option or configuration\n", k->name);
			continue;
		}
		tried++;
		bad += !smoke_one(a, i, told);
	}
	munmap(told, sizeof(*told));
	printf("result: %s (%d of %d probes work)\n", bad ? "FAIL" : "PASS", tried - bad, tried);
	return fflush(stdout) || bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
