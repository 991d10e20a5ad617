/* SPDX-License-Identifier: MIT */
#include "metrics/internal.h"

#include "event/tables.h"

#include <errno.h>
#include <stdlib.h>

/* Every threshold of the contract's section 5 is among them: the share over one is a subtraction. */
const struct metrics_bounds metrics_latency_ms = {
	21,
	{ 0.1, 0.5, 1, 2.5, 5, 10, 20, 25, 40, 50, 60, 80, 120, 160, 180, 200, 400, 800, 2000, 5000, 10000 },
};

/* Contract, section 18. */
const struct metrics_bounds metrics_dns_ms = { 11, { 1, 2, 5, 10, 20, 40, 80, 120, 200, 400, 800 } };

/* Contract, section 18, and on from where it ends. */
const struct metrics_bounds metrics_sli[SLO_METRICS_SLIS] = {
	[SLO_SLI_TTFT] = { 11, { 50, 100, 200, 400, 800, 1200, 2000, 5000, 10000, 20000, 30000 } },
	[SLO_SLI_LATENCY] = { 14,
			      { 50, 100, 200, 400, 800, 1200, 1500, 2000, 5000, 10000, 20000, 30000, 60000, 120000 } },
	[SLO_SLI_THROUGHPUT] = { 10, { 5, 10, 20, 30, 40, 60, 80, 120, 200, 400 } },
};

int slo_metrics_new(struct slo_metrics **out, const struct slo_metrics_opts *o)
{
	struct slo_metrics *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->o = *o;
	*out = m;
	return 0;
}

void slo_metrics_free(struct slo_metrics *m)
{
	if (!m)
		return;
	for (int i = 0; i <= SLO_METRICS_OWNERS; i++)
		free(m->owners[i]);
	free(m);
}

static struct metrics_owner *new_owner(struct slo_str service, struct slo_str namespace, int source)
{
	struct metrics_owner *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	slo_str_copy(w->service, sizeof(w->service), service);
	slo_str_copy(w->namespace, sizeof(w->namespace), namespace);
	w->source = source;
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		w->signals[i].state = -1;
	return w;
}

static bool fits(struct slo_str s)
{
	return s.len < SLO_METRICS_NAME;
}

/* Return: whose series to count in, which are those of "other" when there is no room; NULL without memory. */
static struct metrics_owner *owner_of(struct slo_metrics *m, struct slo_str service, struct slo_str namespace,
				      int source, uint64_t observations)
{
	struct metrics_owner **other = &m->owners[SLO_METRICS_OWNERS];

	for (int i = 0; i < m->owners_count; i++) {
		struct metrics_owner *w = m->owners[i];

		if (w->source == source && slo_str_is(service, w->service) && slo_str_is(namespace, w->namespace))
			return w;
	}
	if (m->owners_count < SLO_METRICS_OWNERS && fits(service) && fits(namespace)) {
		struct metrics_owner *w = new_owner(service, namespace, source);

		if (w)
			m->owners[m->owners_count++] = w;
		return w;
	}
	m->folded += observations;
	if (!*other)
		*other = new_owner(slo_str("other"), slo_str("other"), m->o.source);
	return *other;
}

/* Where there is no name, the contract has one. */
static struct slo_str named(struct slo_str s, const char *fallback)
{
	return s.len ? s : slo_str(fallback);
}

static struct metrics_pod *pod_of(struct slo_metrics *m, const struct slo_window *w)
{
	const struct slo_str node = named(w->node, "unknown-node"), pod = named(w->pod, "unknown-pod"),
			     namespace = named(w->namespace, "default"), other = slo_str("other");
	bool room = m->pods_count < SLO_METRICS_PODS && fits(node) && fits(pod) && fits(namespace);
	struct metrics_pod *p;

	for (int i = 0; i < m->pods_count; i++) {
		p = &m->pods[i];
		if (slo_str_is(node, p->node) && slo_str_is(pod, p->pod) && slo_str_is(namespace, p->namespace))
			return p;
	}
	if (!room) {
		m->pods_over = true;
		m->folded += w->count;
	}
	p = room ? &m->pods[m->pods_count++] : &m->pods[SLO_METRICS_PODS];
	slo_str_copy(p->node, sizeof(p->node), room ? node : other);
	slo_str_copy(p->pod, sizeof(p->pod), room ? pod : other);
	slo_str_copy(p->namespace, sizeof(p->namespace), room ? namespace : other);
	return p;
}

/* @count observations, those of @from as far as it knows their values. */
static void add_hist(struct metrics_hist *to, const struct metrics_bounds *b, const struct slo_hist *from, double sum,
		     uint64_t count)
{
	to->count += count;
	to->sum += sum;
	for (int i = 0; i < b->n; i++) {
		uint64_t above = slo_hist_above(from, b->at[i]);

		to->cumulative[i] += above < count ? count - above : 0;
	}
}

static double scalar_of(const struct slo_window *w)
{
	double s = (double)(w->end_ns - w->start_ns) / 1e9;

	if (slo_signal_info[w->signal].scalar == SLO_SCALAR_RATE)
		return s > 0 ? w->sum / s : 0;
	return w->sum / (double)w->count;
}

