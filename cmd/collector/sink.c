/* SPDX-License-Identifier: MIT */
/* Records as lines. */
#include "collector.h"

#include "base/log.h"

#include <errno.h>

static int ndjson_open(struct collector *c, struct slo_err *err)
{
	const struct slo_writer_opts w = { .streaming = false };

	return slo_writer_open(c->o->output == OUTPUT_JSONL ? c->o->output_path : c->o->out, &w, &c->out, err);
}

static int ndjson_put(struct collector *c, int kind, struct slo_str text)
{
	bool window = kind == SLO_KIND_WINDOW || kind == SLO_KIND_SLI_WINDOW || kind == SLO_KIND_INCIDENT;

	return slo_writer_line(c->out, text, window ? SLO_WRITE_WINDOW : SLO_WRITE_EXEMPLAR);
}

static int ndjson_flush(struct collector *c)
{
	return slo_writer_flush(c->out, 1000);
}

/* A reader that went away ends the tool quietly; any other failed write is exit status 1. */
static int ndjson_close(struct collector *c)
{
	struct slo_err err = { .what = "" };
	int r = slo_writer_close(c->out, &err);

	if (!r || r == -EPIPE)
		return 0;
	slo_warn_err(&err);
	return 1;
}

const struct sink_kind sink_ndjson = { "ndjson", ndjson_open, ndjson_put, ndjson_flush, ndjson_close };
