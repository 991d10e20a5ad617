/* SPDX-License-Identifier: MIT */
/*
 * Records per second of CPU time to OTLP and back, in both encodings; beside them jansson's tree of the same JSON
 * bodies: its decode is json_loadb() alone, its encode json_dumpb() of that tree. Batches of 512 records, from a fixed
 * seed.
 */
#include "base/rng.h"
#include "event/tables.h"
#include "net/otlp_in.h"
#include "net/otlp_out.h"


#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 512, ROUNDS = 7, PER_ROUND = 20 };

static struct slo_event events[BATCH];
static struct slo_rng rng;
static uint64_t emitted;


/* Of this process: other programs may run meanwhile. */
static int64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void make_probe(struct slo_event *ev)
{
	static const struct slo_str pods[] = { SLO_STR("chat-6c9d7f9b8-x2x7p"), SLO_STR("rag-gateway-5bd86c5d4f-q8zlm"),
					       SLO_STR("embeddings-0") };
	struct slo_probe_event *p = &ev->probe;

	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
	p->ts_unix_nano = INT64_C(1771666200000000000) + (int64_t)slo_rng_below(&rng, 1000000000000);
	p->signal = (int)slo_rng_below(&rng, SLO_SIGNAL__COUNT);
	p->node = slo_str("ip-10-0-4-211");
	p->namespace = slo_str("llm");
	p->pod = pods[slo_rng_below(&rng, SLO_ARRAY_LEN(pods))];
	p->container = slo_str("server");
	p->service = slo_str("chat");
	p->pid = (int64_t)slo_rng_below(&rng, 4000000);
	p->tid = p->pid;
	p->has_conn_tuple = true;
	p->conn_tuple =
		(struct slo_conn_tuple){ SLO_STR("10.0.4.211"), SLO_STR("203.0.113.77"), 51034, 443, SLO_STR("tcp") };
	p->value = slo_rng_exp(&rng, 80);
	p->unit = slo_str(slo_signal_info[p->signal].unit);
	p->status = slo_probe_status(p->signal, p->value);
	p->comm = slo_str("python3");
	p->role = SLO_ROLE_PROVIDER;
	p->provider = slo_str("bpf");
}

static void make_window(struct slo_event *ev)
{
	struct slo_window *w = &ev->window;

	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
	w->start_ns = INT64_C(1771666200000000000) + (int64_t)slo_rng_below(&rng, 100) * 5000000000;
	w->end_ns = w->start_ns + 5000000000;
	w->cluster = slo_str("prod");
	w->node = slo_str("ip-10-0-4-211");
	w->namespace = slo_str("llm");
	w->pod = slo_str("chat-6c9d7f9b8-x2x7p");
	w->container = slo_str("server");
	w->service = slo_str("chat");
	w->signal = (int)slo_rng_below(&rng, SLO_SIGNAL__COUNT);
	w->role = (int)slo_rng_below(&rng, SLO_ROLE__COUNT);
	w->provider = slo_str("bpf");
	w->state = SLO_STATE_VALUE;
	w->unit = slo_str(slo_signal_info[w->signal].unit);
	w->source = SLO_SOURCE_LIVE;
	slo_hist_init(&w->hist);
	w->min = 1e9;
	w->max = w->sum = 0;
	for (int i = 0; i < 50; i++) {
		double v = slo_rng_exp(&rng, 20);

		slo_hist_add(&w->hist, v, 1);
		w->sum += v;
		w->min = v < w->min ? v : w->min;
		w->max = v > w->max ? v : w->max;
	}
	w->count = 50;
	w->has_hist = true;
}

static char ids[BATCH][64];

static void make_span(struct slo_event *ev, char text[64])
{
	static const struct slo_pair attributes[] = {
		{ SLO_STR("gen_ai.operation.name"), SLO_STR("chat") },
		{ SLO_STR("gen_ai.request.model"), SLO_STR("gpt-x") },
		{ SLO_STR("http.response.status_code"), SLO_STR("200") },
		{ SLO_STR("server.address"), SLO_STR("api.example") },
	};
	struct slo_span *s = &ev->span;

	slo_rec_clear(slo_event_rec[SLO_KIND_SPAN], s);
	for (int i = 0; i < 48; i++)
		text[i] = "0123456789abcdef"[slo_rng_below(&rng, 16)];
	s->trace_id = slo_str_n(text, 32);
	s->span_id = slo_str_n(text + 32, 16);
	s->name = slo_str("chat gpt-x");
	s->span_kind = slo_str("client");
	s->status = slo_str("ok");
	s->service = slo_str("chat");
	s->start_ns = INT64_C(1771666200000000000);
	s->end_ns = s->start_ns + (int64_t)slo_rng_below(&rng, 5000000000);
	memcpy(s->attributes, attributes, sizeof(attributes));
	s->attributes_count = SLO_ARRAY_LEN(attributes);
}

