/* SPDX-License-Identifier: MIT */
/* Run from the top of the tree, or with SLO_TOP naming it. */
#include "base/buf.h"
#include "gen/recorded.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *schema(void)
{
	const char *top = getenv("SLO_TOP");
	json_t *root;
	char path[512];

	snprintf(path, sizeof(path), "%s/schemas/recorded-incident.v1alpha1.schema.json", top ? top : ".");
	root = json_load_file(path, 0, NULL);
	ck_assert_ptr_nonnull(root);
	return root;
}

/* The schema's own example: the line that the cases below change. */
static json_t *example(void)
{
	json_t *root = schema(), *copy;

	copy = json_deep_copy(json_array_get(json_object_get(root, "examples"), 0));
	json_decref(root);
	return copy;
}

static int parse(json_t *o, struct slo_recorded *out, struct slo_err *err)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);
	int rc = slo_recorded_parse(slo_str(text), out, err);

	free(text); /* the struct must not depend on it */
	json_decref(o);
	return rc;
}

START_TEST(every_member_of_a_line_is_read)
{
	struct slo_err err = { "", "" };
	struct slo_recorded r;

	ck_assert_msg(parse(example(), &r, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert(slo_str_is(r.id, "host-chat-dns_latency.s3-1017"));
	ck_assert(slo_str_is(r.place, "host"));
	ck_assert(slo_str_is(r.kernel, "6.1.0-42-cloud-amd64"));
	ck_assert(slo_str_is(r.profile, "chat"));
	ck_assert(slo_str_is(r.run, "host-20261123-01"));
	ck_assert_int_eq(r.split, SLO_SPLIT_TRAIN);
	ck_assert_int_eq(r.stratum, SLO_STRATUM_SINGLE);
	ck_assert_uint_eq(r.faults_count, 1);
	ck_assert(slo_str_is(r.faults[0].fault, "dns_latency"));
	ck_assert_int_eq(r.faults[0].domain, SLO_DOMAIN_NETWORK_DNS);
	ck_assert_int_eq(r.faults[0].severity, 3);
	ck_assert(slo_str_is(r.faults[0].label_id, "dns_latency-1017"));
	ck_assert_uint_eq(r.domains_count, 1);
	ck_assert_int_eq(r.domains[0], SLO_DOMAIN_NETWORK_DNS);
	ck_assert_int_eq(r.positive, 1);
	ck_assert(slo_str_is(r.service, "chat"));
	ck_assert_int_eq(r.seed, 1017);
	ck_assert(slo_str_is(r.objective, "ttft_ms<=250,target=0.95,short=5s,long=10s,burn=2,min_events=20"));
	ck_assert_int_eq(r.fault_end_ns - r.fault_start_ns, INT64_C(20000000000));
	ck_assert_int_eq(r.end_ns - r.start_ns, INT64_C(45000000000));
	ck_assert_uint_eq(r.impact.baseline.valid, 160);
	ck_assert_uint_eq(r.impact.fault.bad, 140);
	ck_assert_double_eq(r.impact.fault.bad_ratio, 0.875);
	ck_assert_uint_eq(r.impact.recovery.valid, 40);
	ck_assert(slo_str_is(slo_recorded_stream(&r, SLO_STREAM_HOST), "host-chat-dns_latency.s3-1017/host.ndjson.gz"));
	ck_assert(slo_str_is(slo_recorded_stream(&r, SLO_STREAM_TRACING),
			     "host-chat-dns_latency.s3-1017/tracing.ndjson.gz"));
	ck_assert_int_eq(slo_recorded_sha256(&r, SLO_STREAM_HOST).p[0], 'f');
	ck_assert_int_eq(slo_recorded_sha256(&r, SLO_STREAM_TRACING).p[0], '0');
	ck_assert(slo_recorded_has_fault(&r, slo_str("dns_latency")));
	ck_assert(!slo_recorded_has_fault(&r, slo_str("dns")));
	ck_assert(slo_recorded_has_domain(&r, SLO_DOMAIN_NETWORK_DNS));
	ck_assert(!slo_recorded_has_domain(&r, SLO_DOMAIN_CPU_THROTTLE));
	slo_recorded_fini(&r);
}
END_TEST

/* Their text lives in another place than that of plain strings. */
START_TEST(escaped_strings_outlive_the_next_line)
{
	struct slo_recorded a, b;
	json_t *o = example();

	json_object_set_new(o, "kernel", json_string("6.1-\xc3\xa4")); /* written as \u00e4 */
	json_object_set_new(o, "unheard_of", json_integer(1));
	ck_assert_int_eq(parse(o, &a, NULL), 0);
	o = example();
	json_object_set_new(o, "kernel", json_string("\xc3\xb6-other"));
	ck_assert_int_eq(parse(o, &b, NULL), 0);
	ck_assert(slo_str_is(a.kernel, "6.1-\xc3\xa4"));
	ck_assert_uint_eq(a.ctx.unknown, 1);
	slo_recorded_fini(&a);
	slo_recorded_fini(&b);
}
END_TEST

static const struct {
	const char *member, *value; /* JSON; NULL = taken out */
	const char *where;
} bad[] = {
	{ "v", "2", "v" }, { "id", "\"\"", "id" }, { "id", "\"A\"", "id" }, { "id", "\"../x\"", "id" },
	{ "id", "\".x\"", "id" }, { "id", NULL, "id" }, { "split", "\"tests\"", "split" },
	{ "stratum", "\"quad\"", "stratum" }, { "positive", "1", "positive" }, { "seed", "1.5", "seed" },
	{ "domains", "[\"dns\"]", "domains[0]" }, { "impact", "{}", "impact.baseline" },
	{ "faults", "[{\"fault\":\"x\",\"domain\":\"unknown\",\"severity\":6}]", "faults[0].severity" },
	{ "faults", "[{\"domain\":\"unknown\",\"severity\":1}]", "faults[0].fault" },
	{ "start_ns", "1764000020000000001", "fault_start_ns" }, { "fault_end_ns", "1764000020000000000", "fault_end_ns" },
	{ "end_ns", "1764000039999999999", "end_ns" }, { "start_ns", "-1", "start_ns" },
	{ "streams", "{\"tracing\":\"/etc/x\"}", "streams" }, { "streams", "{\"tracing\":\"a/../../x\"}", "streams" },
	{ "streams", "{\"host\":\"\"}", "streams" }, { "streams", "{\"host\":\"a//b\"}", "streams" },
	{ "streams", "{\"host\":\"a/..\"}", "streams" }, { "sha256", "{\"host\":\"00\"}", "sha256" },
	{ "sha256", "{}", "sha256" },
};

START_TEST(a_bad_line_names_its_member)
{
	struct slo_err err = { "", "" };
	struct slo_recorded r;
	json_t *o = example();

	if (bad[_i].value)
		json_object_set_new(o, bad[_i].member, json_loads(bad[_i].value, JSON_DECODE_ANY, NULL));
	else
		json_object_del(o, bad[_i].member);
	ck_assert_int_eq(parse(o, &r, &err), -EINVAL);
	ck_assert_msg(strcmp(err.where, bad[_i].where) == 0, "%s: %s", err.where, err.what);
	ck_assert_str_ne(err.what, "");
}
END_TEST

START_TEST(more_faults_than_can_be_held_are_not_cut)
{
	struct slo_err err = { "", "" };
	struct slo_recorded r;
	json_t *o = example(), *list = json_object_get(o, "faults");

	for (int i = 0; i < SLO_RECORDED_FAULTS; i++)
		json_array_append_new(list, json_deep_copy(json_array_get(list, 0)));
	ck_assert_int_eq(parse(o, &r, &err), -EINVAL);
	ck_assert_str_eq(err.where, "faults");
}
END_TEST

START_TEST(one_stream_is_enough)
{
	struct slo_recorded r;
	json_t *o = example();

	json_object_del(json_object_get(o, "streams"), "host");
	ck_assert_int_eq(parse(o, &r, NULL), 0);
	ck_assert_ptr_null(slo_recorded_stream(&r, SLO_STREAM_HOST).p);
	ck_assert_ptr_nonnull(slo_recorded_stream(&r, SLO_STREAM_TRACING).p);
	slo_recorded_fini(&r);
}
END_TEST

START_TEST(an_id_is_there_once)
{
	struct slo_recorded_set set = { NULL, 0, 0 };
	struct slo_err err = { "", "" };
	json_t *o = example();
	char *text = json_dumps(o, 0);

	ck_assert_int_eq(slo_recorded_set_add(&set, slo_str(text), &err), 0);
	ck_assert_int_eq(slo_recorded_set_add(&set, slo_str(text), &err), -EEXIST);
	ck_assert_str_eq(err.where, "id");
	ck_assert_uint_eq(set.count, 1);
	slo_recorded_set_fini(&set);
	free(text);
	json_decref(o);
}
END_TEST

/* Members, required ones and names of enums; ranges and the rest are in the cases above. */
static void same(const char *where, const json_t *o, const struct slo_rec *r)
{
	const json_t *props = json_object_get(o, "properties");
	size_t required = 0;

	ck_assert_msg(json_object_size(props) == r->count, "%s: number of members", where);
	for (uint32_t i = 0; i < r->count; i++) {
		const struct slo_rec_field *f = &r->fields[i];
		const json_t *p = json_object_get(props, f->key), *names;

		ck_assert_msg(p != NULL, "%s.%s: not in the schema", where, f->key);
		required += !(f->flags & SLO_REC_OPT);
		if (f->type == SLO_REC_OBJS || f->type == SLO_REC_ENUMS)
			p = json_object_get(p, "items");
		if (f->sub)
			same(f->key, p, f->sub);
		names = json_object_get(p, "enum");
		ck_assert_msg(json_array_size(names) == (f->en ? (size_t)f->en->count : 0), "%s: enum", f->key);
		for (size_t n = 0; n < json_array_size(names); n++)
			ck_assert_str_eq(json_string_value(json_array_get(names, n)), f->en->names[n]);
	}
	ck_assert_msg(json_array_size(json_object_get(o, "required")) == required, "%s: required", where);
}

START_TEST(the_schema_names_what_the_table_names)
{
	json_t *root = schema();

	same("line", root, &slo_recorded_rec);
	json_decref(root);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("recorded");
	TCase *t = tcase_create("recorded");

	tcase_add_test(t, every_member_of_a_line_is_read);
	tcase_add_test(t, escaped_strings_outlive_the_next_line);
	tcase_add_loop_test(t, a_bad_line_names_its_member, 0, SLO_ARRAY_LEN(bad));
	tcase_add_test(t, more_faults_than_can_be_held_are_not_cut);
	tcase_add_test(t, one_stream_is_enough);
	tcase_add_test(t, an_id_is_there_once);
	tcase_add_test(t, the_schema_names_what_the_table_names);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
