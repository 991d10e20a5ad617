/* SPDX-License-Identifier: MIT */
/*
 * The small messages OTLP/HTTP answers with, both ways and in both encodings: Export*ServiceResponse, of which only the
 * partial success matters, and google.rpc.Status. Pure.
 *
 * Source: opentelemetry-proto, collector/{logs,metrics,trace}/v1: partial_success = 1 { rejected = 1 (int64),
 * error_message = 2 }; google/rpc/status.proto: code = 1 (int32), message = 2.
 */
#ifndef SLO_NET_OTLP_ANSWER_H
#define SLO_NET_OTLP_ANSWER_H

#include "base/buf.h"
#include "net/otlp.h"

enum { SLO_OTLP_MESSAGE_MAX = 200 }; /* bytes kept of what a peer says */

/* What a receiver did with a batch it took: all of it unless @rejected or @message say otherwise. */
struct slo_otlp_answer {
	int64_t rejected;                     /* items; never negative */
	char message[SLO_OTLP_MESSAGE_MAX];   /* "" = none; control characters became blanks, cut */
};

/** slo_otlp_answer_read - Return: 0; -EBADMSG for what is no such message (@out is then all zero). */
int slo_otlp_answer_read(enum slo_otlp_encoding e, struct slo_str body, struct slo_otlp_answer *out);

/** slo_otlp_answer_write - append the answer to a batch of @signal; nothing, or "{}", where all was taken. */
void slo_otlp_answer_write(enum slo_otlp_encoding e, enum slo_otlp_signal signal, const struct slo_otlp_answer *a,
			   struct slo_buf *out);

/** slo_otlp_status_read - what a Status says, as in struct slo_otlp_answer. Return: 0 or -EBADMSG. */
int slo_otlp_status_read(enum slo_otlp_encoding e, struct slo_str body, char message[SLO_OTLP_MESSAGE_MAX]);

/** slo_otlp_status_write - append a Status. @code: google.rpc.Code. */
void slo_otlp_status_write(enum slo_otlp_encoding e, int code, struct slo_str message, struct slo_buf *out);

#endif
