/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "incident/incident.h"
#include "io/reader.h"

#include <errno.h>
#include <stdlib.h>

enum { HASH_MAX = 4 << 20, OBJECTIVES_MAX = 16, OBJECTIVE_BYTES = 1024 };

static const uint32_t kinds = 1u << SLO_KIND_SLO | 1u << SLO_KIND_SLI_WINDOW | 1u << SLO_KIND_WINDOW |
			      1u << SLO_KIND_PROBE;

static int read_manifest(struct slo_recorded_set *set, const char *dir, struct slo_err *err)
{
	slo_autofree char *path = NULL;
	struct slo_reader *in = NULL;
	struct slo_str line;
	int r, got = 0;

	if (asprintf(&path, "%s/manifest.jsonl", dir) < 0)
		return slo_err_set(err, -ENOMEM, "out of memory");
	r = slo_reader_open(path, &in, err);
	while (!r && (got = slo_reader_next(in, &line, -1)) != SLO_READ_EOF) {
		if (got < 0)
			r = slo_err_set(err, got, "%s", slo_reader_why(in, got));
		else if (got == SLO_READ_TOO_LONG)
			r = slo_err_set(err, -EINVAL, "too long");
		else if (got == SLO_READ_LINE)
			r = slo_recorded_set_add(set, line, err);
		if (r)
			slo_err_at(err, "%s:%llu", path, (unsigned long long)slo_reader_line(in));
	}
	slo_reader_close(in);
	return r;
}

static struct slo_case truth_of(const struct slo_recorded *r)
{
	struct slo_case c = { .positive = r->positive == 1, .timed = true, .start_ns = r->start_ns,
			      .fault_start_ns = r->fault_start_ns, .fault_end_ns = r->fault_end_ns,
			      .end_ns = r->end_ns };

	for (uint32_t i = 0; i < r->domains_count && r->stratum != SLO_STRATUM_HEALTHY; i++)
		c.truth |= 1u << r->domains[i];
	if (c.truth & ~(1u << SLO_DOMAIN_UNKNOWN))
		c.truth &= ~(1u << SLO_DOMAIN_UNKNOWN);
	return c;
}

/* The objectives of a manifest's line, joined by ";". */
static int objectives(struct slo_config *config, struct slo_str joined, struct slo_err *err)
{
	char text[OBJECTIVE_BYTES], *save = NULL;
	const char *specs[OBJECTIVES_MAX];
	size_t n = 0;

	slo_config_defaults(config);
	if (!slo_str_copy(text, sizeof(text), joined))
		return slo_err_set(err, -EINVAL, "objective: too long");
	for (char *s = strtok_r(text, ";", &save); s && n < OBJECTIVES_MAX; s = strtok_r(NULL, ";", &save))
		specs[n++] = s;
	return slo_config_override(config, specs, n, err);
}

/* One pass over a stream. */
struct pass {
	struct item *it;
	struct slo_incidents *inc;
	struct slo_loudest *loudest;  /* or NULL */
	int64_t stop_ns;              /* nothing that ends later is read */
	bool full;                    /* no memory for a moment */
};

static struct moment *moment_new(struct moment **all, uint32_t *count)
{
	struct moment *m = realloc(*all, (*count + 1) * sizeof(*m));

	if (!m)
		return NULL;
	*all = m;
	return &m[(*count)++];
}

/* Reasons point into the engine, which does not outlive the pass. */
static void keep(struct moment *m, int64_t at_ns, int64_t onset_ns, const struct slo_facts *facts)
{
	*m = (struct moment){ at_ns, onset_ns, *facts };
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			m->facts.by_role[s][r].why = NULL;
	for (int i = 0; i < SLO_APP__COUNT; i++)
		m->facts.app[i].why = NULL;
}

static void judged(void *arg, int64_t at_ns, int64_t onset_ns, const struct slo_facts *facts)
{
	struct pass *p = arg;
	struct item *it = p->it;
	bool early = at_ns <= it->truth.fault_start_ns;
	uint32_t *count = early ? &it->early_count : &it->count;
	struct moment *m;

	if (at_ns > it->truth.fault_end_ns)
		return;
	if (*count == CASES_MOMENTS_MAX) {
		it->unkept++;
		return;
	}
	m = moment_new(early ? &it->early : &it->moments, count);
	if (m)
		keep(m, at_ns, onset_ns, facts);
	else
		p->full = true;
}

static void unheard(void *arg, const struct slo_incident *inc)
{
	(void)arg;
	(void)inc;
}

