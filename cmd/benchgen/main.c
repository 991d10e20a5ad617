/* SPDX-License-Identifier: MIT */
/* benchgen: scores what an attributor makes of incidents against the faults that were really injected. */
#include "benchgen.h"

#include "base/log.h"
#include "io/writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static int fail(struct slo_err *err, int status)
{
	slo_warn_err(err);
	return status;
}

static int answer(struct bench *b)
{
	struct slo_err err = { .what = "" };

	b->recorded = !b->o->input[0];
	if (!b->recorded)
		return samples_run(b);
	if (dataset_load(b, &err))
		return fail(&err, EXIT_FAILED);
	return run_incidents(b);
}

/* A reader of the table may go away; the bundle is there. */
static int say(const struct bench *b)
{
	struct slo_err err = { .what = "" };
	struct slo_buf text;
	int r;

	slo_buf_init(&text, REPORT_MAX);
	write_table(&text, b);
	slo_buf_addf(&text, "benchmark artifacts written to %s\n", b->o->out);
	r = slo_file_replace("-", slo_buf_str(&text), &err);
	slo_buf_fini(&text);
	return r && r != -EPIPE ? fail(&err, EXIT_FAILED) : 0;
}

static int bench(struct bench *b)
{
	struct slo_err err = { .what = "" };
	int r = provenance_read(b, &err);

	if (r || command_find(&b->command, b->o->attributor, &err))
		return fail(&err, EXIT_USAGE);
	b->started_ns = bundle_time();
	r = answer(b);
	if (r)
		return r;
	provenance_judge(b);
	r = score_all(b);
	if (r) {
		slo_err_set(&err, r, "%s", slo_strerror(r));
		return fail(&err, EXIT_FAILED);
	}
	b->finished_ns = bundle_time();
	return bundle_write(b, &err) ? fail(&err, EXIT_FAILED) : say(b);
}

static void release(struct bench *b)
{
	for (size_t i = 0; i < b->count && b->items; i++) {
		free(b->items[i].id);
		free(b->items[i].scenario);
	}
	free(b->items);
	free(b->cases);
	for (int m = 0; m < METHOD__COUNT; m++)
		free(b->out[m]);
	free(b->costs.rows);
	free(b->command.path);
	free(b->command.text);
	slo_recorded_set_fini(&b->set);
}

static int run(void *opts, int argc, char **argv)
{
	static struct bench b;
	int status;

	(void)argc;
	(void)argv;
	slo_log_init("benchgen", false);
	signal(SIGPIPE, SIG_IGN);
	b.o = opts;
	status = bench(&b);
	release(&b);
	return status;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd benchgen = {
		.name = "benchgen",
		.summary = "Score what an attributor makes of recorded incidents and write a benchmark bundle.",
		.opts = benchgen_options,
		.opts_size = sizeof(struct options),
		.run = run,
		.epilog = "Environment (recorded in the provenance; unknown when not set):\n"
			  "  RUNNER_MODE             kind of machine the benchmark ran on\n"
			  "  RELEASE_GRADE           false takes the release grade away; only recordings from live\n"
			  "                          probes in the kernel can earn it\n"
			  "  GIT_COMMIT              commit under test\n"
			  "  COLLECTOR_IMAGE_DIGEST  digest of the image under test\n"
			  "  KERNEL_CONFIG_HASH      hash of the configuration of the kernel\n"
			  "  SOURCE_DATE_EPOCH       time the bundle names, seconds since 1970\n"
			  "\n"
			  "Exit status: 0 the bundle is written, 1 no or unusable data, 2 usage,\n"
			  "4 the attributor failed.\n",
	};

	return slo_cmd_main(&benchgen, argc, argv);
}
