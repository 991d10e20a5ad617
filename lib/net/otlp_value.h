/* SPDX-License-Identifier: MIT */
/* Members of records as attributes and back, as otlp_names.h says. */
#ifndef SLO_NET_OTLP_VALUE_H
#define SLO_NET_OTLP_VALUE_H

#include "base/err.h"
#include "net/otlp_arena.h"
#include "net/otlp_names.h"

#include <otlp.pb-c.h>

enum { OTLP_ATTRS_MAX = 96 };

/* Attributes that are being gathered. */
struct otlp_attrs {
	struct slo_otlp_arena *arena;
	Otlp__KeyValue *list[OTLP_ATTRS_MAX];
	size_t n;
	int err; /* sticky: -ENOMEM when the arena is at its end */
};

/* The fields of a message that members of records go into; 0 = not there. */
struct otlp_own {
	uint64_t time;
	ProtobufCBinaryData trace, span;
};

/**
 * otlp_text - a copy as protobuf's strings have to be: valid UTF-8, else receivers refuse the whole body
 *
 * Bytes that are no UTF-8, and NUL, become U+FFFD. NULL without memory.
 */
char *otlp_text(struct slo_otlp_arena *a, struct slo_str s);

/** otlp_text_behind - the same with @before in front. */
char *otlp_text_behind(struct slo_otlp_arena *a, const char *before, struct slo_str s);

/**
 * otlp_has_key - whether one of @n pairs (@stride bytes each, struct slo_pair or slo_num_pair) has this key
 *
 * As it is written: bytes that are no UTF-8 are one and the same character then.
 */
bool otlp_has_key(const void *pairs, uint32_t n, size_t stride, struct slo_str key);

/** otlp_attr - one more; @key lives as long as the message. Return: its value, still empty; never NULL. */
Otlp__AnyValue *otlp_attr(struct otlp_attrs *a, const char *key);
void otlp_attr_text(struct otlp_attrs *a, const char *key, struct slo_str s);
void otlp_attr_int(struct otlp_attrs *a, const char *key, int64_t v);
void otlp_attr_double(struct otlp_attrs *a, const char *key, double v);

/** otlp_key - the name of an attribute: writers of proto3 leave an empty one out. */
static inline const char *otlp_key(const Otlp__KeyValue *a)
{
	return a->key ? a->key : "";
}

/** otlp_attrs_end - the list where the message wants it. Return: 0 or -ENOMEM, earlier failures included. */
int otlp_attrs_end(struct otlp_attrs *a, size_t *n, Otlp__KeyValue ***list);

/** otlp_id - hex digits as bytes in the arena; absent unless otlp_is_hex(). */
ProtobufCBinaryData otlp_id(struct slo_otlp_arena *a, struct slo_str hex, size_t digits);

/** otlp_hex - bytes as hex digits in the arena; absent for none. */
struct slo_str otlp_hex(struct slo_otlp_arena *a, const ProtobufCBinaryData *b);

/**
 * otlp_members_out - the members of a record that are no fields and not of the resource
 * @measured: where those of OTLP_IN_MEASURED go; may be NULL where the kind has none
 *
 * Return: 0; -EINVAL with @err for a record that could not be written as JSON either; -ENOMEM.
 */
int otlp_members_out(const struct slo_rec *rec, const struct otlp_name *names, const void *in,
		     struct otlp_attrs *attributes, struct otlp_attrs *measured, struct otlp_own *own,
		     struct slo_err *err);

/**
 * otlp_members_in - attributes into the members of a record
 * @measured: whether these are the filtered attributes of an exemplar
 *
 * Attributes nobody knows are passed over. Strings are views of the message. Return: 0; -EINVAL with @err (a type or a
 * range is wrong).
 */
int otlp_members_in(const struct slo_rec *rec, const struct otlp_name *names, bool measured, size_t n,
		    Otlp__KeyValue *const *list, void *out, struct slo_err *err);

/** otlp_members_check - all required members are there. Return: 0; -EINVAL with @err. */
int otlp_members_check(const struct slo_rec *rec, const void *in, struct slo_err *err);

#endif
