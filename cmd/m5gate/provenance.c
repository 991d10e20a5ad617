/* SPDX-License-Identifier: MIT */
/* Where candidate and baseline come from. */
#include "m5gate.h"

#include "base/cleanup.h"
#include "io/writer.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *or_else(const char *s, const char *other)
{
	return s && s[0] ? s : other;
}

static int keep(char *to, size_t size, const char *s, const char *where, struct slo_err *err)
{
	if (slo_str_copy(to, size, slo_str(s)))
		return 0;
	slo_err_set(err, -EINVAL, "longer than %zu bytes", size - 1);
	slo_err_at(err, "%s", where);
	return -EINVAL;
}

static const char *candidate_ref(const struct options *o)
{
	return or_else(o->candidate_ref, or_else(getenv("GITHUB_REF_NAME"), or_else(getenv("GITHUB_REF"), "local")));
}

/* An empty root or manifest follows the root above it. */
static int find_paths(struct provenance *p, const struct options *o, struct slo_err *err)
{
	char under[sizeof(p->baseline_root) + 16];
	int r = keep(p->candidate_root, sizeof(p->candidate_root),
		     or_else(o->candidate_root, "artifacts/weekly-benchmark"), "--candidate-root", err);

	snprintf(under, sizeof(under), "%s/baseline", p->candidate_root);
	if (!r)
		r = keep(p->baseline_root, sizeof(p->baseline_root), or_else(o->baseline_root, under),
			 "--baseline-root", err);
	snprintf(under, sizeof(under), "%s/manifest.json", p->baseline_root);
	if (!r)
		r = keep(p->manifest, sizeof(p->manifest), or_else(o->baseline_manifest, under), "--baseline-manifest",
			 err);
	return r;
}

static int member(const json_t *root, const char *key, char *to, struct slo_err *err)
{
	const json_t *v = json_object_get(root, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_string(v)) {
		slo_err_set(err, -EINVAL, "want a string");
		slo_err_at(err, "%s", key);
		return -EINVAL;
	}
	return keep(to, REF_MAX, json_string_value(v), key, err);
}

static int parse_manifest(struct provenance *p, const char *text, size_t len, struct slo_err *err)
{
	json_error_t bad;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &bad);
	int r = 0;

	if (!json_is_object(root)) {
		r = slo_err_set(err, -EINVAL, "%s", root ? "want an object" : bad.text);
		slo_err_at(err, "%s:%d", p->manifest, root ? 1 : bad.line);
	} else {
		r = member(root, "source_ref", p->baseline_ref, err);
		if (!r)
			r = member(root, "source_commit", p->baseline_commit, err);
		if (r)
			slo_err_at(err, "%s", p->manifest);
	}
	json_decref(root);
	return r;
}

static int read_manifest(struct provenance *p, struct slo_err *err)
{
	slo_autofree char *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (stat(p->manifest, &st) < 0 && errno == ENOENT)
		return 0;
	r = slo_file_read(p->manifest, MANIFEST_MAX, &text, &len, err);
	return r ? r : parse_manifest(p, text, len, err);
}

static bool same_dir(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void judge(struct provenance *p, const struct options *o)
{
	p->known = p->baseline_ref[0] || p->baseline_commit[0];
	p->same_source = same_dir(p->candidate_root, p->baseline_root) ||
			 slo_m5_same_source(p->candidate_ref, p->candidate_commit, p->baseline_ref, p->baseline_commit);
	p->verdict = SLO_M5_PASS;
	if (o->require_manifest && !p->known) {
		p->verdict = SLO_M5_FAIL;
		snprintf(p->reason, sizeof(p->reason), "%.150s is missing or names no source", p->manifest);
	} else if (p->same_source) {
		snprintf(p->reason, sizeof(p->reason), "candidate and baseline are the same source");
	} else if (!p->known) {
		snprintf(p->reason, sizeof(p->reason), "the source of the baseline is not known");
	}
}

int provenance_find(struct provenance *p, const struct options *o, struct slo_err *err)
{
	int r;

	*p = (struct provenance){ .known = false };
	r = find_paths(p, o, err);
	if (!r)
		r = keep(p->candidate_ref, REF_MAX, candidate_ref(o), "--candidate-ref", err);
	if (!r)
		r = keep(p->candidate_commit, REF_MAX,
			 or_else(o->candidate_commit, or_else(getenv("GITHUB_SHA"), "local")), "--candidate-commit",
			 err);
	if (!r)
		r = read_manifest(p, err);
	if (!r)
		judge(p, o);
	return r;
}
