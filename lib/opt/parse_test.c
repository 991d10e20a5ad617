/* SPDX-License-Identifier: MIT */
#include "opt/opt.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct values {
	bool quiet, open, unbuilt_flag;
	const char *name, *empty, *file, *unbuilt;
	int64_t count, any, wait_ns;
	double ratio, least;
	int format, fold;
	struct slo_opt_list watch;
};

#define OFF(m, C) SLO_OPT_OFF(struct values, m, C)

static const char *const formats[] = { "text", "json", "otlp", NULL };
static const char *const unbuilt_formats[] = { "otlp", NULL };
static const char *const kinds[] = { "slo", "probe", "both", NULL };

static const struct slo_opt opts[] = {
	{ .type = SLO_OPT_HELP, .help = "Heading" },
	{ .name = "quiet", .short_name = 'q', .type = SLO_OPT_FLAG, .off = OFF(quiet, bool) },
	{ .name = "fail-open", .short_name = 'o', .type = SLO_OPT_FLAG, .off = OFF(open, bool), .def = "true" },
	{ .name = "name", .short_name = 'n', .type = SLO_OPT_STR, .off = OFF(name, const char *), .def = "local" },
	{ .name = "empty", .type = SLO_OPT_STR, .off = OFF(empty, const char *) },
	{ .name = "count", .short_name = 'c', .type = SLO_OPT_INT, .off = OFF(count, int64_t), .def = "30", .lo = 1,
	  .hi = 100 },
	{ .name = "any", .type = SLO_OPT_INT, .off = OFF(any, int64_t) },
	{ .name = "wait-ms", .type = SLO_OPT_DURATION, .off = OFF(wait_ns, int64_t), .def = "1000", .lo = 1,
	  .hi = 60000, .unit_ns = 1000000 },
	{ .name = "ratio", .type = SLO_OPT_NUM, .off = OFF(ratio, double), .def = "0.5", .lo = 0, .hi = 1 },
	{ .name = "least", .type = SLO_OPT_NUM, .off = OFF(least, double), .lo = 2, .hi = INFINITY },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(format, int), .def = "json", .choices = formats,
	  .choices_not_built = unbuilt_formats },
	{ .name = "event-kind", .type = SLO_OPT_CHOICE, .off = OFF(fold, int), .def = "probe", .choices = kinds,
	  .flags = SLO_OPT_FOLD },
	{ .name = "watch", .type = SLO_OPT_LIST, .off = OFF(watch, struct slo_opt_list), .def = "8000" },
	{ .name = "hello", .type = SLO_OPT_STR, .flags = SLO_OPT_OBSOLETE, .def = "x" },
	{ .name = "hook", .type = SLO_OPT_STR, .off = OFF(unbuilt, const char *), .flags = SLO_OPT_NOT_BUILT },
	{ .name = "strict", .type = SLO_OPT_FLAG, .off = OFF(unbuilt_flag, bool), .flags = SLO_OPT_NOT_BUILT },
	{ .name = "webhook-secret", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET },
	{ .name = "webhook-secret-file", .type = SLO_OPT_STR, .off = OFF(file, const char *) },
	SLO_OPT_END,
};

static const struct slo_cmd with_operands = {
	.name = "t", .summary = "s", .operands = "[FILE...]", .opts = opts, .opts_size = sizeof(struct values),
};
static const struct slo_cmd without_operands = {
	.name = "t", .summary = "s", .opts = opts, .opts_size = sizeof(struct values),
};

enum { ARGS_MAX = 80 };

static struct values v;
static struct slo_err err;
static char line[4096];
static char *args[ARGS_MAX];
static int n_args, used;

/* Parse the words of @text ("''" is an empty word); results in v, err, args, used. */
static int parse_env(const struct slo_cmd *cmd, const char *text, const char *(*env)(const char *))
{
	char *rest = line;

	ck_assert_uint_lt(strlen(text), sizeof(line));
	memcpy(line, text, strlen(text) + 1);
	n_args = 0;
	for (char *w; (w = strsep(&rest, " ")) != NULL;) {
		if (!*w)
			continue;
		ck_assert_int_lt(n_args, ARGS_MAX);
		if (strcmp(w, "''") == 0)
			*w = '\0';
		args[n_args++] = w;
	}
	err = (struct slo_err){ "", "" };
	return slo_opts_parse(cmd, n_args, args, env, &v, &used, &err);
}

