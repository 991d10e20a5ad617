/* SPDX-License-Identifier: MIT */
#include "decode/aggregate.h"
#include "decode/aggregate_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* Signals that have a peer, and the role a window has when nothing was seen. */
static const struct {
	bool network;
	int role;
} kinds[SLO_SIGNAL__COUNT] = {
	[SLO_SIGNAL_DNS_LATENCY] = { true, SLO_ROLE_RESOLVER },
	[SLO_SIGNAL_TCP_RETRANSMITS] = { true, SLO_ROLE_OTHER },
	[SLO_SIGNAL_CONNECT_LATENCY] = { true, SLO_ROLE_OTHER },
	[SLO_SIGNAL_CONNECT_ERRORS] = { true, SLO_ROLE_OTHER },
	[SLO_SIGNAL_TLS_HANDSHAKE] = { true, SLO_ROLE_OTHER },
	[SLO_SIGNAL_TLS_FAILS] = { true, SLO_ROLE_OTHER },
};

static void reset_cell(struct agg_cell *c)
{
	c->count = c->failed = 0;
	c->sum = 0;
	c->min = c->max = NAN;
	c->provider = "";
	slo_hist_init(&c->hist);
}

static void reset(struct agg_service *s)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			reset_cell(&s->cells[i][r]);
	for (int i = 0; i < AGG_SLIS; i++)
		slo_agg_reset_sli(&s->slis[i]);
	s->opaque = 0;
}

int slo_agg_new(struct slo_agg **out, const struct slo_agg_opts *opts)
{
	size_t n = opts->services_count + 1;
	struct slo_agg *a;

	if (opts->services_count > SLO_AGG_SERVICES)
		return -E2BIG;
	a = calloc(1, sizeof(*a) + n * sizeof(a->services[0]));
	if (!a)
		return -ENOMEM;
	a->opts = *opts;
	slo_bucket_init(&a->bucket, (double)opts->config->events_per_second_limit, (double)opts->config->burst_limit);
	memcpy(a->wanted, opts->config->signal_enabled, sizeof(a->wanted));
	for (size_t s = 0; s < n; s++)
		reset(&a->services[s]);
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++) {
		slo_agg_capture(a, SLO_SERVICE_ALL, i, SLO_STATE_NOT_CAPTURED, "", "no source");
		slo_agg_coverage(a, SLO_SERVICE_ALL, i, NAN);
	}
	*out = a;
	return 0;
}

void slo_agg_free(struct slo_agg *a)
{
	free(a);
}

struct slo_agg_service slo_agg_labels(const struct slo_agg *a, int service)
{
	if (service >= 0)
		return a->opts.services[service];
	return (struct slo_agg_service){ .name = slo_str(""), .namespace = a->opts.namespace, .workload = slo_str(""),
					 .pod = a->opts.pod, .container = a->opts.container };
}

void slo_agg_exemplar(struct slo_agg *a, const struct slo_event *ev, int64_t now_ns)
{
	if (!slo_bucket_take(&a->bucket, now_ns)) {
		a->n.rate_limited++;
		return;
	}
	a->n.exemplars++;
	a->opts.emit(a->opts.emit_arg, ev);
}

/* Address as text, v4 written as v4. */
static struct slo_str address(char to[INET6_ADDRSTRLEN], const uint8_t a[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = memcmp(a, mapped, 12) == 0;
	const char *s = v4 ? inet_ntop(AF_INET, a + 12, to, INET6_ADDRSTRLEN) :
			     inet_ntop(AF_INET6, a, to, INET6_ADDRSTRLEN);

	return slo_str(s ? s : "");
}

static void probe(struct slo_agg *a, const struct slo_obs *o, int status)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	struct slo_event ev;
	struct slo_probe_event *p = &ev.probe;
	struct slo_agg_service l = slo_agg_labels(a, o->service);

	if (a->opts.whose)
		a->opts.whose(a->opts.whose_arg, o, &l);
	ev.kind = SLO_KIND_PROBE;
	slo_rec_clear(slo_event_rec[SLO_KIND_PROBE], p);
	p->ts_unix_nano = o->end_ns;
	p->signal = o->signal;
	p->node = a->opts.node;
	p->namespace = l.namespace;
	p->pod = l.pod;
	p->container = l.container;
	p->pid = o->pid;
	p->tid = o->tid;
	p->value = o->value;
	p->unit = slo_str(slo_signal_info[o->signal].unit);
	p->status = status;
	p->role = o->role;
	p->provider = slo_str(o->provider);
	if (o->service >= 0)
		p->service = l.name;
	if (o->comm[0])
		p->comm = slo_str(o->comm);
	if (o->detail[0])
		p->detail = slo_str(o->detail);
	if (o->err)
		p->errno_ = o->err;
	if (a->opts.source != SLO_SOURCE_LIVE)
		p->source = a->opts.source;
	p->has_conn_tuple = o->has_tuple;
	if (o->has_tuple)
		p->conn_tuple = (struct slo_conn_tuple){
			.src_ip = address(src, o->tuple.src), .dst_ip = address(dst, o->tuple.dst),
			.src_port = o->tuple.src_port, .dst_port = o->tuple.dst_port,
			.protocol = slo_str(o->tuple.proto == IPPROTO_UDP ? "udp" : "tcp"),
		};
	slo_agg_exemplar(a, &ev, o->end_ns);
}

