/* SPDX-License-Identifier: MIT */
/*
 * The record codec: JSON text straight into a C struct and back, driven by one
 * table per struct. No tree, no allocation per record.
 *
 * A described struct is plain C. Absent optional members hold a sentinel, so no
 * presence bitmap is needed (slo_rec_clear() writes them):
 *   strings {NULL, 0} · doubles NaN · int64, times SLO_ABSENT_I64 · int32 SLO_ABSENT_I32
 *   enums and tri-state bools -1 · arrays and maps count 0 · optional objects has = false
 *
 * Decoded strings are views into the line, or into the context's scratch when
 * they held escapes; both are valid until the next decode with that context.
 */
#ifndef SLO_REC_REC_H
#define SLO_REC_REC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLO_ABSENT_I64 INT64_MIN
#define SLO_ABSENT_I32 INT32_MIN
#define SLO_ABSENT_F64 ((double)NAN)

/* Names of an enum 0 .. count-1. */
struct slo_enum {
	const char *const *names;
	int count;
};

/** slo_enum_find - the value named @s, or -1. */
int slo_enum_find(const struct slo_enum *e, struct slo_str s);

/** slo_enum_name - the name of @v, or "?" when out of range. */
const char *slo_enum_name(const struct slo_enum *e, int v);

/* A string, number or boolean, as JSON gave it. */
enum slo_value_type { SLO_VALUE_NONE, SLO_VALUE_STR, SLO_VALUE_NUM, SLO_VALUE_BOOL };
struct slo_value {
	int type;           /* enum slo_value_type */
	int boolean;        /* 0 or 1 */
	double num;
	struct slo_str str;
};

/* One member of a string-to-string map. */
struct slo_pair {
	struct slo_str key, value;
};

/* One member of a string-to-number map. */
struct slo_num_pair {
	struct slo_str key;
	double value;
};

enum slo_rec_type {
	SLO_REC_STR,   /* struct slo_str */
	SLO_REC_F64,   /* double; JSON number */
	SLO_REC_I64,   /* int64_t; JSON integer (1.0 and 1e3 are not integers) */
	SLO_REC_I32,   /* int32_t */
	SLO_REC_U64,   /* uint64_t, 0 .. INT64_MAX */
	SLO_REC_BOOL,  /* int: 0, 1, or -1 absent */
	SLO_REC_ENUM,  /* int; JSON string out of @en */
	SLO_REC_TIME,  /* int64_t ns since the epoch; JSON RFC 3339 string */
	SLO_REC_VALUE, /* struct slo_value */
	SLO_REC_OBJ,   /* nested struct described by @sub; optional ones have a bool at @count_off */
	SLO_REC_OBJS,  /* array of such structs: @max inline elements of @stride bytes, uint32_t count at @count_off */
	SLO_REC_STRS,  /* array of struct slo_str, likewise */
	SLO_REC_ENUMS, /* array of int, likewise */
	SLO_REC_U64S,  /* array of uint64_t, likewise */
	SLO_REC_STRMAP, /* JSON object string -> string: struct slo_pair[], likewise */
	SLO_REC_NUMMAP, /* JSON object string -> number: struct slo_num_pair[], likewise */
	SLO_REC__COUNT
};

enum { SLO_REC_OPT = 1 }; /* flag: the member may be missing */

struct slo_rec;

struct slo_rec_field {
	const char *key;            /* JSON member name */
	uint8_t type;               /* enum slo_rec_type */
	uint8_t flags;              /* SLO_REC_OPT */
	uint8_t key_len;            /* strlen(key) */
	uint32_t off;               /* of the member in its struct */
	uint32_t count_off;         /* see the types */
	uint32_t max;               /* elements an array or map can hold */
	uint32_t stride;            /* bytes per element */
	const struct slo_rec *sub;  /* OBJ, OBJS */
	const struct slo_enum *en;  /* ENUM, ENUMS */
	double lo, hi;              /* inclusive range of a number; both 0 = any */
	const char *doc;            /* meaning and unit, one line */
};

struct slo_rec {
	const char *name;                   /* of the record, for messages */
	const struct slo_rec_field *fields; /* at most 64 */
	uint32_t count;
	uint32_t size;                      /* sizeof the struct */
	const char *doc;
};

/* offsetof(T, m), refused under -Werror when m is not a C. */
#define SLO_REC_OFF(T, m, C) (uint32_t)(offsetof(T, m) + 0 * sizeof(&((T *)0)->m == (C *)0))
#define SLO_REC_KEY(m)       .key = #m, .key_len = sizeof(#m) - 1
#define SLO_REC_ELEMS(T, m, n, C) \
	.off = (uint32_t)(offsetof(T, m) + 0 * sizeof(&((T *)0)->m[0] == (C *)0)), \
	.count_off = SLO_REC_OFF(T, n, uint32_t), \
	.max = sizeof(((T *)0)->m) / sizeof(((T *)0)->m[0]), .stride = sizeof(((T *)0)->m[0])

/* The range argument of a number: SLO_ANY or SLO_RANGE(lowest, highest). */
#define SLO_ANY              .lo = 0, .hi = 0
#define SLO_RANGE(l, h)      .lo = (l), .hi = (h)

