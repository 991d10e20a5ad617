/* SPDX-License-Identifier: MIT */
/*
 * Records to OTLP: what is put in is gathered, one request per signal, until it is taken out as a body. Pure.
 *
 * slo, probe, incident (and the records of benchmarks) become log records with an event name, window, sli_window and
 * stats become metrics, span becomes spans. There is one resource per observed pod, container and service; what
 * attribute each member of each record becomes is one table, otlp_names.h. otlp_in.h gives back equal records.
 *
 * A window's identity is in the attributes of its data point; numbers that are no part of it and that OTLP has no place
 * for (lost, failed, …) are in the filtered attributes of an exemplar, so that no series is made of them.
 */
#ifndef SLO_NET_OTLP_OUT_H
#define SLO_NET_OTLP_OUT_H

#include "event/event.h"
#include "net/otlp_codec.h"

#define SLO_OTLP_SCOPE "llm-slo" /* instrumentation scope of everything written here */

enum {
	SLO_OTLP_BATCH_ITEMS = 512,        /* default most records of a batch, per signal */
	SLO_OTLP_BATCH_BYTES = 4 << 20,    /* default most memory of a batch, per signal, about what it takes in JSON */
	SLO_OTLP_RESOURCES = 256,          /* most resources of a batch, per signal */
};

struct slo_otlp_out_opts {
	struct slo_str tool;      /* goes into the scope's attribute llm_slo.tool; "" = none. Borrowed */
	uint32_t items_max;       /* records of a batch, per signal; 0 = default */
	size_t bytes_max;         /* memory of a batch, per signal; 0 = default */
};

struct slo_otlp_out_counters {
	uint64_t records[SLO_KIND__COUNT]; /* put */
	uint64_t refused;                  /* that OTLP cannot hold: see slo_otlp_out_put() */
	uint64_t bodies;                   /* taken */
};

struct slo_otlp_out;

/** slo_otlp_out_new - Return: 0 or -ENOMEM. Not to be shared between threads. */
int slo_otlp_out_new(const struct slo_otlp_out_opts *o, struct slo_otlp_out **out);
void slo_otlp_out_free(struct slo_otlp_out *o);

/** slo_otlp_out_signal - the signal records of @kind (enum SLO_KIND) travel as. */
int slo_otlp_out_signal(int kind);

/**
 * slo_otlp_out_put - copy a record into the batch of its signal
 * @now_ns: wall clock, becomes observedTimeUnixNano of a log record
 *
 * Return: 0; -ENOSPC when the batch of its signal is full: take it and put the record again; -EINVAL with @err for a
 * record that OTLP cannot hold (a span whose ids are no hex of 32 and 16 digits, stats from before 1970) or that could
 * not be written as JSON either; -EMSGSIZE when it does not fit an empty batch; both counted; -ENOMEM.
 */
int slo_otlp_out_put(struct slo_otlp_out *o, const struct slo_event *ev, int64_t now_ns, struct slo_err *err);

/** slo_otlp_out_count - records in the batch of @signal. 0: nothing to take, and nothing should be sent. */
uint32_t slo_otlp_out_count(const struct slo_otlp_out *o, int signal);

/**
 * slo_otlp_out_items - the same as the receiver counts them: log records, spans, data points
 *
 * One record may become several data points.
 */
uint32_t slo_otlp_out_items(const struct slo_otlp_out *o, int signal);

/** slo_otlp_out_take - append the batch of @signal as a body and start a new one. Return: 0 or @to->err. */
int slo_otlp_out_take(struct slo_otlp_out *o, int signal, int encoding, struct slo_buf *to);

/** slo_otlp_out_drop - forget the batch of @signal. */
void slo_otlp_out_drop(struct slo_otlp_out *o, int signal);

void slo_otlp_out_counters(const struct slo_otlp_out *o, struct slo_otlp_out_counters *out);

#endif
