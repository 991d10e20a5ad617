/* SPDX-License-Identifier: MIT */
/*
 * The JSON Schema project's own test suite. $SLO_JSON_SCHEMA_SUITE names its
 * directory, with tests/ and remotes/; without it there is nothing to run.
 * Every required case must pass; optional ones are counted by name.
 */
#include "jschema/jschema.h"
#include "rec/lex.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_ROOM = 1024, REMOTES = 256, FILES = 256 };

struct remote {
	char uri[PATH_ROOM];
	json_t *doc;
};

struct tally {
	unsigned int passed, failed;
};

static const char *suite;
static struct remote remotes[REMOTES];
static size_t remote_count;
static struct slo_jeval *eval;

static struct slo_buf read_file(const char *path)
{
	struct slo_buf b;
	FILE *f = fopen(path, "rb");
	size_t n;

	ck_assert_msg(f != NULL, "%s", path);
	slo_buf_init(&b, 1 << 24);
	do {
		char *to = slo_buf_room(&b, 65536);

		ck_assert_ptr_nonnull(to);
		n = fread(to, 1, 65536, f);
		b.len += n;
	} while (n > 0);
	fclose(f);
	return b;
}

/* Integers beyond int64 become doubles, as they do for any caller. */
static json_t *load(struct slo_str text)
{
	json_t *doc = json_loadb(text.p, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	if (!doc)
		doc = json_loadb(text.p, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	ck_assert_msg(doc != NULL, "%.*s", SLO_STR_ARG(text));
	return doc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Names in a directory, sorted; without dot files. */
static size_t list(const char *dir, char (*names)[256])
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)) != NULL && n < FILES)
		if (e->d_name[0] != '.')
			snprintf(names[n++], 256, "%s", e->d_name);
	if (d)
		closedir(d);
	qsort(names, n, 256, by_name);
	return n;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void load_remotes(const char *below)
{
	char (*names)[256] = calloc(FILES, sizeof(*names));
	char path[PATH_ROOM];
	size_t n;

	snprintf(path, sizeof(path), "%s/remotes%s", suite, below);
	n = list(path, names);
	for (size_t i = 0; i < n; i++) {
		char name[PATH_ROOM / 2];
		struct slo_buf text;

		snprintf(name, sizeof(name), "%s/%s", below, names[i]);
		snprintf(path, sizeof(path), "%s/remotes%s", suite, name);
		if (is_directory(path)) {
			load_remotes(name);
			continue;
		}
		ck_assert_uint_lt(remote_count, REMOTES);
		text = read_file(path);
		snprintf(remotes[remote_count].uri, PATH_ROOM, "http://localhost:1234%s", name);
		remotes[remote_count++].doc = load(slo_buf_str(&text));
		slo_buf_fini(&text);
	}
	free(names);
}

/* A store with everything the suite's server has. What other drafts' documents cannot be is not our concern. */
static struct slo_jstore *make_store(enum slo_jdraft draft)
{
	struct slo_jstore *s;

	ck_assert_int_eq(slo_jstore_new(&s), 0);
	for (size_t i = 0; i < remote_count; i++)
		(void)slo_jstore_add(s, remotes[i].uri, remotes[i].doc, draft, NULL);
	return s;
}

/* The next item of the array that is open. */
static bool next_item(struct slo_lex *l, struct slo_str *raw)
{
	ck_assert_int_eq(slo_lex_skip(l, raw), 0);
	while (raw->len && strchr(", \t\r\n", raw->p[0]))
		*raw = slo_str_n(raw->p + 1, raw->len - 1);
	return raw->p[0] != ']';
}

struct place {
	const char *file;
	enum slo_jdraft draft;
	bool formats, loud;
};

static struct slo_jschema *compile(const struct place *p, struct slo_str text, struct slo_err *err)
{
	struct slo_jschema_opts o = { .assert_formats = p->formats };
	struct slo_jstore *store = make_store(p->draft);
	struct slo_jschema *schema = NULL;
	json_t *doc = load(text);

	if (slo_jstore_add(store, "https://suite.invalid/schema.json", doc, p->draft, err) == 0)
		(void)slo_jschema_compile(store, "https://suite.invalid/schema.json", &o, &schema, err);
	json_decref(doc);
	slo_jstore_free(store);
	return schema;
}

/* One of "tests": an object of description, data, valid. */
static void run_case(const struct place *p, struct slo_str text, const struct slo_jschema *schema,
		     struct slo_str group, const char *why, struct tally *t)
{
	struct slo_lex l;
	struct slo_lex_value v;
	struct slo_str key, raw, data = { NULL, 0 }, name = { NULL, 0 };
	struct slo_err err = { "", "" };
	bool valid = false;
	int ret;