static void make(int kind)
{
	for (int i = 0; i < BATCH; i++) {
		events[i].kind = kind;
		if (kind == SLO_KIND_PROBE)
			make_probe(&events[i]);
		else if (kind == SLO_KIND_WINDOW)
			make_window(&events[i]);
		else
			make_span(&events[i], ids[i]);
	}
}

static void count(void *arg, const struct slo_event *ev)
{
	(void)arg;
	(void)ev;
	emitted++;
}

static void die(const char *what)
{
	fprintf(stderr, "otlp_bench: %s\n", what);
	exit(1);
}

static double best(double a, double b)
{
	return a < b ? a : b;
}

/* Seconds for one batch, at best. */
static double encode(struct slo_otlp_out *o, int encoding, struct slo_buf *body)
{
	int signal = slo_otlp_out_signal(events[0].kind);
	double s = 1e9;

	for (int r = 0; r < ROUNDS; r++) {
		int64_t from = cpu_ns();

		for (int k = 0; k < PER_ROUND; k++) {
			slo_buf_reset(body);
			for (int i = 0; i < BATCH; i++)
				if (slo_otlp_out_put(o, &events[i], 1, NULL))
					die("put");
			if (slo_otlp_out_take(o, signal, encoding, body))
				die("take");
		}
		s = best(s, (double)(cpu_ns() - from) / 1e9 / PER_ROUND);
	}
	return s;
}

static double decode(struct slo_otlp_in *in, int encoding, const struct slo_buf *body)
{
	int signal = slo_otlp_out_signal(events[0].kind);
	double s = 1e9;

	for (int r = 0; r < ROUNDS; r++) {
		int64_t from = cpu_ns();

		emitted = 0;
		for (int k = 0; k < PER_ROUND; k++)
			if (slo_otlp_in_body(in, signal, encoding, slo_buf_str(body), NULL, NULL))
				die("decode");
		if (emitted != (uint64_t)BATCH * PER_ROUND)
			die("records are missing");
		s = best(s, (double)(cpu_ns() - from) / 1e9 / PER_ROUND);
	}
	return s;
}

static void tree(const struct slo_buf *body, double *load, double *dump)
{
	char *text = malloc(body->len + 1024);

	*load = *dump = 1e9;
	for (int r = 0; r < ROUNDS * 2; r++) {
		int64_t from = cpu_ns();
		json_t *j = json_loadb(body->data, body->len, 0, NULL);
		int64_t then = cpu_ns();

		if (!j || json_dumpb(j, text, body->len + 1024, JSON_COMPACT) == 0)
			die("jansson");
		*load = best(*load, (double)(then - from) / 1e9);
		*dump = best(*dump, (double)(cpu_ns() - then) / 1e9);
		json_decref(j);
	}
	free(text);
}

static void row(const char *what, double seconds, size_t bytes)
{
	printf("  %-34s %9.0f records/s  %7.1f MB/s\n", what, BATCH / seconds, (double)bytes / seconds / 1e6);
}

static void bench(struct slo_otlp_out *o, struct slo_otlp_in *in, int kind)
{
	char what[64];
	struct slo_buf body;

	make(kind);
	for (int e = 0; e < SLO_OTLP_ENCODING__COUNT; e++) {
		double out, back, load, dump;

		slo_buf_init(&body, 64 << 20);
		out = encode(o, e, &body);
		back = decode(in, e, &body);
		printf("%s in %s, %zu bytes each\n", slo_kind_enum.names[kind], slo_otlp_encoding_enum.names[e],
		       body.len / BATCH);
		row("record to body", out, body.len);
		row("body to record", back, body.len);
		if (e == SLO_OTLP_JSON) {
			tree(&body, &load, &dump);
			row("jansson: body to tree", load, body.len);
			row("jansson: tree to body", dump, body.len);
			snprintf(what, sizeof(what), "x %.1f decode, x %.1f encode", load / back, dump / out);
			printf("  %s\n", what);
		}
		slo_buf_fini(&body);
	}
}

int main(void)
{
	static const int kinds[] = { SLO_KIND_PROBE, SLO_KIND_WINDOW, SLO_KIND_SPAN };
	struct slo_otlp_out_opts oo = { .items_max = BATCH };
	struct slo_otlp_in_opts io = { .emit = count, .window_ns = -1 };
	struct slo_otlp_out *o;
	struct slo_otlp_in *in;

	slo_rng_seed(&rng, 1);
	if (slo_otlp_out_new(&oo, &o) || slo_otlp_in_new(&io, &in))
		die("no memory");
	for (size_t i = 0; i < SLO_ARRAY_LEN(kinds); i++)
		bench(o, in, kinds[i]);
	slo_otlp_out_free(o);
	slo_otlp_in_free(in);
	return 0;
}
