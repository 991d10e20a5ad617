/* SPDX-License-Identifier: MIT */
#include "net/otlp_windows.h"

#include "net/otlp_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	NAME = 128,      /* bytes kept of a label, NUL included */
	JUMP_S = 3600,   /* further ahead than this, a clock is wrong, */
	JUMP_TIMES = 3,  /* unless so many in a row are */
};

/* One service, role and interval. */
struct window {
	struct {
		uint64_t whose[2]; /* hash of the labels */
		int64_t start_ns, role;
	} key;
	struct otlp_windows *all;
	struct slo_agg *agg;
	struct slo_agg_service labels;
	char cluster[NAME], node[NAME], namespace[NAME], workload[NAME], service[NAME], pod[NAME], container[NAME];
};

int otlp_windows_new(const struct otlp_windows_opts *o, struct otlp_windows **out)
{
	struct otlp_windows *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->o = *o;
	w->seen_ns = w->closed_ns = INT64_MIN;
	if (slo_table_init(&w->table, sizeof(((struct window *)0)->key), sizeof(struct window), SLO_OTLP_IN_WINDOWS,
			   0)) {
		free(w);
		return -ENOMEM;
	}
	*out = w;
	return 0;
}

void otlp_windows_free(struct otlp_windows *w)
{
	struct window *x, *next;

	if (!w)
		return;
	for (x = slo_table_oldest(&w->table); x; x = next) {
		next = slo_table_newer(&w->table, x);
		slo_agg_free(x->agg);
	}
	slo_table_fini(&w->table);
	free(w);
}

/* What an SLI of the aggregator is for a request of this role; -1 = nothing. */
static int sli_for(enum otlp_role role, int sli)
{
	if (role == OTLP_ENTRY)
		return sli;
	return sli == SLO_SLI_LATENCY ? -1 : sli == SLO_SLI_ERROR_RATE ? SLO_SLI_PROVIDER_ERROR_RATE : sli;
}

static void emit_slo(void *arg, const struct slo_event *ev)
{
	struct window *x = arg;
	struct otlp_windows *w = x->all;
	struct slo_sli_event *e = &w->ev.slo;
	char id[NAME + 64];
	int sli = sli_for((enum otlp_role)x->key.role, ev->slo.sli_name);

	if (sli < 0)
		return;
	w->ev.kind = SLO_KIND_SLO;
	*e = ev->slo;
	if (sli != e->sli_name) {
		e->sli_name = sli;
		(void)!snprintf(id, sizeof(id), "%.*s-%s", SLO_STR_ARG(e->request_id),
				slo_enum_name(&slo_sli_enum, sli));
		e->event_id = slo_str(id);
	}
	/* The aggregator counts chunks; what spans tell of are tokens. */
	for (uint32_t i = 0; i < e->labels_count; i++)
		if (slo_str_is(e->labels[i].key, "counted"))
			e->labels[i].value = slo_str("tokens");
	w->o.emit(w->o.arg, &w->ev);
}

/* Only SLIs that requests were counted for: of others a span knows nothing. */
static void emit_window(void *arg, const struct slo_event *ev)
{
	struct window *x = arg;
	struct otlp_windows *w = x->all;
	int sli;

	if (ev->kind != SLO_KIND_SLI_WINDOW || (!ev->sli_window.valid && !ev->sli_window.has_hist))
		return;
	sli = sli_for((enum otlp_role)x->key.role, ev->sli_window.sli);
	if (sli < 0)
		return;
	w->ev.kind = SLO_KIND_SLI_WINDOW;
	w->ev.sli_window = ev->sli_window;
	w->ev.sli_window.sli = sli;
	w->o.emit(w->o.arg, &w->ev);
}

/* Emit a window and release what it holds; the caller removes it. */
static void close_window(struct window *x)
{
	if (x->agg)
		slo_agg_flush(x->agg, x->key.start_ns, x->key.start_ns + x->all->o.window_ns, emit_window, x);
	slo_agg_free(x->agg);
	x->agg = NULL;
}

static void evict(void *arg, void *entry)
{
	struct otlp_windows *w = arg;

	w->evicted++;
	close_window(entry);
}

static struct slo_str keep(char to[NAME], struct slo_str s)
{
	slo_str_copy(to, NAME, s);
	return slo_str(to);
}

