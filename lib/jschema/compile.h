/* SPDX-License-Identifier: MIT */
/* What the parts of the compiler share. */
#ifndef SLO_JSCHEMA_COMPILE_H
#define SLO_JSCHEMA_COMPILE_H

#include "jschema/program.h"

enum { SLO_JURI_MAX = 65536 };

/* A subschema that is known but not compiled yet, or already. */
struct slo_jwork {
	json_t *json;
	uint32_t resource;        /* of the store */
	struct slo_str pointer;
};

struct slo_jcompiler {
	const struct slo_jstore *store;
	struct slo_jschema *p;
	struct slo_jschema_opts opts;
	struct slo_err *err;
	struct slo_jwork *work;   /* parallel to the program's subs */
	uint32_t work_count, work_cap;
	struct slo_jindex by_json;
	uint32_t *scope_of;       /* resource of the store -> of the program, SLO_JNONE = not yet */
	uint32_t *scope_resource; /* the other way round */
	bool *docs;               /* documents that are used */
	uint16_t *vocabularies;   /* of the store's resources; 0 = not looked up yet */
	int ret;                  /* sticky */
	/* of the subschema being compiled */
	uint32_t sub;
	json_t *json;
	uint32_t resource;
	struct slo_str pointer;
	uint8_t draft;
	uint16_t vocabulary;
};

/** slo_jcompile_fail - record the first failure, with the place. Return: @ret. */
int slo_jcompile_fail(struct slo_jcompiler *c, int ret, uint8_t kw, const char *what);

/** slo_jcompile_get - the value of a keyword that the draft and the vocabularies know, or NULL. */
json_t *slo_jcompile_get(const struct slo_jcompiler *c, uint8_t kw);

/** slo_jcompile_sub - the subschema under the keyword (and @token, unless that is absent). Return: its number. */
uint32_t slo_jcompile_sub(struct slo_jcompiler *c, json_t *json, uint8_t kw, struct slo_str token);

/** slo_jcompile_list - an array of subschemas. */
uint32_t *slo_jcompile_list(struct slo_jcompiler *c, json_t *list, uint8_t kw);

/** slo_jcompile_target - the subschema something resolves to. */
uint32_t slo_jcompile_target(struct slo_jcompiler *c, const struct slo_jtarget *t);

/** slo_jcompile_emit - a new instruction, or NULL with the error recorded. */
struct slo_jinsn *slo_jcompile_emit(struct slo_jcompiler *c, uint8_t op, uint8_t kw);

/** slo_jcompile_alloc - zeroed, in the program's arena; NULL with the error recorded (@n 0 gives memory, too). */
void *slo_jcompile_alloc(struct slo_jcompiler *c, size_t n);

struct slo_pattern *slo_jcompile_pattern(struct slo_jcompiler *c, struct slo_str source, uint8_t kw);

/** slo_jcompile_count - a keyword that is a count. Return: true when it is there. */
bool slo_jcompile_count(struct slo_jcompiler *c, uint8_t kw, uint64_t *out);

/** slo_jcompile_limit - an instruction for such a keyword. */
void slo_jcompile_limit(struct slo_jcompiler *c, uint8_t kw, uint8_t op);

/** slo_jcompile_values - type, enum and const. */
void slo_jcompile_values(struct slo_jcompiler *c);

/* The keywords, by the run they belong to. */
void slo_jcompile_number(struct slo_jcompiler *c);
void slo_jcompile_string(struct slo_jcompiler *c);
void slo_jcompile_array(struct slo_jcompiler *c);
void slo_jcompile_object(struct slo_jcompiler *c);
void slo_jcompile_any(struct slo_jcompiler *c);
void slo_jcompile_last(struct slo_jcompiler *c);

/** slo_jcompile_vocabulary - of a resource, out of its meta-schema. Return: SLO_JV_*, or 0 with the error recorded. */
uint16_t slo_jcompile_vocabulary(struct slo_jcompiler *c, uint32_t resource);

/** slo_jcompile_run - as slo_jschema_compile(), from a URI that has been checked. */
int slo_jcompile_run(const struct slo_jstore *s, struct slo_str uri, const struct slo_jschema_opts *o,
		     struct slo_jschema **out, struct slo_err *err);

#endif
