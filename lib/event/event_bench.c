/* SPDX-License-Identifier: MIT */
/*
 * Records per second through the codec, and through jansson on the same lines:
 * jansson's decode is json_loadb() alone, its encode json_dumpb() of that tree.
 * The lines are generated from a fixed seed, in the proportions of a busy node.
 */
#include "base/rng.h"
#include "base/time.h"
#include "event/event.h"
#include "event/tables.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 5000, ROUNDS = 5, LINE_ROOM = 16384 };

struct corpus {
	const char *name;
	struct slo_buf text;
	struct slo_str lines[LINES];
	size_t count;
};

/* What one way of doing it needed for all lines, at best. */
struct result {
	double seconds;
	size_t failed;
};

typedef size_t pass_fn(const struct corpus *c);

static const struct slo_str nodes[] = { SLO_STR("node-a-17"), SLO_STR("node-b-03"), SLO_STR("ip-10-0-4-211") };
static const struct slo_str services[] = { SLO_STR("chat"), SLO_STR("rag-gateway"), SLO_STR("embeddings") };
static const struct slo_str pods[] = { SLO_STR("chat-6c9d7f9b8-x2x7p"), SLO_STR("rag-gateway-5bd86c5d4f-q8zlm"),
				       SLO_STR("embeddings-0") };
static const struct slo_str details[] = { SLO_STR("api.provider.example A NOERROR"),
					  SLO_STR("vector-db.rag.svc.cluster.local AAAA NXDOMAIN") };
static const int64_t epoch = INT64_C(1771666200000000000);

#define PICK(rng, list) (list)[slo_rng_below(rng, SLO_ARRAY_LEN(list))]

/* Nanoseconds as milliseconds: what the agent measures has at most six decimals. */
static double latency_ms(struct slo_rng *rng, double mean)
{
	return (double)(int64_t)slo_rng_exp(rng, mean * 1e6) / 1e6;
}

static struct slo_str hex(char *to, size_t len, struct slo_rng *rng)
{
	for (size_t i = 0; i < len; i++)
		to[i] = "0123456789abcdef"[slo_rng_below(rng, 16)];
	return slo_str_n(to, len);
}

static void make_probe(struct slo_event *ev, struct slo_rng *rng)
{
	static const struct slo_str ips[] = { SLO_STR("10.0.4.211"), SLO_STR("10.96.0.10"), SLO_STR("203.0.113.77"),
					      SLO_STR("2001:db8:0:12::8a2e:370:7334") };
	struct slo_probe_event *p = &ev->probe;

	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
	p->ts_unix_nano = epoch + (int64_t)slo_rng_below(rng, 1000000000000);
	p->signal = (int)slo_rng_below(rng, SLO_SIGNAL__COUNT);
	p->node = PICK(rng, nodes);
	p->namespace = slo_str("llm");
	p->pod = PICK(rng, pods);
	p->container = slo_str("server");
	p->pid = (int64_t)slo_rng_below(rng, 4000000);
	p->tid = p->pid + (int64_t)slo_rng_below(rng, 32);
	p->has_conn_tuple = slo_rng_below(rng, 4) != 0;
	p->conn_tuple = (struct slo_conn_tuple){ PICK(rng, ips), PICK(rng, ips), (int32_t)slo_rng_below(rng, 65536),
						 443, slo_str("tcp") };
	p->value = latency_ms(rng, 80);
	p->unit = slo_str(slo_signal_info[p->signal].unit);
	p->status = slo_probe_status(p->signal, p->value);
	p->service = PICK(rng, services);
	p->comm = slo_str("python3");
	p->role = (int)slo_rng_below(rng, SLO_ROLE__COUNT);
	p->provider = slo_str("bpf");
	if (slo_rng_below(rng, 3) == 0)
		p->detail = PICK(rng, details);
	p->source = SLO_SOURCE_LIVE;
}

static void make_hist(struct slo_hist *h, double *sum, double *min, double *max, uint64_t n, struct slo_rng *rng)
{
	slo_hist_init(h);
	*sum = 0;
	*min = 1e300;
	*max = 0;
	for (uint64_t i = 0; i < n; i++) {
		double v = latency_ms(rng, 30);

		slo_hist_add(h, v, 1);
		*sum += v;
		*min = fmin(*min, v);
		*max = fmax(*max, v);
	}
}

