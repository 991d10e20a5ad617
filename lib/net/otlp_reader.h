/* SPDX-License-Identifier: MIT */
/* The state of reading OTLP, and its pieces by signal. Private to the otlp_in files. */
#ifndef SLO_NET_OTLP_READER_H
#define SLO_NET_OTLP_READER_H

#include "net/otlp_in.h"
#include "net/otlp_internal.h"
#include "net/otlp_out.h"
#include "net/otlp_value.h"
#include "net/otlp_windows.h"

/* A resource, as far as records know it. */
struct otlp_origin {
	struct slo_str labels[OTLP_LABEL__COUNT];
	struct slo_str workload;
	int64_t pid; /* SLO_ABSENT_I64 = not said */
	bool own;    /* the scope at hand is ours */
};

struct slo_otlp_in {
	struct slo_otlp_in_opts o;
	struct slo_otlp_in_counters n;
	struct slo_otlp_decoder *decoder;
	struct otlp_windows *windows; /* NULL = none are made */
	struct slo_event ev;          /* being read */
	bool stats_open;              /* @ev is a stats record that may get more counters */
	/* of the body at hand */
	uint64_t rejected;
	char why[400];                /* the first rejection */
};

void otlp_logs_in(struct slo_otlp_in *in, const Otlp__ExportLogsServiceRequest *m);
void otlp_metrics_in(struct slo_otlp_in *in, const Otlp__ExportMetricsServiceRequest *m);
void otlp_spans_in(struct slo_otlp_in *in, const Otlp__ExportTraceServiceRequest *m);

/** otlp_origin_of - what a resource says. */
void otlp_origin_of(const Otlp__Resource *r, struct otlp_origin *out);

/** otlp_is_ours - the scope of our own export. */
bool otlp_is_ours(const Otlp__InstrumentationScope *s);

/** otlp_begin - in->ev as an empty record of @kind with the labels of its resource. */
void otlp_begin(struct slo_otlp_in *in, int kind, const struct otlp_origin *from);

/** otlp_whole - no string of in->ev is missing for lack of room. Return: 0; -EMSGSIZE, -ENOMEM with @err. */
int otlp_whole(const struct slo_otlp_in *in, struct slo_err *err);

/** otlp_emit - hand in->ev on. */
void otlp_emit(struct slo_otlp_in *in);

/** otlp_reject - count an item that is no valid record; the first reason goes into the answer. */
void otlp_reject(struct slo_otlp_in *in, const char *what, struct slo_err *err);

/** otlp_find - the value of an attribute; NULL = none. */
const Otlp__AnyValue *otlp_find(size_t n, Otlp__KeyValue *const *list, const char *key);

/** otlp_find_text, otlp_find_int - likewise, of that type; absent otherwise. */
struct slo_str otlp_find_text(size_t n, Otlp__KeyValue *const *list, const char *key);
int64_t otlp_find_int(size_t n, Otlp__KeyValue *const *list, const char *key);

#endif
