/* SPDX-License-Identifier: MIT */
/*
 * The indexed, sliding join against one that compares everything with everything,
 * on small random inputs; and against itself with the same input in another order.
 * The other join works on the records' own strings and shares no code with this one.
 */
#include "base/rng.h"
#include "correlate/testing.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { SPANS = 40, EVENTS = 60, ROUNDS = 400, LATENESS_MS = 300, HOLD_MS = 700, SLACK_MS = 5, TIME_MS = 4000 };

struct world {
	struct slo_span spans[SPANS];
	struct slo_probe_event events[EVENTS];
	char ids[SPANS][2][8];
};

struct answer {
	int tier;
	uint32_t candidates;
	uint64_t set; /* of spans, by bit */
};

struct told {
	struct answer events[EVENTS];
	struct slo_join_result spans[SPANS];
};

static const char *const names[] = { NULL, "a", "b", "c" };

static struct slo_str some(struct slo_rng *r, unsigned int n)
{
	return slo_str(names[slo_rng_below(r, n)]);
}

static int64_t maybe(struct slo_rng *r, int64_t base, uint64_t n)
{
	uint64_t v = slo_rng_below(r, n + 1);

	return v ? base + (int64_t)v : SLO_ABSENT_I64;
}

static struct slo_conn_tuple some_tuple(struct slo_rng *r)
{
	struct slo_conn_tuple t = tuple_of(4000 + (int32_t)slo_rng_below(r, 3));

	t.dst_port += (int32_t)slo_rng_below(r, 2);
	return t;
}

static int64_t started(struct slo_rng *r)
{
	int64_t v = maybe(r, 0, 2);

	return v == SLO_ABSENT_I64 ? v : v * 2000 * MS;
}

static void make_span(struct slo_rng *r, struct world *w, int i)
{
	struct slo_span *s = &w->spans[i];
	int64_t from = (int64_t)slo_rng_below(r, TIME_MS);

	*s = span_at(from, from + (int64_t)slo_rng_below(r, slo_rng_below(r, 4) ? 100 : 1500));
	snprintf(w->ids[i][0], 8, "s%d", i);
	s->span_id = slo_str(w->ids[i][0]);
	s->trace_id = some(r, 4);
	s->service = some(r, 3);
	s->node = some(r, 3);
	s->pod = some(r, 4);
	s->namespace = slo_rng_below(r, 4) ? slo_str(NULL) : some(r, 3);
	s->pid = maybe(r, 0, 3);
	s->pid_start_ns = started(r);
	s->netns_cookie = maybe(r, 0, 2);
	s->clock_error_ns = maybe(r, 0, 8) == SLO_ABSENT_I64 ? SLO_ABSENT_I64 : (int64_t)slo_rng_below(r, 30) * MS;
	s->has_conn_tuple = slo_rng_below(r, 2);
	s->conn_tuple = some_tuple(r);
	if (i && slo_rng_below(r, 2)) { /* called by an earlier one */
		const struct slo_span *up = &w->spans[slo_rng_below(r, (uint64_t)i)];

		s->parent_span_id = up->span_id;
		s->trace_id = up->trace_id;
		s->node = up->node;
		s->pod = up->pod;
		s->pid = up->pid;
	}
}

static void make_event(struct slo_rng *r, struct slo_probe_event *p)
{
	*p = probe_at((int)slo_rng_below(r, SLO_SIGNAL__COUNT), (int64_t)slo_rng_below(r, TIME_MS),
		      (double)slo_rng_below(r, slo_rng_below(r, 4) ? 50 : 1000));
	p->trace_id = slo_rng_below(r, 4) ? slo_str(NULL) : some(r, 4);
	p->service = some(r, 3);
	p->node = some(r, 3);
	p->pod = some(r, 4);
	p->namespace = slo_rng_below(r, 4) ? slo_str(NULL) : some(r, 3);
	p->pid = (int64_t)slo_rng_below(r, 4);
	p->ns_pid = maybe(r, 0, 3);
	p->pid_start_ns = started(r);
	p->netns_cookie = maybe(r, 0, 2);
	p->clock_error_ns = slo_rng_below(r, 4) ? SLO_ABSENT_I64 : (int64_t)slo_rng_below(r, 30) * MS;
	p->has_conn_tuple = slo_rng_below(r, 2);
	p->conn_tuple = some_tuple(r);
}