static void make_window(struct slo_event *ev, struct slo_rng *rng)
{
	struct slo_window *w = &ev->window;

	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
	w->start_ns = epoch + (int64_t)slo_rng_below(rng, 1000) * 10 * SLO_NS_PER_S;
	w->end_ns = w->start_ns + 10 * SLO_NS_PER_S;
	w->cluster = slo_str("prod-eu-1");
	w->node = PICK(rng, nodes);
	w->namespace = slo_str("llm");
	w->pod = PICK(rng, pods);
	w->container = slo_str("server");
	w->service = PICK(rng, services);
	w->signal = (int)slo_rng_below(rng, SLO_SIGNAL__COUNT);
	w->role = (int)slo_rng_below(rng, SLO_ROLE__COUNT);
	w->provider = slo_str("bpf");
	w->state = SLO_STATE_VALUE;
	w->unit = slo_str(slo_signal_info[w->signal].unit);
	w->lost = 0;
	w->count = 20 + slo_rng_below(rng, 400);
	make_hist(&w->hist, &w->sum, &w->min, &w->max, w->count, rng);
	w->has_hist = true;
	w->p50 = slo_hist_quantile(&w->hist, 0.5);
	w->p95 = slo_hist_quantile(&w->hist, 0.95);
	w->p99 = slo_hist_quantile(&w->hist, 0.99);
	w->source = SLO_SOURCE_LIVE;
}

static void make_sli_window(struct slo_event *ev, struct slo_rng *rng)
{
	struct slo_sli_window *w = &ev->sli_window;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLI_WINDOW], w);
	w->start_ns = epoch + (int64_t)slo_rng_below(rng, 1000) * 10 * SLO_NS_PER_S;
	w->end_ns = w->start_ns + 10 * SLO_NS_PER_S;
	w->cluster = slo_str("prod-eu-1");
	w->node = PICK(rng, nodes);
	w->namespace = slo_str("llm");
	w->service = PICK(rng, services);
	w->sli = (int)slo_rng_below(rng, SLO_SLI__COUNT);
	w->unit = slo_str(slo_sli_info[w->sli].unit);
	w->threshold = 800;
	w->valid = 20 + slo_rng_below(rng, 400);
	w->bad = slo_rng_below(rng, 20);
	w->good = w->valid - w->bad;
	w->has_bad_by = true;
	w->bad_by.slow = w->bad;
	make_hist(&w->hist, &w->sum, &w->min, &w->max, w->valid, rng);
	w->has_hist = true;
	w->source = SLO_SOURCE_LIVE;
}

static void make_slo(struct slo_event *ev, struct slo_rng *rng)
{
	static char id[64], trace[32], request[24];
	struct slo_sli_event *s = &ev->slo;

	slo_rec_clear(slo_event_rec[SLO_KIND_SLO], s);
	s->sli_name = (int)slo_rng_below(rng, SLO_SLI__COUNT);
	s->request_id = hex(request, 16, rng);
	s->event_id = slo_str_n(id, (size_t)snprintf(id, sizeof(id), "%.16s-%s", request,
						     slo_enum_name(&slo_sli_enum, s->sli_name)));
	s->timestamp = epoch + (int64_t)slo_rng_below(rng, 1000000000000);
	s->cluster = slo_str("prod-eu-1");
	s->namespace = slo_str("llm");
	s->workload = PICK(rng, services);
	s->service = s->workload;
	s->trace_id = hex(trace, 32, rng);
	s->sli_value = latency_ms(rng, 400);
	s->unit = slo_str(slo_sli_info[s->sli_name].unit);
	s->status = slo_sli_status(s->sli_name, s->sli_value);
	s->labels[0] = (struct slo_pair){ slo_str("source"), slo_str("live") };
	s->labels[1] = (struct slo_pair){ slo_str("node"), PICK(rng, nodes) };
	s->labels_count = 2;
}

static const struct {
	int kind;
	void (*make)(struct slo_event *ev, struct slo_rng *rng);
	uint64_t share; /* of 100, in the mix */
} kinds[] = {
	{ SLO_KIND_PROBE, make_probe, 70 },
	{ SLO_KIND_WINDOW, make_window, 15 },
	{ SLO_KIND_SLI_WINDOW, make_sli_window, 5 },
	{ SLO_KIND_SLO, make_slo, 10 },
};

static size_t pick_kind(struct slo_rng *rng)
{
	uint64_t at = slo_rng_below(rng, 100);
	size_t i = 0;

	for (; at >= kinds[i].share; i++)
		at -= kinds[i].share;
	return i;
}

/* @only: index into kinds, or -1 for the mix. */
static struct corpus *generate(const char *name, int only)
{
	struct corpus *c = calloc(1, sizeof(*c));
	struct slo_event ev;
	struct slo_rng rng;
	const char *p;

	if (!c)
		abort();
	c->name = name;
	slo_buf_init(&c->text, (size_t)LINES * LINE_ROOM);
	slo_rng_seed(&rng, 1);
	for (int i = 0; i < LINES; i++) {
		size_t k = only >= 0 ? (size_t)only : pick_kind(&rng);

		ev.kind = kinds[k].kind;
		kinds[k].make(&ev, &rng);
		if (slo_event_encode(&ev, &c->text))
			abort();
	}
	p = c->text.data;
	for (; c->count < LINES; c->count++) {
		const char *end = strchr(p, '\n');

		c->lines[c->count] = slo_str_n(p, (size_t)(end - p));
		p = end + 1;
	}
	return c;
}

