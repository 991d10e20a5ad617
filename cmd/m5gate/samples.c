/* SPDX-License-Identifier: MIT */
/* raw_samples.jsonl of one run. */
#include "m5gate.h"

#include "base/table.h"
#include "event/event.h"
#include "io/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Room for one more. */
static int grow(double **v, size_t n)
{
	size_t room = 128;
	double *more;

	if (n != 0 && (n < room || (n & (n - 1)) != 0))
		return 0;
	while (room <= n)
		room *= 2;
	more = realloc(*v, room * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*v = more;
	return 0;
}

static int append(double **v, size_t *n, double value)
{
	int r = grow(v, *n);

	if (!r)
		(*v)[(*n)++] = value;
	return r;
}

static int refuse(struct slo_err *err, const char *field, const char *what)
{
	slo_err_set(err, -EINVAL, "%s", what);
	slo_err_at(err, "%s", field);
	return -EINVAL;
}

/* A request that failed altogether has no first token; any other has. A rate of 0 is none: one token has no rate. */
static int check(const struct slo_raw_sample *s, struct slo_err *err)
{
	bool failed = s->error_rate >= 1;

	if (s->error_rate < 0 || s->error_rate > 1)
		return refuse(err, "error_rate", "must be 0 to 1");
	if (s->ttft_ms < 0 || (s->ttft_ms == 0 && !failed))
		return refuse(err, "ttft_ms", "must be above 0 unless error_rate is 1");
	if (s->token_throughput_tps < 0)
		return refuse(err, "token_throughput_tps", "must not be negative");
	return 0;
}

static int take(struct slo_m5_run *run, const struct slo_raw_sample *s, struct slo_err *err)
{
	const double v[3] = { s->ttft_ms, s->token_throughput_tps, s->error_rate };
	int r = check(s, err);

	if (!r && run->requests >= SLO_M5_SAMPLES_MAX)
		r = slo_err_set(err, -E2BIG, "more than %d samples", SLO_M5_SAMPLES_MAX);
	if (!r && s->ttft_ms > 0)
		r = append(&run->ttft, &run->ttft_n, s->ttft_ms);
	if (!r && s->token_throughput_tps > 0)
		r = append(&run->tokens, &run->tokens_n, s->token_throughput_tps);
	if (r)
		return r;
	if (run->requests == 0 || s->timestamp < run->first_ns)
		run->first_ns = s->timestamp;
	if (run->requests == 0 || s->timestamp > run->last_ns)
		run->last_ns = s->timestamp;
	run->requests++;
	run->errors += s->error_rate;
	run->content = slo_hash(v, sizeof(v), run->content);
	return 0;
}

static int take_line(struct slo_rec_ctx *ctx, struct slo_str line, struct slo_m5_run *run, struct slo_err *err)
{
	static struct slo_event ev;
	int r = slo_event_decode(ctx, line.p, line.len, SLO_KIND_RAW_SAMPLE, 1u << SLO_KIND_RAW_SAMPLE, &ev, err);

	if (r == SLO_EVENT_SKIPPED)
		return slo_err_set(err, -EINVAL, "want a raw_sample");
	return r ? r : take(run, &ev.raw_sample, err);
}

static int read_all(struct slo_reader *in, struct slo_m5_run *run, size_t *total, struct slo_err *err)
{
	struct slo_rec_ctx ctx;
	struct slo_str line;
	int r = 0, got;

	slo_rec_ctx_init(&ctx);
	while (!r && (got = slo_reader_next(in, &line, -1)) != SLO_READ_EOF) {
		if (got == SLO_READ_LINE)
			r = take_line(&ctx, line, run, err);
		else if (got == SLO_READ_TOO_LONG)
			r = slo_err_set(err, -EMSGSIZE, "a line over %d bytes", SLO_LINE_MAX);
		else if (got < 0)
			r = slo_err_set(err, got, "%s", slo_reader_why(in, got));
		if (!r && got == SLO_READ_LINE && ++*total > TOTAL_MAX)
			r = slo_err_set(err, -E2BIG, "more than %d samples in all runs together", TOTAL_MAX);
		if (r)
			slo_err_at(err, "%s:%" PRIu64, slo_reader_name(in), slo_reader_line(in));
	}
	slo_rec_ctx_fini(&ctx);
	return r;
}

int samples_load(struct benchmark *b, const char *path, struct slo_m5_run *run, struct slo_err *err)
{
	struct slo_reader *in;
	int r = slo_reader_open(path, &in, err);

	if (r)
		return r;
	r = read_all(in, run, &b->total, err);
	slo_reader_close(in);
	if (!r && run->requests == 0) {
		slo_err_set(err, -ENODATA, "no samples");
		slo_err_at(err, "%s", path);
		return -ENODATA;
	}
	if (!r)
		r = slo_m5_summarise(run, &b->weights);
	return r ? slo_err_set(err, r, "%s", slo_strerror(r)) : 0;
}