static int parse(const char *text)
{
	return parse_env(&with_operands, text, NULL);
}

static const char *message(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s%s%s", err.where, err.where[0] ? ": " : "", err.what);
	return text;
}

START_TEST(absent_options_have_their_defaults)
{
	memset(&v, 0x55, sizeof(v));
	ck_assert_int_eq(parse(""), 0);
	ck_assert(!v.quiet);
	ck_assert(v.open);
	ck_assert_str_eq(v.name, "local");
	ck_assert_ptr_null(v.empty);
	ck_assert_int_eq(v.count, 30);
	ck_assert_int_eq(v.any, 0);
	ck_assert_int_eq(v.wait_ns, 1000000000);
	ck_assert_double_eq(v.ratio, 0.5);
	ck_assert_int_eq(v.format, 1);
	ck_assert_int_eq(v.fold, 1);
	ck_assert_uint_eq(v.watch.count, 1);
	ck_assert_str_eq(v.watch.items[0], "8000");
	ck_assert_int_eq(used, 0);
}
END_TEST

static const struct good {
	const char *args;
	int64_t count;
	const char *name;
	bool quiet, open;
} good[] = {
	{ "--count 5", 5, "local", false, true },
	{ "--count=5", 5, "local", false, true },
	{ "-count 5", 5, "local", false, true },
	{ "-count=5", 5, "local", false, true },
	{ "-c5", 5, "local", false, true },
	{ "-c 5", 5, "local", false, true },
	{ "--count 5 --count 6", 6, "local", false, true },
	{ "--name=", 30, "", false, true },
	{ "--name ''", 30, "", false, true },
	{ "--name=a=b", 30, "a=b", false, true },
	{ "--name -", 30, "-", false, true },
	{ "--name -x", 30, "-x", false, true },
	{ "--name --", 30, "--", false, true },
	{ "--name --stranger", 30, "--stranger", false, true },
	{ "--name=--count", 30, "--count", false, true },
	{ "--quiet", 30, "local", true, true },
	{ "-quiet", 30, "local", true, true },
	{ "-q", 30, "local", true, true },
	{ "--quiet=true", 30, "local", true, true },
	{ "--quiet=T", 30, "local", true, true },
	{ "--quiet=1", 30, "local", true, true },
	{ "--quiet --quiet=false", 30, "local", false, true },
	{ "--fail-open=false", 30, "local", false, false },
	{ "-fail-open=F", 30, "local", false, false },
	{ "--fail-open=0", 30, "local", false, false },
	{ "--no-fail-open", 30, "local", false, false },
	{ "-no-fail-open", 30, "local", false, false },
	{ "--no-fail-open --fail-open", 30, "local", false, true },
	{ "-qc7", 7, "local", true, true },
	{ "-qnx", 30, "x", true, true },
	{ "-qc 8", 8, "local", true, true },
};

START_TEST(accepts_every_spelling_of_an_option)
{
	const struct good *g = &good[_i];

	ck_assert_msg(parse(g->args) == 0, "%s: %s", g->args, message());
	ck_assert_int_eq(v.count, g->count);
	ck_assert_str_eq(v.name, g->name);
	ck_assert_int_eq(v.quiet, g->quiet);
	ck_assert_int_eq(v.open, g->open);
	ck_assert_int_eq(used, n_args);
}
END_TEST

