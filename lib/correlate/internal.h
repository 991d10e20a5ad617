/* SPDX-License-Identifier: MIT */
/* Private to the module. */
#ifndef SLO_CORRELATE_INTERNAL_H
#define SLO_CORRELATE_INTERNAL_H

#include "correlate/heap.h"
#include "correlate/ident.h"
#include "correlate/index.h"
#include "correlate/join.h"
#include "correlate/storm.h"

#define NIL UINT32_MAX

enum {
	SPAN_KEYS = KEY__COUNT, /* most keys of one span */
	SPAN_PIECES = 12,  /* most separate stretches of retrieval time kept */
	RELATIVES_MAX = 32, /* more candidates than this stay ambiguous whoever calls whom */
};

/* Stretches of time, ascending, apart from one another. */
struct pieces {
	struct piece {
		int64_t from, to;
	} at[SPAN_PIECES];
	uint32_t count;
};

/** pieces_add - [@from, @to] as well. Return: whether a gap had to be closed for want of room. */
bool pieces_add(struct pieces *p, int64_t from, int64_t to);

/** pieces_ns - all of them together. */
int64_t pieces_ns(const struct pieces *p);

/* The events of one signal joined to a span. */
struct kept {
	float value[SLO_JOIN_FAN_OUT_MAX]; /* good enough to tell which is larger */
	uint8_t tier[SLO_JOIN_FAN_OUT_MAX];
	uint32_t count;
};

struct span {
	uint64_t tag;
	struct ident id;
	int64_t start, end;        /* as recorded */
	int64_t lo, hi;            /* widened by the clock error */
	uint64_t keys[SPAN_KEYS];
	uint32_t keys_count, next_free;
	struct kept kept[SLO_SIGNAL__COUNT];
	struct pieces retrieval;
	struct slo_join_result r;
};

struct event {
	uint64_t tag;
	struct ident id;
	int64_t start, end, lo, hi; /* likewise */
	double value;
	int signal, source;
	uint32_t next_free;
};

struct slo_join {
	struct slo_join_opts o;
	struct slo_join_stats stats;
	struct span *spans;
	struct event *events;
	uint32_t spans_used, spans_free, events_used, events_free;
	struct heap ending;  /* spans by the time they are done */
	struct heap waiting; /* events by their end */
	struct index index;
	bool wanted[KEY__COUNT]; /* some event has asked for it */
	struct storms storms;
	int64_t seen;        /* newest time; SLO_ABSENT_I64 = none */
	int64_t decided;     /* events that ended by then are decided */
};

struct candidates {
	uint32_t items[SLO_JOIN_CANDIDATES];
	uint32_t count;
	bool more; /* there are others */
	int tier;  /* enum SLO_TIER; -1 = none */
};

/** match_event - the spans @e fits, by the rules in join.h. */
void match_event(const struct slo_join *j, const struct event *e, struct candidates *out);

/** match_context - call @fn with every span that shares what happened in [@lo, @hi] where @e did. Return: how many. */
uint32_t match_context(const struct slo_join *j, const struct event *e, int64_t lo, int64_t hi,
		       void (*fn)(void *arg, struct span *s), void *arg);

/** settle_event - decide @e and give its value to the spans it belongs to. */
void settle_event(struct slo_join *j, const struct event *e);

/** settle_span - @s->r becomes what is told of it. */
void settle_span(const struct slo_join *j, struct span *s);

#endif
