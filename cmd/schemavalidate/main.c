/* SPDX-License-Identifier: MIT */
/* schemavalidate: checks records, documents and configuration against their JSON Schema. */
#include "schemavalidate.h"

#include "base/log.h"

#include <unistd.h>

volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction end = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int run(void *opts, int argc, char **argv)
{
	const struct options *o = opts;
	bool from_terminal = argc == 0 && strcmp(o->input, "-") == 0 && isatty(STDIN_FILENO);

	slo_log_init("schemavalidate", false);
	catch_signals();
	if (o->self && argc == 0)
		return self_check(o);
	if (o->self || (argc && slo_opts_origin("input") == SLO_ORIGIN_FLAG)) {
		slo_warn(o->self ? "--self reads no FILE" : "want either --input or FILE operands");
		return EXIT_USAGE;
	}
	if (o->schema[0] && o->kind != KIND_ANY) {
		slo_warn("want either --schema or --kind");
		return EXIT_USAGE;
	}
	/* What the published tool did without arguments. */
	if (from_terminal && o->kind == KIND_ANY && !o->schema[0])
		return self_check(o);
	if (from_terminal) {
		slo_warn("standard input is a terminal: name a FILE or pipe records in");
		return EXIT_USAGE;
	}
	return validate(o, argc, argv);
}

int main(int argc, char **argv)
{
	static const struct slo_cmd schemavalidate = {
		.name = "schemavalidate",
		.summary = "Check records, documents or a toolkit.yaml against their JSON Schema.",
		.operands = "[FILE...]",
		.opts = schemavalidate_options,
		.opts_size = sizeof(struct options),
		.run = run,
	};

	return slo_cmd_main(&schemavalidate, argc, argv);
}
