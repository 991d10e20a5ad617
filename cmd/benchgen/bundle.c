/* SPDX-License-Identifier: MIT */
/* The artifacts, one file each. */
#include "benchgen.h"

#include "base/cleanup.h"
#include "io/writer.h"

#include <errno.h>

static const struct {
	const char *name;
	artifact_fn *write;
} artifacts[] = {
	{ "incident_predictions.csv", write_predictions }, { "confusion-matrix.csv", write_confusion },
	{ "class_metrics.csv", write_classes },		   { "collector_overhead.csv", write_overhead },
	{ "attribution_summary.json", write_summary },	   { "provenance.json", write_provenance },
	{ "report.md", write_report },
};

static int write_one(const struct bench *b, size_t i, struct slo_err *err)
{
	slo_autofree char *path = NULL;
	struct slo_buf text;
	int r;

	if (asprintf(&path, "%s/%s", b->o->out, artifacts[i].name) < 0)
		return slo_err_set(err, -ENOMEM, "out of memory");
	slo_buf_init(&text, REPORT_MAX);
	artifacts[i].write(&text, b);
	r = text.err ? slo_err_set(err, text.err, "%s: %s", path, slo_strerror(text.err))
		     : slo_file_replace(path, slo_buf_str(&text), err);
	slo_buf_fini(&text);
	return r;
}

int bundle_write(const struct bench *b, struct slo_err *err)
{
	int r = 0;

	for (size_t i = 0; i < SLO_ARRAY_LEN(artifacts) && !r; i++)
		r = write_one(b, i, err);
	return r;
}
