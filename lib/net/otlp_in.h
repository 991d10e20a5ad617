/* SPDX-License-Identifier: MIT */
/*
 * OTLP to records. Pure: no clock is read, bytes in, records out.
 *
 * Our own export (instrumentation scope "llm-slo") gives back records equal to those that went in, origin included.
 * Spans of others become `span` records; those that are requests of a service become `slo` and `sli_window` records
 * with source otlp as well (otlp_spans.h says which and how). Logs and metrics of others are counted and passed over.
 */
#ifndef SLO_NET_OTLP_IN_H
#define SLO_NET_OTLP_IN_H

#include "event/event.h"
#include "net/otlp_codec.h"

struct slo_config;

enum {
	SLO_OTLP_IN_WINDOW_S = 5,    /* default length of sli_windows made of spans */
	SLO_OTLP_IN_LATENESS_S = 10, /* default wait for spans of a window that others have passed */
	SLO_OTLP_IN_WINDOWS = 96, /* most open windows of all services together; the one idle longest is closed early */
};

struct slo_otlp_in_opts {
	/* A record; it and its strings are valid during the call only. */
	void (*emit)(void *arg, const struct slo_event *ev);
	void *arg;
	const struct slo_config *config; /* objectives and exemplar limits for spans of others; must outlive this */
	struct slo_str cluster;          /* label where the resource has none; borrowed */
	int64_t window_ns; /* of sli_windows made of spans; 0 = default, < 0 = make none, nor slo records */
	int64_t lateness_ns;             /* 0 = default */
	struct slo_otlp_limits limits;
};

/* Since the start. Items are log records, data points, spans. */
struct slo_otlp_in_counters {
	uint64_t records[SLO_KIND__COUNT]; /* emitted */
	uint64_t items[SLO_OTLP_SIGNAL__COUNT]; /* read */
	uint64_t foreign[SLO_OTLP_SIGNAL__COUNT]; /* of others; spans of others became records all the same */
	uint64_t rejected;   /* items that are no valid record; part of the answer */
	uint64_t attributes_cut; /* attributes beyond what a record holds, and of a name that was there */
	uint64_t requests;   /* spans that were a request of a service */
	uint64_t late;       /* requests of a window that was closed; counted into a window of their own */
	uint64_t windows_evicted; /* closed early for lack of room */
	uint64_t requests_dropped; /* of one body that names more services than there may be windows */
	struct slo_otlp_counters codec;
};

struct slo_otlp_in;

/** slo_otlp_in_new - Return: 0 or -ENOMEM. Not to be shared between threads. */
int slo_otlp_in_new(const struct slo_otlp_in_opts *o, struct slo_otlp_in **out);
void slo_otlp_in_free(struct slo_otlp_in *in);

/**
 * slo_otlp_in_body - decode a request and emit its records
 * @answer: what to answer; its message lives until the next call. May be NULL
 *
 * Nothing is emitted from a body that is refused as a whole. Items that are no valid record are
 * rejected one by one (@answer). Return: as slo_otlp_decode().
 */
int slo_otlp_in_body(struct slo_otlp_in *in, int signal, int encoding, struct slo_str body,
		     struct slo_otlp_answer *answer, struct slo_err *err);

/**
 * slo_otlp_in_line - the same for a line of the OpenTelemetry Collector's file exporter
 *
 * slo_otlp_line_signal() tells such lines from records. @answer as above.
 */
int slo_otlp_in_line(struct slo_otlp_in *in, struct slo_str line, struct slo_otlp_answer *answer, struct slo_err *err);

/**
 * slo_otlp_in_advance - emit the sli_windows made of spans that end @lateness_ns before @watermark_ns or earlier
 *
 * Spans move the time by themselves; this is for when none come.
 */
void slo_otlp_in_advance(struct slo_otlp_in *in, int64_t watermark_ns);

/** slo_otlp_in_drain - emit all open windows; for the end of input. */
void slo_otlp_in_drain(struct slo_otlp_in *in);

void slo_otlp_in_counters(const struct slo_otlp_in *in, struct slo_otlp_in_counters *out);

#endif