	slo_lex_init(&l, text.p, text.len, NULL);
	l.nul = true;
	slo_lex_next(&l, &v);
	while (slo_lex_next(&l, &v) == SLO_LEX_KEY) {
		key = v.str;
		ck_assert_int_eq(slo_lex_skip(&l, &raw), 0);
		if (slo_str_is(key, "data"))
			data = raw;
		else if (slo_str_is(key, "description"))
			name = raw;
		else if (slo_str_is(key, "valid"))
			valid = slo_str_is(raw, "true");
	}
	ck_assert_ptr_nonnull(data.p);
	ret = schema ? slo_jschema_validate(schema, eval, data.p, data.len, NULL, NULL, &err) : -EINVAL;
	if (ret == valid) {
		t->passed++;
		return;
	}
	t->failed++;
	printf("%s %s: %.*s: %.*s: %d %s %s\n", p->loud ? "FAIL" : "  not", p->file, SLO_STR_ARG(group),
	       SLO_STR_ARG(name), ret, err.what, schema ? "" : why);
}

static void run_group(const struct place *p, struct slo_str text, struct tally *t)
{
	struct slo_str key, raw, name = { NULL, 0 }, tests = { NULL, 0 }, schema_text = { NULL, 0 };
	struct slo_err err = { "", "" };
	struct slo_jschema *schema;
	char why[512];
	struct slo_lex l;
	struct slo_lex_value v;

	slo_lex_init(&l, text.p, text.len, NULL);
	l.nul = true;
	slo_lex_next(&l, &v);
	while (slo_lex_next(&l, &v) == SLO_LEX_KEY) {
		key = v.str;
		ck_assert_int_eq(slo_lex_skip(&l, &raw), 0);
		if (slo_str_is(key, "schema"))
			schema_text = raw;
		else if (slo_str_is(key, "description"))
			name = raw;
		else if (slo_str_is(key, "tests"))
			tests = raw;
	}
	ck_assert(tests.p && schema_text.p);
	schema = compile(p, schema_text, &err);
	snprintf(why, sizeof(why), "%s: %s", err.where, err.what);
	slo_lex_init(&l, tests.p, tests.len, NULL);
	l.nul = true;
	slo_lex_next(&l, &v);
	while (next_item(&l, &raw))
		run_case(p, raw, schema, name, why, t);
	slo_jschema_free(schema);
}

static void run_file(const struct place *p, const char *path, struct tally *t)
{
	struct slo_buf text = read_file(path);
	struct slo_lex l;
	struct slo_str raw;
	struct slo_lex_value v;

	slo_lex_init(&l, text.data, text.len, NULL);
	l.nul = true;
	slo_lex_next(&l, &v);
	while (next_item(&l, &raw))
		run_group(p, raw, t);
	slo_buf_fini(&text);
}

static void run_directory(const char *below, enum slo_jdraft draft, bool formats, bool required, struct tally *all)
{
	char (*names)[256] = calloc(FILES, sizeof(*names));
	char dir[PATH_ROOM / 2], path[PATH_ROOM];
	size_t n;

	snprintf(dir, sizeof(dir), "%s/tests/%s", suite, below);
	n = list(dir, names);
	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n; i++) {
		struct place p = { names[i], draft, formats, required };
		struct tally t = { 0, 0 };

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (is_directory(path))
			continue;
		run_file(&p, path, &t);
		if (!required)
			printf("%s/%s: %u of %u\n", below, names[i], t.passed, t.passed + t.failed);
		all->passed += t.passed;
		all->failed += t.failed;
	}
	printf("%s: %u of %u\n", below, all->passed, all->passed + all->failed);
	free(names);
}

static const struct {
	const char *required, *optional, *formats;
	enum slo_jdraft draft;
} drafts[] = {
	{ "draft2020-12", "draft2020-12/optional", "draft2020-12/optional/format", SLO_JDRAFT_2020_12 },
	{ "draft7", "draft7/optional", "draft7/optional/format", SLO_JDRAFT_7 },
};

START_TEST(every_required_case_passes)
{
	struct tally t = { 0, 0 };

	run_directory(drafts[_i].required, drafts[_i].draft, false, true, &t);
	ck_assert_uint_gt(t.passed, 500);
	ck_assert_uint_eq(t.failed, 0);
}
END_TEST

/* What they say is optional; that most of it works is not. */
START_TEST(optional_cases_mostly_pass)
{
	struct tally t = { 0, 0 }, f = { 0, 0 };

	run_directory(drafts[_i].optional, drafts[_i].draft, false, false, &t);
	run_directory(drafts[_i].formats, drafts[_i].draft, true, false, &f);
	ck_assert_uint_gt(t.passed, 10 * t.failed);
	ck_assert_uint_gt(f.passed, 10 * f.failed);
}
END_TEST

static void set_up(void)
{
	load_remotes("");
	ck_assert_int_eq(slo_jeval_new(&eval), 0);
}

static void tear_down(void)
{
	slo_jeval_free(eval);
	while (remote_count)
		json_decref(remotes[--remote_count].doc);
}

int main(void)
{
	Suite *s = suite_create("jschema/suite");
	TCase *t = tcase_create("cases");
	SRunner *r = srunner_create(s);
	int failed;

	suite = getenv("SLO_JSON_SCHEMA_SUITE");
	if (!suite) {
		printf("SKIP: SLO_JSON_SCHEMA_SUITE names no test suite\n");
		srunner_free(r);
		return 0;
	}
	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, every_required_case_passes, 0, (int)SLO_ARRAY_LEN(drafts));
	tcase_add_loop_test(t, optional_cases_mostly_pass, 0, (int)SLO_ARRAY_LEN(drafts));
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
