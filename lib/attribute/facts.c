/* SPDX-License-Identifier: MIT */
#include "attribute/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Thresholds: those of an error rate and of a retrieval latency that warn; chosen by hand, like the signals'. */
static const struct {
	const char *name, *unit;
	enum slo_scalar how;
	double elevated;
} apps[SLO_APP__COUNT] = {
	[SLO_APP_RATE_LIMITED] = { "app.rate_limited", "ratio", SLO_SCALAR_MEAN, 0.02 },
	[SLO_APP_SERVER_ERROR] = { "app.server_error", "ratio", SLO_SCALAR_MEAN, 0.02 },
	[SLO_APP_TIMEOUT] = { "app.timeout", "ratio", SLO_SCALAR_MEAN, 0.02 },
	[SLO_APP_RETRIEVAL] = { "app.retrieval_ms", "ms", SLO_SCALAR_LATENCY, 500 },
	[SLO_APP_PROVIDER_LIMITED] = { "provider.rate_limited", "ratio", SLO_SCALAR_MEAN, 0.02 },
	[SLO_APP_PROVIDER_FAILED] = { "provider.failed", "ratio", SLO_SCALAR_MEAN, 0.02 },
	[SLO_APP_DNS_FAILED] = { "dns.failed", "ratio", SLO_SCALAR_MEAN, 0.02 },
	[SLO_APP_RECLAIMS] = { "mem_reclaim.events", "per_s", SLO_SCALAR_RATE, 10 },
	[SLO_APP_ARRIVALS] = { "load.arrivals", "per_s", SLO_SCALAR_RATE, INFINITY },
	[SLO_APP_IN_FLIGHT] = { "load.in_flight", "requests", SLO_SCALAR_RATE, INFINITY },
};

const char *slo_subject_name(int subject)
{
	return subject < SLO_SIGNAL__COUNT ? slo_signal_enum.names[subject] : apps[subject - SLO_SIGNAL__COUNT].name;
}

const char *slo_subject_unit(int subject)
{
	return subject < SLO_SIGNAL__COUNT ? slo_signal_info[subject].unit : apps[subject - SLO_SIGNAL__COUNT].unit;
}

static struct slo_fact nothing(double threshold)
{
	return (struct slo_fact){ .state = SLO_STATE_NOT_CAPTURED, .value = NAN, .baseline = NAN, .spread = NAN,
				  .iqr = NAN, .threshold = threshold };
}

void slo_facts_clear(struct slo_facts *f)
{
	*f = (struct slo_facts){ .captured = false };
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			f->by_role[s][r] = nothing(slo_signal_info[s].elevated);
	for (int i = 0; i < SLO_APP__COUNT; i++)
		f->app[i] = nothing(apps[i].elevated);
}

void slo_fact_judge(struct slo_fact *f)
{
	f->elevated = f->state != SLO_STATE_NOT_CAPTURED && f->value >= f->threshold;
	if (f->elevated && !isnan(f->baseline))
		f->elevated = f->value > f->baseline + fmax(0.05 * fabs(f->baseline), 3 * f->spread);
}

/* @a speaks for its signal rather than @b. */
static bool louder(const struct slo_fact *a, const struct slo_fact *b)
{
	bool a_seen = a->state != SLO_STATE_NOT_CAPTURED, b_seen = b->state != SLO_STATE_NOT_CAPTURED;

	if (a->elevated != b->elevated)
		return a->elevated;
	if (a_seen != b_seen)
		return a_seen;
	if (!a_seen)
		return a->told && !b->told;
	return a->value > b->value;
}

void slo_facts_choose(struct slo_facts *f)
{
	f->captured = false;
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		f->role[s] = 0;
		for (int r = 1; r < SLO_ROLE__COUNT; r++)
			if (louder(&f->by_role[s][r], slo_facts_of(f, s)))
				f->role[s] = r;
		if (slo_facts_of(f, s)->state != SLO_STATE_NOT_CAPTURED)
			f->captured = true;
	}
}

uint32_t slo_facts_from_sample(const struct slo_num_pair *signals, uint32_t count, struct slo_facts *out)
{
	uint32_t skipped = 0;

	slo_facts_clear(out);
	for (uint32_t i = 0; i < count; i++) {
		int signal = slo_enum_find(&slo_signal_enum, signals[i].key);
		struct slo_fact *f;

		if (signal < 0 || !isfinite(signals[i].value)) {
			skipped++;
			continue;
		}
		f = &out->by_role[signal][SLO_ROLE_OTHER];
		f->state = signals[i].value == 0 ? SLO_STATE_ZERO : SLO_STATE_VALUE;
		f->told = true;
		f->value = signals[i].value;
		f->source = SLO_EVIDENCE_APPLICATION;
		slo_fact_judge(f);
	}
	slo_facts_choose(out);
	return skipped;
}

void slo_store_init(struct slo_store *s, int64_t chunk_ns, struct slo_track_budget *budget)
{
	memset(s, 0, sizeof(*s));
	s->chunk_ns = chunk_ns;
	s->budget = budget;
}

