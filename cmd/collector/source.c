/* SPDX-License-Identifier: MIT */
/* Records as lines of an endpoint, and reading several sources together. */
#include "collector.h"

#include "base/log.h"
#include "base/time.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT_MS = 250, /* for a single source that has nothing */
	NAP_MS = 5,    /* between two looks at several that have nothing */
	ROUND = 128,   /* records after which those that had nothing are asked again */
};

/* Kinds a file without envelopes may hold. */
static const int bare_kinds[] = { SLO_KIND_RAW_SAMPLE, SLO_KIND_SLI_WINDOW, SLO_KIND_WINDOW,     SLO_KIND_SLO,
				  SLO_KIND_PROBE,      SLO_KIND_SPAN,       SLO_KIND_FAULT_LABEL };

static const uint32_t every_kind = (1u << SLO_KIND__COUNT) - 1;

static bool is_live(const char *input)
{
	struct stat st;

	if (strncmp(input, "unix:", 5) == 0 || strncmp(input, "unix-listen:", 12) == 0)
		return true;
	if (strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(input, &st))
		return false;
	return !S_ISREG(st.st_mode);
}

static int ndjson_open(struct collector *c, struct source *s, struct slo_err *err)
{
	int r = slo_reader_open(s->where, &s->filter.in, err);

	s->filter.reject = c->reject;
	s->filter.strict = c->o->strict;
	s->filter.report = slo_warn_err;
	s->bare = -1;
	s->live = is_live(s->where);
	return r;
}

/* Lines without envelope are all of the kind the first of them was. Return: as slo_event_decode(). */
static int decode_bare(struct collector *c, struct source *s, struct slo_str line)
{
	const uint64_t unknown = c->in_ctx.unknown, truncated = c->in_ctx.truncated;
	struct slo_err ignored;
	int r = -EINVAL;

	for (size_t i = 0; i < SLO_ARRAY_LEN(bare_kinds) && r < 0; i++) {
		/* What a wrong guess did not know is no finding. */
		c->in_ctx.unknown = unknown;
		c->in_ctx.truncated = truncated;
		slo_err_reset(&ignored);
		s->bare = bare_kinds[i];
		r = slo_event_decode(&c->in_ctx, line.p, line.len, s->bare, every_kind, &c->in_ev, &ignored);
	}
	if (r < 0)
		s->bare = -1;
	return r;
}

/* The envelope is the first member of everything our own tools write; elsewhere it is looked for. */
static bool is_enveloped(struct slo_str line)
{
	static const char start[] = "{\"kind\":\"";

	return line.len > sizeof(start) && memcmp(line.p, start, sizeof(start) - 1) == 0;
}

static void take_line(struct collector *c, struct source *s, struct slo_str line)
{
	const uint64_t unknown = c->in_ctx.unknown;
	struct slo_err err = { .what = "" };
	bool bare = s->bare >= 0 && !is_enveloped(line);
	int r = slo_event_decode(&c->in_ctx, line.p, line.len, s->bare, every_kind, &c->in_ev, &err);

	if (r == -EINVAL && s->bare < 0) {
		c->in_ctx.unknown = unknown;
		bare = decode_bare(c, s, line) == 0;
		r = bare ? 0 : r;
	}
	if (r < 0 && otlp_line(c, s, line))
		return;
	if (r < 0)
		slo_filter_bad(&s->filter, line, &err);
	else if (r == SLO_EVENT_SKIPPED)
		c->unknown_kinds++;
	else
		collector_take(c, s, &c->in_ev, line, bare);
}

static int ndjson_read(struct collector *c, struct source *s, int timeout_ms)
{
	struct slo_err err = { .what = "" };
	struct slo_str line;
	int r = slo_reader_next(s->filter.in, &line, timeout_ms);

	if (r == SLO_READ_LINE)
		take_line(c, s, line);
	else if (r == SLO_READ_TOO_LONG)
		slo_filter_bad(&s->filter, slo_str(NULL), &err);
	else if (r < 0)
		slo_warn("%s: %s", slo_reader_name(s->filter.in), slo_reader_why(s->filter.in, r));
	return r;
}

