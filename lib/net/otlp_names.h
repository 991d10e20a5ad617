/* SPDX-License-Identifier: MIT */
/*
 * Where each member of each record is in OTLP, and under which name: the one table, used in both directions.
 * Names of signals and of what was observed are those of the published toolkit; the others are OpenTelemetry's
 * where it has one, else llm_slo.<member>.
 */
#ifndef SLO_NET_OTLP_NAMES_H
#define SLO_NET_OTLP_NAMES_H

#include "event/event.h"

enum otlp_where {
	OTLP_IN_FIELD,     /* a field of the OTLP message, or derived; code of the kind's own */
	OTLP_IN_RESOURCE,  /* an attribute of the resource */
	OTLP_IN_ATTRIBUTE, /* an attribute of the log record, data point or span */
	OTLP_IN_MEASURED,  /* data points: a filtered attribute of the exemplar */
	OTLP_IN_PARTS,     /* an object whose members are attributes, @parts */
	OTLP_IN_MEASURED_PARTS, /* the same among the filtered attributes */
	OTLP_IN_SPREAD,    /* a map whose members are attributes, @name in front */
	/* Fields of the message for values that it can hold, else an attribute. */
	OTLP_IN_TIME,      /* timeUnixNano; for times after 1970 */
	OTLP_IN_TRACE,     /* traceId; for 32 lower-case hex digits, not all zero */
	OTLP_IN_SPAN,      /* spanId; likewise, 16 */
};

/* What a resource is told apart by. */
enum otlp_label {
	OTLP_CLUSTER, OTLP_NODE, OTLP_NAMESPACE, OTLP_POD, OTLP_CONTAINER, OTLP_SERVICE,
	OTLP_LABEL__COUNT
};
extern const char *const otlp_labels[OTLP_LABEL__COUNT]; /* the attributes' names */

struct otlp_name {
	const char *key;  /* of the member, as in the record's table */
	int where;        /* enum otlp_where */
	const char *name; /* of the attribute */
	const struct otlp_name *parts;
	int label;        /* of the resource: enum otlp_label */
};

struct otlp_names {
	const char *event;             /* eventName of log records; NULL = the kind is no log record */
	int signal;                    /* enum slo_otlp_signal */
	const struct otlp_name *names; /* one for each field of slo_event_rec[kind], in its order */
	uint32_t count;
};

extern const struct otlp_names otlp_names[SLO_KIND__COUNT];

/* Attributes that repeat another one of the resource, for readers; passed over when there is the other. */
#define OTLP_HOST_NAME         "host.name"
#define OTLP_SERVICE_NAMESPACE "service.namespace"

/** otlp_sli_metric - the metric of an SLI (enum SLO_SLI). */
const char *otlp_sli_metric(int sli);

/** otlp_sli_of, otlp_signal_of - the SLI or kernel signal a metric's name stands for; -1 = none. */
int otlp_sli_of(const char *metric);
int otlp_signal_of(const char *metric);

/** otlp_unit - "ms", "count", … as OpenTelemetry writes units (UCUM); others as they are. */
const char *otlp_unit(const char *unit);

/** otlp_is_hex - @digits lower-case hex digits, not all zero. */
bool otlp_is_hex(struct slo_str s, size_t digits);

#endif
