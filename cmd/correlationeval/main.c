/* SPDX-License-Identifier: MIT */
/* correlationeval: measures the correlation tiers against labeled pairs. */
#include "correlationeval.h"

#include "base/log.h"
#include "io/filter.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { REPORT_BYTES = 64 << 20 };

static void take_line(struct eval *e, struct slo_filter *f, struct slo_rec_ctx *ctx, struct slo_str line)
{
	const uint32_t kinds = 1u << SLO_KIND_LABELED_PAIR;
	static struct slo_event ev;
	struct slo_err err = { .what = "" };
	int r = slo_event_decode(ctx, line.p, line.len, SLO_KIND_LABELED_PAIR, kinds, &ev, &err);

	if (r == SLO_EVENT_SKIPPED)
		r = slo_err_set(&err, -EINVAL, "not a labeled pair");
	if (!r)
		r = slo_pairs_add(e->pairs, &ev.labeled_pair, &err);
	if (r)
		slo_filter_bad(f, line, &err);
}

static int read_pairs(struct eval *e, struct slo_filter *f)
{
	struct slo_err err = { .what = "" };
	struct slo_rec_ctx ctx;
	struct slo_str line;
	int r;

	slo_rec_ctx_init(&ctx);
	while ((r = slo_reader_next(f->in, &line, -1)) != SLO_READ_EOF && r >= 0) {
		slo_err_reset(&err);
		if (r == SLO_READ_LINE)
			take_line(e, f, &ctx, line);
		else if (r == SLO_READ_TOO_LONG)
			slo_filter_bad(f, slo_str(NULL), &err);
	}
	if (r < 0)
		slo_warn("%s: %s", slo_reader_name(f->in), slo_reader_why(f->in, r));
	slo_rec_ctx_fini(&ctx);
	e->malformed = f->malformed;
	return r < 0 ? 1 : 0;
}

static int write_file(const struct eval *e, const char *path, void (*print)(const struct eval *e, struct slo_buf *b))
{
	struct slo_err err = { .what = "" };
	struct slo_buf b;
	int r;

	if (!path[0])
		return 0;
	slo_buf_init(&b, REPORT_BYTES);
	print(e, &b);
	r = b.err ? slo_err_set(&err, b.err, "%s: %s", path, slo_strerror(b.err)) :
		    slo_file_replace(path, slo_buf_str(&b), &err);
	slo_buf_fini(&b);
	if (r)
		slo_warn_err(&err);
	return r ? 1 : 0;
}

static int setup(struct eval *e, struct slo_filter *f, struct slo_err *err)
{
	int r = slo_config_find(&e->config, e->o->config[0] ? e->o->config : NULL, err);

	if (!r && slo_pairs_new(&e->pairs))
		r = slo_err_set(err, -ENOMEM, "out of memory");
	*f = (struct slo_filter){ .strict = e->o->strict, .report = slo_warn_err };
	return r ? r : slo_reader_open(e->o->input, &f->in, err);
}

static void report(const struct eval *e, struct slo_buf *b)
{
	if (e->o->format == FORMAT_TEXT) {
		eval_text(e, b);
		return;
	}
	eval_summary(e, b);
	slo_buf_addc(b, '\n');
}

static int status_of(const struct eval *e)
{
	static const int status[] = { [VERDICT_PASS] = 0, [VERDICT_FAIL] = 1, [VERDICT_INCONCLUSIVE] = 3 };

	if (e->verdict != VERDICT_PASS)
		slo_warn_err(&e->why);
	return status[e->verdict];
}

static int run(void *opts, int argc, char **argv)
{
	static struct eval e;
	struct slo_err err = { .what = "" };
	struct slo_filter f;
	int failed, status;

	(void)argc;
	(void)argv;
	e.o = opts;
	slo_log_init("correlationeval", false);
	signal(SIGPIPE, SIG_IGN);
	if (setup(&e, &f, &err)) {
		slo_warn_err(&err);
		slo_pairs_free(e.pairs);
		return 2;
	}
	failed = read_pairs(&e, &f);
	failed |= slo_filter_end(&f);
	slo_reader_close(f.in);
	if (eval_measure(&e, &err)) {
		slo_warn_err(&err);
		failed = 1;
	} else {
		eval_judge(&e);
		failed |= write_file(&e, e.o->out, eval_summary);
		failed |= write_file(&e, e.o->predictions_out, eval_predictions);
		failed |= write_file(&e, "-", report);
	}
	status = failed ? 1 : status_of(&e);
	slo_pairs_free(e.pairs);
	free(e.pred);
	return status;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd correlationeval = {
		.name = "correlationeval",
		.summary = "Measure how well spans and kernel signals are correlated, and gate on precision and recall.",
		.opts = eval_options,
		.opts_size = sizeof(struct eval_opts),
		.run = run,
		.epilog = "Exit status: 0 the gate passes, 1 it fails or the input was unusable, 2 usage or configuration, "
			  "3 too few pairs to tell.\n",
	};

	return slo_cmd_main(&correlationeval, argc, argv);
}
