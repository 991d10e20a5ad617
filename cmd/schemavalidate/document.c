/* SPDX-License-Identifier: MIT */
/* One document: a whole file. */
#include "schemavalidate.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>

enum { DOCUMENT_MAX = 64 << 20 }; /* bytes */

/* An enveloped record, a bare one of --kind, or what --schema says. */
static int schema_of(struct run *r, struct slo_str text, const struct slo_jschema **out, int *kind,
		     struct slo_err *err)
{
	*kind = KIND_ANY;
	if (r->catalog.user) {
		*out = r->catalog.user;
		return 0;
	}
	if (r->o->kind != KIND_ANY && (r->o->kind == KIND_CONFIG || !envelope_read(text, &r->scratch).is))
		return catalog_kind(&r->catalog, r->o->kind, out, err);
	*kind = r->o->kind;
	return catalog_kind(&r->catalog, KIND_ANY, out, err);
}

static int judge_text(struct run *r, struct instance *in)
{
	const struct slo_jschema *schema;
	struct slo_err err = { .what = "" };
	int kind;

	if (schema_of(r, in->text, &schema, &kind, &err)) {
		slo_warn_err(&err);
		return EXIT_USAGE;
	}
	judge(r, schema, in, kind);
	return 0;
}

/* The parser says "name:line:column"; the report has places of its own. */
static void take_place(struct instance *in, struct slo_err *err)
{
	size_t n = strlen(in->file);
	unsigned long line, column;

	if (strncmp(err->where, in->file, n) == 0 && sscanf(err->where + n, ":%lu:%lu", &line, &column) == 2) {
		in->line = line;
		in->column = column;
		err->where[0] = '\0';
	}
	slo_err_at(err, "not YAML");
}

static int judge_yaml(struct run *r, struct instance *in)
{
	struct slo_err err = { .what = "" };
	struct slo_yaml *y = NULL;
	struct slo_buf json;
	int ret;

	slo_buf_init(&json, DOCUMENT_MAX);
	ret = slo_yaml_parse(in->text.p, in->text.len, in->file, &y, &err);
	if (ret == 0) {
		ret = yaml_to_json(y, &json);
		slo_err_set(&err, ret, "%s", slo_strerror(ret));
	}
	in->yaml = y;
	in->text = slo_buf_str(&json);
	if (ret) {
		take_place(in, &err);
		judge_unread(r, in, &err);
		ret = 0;
	} else {
		ret = judge_text(r, in);
	}
	slo_yaml_free(y);
	slo_buf_fini(&json);
	return ret;
}

int run_document(struct run *r, const char *path, bool yaml)
{
	struct instance in = { .file = strcmp(path, "-") == 0 ? "stdin" : path, .line = 1, .document = true };
	struct slo_err err = { .what = "" };
	slo_autofree char *text = NULL;
	size_t len;
	int ret = slo_file_read(path, DOCUMENT_MAX, &text, &len, &err);

	if (ret && ret != -EFBIG) {
		slo_warn_err(&err);
		return EXIT_USAGE;
	}
	report_file(&r->report, in.file);
	if (ret) {
		judge_unread(r, &in, &err);
		return 0;
	}
	in.text = slo_str_n(text, len);
	return yaml ? judge_yaml(r, &in) : judge_text(r, &in);
}