static int ndjson_close(struct collector *c, struct source *s)
{
	int status = slo_filter_end(&s->filter);

	(void)c;
	slo_reader_close(s->filter.in);
	return status;
}

const struct source_kind source_ndjson = { "ndjson", ndjson_open, ndjson_read, ndjson_close };

/* Time up to which all that speak have come; SLO_ABSENT_I64 while one is still to say its first word. */
static int64_t common_ns(const struct collector *c, int64_t now_ns)
{
	int64_t least = INT64_MAX, most = SLO_ABSENT_I64;
	/* A source that is silent for this long has nothing earlier to say. */
	int64_t patience = c->lateness_ns > SLO_NS_PER_S ? c->lateness_ns : SLO_NS_PER_S;

	for (size_t i = 0; i < c->sources_count; i++) {
		const struct source *s = &c->sources[i];

		most = s->frontier_ns > most ? s->frontier_ns : most;
		if (!s->open || (s->live && s->waiting && now_ns - s->heard_ns > patience))
			continue;
		least = s->frontier_ns < least ? s->frontier_ns : least;
	}
	if (least != INT64_MAX)
		return least == SLO_ABSENT_I64 ? least : least - c->lateness_ns;
	return most;
}

/* The open source that is furthest behind of those that may have something; NULL = none. */
static struct source *furthest_behind(struct collector *c, size_t *open)
{
	struct source *best = NULL;

	*open = 0;
	for (size_t i = 0; i < c->sources_count; i++) {
		struct source *s = &c->sources[i];

		*open += s->open;
		if (s->open && !s->waiting && (!best || s->frontier_ns < best->frontier_ns))
			best = s;
	}
	return best;
}

static void ask_again(struct collector *c)
{
	for (size_t i = 0; i < c->sources_count; i++)
		c->sources[i].waiting = false;
}

/* Nobody has anything: let out what has waited, and wait. */
static void pause_all(struct collector *c, size_t open)
{
	const struct timespec nap = { 0, NAP_MS * 1000000 };
	int64_t common = common_ns(c, slo_now_mono_ns());

	if (common != SLO_ABSENT_I64)
		collector_advance(c, common);
	if (!c->write_error)
		c->write_error = c->sink->flush(c);
	if (open > 1)
		nanosleep(&nap, NULL);
	ask_again(c);
}

static void read_source(struct collector *c, struct source *s, size_t open, bool *quiet)
{
	int timeout = collector_stop ? 0 : open == 1 && *quiet ? WAIT_MS : 0;
	int r = s->kind->read(c, s, timeout);

	*quiet = r == SLO_READ_TIMEOUT;
	if (r == SLO_READ_LINE)
		s->heard_ns = s->live ? slo_now_mono_ns() : 0;
	if (r == SLO_READ_TIMEOUT)
		s->waiting = true;
	if (r == SLO_READ_EOF || r < 0)
		s->open = false;
	c->status |= r < 0;
}

void collector_follow(struct collector *c)
{
	uint32_t left = DRAIN_LINES;
	int64_t now = slo_now_mono_ns();
	bool quiet = false;
	size_t open;

	for (uint32_t turn = 1; !c->write_error && left; turn++) {
		struct source *s = furthest_behind(c, &open);
		int64_t common;

		if (!open || (!s && collector_stop))
			return;
		if (!s) {
			pause_all(c, open);
			continue;
		}
		left -= collector_stop != 0;
		read_source(c, s, open, &quiet);
		if (turn % ROUND == 0)
			now = slo_now_mono_ns();
		common = common_ns(c, now);
		if (common != SLO_ABSENT_I64)
			collector_advance(c, common);
		if (turn % ROUND == 0 && open > 1)
			ask_again(c);
	}
}