/* The rules of join.h, once more. */

static bool differ(struct slo_str a, struct slo_str b)
{
	return a.len && b.len && !slo_str_eq(a, b);
}

static bool equal(struct slo_str a, struct slo_str b)
{
	return a.len && slo_str_eq(a, b);
}

static int64_t or_zero(int64_t v)
{
	return v > 0 ? v : 0;
}

static bool process(const struct slo_span *s, const struct slo_probe_event *p)
{
	int64_t pid = or_zero(s->pid), a = or_zero(s->pid_start_ns), b = or_zero(p->pid_start_ns);

	if (!pid || (a && b && llabs(a - b) > 1000 * MS))
		return false;
	if (s->pod.len)
		return equal(s->pod, p->pod) && (p->pid == pid || or_zero(p->ns_pid) == pid);
	return equal(s->node, p->node) && p->pid == pid;
}

/* @translated: the other end of the connection need not be the same. */
static bool agrees(const struct slo_span *s, const struct slo_probe_event *p, int tier, bool translated)
{
	int64_t a = or_zero(s->netns_cookie), b = or_zero(p->netns_cookie);
	bool comparable = s->pod.len ? equal(s->pod, p->pod) && or_zero(p->ns_pid) : equal(s->node, p->node);

	if (differ(s->trace_id, p->trace_id) || differ(s->pod, p->pod) || differ(s->namespace, p->namespace) ||
	    differ(s->node, p->node) || (a && b && a != b))
		return false;
	if (tier == SLO_TIER_TRACE)
		return equal(s->trace_id, p->trace_id);
	if (tier == SLO_TIER_PROCESS)
		return process(s, p);
	if (tier == SLO_TIER_CONNECTION)
		return s->has_conn_tuple && p->has_conn_tuple && s->conn_tuple.src_port == p->conn_tuple.src_port &&
		       (translated || s->conn_tuple.dst_port == p->conn_tuple.dst_port) &&
		       (equal(s->pod, p->pod) || equal(s->node, p->node) || (a && a == b));
	return equal(s->service, p->service) && equal(s->node, p->node) &&
	       !(comparable && or_zero(s->pid) && p->pid && !process(s, p));
}

static int64_t begins(const struct slo_probe_event *p)
{
	bool ms = p->signal != SLO_SIGNAL_TCP_RETRANSMITS && p->signal != SLO_SIGNAL_CONNECT_ERRORS &&
		  p->signal != SLO_SIGNAL_TLS_FAILS && p->signal != SLO_SIGNAL_CPU_STEAL;
	int64_t length = ms ? (int64_t)p->value * MS : 0;

	return p->ts_unix_nano - (length < HOLD_MS * MS ? length : HOLD_MS * MS);
}

static bool near_in_time(const struct slo_span *s, const struct slo_probe_event *p)
{
	int64_t slack = s->clock_error_ns == SLO_ABSENT_I64 ? SLACK_MS * MS : s->clock_error_ns;
	int64_t error = or_zero(p->clock_error_ns), from = begins(p) - error, most = p->ts_unix_nano - HOLD_MS * MS;

	from = from > most ? from : most;
	return s->start_ns - slack <= p->ts_unix_nano + error && from <= s->end_ns + slack &&
	       s->end_ns <= p->ts_unix_nano + HOLD_MS * MS;
}

static uint64_t by_tier(const struct world *w, const struct slo_probe_event *p, int tier, bool process_too,
			bool translated)
{
	uint64_t set = 0;

	for (int i = 0; i < SPANS; i++)
		if (near_in_time(&w->spans[i], p) && agrees(&w->spans[i], p, tier, translated) &&
		    (!process_too || process(&w->spans[i], p)))
			set |= UINT64_C(1) << i;
	return set;
}

