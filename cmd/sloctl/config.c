/* SPDX-License-Identifier: MIT */
/* sloctl config: is the configuration right, and what is in force. */
#include "sloctl.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2 };

struct options {
	const char *config;
	bool origin;
};

/* The file of --config, or the only operand. Return: false after a message. */
static bool pick(const struct options *o, int argc, char **argv, const char **path)
{
	if (argc > 1 || (argc == 1 && o->config)) {
		slo_warn("want one configuration file");
		return false;
	}
	*path = argc == 1 ? argv[0] : o->config;
	return true;
}

/* Return: 0, or the exit status after a message: 1 for bad content, 2 for a file that cannot be read. */
static int find(struct slo_config *c, const char *path)
{
	struct slo_err err = { "", "" };
	int ret = slo_config_find(c, path, &err);

	if (!ret)
		return 0;
	slo_warn_err(&err);
	return ret == -EINVAL || ret == -E2BIG ? EXIT_FAILURE : EXIT_USAGE;
}

static int signals_of(const struct slo_config *c)
{
	int n = 0;

	for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
		n += c->signal_enabled[i];
	return n;
}

static int check(void *opts, int argc, char **argv)
{
	slo_autofree struct slo_config *c = malloc(sizeof(*c));
	const char *path;
	int status;

	if (!c || !pick(opts, argc, argv, &path))
		return EXIT_USAGE;
	status = find(c, path);
	if (status)
		return status;
	printf("%s: configuration OK: %d signals, %u objectives, %u peers\n", c->path[0] ? c->path : "built-in defaults",
	       signals_of(c), c->objectives_count, c->peers_count);
	return fflush(stdout) ? put_failed(-errno) : EXIT_SUCCESS;
}

static int print(void *opts, int argc, char **argv)
{
	const struct options *o = opts;
	slo_autofree struct slo_config *c = malloc(sizeof(*c));
	const char *path;

	if (!c || !pick(o, argc, argv, &path) || find(c, path))
		return EXIT_USAGE;
	if (slo_config_print(c, o->origin, stdout) || fflush(stdout))
		return put_failed(-errno);
	return EXIT_SUCCESS;
}

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)
#define CONFIG_OPT \
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(config, const char *), .metavar = "FILE", \
	  .help = "The file; otherwise config/toolkit.yaml or /etc/llm-slo/toolkit.yaml, or else the defaults." }

static const struct slo_opt check_opts[] = { CONFIG_OPT, SLO_OPT_END };
static const struct slo_opt print_opts[] = {
	CONFIG_OPT,
	{ .name = "origin", .type = SLO_OPT_FLAG, .off = OFF(origin, bool),
	  .help = "Say of each line where its value comes from." },
	SLO_OPT_END,
};

static const struct slo_cmd check_cmd = {
	.name = "check",
	.summary = "Says whether the configuration is right, or what is wrong with it.",
	.operands = "[FILE]",
	.opts = check_opts,
	.opts_size = sizeof(struct options),
	.run = check,
};
static const struct slo_cmd print_cmd = {
	.name = "print",
	.summary = "Prints the configuration in force, as YAML.",
	.operands = "[FILE]",
	.opts = print_opts,
	.opts_size = sizeof(struct options),
	.run = print,
};
static const struct slo_cmd *const subs[] = { &check_cmd, &print_cmd, NULL };

const struct slo_cmd config_cmd = {
	.name = "config",
	.summary = "Checks and prints toolkit.yaml.",
	.subs = subs,
};
