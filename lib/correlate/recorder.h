/* SPDX-License-Identifier: MIT */
/* A join whose answers are kept, for the tests of this module. */
#ifndef SLO_CORRELATE_RECORDER_H
#define SLO_CORRELATE_RECORDER_H

#include "correlate/testing.h"

#include <check.h>

enum { TAGS = 4096 };

struct seen {
	struct slo_join_result result[TAGS];
	bool done[TAGS];
	struct slo_join_decision decision[TAGS];
	uint64_t first[TAGS]; /* candidate of it */
	bool decided[TAGS];
	uint32_t spans, events;
};

static struct seen seen;
static struct slo_join *j;
static struct slo_join_opts opts;

static inline void on_span(void *arg, uint64_t tag, const struct slo_join_result *r)
{
	(void)arg;
	ck_assert(!seen.done[tag]);
	seen.done[tag] = true;
	seen.result[tag] = *r;
	seen.spans++;
}

static inline void on_event(void *arg, uint64_t tag, const struct slo_join_decision *d)
{
	(void)arg;
	ck_assert(!seen.decided[tag]);
	seen.decided[tag] = true;
	seen.decision[tag] = *d;
	seen.first[tag] = d->tags && d->candidates ? d->tags[0] : TAGS;
	seen.events++;
}

static inline void start(void)
{
	memset(&seen, 0, sizeof(seen));
	opts.span_done = on_span;
	opts.decided = on_event;
	ck_assert_int_eq(slo_join_new(&opts, &j), 0);
}

static inline void setup(void)
{
	opts = plain_opts();
	start();
}

static inline void teardown(void)
{
	slo_join_free(j);
}

static inline void restart(void)
{
	slo_join_free(j);
	start();
}

static inline struct slo_join_stats stats(void)
{
	struct slo_join_stats st;

	slo_join_stats(j, &st);
	return st;
}

/* An event is settled alone against one span. */
static inline struct slo_join_decision pair(const struct slo_span *s, const struct slo_probe_event *p)
{
	restart();
	slo_join_span(j, s, 1);
	slo_join_probe(j, p, 1);
	slo_join_drain(j);
	ck_assert(seen.done[1] && seen.decided[1]);
	return seen.decision[1];
}

#endif
