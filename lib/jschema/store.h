/* SPDX-License-Identifier: MIT */
/* What a store knows: schema resources by URI, subschemas by identity, anchors by name. */
#ifndef SLO_JSCHEMA_STORE_H
#define SLO_JSCHEMA_STORE_H

#include "jschema/arena.h"
#include "jschema/jschema.h"

#define SLO_JNONE UINT32_MAX /* no resource, no subschema, no index */

/* The rules a schema resource is written by. */
enum slo_jdialect { SLO_JDIALECT_UNKNOWN, SLO_JDIALECT_7, SLO_JDIALECT_2020, SLO_JDIALECT_CUSTOM };

/* A schema with a URI of its own. */
struct slo_jresource {
	struct slo_str uri;      /* absolute, no fragment */
	json_t *root;
	uint32_t doc;
	uint8_t draft;           /* SLO_JD_7 or SLO_JD_2020, for finding subschemas */
	uint8_t dialect;         /* enum slo_jdialect */
	struct slo_str meta;     /* URI of its meta-schema, without empty fragment */
};

/* A subschema that is an object, where the keywords say so. */
struct slo_jplace {
	json_t *json;
	uint32_t resource;
	struct slo_str pointer;  /* from the resource's root */
};

struct slo_janchor {
	uint32_t resource;
	struct slo_str name;
	json_t *json;
	bool dynamic;
};

struct slo_jdocument {
	json_t *root;
	struct slo_str uri;
	uint32_t resource;
	bool builtin;
};

struct slo_jmeta;

struct slo_jstore {
	struct slo_jarena arena;
	struct slo_jdocument *docs;
	struct slo_jresource *resources;
	struct slo_jplace *places;
	struct slo_janchor *anchors;
	uint32_t doc_count, doc_cap, resource_count, resource_cap, place_count, place_cap, anchor_count, anchor_cap;
	struct slo_jindex by_uri;    /* resources; one may have two names */
	struct slo_juriname {
		struct slo_str uri;
		uint32_t resource;
	} *names;
	uint32_t name_count, name_cap;
	struct slo_jindex by_json;   /* places */
	struct slo_jindex by_anchor; /* anchors */
	struct slo_jmeta *meta;      /* compiled meta-schemas of the drafts, made when first needed */
};

/** slo_jstore_resource - by absolute URI without fragment; SLO_JNONE when unknown. */
uint32_t slo_jstore_resource(const struct slo_jstore *s, struct slo_str uri);

/** slo_jstore_place - of a subschema; SLO_JNONE when no keyword leads to it. */
uint32_t slo_jstore_place(const struct slo_jstore *s, const json_t *json);

/** slo_jstore_anchor - by name in a resource, or NULL. */
const struct slo_janchor *slo_jstore_anchor(const struct slo_jstore *s, uint32_t resource, struct slo_str name);

/* What a reference leads to. */
struct slo_jtarget {
	json_t *json;
	uint32_t resource;
	struct slo_str pointer;             /* from the resource's root; in the arena given */
	const struct slo_janchor *anchor;   /* when it was found by one */
};

/**
 * slo_jstore_resolve - find an absolute URI with fragment
 * @arena: for the pointer
 *
 * Return: 0; -ENOENT (no such document) or -EINVAL (nothing there) with @err; -ENOMEM.
 */
int slo_jstore_resolve(const struct slo_jstore *s, struct slo_str uri, struct slo_jarena *arena,
		       struct slo_jtarget *out, struct slo_err *err);

/** slo_jstore_add_builtin - the meta-schemas. Return: 0 or -ENOMEM. */
int slo_jstore_add_builtin(struct slo_jstore *s);

/** slo_jstore_put - as slo_jstore_add(). */
int slo_jstore_put(struct slo_jstore *s, struct slo_str uri, json_t *doc, enum slo_jdraft draft, bool builtin,
		   struct slo_err *err);

/** slo_jmeta_new - nothing compiled yet; NULL without memory. */
struct slo_jmeta *slo_jmeta_new(void);

/** slo_jmeta_free - the compiled meta-schemas; NULL is allowed. */
void slo_jmeta_free(struct slo_jmeta *m);

#endif
