/* SPDX-License-Identifier: MIT */
#include "opt/opt.h"

#include <check.h>
#include <stdlib.h>

enum { WIDEST = 98 };

static const char *const formats[] = { "text", "json", "otlp", NULL };
static const char *const unbuilt[] = { "otlp", NULL };
static const char *const modes[] = { "bayes", "rule", NULL };

static const struct slo_opt opts[] = {
	{ .type = SLO_OPT_HELP, .help = "Input" },
	{ .name = "input", .short_name = 'i', .type = SLO_OPT_STR, .metavar = "ENDPOINT", .def = "-",
	  .help = "Where records come from: -, a file, unix:PATH (connect) or unix-listen:PATH (wait)." },
	{ .name = "wait-ms", .type = SLO_OPT_DURATION, .metavar = "MS", .def = "1000", .help = "Patience." },
	{ .type = SLO_OPT_HELP, .help = "Output" },
	{ .name = "output", .type = SLO_OPT_CHOICE, .def = "text", .choices = formats, .choices_not_built = unbuilt,
	  .help = "Form of the output." },
	{ .name = "attribution-mode-long", .type = SLO_OPT_CHOICE, .def = "bayes", .choices = modes, .help = "Mode." },
	{ .name = "scenarios", .type = SLO_OPT_STR, .metavar = "LIST", .help = "What to run.",
	  .def = "dns_latency,cpu_throttle,provider_throttle,memory_pressure,network_partition,mixed,mixed_multi" },
	{ .name = "quiet", .type = SLO_OPT_FLAG, .def = "false", .help = "Say less." },
	{ .name = "fail-open", .type = SLO_OPT_FLAG, .def = "true", .help = "Let pass." },
	{ .name = "watch", .type = SLO_OPT_LIST, .metavar = "PORT", .help = "Port to watch." },
	{ .name = "hook", .type = SLO_OPT_STR, .flags = SLO_OPT_NOT_BUILT, .help = "Call it." },
	{ .name = "hello", .type = SLO_OPT_FLAG, .flags = SLO_OPT_OBSOLETE, .help = "Was a tracer." },
	{ .name = "secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET, .help = "Must not be seen." },
	SLO_OPT_END,
};

static const struct slo_cmd sub = { .name = "check", .summary = "Check it." };
static const struct slo_cmd later = { .name = "later-on", .summary = "Later.", .not_built = "x" };
static const struct slo_cmd *const subs[] = { &sub, &later, NULL };
static const struct slo_cmd tool = {
	.name = "tool", .summary = "Do a thing.", .operands = "[FILE...]", .opts = opts, .subs = subs,
	.epilog = "Environment:\n  X  is a variable",
};

static const char *const page[] = {
	"Usage: tool [OPTION...] [FILE...]",
	"       tool COMMAND [OPTION...]",
	"",
	"Do a thing.",
	"",
	"Commands:",
	"  check     Check it.",
	"  later-on  Not built yet.",
	"",
	"Input:",
	"  -i, --input ENDPOINT     Where records come from: -, a file, unix:PATH (connect) or",
	"                           unix-listen:PATH (wait). [default: -] [env: LLM_SLO_INPUT]",
	"  --wait-ms MS             Patience. [default: 1000] [env: LLM_SLO_WAIT_MS]",
	"",
	"Output:",
	"  --output text|json|otlp  Form of the output. [one of: text, json, otlp (not built yet)]",
	"                           [default: text] [env: LLM_SLO_OUTPUT]",
	"  --attribution-mode-long bayes|rule",
	"                           Mode. [default: bayes] [env: LLM_SLO_ATTRIBUTION_MODE_LONG]",
	"  --scenarios LIST         What to run. [default:",
	"                           dns_latency,cpu_throttle,provider_throttle,memory_pressure,",
	"                           network_partition,mixed,mixed_multi] [env: LLM_SLO_SCENARIOS]",
	"  --quiet                  Say less. [env: LLM_SLO_QUIET]",
	"  --fail-open              Let pass. [default: true] [env: LLM_SLO_FAIL_OPEN]",
	"  --watch PORT             Port to watch. [may be repeated] [env: LLM_SLO_WATCH]",
	"  --hook TEXT              Call it. [not built yet] [env: LLM_SLO_HOOK]",
	"  --hello                  Was a tracer. [obsolete, ignored]",
	"",
	"  -h, --help               Print this page.",
	"  --version                Print the version.",
	"",
	"Exit status:",
	"  0  yes, or done",
	"  1  the answer is no, or the data is bad",
	"  2  wrong usage or configuration",
	"  3  inconclusive (gates only)",
	"  4  a backend failed",
	"",
	"Environment:",
	"  X  is a variable",
};

static char *help_of(const struct slo_cmd *cmd)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	slo_opts_help(f, cmd, cmd->name);
	fclose(f);
	return text;
}

START_TEST(the_page_is_laid_out_in_columns)
{
	char *text = help_of(&tool), *rest = text, *line;

	for (size_t i = 0; i < SLO_ARRAY_LEN(page); i++) {
		line = strsep(&rest, "\n");
		ck_assert_ptr_nonnull(line);
		ck_assert_str_eq(line, page[i]);
	}
	ck_assert_str_eq(rest, "");
	free(text);
}
END_TEST

START_TEST(no_line_is_wider_than_the_page)
{
	static char words[2000], list[500];
	static const struct slo_opt long_opts[] = {
		{ .name = "name", .type = SLO_OPT_STR, .metavar = "NAME", .def = list, .help = words },
		SLO_OPT_END,
	};
	static const struct slo_cmd wide = { .name = "wide", .summary = words, .opts = long_opts, .not_built = words };
	char *text, *rest, *line;
	size_t widest = 0;

	/* Ten ways for the commas to fall, so that one of them falls just behind the edge. */
	for (size_t i = 0; i < sizeof(words) - 1; i++)
		words[i] = i % 7 == 6 || i % 11 == 10 ? ' ' : 'w';
	for (size_t i = 0; i < sizeof(list) - 1; i++)
		list[i] = (i + (size_t)_i) % 10 == 9 ? ',' : 'd';
	text = rest = help_of(&wide);
	while ((line = strsep(&rest, "\n")) != NULL) {
		ck_assert_msg(strlen(line) <= WIDEST, "%zu columns: %s", strlen(line), line);
		widest = strlen(line) > widest ? strlen(line) : widest;
	}
	ck_assert_uint_gt(widest, WIDEST - 10);
	free(text);
}
END_TEST

START_TEST(a_command_without_a_table_has_a_page)
{
	char *text = help_of(&sub);

	ck_assert_ptr_eq(strstr(text, "Usage: check [OPTION...]\n\nCheck it.\n\nOptions:\n  -h, --help"), text);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opt/help");
	TCase *t = tcase_create("help");
	SRunner *r;
	int failed;

	tcase_add_test(t, the_page_is_laid_out_in_columns);
	tcase_add_loop_test(t, no_line_is_wider_than_the_page, 0, 10);
	tcase_add_test(t, a_command_without_a_table_has_a_page);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
