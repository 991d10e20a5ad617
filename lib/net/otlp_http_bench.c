/* SPDX-License-Identifier: MIT */
/*
 * OTLP over HTTP from end to end, on loopback: batches a second of one exporter and one receiver in one process.
 *
 * With arguments it is one end alone, so that the other may be somebody else's:
 *	otlp_http_bench receive LISTEN N    take N bodies, a line for each: signal, encoding, bytes, items
 *	otlp_http_bench send BASE SIGNAL FILE ITEMS N [json]   send FILE N times, then a line with what became of it
 */
#include "base/cleanup.h"
#include "base/rng.h"
#include "base/time.h"
#include "io/writer.h"
#include "net/otlp_export.h"
#include "net/otlp_in.h"
#include "net/otlp_out.h"
#include "net/otlp_receive.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { WAIT_S = 120, FILE_BYTES_MAX = 16 << 20 };

static atomic_ullong bodies, bytes, records;
static struct slo_otlp_in *decoder; /* NULL: bodies are counted, not read */
static bool loud;

static int take(void *arg, int s, int e, struct slo_str b, struct slo_otlp_answer *a)
{
	struct slo_otlp_in_counters before = { .rejected = 0 }, after;
	struct slo_err err = { .what = "" };
	int r = 0;

	(void)arg;
	if (decoder) {
		slo_otlp_in_counters(decoder, &before);
		r = slo_otlp_in_body(decoder, s, e, b, a, &err);
		slo_otlp_in_counters(decoder, &after);
	}
	if (r) {
		fprintf(stderr, "%s: %s\n", err.where, err.what);
		return r;
	}
	if (loud) {
		printf("%s %s %zu %llu\n", slo_otlp_signal_enum.names[s], slo_otlp_encoding_enum.names[e], b.len,
		       (unsigned long long)(after.items[s] - before.items[s]));
		fflush(stdout);
	}
	atomic_fetch_add(&bytes, b.len);
	atomic_fetch_add(&bodies, 1);
	return 0;
}

static void count_record(void *arg, const struct slo_event *ev)
{
	(void)arg;
	(void)ev;
	atomic_fetch_add(&records, 1);
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return seconds_of(u.ru_utime) + seconds_of(u.ru_stime);
}

static struct slo_otlp_receive *listen_at(const char *where)
{
	const struct slo_otlp_receive_opts o = { .listen = where, .consume = take };
	struct slo_err err = { .what = "" };
	struct slo_otlp_receive *r;

	if (slo_otlp_receive_start(&o, &r, &err) == 0)
		return r;
	fprintf(stderr, "otlp_http_bench: %s %s\n", err.where, err.what);
	exit(2);
}

static struct slo_otlp_export *connect_to(const char *base, const char *protocol, const char *compression,
					  const char *spool, struct slo_otlp_config *config)
{
	const struct slo_otlp_layer flags = { .all = { [SLO_OTLP_ENDPOINT] = base, [SLO_OTLP_PROTOCOL] = protocol,
						       [SLO_OTLP_COMPRESSION] = compression } };
	const struct slo_otlp_export_opts o = { .config = config, .spool_dir = spool };
	struct slo_err err = { .what = "" };
	struct slo_otlp_export *x;

	if (slo_otlp_config_resolve(&flags, NULL, NULL, NULL, config, &err) == 0 &&
	    slo_otlp_export_new(&o, &x, &err) == 0)
		return x;
	fprintf(stderr, "otlp_http_bench: %s %s\n", err.where, err.what);
	exit(2);
}