/*
 * How many observations were ok, a warning, an error. Without a histogram all
 * we have is their mean, which is the value of each where they are alike.
 */
static void count_events(struct slo_metrics *m, const struct slo_window *w)
{
	const struct slo_signal_info *s = &slo_signal_info[w->signal];
	uint64_t *to = m->events[w->signal];
	uint64_t warn, error;

	if (!w->has_hist) {
		to[slo_probe_status(w->signal, w->sum / (double)w->count)] += w->count;
		return;
	}
	warn = slo_hist_above(&w->hist, s->warn);
	error = slo_hist_above(&w->hist, s->error);
	to[SLO_PROBE_STATUS_OK] += w->count > warn ? w->count - warn : 0;
	to[SLO_PROBE_STATUS_WARNING] += warn - error;
	to[SLO_PROBE_STATUS_ERROR] += error;
}

/* Several windows of one interval differ in their role: one that saw something speaks for all. */
static void note_signal(struct metrics_owner *o, const struct slo_window *w)
{
	struct slo_metrics_signal *s = &o->signals[w->signal];

	if (s->state == SLO_STATE_VALUE && w->end_ns == o->told_ns[w->signal])
		return;
	o->told_ns[w->signal] = w->end_ns;
	s->state = w->state;
	slo_str_copy(s->provider, sizeof(s->provider), w->provider);
	slo_str_copy(s->why, sizeof(s->why), w->state == SLO_STATE_NOT_CAPTURED ? w->why : slo_str(""));
}

static bool known(int value, int count)
{
	return value >= 0 && value < count;
}

static void take_window(struct slo_metrics *m, const struct slo_window *w)
{
	static const struct metrics_bounds none;
	struct metrics_owner *o;
	struct metrics_cell *c;
	bool latency;

	if (!known(w->signal, SLO_SIGNAL__COUNT) || !known(w->role, SLO_ROLE__COUNT) ||
	    !known(w->source, SLO_SOURCE__COUNT))
		return;
	latency = slo_signal_info[w->signal].scalar == SLO_SCALAR_LATENCY;
	o = owner_of(m, w->service, w->namespace, w->source, w->count);
	if (!o)
		return;
	note_signal(o, w);
	if (w->end_ns > m->newest_ns)
		m->newest_ns = w->end_ns;
	c = &o->cells[w->signal][w->role];
	/* What nobody watches has no series: a 0 would say that nothing happened. */
	c->seen |= w->state != SLO_STATE_NOT_CAPTURED;
	if (w->count == 0 || (latency && !w->has_hist))
		return;
	add_hist(&c->h, latency ? &metrics_latency_ms : &none, &w->hist, w->sum, w->count);
	c->last = scalar_of(w);
	c->last_ns = w->end_ns;
	count_events(m, w);
	if (w->signal == SLO_SIGNAL_DNS_LATENCY && m->o.dns)
		add_hist(&pod_of(m, w)->h, &metrics_dns_ms, &w->hist, w->sum, w->count);
}

static void take_sli(struct slo_metrics *m, const struct slo_sli_window *w)
{
	struct metrics_owner *o;
	struct metrics_sli *s;

	if (!known(w->sli, SLO_METRICS_SLIS) || !known(w->source, SLO_SOURCE__COUNT))
		return;
	o = owner_of(m, w->service, w->namespace, w->source, w->valid);
	if (!o)
		return;
	s = &o->slis[w->sli];
	/* A port whose requests cannot be timed is not one without requests. */
	s->seen |= w->why.len == 0 || w->valid > 0;
	s->valid += w->valid;
	s->good += w->good;
	if (w->has_bad_by) {
		s->bad_by.rate_limited += w->bad_by.rate_limited;
		s->bad_by.server_error += w->bad_by.server_error;
		s->bad_by.timeout += w->bad_by.timeout;
		s->bad_by.aborted += w->bad_by.aborted;
		s->bad_by.slow += w->bad_by.slow;
	}
	if (w->has_hist)
		add_hist(&s->h, &metrics_sli[w->sli], &w->hist, w->sum, slo_hist_count(&w->hist));
}

void slo_metrics_add(struct slo_metrics *m, const struct slo_event *ev)
{
	if (ev->kind == SLO_KIND_WINDOW)
		take_window(m, &ev->window);
	else if (ev->kind == SLO_KIND_SLI_WINDOW)
		take_sli(m, &ev->sli_window);
}

uint64_t slo_metrics_folded(const struct slo_metrics *m)
{
	return m->folded;
}

struct slo_metrics_signal slo_metrics_signal(const struct slo_metrics *m, int signal)
{
	struct slo_metrics_signal best = { .state = -1 };

	for (int i = 0; i <= SLO_METRICS_OWNERS; i++) {
		const struct slo_metrics_signal *s = m->owners[i] ? &m->owners[i]->signals[signal] : NULL;

		if (s && s->state >= 0 && (best.state < 0 || best.state == SLO_STATE_NOT_CAPTURED))
			best = *s;
	}
	return best;
}