#define SLO_F_STR(T, m, fl, d)  { SLO_REC_KEY(m), .type = SLO_REC_STR, .flags = (fl), .off = SLO_REC_OFF(T, m, struct slo_str), .doc = (d) }
#define SLO_F_F64(T, m, fl, range, d) { SLO_REC_KEY(m), .type = SLO_REC_F64, .flags = (fl), .off = SLO_REC_OFF(T, m, double), range, .doc = (d) }
#define SLO_F_I64(T, m, fl, range, d) { SLO_REC_KEY(m), .type = SLO_REC_I64, .flags = (fl), .off = SLO_REC_OFF(T, m, int64_t), range, .doc = (d) }
#define SLO_F_I32(T, m, fl, range, d) { SLO_REC_KEY(m), .type = SLO_REC_I32, .flags = (fl), .off = SLO_REC_OFF(T, m, int32_t), range, .doc = (d) }
#define SLO_F_U64(T, m, fl, d)  { SLO_REC_KEY(m), .type = SLO_REC_U64, .flags = (fl), .off = SLO_REC_OFF(T, m, uint64_t), .doc = (d) }
#define SLO_F_BOOL(T, m, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_BOOL, .flags = (fl), .off = SLO_REC_OFF(T, m, int), .doc = (d) }
#define SLO_F_ENUM(T, m, fl, e, d) { SLO_REC_KEY(m), .type = SLO_REC_ENUM, .flags = (fl), .off = SLO_REC_OFF(T, m, int), .en = (e), .doc = (d) }
#define SLO_F_TIME(T, m, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_TIME, .flags = (fl), .off = SLO_REC_OFF(T, m, int64_t), .doc = (d) }
#define SLO_F_VALUE(T, m, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_VALUE, .flags = (fl), .off = SLO_REC_OFF(T, m, struct slo_value), .doc = (d) }
#define SLO_F_OBJ(T, m, C, s, d) { SLO_REC_KEY(m), .type = SLO_REC_OBJ, .off = SLO_REC_OFF(T, m, C), .sub = (s), .doc = (d) }
#define SLO_F_OBJ_OPT(T, m, has, C, s, d) { SLO_REC_KEY(m), .type = SLO_REC_OBJ, .flags = SLO_REC_OPT, .off = SLO_REC_OFF(T, m, C), .count_off = SLO_REC_OFF(T, has, bool), .sub = (s), .doc = (d) }
#define SLO_F_OBJS(T, m, n, C, fl, s, d) { SLO_REC_KEY(m), .type = SLO_REC_OBJS, .flags = (fl), SLO_REC_ELEMS(T, m, n, C), .sub = (s), .doc = (d) }
#define SLO_F_STRS(T, m, n, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_STRS, .flags = (fl), SLO_REC_ELEMS(T, m, n, struct slo_str), .doc = (d) }
#define SLO_F_ENUMS(T, m, n, fl, e, d) { SLO_REC_KEY(m), .type = SLO_REC_ENUMS, .flags = (fl), SLO_REC_ELEMS(T, m, n, int), .en = (e), .doc = (d) }
#define SLO_F_U64S(T, m, n, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_U64S, .flags = (fl), SLO_REC_ELEMS(T, m, n, uint64_t), .doc = (d) }
#define SLO_F_STRMAP(T, m, n, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_STRMAP, .flags = (fl), SLO_REC_ELEMS(T, m, n, struct slo_pair), .doc = (d) }
#define SLO_F_NUMMAP(T, m, n, fl, d) { SLO_REC_KEY(m), .type = SLO_REC_NUMMAP, .flags = (fl), SLO_REC_ELEMS(T, m, n, struct slo_num_pair), .doc = (d) }
#define SLO_REC_DEFINE(var, T, nm, tbl, d) \
	const struct slo_rec var = { .name = (nm), .fields = (tbl), .count = SLO_ARRAY_LEN(tbl), .size = sizeof(T), .doc = (d) }

/* What a decoder carries from line to line. */
struct slo_rec_ctx {
	struct slo_buf scratch;  /* unescaped strings of the current line */
	uint64_t unknown;        /* members no table knew, skipped */
	uint64_t truncated;      /* array or map elements beyond their bound, skipped */
};

void slo_rec_ctx_init(struct slo_rec_ctx *c);
void slo_rec_ctx_fini(struct slo_rec_ctx *c);

/** slo_rec_clear - write every member's absent value (required ones too). */
void slo_rec_clear(const struct slo_rec *r, void *out);

/**
 * slo_rec_decode - one JSON object into the struct @r describes
 * @text: @len bytes; need not be NUL-terminated; unchanged
 * @out:  @r->size bytes; undefined contents after a failure
 *
 * Nothing but white space may follow the object. Duplicate known members,
 * missing required ones, wrong types, numbers out of range, unknown enum names,
 * invalid UTF-8, NUL in a string and nesting over 64 levels are errors. So are the
 * lowest int64 and int32, which stand for "absent".
 * Return: 0; -EINVAL with @err (where = member path); -ENOMEM.
 */
int slo_rec_decode(struct slo_rec_ctx *c, const struct slo_rec *r, const char *text, size_t len, void *out,
		   struct slo_err *err);

/**
 * slo_rec_encode - append the struct as one compact JSON object
 *
 * Members in table order, absent optional ones left out, no newline. Strings
 * escape '"', '\\' and control characters only; invalid UTF-8 and NUL become U+FFFD.
 * A required string that is absent is written as "". What could not be read back is
 * -EDOM, @out unchanged: NaN or its like in another required member, an infinity, an
 * enum out of range, a counter over INT64_MAX, an array count over its bound.
 * Return: 0, -EDOM, or @out->err.
 */
int slo_rec_encode(const struct slo_rec *r, const void *in, struct slo_buf *out);

/** slo_json_add_str - append @s as a JSON string with its quotes; invalid UTF-8 and NUL become U+FFFD. */
void slo_json_add_str(struct slo_buf *out, struct slo_str s);

/** slo_json_add_f64 - append a finite number, or null for NaN and infinities. */
void slo_json_add_f64(struct slo_buf *out, double v);

#endif