static uint64_t all(const struct world *w, const struct slo_probe_event *p, int tier, bool process_too)
{
	uint64_t set = by_tier(w, p, tier, process_too, false);

	return set || tier != SLO_TIER_CONNECTION ? set : by_tier(w, p, tier, process_too, true);
}

static bool really(const struct slo_span *s, const struct slo_probe_event *p)
{
	return s->start_ns <= p->ts_unix_nano && begins(p) <= s->end_ns;
}

static uint64_t without_relatives(const struct world *w, const struct slo_probe_event *p, uint64_t set)
{
	uint64_t drop = 0;

	if (__builtin_popcountll(set) > 32)
		return set;
	for (int a = 0; a < SPANS; a++)
		for (int b = 0; b < SPANS; b++) {
			const struct slo_span *x = &w->spans[a], *y = &w->spans[b];

			if (!(set >> a & 1) || !(set >> b & 1) || a == b)
				continue;
			if (equal(x->trace_id, y->trace_id) && !really(x, p) && really(y, p))
				drop |= UINT64_C(1) << a;
			if (equal(x->span_id, y->parent_span_id) && really(x, p) == really(y, p))
				drop |= UINT64_C(1) << a;
		}
	return set & ~drop ? set & ~drop : set;
}

static uint64_t those(const struct world *w, const struct slo_probe_event *p, uint64_t set, int tier)
{
	uint64_t fit = 0;

	for (int i = 0; i < SPANS; i++)
		if (set >> i & 1 && agrees(&w->spans[i], p, tier, false))
			fit |= UINT64_C(1) << i;
	return fit ? fit : set;
}

static struct answer compare_all(const struct world *w, const struct slo_probe_event *p)
{
	struct answer a = { -1, 0, 0 };

	for (int tier = 0; tier < SLO_TIER__COUNT && !a.set; tier++) {
		a.set = all(w, p, tier, false);
		a.tier = a.set ? tier : -1;
	}
	if (a.tier == SLO_TIER_PROCESS && (a.set & (a.set - 1)) && all(w, p, SLO_TIER_CONNECTION, true)) {
		a.tier = SLO_TIER_CONNECTION;
		a.set = all(w, p, SLO_TIER_CONNECTION, true);
	}
	a.set = without_relatives(w, p, a.set);
	if (a.tier == SLO_TIER_TRACE && a.set & (a.set - 1))
		a.set = those(w, p, a.set, SLO_TIER_PROCESS);
	if (a.tier == SLO_TIER_TRACE && a.set & (a.set - 1))
		a.set = those(w, p, a.set, SLO_TIER_CONNECTION);
	a.candidates = (uint32_t)__builtin_popcountll(a.set);
	return a;
}

/* The join under test. */

static void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	((struct told *)arg)->spans[tag] = *r;
}

static void on_event(void *arg, uint64_t tag, const struct slo_join_decision *d)
{
	struct answer *a = &((struct told *)arg)->events[tag];

	*a = (struct answer){ d->tier, d->context ? 0 : d->candidates, 0 };
	for (uint32_t i = 0; !d->context && i < d->candidates; i++)
		a->set |= UINT64_C(1) << d->tags[i];
	ck_assert(!d->late);
}

struct turn {
	int64_t at, jitter;
	int item; /* spans first, then events */
};

static int by_arrival(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;
	int64_t p = x->at + x->jitter, q = y->at + y->jitter;

	return p != q ? (p < q ? -1 : 1) : x->item - y->item;
}