static const struct bad {
	const char *args, *message;
} bad[] = {
	{ "--coutn 5", "unknown option --coutn (did you mean --count?)" },
	{ "--coutn=5", "unknown option --coutn (did you mean --count?)" },
	{ "-coutn=5", "unknown option -coutn (did you mean --count?)" },
	{ "-naem=x", "unknown option -naem (did you mean --name?)" },
	{ "--no-fial-open", "unknown option --no-fial-open (did you mean --no-fail-open?)" },
	{ "--versoin", "unknown option --versoin (did you mean --version?)" },
	{ "--zzzzzzz", "unknown option --zzzzzzz" },
	{ "--webhook-secrets", "unknown option --webhook-secrets (did you mean --webhook-secret-file?)" },
	{ "-z", "unknown option -z" },
	{ "-5", "unknown option -5" },
	{ "-qz", "unknown option -qz" },
	{ "--=5", "unknown option --" },
	{ "--no-count", "unknown option --no-count" },
	{ "--no-quiet=true", "--no-quiet takes no value" },
	{ "--count", "--count needs a value" },
	{ "-c", "--count needs a value" },
	{ "--name --count 5", "--name needs a value, but option --count follows (--name=VALUE takes any text)" },
	{ "--name --count=5", "--name needs a value, but option --count=5 follows (--name=VALUE takes any text)" },
	{ "--count=", "--count: '' is not a whole number" },
	{ "--count=1.5", "--count: '1.5' is not a whole number" },
	{ "--count 0", "--count: '0' is out of range: 1 to 100" },
	{ "--count -3", "--count: '-3' is out of range: 1 to 100" },
	{ "--count 101", "--count: '101' is out of range: 1 to 100" },
	{ "--any 9223372036854775808", "--any: '9223372036854775808' does not fit into 64 bits" },
	{ "--ratio x", "--ratio: 'x' is not a number" },
	{ "--ratio NaN", "--ratio: 'NaN' is not a number" },
	{ "--ratio 1.01", "--ratio: '1.01' is out of range: 0 to 1" },
	{ "--least 1", "--least: '1' is out of range: at least 2" },
	{ "--least 1e999", "--least: '1e999' is beyond the largest number" },
	{ "--wait-ms 0", "--wait-ms: '0' is out of range: 1 to 60000 ms" },
	{ "--wait-ms 61s", "--wait-ms: '61s' is out of range: 1 to 60000 ms" },
	{ "--wait-ms 5x", "--wait-ms: '5x' is not a duration such as 1500ms, 2s or 5m (a bare number counts ms)" },
	{ "--wait-ms -5", "--wait-ms: '-5' is not a duration such as 1500ms, 2s or 5m (a bare number counts ms)" },
	{ "--output xml", "--output: 'xml' is not one of text, json, otlp" },
	{ "--output JSON", "--output: 'JSON' is not one of text, json, otlp" },
	{ "--output otlp", "--output=otlp is not built yet" },
	{ "--event-kind all", "--event-kind: 'all' is not one of slo, probe, both" },
	{ "--quiet=maybe", "--quiet: 'maybe' is neither true nor false" },
	{ "--hook http://x", "--hook is not built yet" },
	{ "--strict", "--strict is not built yet" },
	{ "--webhook-secret s3",
	  "--webhook-secret: secrets do not belong on the command line: use --webhook-secret-file" },
	{ "-webhook-secret=s3",
	  "--webhook-secret: secrets do not belong on the command line: use --webhook-secret-file" },
};

START_TEST(says_what_is_wrong_with_an_option)
{
	ck_assert_int_eq(parse(bad[_i].args), -EINVAL);
	ck_assert_str_eq(message(), bad[_i].message);
}
END_TEST

START_TEST(whole_range_and_its_ends_are_accepted)
{
	ck_assert_int_eq(parse("--count 1 --ratio 1 --wait-ms 60s --least 1e300 --any -9223372036854775808"), 0);
	ck_assert_int_eq(v.count, 1);
	ck_assert_double_eq(v.ratio, 1);
	ck_assert_int_eq(v.wait_ns, INT64_C(60000000000));
	ck_assert_double_eq(v.least, 1e300);
	ck_assert(v.any == INT64_MIN);
	ck_assert_int_eq(parse("--count 100 --ratio .25 --wait-ms 1"), 0);
	ck_assert_int_eq(v.count, 100);
	ck_assert_double_eq(v.ratio, 0.25);
	ck_assert_int_eq(v.wait_ns, 1000000);
}
END_TEST

START_TEST(folded_choice_ignores_case_and_blanks)
{
	char word[] = "--event-kind= BOTH\t";
	char *one[] = { word };

	ck_assert_int_eq(slo_opts_parse(&with_operands, 1, one, NULL, &v, &used, &err), 0);
	ck_assert_int_eq(v.fold, 2);
}
END_TEST

