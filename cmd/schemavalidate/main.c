/* SPDX-License-Identifier: MIT */
/* schemavalidate: checks records and configuration against their JSON Schema. */
#include "opt/opt.h"
#include "event/enum.h"

struct options {
	const char *input; /* endpoint */
	const char *schema;
	int kind; /* index into kinds */
};

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

#define KIND_NAME(id, name) name,
static const char *const kinds[] = { "any", SLO_KINDS(KIND_NAME) "config", NULL };

static const struct slo_opt opts[] = {
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT",
	  .def = "-",
	  .help = "Records, NDJSON, or one document: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "schema", .type = SLO_OPT_STR, .off = OFF(schema, const char *), .metavar = "FILE",
	  .help = "Schema to use in place of the one belonging to the kind." },
	{ .name = "kind", .type = SLO_OPT_CHOICE, .off = OFF(kind, int), .metavar = "KIND", .def = "any",
	  .choices = kinds,
	  .help = "What the input holds; any = as the envelope of each line says." },
	SLO_OPT_END,
};

static const struct slo_cmd schemavalidate = {
	.name = "schemavalidate",
	.summary = "Check records, or a toolkit.yaml, against their JSON Schema.",
	.opts = opts,
	.opts_size = sizeof(struct options),
	.not_built = "it will compile the schema, check every record of the input against it, name line, member and "
	             "reason of what does not fit, and exit 1 when anything did not.",
};

int main(int argc, char **argv)
{
	return slo_cmd_main(&schemavalidate, argc, argv);
}
