/* SPDX-License-Identifier: MIT */
/*
 * The incident engine with as many services as are claimed, each with twelve
 * signals a second: memory of a service with everything included, and seconds of
 * one core for a second of event time, beside their bars. Records are given to
 * the engine as structs; reading them is measured by stream_bench.
 *	scale_bench [SERVICES]
 */
#include "base/rng.h"
#include "base/time.h"
#include "event/tables.h"
#include "incident/internal.h"

#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define T0 (INT64_C(1767225600) * SLO_NS_PER_S)

enum { SHAPES = 64, PER_S = 20, PER_NODE = 20, KIB_BAR = 48 };

/* Histograms of a second, made once: their making is not what is measured. */
struct shape {
	struct slo_hist hist;
	double sum, min, max;
};

static struct shape calm[SHAPES], slow[SHAPES];
static uint64_t lines;
static int64_t step_s;     /* length of a window */

static void draw(struct shape *s, struct slo_rng *rng, int64_t n, double mean)
{
	*s = (struct shape){ .min = NAN, .max = NAN };
	slo_hist_init(&s->hist);
	for (int64_t i = 0; i < n; i++) {
		double v = 1 + slo_rng_exp(rng, mean);

		slo_hist_add(&s->hist, v, 1);
		s->sum += v;
		s->min = fmin(s->min, v);
		s->max = fmax(s->max, v);
	}
}

static void on_line(void *arg, const struct slo_incident *inc)
{
	(void)arg;
	(void)inc;
	lines++;
}

struct names {
	char service[24], node[24];
};

static void put_windows(struct slo_incidents *inc, const struct names *n, int64_t t, uint64_t k, bool fault)
{
	static struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	struct slo_window *w = &ev.window;

	for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++) {
		bool latency = slo_signal_info[signal].scalar == SLO_SCALAR_LATENCY;
		bool high = fault && signal == SLO_SIGNAL_DNS_LATENCY;
		const struct shape *s = &(high ? slow : calm)[(k * 12 + (uint64_t)signal) % SHAPES];

		w->start_ns = T0 + t * SLO_NS_PER_S;
		w->end_ns = w->start_ns + step_s * SLO_NS_PER_S;
		w->cluster = slo_str("local");
		w->namespace = slo_str("default");
		w->node = slo_str(n->node);
		w->service = slo_str(n->service);
		w->signal = signal;
		w->role = SLO_ROLE_OTHER;
		w->provider = slo_str("bpf");
		w->state = SLO_STATE_VALUE;
		w->count = (uint64_t)step_s * PER_S;
		w->sum = s->sum;
		w->min = s->min;
		w->max = s->max;
		w->has_hist = latency;
		if (latency)
			w->hist = s->hist;
		slo_incidents_event(inc, &ev);
	}
}

static void put_requests(struct slo_incidents *inc, const struct names *n, int64_t t, uint64_t k, bool fault)
{
	static struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };
	const struct shape *s = &(fault ? slow : calm)[k % SHAPES];
	struct slo_sli_window *w = &ev.sli_window;
	uint64_t n_requests = (uint64_t)step_s * PER_S;

	*w = (struct slo_sli_window){
		.start_ns = T0 + t * SLO_NS_PER_S,
		.end_ns = T0 + (t + step_s) * SLO_NS_PER_S,
		.cluster = SLO_STR("local"),
		.namespace = SLO_STR("default"),
		.node = slo_str(n->node),
		.service = slo_str(n->service),
		.sli = SLO_SLI_TTFT,
		.threshold = 800,
		.valid = n_requests,
		.bad = fault ? n_requests / 2 : 0,
		.good = fault ? n_requests - n_requests / 2 : n_requests,
		.sum = s->sum,
		.min = s->min,
		.max = s->max,
		.has_hist = true,
		.hist = s->hist,
	};
	slo_incidents_event(inc, &ev);
	w->sli = SLO_SLI_ERROR_RATE;
	w->threshold = w->sum = w->min = w->max = NAN;
	w->has_hist = false;
	w->has_bad_by = true;
	w->bad = w->bad_by.timeout = fault;
	w->good = w->valid - w->bad;
	slo_incidents_event(inc, &ev);
}