START_TEST(options_and_operands_may_be_mixed)
{
	ck_assert_int_eq(parse("a --count 5 b - -q c -- --name d"), 0);
	ck_assert_int_eq(v.count, 5);
	ck_assert(v.quiet);
	ck_assert_str_eq(v.name, "local");
	ck_assert_int_eq(used, 4);
	ck_assert_int_eq(n_args - used, 6);
	ck_assert_str_eq(args[4], "a");
	ck_assert_str_eq(args[5], "b");
	ck_assert_str_eq(args[6], "-");
	ck_assert_str_eq(args[7], "c");
	ck_assert_str_eq(args[8], "--name");
	ck_assert_str_eq(args[9], "d");
}
END_TEST

START_TEST(refuses_operands_where_there_are_none)
{
	ck_assert_int_eq(parse_env(&without_operands, "--count 5 x", NULL), -EINVAL);
	ck_assert_str_eq(message(), "unexpected argument 'x'");
	ck_assert_int_eq(parse_env(&without_operands, "--quiet false", NULL), -EINVAL);
	ck_assert_str_eq(message(), "unexpected argument 'false' (a flag is set with --flag=false)");
	ck_assert_int_eq(parse_env(&without_operands, "--count 5 --", NULL), 0);
}
END_TEST

START_TEST(help_and_version_are_found_among_options)
{
	static const char *const lines[] = { "-h",        "--help",    "-help",      "--count 5 --help", "-qh",
					     "--version", "-version", "x --version", "--help --stranger" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(lines); i++)
		ck_assert_msg(parse(lines[i]) == 1, "%s", lines[i]);
	ck_assert_int_eq(parse("--name=--help"), 0);
	ck_assert_int_eq(parse("-- --help"), 0);
	ck_assert_int_eq(parse("--stranger --help"), -EINVAL);
}
END_TEST

START_TEST(list_gathers_and_replaces_its_default)
{
	ck_assert_int_eq(parse("--watch 1 --watch=2,3 -watch 4"), 0);
	ck_assert_uint_eq(v.watch.count, 3);
	ck_assert_str_eq(v.watch.items[0], "1");
	ck_assert_str_eq(v.watch.items[1], "2,3");
	ck_assert_str_eq(v.watch.items[2], "4");
}
END_TEST

START_TEST(list_is_bounded)
{
	char word[] = "--watch=x";
	char *many[SLO_OPT_LIST_MAX + 1];

	for (size_t i = 0; i < SLO_ARRAY_LEN(many); i++)
		many[i] = word;
	ck_assert_int_eq(slo_opts_parse(&with_operands, SLO_OPT_LIST_MAX, many, NULL, &v, &used, &err), 0);
	ck_assert_uint_eq(v.watch.count, SLO_OPT_LIST_MAX);
	ck_assert_int_eq(slo_opts_parse(&with_operands, SLO_OPT_LIST_MAX + 1, many, NULL, &v, &used, &err), -EINVAL);
	ck_assert_str_eq(message(), "--watch: given more than 64 times");
}
END_TEST

START_TEST(what_is_not_there_may_be_switched_off)
{
	ck_assert_int_eq(parse("--strict=false --no-strict --hello y"), 0);
	ck_assert(!v.unbuilt_flag);
	ck_assert(!v.quiet);
}
END_TEST

static const char *some_env(const char *name)
{
	static const char *const table[][2] = {
		{ "LLM_SLO_COUNT", "7" },    { "LLM_SLO_FAIL_OPEN", "false" }, { "LLM_SLO_WAIT_MS", "2s" },
		{ "LLM_SLO_NAME", "from" },  { "LLM_SLO_RATIO", "" },          { "LLM_SLO_WATCH", "9" },
		{ "LLM_SLO_EVENT_KIND", " Slo" }, { "NAME", "wrong" },         { "LLM_SLO_HELP", "1" },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(table); i++) {
		if (strcmp(table[i][0], name) == 0)
			return table[i][1];
	}
	return NULL;
}

