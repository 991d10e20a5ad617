/* SPDX-License-Identifier: MIT */
/*
 * End to end: a filter reading a long stream from a file, as lines per second
 * of wall time and as peak memory. The stream is what an agent writes that
 * watches eight services (windows, sli_windows, slo and probe records), with a
 * slow spell in the middle of each ten minutes, made from a fixed seed.
 *
 *   stream_bench LINES COMMAND [ARGUMENT…]     run COMMAND on the stream
 *   stream_bench LINES -                       print the stream instead
 */
#include "base/rng.h"
#include "base/time.h"
#include "event/event.h"
#include "event/tables.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVICES = 8, SLO_PER_SECOND = 200, PROBES_PER_SECOND = 72 };
static const int64_t epoch_ns = INT64_C(1767225600) * SLO_NS_PER_S; /* 2026-01-01T00:00:00Z */

struct stream {
	FILE *to;
	struct slo_buf line;
	struct slo_rng rng;
	uint64_t left;   /* lines still wanted */
	int64_t second;
	bool slow;       /* inside the slow spell */
};

static const char *const services[SERVICES] = { "chat", "search", "rag", "embed", "rank", "vision", "voice", "code" };

static void put(struct stream *s, const struct slo_event *ev)
{
	if (s->left == 0)
		return;
	slo_buf_reset(&s->line);
	if (slo_event_encode(ev, &s->line))
		abort();
	if (fwrite(s->line.data, 1, s->line.len, s->to) != s->line.len)
		abort();
	s->left--;
}

static double latency(struct stream *s, double typical)
{
	return typical * (0.5 + slo_rng_exp(&s->rng, 0.5)) * (s->slow ? 8 : 1);
}

static void put_window(struct stream *s, const char *service, int signal)
{
	const struct slo_signal_info *info = &slo_signal_info[signal];
	struct slo_event ev = { .kind = SLO_KIND_WINDOW };
	struct slo_window *w = &ev.window;

	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
	w->start_ns = epoch_ns + s->second * SLO_NS_PER_S;
	w->end_ns = w->start_ns + SLO_NS_PER_S;
	w->cluster = slo_str("prod");
	w->node = slo_str("node-1");
	w->namespace = slo_str("default");
	w->pod = slo_str("chat-7d9f8c6b5-x2x7k");
	w->container = slo_str("server");
	w->service = slo_str(service);
	w->signal = signal;
	w->role = SLO_ROLE_OTHER;
	w->provider = slo_str("packet");
	w->unit = slo_str(info->unit);
	w->source = SLO_SOURCE_LIVE;
	w->state = SLO_STATE_VALUE;
	slo_hist_init(&w->hist);
	w->sum = 0;
	w->min = 1e9;
	w->max = 0;
	for (w->count = 0; w->count < 24; w->count++) {
		double v = latency(s, info->warn / 8);

		w->sum += v;
		w->min = v < w->min ? v : w->min;
		w->max = v > w->max ? v : w->max;
		slo_hist_add(&w->hist, v, 1);
	}
	w->has_hist = info->scalar == SLO_SCALAR_LATENCY;
	w->p95 = slo_hist_quantile(&w->hist, 0.95);
	put(s, &ev);
}

static void put_sli_window(struct stream *s, const char *service, int sli)
{
	struct slo_event ev = { .kind = SLO_KIND_SLI_WINDOW };
	struct slo_sli_window *w = &ev.sli_window;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], w);
	w->start_ns = epoch_ns + s->second * SLO_NS_PER_S;
	w->end_ns = w->start_ns + SLO_NS_PER_S;
	w->cluster = slo_str("prod");
	w->node = slo_str("node-1");
	w->namespace = slo_str("default");
	w->service = slo_str(service);
	w->sli = sli;
	w->unit = slo_str(slo_sli_info[sli].unit);
	w->threshold = slo_sli_info[sli].breach;
	w->source = SLO_SOURCE_LIVE;
	slo_hist_init(&w->hist);
	w->has_hist = true;
	w->has_bad_by = true;
	for (w->valid = 0; w->valid < 50; w->valid++) {
		double v = latency(s, w->threshold / 8);

		slo_hist_add(&w->hist, v, 1);
		w->bad_by.slow += v > w->threshold;
	}
	w->bad = w->bad_by.slow;
	w->good = w->valid - w->bad;
	put(s, &ev);
}

