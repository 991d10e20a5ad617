/* SPDX-License-Identifier: MIT */
/*
 * OTLP bodies, between bytes and memory, in both encodings: protobuf and JSON. Pure.
 *
 * One form in memory: the structs that protoc-c makes of otlp.proto (<otlp.pb-c.h>). Both encodings are
 * driven by their descriptors, so there is one list of fields. JSON is that of the OTLP specification:
 * lowerCamelCase members, trace and span ids in hex, enumerations as integers, 64-bit integers as
 * decimal strings (numbers are read as well), bytes as base64, members nobody knows passed over.
 *
 * What others need: bodies to send and receive are made and read by otlp_out.h and otlp_in.h; the
 * answers and names below are for whoever carries them.
 */
#ifndef SLO_NET_OTLP_CODEC_H
#define SLO_NET_OTLP_CODEC_H

#include "base/buf.h"
#include "base/err.h"
#include "rec/rec.h"

struct Otlp__ExportLogsServiceRequest;
struct Otlp__ExportMetricsServiceRequest;
struct Otlp__ExportTraceServiceRequest;

enum slo_otlp_signal { SLO_OTLP_LOGS, SLO_OTLP_METRICS, SLO_OTLP_TRACES, SLO_OTLP_SIGNAL__COUNT };
enum slo_otlp_encoding { SLO_OTLP_PROTOBUF, SLO_OTLP_JSON, SLO_OTLP_ENCODING__COUNT };

extern const struct slo_enum slo_otlp_signal_enum;   /* "logs", "metrics", "traces" */
extern const struct slo_enum slo_otlp_encoding_enum; /* "protobuf", "json" */

/** slo_otlp_path - "/v1/logs", "/v1/metrics", "/v1/traces": goes behind the base address. */
const char *slo_otlp_path(int signal);

/** slo_otlp_content_type - "application/x-protobuf" or "application/json". */
const char *slo_otlp_content_type(int encoding);

/**
 * slo_otlp_encoding_of - the encoding a Content-Type names
 *
 * Case does not matter, parameters are passed over. Return: enum slo_otlp_encoding, -1 = another (answer 415).
 */
int slo_otlp_encoding_of(struct slo_str content_type);

/* Bounds of one body. Zero members take the defaults. */
struct slo_otlp_limits {
	size_t body_max;       /* bytes, after decompression; 20 MiB */
	size_t memory_max;     /* bytes a body may become in memory; 256 MiB, some 8 times a full body */
	uint32_t depth_max;    /* messages within messages, at most (and by default) 32 */
	uint32_t messages_max; /* messages of one body; 4,000,000 */
};

/* Since the decoder was made. */
struct slo_otlp_counters {
	uint64_t bodies, bytes;  /* decoded */
	uint64_t malformed;      /* refused: -EINVAL */
	uint64_t oversize;       /* refused for one of the bounds: -EMSGSIZE */
	uint64_t unknown;        /* fields and members nobody knows, passed over */
};

/* A request in memory. Everything it points at lives until the next call with the same decoder. */
struct slo_otlp_request {
	int signal; /* enum slo_otlp_signal */
	union {
		const struct Otlp__ExportLogsServiceRequest *logs;
		const struct Otlp__ExportMetricsServiceRequest *metrics;
		const struct Otlp__ExportTraceServiceRequest *traces;
		const void *message;
	};
};

struct slo_otlp_decoder;

/** slo_otlp_decoder_new - Return: 0 or -ENOMEM. @limits NULL = defaults. Not to be shared between threads. */
int slo_otlp_decoder_new(const struct slo_otlp_limits *limits, struct slo_otlp_decoder **out);
void slo_otlp_decoder_free(struct slo_otlp_decoder *d);
void slo_otlp_decoder_counters(const struct slo_otlp_decoder *d, struct slo_otlp_counters *out);

/**
 * slo_otlp_decode - an Export…ServiceRequest of @signal
 *
 * An empty protobuf body, and {} in JSON, is a request without content. Return: 0; -EINVAL with @err (malformed: answer
 * 400; where = the field's path, "resourceLogs[0].scopeLogs[2].logRecords[17].traceId"); -EMSGSIZE with @err (over a
 * bound: answer 413); -ENOMEM (answer 503).
 */
int slo_otlp_decode(struct slo_otlp_decoder *d, int signal, int encoding, struct slo_str body,
		    struct slo_otlp_request *out, struct slo_err *err);

/**
 * slo_otlp_decode_line - a line as the OpenTelemetry Collector's file exporter writes it: one request of any signal
 *
 * The signal follows from the member at hand: resourceLogs, resourceMetrics, resourceSpans. Return: as
 * slo_otlp_decode(); -EINVAL as well for an object with none of them.
 */
int slo_otlp_decode_line(struct slo_otlp_decoder *d, struct slo_str line, struct slo_otlp_request *out,
			 struct slo_err *err);

/** slo_otlp_line_signal - the signal of such a line, without decoding it. Return: -1 = it does not look like one. */
int slo_otlp_line_signal(struct slo_str line);

/** slo_otlp_request_encode - append a request. Return: 0 or @out->err. */
int slo_otlp_request_encode(const struct slo_otlp_request *r, int encoding, struct slo_buf *out);

/* The answer to a request that was taken (200): what of it was not. */
struct slo_otlp_answer {
	int64_t rejected;     /* log records, data points, spans; 0 with a message is a warning */
	struct slo_str message; /* "" or absent = none */
};

/**
 * slo_otlp_answer_encode - append an Export…ServiceResponse
 *
 * partial_success is there only when something was rejected or there is a message. Return: 0 or @out->err.
 */
int slo_otlp_answer_encode(int signal, int encoding, const struct slo_otlp_answer *a, struct slo_buf *out);

/**
 * slo_otlp_answer_decode - read one; @out->message lives until the next call with the same decoder
 *
 * An empty body is a full success in either encoding. Return: as slo_otlp_decode().
 */
int slo_otlp_answer_decode(struct slo_otlp_decoder *d, int signal, int encoding, struct slo_str body,
			   struct slo_otlp_answer *out, struct slo_err *err);

/**
 * slo_otlp_status_encode - append a google.rpc.Status: the body of a 4xx or 5xx answer
 * @code: of google.rpc.Code: 3 invalid argument, 8 resource exhausted, 14 unavailable, 12 not implemented, …
 */
int slo_otlp_status_encode(int encoding, int code, struct slo_str message, struct slo_buf *out);

/** slo_otlp_status_decode - its message, for a person; lives like an answer's. Return: as slo_otlp_decode(). */
int slo_otlp_status_decode(struct slo_otlp_decoder *d, int encoding, struct slo_str body, struct slo_str *message,
			   struct slo_err *err);

#endif
