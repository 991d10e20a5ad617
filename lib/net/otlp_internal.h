/* SPDX-License-Identifier: MIT */
/* What the two encodings share. Private to the OTLP files of this folder. */
#ifndef SLO_NET_OTLP_INTERNAL_H
#define SLO_NET_OTLP_INTERNAL_H

#include "net/otlp_arena.h"
#include "net/otlp_codec.h"

#include <errno.h>
#include <otlp.pb-c.h>

enum { OTLP_DEPTH_MAX = 32, OTLP_NAME_MAX = 48 };

/* Where in a body: fields from the outside to the inside. */
struct otlp_place {
	struct {
		const ProtobufCFieldDescriptor *field;
		size_t index; /* of a repeated field; SIZE_MAX = none */
	} steps[OTLP_DEPTH_MAX + 1];
	uint32_t depth;
};

struct slo_otlp_decoder {
	struct slo_otlp_limits limits;
	struct slo_otlp_counters n;
	struct slo_otlp_arena arena;
	struct slo_buf scratch;      /* unescaped strings of JSON */
	/* of the body at hand */
	struct otlp_place place;
	uint32_t messages;
	struct slo_err *err;
};

/** otlp_name - the member's name in JSON. @to: OTLP_NAME_MAX bytes. Return: its length. */
size_t otlp_name(const ProtobufCFieldDescriptor *f, char *to);

/** otlp_fail - record a reason at the place at hand. Return: @ret. */
int otlp_fail(struct slo_otlp_decoder *d, int ret, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/** otlp_no_memory - an allocation in the arena failed: -EMSGSIZE or -ENOMEM, with a reason. */
int otlp_no_memory(struct slo_otlp_decoder *d);

/** otlp_enter - into a message of @f. Return: 0; -EMSGSIZE too deep or too many. */
int otlp_enter(struct slo_otlp_decoder *d, const ProtobufCFieldDescriptor *f, size_t index);
void otlp_leave(struct slo_otlp_decoder *d);

/** otlp_at - the place is @f of the message at hand, for the next failure. */
void otlp_at(struct slo_otlp_decoder *d, const ProtobufCFieldDescriptor *f, size_t index);

/** otlp_is_id - a bytes field that is hex in JSON. */
bool otlp_is_id(const ProtobufCFieldDescriptor *f);

/** otlp_wire_decode, otlp_json_decode - a message of type @desc in the decoder's arena. */
int otlp_wire_decode(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct slo_str body,
		     const ProtobufCMessage **out);
int otlp_json_decode(struct slo_otlp_decoder *d, const ProtobufCMessageDescriptor *desc, struct slo_str body,
		     const ProtobufCMessage **out);

int otlp_wire_encode(const ProtobufCMessage *m, struct slo_buf *out);
int otlp_json_encode(const ProtobufCMessage *m, struct slo_buf *out);

#endif
