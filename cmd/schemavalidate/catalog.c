/* SPDX-License-Identifier: MIT */
#include "schemavalidate.h"

#include "base/cleanup.h"
#include "base/embed.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>

enum {
	SCHEMA_MAX_BYTES = 16 << 20, /* of one schema */
	URI_MAX = 3 * PATH_MAX + 16,
};

static const char *const names[KIND__COUNT] = {
	[KIND_ANY] = "record.v1.schema.json",
	[KIND_FIRST + SLO_KIND_SLO] = "slo-event.v1.schema.json",
	[KIND_FIRST + SLO_KIND_SLI_WINDOW] = "sli-window.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_PROBE] = "probe-event.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_WINDOW] = "signal-window.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_SPAN] = "span.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_INCIDENT] = "incident-attribution.v1.schema.json",
	[KIND_FIRST + SLO_KIND_FAULT_LABEL] = "fault-label.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_FAULT_SAMPLE] = "fault-sample.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_RAW_SAMPLE] = "raw-sample.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_LABELED_PAIR] = "labeled-pair.v1alpha1.schema.json",
	[KIND_FIRST + SLO_KIND_STATS] = "stats.v1alpha1.schema.json",
	[KIND_CONFIG] = "toolkit.schema.json",
};

const char *catalog_name(int kind)
{
	return names[kind];
}

static json_t *parse(const char *text, size_t len, const char *name, struct slo_err *err)
{
	json_error_t e;
	json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);

	if (!doc) {
		slo_err_set(err, 0, "%s", e.text);
		slo_err_at(err, "%s:%d:%d", name, e.line, e.column);
	}
	return doc;
}

json_t *catalog_shipped(int kind, struct slo_err *err)
{
	for (size_t i = 0; i < embedded_files_count; i++) {
		const struct embedded_file *f = &embedded_files[i];

		if (strcmp(f->name, names[kind]) == 0)
			return parse((const char *)f->data, f->len, f->name, err);
	}
	slo_err_set(err, 0, "%s is not part of this build", names[kind]);
	return NULL;
}

static bool is_yaml(const char *path)
{
	size_t n = strlen(path);

	return (n > 5 && strcmp(path + n - 5, ".yaml") == 0) || (n > 4 && strcmp(path + n - 4, ".yml") == 0);
}

static json_t *load(const char *path, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	struct slo_yaml *y = NULL;
	json_t *doc = NULL;
	size_t len;

	if (slo_file_read(path, SCHEMA_MAX_BYTES, &text, &len, err))
		return NULL;
	if (!is_yaml(path))
		return parse(text, len, path, err);
	if (slo_yaml_parse(text, len, path, &y, err) == 0)
		doc = json_deep_copy(slo_yaml_root(y));
	slo_yaml_free(y);
	return doc;
}

/* "file:///the/absolute/path" of a file, whether it exists or not. */
static void file_uri(const char *path, char uri[URI_MAX])
{
	static const char hex[] = "0123456789ABCDEF";
	char real[PATH_MAX];
	size_t n = 7;

	if (!realpath(path, real))
		snprintf(real, sizeof(real), "/%s", path);
	memcpy(uri, "file://", n);
	for (const char *p = real; *p; p++) {
		unsigned char u = (unsigned char)*p;

		if ((u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || strchr("-._~/", u)) {
			uri[n++] = *p;
			continue;
		}
		uri[n++] = '%';
		uri[n++] = hex[u >> 4];
		uri[n++] = hex[u & 15];
	}
	uri[n] = '\0';
}

static const char *id_of(const json_t *doc)
{
	return json_string_value(json_object_get(doc, "$id"));
}

/* @doc is borrowed. A document whose $id or address is known already is passed over. */
static int add(struct catalog *c, const char *uri, json_t *doc, enum slo_jdraft draft, const char *name,
	       struct slo_err *err)
{
	const char *id = id_of(doc);
	int r;

	if (json_object_get(c->known, uri) || (id && json_object_get(c->known, id)))
		return 0;
	r = slo_jstore_add(c->store, uri, doc, draft, err);
	if (r) {
		slo_err_set(err, r, "%s", slo_strerror(r));
		slo_err_at(err, "%s", name);
		return r;
	}
	if (json_object_set_new(c->known, uri, json_true()) || (id && json_object_set_new(c->known, id, json_true())))
		return slo_err_set(err, -ENOMEM, "out of memory");
	return 0;
}

static int add_file(struct catalog *c, const char *path, enum slo_jdraft draft, struct slo_err *err)
{
	json_t *doc = load(path, err);
	char uri[URI_MAX];
	int r;

	if (!doc)
		return slo_err_set(err, -EINVAL, "%s cannot be read", path);
	file_uri(path, uri);
	r = add(c, uri, doc, draft, path, err);
	json_decref(doc);
	return r;
}

static int json_files_only(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && strcmp(d->d_name + n - 5, ".json") == 0;
}

static int add_folder(struct catalog *c, const char *dir, enum slo_jdraft draft, struct slo_err *err)
{
	struct dirent **list = NULL;
	int n = scandir(dir, &list, json_files_only, alphasort), r = 0;

	if (n < 0)
		return slo_err_set(err, -errno, "%s: %s", dir, slo_strerror(-errno));
	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];

		if (r == 0 && snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name) >= (int)sizeof(path))
			r = slo_err_set(err, -ENAMETOOLONG, "%s: name too long", dir);
		if (r == 0)
			r = add_file(c, path, draft, err);
		free(list[i]);
	}
	free(list);
	return r;
}

