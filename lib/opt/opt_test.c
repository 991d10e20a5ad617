/* SPDX-License-Identifier: MIT */
/* A whole tool, with nested commands, as its user sees it: exit status, stdout, stderr. */
#include "opt/opt.h"

#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/version.h"

struct values {
	int64_t count, timeout_ns;
	bool hello;
	const char *name;
};

#define OFF(m, C) SLO_OPT_OFF(struct values, m, C)

static const struct slo_opt opts[] = {
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "3", .lo = 1,
	  .hi = 9, .help = "Rounds." },
	{ .name = "name", .type = SLO_OPT_STR, .off = OFF(name, const char *), .help = "A name." },
	{ .name = "hello-tracer", .type = SLO_OPT_FLAG, .flags = SLO_OPT_OBSOLETE, .help = "Nothing." },
	{ .name = "key", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET, .help = "Hidden." },
	{ .name = "key-file", .type = SLO_OPT_STR, .off = OFF(name, const char *), .help = "Key." },
	SLO_OPT_END,
};

static int run_check(void *options, int argc, char **argv)
{
	const struct values *v = options;

	printf("count %d operands %d %s\n", (int)v->count, argc, argc ? argv[0] : "");
	return 7;
}

static const struct slo_cmd check = {
	.name = "check", .summary = "Check it.", .operands = "[FILE...]", .opts = opts,
	.opts_size = sizeof(struct values), .run = run_check,
};
static const struct slo_cmd later = { .name = "later", .summary = "Later.", .not_built = "it will come." };
static const struct slo_cmd *const gate_subs[] = { &check, &later, NULL };
static const struct slo_cmd gate = { .name = "gate", .summary = "Gates.", .subs = gate_subs };
static const struct slo_cmd *const root_subs[] = { &gate, NULL };
static const struct slo_cmd root = { .name = "tool", .summary = "A tool.", .subs = root_subs, .epilog = "The end." };

static char out[8192], errors[8192];

static void slurp(FILE *f, char *to, size_t size)
{
	size_t n;

	rewind(f);
	n = fread(to, 1, size - 1, f);
	to[n] = '\0';
	fclose(f);
}

/* Run @tool with the words of @text; fills out and errors. Return: the exit status. */
static int call(const struct slo_cmd *tool, const char *text)
{
	char line[512], *rest = line, *argv[32] = { NULL };
	FILE *to[2] = { tmpfile(), tmpfile() };
	int saved[2] = { dup(1), dup(2) }, argc = 0, status;

	ck_assert(to[0] && to[1]);
	snprintf(line, sizeof(line), "%s %s", tool->name, text);
	for (char *w; (w = strsep(&rest, " ")) != NULL;) {
		if (*w)
			argv[argc++] = w;
	}
	fflush(NULL);
	for (int i = 0; i < 2; i++)
		dup2(fileno(to[i]), i + 1);
	status = slo_cmd_main(tool, argc, argv);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i + 1);
		close(saved[i]);
	}
	slurp(to[0], out, sizeof(out));
	slurp(to[1], errors, sizeof(errors));
	return status;
}

static const struct line {
	const struct slo_cmd *tool;
	const char *args;
	int status;
	const char *out, *errors; /* whole text; NULL = not looked at */
} lines[] = {
	{ &root, "gate check", 7, "count 3 operands 0 \n", "" },
	{ &root, "gate check a --count 4 b", 7, "count 4 operands 2 a\n", "" },
	{ &root, "gate check -- --count", 7, "count 3 operands 1 --count\n", "" },
	{ &root, "gate later", 2, "", "tool: not built yet: it will come.\n" },
	{ &root, "gate later --bad", 2, "", "tool: unknown option --bad\nTry 'tool gate later --help'.\n" },
	{ &root, "gate chekc", 2, "",
	  "tool: unknown command 'chekc' (did you mean check?)\nTry 'tool gate --help'.\n" },
	{ &root, "zebra", 2, "", "tool: unknown command 'zebra'\nTry 'tool --help'.\n" },
	{ &root, "hlep", 2, "", "tool: unknown command 'hlep' (did you mean help?)\nTry 'tool --help'.\n" },
	{ &root, "help zebra", 2, "", "tool: unknown command 'zebra'\nTry 'tool --help'.\n" },
	{ &root, "gate check --coutn 5", 2, "",
	  "tool: unknown option --coutn (did you mean --count?)\nTry 'tool gate check --help'.\n" },
	{ &root, "gate check --count", 2, "",
	  "tool: --count needs a value\nTry 'tool gate check --help'.\n" },
	{ &root, "gate check --count 12", 2, "", "tool: --count: '12' is out of range: 1 to 9\n" },
	{ &root, "gate check --key s3", 2, "",
	  "tool: --key: secrets do not belong on the command line: use --key-file\n" },
	{ &root, "gate check --hello-tracer --hello-tracer", 7, "count 3 operands 0 \n",
	  "tool: --hello-tracer is obsolete and does nothing\n" },
	{ &root, "--gate", 2, "", "tool: unknown option --gate\nTry 'tool --help'.\n" },
	{ &check, "version x", 7, "count 3 operands 2 version\n", "" },
	{ &check, "help", 7, "count 3 operands 1 help\n", "" },
	{ &later, "x", 2, "", "later: unexpected argument 'x'\nTry 'later --help'.\n" },
	{ &later, "", 2, "", "later: not built yet: it will come.\n" },
};

