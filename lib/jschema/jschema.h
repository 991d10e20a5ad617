/* SPDX-License-Identifier: MIT */
/*
 * JSON Schema, drafts 2020-12 and 7. A schema is compiled once into a flat
 * program; an instance is read once, through the record lexer, onto a tape; the
 * program runs over the tape. Memory is reused, so that an instance that passes
 * costs no allocation.
 *
 * References are resolved among the documents of a store and the two drafts'
 * own meta-schemas, which every store knows. Nothing is ever fetched.
 *
 * Numbers are compared as the decimals they were written as, exactly, however
 * many digits they have: bounds, multipleOf, const, enum, uniqueItems. A number of
 * a schema that jansson holds as a double counts as the shortest decimal that reads
 * back as it. Numbers of an instance beyond the largest double are refused.
 *
 * Formats are annotations unless asked for or required by the meta-schema's
 * vocabularies; contentEncoding and its like always are. Nothing here is for two threads
 * at once: not a store, not a compiled schema (patterns keep state), not an evaluator.
 */
#ifndef SLO_JSCHEMA_JSCHEMA_H
#define SLO_JSCHEMA_JSCHEMA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum slo_jdraft { SLO_JDRAFT_AUTO, SLO_JDRAFT_7, SLO_JDRAFT_2020_12 };

enum {
	SLO_JSCHEMA_DEPTH = 64,           /* nesting of an instance, as the lexer has it */
	SLO_JSCHEMA_CALLS = 512,          /* nested schema applications; more is an error, not a crash */
	SLO_JSCHEMA_NODES = 1 << 20,      /* values in one instance */
	SLO_JSCHEMA_PROGRAM = 1 << 20,    /* instructions of one compiled schema */
	SLO_JSCHEMA_MATCHES = 1000000,    /* PCRE2 match limit of one pattern on one string */
	SLO_JSCHEMA_STORE = 4096,         /* documents in a store */
	SLO_JSCHEMA_FAILURES = 4096,      /* failures of one instance that are told; see slo_jeval_dropped() */
};

/* Documents by absolute URI. */
struct slo_jstore;

int slo_jstore_new(struct slo_jstore **out);
void slo_jstore_free(struct slo_jstore *s);

/**
 * slo_jstore_add - make a document known under a URI
 * @uri: absolute; a document with an absolute $id is known under that as well
 * @doc: borrowed; the store keeps a copy
 * @draft: assumed where the document names no $schema; AUTO = 2020-12
 *
 * Subschemas with $id, $anchor, $dynamicAnchor are found by them. A meta-schema of one's own that
 * builds on draft 7 must be there before the schemas that name it. A document that was refused may be
 * known in part: the store is then good for messages, not for compiling.
 * Return: 0, -EINVAL with @err (duplicate or unusable identifiers), -E2BIG, -ENOMEM.
 */
int slo_jstore_add(struct slo_jstore *s, const char *uri, json_t *doc, enum slo_jdraft draft, struct slo_err *err);

struct slo_jschema_opts {
	bool assert_formats;      /* format is an assertion instead of an annotation */
	bool forward_compatible;  /* additionalProperties: false and unevaluatedProperties: false allow anything */
	bool skip_metaschema;     /* do not validate the schema against its meta-schema first */
};

struct slo_jschema;

/**
 * slo_jschema_compile - the schema at @uri (which may have a fragment)
 *
 * Resolves every reference, compiles every pattern. Return: 0; -EINVAL with @err, whose
 * place is the schema's URI and JSON pointer; -ENOENT for a reference to a document the store
 * does not have; -E2BIG; -ENOMEM. The store may be freed afterwards.
 */
int slo_jschema_compile(const struct slo_jstore *s, const char *uri, const struct slo_jschema_opts *o,
			struct slo_jschema **out, struct slo_err *err);
void slo_jschema_free(struct slo_jschema *s);

/* One failed assertion (or, for detailed output, one applied subschema). Views live during the call. */
struct slo_jfail {
	struct slo_str instance;  /* JSON pointer into the instance */
	struct slo_str keyword;   /* keywordLocation: JSON pointer through the schema, $ref included */
	struct slo_str absolute;  /* absoluteKeywordLocation: URI with JSON pointer */
	const char *name;         /* the keyword, "" for a false schema */
	struct slo_str what;      /* what was wanted and what was found, for a person */
	struct slo_str found;     /* the offending value's text, cut to 80 bytes at a character */
	size_t offset;            /* byte of the value in the instance's text */
	unsigned int depth;       /* failed anyOf and oneOf that it explains, which came before it; 0 = by itself */
};

/* What a validation needs besides the schema; reused from instance to instance. */
struct slo_jeval;

int slo_jeval_new(struct slo_jeval **out);
void slo_jeval_free(struct slo_jeval *e);

/**
 * slo_jschema_validate - one JSON text against a schema
 * @fail: called for each failure, in document order of the instance; NULL = only the verdict is wanted, and
 *        validation stops at the first failure
 *
 * Return: 1 valid, 0 invalid; -EINVAL with @err when @text is not JSON (duplicate names in an object count as
 * that); -E2BIG with @err beyond a limit above, the match limit of a pattern included, or after about a
 * million steps (schemas applied, values compared) and 256 more for each of its values; -ENOMEM.
 */
int slo_jschema_validate(const struct slo_jschema *s, struct slo_jeval *e, const char *text, size_t len,
			 void (*fail)(void *arg, const struct slo_jfail *f), void *arg, struct slo_err *err);

/** slo_jeval_dropped - failures found but not told since @e was made, because there were too many for one instance. */
uint64_t slo_jeval_dropped(const struct slo_jeval *e);

#endif
