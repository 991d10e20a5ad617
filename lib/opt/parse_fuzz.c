/* SPDX-License-Identifier: MIT */
/*
 * Any command line and environment: no crash, and what was accepted keeps the
 * promises of the table. The input is NUL-separated words; the first byte says
 * how many of them are values of the environment.
 */
#include "opt/opt.h"

#include <stdlib.h>

enum { WORDS_MAX = 100, BYTES_MAX = 4096 };

struct values {
	bool quiet;
	const char *name;
	int64_t count, wait_ns;
	double ratio;
	int format;
	struct slo_opt_list watch;
	const char *file;
};

#define OFF(m, C) SLO_OPT_OFF(struct values, m, C)

static const char *const formats[] = { "text", "json", "otlp", NULL };
static const char *const unbuilt[] = { "otlp", NULL };

static const struct slo_opt opts[] = {
	{ .name = "quiet", .short_name = 'q', .type = SLO_OPT_FLAG, .off = OFF(quiet, bool) },
	{ .type = SLO_OPT_HELP, .help = "Heading" },
	{ .name = "name", .short_name = 'n', .type = SLO_OPT_STR, .off = OFF(name, const char *), .def = "x" },
	{ .name = "count", .short_name = 'c', .type = SLO_OPT_INT, .off = OFF(count, int64_t), .def = "1", .lo = 1,
	  .hi = 9 },
	{ .name = "wait", .type = SLO_OPT_DURATION, .off = OFF(wait_ns, int64_t), .def = "1", .lo = 1, .hi = 60,
	  .unit_ns = 1000000000 },
	{ .name = "ratio", .type = SLO_OPT_NUM, .off = OFF(ratio, double), .def = "0.5", .lo = 0, .hi = 1 },
	{ .name = "output", .type = SLO_OPT_CHOICE, .off = OFF(format, int), .def = "text", .choices = formats,
	  .choices_not_built = unbuilt, .flags = SLO_OPT_FOLD },
	{ .name = "watch", .type = SLO_OPT_LIST, .off = OFF(watch, struct slo_opt_list) },
	{ .name = "old", .type = SLO_OPT_STR, .flags = SLO_OPT_OBSOLETE },
	{ .name = "later", .type = SLO_OPT_FLAG, .flags = SLO_OPT_NOT_BUILT },
	{ .name = "key", .type = SLO_OPT_STR, .flags = SLO_OPT_SECRET },
	{ .name = "key-file", .type = SLO_OPT_STR, .off = OFF(file, const char *) },
	SLO_OPT_END,
};

static const struct slo_cmd cmd = {
	.name = "fuzz", .summary = "s", .operands = "[FILE...]", .opts = opts, .opts_size = sizeof(struct values),
};

static char *words[WORDS_MAX + 1];
static size_t n_env, env_at;

static const char *some_env(const char *name)
{
	(void)name;
	return env_at < n_env ? words[env_at++] : NULL;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[BYTES_MAX + 1];
	struct slo_err err = { "", "" };
	struct values v;
	size_t n = 0;
	int used = -1, argc, r;

	if (size < 1 || size > BYTES_MAX)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	for (char *p = text; n < WORDS_MAX && p < text + size - 1; p += strlen(p) + 1)
		words[n++] = p;
	n_env = data[0] % (n + 1);
	env_at = 0;
	argc = (int)(n - n_env);
	r = slo_opts_parse(&cmd, argc, words + n_env, some_env, &v, &used, &err);
	require(r == 0 || r == 1 || r == -22);
	require((r < 0) == (err.what[0] != '\0'));
	if (r != 0)
		return 0;
	require(used >= 0 && used <= argc);
	require(v.count >= 1 && v.count <= 9 && v.ratio >= 0 && v.ratio <= 1);
	require(v.wait_ns >= 1000000000 && v.wait_ns <= 60000000000);
	require((v.format == 0 || v.format == 1) && v.name && v.watch.count <= SLO_OPT_LIST_MAX);
	return 0;
}
