/* SPDX-License-Identifier: MIT */
#include "schemavalidate.h"

#define OFF(m, C) SLO_OPT_OFF(struct options, m, C)

#define KIND_NAME(id, name) name,
static const char *const kinds[] = { "any", SLO_KINDS(KIND_NAME) "config", NULL };
static const char *const drafts[] = { "auto", "7", "2020-12", NULL };
static const char *const inputs[] = { "auto", "json", "yaml", "ndjson", NULL };
static const char *const outputs[] = { "text", "json", "junit", "github", NULL };
static const char *const details[] = { "flag", "basic", "detailed", NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };

const struct slo_opt schemavalidate_options[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "input", .type = SLO_OPT_STR, .off = OFF(input, const char *), .metavar = "ENDPOINT", .def = "-",
	  .help = "Where no FILE is named: -, a file, unix:PATH or unix-listen:PATH." },
	{ .name = "input-format", .type = SLO_OPT_CHOICE, .off = OFF(input_format, int), .metavar = "FORMAT",
	  .choices = inputs, .def = "auto",
	  .help = "json and yaml: one document; ndjson: a record a line. auto = by the file's name (.json, .yaml, .yml, "
		  ".ndjson, .jsonl), else a document for --schema and --kind config, else ndjson." },
	{ .name = "ndjson", .type = SLO_OPT_FLAG, .off = OFF(ndjson, bool), .help = "The same as --input-format ndjson." },
	{ .type = SLO_OPT_HELP, .help = "Schema" },
	{ .name = "schema", .type = SLO_OPT_STR, .off = OFF(schema, const char *), .metavar = "FILE", .def = "",
	  .help = "Schema to use: a JSON or YAML file, or the $id of one that is known; may end in a #fragment." },
	{ .name = "kind", .type = SLO_OPT_CHOICE, .off = OFF(kind, int), .metavar = "KIND", .choices = kinds, .def = "any",
	  .help = "What the input holds; any = as the envelope of each line says." },
	{ .name = "draft", .type = SLO_OPT_CHOICE, .off = OFF(draft, int), .metavar = "DRAFT", .choices = drafts,
	  .def = "auto", .help = "Draft of a schema that has no $schema; auto = 2020-12." },
	{ .name = "store", .type = SLO_OPT_STR, .off = OFF(store, const char *), .metavar = "DIR", .def = "",
	  .help = "Schemas that may be referred to: every *.json of this folder, by its $id and file name." },
	{ .name = "assert-formats", .type = SLO_OPT_FLAG, .off = OFF(assert_formats, bool),
	  .help = "A string that does not have the format of its schema is invalid." },
	{ .name = "forward-compatible", .type = SLO_OPT_FLAG, .off = OFF(forward_compatible, bool),
	  .help = "Allow members that the schema does not know, as a newer minor version has them." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(output, int), .metavar = "FORMAT", .choices = outputs,
	  .def = "text", .help = "Form of the report." },
	{ .name = "verbose-output", .type = SLO_OPT_CHOICE, .off = OFF(detail, int), .metavar = "FORM",
	  .choices = details, .def = "basic",
	  .help = "How much of it: flag = which are invalid, basic = every failure, detailed = with --output json as a "
		  "tree, with text the place in the schema." },
	{ .name = "max-errors", .type = SLO_OPT_INT, .off = OFF(max_errors, int64_t), .metavar = "N", .def = "1000",
	  .lo = 0, .hi = 1e15, .help = "Failures to report in one run; 0 = all. The verdict counts all." },
	{ .name = "quiet", .short_name = 'q', .type = SLO_OPT_FLAG, .off = OFF(quiet, bool),
	  .help = "No summary on standard error." },
	{ .name = "color", .type = SLO_OPT_CHOICE, .off = OFF(color, int), .metavar = "WHEN", .choices = colors,
	  .def = "auto", .help = "Colours in the text form: auto = on a terminal without $NO_COLOR." },
	{ .name = "tee", .type = SLO_OPT_FLAG, .off = OFF(tee, bool),
	  .help = "Copy valid lines to standard output and drop the others; the report goes to standard error." },
	{ .name = "tee-all", .type = SLO_OPT_FLAG, .off = OFF(tee_all, bool), .help = "The same, with the invalid lines." },
	{ .type = SLO_OPT_HELP, .help = "Self check" },
	{ .name = "self", .type = SLO_OPT_FLAG, .off = OFF(self, bool),
	  .help = "Check the shipped schemas, their examples and the configuration; reads no input." },
	{ .name = "config", .type = SLO_OPT_STR, .off = OFF(config, const char *), .metavar = "FILE", .def = "",
	  .help = "Configuration for --self; config/toolkit.yaml when there is one." },
	SLO_OPT_END,
};
