/* SPDX-License-Identifier: MIT */
/* Records, one a line, as they come. */
#include "schemavalidate.h"

#include "base/log.h"
#include "io/reader.h"

#include <errno.h>

enum { DRAIN_LINES = 65536 }; /* read after a signal: what was sent already, within reason */

struct stream {
	struct run *run;
	struct slo_reader *in;
	const struct slo_jschema *record, *bare; /* of a line with an envelope, and of one without */
	uint64_t passed;                         /* of this input */
	int bare_kind;                           /* KIND_ANY: --schema decides, or lines must be enveloped */
};

static bool is_valid(struct stream *s, const struct slo_jschema *schema, struct slo_str text)
{
	return slo_jschema_validate(schema, s->run->eval, text.p, text.len, NULL, NULL, NULL) == 1;
}

/* The usual line is read once: as a bare record of the kind asked for, or split, and its payload by its kind's schema. */
static bool passes_quickly(struct stream *s, struct slo_str line)
{
	const struct slo_jschema *schema;
	struct slo_str payload;
	int kind;

	if (!s->record)
		return false;
	if (!envelope_split(line, &kind, &payload))
		return s->bare_kind != KIND_ANY && is_valid(s, s->bare, line);
	if ((s->bare_kind != KIND_ANY && s->bare_kind != kind) ||
	    catalog_kind(&s->run->catalog, kind, &schema, NULL))
		return false;
	return is_valid(s, schema, payload);
}

static bool passes(struct stream *s, struct slo_str line)
{
	struct instance in = { .file = slo_reader_name(s->in), .line = slo_reader_line(s->in), .text = line };
	struct envelope e;

	if (passes_quickly(s, line)) {
		s->run->valid++;
		return true;
	}
	if (!s->record)
		return judge(s->run, s->bare, &in, KIND_ANY);
	e = envelope_read(line, &s->run->scratch);
	s->run->bare += e.bare && s->bare_kind == KIND_ANY;
	return judge(s->run, e.is ? s->record : s->bare, &in, e.is ? s->bare_kind : KIND_ANY);
}

static void take_line(struct stream *s, struct slo_str line)
{
	bool ok = passes(s, line);

	s->passed += ok;
	if (s->run->tee && (ok || s->run->o->tee_all) && slo_writer_line(s->run->tee, line, SLO_WRITE_WINDOW))
		s->run->broken = true;
}

static void too_long(struct stream *s)
{
	struct instance in = { .file = slo_reader_name(s->in), .line = slo_reader_line(s->in), .text = slo_str("") };
	struct slo_err err = { .what = "" };

	slo_err_set(&err, 0, "line is longer than %d bytes", SLO_LINE_MAX);
	judge_unread(s->run, &in, &err);
}

/* While lines come without a wait, output gathers; before waiting it is handed on. */
static int follow(struct stream *s)
{
	uint32_t left = DRAIN_LINES;
	bool idle = false;
	struct slo_str line;
	int r = SLO_READ_LINE;

	while (!s->run->broken && left && r != SLO_READ_EOF) {
		r = slo_reader_next(s->in, &line, idle && !stop ? 1000 : 0);
		left -= stop != 0;
		if (r < 0) {
			slo_warn("%s: %s", slo_reader_name(s->in), slo_reader_why(s->in, r));
			return EXIT_INVALID;
		}
		if (r == SLO_READ_LINE)
			take_line(s, line);
		else if (r == SLO_READ_TOO_LONG)
			too_long(s);
		else if (r == SLO_READ_TIMEOUT && stop)
			break;
		if (r == SLO_READ_TIMEOUT && !idle &&
		    ((s->run->tee && slo_writer_flush(s->run->tee, -1)) || slo_writer_flush(s->run->report.out, -1)))
			s->run->broken = true;
		idle = r == SLO_READ_TIMEOUT;
	}
	return 0;
}

static int choose_schemas(struct stream *s, struct slo_err *err)
{
	struct catalog *c = &s->run->catalog;
	int r;

	if (c->user) {
		s->bare = c->user;
		return 0;
	}
	s->bare_kind = s->run->o->kind;
	r = catalog_kind(c, s->bare_kind, &s->bare, err);
	if (r || s->bare_kind == KIND_CONFIG) {
		s->bare_kind = KIND_ANY;
		return r;
	}
	return catalog_kind(c, KIND_ANY, &s->record, err);
}

int run_stream(struct run *r, const char *endpoint)
{
	struct stream s = { .run = r };
	struct slo_err err = { .what = "" };
	int status;

	if (choose_schemas(&s, &err) || slo_reader_open(endpoint, &s.in, &err)) {
		slo_warn_err(&err);
		return EXIT_USAGE;
	}
	report_file(&r->report, slo_reader_name(s.in));
	status = follow(&s);
	report_file_end(&r->report, s.passed);
	slo_reader_close(s.in);
	return status;
}
