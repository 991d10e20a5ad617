/* SPDX-License-Identifier: MIT */
/*
 * The attributor end to end: writes a stream of LINES records to a file, runs the
 * tool on it, and prints lines per second of one core and the largest resident
 * memory beside their bars.
 *	stream_bench LINES ATTRIBUTOR
 */
#include "base/rng.h"
#include "base/time.h"
#include "event/event.h"
#include "event/tables.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define T0 (INT64_C(1767225600) * SLO_NS_PER_S)

enum { LINES_PER_S_BAR = 400000, RSS_KIB_BAR = 64 * 1024, SERVICES = 8, REQUESTS = 20, PROBES = 10 };

struct gen {
	FILE *f;
	struct slo_buf line;
	struct slo_rng rng;
	int64_t left;       /* lines to write */
	char service[16];
	bool fault;
};

static void put(struct gen *g, int kind, const void *payload)
{
	if (g->left <= 0)
		return;
	g->left--;
	slo_buf_reset(&g->line);
	if (slo_event_encode_payload(kind, payload, &g->line))
		exit(1);
	fwrite(g->line.data, 1, g->line.len, g->f);
}

static void put_window(struct gen *g, int signal, int64_t t)
{
	bool latency = slo_signal_info[signal].scalar == SLO_SCALAR_LATENCY;
	struct slo_window w = {
		.start_ns = T0 + t * SLO_NS_PER_S, .end_ns = T0 + (t + 1) * SLO_NS_PER_S, .cluster = SLO_STR("local"),
		.node = SLO_STR("node-1"), .namespace = SLO_STR("default"), .pod = SLO_STR("pod-1"),
		.container = SLO_STR("main"), .service = slo_str(g->service), .signal = signal, .role = SLO_ROLE_OTHER,
		.provider = SLO_STR("packet"), .state = latency ? SLO_STATE_VALUE : SLO_STATE_ZERO,
		.unit = slo_str(slo_signal_info[signal].unit), .sum = NAN, .min = NAN, .max = NAN, .p50 = NAN,
		.p95 = NAN, .p99 = NAN, .source = SLO_SOURCE_REPLAY,
	};

	slo_hist_init(&w.hist);
	for (int i = 0; latency && i < REQUESTS; i++) {
		double v = 1 + slo_rng_exp(&g->rng, g->fault && signal == SLO_SIGNAL_DNS_LATENCY ? 300 : 3);

		slo_hist_add(&w.hist, v, 1);
		w.sum = i ? w.sum + v : v;
		w.min = fmin(w.min, v);
		w.max = fmax(w.max, v);
		w.count++;
	}
	w.has_hist = latency;
	put(g, SLO_KIND_WINDOW, &w);
}

static void put_requests(struct gen *g, int64_t t)
{
	struct slo_sli_window w = {
		.start_ns = T0 + t * SLO_NS_PER_S, .end_ns = T0 + (t + 1) * SLO_NS_PER_S, .cluster = SLO_STR("local"),
		.node = SLO_STR("node-1"), .namespace = SLO_STR("default"), .service = slo_str(g->service),
		.sli = SLO_SLI_TTFT, .unit = SLO_STR("ms"), .threshold = 400, .valid = REQUESTS, .sum = NAN, .min = NAN,
		.max = NAN, .source = SLO_SOURCE_REPLAY, .has_hist = true,
	};
	char id[32];

	slo_hist_init(&w.hist);
	for (int i = 0; i < REQUESTS; i++) {
		double v = 50 + slo_rng_exp(&g->rng, g->fault ? 600 : 50);
		struct slo_sli_event e = { .event_id = SLO_STR("e"),
					   .timestamp = w.start_ns + i * SLO_NS_PER_S / REQUESTS,
					   .cluster = w.cluster, .namespace = w.namespace, .workload = SLO_STR("w"),
					   .service = w.service, .sli_name = SLO_SLI_TTFT, .sli_value = v,
					   .unit = SLO_STR("ms"), .status = slo_sli_status(SLO_SLI_TTFT, v) };

		(void)!snprintf(id, sizeof(id), "req-%" PRId64 "-%d", t, i);
		e.request_id = slo_str(id);
		w.bad += v > 400;
		slo_hist_add(&w.hist, v, 1);
		put(g, SLO_KIND_SLO, &e);
	}
	w.good = w.valid - w.bad;
	put(g, SLO_KIND_SLI_WINDOW, &w);
}

static void put_probes(struct gen *g, int64_t t)
{
	struct slo_probe_event p;

	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], &p);
	p.signal = SLO_SIGNAL_DNS_LATENCY;
	p.node = slo_str("node-1");
	p.namespace = slo_str("default");
	p.pod = slo_str("pod-1");
	p.container = slo_str("main");
	p.pid = p.tid = 4242;
	p.unit = slo_str("ms");
	p.status = SLO_PROBE_STATUS_ERROR;
	p.service = slo_str(g->service);
	for (int i = 0; i < PROBES; i++) {
		p.ts_unix_nano = T0 + t * SLO_NS_PER_S + i * SLO_NS_PER_S / PROBES;
		p.value = 120 + slo_rng_unit(&g->rng);
		put(g, SLO_KIND_PROBE, &p);
	}
}

static void generate(const char *path, int64_t lines)
{
	struct gen g = { .f = fopen(path, "w"), .left = lines };

	if (!g.f) {
		perror(path);
		exit(1);
	}
	slo_buf_init(&g.line, 1 << 20);
	slo_rng_seed(&g.rng, 1);
	for (int64_t t = 0; g.left > 0; t++)
		for (int s = 0; s < SERVICES; s++) {
			(void)!snprintf(g.service, sizeof(g.service), "svc-%d", s);
			g.fault = t / 60 % 4 == 3 && s % 2 == 0;
			for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++)
				put_window(&g, signal, t);
			put_requests(&g, t);
			put_probes(&g, t);
		}
	slo_buf_fini(&g.line);
	if (fclose(g.f)) {
		perror(path);
		exit(1);
	}
}

static int run(const char *tool, const char *input, struct rusage *ru)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl(tool, tool, "--objective", "ttft_ms<=400,target=0.95,short=5s,long=30s,burn=2,min_events=20",
		      "--input", input, "--out", "/dev/null", (char *)NULL);
		perror(tool);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, ru) < 0)
		perror("attributor");
	return status;
}

int main(int argc, char **argv)
{
	const char *dir = getenv("TMPDIR");
	struct rusage ru;
	char path[256];
	int64_t lines;
	double cpu_s;
	int fd, status;

	if (argc != 3) {
		fprintf(stderr, "usage: stream_bench LINES ATTRIBUTOR\n");
		return 2;
	}
	lines = strtoll(argv[1], NULL, 10);
	(void)!snprintf(path, sizeof(path), "%s/stream.XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0 || lines <= 0) {
		perror(path);
		return 1;
	}
	close(fd);
	generate(path, lines);
	status = run(argv[2], path, &ru);
	unlink(path);
	cpu_s = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		(double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
	printf("lines                 %" PRId64 ", %d services\n", lines, SERVICES);
	printf("lines/s of one core   %.0f (bar %d)\n", (double)lines / cpu_s, LINES_PER_S_BAR);
	printf("largest resident, KiB %ld (bar %d)\n", ru.ru_maxrss, RSS_KIB_BAR);
	if (status != 0) {
		printf("attributor failed: wait status %d\n", status);
		return 1;
	}
	return (double)lines / cpu_s < LINES_PER_S_BAR || ru.ru_maxrss > RSS_KIB_BAR;
}
