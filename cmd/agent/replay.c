/* SPDX-License-Identifier: MIT */
/* --source replay:FILE: what an agent recorded, written again and marked as a replay. */
#include "metrics.h"

#include "base/log.h"
#include "base/time.h"
#include "gen/replay.h"
#include "io/filter.h"

#include <errno.h>
#include <time.h>

enum { TURN_MS = 100 }; /* a slow input is waited for in pieces of this */

/* Sleep until @due_mono_ns or until told to stop. */
static void wait_until(struct agent *a, int64_t due_mono_ns)
{
	while (!agent_stop) {
		int64_t left = due_mono_ns - slo_now_mono_ns();
		struct timespec nap;

		if (left <= 0)
			return;
		if (left > 100 * SLO_NS_PER_MS)
			left = 100 * SLO_NS_PER_MS;
		nap = (struct timespec){ .tv_nsec = left };
		nanosleep(&nap, NULL);
		agent_metrics_beat(a);
	}
}

/* Keep the recorded distances between records. */
static void pace(struct agent *a, const struct slo_event *ev, int64_t *offset)
{
	int64_t at = slo_replay_moment(ev);

	if (at == 0)
		return;
	if (*offset == 0)
		*offset = slo_now_mono_ns() - at;
	wait_until(a, at + *offset);
}

static void replay_line(struct agent *a, struct slo_filter *f, struct slo_rec_ctx *ctx, struct slo_str line,
			int64_t *offset)
{
	const uint32_t kinds = 1u << SLO_KIND_SLO | 1u << SLO_KIND_PROBE | 1u << SLO_KIND_WINDOW |
			       1u << SLO_KIND_SLI_WINDOW;
	static struct slo_event ev;
	struct slo_err err = { 0 };
	int r = slo_event_decode(ctx, line.p, line.len, -1, kinds, &ev, &err);

	if (r < 0) {
		slo_filter_bad(f, line, &err);
		return;
	}
	if (r == SLO_EVENT_SKIPPED)
		return;
	if (a->o->replay_speed == AGENT_SPEED_RECORDED)
		pace(a, &ev, offset);
	slo_replay_mark(&ev);
	agent_emit(a, &ev);
	/* Nobody else's reader is slow here: wait for ours instead of dropping. */
	if (!a->write_error)
		a->write_error = slo_writer_flush(a->out, 1000);
}

int agent_run_replay(struct agent *a, const char *path)
{
	struct slo_filter f = { .report = slo_warn_err };
	struct slo_rec_ctx ctx;
	struct slo_err err = { 0 };
	struct slo_str line;
	int64_t offset = 0;
	bool replayed = false;
	int status, r = slo_reader_open(path, &f.in, &err);

	if (r) {
		slo_warn_err(&err);
		return 2;
	}
	slo_rec_ctx_init(&ctx);
	agent_metrics_serve(a);
	while (!agent_stop && !a->write_error) {
		r = slo_reader_next(f.in, &line, TURN_MS);
		if (r == SLO_READ_EOF || r < 0)
			break;
		if (r == SLO_READ_LINE)
			replay_line(a, &f, &ctx, line, &offset);
		else if (r == SLO_READ_TOO_LONG)
			slo_filter_bad(&f, slo_str_n(NULL, 0), &err);
		replayed |= r == SLO_READ_LINE;
		if (replayed)
			agent_metrics_due(a);
		else
			agent_metrics_beat(a);
		slo_err_reset(&err);
	}
	if (r < 0 && r != -EINTR)
		slo_warn("%s: %s", slo_reader_name(f.in), slo_reader_why(f.in, r));
	agent_emit_stats(a, NULL, 0, slo_now_wall_ns(), true);
	slo_rec_ctx_fini(&ctx);
	status = slo_filter_end(&f) || (r < 0 && r != -EINTR);
	slo_reader_close(f.in);
	return status;
}
