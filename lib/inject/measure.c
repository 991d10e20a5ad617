/* SPDX-License-Identifier: MIT */
#include "inject/measure.h"

#include "base/str.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* Counters beside a file that a fault writes. */
static const struct {
	const char *file, *stat, *key, *name;
	double scale;
} beside[] = {
	{ "cpu.max", "cpu.stat", "nr_periods ", "nr_periods", 1 },
	{ "cpu.max", "cpu.stat", "nr_throttled ", "nr_throttled", 1 },
	{ "cpu.max", "cpu.stat", "throttled_usec ", "throttled_ms", 1e-3 },
	{ "cpu.cfs_quota_us", "cpu.stat", "nr_periods ", "nr_periods", 1 },
	{ "cpu.cfs_quota_us", "cpu.stat", "nr_throttled ", "nr_throttled", 1 },
	{ "cpu.cfs_quota_us", "cpu.stat", "throttled_time ", "throttled_ms", 1e-6 },
	{ "memory.high", "memory.events", "high ", "high_events", 1 },
	{ "memory.high", "memory.pressure", "total=", "stalled_ms", 1e-3 },
	{ "memory.limit_in_bytes", "memory.failcnt", "", "failcnt", 1 },
	{ "io.max", "io.pressure", "total=", "stalled_ms", 1e-3 },
};

static void add(struct slo_measure *m, const char *name, double value)
{
	for (size_t i = 0; i < m->count; i++) {
		if (strcmp(m->v[i].name, name) == 0) {
			m->v[i].value += value;
			return;
		}
	}
	if (m->count < SLO_MEASURES_MAX) {
		m->v[m->count].name = name;
		m->v[m->count++].value = value;
	}
}

static void add_beside(struct slo_measure *m, const char *dir, const char *file)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(beside); i++) {
		char text[4096];
		const char *at;
		double v;

		if (strcmp(beside[i].file, file) != 0 || slo_cg_read(&slo_cg_live, dir, beside[i].stat, text, sizeof(text)) < 0)
			continue;
		at = strstr(text, beside[i].key);
		if (at && sscanf(at + strlen(beside[i].key), "%lf", &v) == 1)
			add(m, beside[i].name, v * beside[i].scale);
	}
}

static void add_step(struct slo_measure *m, const struct slo_step *s)
{
	char dir[SLO_CG_PATH_MAX], *slash;
	int64_t packets, dropped;

	if (s->kind == SLO_STEP_FILE) {
		slo_str_copy(dir, sizeof(dir), slo_str(s->path));
		slash = strrchr(dir, '/');
		*slash = '\0';
		add_beside(m, dir, slash + 1);
	} else if ((s->kind == SLO_STEP_NFT || s->kind == SLO_STEP_NETEM) &&
		   slo_step_counts(&slo_step_live, s, &packets, &dropped) == 0) {
		if (s->nat || s->kind == SLO_STEP_NETEM)
			add(m, s->nat ? "redirected" : "packets", (double)packets);
		if (!s->nat)
			add(m, "dropped", (double)dropped);
	}
}

static void add_spin(struct slo_measure *m, int64_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid((pid_t)pid, &clock) == 0 && clock_gettime(clock, &t) == 0)
		add(m, "competitor_cpu_ms", (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6);
}

static void add_proxy(struct slo_measure *m, const struct slo_relay_stats *s)
{
	add(m, "requests", (double)atomic_load(&s->requests));
	add(m, "acted_on", (double)atomic_load(&s->acted));
	add(m, "added_ms", (double)atomic_load(&s->delay_ns) * 1e-6);
	add(m, "not_http", (double)atomic_load(&s->not_http));
	add(m, "turned_away", (double)atomic_load(&s->over));
	add(m, "unreachable", (double)atomic_load(&s->failed));
}

void slo_measure_take(const struct slo_session *s, struct slo_measure *out)
{
	const struct slo_journal *j = s->journal;
	size_t job = 0;

	out->count = 0;
	if (j->has_throttle)
		add_beside(out, j->throttle.dir, j->throttle.home.version == 2 ? "cpu.max" : "cpu.cfs_quota_us");
	for (size_t i = 0; i < j->steps_count; i++) {
		if (j->steps[i].kind != SLO_STEP_HELPER)
			add_step(out, &j->steps[i]);
		else if (s->plan->jobs[job++].kind == SLO_HELPER_SPIN)
			add_spin(out, j->steps[i].pid);
		else
			add_proxy(out, s->stats);
	}
}

double slo_measure_find(const struct slo_measure *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->v[i].name, name) == 0)
			return m->v[i].value;
	return 0;
}