enum { TRACKS = SLO_SIGNAL__COUNT * SLO_ROLE__COUNT + SLO_APP__COUNT };

/* Each of the store's tracks, or where it would be. */
static struct slo_track **track_at(struct slo_store *s, int i)
{
	int app = i - SLO_SIGNAL__COUNT * SLO_ROLE__COUNT;

	return app < 0 ? &s->tracks[i / SLO_ROLE__COUNT][i % SLO_ROLE__COUNT] : &s->apps[app];
}

void slo_store_fini(struct slo_store *s)
{
	for (int i = 0; i < TRACKS; i++) {
		slo_track_free(*track_at(s, i));
		*track_at(s, i) = NULL;
	}
}

static int evidence_source(struct slo_str provider)
{
	if (provider.len >= 3 && memcmp(provider.p, "bpf", 3) == 0)
		return SLO_EVIDENCE_EBPF;
	return slo_str_is(provider, "otel") ? SLO_EVIDENCE_OTEL : SLO_EVIDENCE_HOST;
}

/* The usual role of a signal has windows all the time, a peer's only when something was seen: a rate is over both. */
static void share_watch(struct slo_store *s, const struct slo_window *w)
{
	int64_t longest = 0;

	for (int r = 0; r < SLO_ROLE__COUNT; r++) {
		int64_t one = s->tracks[w->signal][r] ? slo_track_watched(s->tracks[w->signal][r], w->end_ns) : 0;

		longest = one > longest ? one : longest;
	}
	for (int r = 0; r < SLO_ROLE__COUNT; r++)
		if (s->tracks[w->signal][r])
			slo_track_watch(s->tracks[w->signal][r], w->end_ns, longest);
}

static struct slo_track *new_track(struct slo_store *s, int signal)
{
	enum slo_scalar how = slo_signal_info[signal].scalar;
	struct slo_track *t = slo_track_new(s->chunk_ns, how, s->budget);

	for (int r = 0; t && how == SLO_SCALAR_RATE && r < SLO_ROLE__COUNT; r++) {
		if (!s->tracks[signal][r])
			continue;
		slo_track_quiet(t, s->tracks[signal][r]);
		break;
	}
	return t;
}

/* One of the application's numbers over an interval. */
struct number {
	int64_t start_ns, end_ns;
	uint64_t count;              /* of what it is about: requests, lookups */
	double sum;                  /* of what is counted */
	const struct slo_sli_window *latency; /* whose distribution it is, or NULL */
	int source;                  /* enum SLO_EVIDENCE */
};

static void add_app(struct slo_store *s, enum slo_app app, const struct number *n)
{
	struct slo_track **t = &s->apps[app];
	const struct slo_sli_window *l = n->latency;

	if (!*t)
		*t = slo_track_new(s->chunk_ns, apps[app].how, s->budget);
	if (!*t) {
		s->refused++;
		return;
	}
	(*t)->source = n->source;
	if (!slo_track_add_hist(*t, n->start_ns, n->end_ns, n->count, n->sum, l ? l->min : NAN, l ? l->max : NAN,
				l ? &l->hist : NULL))
		s->late++;
}

/* What a signal's window says beside its scalar. */
static void add_aside(struct slo_store *s, const struct slo_window *w)
{
	struct number n = { .start_ns = w->start_ns, .end_ns = w->end_ns, .count = w->count,
			    .source = evidence_source(w->provider) };

	if (w->state == SLO_STATE_NOT_CAPTURED)
		return;
	if (w->signal == SLO_SIGNAL_MEM_RECLAIM) {
		n.sum = (double)w->count;
		add_app(s, SLO_APP_RECLAIMS, &n);
	} else if (w->signal == SLO_SIGNAL_DNS_LATENCY && w->count) {
		n.sum = w->failed == SLO_ABSENT_I64 ? 0 : (double)w->failed;
		add_app(s, SLO_APP_DNS_FAILED, &n);
	}
}

void slo_store_add(struct slo_store *s, const struct slo_window *w)
{
	struct slo_track **t = &s->tracks[w->signal][w->role];

	if (!*t)
		*t = new_track(s, w->signal);
	if (!*t) {
		s->refused++;
		return;
	}
	if (!slo_track_add(*t, w)) {
		s->late++;
		return;
	}
	if ((*t)->how == SLO_SCALAR_RATE)
		share_watch(s, w);
	if (w->state == SLO_STATE_NOT_CAPTURED)
		slo_str_copy((*t)->why, sizeof((*t)->why), w->why);
	else
		(*t)->source = evidence_source(w->provider);
	add_aside(s, w);
}

static void add_share(struct slo_store *s, enum slo_app app, struct number n, uint64_t of)
{
	n.sum = (double)of;
	add_app(s, app, &n);
}

