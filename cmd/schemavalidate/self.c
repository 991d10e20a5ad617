/* SPDX-License-Identifier: MIT */
/* The contract's self check: what is shipped holds together. */
#include "schemavalidate.h"

#include "base/cleanup.h"
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONFIG_MAX = 1 << 20 };

struct self {
	struct catalog catalog;
	struct slo_jeval *eval;
	const char *config; /* NULL = there is none */
};

static int check_schemas(struct self *s, struct slo_err *err)
{
	const struct slo_jschema *compiled;

	for (int kind = 0; kind < KIND__COUNT; kind++) {
		int r = catalog_kind(&s->catalog, kind, &compiled, err);

		if (r)
			return r;
	}
	return 0;
}

static int check_meta(struct self *s, struct slo_err *err)
{
	struct slo_jschema_opts opts = { .skip_metaschema = false };

	for (int kind = 0; kind < KIND__COUNT; kind++) {
		json_t *doc = catalog_shipped(kind, err);
		struct slo_jschema *compiled = NULL;
		int r = -EINVAL;

		if (doc)
			r = slo_jschema_compile(s->catalog.store, json_string_value(json_object_get(doc, "$id")), &opts,
						&compiled, err);
		json_decref(doc);
		slo_jschema_free(compiled);
		if (r)
			return r;
	}
	return 0;
}

/* The first failure becomes the error. */
static void keep_first(void *arg, const struct slo_jfail *f)
{
	struct slo_err *err = arg;

	if (err->what[0])
		return;
	slo_err_set(err, 0, "%s: %.*s", f->name, (int)(f->what.len > 250 ? 250 : f->what.len), f->what.p);
	slo_err_at(err, "%.*s", (int)(f->instance.len > 150 ? 150 : f->instance.len), f->instance.p);
}

static int check_text(struct self *s, int kind, struct slo_str text, const char *name, struct slo_err *err)
{
	const struct slo_jschema *schema;
	int r = catalog_kind(&s->catalog, kind, &schema, err);

	r = r ? r : slo_jschema_validate(schema, s->eval, text.p, text.len, keep_first, err, err);
	if (r == 1)
		return 0;
	slo_err_set(err, 0, "not valid");
	slo_err_at(err, "%s", name);
	return r ? r : -EINVAL;
}

static int check_examples_of(struct self *s, int kind, const json_t *examples, struct slo_err *err)
{
	size_t n = json_array_size(examples);

	for (size_t i = 0; i < n; i++) {
		char *text = json_dumps(json_array_get(examples, i), JSON_COMPACT | JSON_ENCODE_ANY);
		char name[128];
		int r;

		if (!text)
			return slo_err_set(err, -ENOMEM, "out of memory");
		snprintf(name, sizeof(name), "%s: examples[%zu]", catalog_name(kind), i);
		r = check_text(s, kind, slo_str(text), name, err);
		free(text);
		if (r)
			return r;
	}
	return n ? 0 : slo_err_set(err, -EINVAL, "%s has no examples", catalog_name(kind));
}

static int check_examples(struct self *s, struct slo_err *err)
{
	for (int kind = 0; kind < KIND_CONFIG; kind++) {
		json_t *doc = catalog_shipped(kind, err);
		int r = doc ? check_examples_of(s, kind, json_object_get(doc, "examples"), err) : -EINVAL;

		json_decref(doc);
		if (r)
			return r;
	}
	return 0;
}

static int check_config_schema(struct self *s, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	struct slo_yaml *y = NULL;
	struct slo_buf json;
	size_t len;
	int r = slo_file_read(s->config, CONFIG_MAX, &text, &len, err);

	slo_buf_init(&json, 16 << 20);
	r = r ? r : slo_yaml_parse(text, len, s->config, &y, err);
	r = r ? r : yaml_to_json(y, &json);
	r = r ? r : check_text(s, KIND_CONFIG, slo_buf_str(&json), s->config, err);
	slo_yaml_free(y);
	slo_buf_fini(&json);
	return r;
}

static int check_config_loader(struct self *s, struct slo_err *err)
{
	slo_autofree struct slo_config *c = malloc(sizeof(*c));

	return c ? slo_config_load(c, s->config, err) : slo_err_set(err, -ENOMEM, "out of memory");
}

/* In the contract's order; the second is ours. */
static const struct {
	const char *name;
	int (*check)(struct self *s, struct slo_err *err);
	bool config;
} checks[] = {
	{ "schema document parse", check_schemas, false },
	{ "schema against meta-schema", check_meta, false },
	{ "contract sample payloads", check_examples, false },
	{ "toolkit config schema", check_config_schema, true },
	{ "toolkit config loader", check_config_loader, true },
};

static int run_checks(struct self *s)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(checks); i++) {
		struct slo_err err = { .what = "" };
		int r;

		if (checks[i].config && !s->config) {
			printf("skip: %s: no config/toolkit.yaml here\n", checks[i].name);
			continue;
		}
		r = checks[i].check(s, &err);
		if (r) {
			slo_err_set(&err, r, "%s", slo_strerror(r));
			fflush(stdout);
			fprintf(stderr, "schema validation failed (%s): %s%s%s\n", checks[i].name, err.where,
				err.where[0] ? ": " : "", err.what);
			return EXIT_INVALID;
		}
		printf("ok: %s\n", checks[i].name);
	}
	return EXIT_VALID;
}

int self_check(const struct options *o)
{
	static const char found[] = "config/toolkit.yaml";
	const struct options none = { .schema = "", .store = "" };
	struct slo_err err = { .what = "" };
	struct self s = { .config = o->config[0] ? o->config : access(found, F_OK) == 0 ? found : NULL };
	int status;

	if (catalog_open(&s.catalog, &none, &err) || slo_jeval_new(&s.eval)) {
		fprintf(stderr, "schema validation failed (%s): %s%s%s\n", checks[0].name, err.where,
			err.where[0] ? ": " : "", err.what[0] ? err.what : "out of memory");
		status = EXIT_INVALID;
	} else {
		status = run_checks(&s);
	}
	slo_jeval_free(s.eval);
	catalog_close(&s.catalog);
	if (fflush(stdout) && errno != EPIPE)
		status = EXIT_INVALID;
	return status;
}
