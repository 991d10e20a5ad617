/* SPDX-License-Identifier: MIT */
/* faultreplay: recorded incidents again, as fault samples or as the records the agent wrote. */
#include "replay.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

volatile sig_atomic_t replay_stop;

static void on_signal(int sig)
{
	(void)sig;
	replay_stop = 1;
}

static void catch_signals(void)
{
	struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static int open_outputs(struct replay *r, struct slo_err *err)
{
	struct slo_writer_opts w = { .streaming = r->speed > 0 };
	int rc = slo_writer_open(r->o->out, &w, &r->out, err);

	if (!rc && r->o->labels[0])
		rc = slo_writer_open(r->o->labels, &w, &r->labels, err);
	return rc;
}

/* Return: incidents written; negative errno with @err. */
static int64_t write_all(struct replay *r, struct slo_recorded_choice *c, struct slo_err *err)
{
	uint32_t *written = calloc(r->set.count, sizeof(*written));
	int64_t n = 0;
	int rc = written ? 0 : -ENOMEM;

	while (!rc && n < r->o->count && !r->broken && !replay_stop) {
		int64_t at = slo_recorded_choice_next(c);
		const struct slo_recorded *inc = &r->set.items[at];

		rc = r->o->format == REPLAY_SAMPLES ? replay_sample(r, inc, written[at]++, err) : replay_records(r, inc, err);
		n += rc == 0 && !r->broken;
	}
	free(written);
	return rc ? rc : n;
}

static void tell(const struct replay *r, int64_t n, uint32_t distinct)
{
	if (r->o->format == REPLAY_SAMPLES && strcmp(r->o->out, "-") != 0)
		printf("wrote %" PRId64 " replay samples to %s\n", n, r->o->out);
	if (n > distinct)
		slo_info("%" PRId64 " written, %" PRIu32 " of them distinct: no more incidents match", n, distinct);
}

static int close_writer(struct slo_writer *w)
{
	struct slo_err err = { "", "" };
	int rc = w ? slo_writer_close(w, &err) : 0;

	if (rc == 0 || rc == -EPIPE)
		return 0;
	slo_warn_err(&err);
	return 1;
}

static int replay(struct replay *r, struct slo_recorded_choice *c)
{
	struct slo_err err = { "", "" };
	int64_t n = 0;
	int status;

	if (open_outputs(r, &err)) {
		slo_warn_err(&err);
		status = 1;
	} else {
		n = write_all(r, c, &err);
		status = n < 0;
		if (n == -ENOMEM)
			slo_err_set(&err, -ENOMEM, "%s", slo_strerror(-ENOMEM));
		if (n < 0)
			slo_warn_err(&err);
	}
	status |= close_writer(r->out) | close_writer(r->labels);
	if (r->malformed)
		slo_warn("%" PRIu64 " malformed line%s left out", r->malformed, r->malformed == 1 ? "" : "s");
	if (r->immovable)
		slo_warn("%" PRIu64 " record%s of unknown kinds left out: their times could not be moved", r->immovable,
			 r->immovable == 1 ? "" : "s");
	if (status == 0)
		tell(r, n, c->distinct);
	return status || r->malformed;
}

static int run(void *opts_struct, int argc, char **argv)
{
	struct replay_opts *o = opts_struct;
	struct replay r = { .o = o };
	struct slo_recorded_choice c = { .turn = 0 };
	struct slo_recorded_filter f;
	struct slo_err err = { "", "" };
	int status;

	(void)argc;
	(void)argv;
	replay_filter(o, &f);
	if (replay_settle(&r, o, &err) || replay_load(&r.set, o->incidents, &err) ||
	    slo_recorded_choice_init(&c, &r.set, &f, (uint64_t)o->seed)) {
		slo_warn_err(&err);
		slo_recorded_set_fini(&r.set);
		return 2;
	}
	catch_signals();
	slo_rec_ctx_init(&r.ctx);
	slo_buf_init(&r.line, SLO_LINE_MAX);
	if (c.distinct == 0) {
		slo_warn("none of the %" PRIu32 " incidents of %s is what was asked for", r.set.count, o->incidents);
		status = 1;
	} else {
		status = replay(&r, &c);
	}
	slo_buf_fini(&r.line);
	slo_rec_ctx_fini(&r.ctx);
	slo_recorded_choice_fini(&c);
	slo_recorded_set_fini(&r.set);
	return status;
}

int main(int argc, char **argv)
{
	static const struct slo_cmd tool = {
		.name = "faultreplay",
		.summary = "replay recorded incidents: as fault samples with measured signals, or as the agent's records",
		.opts = replay_options,
		.opts_size = sizeof(struct replay_opts),
		.run = run,
	};

	return slo_cmd_main(&tool, argc, argv);
}
