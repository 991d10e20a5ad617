/* SPDX-License-Identifier: MIT */
/*
 * --format records: what the agent wrote during an incident, once more. The
 * labels are in a file of their own in the set, and stay apart here.
 */
#include "replay.h"

#include "base/time.h"
#include "gen/replay.h"

#include <stdio.h>
#include <time.h>

struct showing {
	struct replay *r;
	struct slo_writer *to;
	int64_t by_ns;    /* added to every time */
	int64_t start_ns; /* of the incident, as recorded */
	int64_t mono_ns;  /* when that is replayed */
	bool paced;
};

/* Wait until a record of @at_ns is due. */
static void pace(const struct showing *s, int64_t at_ns)
{
	int64_t due = s->mono_ns + (int64_t)((double)(at_ns - s->start_ns) / s->r->speed);

	while (!replay_stop) {
		int64_t left = due - slo_now_mono_ns();
		struct timespec nap = { .tv_nsec = left < 100 * SLO_NS_PER_MS ? left : 100 * SLO_NS_PER_MS };

		if (left <= 0)
			return;
		nanosleep(&nap, NULL);
	}
}

/* What has no known time cannot be moved, and is left out. */
static bool write_moved(struct showing *s, const struct slo_event *recorded)
{
	static struct slo_event ev;

	ev = *recorded;
	if (!slo_replay_shift(&ev, s->by_ns)) {
		s->r->immovable++;
		return true;
	}
	slo_replay_mark(&ev);
	return replay_write(s->r, s->to, &ev);
}

static bool take_line(void *arg, struct slo_str line, const struct slo_event *ev)
{
	struct showing *s = arg;
	int64_t at = ev ? slo_replay_moment(ev) : 0;

	if (s->paced && at)
		pace(s, at);
	if (replay_stop)
		return false;
	if (s->r->o->at == REPLAY_AT_NOW && ev)
		return write_moved(s, ev);
	if (s->r->o->at == REPLAY_AT_NOW) {
		s->r->immovable++;
		return true;
	}
	s->r->broken = slo_writer_line(s->to, line, SLO_WRITE_WINDOW) < 0;
	return !s->r->broken;
}

static int write_labels(struct replay *r, const struct slo_recorded *inc, const struct showing *like, struct slo_err *err)
{
	struct showing s = *like;
	char path[256];

	if (!r->labels || inc->faults_count == 0)
		return 0;
	s.to = r->labels;
	s.paced = false;
	snprintf(path, sizeof(path), "%.*s/labels.ndjson", SLO_STR_ARG(inc->id));
	return replay_read(r, slo_str(path), UINT32_MAX, take_line, &s, err);
}

int replay_records(struct replay *r, const struct slo_recorded *inc, struct slo_err *err)
{
	struct showing s = { r, r->out, 0, inc->start_ns, slo_now_mono_ns(), r->speed > 0 };
	int rc;

	if (r->o->at == REPLAY_AT_NOW) {
		int64_t now = slo_now_wall_ns();

		/* One incident after the other: time never goes back. */
		s.by_ns = (now > r->until_ns ? now : r->until_ns) - inc->start_ns;
		r->until_ns = inc->end_ns + s.by_ns;
	}
	rc = write_labels(r, inc, &s, err);
	return rc ? rc : replay_read(r, slo_recorded_stream(inc, r->o->stream), UINT32_MAX, take_line, &s, err);
}
