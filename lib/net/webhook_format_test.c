/* SPDX-License-Identifier: MIT */
/*
 * Documents against schemas made from what each service publishes about its fields (testdata/webhook/schemas),
 * for tame incidents and for hostile ones: long, many-byte, invalid, full of what has a meaning elsewhere.
 */
#include "net/webhook_format.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "jschema/jschema.h"
#include "net/webhook_text.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct slo_incident inc;
static struct slo_webhook_payload doc;
static struct slo_err err;
static const int64_t now_ns = INT64_C(1767229200) * SLO_NS_PER_S;
static const char key32[] = "0123456789abcdef0123456789abcdef";

static void tame(void)
{
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	inc.incident_id = slo_str("inc-0011223344556677");
	inc.timestamp = now_ns - 60 * SLO_NS_PER_S;
	inc.started_at = now_ns - 90 * SLO_NS_PER_S;
	inc.cluster = slo_str("prod");
	inc.namespace = slo_str("default");
	inc.service = slo_str("chat");
	inc.predicted_fault_domain = SLO_DOMAIN_CPU_THROTTLE;
	inc.confidence = 0.931;
	inc.slo_impact.sli = slo_str("ttft_ms");
	inc.slo_impact.burn_rate = 6;
	inc.slo_impact.window_minutes = 5;
	inc.evidence_count = 2;
	inc.evidence[0] = (struct slo_evidence){ .signal = slo_str("cfs_throttled_ms"), .state = SLO_STATE_VALUE,
						 .value = { .type = SLO_VALUE_NUM, .num = 412.5 } };
	inc.evidence[1] = (struct slo_evidence){ .signal = slo_str("dns_latency_ms"), .state = SLO_STATE_NOT_CAPTURED,
						 .value = { .type = SLO_VALUE_STR, .str = slo_str("no probe") } };
	inc.status = SLO_INCIDENT_STATUS_OPEN;
	inc.source = SLO_SOURCE_LIVE;
	slo_webhook_payload_fini(&doc);
	slo_webhook_payload_init(&doc);
}

static void build(int format, enum slo_webhook_action a)
{
	slo_err_reset(&err);
	ck_assert_msg(slo_webhook_build(format, a, &inc, key32, now_ns, &doc, &err) == 0, "%s", err.what);
}

static void tell(void *arg, const struct slo_jfail *f)
{
	snprintf(arg, 512, "%.*s: %.*s", SLO_STR_ARG(f->instance), SLO_STR_ARG(f->what));
}

/* Return: 1 valid, 0 not. */
static int judge(const char *name, const char *text, size_t len, char why[512])
{
	const struct slo_jschema_opts o = { .assert_formats = true };
	struct slo_jschema *schema = NULL;
	struct slo_jstore *store = NULL;
	struct slo_jeval *eval = NULL;
	json_auto_t *json = NULL;
	char path[128], uri[128];
	int r;

	snprintf(path, sizeof(path), "testdata/webhook/schemas/%s.json", name);
	snprintf(uri, sizeof(uri), "urn:slo:webhook:%s", name);
	json = json_load_file(path, 0, NULL);
	ck_assert_msg(json != NULL, "%s", path);
	ck_assert_int_eq(slo_jstore_new(&store), 0);
	ck_assert_int_eq(slo_jstore_add(store, uri, json, SLO_JDRAFT_AUTO, &err), 0);
	ck_assert_msg(slo_jschema_compile(store, uri, &o, &schema, &err) == 0, "%s %s", err.where, err.what);
	ck_assert_int_eq(slo_jeval_new(&eval), 0);
	r = slo_jschema_validate(schema, eval, text, len, tell, why, &err);
	slo_jeval_free(eval);
	slo_jschema_free(schema);
	slo_jstore_free(store);
	return r;
}

static void is_valid(const char *schema)
{
	char why[512] = "";
	int r = judge(schema, doc.body.data, doc.body.len, why);

	ck_assert_msg(r == 1, "%s: %s: %.300s", schema, why, doc.body.data);
}