static bool known(const struct slo_agg *a, int signal, int service, int role)
{
	return signal >= 0 && signal < SLO_SIGNAL__COUNT && service >= SLO_SERVICE_NONE &&
	       service < (int)a->opts.services_count && role >= 0 && role < SLO_ROLE__COUNT && a->wanted[signal] &&
	       !a->shed[signal];
}

static struct agg_cell *cell_of(struct slo_agg *a, int signal, int service, int role)
{
	return &a->services[service + 1].cells[signal][kinds[signal].network ? role : SLO_ROLE_OTHER];
}

static void add_values(struct agg_cell *c, const struct slo_obs_summary *s)
{
	c->count += s->count;
	c->failed += s->failed;
	c->sum += s->sum;
	c->min = fmin(c->min, s->min);
	c->max = fmax(c->max, s->max);
	c->provider = s->provider;
}

static void take_exemplar(void *arg, const struct slo_obs *o)
{
	struct slo_agg *a = arg;

	if (!known(a, o->signal, o->service, o->role) || !isfinite(o->value))
		a->n.ignored++;
	else
		probe(a, o, slo_probe_status(o->signal, o->value));
}

static void take_obs(void *arg, const struct slo_obs *o)
{
	struct slo_agg *a = arg;
	struct agg_cell *c;

	if (!known(a, o->signal, o->service, o->role) || !isfinite(o->value) || o->times == 0) {
		a->n.ignored++;
		return;
	}
	a->n.observations++;
	c = cell_of(a, o->signal, o->service, o->role);
	add_values(c, &(struct slo_obs_summary){ .count = o->times, .failed = o->failed ? o->times : 0,
						 .sum = o->value * (double)o->times, .min = o->value, .max = o->value, .provider = o->provider });
	if (slo_signal_info[o->signal].scalar == SLO_SCALAR_LATENCY)
		slo_hist_add(&c->hist, o->value, o->times);
	if (slo_probe_status(o->signal, o->value) != SLO_PROBE_STATUS_OK)
		take_exemplar(a, o);
}

static void take_summary(void *arg, const struct slo_obs_summary *s)
{
	struct slo_agg *a = arg;
	struct agg_cell *c;

	if (!known(a, s->signal, s->service, s->role) || !isfinite(s->sum) || s->count == 0) {
		a->n.ignored += s->count;
		return;
	}
	a->n.observations += s->count;
	c = cell_of(a, s->signal, s->service, s->role);
	add_values(c, s);
	if (s->hist)
		slo_hist_merge(&c->hist, s->hist);
}

static void take_request(void *arg, const struct slo_request *r)
{
	struct slo_agg *a = arg;

	if (r->service < 0 || r->service >= (int)a->opts.services_count) {
		a->n.ignored++;
		return;
	}
	a->n.requests++;
	slo_agg_request(a, r);
}

static void take_ttft(void *arg, const struct slo_request *r)
{
	struct slo_agg *a = arg;

	if (r->service >= 0 && r->service < (int)a->opts.services_count)
		slo_agg_ttft(a, r);
}

static void take_exchange(void *arg, const struct slo_exchange *e)
{
	struct slo_agg *a = arg;
	int service = e->service == SLO_SERVICE_NONE && a->opts.services_count == 1 ? 0 : e->service;

	if (service < 0 || service >= (int)a->opts.services_count) {
		a->n.ignored++;
		return;
	}
	a->n.exchanges++;
	slo_agg_exchange(a, service, e);
}

struct slo_obs_sink slo_agg_sink(struct slo_agg *a)
{
	return (struct slo_obs_sink){ .arg = a, .obs = take_obs, .request = take_request, .summary = take_summary,
				      .exemplar = take_exemplar, .ttft = take_ttft, .exchange = take_exchange };
}

/* The services that @service stands for. Return: false for what is none, or no signal. */
static bool range_of(const struct slo_agg *a, int service, int signal, int *from, int *to)
{
	*from = service == SLO_SERVICE_ALL ? SLO_SERVICE_NONE : service;
	*to = service == SLO_SERVICE_ALL ? (int)a->opts.services_count - 1 : service;
	return signal >= 0 && signal < SLO_SIGNAL__COUNT && *from >= SLO_SERVICE_NONE &&
	       *to < (int)a->opts.services_count;
}

void slo_agg_coverage(struct slo_agg *a, int service, int signal, double ratio)
{
	int from, to;

	if (!range_of(a, service, signal, &from, &to))
		return;
	for (int s = from; s <= to; s++)
		a->services[s + 1].coverage[signal] = ratio;
}