/* Two requests a second that missed their objective, with ids as long as real ones. */
static void put_examples(struct slo_incidents *inc, const struct names *n, int64_t t)
{
	static struct slo_event ev = { .kind = SLO_KIND_SLO };
	char id[40], trace[40];

	for (int i = 0; i < 2; i++) {
		(void)!snprintf(id, sizeof(id), "%08" PRIx64 "-1111-4222-8333-%012d", (uint64_t)t, i);
		(void)!snprintf(trace, sizeof(trace), "%016" PRIx64 "%016d", (uint64_t)t, i);
		ev.slo = (struct slo_sli_event){ .timestamp = T0 + t * SLO_NS_PER_S + i, .cluster = SLO_STR("local"),
						 .namespace = SLO_STR("default"), .service = slo_str(n->service),
						 .request_id = slo_str(id), .trace_id = slo_str(trace),
						 .sli_name = SLO_SLI_TTFT, .sli_value = 2000 };
		slo_incidents_event(inc, &ev);
	}
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static size_t resident(void)
{
	size_t total, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%zu %zu", &total, &pages) != 2)
		pages = 0;
	if (f)
		(void)!fclose(f);
	return pages * 4096;
}

struct run {
	const char *what;
	const char *objectives[2];
	bool noisyor;       /* the application's evidence as well */
	int64_t seconds;    /* of event time; the last tenth with a fault everywhere */
	int64_t step_s;     /* length of a window, s */
	int64_t share;      /* one of so many services: the others would be the same */
};

static void measure_checkpoint(const char *what, struct slo_incidents *inc, int64_t services)
{
	double from = cpu_s();
	struct slo_buf state;

	slo_buf_init(&state, (size_t)SLO_INCIDENT_SERVICES_MAX * SLO_INCIDENT_SERVICE_BYTES);
	if (slo_incidents_save(inc, &state))
		printf("%-24s NO CHECKPOINT\n", what);
	printf("%-24s %.2f s of a core and %.1f KiB a service for a checkpoint, before it is written\n", what,
	       cpu_s() - from, (double)state.len / 1024 / (double)services);
	slo_buf_fini(&state);
}

/* Return: the largest KiB of a service. */
static double measure(const struct run *r, int64_t services, const struct names *names)
{
	static struct slo_config config;
	static struct slo_model model;
	struct slo_incidents_opts o;
	struct slo_incidents_stats st;
	struct slo_incidents *inc;
	struct slo_rng rng;
	size_t alloc, res;
	double from, calm_s, kib, fixed;
	int64_t fault = r->seconds * 9 / 10;

	memset(&config, 0, sizeof(config));
	step_s = r->step_s;
	for (int i = 0; i < 2; i++) {
		slo_objective_defaults(&config.objectives[i]);
		if (slo_objective_parse(&config.objectives[i], r->objectives[i], NULL))
			exit(1);
	}
	config.objectives_count = 2;
	slo_rng_seed(&rng, 1);
	for (int i = 0; i < SHAPES; i++) {
		draw(&calm[i], &rng, step_s * PER_S, 20);
		draw(&slow[i], &rng, step_s * PER_S, 2000);
	}
	alloc = allocated();
	model = slo_model_naive;
	model.subjects = r->noisyor ? SLO_SUBJECT__COUNT : SLO_SIGNAL__COUNT;
	slo_incidents_opts_default(&o);
	o.config = &config;
	o.model = &model;
	o.emit = on_line;
	if (slo_incidents_new(&o, &inc, NULL))
		exit(1);
	/* The tables are for as many as there may be; memory is what is used of them, each entry behind its links. */
	fixed = (double)(sizeof(struct service) + 32) / 1024 + (double)(sizeof(struct node) + 32) / 1024 / PER_NODE;
	alloc = allocated();
	res = resident();
	lines = 0;
	from = cpu_s();
	for (int64_t t = 0; t < r->seconds; t += step_s) {
		for (int64_t k = 0; k < services; k++) {
			put_windows(inc, &names[k], t, (uint64_t)(k + t), t >= fault);
			put_requests(inc, &names[k], t, (uint64_t)(k + t), t >= fault);
			if (t >= fault)
				put_examples(inc, &names[k], t);
		}
		if (t < fault && t + step_s >= fault) {
			calm_s = (cpu_s() - from) / (double)fault;
			printf("%-24s %.3f s of a core per second, %.1f KiB allocated, %.1f KiB resident a service, "
			       "calm\n",
			       r->what, calm_s, fixed + (double)(allocated() - alloc) / 1024 / (double)services,
			       (double)(resident() - res) / 1024 / (double)services);
			from = cpu_s();
		}
	}
	kib = fixed + (double)(allocated() - alloc) / 1024 / (double)services;
	printf("%-24s %.3f s of a core per second, %.1f KiB allocated, %.1f KiB resident a service, all in trouble "
	       "(%" PRIu64 " lines)\n",
	       r->what, (cpu_s() - from) / (double)(r->seconds - fault), kib,
	       (double)(resident() - res) / 1024 / (double)services, lines);
	measure_checkpoint(r->what, inc, services);
	/* Silence: what time costs when nothing happens. */
	from = cpu_s();
	slo_incidents_advance(inc, T0 + (r->seconds + 60) * SLO_NS_PER_S);
	printf("%-24s %.4f s of a core per second of silence\n", r->what, (cpu_s() - from) / 60);
	slo_incidents_stats(inc, &st);
	if (st.evidence_refused || st.services != (uint64_t)services)
		printf("%-24s REFUSED %" PRIu64 " windows, %" PRIu64 " services\n", r->what, st.evidence_refused,
		       st.services);
	slo_incidents_free(inc);
	malloc_trim(0);
	return st.evidence_refused ? INFINITY : kib;
}

int main(int argc, char **argv)
{
	static const struct run runs[] = {
		{ "narrow objectives",
		  { "ttft_ms<=800,target=0.95,short=5s,long=30s,burn=2,min_events=20",
		    "error_rate,target=0.99,short=5s,long=30s,burn=2,min_events=20" },
		  true,
		  160,
		  1,
		  1 },
		{ "default objectives",
		  { "ttft_ms<=800,target=0.95,short=300s,long=3600s,burn=2,min_events=20",
		    "error_rate,target=0.99,short=300s,long=3600s,burn=2,min_events=20" },
		  true,
		  12000,
		  15,
		  20 },
	};
	int64_t services = argc > 1 ? strtoll(argv[1], NULL, 10) : 10000;
	struct names *names = calloc((size_t)services, sizeof(*names));
	double most = 0;

	if (services <= 0 || services > SLO_INCIDENT_SERVICES_MAX || !names) {
		fprintf(stderr, "usage: scale_bench [SERVICES]\n");
		return 2;
	}
	for (int64_t k = 0; k < services; k++) {
		(void)!snprintf(names[k].service, sizeof(names[k].service), "svc-%" PRId64, k);
		(void)!snprintf(names[k].node, sizeof(names[k].node), "node-%" PRId64, k / PER_NODE);
	}
	printf("%" PRId64 " services, 12 windows and 2 sli_windows a second each\n", services);
	for (size_t i = 0; i < SLO_ARRAY_LEN(runs); i++)
		most = fmax(most, measure(&runs[i], (services + runs[i].share - 1) / runs[i].share, names));
	printf("most memory of a service %.1f KiB (bar %d)\n", most, KIB_BAR);
	free(names);
	return most > KIB_BAR;
}
