/* SPDX-License-Identifier: MIT */
/*
 * Parts of the collector: sources hand records in, they are put into the order of
 * their times, turned into what others read, joined, and handed to a sink.
 */
#ifndef COLLECTOR_H
#define COLLECTOR_H

#include "base/buf.h"
#include "config/config.h"
#include "correlate/join.h"
#include "event/event.h"
#include "io/filter.h"
#include "net/otlp_emit.h"
#include "net/otlp_in.h"
#include "opt/opt.h"
#include "slo/rawsample.h"

#include <signal.h>

enum {
	ORDER_MAX = 1 << 18,         /* records waiting for their turn */
	ORDER_BYTES = 256 << 20,     /* text of them */
	SPANS_BYTES = 256 << 20,     /* text of spans that wait for their events */
	DRAIN_LINES = 65536,         /* read after a signal: what was sent already, within reason */
};

struct collector_opts {
	struct slo_opt_list inputs; /* endpoints */
	const char *out, *output_path; /* endpoint, file */
	int output;                    /* index into collector_outputs */
	const char *otlp_endpoint, *otlp_listen; /* "" = do not listen */
	const char *otlp_headers_file, *otlp_spool, *otlp_token_file; /* "" = none */
	int64_t otlp_timeout_ns, scrape_every_ns;
	struct slo_opt_list scrapes;
	bool strict, stats, correlate;
	const char *reject, *config;   /* files; "" = none */
	int64_t lateness_ns, window_ns;
	const char *cluster, *namespace, *workload, *service, *node;
	int scenario;                  /* index into collector_scenarios */
	int64_t count, interval_ns;
};

enum { OUTPUT_STDOUT, OUTPUT_JSONL, OUTPUT_OTLP };

extern const struct slo_opt collector_options[];

struct collector;
struct source;

/* A way records come in. */
struct source_kind {
	const char *name;
	/** open - @s->where is set. Return: 0, or a negative errno with @err. */
	int (*open)(struct collector *c, struct source *s, struct slo_err *err);
	/** read - take what is there, at least one record or a wait of @timeout_ms. Return: as slo_reader_next(). */
	int (*read)(struct collector *c, struct source *s, int timeout_ms);
	/** close - report what there is to report. Return: exit status. */
	int (*close)(struct collector *c, struct source *s);
};

struct source {
	const struct source_kind *kind;
	const char *where;
	bool live;           /* may fall silent without having ended */
	bool open, waiting;  /* waiting: had nothing when asked last */
	int64_t frontier_ns; /* newest time seen; SLO_ABSENT_I64 = nothing yet */
	int64_t heard_ns;    /* monotonic time of the last record */
	struct slo_filter filter;
	int bare;            /* kind of lines without envelope; -1 = not known */
	void *state;         /* the kind's own */
};

extern const struct source_kind source_ndjson, source_otlp, source_scrape;

/** otlp_line - a line of the OpenTelemetry Collector's file exporter. Return: it is one, and was taken or counted. */
bool otlp_line(struct collector *c, struct source *s, struct slo_str line);

/** otlp_lines_end - hand on what is made of such lines and still waits. */
void otlp_lines_end(struct collector *c);

/* A way records go out. */
struct sink_kind {
	const char *name;
	int (*open)(struct collector *c, struct slo_err *err);
	/** put - one enveloped record, its text without a newline. Return: 0, or the sticky negative errno. */
	int (*put)(struct collector *c, int kind, struct slo_str text);
	int (*flush)(struct collector *c);
	/** close - Return: exit status. */
	int (*close)(struct collector *c);
};

extern const struct sink_kind sink_ndjson, sink_otlp;

/* A record that waits, with its text. */
struct held {
	int64_t at;   /* its time */
	uint64_t seq; /* order of arrival */
	int kind;     /* enum SLO_KIND */
	uint32_t len;
	struct slo_join_item *item; /* of a span or an event that is to be joined, else NULL; lies behind the text */
	char text[];
};

/* Records by time. */
struct order {
	struct order_item {
		int64_t at;
		struct held *held;
	} *heap;
	uint32_t count;
	size_t bytes;
	uint64_t seq;
};

/** order_init - Return: 0 or -ENOMEM. */
int order_init(struct order *o);
void order_fini(struct order *o);

/** order_push - keep a copy of @text, and of @item unless it is NULL. Return: 0; -ENOBUFS when it is full, -ENOMEM. */
int order_push(struct order *o, int64_t at, int kind, struct slo_str text, const struct slo_join_item *item);

/** order_first - the time of the earliest; there is one. */
int64_t order_first(const struct order *o);

/** order_pop - the earliest; the caller frees it. */
struct held *order_pop(struct order *o);

struct collector {
	const struct collector_opts *o;
	struct slo_config config;
	struct source sources[2 * SLO_OPT_LIST_MAX + 1];
	size_t sources_count;
	const struct sink_kind *sink;
	struct slo_writer *out, *reject;
	struct order order;
	struct slo_join *join;     /* or NULL */
	struct slo_rawsamples *raw;
	struct slo_rec_ctx in_ctx, out_ctx;
	struct slo_event in_ev, again_ev, out_ev; /* being read; read when its turn comes; a span being told of */
	struct slo_buf line, wrapped, made; /* being written; being read; made of an OTLP line */
	struct slo_otlp_in *otlp_lines; /* of such lines, once there was one */
	struct source *made_by;
	struct slo_otlp_emit *emit;   /* of the sink, or NULL */
	int64_t lateness_ns;
	int64_t released_ns;       /* newest time handed on; SLO_ABSENT_I64 = none */
	size_t spans_bytes;
	int write_error;           /* sticky */
	uint64_t records[SLO_KIND__COUNT], written;
	uint64_t unknown_kinds;    /* records of a kind this version does not know: left out */
	uint64_t late, forced;     /* behind what was handed on already; handed on early for want of room */
	uint64_t unjoined;         /* spans and events of no use to the join: too much text, no memory */
	uint64_t attributes_lost;
	int status;
};

extern volatile sig_atomic_t collector_stop;

/**
 * collector_take - one record from @s
 * @line: its text, @ev as read from it; copied. A record without envelope gets one.
 */
void collector_take(struct collector *c, struct source *s, const struct slo_event *ev, struct slo_str line, bool bare);

/** collector_event - hand on a record this tool made. */
void collector_event(void *arg, const struct slo_event *ev);

/** collector_advance - hand on what is earlier than @up_to_ns, and that too. */
void collector_advance(struct collector *c, int64_t up_to_ns);

/** collector_settle - the end: hand on everything. */
void collector_settle(struct collector *c);

/** collector_follow - read all sources to their end or until told to stop. */
void collector_follow(struct collector *c);

/** join_start - as configured. Return: 0, or a negative errno with @err. */
int join_start(struct collector *c, struct slo_err *err);

/** join_record - @h is a span or an event; a span is kept and handed on when it is settled. Return: it was kept. */
bool join_record(struct collector *c, struct held *h);

/** join_read - what the join needs of @ev. Return: it needs any. */
bool join_read(const struct collector *c, const struct slo_event *ev, struct slo_join_item *out);

/** scenario_run - synthetic samples in place of an input. */
void scenario_run(struct collector *c);

/** collector_report - counters on stderr. */
void collector_report(const struct collector *c);

#endif