static void run(const struct world *w, struct slo_rng *r, struct told *told)
{
	struct slo_join_opts o = plain_opts();
	struct turn turns[SPANS + EVENTS];
	struct slo_join_stats st;
	struct slo_join *j;

	memset(told, 0, sizeof(*told));
	o.lateness_ns = LATENESS_MS * MS;
	o.hold_ns = HOLD_MS * MS;
	o.slack_ns = SLACK_MS * MS;
	o.span_done = on_span;
	o.decided = on_event;
	o.arg = told;
	for (int i = 0; i < SPANS + EVENTS; i++)
		turns[i] = (struct turn){ i < SPANS ? w->spans[i].end_ns : w->events[i - SPANS].ts_unix_nano,
					  (int64_t)slo_rng_below(r, LATENESS_MS) * MS, i };
	qsort(turns, SPANS + EVENTS, sizeof(turns[0]), by_arrival);
	ck_assert_int_eq(slo_join_new(&o, &j), 0);
	for (int i = 0; i < SPANS + EVENTS; i++) {
		int n = turns[i].item;

		if (n < SPANS)
			slo_join_span(j, &w->spans[n], (uint64_t)n);
		else
			slo_join_probe(j, &w->events[n - SPANS], (uint64_t)(n - SPANS));
	}
	slo_join_drain(j);
	slo_join_stats(j, &st);
	ck_assert_uint_eq(st.lost_events + st.lost_spans + st.late_events + st.late_spans, 0);
	slo_join_free(j);
}

static struct world world;

static void make(struct slo_rng *r)
{
	memset(&world, 0, sizeof(world));
	for (int i = 0; i < SPANS; i++)
		make_span(r, &world, i);
	for (int i = 0; i < EVENTS; i++)
		make_event(r, &world.events[i]);
}

START_TEST(join_finds_what_comparing_everything_finds)
{
	static struct told told;
	uint64_t joined = 0, ambiguous = 0, found[SLO_TIER__COUNT] = { 0 };
	struct slo_rng r;

	slo_rng_seed(&r, 11);
	for (int round = 0; round < ROUNDS; round++) {
		make(&r);
		run(&world, &r, &told);
		for (int i = 0; i < EVENTS; i++) {
			struct answer want = compare_all(&world, &world.events[i]), got = told.events[i];

			if (slo_join_is_context(world.events[i].signal))
				continue;
			ck_assert_msg(got.tier == want.tier && got.set == want.set,
				      "round %d, event %d: tier %d of %u (%llx), want %d of %u (%llx)", round, i, got.tier,
				      got.candidates, (unsigned long long)got.set, want.tier, want.candidates,
				      (unsigned long long)want.set);
			joined += want.candidates == 1;
			ambiguous += want.candidates > 1;
			if (want.tier >= 0)
				found[want.tier]++;
		}
	}
	/* The comparison compared something. */
	ck_assert_uint_gt(joined, 1000);
	ck_assert_uint_gt(ambiguous, 100);
	for (int t = 0; t < SLO_TIER__COUNT; t++)
		ck_assert_uint_gt(found[t], 100);
}
END_TEST

START_TEST(order_within_the_lateness_changes_nothing)
{
	static struct told first, other;
	struct slo_rng r;

	slo_rng_seed(&r, 12);
	for (int round = 0; round < ROUNDS; round++) {
		make(&r);
		run(&world, &r, &first);
		run(&world, &r, &other);
		for (int i = 0; i < EVENTS; i++)
			ck_assert(first.events[i].set == other.events[i].set && first.events[i].tier == other.events[i].tier);
		for (int i = 0; i < SPANS; i++) {
			const struct slo_join_result *a = &first.spans[i], *b = &other.spans[i];

			ck_assert(a->tier == b->tier && a->joined == b->joined && a->context == b->context &&
				  a->ambiguous == b->ambiguous && a->candidates == b->candidates &&
				  a->retry_storm == b->retry_storm);
			ck_assert_double_eq_tol(a->retrieval_ms, b->retrieval_ms, 1e-6);
			for (int g = 0; g < SLO_SIGNAL__COUNT; g++)
				ck_assert(a->has[g] == b->has[g] && (!a->has[g] || a->value[g] == b->value[g]));
		}
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("oracle");
	TCase *t = tcase_create("oracle");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, join_finds_what_comparing_everything_finds);
	tcase_add_test(t, order_within_the_lateness_changes_nothing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