START_TEST(environment_stands_between_default_and_flag)
{
	ck_assert_int_eq(parse_env(&with_operands, "--count 8", some_env), 0);
	ck_assert_int_eq(v.count, 8);
	ck_assert(!v.open);
	ck_assert_int_eq(v.wait_ns, INT64_C(2000000000));
	ck_assert_str_eq(v.name, "from");
	ck_assert_double_eq(v.ratio, 0.5);
	ck_assert_int_eq(v.fold, 0);
	ck_assert_uint_eq(v.watch.count, 1);
	ck_assert_str_eq(v.watch.items[0], "9");
	ck_assert_int_eq(slo_opts_origin("count"), SLO_ORIGIN_FLAG);
	ck_assert_int_eq(slo_opts_origin("name"), SLO_ORIGIN_ENV);
	ck_assert_int_eq(slo_opts_origin("ratio"), SLO_ORIGIN_DEFAULT);
	ck_assert_int_eq(slo_opts_origin("stranger"), SLO_ORIGIN_DEFAULT);
	ck_assert_int_eq(parse("--name x"), 0);
	ck_assert_int_eq(slo_opts_origin("name"), SLO_ORIGIN_FLAG);
	ck_assert_int_eq(slo_opts_origin("count"), SLO_ORIGIN_DEFAULT);
}
END_TEST

static const char *env_name, *env_text;

static const char *one_variable(const char *name)
{
	return strcmp(name, env_name) == 0 ? env_text : NULL;
}

static const struct bad_env {
	const char *name, *text, *message;
} bad_env[] = {
	{ "LLM_SLO_COUNT", "many", "LLM_SLO_COUNT: 'many' is not a whole number" },
	{ "LLM_SLO_COUNT", "0", "LLM_SLO_COUNT: '0' is out of range: 1 to 100" },
	{ "LLM_SLO_QUIET", "maybe", "LLM_SLO_QUIET: 'maybe' is neither true nor false" },
	{ "LLM_SLO_OUTPUT", "otlp", "LLM_SLO_OUTPUT=otlp is not built yet" },
	{ "LLM_SLO_HOOK", "x", "LLM_SLO_HOOK is not built yet" },
	{ "LLM_SLO_WEBHOOK_SECRET", "s3",
	  "LLM_SLO_WEBHOOK_SECRET: secrets do not belong in the environment: use --webhook-secret-file" },
};

START_TEST(names_the_variable_that_is_wrong)
{
	env_name = bad_env[_i].name;
	env_text = bad_env[_i].text;
	ck_assert_int_eq(parse_env(&with_operands, "", one_variable), -EINVAL);
	ck_assert_str_eq(message(), bad_env[_i].message);
}
END_TEST

START_TEST(a_flag_hides_a_wrong_variable)
{
	env_name = "LLM_SLO_COUNT";
	env_text = "many";
	ck_assert_int_eq(parse_env(&with_operands, "--count 4", one_variable), 0);
	ck_assert_int_eq(v.count, 4);
	ck_assert_int_eq(parse_env(&with_operands, "--help", one_variable), 1);
}
END_TEST

START_TEST(a_command_without_options_needs_no_table)
{
	static const struct slo_cmd bare = { .name = "bare", .summary = "s" };

	ck_assert_int_eq(parse_env(&bare, "", some_env), 0);
	ck_assert_int_eq(parse_env(&bare, "--help", NULL), 1);
	ck_assert_int_eq(parse_env(&bare, "--hlep", NULL), -EINVAL);
	ck_assert_str_eq(message(), "unknown option --hlep (did you mean --help?)");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("opt/parse");
	TCase *t = tcase_create("parse");
	SRunner *r;
	int failed;

	tcase_add_test(t, absent_options_have_their_defaults);
	tcase_add_loop_test(t, accepts_every_spelling_of_an_option, 0, (int)SLO_ARRAY_LEN(good));
	tcase_add_loop_test(t, says_what_is_wrong_with_an_option, 0, (int)SLO_ARRAY_LEN(bad));
	tcase_add_test(t, whole_range_and_its_ends_are_accepted);
	tcase_add_test(t, folded_choice_ignores_case_and_blanks);
	tcase_add_test(t, options_and_operands_may_be_mixed);
	tcase_add_test(t, refuses_operands_where_there_are_none);
	tcase_add_test(t, help_and_version_are_found_among_options);
	tcase_add_test(t, list_gathers_and_replaces_its_default);
	tcase_add_test(t, list_is_bounded);
	tcase_add_test(t, what_is_not_there_may_be_switched_off);
	tcase_add_test(t, environment_stands_between_default_and_flag);
	tcase_add_loop_test(t, names_the_variable_that_is_wrong, 0, (int)SLO_ARRAY_LEN(bad_env));
	tcase_add_test(t, a_flag_hides_a_wrong_variable);
	tcase_add_test(t, a_command_without_options_needs_no_table);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
