/* SPDX-License-Identifier: MIT */
/*
 * The collector end to end: a pipe with the records of an agent and the spans of its
 * services (the attributor's mix, and a span for every other request), a tenth of LINES
 * and then all of them. Prints lines per second of one core
 * beside their bar, and the largest resident memory of both runs, which must be about the same.
 *	stream_bench LINES COLLECTOR
 */
#include "base/rng.h"
#include "base/time.h"
#include "correlate/testing.h"
#include "event/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINES_PER_S_BAR = 400000, FLAT_PCT = 10, SERVICES = 8, SPANS = 10, PROBES = 10, SLOS = 20 };

struct gen {
	FILE *to;
	struct slo_buf line;
	struct slo_rng rng;
	int64_t left, at_ms;
	char service[16], pod[16];
};

static void put(struct gen *g, int kind, const void *payload)
{
	if (g->left <= 0)
		return;
	g->left--;
	slo_buf_reset(&g->line);
	if (slo_event_encode_payload(kind, payload, &g->line) ||
	    fwrite(g->line.data, 1, g->line.len, g->to) != g->line.len)
		_exit(1);
}

static void put_span(struct gen *g, int64_t end_ms)
{
	struct slo_span s = span_at(end_ms - 100 - (int64_t)slo_rng_below(&g->rng, 900), end_ms);
	char trace[33], id[17];

	snprintf(trace, sizeof(trace), "%016" PRIx64 "%016" PRIx64, slo_rng_u64(&g->rng), slo_rng_u64(&g->rng));
	snprintf(id, sizeof(id), "%016" PRIx64, slo_rng_u64(&g->rng));
	s.trace_id = slo_str(trace);
	s.span_id = slo_str(id);
	s.service = slo_str(g->service);
	s.pod = slo_str(g->pod);
	s.node = slo_str("node-1");
	s.pid = 100 + (int64_t)slo_rng_below(&g->rng, 32);
	put(g, SLO_KIND_SPAN, &s);
}

static void put_probe(struct gen *g, int64_t at_ms)
{
	struct slo_probe_event p = probe_at((int)slo_rng_below(&g->rng, SLO_SIGNAL__COUNT), at_ms, 50 * slo_rng_unit(&g->rng));

	p.node = slo_str("node-1");
	p.namespace = slo_str("default");
	p.pod = slo_str(g->pod);
	p.container = slo_str("main");
	p.service = slo_str(g->service);
	p.pid = p.tid = 100 + (int64_t)slo_rng_below(&g->rng, 32);
	p.unit = slo_str(slo_signal_info[p.signal].unit);
	p.status = SLO_PROBE_STATUS_WARNING;
	put(g, SLO_KIND_PROBE, &p);
}

static void put_slo(struct gen *g, int64_t at_ms)
{
	struct slo_sli_event e;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLO], &e);
	e.event_id = e.request_id = slo_str("req");
	e.timestamp = T0 + at_ms * MS;
	e.cluster = e.namespace = e.workload = slo_str("default");
	e.service = slo_str(g->service);
	e.sli_name = SLO_SLI_TTFT;
	e.sli_value = 200;
	e.unit = slo_str("ms");
	e.status = SLO_SLI_STATUS_OK;
	put(g, SLO_KIND_SLO, &e);
}

static void put_window(struct gen *g, int signal, int64_t end_ms)
{
	struct slo_window w;

	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], &w);
	w.start_ns = T0 + (end_ms - 1000) * MS;
	w.end_ns = T0 + end_ms * MS;
	w.cluster = w.namespace = w.container = slo_str("default");
	w.node = slo_str("node-1");
	w.pod = slo_str(g->pod);
	w.service = slo_str(g->service);
	w.signal = signal;
	w.role = SLO_ROLE_OTHER;
	w.provider = slo_str("bpf");
	w.state = SLO_STATE_VALUE;
	w.unit = slo_str(slo_signal_info[signal].unit);
	w.lost = 0;
	w.count = 20;
	w.source = SLO_SOURCE_LIVE;
	w.has_hist = true;
	slo_hist_init(&w.hist);
	for (int i = 0; i < 20; i++)
		slo_hist_add(&w.hist, 1 + slo_rng_exp(&g->rng, 3), 1);
	put(g, SLO_KIND_WINDOW, &w);
}

/* One second of one service. */
static void second(struct gen *g, int service)
{
	snprintf(g->service, sizeof(g->service), "svc-%d", service);
	snprintf(g->pod, sizeof(g->pod), "pod-%d", service);
	for (int i = 0; i < SLOS; i++) {
		if (i % (SLOS / SPANS) == 0)
			put_span(g, g->at_ms + i * 1000 / SLOS);
		if (i % (SLOS / PROBES) == 0)
			put_probe(g, g->at_ms + i * 1000 / SLOS);
		put_slo(g, g->at_ms + i * 1000 / SLOS);
	}
	for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++)
		put_window(g, signal, g->at_ms + 1000);
}

static void generate(int fd, int64_t lines)
{
	struct gen g = { .to = fdopen(fd, "w"), .left = lines };

	if (!g.to)
		_exit(1);
	slo_buf_init(&g.line, 1 << 20);
	slo_rng_seed(&g.rng, 1);
	for (; g.left > 0; g.at_ms += 1000)
		for (int s = 0; s < SERVICES; s++)
			second(&g, s);
	_exit(fclose(g.to) ? 1 : 0);
}

/* Return: 0, with what the tool used in @ru. */
static int run(const char *tool, int64_t lines, struct rusage *ru)
{
	int fds[2], status = -1, ignored;
	pid_t writer, pid;

	if (pipe(fds))
		return -1;
	writer = fork();
	if (writer == 0) {
		close(fds[0]);
		generate(fds[1], lines);
	}
	close(fds[1]);
	pid = fork();
	if (pid == 0) {
		dup2(fds[0], STDIN_FILENO);
		close(fds[0]);
		execl(tool, tool, "--out", "/dev/null", (char *)NULL);
		_exit(127);
	}
	close(fds[0]);
	if (pid < 0 || writer < 0 || wait4(pid, &status, 0, ru) < 0 || waitpid(writer, &ignored, 0) < 0)
		perror(tool);
	return status;
}

int main(int argc, char **argv)
{
	struct rusage part, whole;
	int64_t lines = argc == 3 ? strtoll(argv[1], NULL, 10) : 0;
	double cpu_s, rate;
	bool flat;

	if (lines < 10) {
		fprintf(stderr, "usage: stream_bench LINES COLLECTOR\n");
		return 2;
	}
	if (run(argv[2], lines / 10, &part) || run(argv[2], lines, &whole)) {
		printf("%s failed\n", argv[2]);
		return 1;
	}
	cpu_s = (double)(whole.ru_utime.tv_sec + whole.ru_stime.tv_sec) +
		(double)(whole.ru_utime.tv_usec + whole.ru_stime.tv_usec) / 1e6;
	rate = (double)lines / cpu_s;
	flat = whole.ru_maxrss * 100 <= part.ru_maxrss * (100 + FLAT_PCT);
	printf("lines                 %" PRId64 ", %d services, spans and events joined\n", lines, SERVICES);
	printf("lines/s of one core   %.0f (bar %d)\n", rate, LINES_PER_S_BAR);
	printf("largest resident, KiB %ld after a tenth, %ld at the end: %s\n", part.ru_maxrss, whole.ru_maxrss,
	       flat ? "flat" : "growing");
	return rate < LINES_PER_S_BAR || !flat;
}