static struct slo_rec_ctx ctx;
static struct slo_buf encoded;

static size_t ours(const struct corpus *c, bool encode)
{
	static struct slo_event ev;
	size_t failed = 0;

	for (size_t i = 0; i < c->count; i++) {
		failed += slo_event_decode(&ctx, c->lines[i].p, c->lines[i].len, -1, UINT32_MAX, &ev, NULL) != 0;
		if (encode) {
			slo_buf_reset(&encoded);
			failed += slo_event_encode(&ev, &encoded) != 0;
		}
	}
	return failed;
}

static size_t ours_decode(const struct corpus *c)
{
	return ours(c, false);
}

static size_t ours_both(const struct corpus *c)
{
	return ours(c, true);
}

/* What a tool pays for lines of kinds it does not want. */
static size_t skipped(const struct corpus *c)
{
	static struct slo_event ev;
	size_t failed = 0;

	for (size_t i = 0; i < c->count; i++)
		failed += slo_event_decode(&ctx, c->lines[i].p, c->lines[i].len, -1, 0, &ev, NULL) != SLO_EVENT_SKIPPED;
	return failed;
}

static size_t jansson(const struct corpus *c, bool encode)
{
	static char text[LINE_ROOM];
	size_t failed = 0;

	for (size_t i = 0; i < c->count; i++) {
		json_t *j = json_loadb(c->lines[i].p, c->lines[i].len, JSON_REJECT_DUPLICATES, NULL);

		if (encode)
			failed += json_dumpb(j, text, sizeof(text), JSON_COMPACT) == 0;
		failed += !j;
		json_decref(j);
	}
	return failed;
}

static size_t jansson_decode(const struct corpus *c)
{
	return jansson(c, false);
}

static size_t jansson_both(const struct corpus *c)
{
	return jansson(c, true);
}

/* Rounds of all ways take turns, so that a busy moment of the machine hurts them alike. */
static void measure(const struct corpus *c, pass_fn *const *pass, struct result *best, size_t n)
{
	for (size_t i = 0; i < n; i++)
		best[i].seconds = 1e9;
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < n; i++) {
			int64_t from = slo_now_mono_ns();

			best[i].failed += pass[i](c);
			best[i].seconds = fmin(best[i].seconds, (double)(slo_now_mono_ns() - from) / 1e9);
		}
	}
}

static void print_row(const struct corpus *c, const char *what, double ours_s, double jansson_s)
{
	double n = (double)c->count, mb = (double)c->text.len / 1e6;

	printf("%-11s %-15s %9.0f %8.1f", c->name, what, n / ours_s, mb / ours_s);
	if (jansson_s > 0)
		printf(" %9.0f %8.1f %7.1f", n / jansson_s, mb / jansson_s, jansson_s / ours_s);
	printf("\n");
}

static size_t report(const char *name, int only)
{
	pass_fn *const pass[] = { ours_decode, ours_both, skipped, jansson_decode, jansson_both };
	struct result best[SLO_ARRAY_LEN(pass)] = { { 0 } };
	struct corpus *c = generate(name, only);
	size_t failed = 0;

	measure(c, pass, best, SLO_ARRAY_LEN(pass));
	for (size_t i = 0; i < SLO_ARRAY_LEN(pass); i++)
		failed += best[i].failed;
	print_row(c, "decode", best[0].seconds, best[3].seconds);
	print_row(c, "encode", best[1].seconds - best[0].seconds, best[4].seconds - best[3].seconds);
	print_row(c, "decode+encode", best[1].seconds, best[4].seconds);
	print_row(c, "skip, validated", best[2].seconds, 0);
	slo_buf_fini(&c->text);
	free(c);
	return failed;
}

int main(void)
{
	size_t failed = 0;

	slo_rec_ctx_init(&ctx);
	slo_buf_init(&encoded, LINE_ROOM);
	printf("%-11s %-15s %9s %8s %9s %8s %7s\n", "lines", "what", "records/s", "MB/s", "jansson/s", "MB/s", "ratio");
	for (size_t i = 0; i < SLO_ARRAY_LEN(kinds); i++)
		failed += report(slo_enum_name(&slo_kind_enum, kinds[i].kind), (int)i);
	failed += report("mix", -1);
	slo_rec_ctx_fini(&ctx);
	slo_buf_fini(&encoded);
	if (failed)
		fprintf(stderr, "event_bench: %zu records failed\n", failed);
	return failed > 0;
}
