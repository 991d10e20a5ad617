/* SPDX-License-Identifier: MIT */
/*
 * Records to OTLP/HTTP receivers, the whole way: otlp_config.h says where to, otlp_out.h gathers, otlp_export.h sends.
 * What tools have behind --output otlp.
 */
#ifndef SLO_NET_OTLP_EMIT_H
#define SLO_NET_OTLP_EMIT_H

#include "net/otlp_export.h"
#include "net/otlp_out.h"

struct slo_otlp_emit_opts {
	const char *tool;              /* name in the instrumentation scope */
	/*
	 * Base of all signals, "http://host:4318", or the address of one, "http://host:4318/v1/logs", whose base then is
	 * that of all; "" or NULL = none.
	 */
	const char *endpoint;
	bool endpoint_given;           /* by a flag, which goes before the environment; else behind it */
	int64_t timeout_ns;            /* likewise with @timeout_given; 0 = none */
	bool timeout_given;
	const char *headers_file;      /* "" or NULL = none */
	const char *spool_dir;         /* likewise */
	void (*report)(void *arg, const struct slo_err *err); /* see otlp_export.h */
	void *arg;
};

struct slo_otlp_emit_stats {
	uint64_t unheld;               /* records that OTLP cannot hold */
	struct slo_otlp_export_stats export;
};

struct slo_otlp_emit;

/** slo_otlp_emit_new - Return: 0; as slo_otlp_config_resolve() and slo_otlp_export_new(), with @err. */
int slo_otlp_emit_new(const struct slo_otlp_emit_opts *o, struct slo_otlp_emit **out, struct slo_err *err);

/**
 * slo_otlp_emit_put - one record; sends a batch when one is full
 * @now_ns: wall clock
 *
 * What cannot be held or queued is counted. Not from several threads at once. Return: 0; -ENOMEM.
 */
int slo_otlp_emit_put(struct slo_otlp_emit *e, const struct slo_event *ev, int64_t now_ns);

/** slo_otlp_emit_flush - send what has been gathered. Return: 0; -ENOMEM. */
int slo_otlp_emit_flush(struct slo_otlp_emit *e);

/**
 * slo_otlp_emit_end - flush, and wait as slo_otlp_export_end()
 * Return: batches that were not acknowledged.
 */
uint64_t slo_otlp_emit_end(struct slo_otlp_emit *e, int64_t wait_ns, bool (*hurry)(void));

void slo_otlp_emit_stats(struct slo_otlp_emit *e, struct slo_otlp_emit_stats *out);
void slo_otlp_emit_free(struct slo_otlp_emit *e);

#endif