static int open_window(struct window *x, struct otlp_windows *w, const struct otlp_whose *whose)
{
	struct slo_agg_opts o = { .services = &x->labels, .services_count = 1, .config = w->o.config,
				  .source = SLO_SOURCE_OTLP, .sample_good = 1, .emit = emit_slo, .emit_arg = x };

	x->all = w;
	x->labels.name = keep(x->service, whose->service);
	x->labels.namespace = keep(x->namespace, whose->namespace);
	x->labels.workload = keep(x->workload, whose->workload);
	x->labels.pod = keep(x->pod, whose->pod);
	x->labels.container = keep(x->container, whose->container);
	o.cluster = keep(x->cluster, whose->cluster);
	o.node = keep(x->node, whose->node);
	o.namespace = x->labels.namespace;
	o.pod = x->labels.pod;
	o.container = x->labels.container;
	return slo_agg_new(&x->agg, &o);
}

/* sli_windows know cluster, node, namespace and service; pods of one service on one node share theirs. */
static void hash_whose(const struct otlp_whose *o, uint64_t out[2])
{
	const struct slo_str s[] = { o->cluster, o->node, o->namespace, o->workload, o->service };

	out[0] = 1;
	out[1] = 2;
	for (size_t i = 0; i < SLO_ARRAY_LEN(s); i++) {
		const char *p = s[i].p ? s[i].p : "";

		out[0] = slo_hash(p, s[i].len, out[0] + 1);
		out[1] = slo_hash(p, s[i].len, out[1] + 1);
	}
}

/* Whether the time of a request moves ours. */
static bool believable(struct otlp_windows *w, int64_t end_ns)
{
	if (w->seen_ns != INT64_MIN && end_ns - w->seen_ns > JUMP_S * INT64_C(1000000000)) {
		w->jumps++;
		return w->jumps >= JUMP_TIMES;
	}
	w->jumps = 0;
	return true;
}

void otlp_windows_body(struct otlp_windows *w)
{
	w->evictions_left = SLO_OTLP_IN_WINDOWS;
}

int otlp_windows_add(struct otlp_windows *w, const struct otlp_whose *whose, const struct slo_request *r)
{
	struct slo_request one = *r;
	struct window key = { .key = { .role = whose->role } }, *x;
	bool created = false;
	int ret = 0;

	hash_whose(whose, key.key.whose);
	key.key.start_ns = r->end_ns / w->o.window_ns * w->o.window_ns;
	if (key.key.start_ns + w->o.window_ns <= w->closed_ns)
		w->late++;
	if (w->table.count == w->table.max && !slo_table_find(&w->table, &key.key)) {
		if (w->evictions_left == 0) {
			w->dropped++;
			return 0;
		}
		w->evictions_left--;
	}
	x = slo_table_get(&w->table, &key.key, &created, evict, w);
	if (created)
		ret = open_window(x, w, whose);
	if (ret) {
		slo_table_del(&w->table, x);
		return ret;
	}
	one.service = 0;
	one.ttft_told = false;
	slo_agg_sink(x->agg).request(slo_agg_sink(x->agg).arg, &one);
	if (believable(w, r->end_ns) && r->end_ns > w->seen_ns) {
		w->seen_ns = r->end_ns;
		w->jumps = 0;
	}
	otlp_windows_advance(w, w->seen_ns);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct window *x = *(const struct window *const *)a, *y = *(const struct window *const *)b;
	int name = strcmp(x->service, y->service);

	if (x->key.start_ns != y->key.start_ns)
		return x->key.start_ns < y->key.start_ns ? -1 : 1;
	if (name)
		return name;
	if (x->key.role != y->key.role)
		return x->key.role < y->key.role ? -1 : 1;
	return memcmp(x->key.whose, y->key.whose, sizeof(x->key.whose));
}

static void close_until(struct otlp_windows *w, int64_t until_ns)
{
	struct window *due[SLO_OTLP_IN_WINDOWS] = { NULL };
	size_t n = 0;

	for (struct window *x = slo_table_oldest(&w->table); x; x = slo_table_newer(&w->table, x))
		if (x->key.start_ns + w->o.window_ns <= until_ns)
			due[n++] = x;
	qsort(due, n, sizeof(*due), by_time);
	for (size_t i = 0; i < n; i++) {
		close_window(due[i]);
		slo_table_del(&w->table, due[i]);
	}
}

void otlp_windows_advance(struct otlp_windows *w, int64_t watermark_ns)
{
	int64_t until;

	if (watermark_ns < INT64_MIN + w->o.lateness_ns)
		return;
	until = (watermark_ns - w->o.lateness_ns) / w->o.window_ns * w->o.window_ns;
	if (until <= w->closed_ns)
		return;
	w->closed_ns = until;
	close_until(w, until);
}

void otlp_windows_drain(struct otlp_windows *w)
{
	close_until(w, INT64_MAX);
}
