/* SPDX-License-Identifier: MIT */
/* Shared by the files of this module only. */
#ifndef SLO_OPT_INTERNAL_H
#define SLO_OPT_INTERNAL_H

#include "opt/opt.h"

enum {
	OPTS_MAX = 128, /* options in one table; more is a programmer's error */
	ENV_NAME_MAX = 80,
};

/* One run of the parser: what it was given, and what it found beside the values. */
struct opt_parse {
	const struct slo_cmd *cmd;
	const char *(*env)(const char *name);
	void *out;
	struct slo_err *err;
	bool help, version;      /* asked for */
	bool usage;              /* the error is one that reading --help cures */
	bool obsolete[OPTS_MAX]; /* by index: given, although it does nothing any more */
};

/* As slo_opts_parse(). */
int opt_parse(struct opt_parse *p, int argc, char **argv, int *used);

/* Convert @text and store it in the member of @o; -EINVAL with a reason that does not name the option. */
int opt_store(const struct slo_opt *o, const char *text, void *out, struct slo_err *err);

/* "true", "t", "1", "false", "f", "0" in any case. */
int opt_bool(const char *text, bool *value);

/* The choice @text selects, or -1. */
int opt_choice(const struct slo_opt *o, const char *text);

/* @choice, as the table spells it, is listed as not built. */
bool opt_choice_unbuilt(const struct slo_opt *o, const char *choice);

/* "LLM_SLO_INTERVAL_MS"; @name holds ENV_NAME_MAX bytes. */
void opt_env_name(const struct slo_opt *o, char *name);

/* "ms" for 1000000, "" for what is no usual unit. */
const char *opt_unit(int64_t unit_ns);

#endif