static const struct {
	int format;
	enum slo_webhook_action action;
	const char *schema, *method, *path;
} documents[] = {
	{ SLO_WEBHOOK_PAGERDUTY, SLO_WEBHOOK_TRIGGER, "pagerduty", "POST", "" },
	{ SLO_WEBHOOK_PAGERDUTY, SLO_WEBHOOK_UPDATE, "pagerduty", "POST", "" },
	{ SLO_WEBHOOK_PAGERDUTY, SLO_WEBHOOK_RESOLVE, "pagerduty", "POST", "" },
	{ SLO_WEBHOOK_OPSGENIE, SLO_WEBHOOK_TRIGGER, "opsgenie-create", "POST", "" },
	{ SLO_WEBHOOK_OPSGENIE, SLO_WEBHOOK_UPDATE, "opsgenie-notes", "POST", "/notes?" },
	{ SLO_WEBHOOK_OPSGENIE, SLO_WEBHOOK_SEVERITY, "opsgenie-priority", "PUT", "/priority?" },
	{ SLO_WEBHOOK_OPSGENIE, SLO_WEBHOOK_RESOLVE, "opsgenie-close", "POST", "/close?" },
	{ SLO_WEBHOOK_JSM, SLO_WEBHOOK_TRIGGER, "jsm-create", "POST", "" },
	{ SLO_WEBHOOK_JSM, SLO_WEBHOOK_UPDATE, "jsm-notes", "POST", "/notes?" },
	{ SLO_WEBHOOK_JSM, SLO_WEBHOOK_SEVERITY, "jsm-notes", "POST", "/notes?" },
	{ SLO_WEBHOOK_JSM, SLO_WEBHOOK_RESOLVE, "jsm-close", "POST", "/close?" },
	{ SLO_WEBHOOK_ALERTMANAGER, SLO_WEBHOOK_TRIGGER, "alertmanager", "POST", "" },
	{ SLO_WEBHOOK_ALERTMANAGER, SLO_WEBHOOK_RESOLVE, "alertmanager", "POST", "" },
	{ SLO_WEBHOOK_SLACK, SLO_WEBHOOK_TRIGGER, "slack", "POST", "" },
	{ SLO_WEBHOOK_SLACK, SLO_WEBHOOK_RESOLVE, "slack", "POST", "" },
};

START_TEST(a_document_is_what_its_service_publishes)
{
	tame();
	build(documents[_i].format, documents[_i].action);
	is_valid(documents[_i].schema);
	ck_assert_str_eq(doc.method, documents[_i].method);
	if (documents[_i].path[0]) {
		ck_assert_ptr_nonnull(strstr(doc.path, documents[_i].path));
		ck_assert_int_eq(strncmp(doc.path, "/inc-0011223344556677/", 22), 0);
		ck_assert_ptr_nonnull(strstr(doc.path, "?identifierType=alias"));
	} else {
		ck_assert_str_eq(doc.path, "");
	}
	ck_assert(doc.wants_key == (documents[_i].format == SLO_WEBHOOK_OPSGENIE ||
				    documents[_i].format == SLO_WEBHOOK_JSM));
}
END_TEST

/* Pieces that names are made of, repeated up to 300,000 bytes. */
static const char *const hostile[] = { "a", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xff", "\"\\\n\x01", "<!here>&",
				       "../%2f?#" };

static char *repeated(const char *piece, size_t bytes)
{
	size_t len = strlen(piece);
	char *text = malloc(bytes + len + 1);

	for (size_t i = 0; i < bytes; i += len)
		memcpy(text + i, piece, len);
	text[bytes / len * len] = '\0';
	return text;
}

START_TEST(hostile_names_are_cut_to_what_the_service_takes)
{
	slo_autofree char *text = repeated(hostile[(size_t)_i % SLO_ARRAY_LEN(hostile)], 300000);
	size_t d = (size_t)_i / SLO_ARRAY_LEN(hostile);

	tame();
	inc.incident_id = inc.cluster = inc.namespace = inc.service = inc.slo_impact.sli = slo_str(text);
	inc.evidence_count = SLO_MAX_EVIDENCE;
	for (size_t i = 0; i < SLO_MAX_EVIDENCE; i++)
		inc.evidence[i] = (struct slo_evidence){ .signal = slo_str(text), .state = SLO_STATE_VALUE,
							 .value = { .type = SLO_VALUE_STR, .str = slo_str(text) } };
	build(documents[d].format, documents[d].action);
	is_valid(documents[d].schema);
	ck_assert_uint_lt(doc.body.len, SLO_PAGERDUTY_BODY_MAX);
	ck_assert_ptr_null(strpbrk(doc.path, " \"\\<>"));
	ck_assert_uint_lt(strlen(doc.path), sizeof(doc.path) - 1);
}
END_TEST