static bool in_time(const struct slo_event *ev, int64_t stop_ns)
{
	return ev->kind == SLO_KIND_WINDOW ? ev->window.end_ns <= stop_ns :
	       ev->kind == SLO_KIND_SLI_WINDOW ? ev->sli_window.end_ns <= stop_ns :
	       ev->kind == SLO_KIND_SLO ? ev->slo.timestamp < stop_ns : ev->probe.ts_unix_nano < stop_ns;
}

static void take(struct pass *p, const struct slo_event *ev)
{
	if (!in_time(ev, p->stop_ns))
		return;
	if (p->loudest && ev->kind == SLO_KIND_WINDOW &&
	    (!ev->window.service.len || slo_str_eq(ev->window.service, p->it->rec->service)))
		slo_loudest_add(p->loudest, &ev->window);
	slo_incidents_event(p->inc, ev);
}

static int read_stream(struct pass *p, const char *path, struct slo_err *err)
{
	slo_autofree struct slo_event *ev = malloc(sizeof(*ev));
	struct slo_reader *in = NULL;
	struct slo_rec_ctx ctx;
	struct slo_str line;
	int got, r = ev ? slo_reader_open(path, &in, err) : -ENOMEM;

	if (r)
		return r;
	slo_rec_ctx_init(&ctx);
	while (!r && (got = slo_reader_next(in, &line, -1)) != SLO_READ_EOF) {
		if (got < 0)
			r = slo_err_set(err, got, "%s", slo_reader_why(in, got));
		else if (got == SLO_READ_LINE && slo_event_decode(&ctx, line.p, line.len, -1, kinds, ev, NULL) == 0)
			take(p, ev);
	}
	if (r)
		slo_err_at(err, "%s", path);
	slo_rec_ctx_fini(&ctx);
	slo_reader_close(in);
	return r;
}

/* Follow the stream up to @stop_ns. @keep_engine: the engine is left in @p->inc, drained. */
static int follow(struct pass *p, const struct cases_want *w, bool keep_engine, struct slo_err *err)
{
	slo_autofree struct slo_config *config = malloc(sizeof(*config));
	slo_autofree char *path = NULL;
	struct slo_str name = slo_recorded_stream(p->it->rec, p->it->stream);
	struct slo_incidents_opts o;
	int r;

	if (!config || asprintf(&path, "%s/%.*s", w->dir, SLO_STR_ARG(name)) < 0)
		return slo_err_set(err, -ENOMEM, "out of memory");
	slo_incidents_opts_default(&o);
	o.config = config;
	o.model = &slo_model_naive;
	o.all_evidence = true;
	o.onset_shift_ns = w->onset_shift_ns;
	o.judged = judged;
	o.emit = unheard;
	o.arg = p;
	r = objectives(config, p->it->rec->objective, err);
	r = r ? r : slo_incidents_new(&o, &p->inc, err);
	r = r ? r : read_stream(p, path, err);
	if (!r)
		slo_incidents_drain(p->inc);
	if (!r && keep_engine)
		return p->full ? -ENOMEM : 0;
	slo_incidents_free(p->inc);
	p->inc = NULL;
	return r ? r : p->full ? slo_err_set(err, -ENOMEM, "out of memory") : 0;
}

/* What is known CASES_QUIET_S after @onset_ns, when nothing happened. */
static int add_quiet(struct item *it, const struct cases_want *w, int64_t onset_ns, struct slo_err *err)
{
	struct item scratch = { .rec = it->rec, .stream = it->stream, .truth = it->truth };
	struct pass p = { .it = &scratch, .stop_ns = onset_ns + CASES_QUIET_S * SLO_NS_PER_S };
	slo_autofree struct slo_facts *facts = malloc(sizeof(*facts));
	struct moment *m;
	int r = facts ? follow(&p, w, true, err) : -ENOMEM;

	if (!r && slo_incidents_facts(p.inc, it->rec->service, onset_ns, p.stop_ns, facts)) {
		m = moment_new(&it->quiet, &it->quiet_count);
		if (m)
			keep(m, p.stop_ns, onset_ns, facts);
		else
			r = -ENOMEM;
	}
	slo_incidents_free(p.inc);
	free(scratch.moments);
	free(scratch.early);
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}

