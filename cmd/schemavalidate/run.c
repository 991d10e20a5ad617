/* SPDX-License-Identifier: MIT */
/* One run over all its inputs. */
#include "schemavalidate.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>

enum { SCRATCH_MAX = 64 << 20 }; /* bytes of unescaped strings: no more than a document has */

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

static enum input_format format_of(const struct options *o, const char *name)
{
	static const struct {
		const char *end;
		enum input_format format;
	} ends[] = {
		{ ".json", INPUT_JSON },     { ".yaml", INPUT_YAML },   { ".yml", INPUT_YAML },
		{ ".ndjson", INPUT_NDJSON }, { ".jsonl", INPUT_NDJSON },
	};

	if (strncmp(name, "unix:", 5) == 0 || strncmp(name, "unix-listen:", 12) == 0 || o->ndjson)
		return INPUT_NDJSON;
	if (o->input_format != INPUT_AUTO)
		return (enum input_format)o->input_format;
	for (size_t i = 0; i < SLO_ARRAY_LEN(ends); i++)
		if (ends_in(name, ends[i].end))
			return ends[i].format;
	if (o->schema[0])
		return INPUT_JSON;
	return o->kind == KIND_CONFIG ? INPUT_YAML : INPUT_NDJSON;
}

static int run_one(struct run *r, const char *name)
{
	enum input_format format = format_of(r->o, name);

	if (format == INPUT_NDJSON)
		return run_stream(r, name);
	if (r->tee) {
		slo_warn("%s is a document: --tee copies the lines of a stream (--ndjson)", name);
		return EXIT_USAGE;
	}
	return run_document(r, name, format == INPUT_YAML);
}

static int open_tee(struct run *r, struct slo_err *err)
{
	struct slo_writer_opts w = { .streaming = false };

	return r->o->tee || r->o->tee_all ? slo_writer_open("-", &w, &r->tee, err) : 0;
}

static void summary(const struct run *r)
{
	uint64_t hidden = r->report.hidden;

	slo_info("%" PRIu64 " valid, %" PRIu64 " invalid", r->valid, r->invalid);
	if (hidden || (r->invalid && !report_wants(&r->report)))
		slo_info("only the first %" PRIu64 " failures are shown (--max-errors)", r->report.shown);
	if (r->bare)
		slo_info("%" PRIu64 " invalid lines have no envelope: what they hold can be said with --kind", r->bare);
	if (r->report.junit.all_dropped)
		slo_info("%" PRIu64 " cases did not fit the report", r->report.junit.all_dropped);
}

/* A reader that went away ends the tool quietly; any other failed write is exit status 1. */
static void note_close(struct run *r, int ret, const struct slo_err *err)
{
	if (!ret || ret == -EPIPE)
		return;
	slo_warn_err(err);
	r->status = r->status ? r->status : EXIT_INVALID;
}

static int finish(struct run *r)
{
	struct slo_err err = { .what = "" };

	if (r->tee)
		note_close(r, slo_writer_close(r->tee, &err), &err);
	slo_err_reset(&err);
	if (r->report.out)
		note_close(r, report_close(&r->report, &err), &err);
	if (!r->status && r->invalid)
		r->status = EXIT_INVALID;
	slo_jeval_free(r->eval);
	catalog_close(&r->catalog);
	slo_buf_fini(&r->scratch);
	return r->status;
}

int validate(const struct options *o, int argc, char **argv)
{
	struct run r = { .o = o };
	struct slo_err err = { .what = "" };

	slo_buf_init(&r.scratch, SCRATCH_MAX);
	if (catalog_open(&r.catalog, o, &err) || slo_jeval_new(&r.eval) || open_tee(&r, &err) ||
	    report_open(&r.report, o, &err)) {
		slo_err_set(&err, 0, "out of memory");
		slo_warn_err(&err);
		r.status = EXIT_USAGE;
		return finish(&r);
	}
	if (argc == 0)
		r.status = run_one(&r, o->input);
	for (int i = 0; i < argc && !r.broken && !stop; i++) {
		int status = run_one(&r, argv[i]);

		r.status = status > r.status ? status : r.status;
	}
	if (!o->quiet && (r.status != EXIT_USAGE || r.valid + r.invalid))
		summary(&r);
	return finish(&r);
}