/* UTF-16 units of a valid string. */
static size_t units(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (((unsigned char)*s & 0xc0) != 0x80) + (size_t)((unsigned char)*s >= 0xf0);
	return n;
}

static const struct {
	const char *piece;
	size_t n, max;      /* how often, and the limit */
	bool cut;
	size_t want;        /* units */
} cuts[] = {
	{ "a", 129, 130, false, 129 }, { "a", 130, 130, false, 130 }, { "a", 131, 130, true, 130 },
	{ "\xc3\xa9", 130, 130, false, 130 }, { "\xc3\xa9", 131, 130, true, 130 },
	{ "\xe4\xb8\xad", 130, 130, false, 130 }, { "\xe4\xb8\xad", 131, 130, true, 130 },
	/* Two units each: 65 fit; 64 and the mark make 129, one more would be half. */
	{ "\xf0\x9f\x98\x80", 65, 130, false, 130 }, { "\xf0\x9f\x98\x80", 66, 130, true, 129 },
	{ "", 0, 130, false, 0 }, { "\xff", 130, 130, false, 130 }, { "\xff", 131, 130, true, 130 },
};

START_TEST(text_is_cut_at_a_character_and_marked)
{
	slo_autofree char *text = repeated(cuts[_i].n ? cuts[_i].piece : " ", cuts[_i].n * strlen(cuts[_i].piece));
	json_auto_t *j = slo_webhook_text(slo_str(text), cuts[_i].max);
	const char *got = json_string_value(j);

	ck_assert_ptr_nonnull(got);
	ck_assert_uint_eq(units(got), cuts[_i].want);
	ck_assert(cuts[_i].cut == (strlen(got) >= 3 && strcmp(got + strlen(got) - 3, "\xe2\x80\xa6") == 0));
	if (!cuts[_i].cut && (unsigned char)cuts[_i].piece[0] != 0xff)
		ck_assert_str_eq(got, text);
}
END_TEST

START_TEST(long_ids_stay_different)
{
	slo_autofree char *a = repeated("x", 600), *b = repeated("x", 600);
	json_auto_t *ja = NULL, *jb = NULL, *whole = slo_webhook_id(slo_str("inc-1"), 250);

	b[599] = 'y';
	ja = slo_webhook_id(slo_str(a), 250);
	jb = slo_webhook_id(slo_str(b), 250);
	ck_assert_uint_eq(strlen(json_string_value(ja)), 250);
	ck_assert_str_ne(json_string_value(ja), json_string_value(jb));
	ck_assert_str_eq(json_string_value(whole), "inc-1");
}
END_TEST

static const struct {
	double burn;
	const char *severity, *priority;
} levels[] = {
	{ 5.01, "critical", "P1" }, { 5, "error", "P2" }, { 2.01, "error", "P2" }, { 2, "warning", "P3" },
	{ 1.01, "warning", "P3" },  { 1, "info", "P3" },  { 0, "info", "P3" },     { NAN, "info", "P3" },
	{ 1e300, "critical", "P1" },
};

START_TEST(severity_and_priority_follow_the_burn_rate_alone)
{
	json_auto_t *pager = NULL, *genie = NULL;

	tame();
	inc.confidence = _i % 2 ? 0.1 : 0.99;
	inc.slo_impact.burn_rate = levels[_i].burn;
	build(SLO_WEBHOOK_PAGERDUTY, SLO_WEBHOOK_TRIGGER);
	pager = json_loads(doc.body.data, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(pager, "payload"), "severity")),
			 levels[_i].severity);
	build(SLO_WEBHOOK_OPSGENIE, SLO_WEBHOOK_TRIGGER);
	genie = json_loads(doc.body.data, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(genie, "priority")), levels[_i].priority);
}
END_TEST

