/* SPDX-License-Identifier: MIT */
/* Parts of the schemavalidate tool. */
#ifndef SCHEMAVALIDATE_H
#define SCHEMAVALIDATE_H

#include "base/buf.h"
#include "event/enum.h"
#include "io/writer.h"
#include "jschema/jschema.h"
#include "opt/opt.h"
#include "render/junit.h"
#include "render/term.h"
#include "yaml/yaml.h"

#include <signal.h>

enum { EXIT_VALID, EXIT_INVALID, EXIT_USAGE };

/* What an input may hold: --kind. A record kind of the envelope is KIND_FIRST + enum SLO_KIND. */
enum { KIND_ANY, KIND_FIRST, KIND_CONFIG = KIND_FIRST + SLO_KIND__COUNT, KIND__COUNT };

enum input_format { INPUT_AUTO, INPUT_JSON, INPUT_YAML, INPUT_NDJSON };
enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JUNIT, OUTPUT_GITHUB };
enum output_detail { DETAIL_FLAG, DETAIL_BASIC, DETAIL_DETAILED };

struct options {
	const char *input, *schema, *store, *config; /* "" = none */
	int kind, input_format, draft, output, detail, color;
	int64_t max_errors; /* 0 = all */
	bool ndjson, assert_formats, forward_compatible;
	bool self, quiet, tee, tee_all;
};

extern const struct slo_opt schemavalidate_options[];
extern volatile sig_atomic_t stop;

/*
 * Every schema at hand: the user's, those of --store, and the shipped ones where
 * neither has a document of the same $id. Compiled when first needed.
 */
struct catalog {
	struct slo_jstore *store;
	json_t *known;               /* set of $id and file URIs */
	struct slo_jschema_opts opts;
	struct slo_jschema *kinds[KIND__COUNT];
	struct slo_jschema *user;    /* of --schema, or NULL */
};

int catalog_open(struct catalog *c, const struct options *o, struct slo_err *err);
void catalog_close(struct catalog *c);

/** catalog_kind - the schema of a kind; KIND_ANY is the envelope with whatever is in it. Return: 0, or as compiling. */
int catalog_kind(struct catalog *c, int kind, const struct slo_jschema **out, struct slo_err *err);

/** catalog_shipped - the document compiled into the tool for a kind; new reference. */
json_t *catalog_shipped(int kind, struct slo_err *err);

/** catalog_name - its file's name. */
const char *catalog_name(int kind);

/* One JSON text to be judged. */
struct instance {
	const char *file;
	uint64_t line, column;       /* where it starts; column 0 = 1 */
	bool document;               /* it may go over several lines */
	struct slo_str text;
	const struct slo_yaml *yaml; /* what the text was made from, or NULL */
};

/* Findings, on their way to where --output says. */
struct report {
	const struct options *o;
	struct slo_writer *out;
	struct slo_term term;
	struct slo_buf text;         /* findings of one instance */
	struct slo_buf nest;         /* one line of JSON */
	struct slo_buf what;         /* of one finding */
	struct slo_junit junit;
	const struct instance *in;   /* being reported */
	char type[64];               /* of its first finding, for JUnit */
	char message[256];
	uint64_t found;              /* findings of it */
	uint64_t shown, hidden;      /* findings of all instances */
	uint64_t passed;             /* records of the current file, for JUnit */
	size_t offset;               /* a place in a document ... */
	uint64_t line, column;       /* ... and what it is for a person */
};

int report_open(struct report *r, const struct options *o, struct slo_err *err);

/** report_file - what follows is about @name. */
void report_file(struct report *r, const char *name);

/** report_file_end - @passed records of it, beside those reported, were valid. */
void report_file_end(struct report *r, uint64_t passed);

/** report_wants - findings of one more instance would be shown. */
bool report_wants(const struct report *r);

void report_begin(struct report *r, const struct instance *in);
void report_fail(void *r, const struct slo_jfail *f); /* for slo_jschema_validate() */

/** report_trouble - what kept the instance from being judged; a reason that ends in "at byte N" (from 1) is placed there. */
void report_trouble(struct report *r, const struct slo_err *err);
int report_end(struct report *r, bool valid);

/** report_close - write what is left. Return: 0; -EPIPE or another negative errno with @err. */
int report_close(struct report *r, struct slo_err *err);

/** detail_nest - the failures in @flat ("[...]", basic form) as a tree, appended to @out. Return: 0, -ENOMEM. */
int detail_nest(struct slo_str flat, struct slo_buf *out);

/** place_in_yaml - the line of the value at a JSON pointer; the nearest enclosing one that has a line. */
uint64_t place_in_yaml(const struct slo_yaml *y, struct slo_str pointer);

/** yaml_to_json - the document as JSON text with the shortest numbers. Return: 0 or @out->err. */
int yaml_to_json(const struct slo_yaml *y, struct slo_buf *out);

/* One run. */
struct run {
	const struct options *o;
	struct catalog catalog;
	struct slo_jeval *eval;
	struct report report;
	struct slo_writer *tee;      /* or NULL */
	struct slo_buf scratch;
	uint64_t valid, invalid;
	uint64_t bare;               /* invalid lines without an envelope where there must be one */
	bool broken;                 /* nobody reads our output any more, or it cannot be written */
	int status;
};

/** validate - judge every FILE, or the --input where there is none. Return: the exit status. */
int validate(const struct options *o, int argc, char **argv);

/** run_stream - judge the records of an endpoint, line by line. Return: 0; EXIT_USAGE after a message. */
int run_stream(struct run *r, const char *endpoint);

/** run_document - judge one file. Return: as run_stream(). */
int run_document(struct run *r, const char *path, bool yaml);

/**
 * judge - count an instance's verdict, report what is wrong with it
 * @s: the schema that decides
 * @kind: KIND_ANY, or the kind an envelope must have
 *
 * Return: it is valid.
 */
bool judge(struct run *r, const struct slo_jschema *s, const struct instance *in, int kind);

/** judge_unread - count and report what is no JSON, for the reason in @err. */
void judge_unread(struct run *r, const struct instance *in, const struct slo_err *err);

/* What a line is. */
struct envelope {
	bool is;             /* it has the members kind and payload */
	bool bare;           /* it is a JSON object that has neither */
	int kind;            /* KIND_FIRST.., or -1 when there is no such kind */
	struct slo_str name; /* of the kind */
};

/** envelope_read - look at a line's outermost members. @scratch is overwritten. */
struct envelope envelope_read(struct slo_str line, struct slo_buf *scratch);

/**
 * envelope_split - the kind and the payload of a line in our own writers' form
 *
 * Return: true when it begins {"kind":K,"v":"1.0","payload": and ends in }; then the line is a proper envelope
 * if, and only if, @payload is one JSON value.
 */
bool envelope_split(struct slo_str line, int *kind, struct slo_str *payload);

/** self_check - the contract's checks of what is shipped. Return: the exit status. */
int self_check(const struct options *o);

#endif
