/* SPDX-License-Identifier: MIT */
/* What the tests of the validator share: one schema, one instance, and what is said about it. */
#ifndef SLO_JSCHEMA_TESTING_H
#define SLO_JSCHEMA_TESTING_H

#include "jschema/jschema.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct slo_jeval *eval;
static struct slo_jschema_opts options;
static struct slo_buf lines, texts;
static const char *said;          /* the "what" of all failures, one line each */
static size_t failures, last_found;

static void testing_begin(void)
{
	ck_assert_int_eq(slo_jeval_new(&eval), 0);
	slo_buf_init(&lines, 1 << 20);
	slo_buf_init(&texts, 1 << 20);
	options = (struct slo_jschema_opts){ 0 };
}

static void testing_end(void)
{
	slo_jeval_free(eval);
	slo_buf_fini(&lines);
	slo_buf_fini(&texts);
}

static int compile(const char *text, struct slo_jschema **out, struct slo_err *err)
{
	json_t *doc = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct slo_jstore *store;
	int ret;

	ck_assert_msg(doc != NULL, "%s", text);
	ck_assert_int_eq(slo_jstore_new(&store), 0);
	ret = slo_jstore_add(store, "https://t.invalid/s", doc, SLO_JDRAFT_AUTO, err);
	json_decref(doc);
	if (!ret)
		ret = slo_jschema_compile(store, "https://t.invalid/s", &options, out, err);
	slo_jstore_free(store);
	return ret;
}

/* Indented by depth: instance (- for the root), keyword, absolute, name, found, @offset. */
static void note(void *arg, const struct slo_jfail *f)
{
	(void)arg;
	failures++;
	last_found = f->found.len;
	slo_buf_addf(&lines, "%*s%.*s %.*s %.*s %s %.*s @%zu\n", (int)f->depth, "",
		     SLO_STR_ARG(f->instance.len ? f->instance : slo_str("-")), SLO_STR_ARG(f->keyword),
		     SLO_STR_ARG(f->absolute), f->name, SLO_STR_ARG(f->found), f->offset);
	slo_buf_addf(&texts, "%.*s\n", SLO_STR_ARG(f->what));
}

/* Both ways of asking must give the same answer. */
static int verdict_n(const char *schema, const char *instance, size_t len, struct slo_err *err)
{
	struct slo_err why = { "", "" };
	struct slo_jschema *s = NULL;
	int ret;

	ck_assert_msg(compile(schema, &s, &why) == 0, "%s: %s", why.where, why.what);
	slo_buf_reset(&lines);
	slo_buf_reset(&texts);
	failures = 0;
	ret = slo_jschema_validate(s, eval, instance, len, note, NULL, err);
	ck_assert_int_eq(slo_jschema_validate(s, eval, instance, len, NULL, NULL, NULL), ret);
	ck_assert_int_eq(ret == 0, failures > 0);
	said = texts.len ? texts.data : "";
	slo_jschema_free(s);
	return ret;
}

static int verdict(const char *schema, const char *instance)
{
	return verdict_n(schema, instance, strlen(instance), NULL);
}

__attribute__((unused)) static void check_failures(const char *schema, const char *instance, const char *want)
{
	ck_assert_int_eq(verdict(schema, instance), 0);
	ck_assert_str_eq(lines.len ? lines.data : "", want);
}

#endif