/* A probe event as a busy node has them. */
static void make_event(struct slo_rng *rng, struct slo_event *ev)
{
	static const char *const pods[] = { "chat-7d9c-x2x", "chat-7d9c-k8s", "rag-1", "rag-2" };
	struct slo_probe_event *p = &ev->probe;

	ev->kind = SLO_KIND_PROBE;
	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
	p->ts_unix_nano = INT64_C(1771666200000000000) + (int64_t)slo_rng_below(rng, 1u << 30);
	p->signal = (int)slo_rng_below(rng, SLO_SIGNAL__COUNT);
	p->node = slo_str("node-1");
	p->namespace = slo_str("llm");
	p->pod = p->container = slo_str(pods[slo_rng_below(rng, 4)]);
	p->pid = p->tid = 1000 + (int64_t)slo_rng_below(rng, 100);
	p->value = (double)slo_rng_below(rng, 100000) / 100;
	p->unit = slo_str("ms");
	p->status = (int)slo_rng_below(rng, SLO_PROBE_STATUS__COUNT);
	p->source = SLO_SOURCE_SYNTHETIC;
}

static void make_body(uint32_t items, int encoding, struct slo_buf *to)
{
	const struct slo_otlp_out_opts o = { .items_max = items, .bytes_max = 64 << 20 };
	struct slo_otlp_out *out;
	struct slo_event ev;
	struct slo_rng rng;

	slo_rng_seed(&rng, 1);
	slo_buf_init(to, 64 << 20);
	if (slo_otlp_out_new(&o, &out))
		exit(4);
	for (uint32_t i = 0; i < items; i++) {
		make_event(&rng, &ev);
		if (slo_otlp_out_put(out, &ev, ev.probe.ts_unix_nano, NULL))
			exit(4);
	}
	slo_otlp_out_take(out, SLO_OTLP_LOGS, encoding, to);
	slo_otlp_out_free(out);
}

struct run {
	uint32_t items;
	int batches;
	const char *protocol, *compression;
	bool spool, decode;
};

static void measure(const struct run *m)
{
	char base[64], dir[] = "/tmp/slo-otlp-bench.XXXXXX", command[64];
	struct slo_otlp_receive *r = listen_at("127.0.0.1:0");
	const struct slo_otlp_in_opts io = { .emit = count_record, .window_ns = -1 };
	struct slo_otlp_export_stats n;
	struct slo_otlp_config config;
	struct slo_otlp_export *x;
	struct slo_buf body;
	double began, cpu, took;

	if (m->spool && !mkdtemp(dir))
		exit(4);
	decoder = NULL;
	if (m->decode && slo_otlp_in_new(&io, &decoder))
		exit(4);
	snprintf(base, sizeof(base), "http://127.0.0.1:%d", slo_otlp_receive_port(r));
	x = connect_to(base, m->protocol, m->compression, m->spool ? dir : NULL, &config);
	make_body(m->items, strcmp(m->protocol, "http/json") == 0 ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF, &body);
	bodies = bytes = records = 0;
	cpu = cpu_s();
	began = (double)slo_now_mono_ns() / 1e9;
	for (int i = 0; i < m->batches; i++) {
		const struct slo_otlp_batch b = { SLO_OTLP_LOGS, slo_buf_str(&body), m->items, false };

		/* No faster than it goes: nothing may be dropped here. */
		for (slo_otlp_export_stats(x, &n); !m->spool && n.waiting > 256; slo_otlp_export_stats(x, &n))
			sched_yield();
		slo_otlp_export_put(x, &b);
	}
	slo_otlp_export_end(x, WAIT_S * SLO_NS_PER_S, NULL);
	took = (double)slo_now_mono_ns() / 1e9 - began;
	cpu = cpu_s() - cpu;
	slo_otlp_export_stats(x, &n);
	printf("%5u items %8zu B %-13s %-4s %-6s %-7s %7.0f batches/s %10.0f items/s %7.1f MB/s body %6.1f MB/s wire  "
	       "cpu %3.0f %%"
	       "%s\n",
	       m->items, body.len, m->protocol, m->compression, m->spool ? "spool" : "memory",
	       m->decode ? "decoded" : "", (double)bodies / took, (double)bodies * m->items / took,
	       (double)bytes / took / 1e6, (double)n.sent_bytes / took / 1e6, 100 * cpu / took,
	       (int)bodies == m->batches && n.delivered == (uint64_t)m->batches ? "" : "  NOT ALL ARRIVED");
	slo_otlp_export_free(x);
	slo_otlp_config_fini(&config);
	slo_otlp_receive_stop(r);
	slo_otlp_in_free(decoder);
	slo_buf_fini(&body);
	if (m->spool) {
		snprintf(command, sizeof(command), "rm -rf %s", dir);
		(void)!system(command);
	}
}

