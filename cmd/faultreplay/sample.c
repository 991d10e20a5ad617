/* SPDX-License-Identifier: MIT */
/*
 * --format samples: an incident as the one number of each signal while the
 * fault was in force. A signal nobody captured is absent; one that was watched
 * and quiet is 0.
 */
#include "replay.h"

#include "attribute/facts.h"
#include "base/num.h"
#include "base/time.h"
#include "config/config.h"
#include "slo/burn.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

/* A request is counted when it is answered: so long after the fault it still belongs to it. */
#define ANSWER_NS SLO_NS_PER_S
#define MINUTE_NS (60 * SLO_NS_PER_S)

enum { WIDE, OWN, SCOPES, NAME_BYTES = 128, DIGITS = 6 };

/* The request that suffered most, by one SLI. */
struct victim {
	double badness;
	char request[NAME_BYTES], trace[NAME_BYTES];
};

struct sampler {
	const struct slo_recorded *inc;
	struct slo_merged merged[SCOPES][SLO_SIGNAL__COUNT][SLO_ROLE__COUNT];
	struct slo_hist hist[SCOPES][SLO_SIGNAL__COUNT][SLO_ROLE__COUNT];
	/* A role has a window only when something was seen of it: the time watched is that of all roles together. */
	struct {
		int64_t ns, until_ns;
	} watched[SCOPES][SLO_SIGNAL__COUNT];
	uint64_t valid[SLO_SLI__COUNT], bad[SLO_SLI__COUNT];
	struct victim victim[SLO_SLI__COUNT];
	char cluster[NAME_BYTES], namespace[NAME_BYTES];
};

static void begin(struct sampler *s, const struct slo_recorded *inc)
{
	memset(s->valid, 0, sizeof(s->valid));
	memset(s->bad, 0, sizeof(s->bad));
	memset(s->watched, 0, sizeof(s->watched));
	s->inc = inc;
	s->cluster[0] = s->namespace[0] = '\0';
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		s->victim[i] = (struct victim){ -INFINITY, "", "" };
	for (int c = 0; c < SCOPES; c++)
		for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
			for (int k = 0; k < SLO_ROLE__COUNT; k++) {
				s->merged[c][i][k].hist = &s->hist[c][i][k];
				slo_merged_reset(&s->merged[c][i][k]);
			}
}

/* Windows come in the order of their time. */
static void watch(struct sampler *s, int scope, const struct slo_window *w)
{
	int64_t from_ns = s->watched[scope][w->signal].until_ns;

	if (w->start_ns > from_ns)
		from_ns = w->start_ns;
	if (w->end_ns <= from_ns)
		return;
	s->watched[scope][w->signal].ns += w->end_ns - from_ns;
	s->watched[scope][w->signal].until_ns = w->end_ns;
}

static void take_window(struct sampler *s, const struct slo_window *w)
{
	bool own = slo_str_eq(w->service, s->inc->service);

	if ((!own && w->service.len) || w->start_ns < s->inc->fault_start_ns || w->end_ns > s->inc->fault_end_ns)
		return;
	if (slo_merged_add(&s->merged[own][w->signal][w->role], w) && w->state != SLO_STATE_NOT_CAPTURED)
		watch(s, own, w);
}

static void take_requests(struct sampler *s, const struct slo_sli_window *w)
{
	if (!slo_str_eq(w->service, s->inc->service))
		return;
	slo_str_copy(s->cluster, sizeof(s->cluster), w->cluster);
	slo_str_copy(s->namespace, sizeof(s->namespace), w->namespace);
	if (w->start_ns < s->inc->fault_start_ns || w->end_ns > s->inc->fault_end_ns + ANSWER_NS)
		return;
	s->valid[w->sli] += w->valid;
	s->bad[w->sli] += w->bad;
}

static void take_request(struct sampler *s, const struct slo_sli_event *e)
{
	double badness = slo_sli_info[e->sli_name].higher_is_bad ? e->sli_value : -e->sli_value;
	struct victim *v = &s->victim[e->sli_name];

	if (!slo_str_eq(e->service, s->inc->service) || e->timestamp < s->inc->fault_start_ns ||
	    e->timestamp > s->inc->fault_end_ns + ANSWER_NS || badness <= v->badness)
		return;
	v->badness = badness;
	slo_str_copy(v->request, sizeof(v->request), e->request_id);
	slo_str_copy(v->trace, sizeof(v->trace), e->trace_id);
}

static bool take_record(void *arg, struct slo_str line, const struct slo_event *ev)
{
	(void)line;
	if (ev && ev->kind == SLO_KIND_WINDOW)
		take_window(arg, &ev->window);
	else if (ev && ev->kind == SLO_KIND_SLI_WINDOW)
		take_requests(arg, &ev->sli_window);
	else if (ev && ev->kind == SLO_KIND_SLO)
		take_request(arg, &ev->slo);
	return true;
}

/* The service's own windows speak before those of the whole node. */
static void fill_fact(const struct sampler *s, int signal, int role, struct slo_fact *f)
{
	int scope = s->watched[OWN][signal].ns > 0 ? OWN : WIDE;
	struct slo_merged m = s->merged[scope][signal][role];

	if (m.windows)
		m.time_ns = m.watched_ns = s->watched[scope][signal].ns;
	f->state = slo_merged_state(&m);
	f->told = m.windows || m.blind;
	f->value = slo_merged_scalar(&m, slo_signal_info[signal].scalar);
}

