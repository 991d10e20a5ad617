/* SPDX-License-Identifier: MIT */
/*
 * Option and subcommand tables: one table per tool yields parsing, --help,
 * environment variables, and later shell completion and the man page check.
 *
 * A value comes from the first of: command line, environment LLM_SLO_<NAME>
 * (upper case, '-' as '_'; an empty variable counts as absent), configuration
 * file (the tool's business, see slo_opts_origin()), default.
 *
 * Spelling: "--name value" and "--name=value"; a flag is "--name", "--no-name"
 * or "--name=false"; one dash does for two where the name is exact ("-count 5",
 * as Go's flag package took it); "-n5", "-n 5" and "-qv" for short names.
 * Options and operands may be mixed; "--" ends the options. The last value
 * counts. A value may begin with a dash, unless it is "--" and the name of an
 * option, which is taken for a forgotten value.
 */
#ifndef SLO_OPT_OPT_H
#define SLO_OPT_OPT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum slo_opt_type {
	SLO_OPT_FLAG,     /* bool; --name, --name=true|false|1|0|t|f, --no-name */
	SLO_OPT_STR,      /* const char * */
	SLO_OPT_INT,      /* int64_t within [lo, hi] */
	SLO_OPT_NUM,      /* double within [lo, hi] */
	SLO_OPT_DURATION, /* int64_t ns; text in unit_ns when it has no suffix */
	SLO_OPT_CHOICE,   /* int, index into choices[] */
	SLO_OPT_LIST,     /* struct slo_opt_list; may be given several times, commas are the tool's business */
	SLO_OPT_HELP,     /* a heading in --help; no option */
};

enum slo_opt_flags {
	SLO_OPT_NOT_BUILT = 1, /* accepted by the table; using it exits 2 with "not built yet"; nothing is stored */
	SLO_OPT_OBSOLETE = 2,  /* accepted, warned about once, does nothing; nothing is stored */
	SLO_OPT_SECRET = 4,    /* refused, naming the --<name>-file form; not in --help */
	SLO_OPT_FOLD = 8,      /* CHOICE: trimmed and case-insensitive */
};

enum { SLO_OPT_LIST_MAX = 64 };

struct slo_opt_list {
	const char *items[SLO_OPT_LIST_MAX];
	size_t count;
};

struct slo_opt {
	const char *name;           /* long name without dashes */
	char short_name;            /* or 0 */
	uint8_t type;               /* enum slo_opt_type */
	uint8_t flags;              /* enum slo_opt_flags */
	uint32_t off;               /* of the member in the tool's option struct */
	const char *metavar;        /* "FILE", "N", "MS", … NULL for flags */
	const char *def;            /* default as text; NULL = leave the member zero */
	const char *help;           /* one sentence, with the unit */
	double lo, hi;              /* inclusive range of INT, NUM, DURATION (unit_ns units); both 0 = any */
	int64_t unit_ns;            /* DURATION: unit of a bare number */
	const char *const *choices; /* CHOICE: NULL-terminated */
	const char *const *choices_not_built; /* CHOICE: those of @choices that exit 2 so far; NULL = all are built */
};

struct slo_cmd;

/* A tool, or a subcommand of one. */
struct slo_cmd {
	const char *name;             /* "attributor", or "check" */
	const char *summary;          /* one line */
	const char *operands;         /* "[FILE…]", or NULL when operands are refused */
	const struct slo_opt *opts;   /* ends with a zero name and type; NULL = none */
	const struct slo_cmd *const *subs; /* NULL-terminated subcommands, or NULL */
	const char *not_built;        /* non-NULL: running it exits 2 with "not built yet: <text>" */
	uint32_t opts_size;           /* sizeof the option struct */
	int (*run)(void *opts, int argc, char **argv); /* returns the exit status; argv = operands */
	const char *epilog;           /* more text for --help, or NULL */
};

enum slo_opt_origin { SLO_ORIGIN_DEFAULT, SLO_ORIGIN_FILE, SLO_ORIGIN_ENV, SLO_ORIGIN_FLAG };

/**
 * slo_cmd_main - parse and run, the whole of a tool's main()
 * @tool: root command; with subs, argv selects one (nested: "cdgate check")
 *
 * Handles --help and -h (stdout, 0), "help [COMMAND...]" of a tool with
 * commands, --version and a lone "version" ("<name> (llm-slo) X.Y.Z", stdout,
 * 0), unknown options, commands and bad values (stderr: "tool: --x: reason", 2;
 * the nearest known name is offered). A command without run prints its help on
 * stderr, 2. Parses into a zeroed struct of @opts_size bytes.
 * Return: the exit status.
 */
int slo_cmd_main(const struct slo_cmd *tool, int argc, char **argv);

/**
 * slo_opts_parse - the parser alone, for tests
 * @argv: what follows the name of the tool; reordered, options first. Values point into it.
 * @env:  lookup in place of getenv(), or NULL for none
 * @out:  the option struct; zeroed, then defaults, environment and options are stored
 * @used: set to the number of argv elements eaten, "--" included; operands follow
 *
 * The environment is read after argv and for what argv left open only, so a
 * flag or --help wins over a variable with a bad value. A NOT_BUILT flag may be
 * set to false. Not reentrant (see slo_opts_origin()).
 * Return: 0; 1 when help or version was asked for; -EINVAL with @err.
 */
int slo_opts_parse(const struct slo_cmd *cmd, int argc, char **argv, const char *(*env)(const char *name), void *out,
		   int *used, struct slo_err *err);

/**
 * slo_opts_origin - where option @name of the command being run got its value
 *
 * Return: SLO_ORIGIN_DEFAULT, _ENV or _FLAG, of the last parse; a tool that
 * reads a configuration file lets it replace what is SLO_ORIGIN_DEFAULT.
 */
enum slo_opt_origin slo_opts_origin(const char *name);

/** slo_opts_help - print the help of @cmd under the name @path ("sloctl cdgate check"). */
void slo_opts_help(FILE *to, const struct slo_cmd *cmd, const char *path);

/** slo_nearest - the candidate closest to @word by edit distance, or NULL: over 1/3 of the letters differ in all. */
const char *slo_nearest(const char *word, const char *const *candidates, size_t n);

#define SLO_OPT_END { .name = NULL }

/** slo_opt_is_end - @o is the end of its table. For whoever walks a table: help, completion, checks. */
static inline bool slo_opt_is_end(const struct slo_opt *o)
{
	return !o->name && o->type == SLO_OPT_FLAG;
}

/* offsetof(T, m) for the .off of an option, refused by -Werror when m is not a C (SLO_OPT_NUM wants a double, …). */
#define SLO_OPT_OFF(T, m, C) ((uint32_t)(offsetof(T, m) + 0 * sizeof(&((T *)0)->m == (C *)0)))

#endif