void slo_store_add_sli(struct slo_store *s, const struct slo_sli_window *w)
{
	const struct slo_bad_counts *b = &w->bad_by;
	struct number n = { .start_ns = w->start_ns, .end_ns = w->end_ns, .count = w->valid,
			    .source = SLO_EVIDENCE_APPLICATION };
	/* A share of no request at all is not known. */
	bool shares = w->has_bad_by && w->valid && b->rate_limited <= w->valid && b->server_error <= w->valid &&
		      b->timeout <= w->valid && b->aborted <= w->valid;

	if (w->has_hist && slo_hist_valid(&w->hist) && w->sli == SLO_SLI_RETRIEVAL)
		add_app(s, SLO_APP_RETRIEVAL, &(struct number){ n.start_ns, n.end_ns, slo_hist_count(&w->hist), w->sum, w,
								n.source });
	if (w->sli == SLO_SLI_LATENCY && !isnan(w->sum)) {
		n.sum = w->sum / 1e3;
		add_app(s, SLO_APP_IN_FLIGHT, &n);
	}
	if (w->sli == SLO_SLI_ERROR_RATE)
		add_share(s, SLO_APP_ARRIVALS, n, w->valid);
	if (w->sli == SLO_SLI_ERROR_RATE && shares) {
		add_share(s, SLO_APP_RATE_LIMITED, n, b->rate_limited);
		add_share(s, SLO_APP_SERVER_ERROR, n, b->server_error);
		add_share(s, SLO_APP_TIMEOUT, n, b->timeout);
	}
	if (w->sli == SLO_SLI_PROVIDER_ERROR_RATE && shares) {
		add_share(s, SLO_APP_PROVIDER_LIMITED, n, b->rate_limited);
		add_share(s, SLO_APP_PROVIDER_FAILED, n, b->server_error + b->timeout + b->aborted);
	}
}

void slo_store_onset(struct slo_store *s, int64_t onset_ns, int64_t until_ns)
{
	for (int i = 0; i < TRACKS; i++)
		if (*track_at(s, i))
			slo_track_onset(*track_at(s, i), onset_ns, until_ns);
}

void slo_store_calm(struct slo_store *s, int64_t before_ns)
{
	for (int i = 0; i < TRACKS; i++)
		if (*track_at(s, i))
			slo_track_calm(*track_at(s, i), before_ns);
}

void slo_store_clear(struct slo_store *s, int64_t from_ns, int64_t to_ns)
{
	for (int i = 0; i < TRACKS; i++)
		if (*track_at(s, i))
			slo_track_clear(*track_at(s, i), from_ns, to_ns);
}

void slo_store_age(struct slo_store *s, int64_t at_ns, int64_t skip_from, int64_t skip_to)
{
	for (int i = 0; i < TRACKS; i++)
		if (*track_at(s, i))
			slo_track_age(*track_at(s, i), at_ns, skip_from, skip_to);
}

void slo_store_forget(struct slo_store *s, int64_t from_ns)
{
	for (int i = 0; i < TRACKS; i++)
		if (*track_at(s, i))
			slo_track_forget(*track_at(s, i), from_ns);
}

static void judge(const struct slo_merged *m, struct slo_track *t, struct slo_fact *f)
{
	f->state = slo_merged_state(m);
	f->told = m->windows || m->watched_ns || m->blind;
	f->value = slo_merged_scalar(m, t->how);
	f->source = t->source;
	f->baseline = slo_track_baseline(t, &f->spread);
	f->iqr = slo_track_iqr(t);
	if (f->state == SLO_STATE_NOT_CAPTURED) {
		f->why = t->why[0] ? t->why : NULL;
		return;
	}
	slo_fact_judge(f);
}

/* Does @a say more than @b? */
static bool says_more(const struct slo_fact *a, const struct slo_fact *b)
{
	if (a->elevated != b->elevated)
		return a->elevated;
	if ((a->state == SLO_STATE_NOT_CAPTURED) != (b->state == SLO_STATE_NOT_CAPTURED))
		return b->state == SLO_STATE_NOT_CAPTURED;
	return a->value > b->value;
}

/* What began the trouble and what is seen lately may differ: a cause may join, or leave its effects behind. */
static void track_fact(struct slo_store *s, struct slo_track *t, int64_t from_ns, int64_t to_ns,
		       struct slo_fact *f)
{
	struct slo_merged m = { .hist = &s->scratch };
	struct slo_fact beginning = *f;

	slo_track_merge(t, from_ns, to_ns, &m);
	judge(&m, t, f);
	slo_track_beginning(t, to_ns, &m);
	judge(&m, t, &beginning);
	if (beginning.told && says_more(&beginning, f))
		*f = beginning;
}

void slo_store_facts(struct slo_store *s, int64_t from_ns, int64_t to_ns, struct slo_facts *out)
{
	slo_facts_clear(out);
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		for (int r = 0; r < SLO_ROLE__COUNT; r++)
			if (s->tracks[i][r])
				track_fact(s, s->tracks[i][r], from_ns, to_ns, &out->by_role[i][r]);
	for (int i = 0; i < SLO_APP__COUNT; i++)
		if (s->apps[i])
			track_fact(s, s->apps[i], from_ns, to_ns, &out->app[i]);
	slo_facts_choose(out);
}
