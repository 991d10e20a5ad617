/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/time.h"
#include "incident/incident.h"
#include "io/reader.h"

#include <assert.h>
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

/* What follows a stream; several may at once. */
struct pass {
	struct item *it;
	struct slo_incidents *inc;
	struct slo_loudest *loudest;  /* or NULL */
	int64_t shift_ns;             /* added to every onset */
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

static int read_stream(struct pass *all, size_t n, const char *path, struct slo_err *err)
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
			for (size_t i = 0; i < n; i++)
				take(&all[i], ev);
	}
	if (r)
		slo_err_at(err, "%s", path);
	slo_rec_ctx_fini(&ctx);
	slo_reader_close(in);
	return r;
}

static int engine_new(struct pass *p, const struct slo_config *config, struct slo_err *err)
{
	struct slo_incidents_opts o;

	slo_incidents_opts_default(&o);
	o.config = config;
	o.model = &slo_model_naive;
	o.all_evidence = true;
	o.onset_shift_ns = p->shift_ns;
	o.judged = judged;
	o.emit = unheard;
	o.arg = p;
	return slo_incidents_new(&o, &p->inc, err);
}

/* Follow a stream with @n passes at once, all of the same incident; their engines are left to the caller. */
static int follow(struct pass *all, size_t n, const struct slo_config *config, const char *dir, struct slo_err *err)
{
	slo_autofree char *path = NULL;
	struct slo_str name = slo_recorded_stream(all->it->rec, all->it->stream);
	int r = 0;

	if (asprintf(&path, "%s/%.*s", dir, SLO_STR_ARG(name)) < 0)
		return slo_err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n && !r; i++)
		r = engine_new(&all[i], config, err);
	r = r ? r : read_stream(all, n, path, err);
	for (size_t i = 0; i < n && !r; i++) {
		slo_incidents_drain(all[i].inc);
		r = all[i].full ? -ENOMEM : 0;
	}
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}

/* A quiet window begins at the end of the baseline, and in a healthy run every CASES_QUIET_S after it. */
static size_t quiet_times(struct item *it, int64_t at[CASES_QUIETS_MAX])
{
	int64_t step = CASES_QUIET_S * SLO_NS_PER_S, t = it->truth.fault_start_ns - step;
	int64_t last = it->rec->stratum == SLO_STRATUM_HEALTHY ? it->truth.fault_end_ns - step : t;
	size_t n = 0;

	for (; t <= last && n < CASES_QUIETS_MAX; t += step)
		at[n++] = t;
	it->unkept += t <= last ? (uint64_t)((last - t) / step + 1) : 0;
	return n;
}

/* What is known CASES_QUIET_S after @onset_ns, when nothing happened. */
static int add_quiet(struct item *it, const struct pass *p, int64_t onset_ns)
{
	slo_autofree struct slo_facts *facts = malloc(sizeof(*facts));
	struct moment *m;

	if (!facts)
		return -ENOMEM;
	if (!slo_incidents_facts(p->inc, it->rec->service, onset_ns, p->stop_ns, facts))
		return 0;
	m = moment_new(&it->quiet, &it->quiet_count);
	if (m)
		keep(m, p->stop_ns, onset_ns, facts);
	return m ? 0 : -ENOMEM;
}

/* Everybody who follows one recording: an engine for each shift of the onset, one for each quiet window. */
struct followers {
	struct pass all[CASES_SHIFTS_MAX + CASES_QUIETS_MAX];
	struct item scratch[CASES_QUIETS_MAX]; /* what is open at the end of a quiet window is of no interest */
	int64_t quiet_ns[CASES_QUIETS_MAX];
	size_t shifts, count;
	struct slo_loudest loudest;
	struct slo_config config;
};

/* The engine of a quiet window must not see what comes after it. */
static void gather(struct followers *f, struct item *const *items, const int64_t *shift_ns, size_t n, bool quiet)
{
	struct item *first = items[0];
	size_t quiets = quiet ? quiet_times(first, f->quiet_ns) : 0;

	slo_loudest_init(&f->loudest, first->truth.fault_start_ns, first->truth.fault_end_ns);
	for (size_t i = 0; i < n; i++)
		f->all[i] = (struct pass){ .it = items[i], .loudest = i ? NULL : &f->loudest, .shift_ns = shift_ns[i],
					   .stop_ns = INT64_MAX };
	for (size_t i = 0; i < quiets; i++) {
		f->scratch[i] = (struct item){ .rec = first->rec, .stream = first->stream, .truth = first->truth };
		f->all[n + i] = (struct pass){ .it = &f->scratch[i],
					       .stop_ns = f->quiet_ns[i] + CASES_QUIET_S * SLO_NS_PER_S };
	}
	f->shifts = n;
	f->count = n + quiets;
}

static int finish(struct followers *f, struct item *first, int r)
{
	for (size_t i = 0; i < f->count; i++) {
		struct pass *p = &f->all[i];

		if (i >= f->shifts) {
			r = r ? r : add_quiet(first, p, f->quiet_ns[i - f->shifts]);
			free(p->it->moments);
			free(p->it->early);
		}
		slo_incidents_free(p->inc);
	}
	slo_outcome_init(&first->loudest);
	if (!r)
		slo_loudest_answer(&f->loudest, &first->loudest);
	return r;
}

/* One incident, into @items of sets that differ in the shift of the onset only. */
static int read_item(struct item *const *items, const int64_t *shift_ns, size_t n, const struct cases_want *w,
		     struct slo_err *err)
{
	slo_autofree struct followers *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return slo_err_set(err, -ENOMEM, "out of memory");
	gather(f, items, shift_ns, n, w->quiet);
	r = objectives(&f->config, items[0]->rec->objective, err);
	r = r ? r : follow(f->all, f->count, &f->config, w->dir, err);
	r = finish(f, items[0], r);
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
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

static int list(struct cases *c, const struct cases_want *w, struct slo_err *err)
{
	int r;

	*c = (struct cases){ .count = 0 };
	r = read_manifest(&c->set, w->dir, err);
	if (r)
		return r;
	r = choose(c, w);
	r = r ? r : cases_sha256(&c->set, w->split, c->sha256);
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}

int cases_read_shifted(struct cases *all, const int64_t *shift_ns, size_t n, const struct cases_want *w,
		       struct slo_err *err)
{
	struct item *items[CASES_SHIFTS_MAX];
	int r = 0;

	assert(n >= 1 && n <= CASES_SHIFTS_MAX);
	for (size_t k = 0; k < n; k++)
		all[k] = (struct cases){ .count = 0 };
	for (size_t k = 0; k < n && !r; k++)
		r = list(&all[k], w, err);
	for (size_t i = 0; i < all[0].count && !r; i++) {
		for (size_t k = 0; k < n; k++)
			items[k] = &all[k].items[i];
		r = check_digest(items[0], w->dir, err);
		r = r ? r : read_item(items, shift_ns, n, w, err);
	}
	return r;
}

int cases_read(struct cases *c, const struct cases_want *w, struct slo_err *err)
{
	static const int64_t as_found = 0;

	return cases_read_shifted(c, &as_found, 1, w, err);
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