START_TEST(pagerduty_gets_key_dedup_key_and_its_members)
{
	json_auto_t *j = NULL;
	const json_t *p, *details;

	tame();
	build(SLO_WEBHOOK_PAGERDUTY, SLO_WEBHOOK_TRIGGER);
	j = json_loads(doc.body.data, 0, NULL);
	p = json_object_get(j, "payload");
	details = json_object_get(p, "custom_details");
	ck_assert_str_eq(json_string_value(json_object_get(j, "routing_key")), key32);
	ck_assert_str_eq(json_string_value(json_object_get(j, "dedup_key")), "inc-0011223344556677");
	ck_assert_str_eq(json_string_value(json_object_get(p, "summary")),
			 "[chat] cpu_throttle fault detected (confidence=0.93)");
	ck_assert_str_eq(json_string_value(json_object_get(p, "source")), "prod/chat");
	ck_assert_str_eq(json_string_value(json_object_get(p, "component")), "chat");
	ck_assert_str_eq(json_string_value(json_object_get(p, "group")), "prod");
	ck_assert_str_eq(json_string_value(json_object_get(p, "timestamp")), "2026-01-01T00:59:00Z");
	ck_assert_str_eq(json_string_value(json_object_get(details, "burn_rate")), "6.00");
	ck_assert_str_eq(json_string_value(json_object_get(details, "confidence")), "0.9310");
	ck_assert_str_eq(json_string_value(json_object_get(details, "evidence")), "cfs_throttled_ms=412.5");
	ck_assert_str_eq(json_string_value(json_object_get(details, "fault_domain")), "cpu_throttle");
}
END_TEST

START_TEST(an_alert_keeps_its_labels_through_its_life)
{
	json_auto_t *a = NULL, *b = NULL;

	tame();
	build(SLO_WEBHOOK_ALERTMANAGER, SLO_WEBHOOK_TRIGGER);
	a = json_loads(doc.body.data, 0, NULL);
	inc.predicted_fault_domain = SLO_DOMAIN_NETWORK_DNS;
	inc.slo_impact.burn_rate = 0;
	inc.slo_impact.sli = slo_str("error_rate");
	inc.resolved_at = now_ns - SLO_NS_PER_S;
	build(SLO_WEBHOOK_ALERTMANAGER, SLO_WEBHOOK_RESOLVE);
	b = json_loads(doc.body.data, 0, NULL);
	ck_assert(json_equal(json_object_get(json_array_get(a, 0), "labels"), json_object_get(json_array_get(b, 0), "labels")));
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(a, 0), "endsAt")), "2026-01-01T02:00:00Z");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(b, 0), "endsAt")), "2026-01-01T00:59:59Z");
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(b, 0), "startsAt")), "2026-01-01T00:58:30Z");
}
END_TEST

START_TEST(what_is_synthetic_is_called_so)
{
	tame();
	inc.source = SLO_SOURCE_SYNTHETIC;
	for (int f = SLO_WEBHOOK_PAGERDUTY; f < SLO_WEBHOOK_FORMAT__COUNT; f++) {
		build(f, SLO_WEBHOOK_TRIGGER);
		ck_assert_ptr_nonnull(strstr(doc.body.data, "synthetic"));
	}
}
END_TEST

static const struct {
	int format;
	const char *url, *want; /* NULL = refused */
} targets[] = {
	{ SLO_WEBHOOK_GENERIC, "https://h.example/x/", "https://h.example/x/" },
	{ SLO_WEBHOOK_GENERIC, "https://h.example", "https://h.example" },
	{ SLO_WEBHOOK_GENERIC, "", NULL },
	{ SLO_WEBHOOK_GENERIC, "ftp://h.example/", NULL },
	{ SLO_WEBHOOK_GENERIC, "https://", NULL },
	{ SLO_WEBHOOK_GENERIC, "https:///x", NULL },
	{ SLO_WEBHOOK_GENERIC, "https://h.example/a b", NULL },
	{ SLO_WEBHOOK_GENERIC, "https://me:secret@h.example/", NULL },
	{ SLO_WEBHOOK_GENERIC, "https://h.example/@me", "https://h.example/@me" },
	{ SLO_WEBHOOK_PAGERDUTY, "", "https://events.pagerduty.com/v2/enqueue" },
	{ SLO_WEBHOOK_PAGERDUTY, "https://events.eu.pagerduty.com", "https://events.eu.pagerduty.com/v2/enqueue" },
	{ SLO_WEBHOOK_PAGERDUTY, "https://proxy.example/pd", "https://proxy.example/pd" },
	{ SLO_WEBHOOK_OPSGENIE, "", "https://api.opsgenie.com/v2/alerts" },
	{ SLO_WEBHOOK_OPSGENIE, "https://api.eu.opsgenie.com/", "https://api.eu.opsgenie.com/v2/alerts" },
	{ SLO_WEBHOOK_OPSGENIE, "https://api.eu.opsgenie.com/v2/alerts/", "https://api.eu.opsgenie.com/v2/alerts" },
	{ SLO_WEBHOOK_JSM, "", "https://api.atlassian.com/jsm/ops/integration/v2/alerts" },
	{ SLO_WEBHOOK_ALERTMANAGER, "http://am:9093", "http://am:9093/api/v2/alerts" },
	{ SLO_WEBHOOK_ALERTMANAGER, "http://am:9093/pre/", "http://am:9093/pre/api/v2/alerts" },
	{ SLO_WEBHOOK_ALERTMANAGER, "http://am:9093/api/v2/alerts", "http://am:9093/api/v2/alerts" },
	{ SLO_WEBHOOK_ALERTMANAGER, "", NULL },
	{ SLO_WEBHOOK_SLACK, "https://hooks.example/T/B/x", "https://hooks.example/T/B/x" },
};

