/* SPDX-License-Identifier: MIT */
/*
 * A YAML document as a jansson tree that remembers the line of everything.
 *
 * The subset that configuration needs, read strictly: one document of plain
 * mappings, sequences and scalars. Plain scalars follow the core schema of
 * YAML 1.2 (true, false, null, integers, floats); "yes", "no", "on" and "off"
 * are strings, and so is everything quoted. Refused, each with its place:
 * duplicate keys, anchors and aliases, tags other than !!str, keys that are not
 * scalars, several documents, infinities and NaN, integers beyond 64 bits, NUL.
 */
#ifndef SLO_YAML_YAML_H
#define SLO_YAML_YAML_H

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>

enum {
	SLO_YAML_MAX_BYTES = 1 << 20, /* of a document */
	SLO_YAML_MAX_DEPTH = 32,      /* nested collections */
	SLO_YAML_MAX_NODES = 1 << 16, /* keys, items and scalars */
};

struct slo_yaml;

/**
 * slo_yaml_parse - read @len bytes of UTF-8 at @text
 * @name: of the file, for messages
 * @out:  the document, to be freed with slo_yaml_free(); unchanged on failure
 *
 * Return: 0; -EINVAL for bad YAML, -E2BIG for more than the limits above,
 * -ENOMEM. @err is filled with where = "name:line:column".
 */
int slo_yaml_parse(const char *text, size_t len, const char *name, struct slo_yaml **out, struct slo_err *err);

/** slo_yaml_free - release the document and its tree. NULL is fine. */
void slo_yaml_free(struct slo_yaml *y);

/** slo_yaml_root - the top node, borrowed; json null for an empty document. */
const json_t *slo_yaml_root(const struct slo_yaml *y);

/** slo_yaml_key_line - line (from 1) of @key in the mapping @object of this document; 0 when it is not there. */
int slo_yaml_key_line(const struct slo_yaml *y, const json_t *object, const char *key);

/** slo_yaml_item_line - line (from 1) of item @index in the sequence @array of this document; 0 when not there. */
int slo_yaml_item_line(const struct slo_yaml *y, const json_t *array, size_t index);

#endif