void slo_agg_capture(struct slo_agg *a, int service, int signal, int state, const char *provider, const char *why)
{
	int from, to;

	if (!range_of(a, service, signal, &from, &to))
		return;
	for (int s = from; s <= to; s++) {
		struct agg_capture *c = &a->services[s + 1].capture[signal];

		c->state = state;
		c->provider = provider ? provider : "";
		slo_str_copy(c->why, sizeof(c->why), slo_str(why ? why : ""));
	}
}

void slo_agg_reload(struct slo_agg *a)
{
	const struct slo_config *c = a->opts.config;

	memcpy(a->wanted, c->signal_enabled, sizeof(a->wanted));
	slo_bucket_change(&a->bucket, (double)c->events_per_second_limit, (double)c->burst_limit);
}

void slo_agg_enable(struct slo_agg *a, int signal, bool on)
{
	if (signal >= 0 && signal < SLO_SIGNAL__COUNT)
		a->shed[signal] = !on;
}

void slo_agg_lost(struct slo_agg *a, uint64_t n)
{
	a->lost += n;
	a->n.lost += n;
}

static double clamped(const struct agg_cell *c, double q)
{
	return fmin(fmax(slo_hist_quantile(&c->hist, q), c->min), c->max);
}

static void fill_values(struct slo_window *w, const struct agg_cell *c, int signal)
{
	w->count = c->count;
	if (c->failed)
		w->failed = (int64_t)c->failed;
	if (c->count == 0)
		return;
	w->sum = c->sum;
	w->min = c->min;
	w->max = c->max;
	if (slo_signal_info[signal].scalar != SLO_SCALAR_LATENCY)
		return;
	w->has_hist = true;
	w->hist = c->hist;
	w->p50 = clamped(c, 0.5);
	w->p95 = clamped(c, 0.95);
	w->p99 = clamped(c, 0.99);
}

static void fill_state(const struct slo_agg *a, struct slo_window *w, const struct agg_capture *k,
		       const struct agg_cell *c)
{
	const char *why = k->why;

	w->state = c->count ? SLO_STATE_VALUE : k->state == SLO_STATE_NOT_CAPTURED ? k->state : SLO_STATE_ZERO;
	if (a->shed[w->signal]) {
		w->state = c->count ? SLO_STATE_VALUE : SLO_STATE_NOT_CAPTURED;
		why = "shed by the overhead guard";
	}
	w->provider = slo_str(c->count ? c->provider : w->state == SLO_STATE_ZERO ? k->provider : "");
	if (w->state == SLO_STATE_NOT_CAPTURED && why[0])
		w->why = slo_str(why);
}

static void emit_window(struct slo_agg *a, int service, int signal, int role, int64_t start_ns, int64_t end_ns,
			slo_emit_fn *emit, void *arg)
{
	const struct agg_service *s = &a->services[service + 1];
	struct slo_agg_service l = slo_agg_labels(a, service);
	struct slo_event ev;
	struct slo_window *w = &ev.window;

	ev.kind = SLO_KIND_WINDOW;
	slo_rec_clear(slo_event_rec[SLO_KIND_WINDOW], w);
	w->start_ns = start_ns;
	w->end_ns = end_ns;
	w->cluster = a->opts.cluster;
	w->node = a->opts.node;
	w->namespace = l.namespace;
	w->pod = l.pod;
	w->container = l.container;
	w->service = l.name;
	w->signal = signal;
	w->role = role;
	w->unit = slo_str(slo_signal_info[signal].unit);
	w->lost = kinds[signal].network ? a->lost : 0;
	w->source = a->opts.source;
	w->coverage_ratio = s->coverage[signal];
	fill_values(w, &s->cells[signal][role], signal);
	fill_state(a, w, &s->capture[signal], &s->cells[signal][role]);
	a->n.windows++;
	emit(arg, &ev);
}

/* One window per role that was seen; else one in the usual role, if @always. */
static void flush_signal(struct slo_agg *a, int service, int signal, bool always, int64_t start_ns, int64_t end_ns,
			 slo_emit_fn *emit, void *arg)
{
	bool any = false;

	if (!a->wanted[signal])
		return;
	for (int role = 0; role < SLO_ROLE__COUNT; role++) {
		if (a->services[service + 1].cells[signal][role].count == 0)
			continue;
		any = true;
		emit_window(a, service, signal, role, start_ns, end_ns, emit, arg);
	}
	if (!any && always)
		emit_window(a, service, signal, kinds[signal].role, start_ns, end_ns, emit, arg);
}

void slo_agg_flush(struct slo_agg *a, int64_t start_ns, int64_t end_ns, slo_emit_fn *emit, void *arg)
{
	int n = (int)a->opts.services_count;

	for (int s = SLO_SERVICE_NONE; s < n; s++) {
		for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
			flush_signal(a, s, i, s >= 0 || n == 0, start_ns, end_ns, emit, arg);
		if (s >= 0)
			slo_agg_flush_slis(a, s, start_ns, end_ns, emit, arg);
		reset(&a->services[s + 1]);
	}
	a->lost = 0;
}

void slo_agg_counters(const struct slo_agg *a, struct slo_agg_counters *out)
{
	*out = a->n;
}