static int add_shipped(struct catalog *c, struct slo_err *err)
{
	for (int kind = 0; kind < KIND__COUNT; kind++) {
		json_t *doc = catalog_shipped(kind, err);
		int r;

		if (!doc)
			return -EINVAL;
		r = add(c, id_of(doc) ? id_of(doc) : names[kind], doc, SLO_JDRAFT_AUTO, names[kind], err);
		json_decref(doc);
		if (r)
			return r;
	}
	return 0;
}

/* A file's name may have a '#' in it; where there is no such file, it begins the fragment. */
static int compile_user(struct catalog *c, const char *schema, enum slo_jdraft draft, struct slo_err *err)
{
	char path[PATH_MAX], uri[URI_MAX + PATH_MAX];
	const char *hash = strchr(schema, '#');
	int r;

	if (strstr(schema, "://"))
		return slo_jschema_compile(c->store, schema, &c->opts, &c->user, err);
	if (hash && access(schema, F_OK) == 0)
		hash = NULL;
	if (snprintf(path, sizeof(path), "%.*s", hash ? (int)(hash - schema) : PATH_MAX, schema) >= (int)sizeof(path))
		return slo_err_set(err, -ENAMETOOLONG, "%s: name too long", schema);
	r = add_file(c, path, draft, err);
	if (r)
		return r;
	file_uri(path, uri);
	if (hash)
		strncat(uri, hash, PATH_MAX - 1);
	return slo_jschema_compile(c->store, uri, &c->opts, &c->user, err);
}

int catalog_open(struct catalog *c, const struct options *o, struct slo_err *err)
{
	bool is_file = o->schema[0] && !strstr(o->schema, "://");
	enum slo_jdraft draft = (enum slo_jdraft)o->draft;
	int r;

	c->opts = (struct slo_jschema_opts){ .assert_formats = o->assert_formats,
					     .forward_compatible = o->forward_compatible };
	c->known = json_object();
	r = c->known ? slo_jstore_new(&c->store) : -ENOMEM;
	if (r)
		return slo_err_set(err, r, "out of memory");
	/* The user's own come first: a shipped one of the same $id is then not needed. */
	if (is_file && access(o->schema, F_OK) == 0)
		r = add_file(c, o->schema, draft, err);
	if (r == 0 && o->store[0])
		r = add_folder(c, o->store, draft, err);
	r = r ? r : add_shipped(c, err);
	if (r == 0 && o->schema[0])
		r = compile_user(c, o->schema, draft, err);
	if (r)
		slo_err_set(err, r, "%s: %s", o->schema, slo_strerror(r));
	return r;
}

void catalog_close(struct catalog *c)
{
	for (int i = 0; i < KIND__COUNT; i++)
		slo_jschema_free(c->kinds[i]);
	slo_jschema_free(c->user);
	slo_jstore_free(c->store);
	json_decref(c->known);
	*c = (struct catalog){ .store = NULL };
}

int catalog_kind(struct catalog *c, int kind, const struct slo_jschema **out, struct slo_err *err)
{
	struct slo_jschema_opts opts = c->opts;
	json_t *doc;
	int r = 0;

	if (!c->kinds[kind]) {
		doc = catalog_shipped(kind, err);
		if (!doc)
			return -EINVAL;
		opts.skip_metaschema = true; /* --self and the tests look at that */
		r = slo_jschema_compile(c->store, id_of(doc), &opts, &c->kinds[kind], err);
		json_decref(doc);
	}
	*out = c->kinds[kind];
	return r;
}