static int bench(void)
{
	static const struct run runs[] = {
		{ 16, 4000, "http/protobuf", "none", false, false },
		{ 16, 4000, "http/protobuf", "gzip", false, false },
		{ 512, 1000, "http/protobuf", "none", false, false },
		{ 512, 1000, "http/protobuf", "gzip", false, false },
		{ 512, 1000, "http/json", "gzip", false, false },
		{ 8192, 100, "http/protobuf", "gzip", false, false },
		{ 512, 200, "http/protobuf", "gzip", true, false },
		{ 512, 500, "http/protobuf", "gzip", false, true },
		{ 512, 300, "http/json", "gzip", false, true },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(runs); i++)
		measure(&runs[i]);
	return 0;
}

static int receive(const char *where, unsigned long long want)
{
	const struct slo_otlp_in_opts io = { .emit = count_record };
	struct slo_otlp_receive *r;

	if (slo_otlp_in_new(&io, &decoder))
		return 4;
	loud = true;
	r = listen_at(where);
	printf("listening %d\n", slo_otlp_receive_port(r));
	fflush(stdout);
	for (int64_t until = slo_now_mono_ns() + WAIT_S * SLO_NS_PER_S; bodies < want && slo_now_mono_ns() < until;) {
		struct timespec t = { .tv_nsec = 5 * SLO_NS_PER_MS };

		nanosleep(&t, NULL);
	}
	slo_otlp_receive_stop(r);
	slo_otlp_in_free(decoder);
	return bodies >= want ? 0 : 1;
}

static int send_file(char **argv, bool json)
{
	slo_autofree char *text = NULL;
	int signal = slo_enum_find(&slo_otlp_signal_enum, slo_str(argv[3])), n = atoi(argv[6]);
	struct slo_otlp_export_stats st;
	struct slo_otlp_config config;
	struct slo_otlp_export *x;
	struct slo_err err = { .what = "" };
	size_t len;

	if (signal < 0 || slo_file_read(argv[4], FILE_BYTES_MAX, &text, &len, &err)) {
		fprintf(stderr, "otlp_http_bench: %s %s\n", argv[3], err.what);
		return 2;
	}
	x = connect_to(argv[2], json ? "http/json" : "http/protobuf", NULL, NULL, &config);
	for (int i = 0; i < n; i++) {
		const struct slo_otlp_batch b = { signal, slo_str_n(text, len), (uint32_t)atoi(argv[5]), false };

		slo_otlp_export_put(x, &b);
	}
	slo_otlp_export_end(x, WAIT_S * SLO_NS_PER_S, NULL);
	slo_otlp_export_stats(x, &st);
	printf("delivered %llu items %llu rejected %llu refused %llu retries %llu lost %llu unreadable %llu\n",
	       (unsigned long long)st.delivered, (unsigned long long)st.delivered_items,
	       (unsigned long long)st.rejected_items, (unsigned long long)st.refused, (unsigned long long)st.retries,
	       (unsigned long long)st.lost, (unsigned long long)st.unreadable);
	slo_otlp_export_free(x);
	slo_otlp_config_fini(&config);
	return 0;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		return receive(argv[2], strtoull(argv[3], NULL, 10));
	if ((argc == 7 || argc == 8) && strcmp(argv[1], "send") == 0)
		return send_file(argv, argc == 8);
	if (argc == 1)
		return bench();
	fprintf(stderr, "usage: otlp_http_bench [receive LISTEN N | send BASE SIGNAL FILE ITEMS N [json]]\n");
	return 2;
}