/* The end of the baseline, and in a healthy run every CASES_QUIET_S after it. */
static int add_quiets(struct item *it, const struct cases_want *w, struct slo_err *err)
{
	int64_t step = CASES_QUIET_S * SLO_NS_PER_S, at = it->truth.fault_start_ns - step;
	int64_t last = it->rec->stratum == SLO_STRATUM_HEALTHY ? it->truth.fault_end_ns - step : at;
	int r = 0;

	for (; at <= last && !r; at += step)
		r = add_quiet(it, w, at, err);
	return r;
}

static int read_item(struct item *it, const struct cases_want *w, struct slo_err *err)
{
	slo_autofree struct slo_loudest *loudest = malloc(sizeof(*loudest));
	struct pass p = { .it = it, .loudest = loudest, .stop_ns = INT64_MAX };
	int r;

	if (!loudest)
		return slo_err_set(err, -ENOMEM, "out of memory");
	slo_outcome_init(&it->loudest);
	slo_loudest_init(loudest, it->truth.fault_start_ns, it->truth.fault_end_ns);
	r = follow(&p, w, false, err);
	if (r)
		return r;
	slo_loudest_answer(loudest, &it->loudest);
	return w->quiet ? add_quiets(it, w, err) : 0;
}

static int by_id(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	const struct slo_str *p = &x->rec->id, *q = &y->rec->id;
	int r = memcmp(p->p, q->p, p->len < q->len ? p->len : q->len);

	r = r ? r : (p->len > q->len) - (p->len < q->len);
	return r ? r : x->stream - y->stream;
}

static int choose(struct cases *c, const struct cases_want *w)
{
	c->items = calloc(c->set.count * SLO_STREAM__COUNT + 1, sizeof(*c->items));
	if (!c->items)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->set.count; i++)
		for (int s = 0; s < SLO_STREAM__COUNT; s++) {
			const struct slo_recorded *r = &c->set.items[i];

			if (r->split == w->split && (w->stream < 0 || w->stream == s) && slo_recorded_stream(r, s).len)
				c->items[c->count++] = (struct item){ .rec = r, .stream = s, .truth = truth_of(r) };
		}
	qsort(c->items, c->count, sizeof(*c->items), by_id);
	return 0;
}

int cases_sha256(const struct slo_recorded_set *set, int split, char out[SLO_SHA256_HEX])
{
	const struct cases_want w = { .split = split, .stream = -1 };
	struct cases all = { .set = *set };
	struct slo_buf text;
	int r = choose(&all, &w);

	slo_buf_init(&text, HASH_MAX);
	for (size_t i = 0; i < all.count; i++)
		slo_buf_addf(&text, "%.*s %s %.*s\n", SLO_STR_ARG(all.items[i].rec->id),
			     slo_enum_name(&slo_stream_enum, all.items[i].stream),
			     SLO_STR_ARG(slo_recorded_sha256(all.items[i].rec, all.items[i].stream)));
	r = r ? r : text.err ? text.err : slo_sha256(slo_buf_str(&text), out);
	slo_buf_fini(&text);
	free(all.items);
	return r;
}

static int check_digest(const struct item *it, const char *dir, struct slo_err *err)
{
	slo_autofree char *path = NULL;
	struct slo_str want = slo_recorded_sha256(it->rec, it->stream);
	char got[SLO_SHA256_HEX];
	int r = asprintf(&path, "%s/%.*s", dir, SLO_STR_ARG(slo_recorded_stream(it->rec, it->stream))) < 0 ?
		-ENOMEM : slo_sha256_file(path, got, err);

	if (r || slo_str_is(want, got))
		return r;
	slo_err_at(err, "%s", path);
	return slo_err_set(err, -EINVAL, "sha256 is %.12s..., the manifest says %.12s...", got, want.p ? want.p : "");
}

int cases_read(struct cases *c, const struct cases_want *w, struct slo_err *err)
{
	int r;

	*c = (struct cases){ .count = 0 };
	r = read_manifest(&c->set, w->dir, err);
	if (r)
		return r;
	r = choose(c, w);
	r = r ? r : cases_sha256(&c->set, w->split, c->sha256);
	if (r)
		return slo_err_set(err, r, "%s", slo_strerror(r));
	for (size_t i = 0; i < c->count && !r; i++) {
		r = check_digest(&c->items[i], w->dir, err);
		r = r ? r : read_item(&c->items[i], w, err);
	}
	return r;
}

void cases_fini(struct cases *c)
{
	for (size_t i = 0; i < c->count; i++) {
		free(c->items[i].moments);
		free(c->items[i].early);
		free(c->items[i].quiet);
	}
	free(c->items);
	slo_recorded_set_fini(&c->set);
	*c = (struct cases){ .count = 0 };
}