START_TEST(a_command_line_has_its_answer)
{
	const struct line *l = &lines[_i];

	ck_assert_int_eq(call(l->tool, l->args), l->status);
	ck_assert_str_eq(out, l->out);
	ck_assert_str_eq(errors, l->errors);
}
END_TEST

START_TEST(version_is_one_line_on_stdout)
{
	static const char *const spellings[] = { "version", "--version", "-version", "gate check --version" };
	char want[64];

	snprintf(want, sizeof(want), "tool (llm-slo) %s\n", slo_version());
	for (size_t i = 0; i < SLO_ARRAY_LEN(spellings); i++) {
		ck_assert_int_eq(call(&root, spellings[i]), 0);
		ck_assert_str_eq(out, want);
		ck_assert_str_eq(errors, "");
	}
}
END_TEST

START_TEST(help_goes_to_stdout_whatever_its_spelling)
{
	static const char *const spellings[] = { "help gate check", "gate help check", "gate check --help",
						 "gate check -h", "gate check x -help" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(spellings); i++) {
		ck_assert_int_eq(call(&root, spellings[i]), 0);
		ck_assert_ptr_eq(strstr(out, "Usage: tool gate check [OPTION...] [FILE...]\n"), out);
		ck_assert_str_eq(errors, "");
	}
	ck_assert_int_eq(call(&root, "help"), 0);
	ck_assert_ptr_eq(strstr(out, "Usage: tool [OPTION...]\n"), out);
	ck_assert_int_eq(call(&later, "help"), 0);
	ck_assert_ptr_nonnull(strstr(out, "Not built yet: it will come."));
}
END_TEST

START_TEST(a_command_that_needs_another_prints_its_usage_on_stderr)
{
	ck_assert_int_eq(call(&root, ""), 2);
	ck_assert_str_eq(out, "");
	ck_assert_ptr_eq(strstr(errors, "Usage: tool [OPTION...]\n       tool COMMAND [OPTION...]\n"), errors);
	ck_assert_ptr_nonnull(strstr(errors, "\nThe end.\n"));
	ck_assert_int_eq(call(&root, "gate"), 2);
	ck_assert_ptr_eq(strstr(errors, "Usage: tool gate [OPTION...]\n"), errors);
}
END_TEST

START_TEST(variables_of_the_process_are_read)
{
	setenv("LLM_SLO_COUNT", "8", 1);
	ck_assert_int_eq(call(&check, ""), 7);
	ck_assert_str_eq(out, "count 8 operands 0 \n");
	setenv("LLM_SLO_COUNT", "80", 1);
	ck_assert_int_eq(call(&check, ""), 2);
	ck_assert_str_eq(errors, "check: LLM_SLO_COUNT: '80' is out of range: 1 to 9\n");
}
END_TEST

START_TEST(no_arguments_at_all_are_survived)
{
	char *argv[] = { NULL };

	ck_assert_int_eq(slo_cmd_main(&later, 0, argv), 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opt/opt");
	TCase *t = tcase_create("opt");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, a_command_line_has_its_answer, 0, (int)SLO_ARRAY_LEN(lines));
	tcase_add_test(t, version_is_one_line_on_stdout);
	tcase_add_test(t, help_goes_to_stdout_whatever_its_spelling);
	tcase_add_test(t, a_command_that_needs_another_prints_its_usage_on_stderr);
	tcase_add_test(t, variables_of_the_process_are_read);
	tcase_add_test(t, no_arguments_at_all_are_survived);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