static void put_slo(struct stream *s, uint64_t n)
{
	struct slo_event ev = { .kind = SLO_KIND_SLO };
	struct slo_sli_event *e = &ev.slo;
	char id[64], event[80], trace[33];

	slo_rec_clear(slo_event_rec[SLO_KIND_SLO], e);
	snprintf(id, sizeof(id), "req-%012llu", (unsigned long long)n);
	snprintf(event, sizeof(event), "%s-ttft_ms", id);
	snprintf(trace, sizeof(trace), "%016llx%016llx", (unsigned long long)slo_rng_u64(&s->rng), (unsigned long long)n);
	e->event_id = slo_str(event);
	e->request_id = slo_str(id);
	e->trace_id = slo_str(trace);
	e->timestamp = epoch_ns + s->second * SLO_NS_PER_S + (int64_t)slo_rng_below(&s->rng, 1000000000);
	e->cluster = slo_str("prod");
	e->namespace = slo_str("default");
	e->workload = slo_str("chat");
	e->service = slo_str(services[n % SERVICES]);
	e->sli_name = SLO_SLI_TTFT;
	e->sli_value = latency(s, 125);
	e->unit = slo_str("ms");
	e->status = slo_sli_status(SLO_SLI_TTFT, e->sli_value);
	e->labels[0] = (struct slo_pair){ slo_str("source"), slo_str("live") };
	e->labels[1] = (struct slo_pair){ slo_str("node"), slo_str("node-1") };
	e->labels_count = 2;
	put(s, &ev);
}

static void put_probe(struct stream *s, uint64_t n)
{
	struct slo_event ev = { .kind = SLO_KIND_PROBE };
	struct slo_probe_event *p = &ev.probe;

	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
	p->ts_unix_nano = epoch_ns + s->second * SLO_NS_PER_S + (int64_t)slo_rng_below(&s->rng, 1000000000);
	p->signal = SLO_SIGNAL_CONNECT_LATENCY;
	p->node = slo_str("node-1");
	p->namespace = slo_str("default");
	p->pod = slo_str("chat-7d9f8c6b5-x2x7k");
	p->container = slo_str("server");
	p->pid = (int64_t)(1000 + n % 64);
	p->tid = p->pid;
	p->has_conn_tuple = true;
	p->conn_tuple = (struct slo_conn_tuple){ slo_str("10.1.2.3"), slo_str("10.4.5.6"), 40000, 443, slo_str("tcp") };
	p->value = latency(s, 100);
	p->unit = slo_str("ms");
	p->status = slo_probe_status(p->signal, p->value);
	p->service = slo_str(services[n % SERVICES]);
	p->provider = slo_str("packet");
	p->source = SLO_SOURCE_LIVE;
	put(s, &ev);
}

static void put_second(struct stream *s)
{
	s->slow = s->second % 600 >= 300 && s->second % 600 < 420;
	for (int i = 0; i < SERVICES; i++) {
		for (int signal = 0; signal < SLO_SIGNAL__COUNT; signal++)
			put_window(s, services[i], signal);
		put_sli_window(s, services[i], SLO_SLI_TTFT);
		put_sli_window(s, services[i], SLO_SLI_LATENCY);
		put_sli_window(s, services[i], SLO_SLI_ERROR_RATE);
	}
	for (uint64_t n = 0; n < SLO_PER_SECOND; n++)
		put_slo(s, (uint64_t)s->second * SLO_PER_SECOND + n);
	for (uint64_t n = 0; n < PROBES_PER_SECOND; n++)
		put_probe(s, (uint64_t)s->second * PROBES_PER_SECOND + n);
	s->second++;
}

static void make_stream(FILE *to, uint64_t lines)
{
	struct stream s = { .to = to, .left = lines };

	slo_buf_init(&s.line, 1 << 20);
	slo_rng_seed(&s.rng, 1);
	while (s.left > 0)
		put_second(&s);
	slo_buf_fini(&s.line);
	if (fflush(to))
		abort();
}

static int run_on(FILE *stream, char **argv, struct rusage *use)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int out = open("/dev/null", O_WRONLY);

		if (lseek(fileno(stream), 0, SEEK_SET) == 0 && dup2(fileno(stream), 0) == 0 && dup2(out, 1) == 1)
			execv(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, use) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
	uint64_t lines = argc > 2 ? strtoull(argv[1], NULL, 10) : 0;
	struct rusage use;
	FILE *stream;
	int64_t bytes, began;
	double wall, cpu;
	int rc;

	if (lines == 0) {
		fprintf(stderr, "usage: stream_bench LINES COMMAND [ARGUMENT...] | -\n");
		return 2;
	}
	if (strcmp(argv[2], "-") == 0) {
		make_stream(stdout, lines);
		return 0;
	}
	stream = tmpfile();
	if (!stream) {
		perror("temporary file");
		return 1;
	}
	make_stream(stream, lines);
	bytes = ftell(stream);
	began = slo_now_mono_ns();
	rc = run_on(stream, argv + 2, &use);
	wall = (double)(slo_now_mono_ns() - began) / 1e9;
	cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	      (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	printf("%-12s %10llu lines %8.1f MB  %6.2f s wall  %6.2f s cpu  %9.0f lines/s  %7.1f MB/s  %6.1f MiB peak rss  exit %d\n",
	       strrchr(argv[2], '/') ? strrchr(argv[2], '/') + 1 : argv[2], (unsigned long long)lines,
	       (double)bytes / 1e6, wall, cpu, (double)lines / wall, (double)bytes / 1e6 / wall,
	       (double)use.ru_maxrss / 1024, rc);
	fclose(stream);
	return rc != 0;
}