START_TEST(addresses_are_completed_for_services_that_have_one)
{
	struct slo_buf b;
	int r;

	slo_buf_init(&b, 4096);
	r = slo_webhook_target(targets[_i].format, targets[_i].url, &b, &err);
	ck_assert_int_eq(r, targets[_i].want ? 0 : -EINVAL);
	if (targets[_i].want)
		ck_assert_str_eq(b.data, targets[_i].want);
	slo_buf_fini(&b);
}
END_TEST

START_TEST(generic_is_the_record_itself)
{
	struct slo_buf b;

	tame();
	build(SLO_WEBHOOK_GENERIC, SLO_WEBHOOK_TRIGGER);
	slo_buf_init(&b, 1 << 20);
	ck_assert_int_eq(slo_rec_encode(slo_event_rec[SLO_KIND_INCIDENT], &inc, &b), 0);
	ck_assert_str_eq(doc.body.data, b.data);
	slo_buf_fini(&b);
}
END_TEST

/* The schemas are not satisfied by just anything. */
static const struct {
	const char *schema, *text;
} wrong[] = {
	{ "pagerduty", "{\"routing_key\":\"\",\"event_action\":\"trigger\"}" },
	{ "pagerduty", "{\"routing_key\":\"0123456789abcdef0123456789abcdef\",\"event_action\":\"resolve\"}" },
	{ "opsgenie-create", "{\"alias\":\"x\"}" },
	{ "jsm-create", "{\"message\":\"x\"}" },
	{ "opsgenie-create", "{\"message\":\"x\",\"priority\":\"P0\"}" },
	{ "alertmanager", "[{\"labels\":{\"fault_domain\":\"x\"}}]" },
	{ "slack", "{\"blocks\":[]}" },
};

START_TEST(the_schemas_refuse_what_is_wrong)
{
	char why[512] = "";

	ck_assert_int_eq(judge(wrong[_i].schema, wrong[_i].text, strlen(wrong[_i].text), why), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("webhook formats");
	TCase *t = tcase_create("format");
	SRunner *r = srunner_create(suite);
	int failed, n = (int)SLO_ARRAY_LEN(documents);

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, a_document_is_what_its_service_publishes, 0, n);
	tcase_add_loop_test(t, hostile_names_are_cut_to_what_the_service_takes, 0, n * (int)SLO_ARRAY_LEN(hostile));
	tcase_add_loop_test(t, text_is_cut_at_a_character_and_marked, 0, (int)SLO_ARRAY_LEN(cuts));
	tcase_add_test(t, long_ids_stay_different);
	tcase_add_loop_test(t, severity_and_priority_follow_the_burn_rate_alone, 0, (int)SLO_ARRAY_LEN(levels));
	tcase_add_test(t, pagerduty_gets_key_dedup_key_and_its_members);
	tcase_add_test(t, an_alert_keeps_its_labels_through_its_life);
	tcase_add_test(t, what_is_synthetic_is_called_so);
	tcase_add_loop_test(t, addresses_are_completed_for_services_that_have_one, 0, (int)SLO_ARRAY_LEN(targets));
	tcase_add_test(t, generic_is_the_record_itself);
	tcase_add_loop_test(t, the_schemas_refuse_what_is_wrong, 0, (int)SLO_ARRAY_LEN(wrong));
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
