/* SPDX-License-Identifier: MIT */
/* Files of a recorded set. */
#include "replay.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

enum { TURN_MS = 1000, PATH_BYTES = PATH_MAX };

static int join(char *to, const char *dir, struct slo_str path, struct slo_err *err)
{
	int n = snprintf(to, PATH_BYTES, "%s/%.*s", dir, SLO_STR_ARG(path));

	if (n >= 0 && n < PATH_BYTES)
		return 0;
	return slo_err_set(err, -ENAMETOOLONG, "%s/%.*s: the name is too long", dir, SLO_STR_ARG(path));
}

/* Each line of the file in turn. Return: 0; a negative errno with @err, without the place for -ENOMEM. */
static int each_line(const char *path, int (*take)(void *arg, struct slo_str line, struct slo_reader *in, struct slo_err *err),
		     void *arg, struct slo_err *err)
{
	struct slo_reader *in;
	struct slo_str line;
	int rc = slo_reader_open(path, &in, err), got;

	if (rc)
		return rc;
	while (!rc && !replay_stop && (got = slo_reader_next(in, &line, TURN_MS)) != SLO_READ_EOF) {
		if (got == SLO_READ_LINE)
			rc = take(arg, line, in, err);
		else if (got == SLO_READ_TOO_LONG)
			rc = slo_err_set(err, -EMSGSIZE, "a line over %d bytes", SLO_LINE_MAX);
		else if (got < 0)
			rc = slo_err_set(err, got, "%s", slo_reader_why(in, got));
	}
	if (rc < 0)
		slo_err_at(err, "%s:%" PRIu64, slo_reader_name(in), slo_reader_line(in));
	slo_reader_close(in);
	return rc < 0 ? rc : 0;
}

static int take_incident(void *arg, struct slo_str line, struct slo_reader *in, struct slo_err *err)
{
	(void)in;
	return slo_recorded_set_add(arg, line, err);
}

int replay_load(struct slo_recorded_set *set, const char *dir, struct slo_err *err)
{
	char path[PATH_BYTES];
	int rc = join(path, dir, slo_str("manifest.jsonl"), err);

	return rc ? rc : each_line(path, take_incident, set, err);
}

struct reading {
	struct replay *r;
	uint32_t kinds;
	replay_line_fn *each;
	void *arg;
};

/* Return: 0, or 1 to stop. */
static int take_record(void *arg, struct slo_str line, struct slo_reader *in, struct slo_err *err)
{
	static struct slo_event ev;
	struct reading *g = arg;
	struct slo_filter f = { .in = in, .malformed = g->r->malformed, .report = slo_warn_err };
	struct slo_err bad = { "", "" };
	int rc = slo_event_decode(&g->r->ctx, line.p, line.len, -1, g->kinds, &ev, &bad);

	(void)err;
	if (rc < 0) {
		slo_filter_bad(&f, line, &bad);
		g->r->malformed = f.malformed;
		return 0;
	}
	return !g->each(g->arg, line, rc == 0 ? &ev : NULL);
}

int replay_read(struct replay *r, struct slo_str path, uint32_t kinds, replay_line_fn *each, void *arg,
		struct slo_err *err)
{
	struct reading g = { r, kinds, each, arg };
	char full[PATH_BYTES];
	int rc = join(full, r->o->incidents, path, err);

	return rc ? rc : each_line(full, take_record, &g, err);
}

bool replay_write(struct replay *r, struct slo_writer *w, const struct slo_event *ev)
{
	slo_buf_reset(&r->line);
	r->broken = r->broken || slo_event_encode(ev, &r->line) ||
		    slo_writer_line(w, slo_buf_str(&r->line), SLO_WRITE_WINDOW);
	return !r->broken;
}
