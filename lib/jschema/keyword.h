/* SPDX-License-Identifier: MIT */
/* The keywords of both drafts: which draft and vocabulary knows them, and where schemas are found inside them. */
#ifndef SLO_JSCHEMA_KEYWORD_H
#define SLO_JSCHEMA_KEYWORD_H

#include <stdint.h>

/* In the order in which they are compiled, and so applied; SLO_JK_FALSE is no keyword but the schema false. */
enum slo_jkeyword {
	SLO_JK_FALSE,
	SLO_JK_REF,
	SLO_JK_TYPE,
	SLO_JK_MULTIPLE_OF, SLO_JK_MAXIMUM, SLO_JK_EXCLUSIVE_MAXIMUM, SLO_JK_MINIMUM, SLO_JK_EXCLUSIVE_MINIMUM,
	SLO_JK_MAX_LENGTH, SLO_JK_MIN_LENGTH, SLO_JK_PATTERN, SLO_JK_FORMAT,
	SLO_JK_MAX_ITEMS, SLO_JK_MIN_ITEMS, SLO_JK_UNIQUE_ITEMS, SLO_JK_PREFIX_ITEMS, SLO_JK_ITEMS,
	SLO_JK_ADDITIONAL_ITEMS, SLO_JK_CONTAINS, SLO_JK_MAX_CONTAINS, SLO_JK_MIN_CONTAINS,
	SLO_JK_MAX_PROPERTIES, SLO_JK_MIN_PROPERTIES, SLO_JK_PROPERTY_NAMES, SLO_JK_REQUIRED,
	SLO_JK_DEPENDENT_REQUIRED, SLO_JK_PROPERTIES, SLO_JK_PATTERN_PROPERTIES, SLO_JK_ADDITIONAL_PROPERTIES,
	SLO_JK_DEPENDENT_SCHEMAS, SLO_JK_DEPENDENCIES,
	SLO_JK_ENUM, SLO_JK_CONST,
	SLO_JK_DYNAMIC_REF, SLO_JK_ALL_OF, SLO_JK_ANY_OF, SLO_JK_ONE_OF, SLO_JK_NOT,
	SLO_JK_IF, SLO_JK_THEN, SLO_JK_ELSE,
	SLO_JK_UNEVALUATED_ITEMS, SLO_JK_UNEVALUATED_PROPERTIES,
	SLO_JK_DEFS, SLO_JK_DEFINITIONS, SLO_JK_CONTENT_SCHEMA,
	SLO_JK__COUNT
};

/* Vocabularies of 2020-12; draft 7 has them all. */
enum {
	SLO_JV_CORE = 1, SLO_JV_APPLICATOR = 2, SLO_JV_UNEVALUATED = 4, SLO_JV_VALIDATION = 8, SLO_JV_META_DATA = 16,
	SLO_JV_FORMAT = 32, SLO_JV_FORMAT_ASSERTION = 64, SLO_JV_CONTENT = 128,
	SLO_JV_DEFAULT = 255 & ~SLO_JV_FORMAT_ASSERTION
};

/* Where a keyword's value has schemas. */
enum slo_jshape { SLO_JS_NONE, SLO_JS_ONE, SLO_JS_LIST, SLO_JS_MAP, SLO_JS_ONE_OR_LIST, SLO_JS_MAP_SOME };

enum { SLO_JD_7 = 1, SLO_JD_2020 = 2, SLO_JD_BOTH = 3 };

struct slo_jkeyword_info {
	const char *name;
	uint8_t drafts;      /* SLO_JD_* */
	uint8_t vocabulary;  /* SLO_JV_*: one of them is enough */
	uint8_t shape;       /* enum slo_jshape */
};

extern const struct slo_jkeyword_info slo_jkeywords[SLO_JK__COUNT];

#endif
