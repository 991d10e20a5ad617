/* SPDX-License-Identifier: MIT */
#include "opt/internal.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/version.h"

#include <errno.h>
#include <stdlib.h>

enum {
	EXIT_USAGE = 2,
	PATH_MAX_BYTES = 128, /* "sloctl cdgate check" */
	SUBS_MAX = 64,	      /* subcommands of one command */
};

/* A command line on its way to the command that runs it. */
struct call {
	const struct slo_cmd *cmd;
	char path[PATH_MAX_BYTES];
	int argc; /* of what follows the command's name */
	char **argv;
	bool help; /* "tool help sub" */
};

static const char *from_environment(const char *name)
{
	return getenv(name);
}

static int try_help(const char *path)
{
	fprintf(stderr, "Try '%s --help'.\n", path);
	return EXIT_USAGE;
}

/* Everything asked for was printed, or the exit status says that it was not. */
static int flushed(FILE *f)
{
	if (fflush(f) == 0 && !ferror(f))
		return EXIT_SUCCESS;
	slo_warn("standard output: %s", slo_strerror(-errno));
	return EXIT_FAILURE;
}

static int print_version(const struct slo_cmd *tool)
{
	printf("%s (llm-slo) %s\n", tool->name, slo_version());
	return flushed(stdout);
}

static int print_help(const struct call *c)
{
	slo_opts_help(stdout, c->cmd, c->path);
	return flushed(stdout);
}

static const struct slo_cmd *find_sub(const struct slo_cmd *cmd, const char *name)
{
	for (size_t i = 0; cmd->subs[i]; i++) {
		if (strcmp(cmd->subs[i]->name, name) == 0)
			return cmd->subs[i];
	}
	return NULL;
}

static int unknown_command(const struct call *c)
{
	const char *names[SUBS_MAX + 1], *near;
	size_t n = 0;

	while (n < SUBS_MAX && c->cmd->subs[n]) {
		names[n] = c->cmd->subs[n]->name;
		n++;
	}
	names[n++] = "help";
	near = slo_nearest(c->argv[0], names, n);
	if (near)
		slo_warn("unknown command '%.80s' (did you mean %s?)", c->argv[0], near);
	else
		slo_warn("unknown command '%.80s'", c->argv[0]);
	return try_help(c->path);
}

/* Walk down the subcommands that argv names. Return: 0, or the exit status of an unknown one. */
static int descend(struct call *c)
{
	while (c->cmd->subs && c->argc > 0 && c->argv[0][0] != '-') {
		const struct slo_cmd *sub = find_sub(c->cmd, c->argv[0]);
		size_t len = strlen(c->path);

		if (sub) {
			snprintf(c->path + len, sizeof(c->path) - len, " %s", sub->name);
			c->cmd = sub;
		} else if (!c->help && strcmp(c->argv[0], "help") == 0) {
			c->help = true;
		} else {
			return unknown_command(c);
		}
		c->argc--;
		c->argv++;
	}
	return 0;
}

static void warn_obsolete(const struct opt_parse *p)
{
	for (size_t i = 0; p->cmd->opts && !slo_opt_is_end(&p->cmd->opts[i]); i++) {
		if (p->obsolete[i])
			slo_warn("--%s is obsolete and does nothing", p->cmd->opts[i].name);
	}
}

static int run(const struct call *c, void *opts, int used)
{
	if (c->cmd->not_built) {
		slo_warn("not built yet: %s", c->cmd->not_built);
		return EXIT_USAGE;
	}
	if (!c->cmd->run) {
		slo_opts_help(stderr, c->cmd, c->path);
		return EXIT_USAGE;
	}
	return c->cmd->run(opts, c->argc - used, c->argv + used);
}

int slo_cmd_main(const struct slo_cmd *tool, int argc, char **argv)
{
	struct call c = { .cmd = tool, .argc = argc > 0 ? argc - 1 : 0, .argv = argv + (argc > 0) };
	struct slo_err err = { "", "" };
	struct opt_parse p = { .env = from_environment, .err = &err };
	slo_autofree void *opts = NULL;
	int used, r;

	slo_log_init(tool->name, false);
	snprintf(c.path, sizeof(c.path), "%s", tool->name);
	if (c.argc == 1 && strcmp(c.argv[0], "version") == 0)
		return print_version(tool);
	r = descend(&c);
	if (r)
		return r;
	if (c.help || (c.argc == 1 && !c.cmd->operands && strcmp(c.argv[0], "help") == 0))
		return print_help(&c);
	opts = calloc(1, c.cmd->opts_size + 1);
	if (!opts) {
		slo_warn("out of memory");
		return EXIT_FAILURE;
	}
	p.cmd = c.cmd;
	p.out = opts;
	r = opt_parse(&p, c.argc, c.argv, &used);
	if (p.help)
		return print_help(&c);
	if (p.version)
		return print_version(tool);
	if (r) {
		slo_warn_err(&err);
		return p.usage ? try_help(c.path) : EXIT_USAGE;
	}
	warn_obsolete(&p);
	return run(&c, opts, used);
}