static void fill_signals(const struct sampler *s, struct slo_fault_sample *out)
{
	struct slo_facts facts;

	slo_facts_clear(&facts);
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int k = 0; k < SLO_ROLE__COUNT; k++)
			fill_fact(s, i, k, &facts.by_role[i][k]);
	slo_facts_choose(&facts);
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++) {
		const struct slo_fact *f = slo_facts_of(&facts, i);

		if (f->state != SLO_STATE_NOT_CAPTURED)
			out->signals[out->signals_count++] =
				(struct slo_num_pair){ slo_str(slo_signal_enum.names[i]), slo_round_digits(f->value, DIGITS) };
	}
	out->confidence = slo_round_digits((double)out->signals_count / SLO_SIGNAL__COUNT, DIGITS);
}

/* One of the objectives of the manifest's list, which it is cut from. Return: 0; -EINVAL with @err. */
static int next_objective(struct slo_str *list, struct slo_objective *o, struct slo_err *err)
{
	const char *semi = memchr(list->p, ';', list->len);
	size_t n = semi ? (size_t)(semi - list->p) : list->len;
	char text[512];

	slo_objective_defaults(o);
	if (!slo_str_copy(text, sizeof(text), slo_str_n(list->p, n)))
		return slo_err_set(err, -EINVAL, "an objective longer than %zu bytes", sizeof(text) - 1);
	*list = slo_str_n(list->p + n + !!semi, list->len - n - !!semi);
	return slo_objective_parse(o, text, err);
}

/* The burn rate of the worst objective over the fault, and its SLI. Return: 0; -EINVAL with @err. */
static int worst_burn(const struct sampler *s, double *burn, int *sli, struct slo_err *err)
{
	struct slo_str list = s->inc->objective;

	*burn = 0;
	*sli = SLO_SLI_TTFT;
	while (list.len) {
		struct slo_objective o;
		double rate = 0;

		if (next_objective(&list, &o, err)) {
			slo_err_at(err, "%.*s: objective", SLO_STR_ARG(s->inc->id));
			return -EINVAL;
		}
		if (slo_burn_rate(s->bad[o.sli], s->valid[o.sli], o.target, &rate) == 0 && rate > *burn) {
			*burn = rate;
			*sli = o.sli;
		}
	}
	*burn = slo_round_digits(*burn, DIGITS);
	return 0;
}

static bool has_domain(const struct slo_fault_sample *out, struct slo_str domain)
{
	for (uint32_t i = 0; i < out->expected_domains_count; i++)
		if (slo_str_eq(out->expected_domains[i], domain))
			return true;
	return false;
}

/* In the order of the faults, as the label is the first of them. */
static void fill_truth(const struct slo_recorded *inc, struct slo_fault_sample *out)
{
	out->fault_label = inc->faults_count ? inc->faults[0].fault : slo_str(slo_fault_enum.names[SLO_FAULT_BASELINE]);
	for (uint32_t i = 0; i < inc->faults_count; i++) {
		int id = inc->faults[i].domain;
		struct slo_str domain = slo_str(slo_domain_enum.names[id]);

		/* Beside a fault that is in a domain, one that is in none asks for nothing more. */
		if ((id != SLO_DOMAIN_UNKNOWN || inc->domains_count == 1) && !has_domain(out, domain))
			out->expected_domains[out->expected_domains_count++] = domain;
	}
	if (out->expected_domains_count)
		out->expected_domain = out->expected_domains[0];
}

int replay_sample(struct replay *r, const struct slo_recorded *inc, uint32_t again, struct slo_err *err)
{
	const uint32_t kinds = 1u << SLO_KIND_WINDOW | 1u << SLO_KIND_SLI_WINDOW | 1u << SLO_KIND_SLO;
	static struct sampler s;
	static struct slo_event ev;
	struct slo_fault_sample *out = &ev.fault_sample;
	int64_t span_ns = inc->fault_end_ns + ANSWER_NS - inc->fault_start_ns;
	char id[256];
	int rc, sli;

	begin(&s, inc);
	rc = replay_read(r, slo_recorded_stream(inc, r->o->stream), kinds, take_record, &s, err);
	if (rc)
		return rc;
	slo_rec_clear(slo_event_rec[SLO_KIND_FAULT_SAMPLE], out);
	ev.kind = SLO_KIND_FAULT_SAMPLE;
	rc = worst_burn(&s, &out->burn_rate, &sli, err);
	if (rc)
		return rc;
	snprintf(id, sizeof(id), again ? "%.*s#%u" : "%.*s", SLO_STR_ARG(inc->id), again + 1);
	out->incident_id = slo_str(id);
	out->timestamp = inc->fault_start_ns;
	out->cluster = slo_str(s.cluster);
	out->namespace = slo_str(s.namespace);
	out->service = inc->service;
	fill_truth(inc, out);
	fill_signals(&s, out);
	out->window_minutes = (span_ns + MINUTE_NS - 1) / MINUTE_NS;
	out->request_id = slo_str(s.victim[sli].request);
	out->trace_id = slo_str(s.victim[sli].trace);
	replay_write(r, r->out, &ev);
	return 0;
}
