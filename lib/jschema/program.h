/* SPDX-License-Identifier: MIT */
/* A compiled schema: subschemas, each a run of instructions in one flat array. */
#ifndef SLO_JSCHEMA_PROGRAM_H
#define SLO_JSCHEMA_PROGRAM_H

#include "jschema/arena.h"
#include "jschema/format.h"
#include "jschema/jschema.h"
#include "jschema/keyword.h"
#include "jschema/number.h"
#include "jschema/pattern.h"
#include "jschema/store.h"
#include "jschema/tape.h"

/* Runs of a subschema's instructions: those of the instance's type, then ANY, then LAST. */
enum slo_jclass { SLO_JC_NUMBER, SLO_JC_STRING, SLO_JC_ARRAY, SLO_JC_OBJECT, SLO_JC_ANY, SLO_JC_LAST, SLO_JC__COUNT };

enum slo_jop {
	SLO_JO_FALSE,
	SLO_JO_MULTIPLE_OF, SLO_JO_MAXIMUM, SLO_JO_EXCLUSIVE_MAXIMUM, SLO_JO_MINIMUM, SLO_JO_EXCLUSIVE_MINIMUM,
	SLO_JO_MAX_LENGTH, SLO_JO_MIN_LENGTH, SLO_JO_PATTERN, SLO_JO_FORMAT,
	SLO_JO_MAX_ITEMS, SLO_JO_MIN_ITEMS, SLO_JO_UNIQUE, SLO_JO_ITEMS, SLO_JO_CONTAINS,
	SLO_JO_MAX_PROPERTIES, SLO_JO_MIN_PROPERTIES, SLO_JO_NAMES, SLO_JO_MEMBERS, SLO_JO_DEPENDENT,
	SLO_JO_ENUM, SLO_JO_CONST,
	SLO_JO_REF, SLO_JO_DYNAMIC_REF, SLO_JO_ALL_OF, SLO_JO_ANY_OF, SLO_JO_ONE_OF, SLO_JO_NOT, SLO_JO_IF,
	SLO_JO_UNEVALUATED_ITEMS, SLO_JO_UNEVALUATED_PROPERTIES,
	SLO_JO__COUNT
};

/* A name of properties or required. */
struct slo_jmember {
	struct slo_str name;
	uint32_t hash;
	uint32_t sub;          /* SLO_JNONE: only required */
	bool required;
};

struct slo_jpatternsub {
	struct slo_pattern *pattern;
	struct slo_str source;
	uint32_t sub;
};

/* properties, patternProperties, additionalProperties and required, in one pass over the members. */
struct slo_jmembers {
	struct slo_jmember *known;     /* in the schema's order */
	uint32_t *slots;               /* index + 1 into known, by hash; 0 = free */
	struct slo_jpatternsub *patterns;
	uint32_t known_count, mask, pattern_count;
	uint32_t required;             /* how many are */
	uint32_t additional;           /* subschema, or SLO_JNONE */
};

/* prefixItems and items; items and additionalItems. */
struct slo_jitems {
	uint32_t *prefix;
	uint32_t prefix_count;
	uint32_t rest;                 /* subschema, or SLO_JNONE */
	uint8_t prefix_kw, rest_kw;
};

struct slo_jcontains {
	uint32_t sub;
	uint64_t min, max;
	uint8_t min_kw;                /* contains or minContains, whichever sets the minimum */
};

/* One member of dependencies, dependentRequired or dependentSchemas. */
struct slo_jdependent {
	struct slo_str name;
	uint32_t hash;
	uint32_t sub;                  /* SLO_JNONE: @names instead */
	struct slo_jmember *names;
	uint32_t name_count;
};

struct slo_jinsn {
	uint8_t op;                    /* enum slo_jop */
	uint8_t kw;                    /* enum slo_jkeyword */
	uint32_t a, b, c;              /* REF: sub; NOT, NAMES, UNEVALUATED: sub; IF: if, then, else; lists: length */
	union {
		uint64_t n;
		const uint32_t *list;
		struct slo_jdec *dec;
		struct slo_pattern *pattern;
		slo_format_fn *format;
		const struct slo_jmembers *members;
		const struct slo_jitems *items;
		const struct slo_jcontains *contains;
		const struct slo_jdependent *dependents;
	} u;
	struct slo_str text;           /* the argument, for messages */
};

struct slo_jsub {
	uint32_t code;                 /* first instruction */
	uint8_t at[SLO_JC__COUNT + 1]; /* where the classes begin behind it */
	uint8_t types;                 /* bits of enum slo_jtype that may pass; 0xff = all */
	bool leaf;                     /* no instructions: types says it all */
	bool last;                     /* has unevaluated* */
	bool integral;                 /* of type NUMBER only those without fraction may pass */
	uint32_t resource;             /* of the program */
	struct slo_str uri, pointer;   /* absolute location */
};

/* A resource: the dynamic anchors that stand in it. */
struct slo_jscope {
	uint32_t first, count;         /* of dynamic */
};

struct slo_jdynamic {
	struct slo_str name;
	uint32_t sub;
};

struct slo_jschema {
	struct slo_jarena arena;
	struct slo_jsub *subs;
	struct slo_jinsn *code;
	struct slo_jscope *scopes;
	struct slo_jdynamic *dynamic;
	struct slo_pattern **patterns; /* all of them, to be freed */
	struct slo_jtape consts;       /* what enum and const say */
	json_t *docs;                  /* keeps names and strings alive */
	uint32_t sub_count, sub_cap, code_count, code_cap, scope_count, dynamic_count, dynamic_cap;
	uint32_t pattern_count, pattern_cap;
	uint32_t root;                 /* subschema to begin with */
};

/**
 * slo_jeval_json - the verdict on a json_t, for meta-schemas
 * @where: URI put in front of the place of the first failure, which goes to @err
 *
 * Return: 1, 0, or a negative errno as slo_jschema_validate().
 */
int slo_jeval_json(const struct slo_jschema *s, struct slo_jeval *e, json_t *json, struct slo_str where,
		   struct slo_err *err);

/** slo_jmeta_check - a document of the store against its meta-schema. Return: 0; -EINVAL, -E2BIG with @err; -ENOMEM. */
int slo_jmeta_check(const struct slo_jstore *s, uint32_t doc, struct slo_err *err);

#endif
