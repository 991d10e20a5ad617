/* SPDX-License-Identifier: MIT */
#include "event/filler.h"
#include "rec/mutate.h"
#include "rec/oracle.h"

#include <check.h>
#include <errno.h>

static struct slo_rec_ctx ctx;
static struct slo_buf buf;
static struct slo_event ev;
static struct slo_err err;

static void setup(void)
{
	slo_rec_ctx_init(&ctx);
	slo_buf_init(&buf, 1 << 20);
	slo_err_reset(&err);
}

static void teardown(void)
{
	slo_rec_ctx_fini(&ctx);
	slo_buf_fini(&buf);
}

static int decode(const char *text, int bare, uint32_t kinds)
{
	return slo_event_decode(&ctx, text, strlen(text), bare, kinds, &ev, &err);
}

static bool is_equal_payload(const json_t *j)
{
	return oracle_equal(slo_event_rec[ev.kind], (const char *)&ev.slo, json_object_get(j, "payload"));
}

/* Even loops: required members only; odd ones: everything, arrays full. */
START_TEST(every_kind_survives_the_round_trip)
{
	static struct filler w;
	static struct slo_event in;
	struct slo_buf again;
	const char *payload;
	json_t *j;

	filler_event(&w, _i / 2, _i % 2, &in);
	ck_assert_int_eq(slo_event_encode(&in, &buf), 0);
	ck_assert_int_eq(buf.data[buf.len - 1], '\n');
	ck_assert_msg(slo_event_decode(&ctx, buf.data, buf.len - 1, -1, 1u << (_i / 2), &ev, &err) == 0, "%s: %s in %s",
		      err.where, err.what, buf.data);
	ck_assert_int_eq(ev.kind, _i / 2);
	ck_assert_uint_eq(ctx.unknown + ctx.truncated, 0);
	j = json_loadb(buf.data, buf.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert(is_equal_payload(j));
	ck_assert_str_eq(json_string_value(json_object_get(j, "kind")), slo_kind_enum.names[_i / 2]);
	ck_assert_str_eq(json_string_value(json_object_get(j, "v")), "1.0");
	json_decref(j);
	slo_buf_init(&again, 1 << 20);
	ck_assert_int_eq(slo_event_encode(&ev, &again), 0);
	ck_assert_str_eq(again.data, buf.data);
	/* The same payload, bare. */
	payload = strstr(buf.data, "\"payload\":") + strlen("\"payload\":");
	ck_assert_int_eq(slo_event_decode(&ctx, payload, buf.len - 2 - (size_t)(payload - buf.data), _i / 2, UINT32_MAX,
					  &ev, &err), 0);
	slo_buf_reset(&again);
	ck_assert_int_eq(slo_event_encode(&ev, &again), 0);
	ck_assert_str_eq(again.data, buf.data);
	slo_buf_fini(&again);
}
END_TEST

#define STATS_PAYLOAD \
	"{\"timestamp\":\"2026-02-21T09:30:00Z\",\"tool\":\"agent\",\"start_ns\":1,\"final\":false,\"counters\":{}}"
enum { STATS_BIT = 1u << SLO_KIND_STATS };

static const char *const accepted[] = {
	"{\"kind\":\"stats\",\"v\":\"1.0\",\"payload\":" STATS_PAYLOAD "}",
	"{\"kind\":\"stats\",\"payload\":" STATS_PAYLOAD "}",
	"{\"kind\":\"stats\",\"v\":\"1.37\",\"payload\":" STATS_PAYLOAD "}",
	"{\"payload\":" STATS_PAYLOAD ",\"v\":\"1.0\",\"kind\":\"stats\"}",
	" { \"v\" : \"1.0\" , \"payload\" : " STATS_PAYLOAD " , \"kind\" : \"stats\" } \r",
	"{\"payload\":" STATS_PAYLOAD ",\"kind\":\"sta\\u0074s\",\"v\":\"1.\\u0030\"}",
};

START_TEST(reads_an_envelope_in_any_order)
{
	/* With and without a bare kind; it is no bare line either way. */
	for (int bare = -1; bare < SLO_KIND__COUNT; bare++) {
		slo_err_reset(&err);
		if (strchr(accepted[_i], '\\') && bare >= 0)
			continue;
		ck_assert_msg(decode(accepted[_i], bare, STATS_BIT) == 0, "%s: %s", err.where, err.what);
		ck_assert_int_eq(ev.kind, SLO_KIND_STATS);
		ck_assert(slo_str_is(ev.stats.tool, "agent"));
	}
	ck_assert_uint_eq(ctx.unknown, 0);
}
END_TEST

static const struct {
	const char *text, *where, *what;
} refused[] = {
	{ "", "", "the text ends too early at byte 1" },
	{ "[]", "", "want an object" },
	{ "{\"kind\":\"stats\",\"v\":\"2.0\",\"payload\":" STATS_PAYLOAD "}", "",
	  "version 2.0 is not supported (this is 1.x)" },
	{ "{\"kind\":\"later\",\"v\":\"10.1\",\"payload\":{}}", "", "version 10.1 is not supported (this is 1.x)" },
	{ "{\"kind\":\"stats\",\"payload\":{},\"v\":\"0.9\"}", "timestamp", "required member is missing" },
	{ "{\"kind\":\"stats\",\"v\":\"one\",\"payload\":{}}", "v", "want a version like 1.0, found one" },
	{ "{\"kind\":\"stats\",\"v\":\"1\",\"payload\":{}}", "v", "want a version like 1.0, found 1" },
	{ "{\"kind\":\"stats\",\"v\":\"1.\",\"payload\":{}}", "v", "want a version like 1.0, found 1." },
	{ "{\"kind\":\"stats\",\"v\":\"1.x\",\"payload\":{}}", "v", "want a version like 1.0, found 1.x" },
	{ "{\"kind\":\"stats\",\"v\":1.0,\"payload\":{}}", "v", "want a string" },
	{ "{\"kind\":7,\"payload\":{}}", "kind", "want a string" },
	{ "{\"kind\":\"stats\"}", "payload", "required member is missing" },
	{ "{\"v\":\"1.0\",\"payload\":{}}", "kind", "required member is missing" },
	{ "{\"kind\":\"stats\",\"kind\":\"stats\",\"payload\":{}}", "kind", "member is there twice" },
	{ "{\"v\":\"1.0\",\"v\":\"1.0\"}", "v", "member is there twice" },
	{ "{\"payload\":{},\"payload\":{}}", "payload", "member is there twice" },
	{ "{\"kind\":\"stats\",\"payload\":[]}", "payload", "want an object, found an array" },
	{ "{\"kind\":\"stats\",\"payload\":{\"tool\":1}}", "tool", "want a string, found a number" },
	{ "{\"payload\":{\"tool\":1},\"kind\":\"stats\"}", "tool", "want a string, found a number" },
	{ "{\"kind\":\"stats\",\"payload\":" STATS_PAYLOAD, "", "want ',' or '}' at byte 119" },
	{ "{\"kind\":\"stats\",\"payload\":" STATS_PAYLOAD "}x", "", "something follows the value at byte 120" },
	{ "{\"kind\":\"probe\",\"payload\":{\"a\":tru}}", "", "want a value at byte 32" },
	{ "{\"kind\":\"later\",\"payload\":{\"a\":\"\xff\"}}", "", "invalid UTF-8 at byte 33" },
};

START_TEST(refuses_envelopes_with_a_place_and_a_reason)
{
	ck_assert_int_eq(decode(refused[_i].text, -1, STATS_BIT), -EINVAL);
	ck_assert_str_eq(err.what, refused[_i].what);
	ck_assert_str_eq(err.where, refused[_i].where);
}
END_TEST

START_TEST(skips_kinds_that_are_not_wanted_or_not_known)
{
	ck_assert_int_eq(decode(accepted[0], -1, ~(uint32_t)STATS_BIT), SLO_EVENT_SKIPPED);
	ck_assert_int_eq(ev.kind, SLO_KIND_STATS);
	ck_assert_int_eq(decode("{\"kind\":\"later\",\"v\":\"1.9\",\"payload\":[1]}", -1, UINT32_MAX), SLO_EVENT_SKIPPED);
	ck_assert_int_eq(ev.kind, -1);
	ck_assert_int_eq(decode("{\"payload\":{},\"kind\":\"span\"}", -1, STATS_BIT), SLO_EVENT_SKIPPED);
	ck_assert_int_eq(ev.kind, SLO_KIND_SPAN);
	/* A bare line of a kind nobody wants. */
	ck_assert_int_eq(decode(STATS_PAYLOAD, SLO_KIND_STATS, 1u << SLO_KIND_SLO), SLO_EVENT_SKIPPED);
	ck_assert_int_eq(ev.kind, SLO_KIND_STATS);
	ck_assert_int_eq(decode("{\"x\":}", SLO_KIND_STATS, 1u << SLO_KIND_SLO), -EINVAL);
	ck_assert_str_eq(err.what, "want a value at byte 6");
}
END_TEST

START_TEST(counts_unknown_members_of_envelope_and_payload)
{
	ck_assert_int_eq(decode("{\"kind\":\"stats\",\"host\":{\"a\":[1]},\"v\":\"1.0\",\"payload\":{\"new\":1,"
				"\"timestamp\":\"2026-02-21T09:30:00Z\",\"tool\":\"agent\",\"start_ns\":1,\"final\":true,"
				"\"counters\":{\"malformed\":2}},\"z\":null}", -1, STATS_BIT), 0);
	ck_assert_uint_eq(ctx.unknown, 3);
	ck_assert(ev.stats.counters_count == 1 && ev.stats.counters[0].value == 2);
}
END_TEST

START_TEST(tells_bare_lines_from_envelopes)
{
	/* An unknown member first does not make it bare. */
	ck_assert_int_eq(decode("{\"tool\":\"x\",\"kind\":\"stats\",\"payload\":" STATS_PAYLOAD "}", SLO_KIND_STATS,
				STATS_BIT), 0);
	ck_assert(slo_str_is(ev.stats.tool, "agent"));
	ck_assert_uint_eq(ctx.unknown, 1);
	/* Members of one only do not make it an envelope. */
	ck_assert_int_eq(decode("{\"payload\":1,\"tool\":\"bare\"," "\"timestamp\":\"2026-02-21T09:30:00Z\",\"start_ns\":1,"
				"\"final\":true,\"counters\":{}}", SLO_KIND_STATS, STATS_BIT), 0);
	ck_assert(slo_str_is(ev.stats.tool, "bare"));
	/* A whole bare record that has both as unknown members is an envelope all the same. */
	ck_assert_int_eq(decode("{\"tool\":\"bare\",\"timestamp\":\"2026-02-21T09:30:00Z\",\"start_ns\":1,\"final\":true,"
				"\"counters\":{},\"kind\":\"later\",\"payload\":{}}", SLO_KIND_STATS, STATS_BIT),
			 SLO_EVENT_SKIPPED);
	/* Without a bare kind a payload is refused. */
	ck_assert_int_eq(decode(STATS_PAYLOAD, -1, STATS_BIT), -EINVAL);
	ck_assert_str_eq(err.where, "kind");
	slo_err_reset(&err);
	ck_assert_int_eq(decode("{\"tool\":5}", SLO_KIND_STATS, STATS_BIT), -EINVAL);
	ck_assert_str_eq(err.where, "tool");
	ck_assert_str_eq(err.what, "want a string, found a number");
}
END_TEST

/* A member of that name would make bare lines look like envelopes. */
START_TEST(no_record_has_a_member_of_the_envelope)
{
	for (int k = 0; k < SLO_KIND__COUNT; k++) {
		ck_assert_uint_le(slo_event_rec[k]->count, 64);
		for (uint32_t i = 0; i < slo_event_rec[k]->count; i++) {
			ck_assert_str_ne(slo_event_rec[k]->fields[i].key, "kind");
			ck_assert_str_ne(slo_event_rec[k]->fields[i].key, "payload");
			ck_assert_uint_eq(slo_event_rec[k]->fields[i].key_len, strlen(slo_event_rec[k]->fields[i].key));
		}
	}
}
END_TEST

START_TEST(refuses_a_window_with_an_unusable_histogram)
{
	static struct filler w;

	filler_event(&w, SLO_KIND_WINDOW, true, &ev);
	slo_hist_init(&ev.window.hist);
	slo_hist_add(&ev.window.hist, 5, 3);
	ck_assert_int_eq(slo_event_encode(&ev, &buf), 0);
	ck_assert_int_eq(slo_event_decode(&ctx, buf.data, buf.len - 1, -1, UINT32_MAX, &ev, &err), 0);
	ck_assert_uint_eq(slo_hist_count(&ev.window.hist), 3);
	ev.window.hist.counts[0] = INT64_MAX;
	ev.window.hist.counts[1] = INT64_MAX;
	ev.window.hist.counts[2] = INT64_MAX;
	ev.window.hist.n = 3;
	slo_buf_reset(&buf);
	ck_assert_int_eq(slo_event_encode(&ev, &buf), 0);
	ck_assert_int_eq(slo_event_decode(&ctx, buf.data, buf.len - 1, -1, UINT32_MAX, &ev, &err), -EINVAL);
	ck_assert_str_eq(err.where, "hist");
	ck_assert_str_eq(err.what, "not a usable histogram");
}
END_TEST

START_TEST(a_refused_record_leaves_the_output_as_it_was)
{
	static struct filler w;

	filler_event(&w, SLO_KIND_PROBE, true, &ev);
	slo_buf_adds(&buf, "before");
	ev.probe.value = NAN;
	ck_assert_int_eq(slo_event_encode(&ev, &buf), -EDOM);
	ck_assert_str_eq(buf.data, "before");
	ev.probe.value = 1;
	ck_assert_int_eq(slo_event_encode_payload(SLO_KIND_PROBE, &ev.probe, &buf), 0);
	ck_assert_int_eq(memcmp(buf.data, "before{\"kind\":\"probe\",\"v\":\"1.0\",\"payload\":{\"ts_unix_nano\":", 55), 0);
}
END_TEST

START_TEST(every_kind_agrees_with_jansson_on_mutated_text)
{
	static struct filler w;
	struct oracle_stats s = { 0 };
	struct slo_buf text[2], b;
	struct slo_str seeds[2];
	struct slo_rng rng;

	for (int full = 0; full < 2; full++) {
		slo_buf_init(&text[full], 1 << 20);
		filler_event(&w, _i, full, &ev);
		ck_assert_int_eq(slo_rec_encode(slo_event_rec[_i], &ev.slo, &text[full]), 0);
		seeds[full] = slo_buf_str(&text[full]);
	}
	/* An incident with everything is longer than the mutations can take. */
	if (seeds[1].len > MUTATE_MAX)
		seeds[1] = seeds[0];
	slo_buf_init(&b, MUTATE_MAX);
	slo_rng_seed(&rng, (uint64_t)_i + 1);
	for (uint64_t i = 0; i < mutate_runs(55000) / SLO_KIND__COUNT; i++) {
		struct oracle_verdict v;

		mutate_next(&b, &rng, seeds, 2);
		v = oracle_check_record(slo_event_rec[_i], b.data, b.len, &s);
		ck_assert_msg(!v.text[0], "%s: %.*s", v.text, (int)b.len, b.data);
	}
	slo_buf_fini(&b);
	slo_buf_fini(&text[0]);
	slo_buf_fini(&text[1]);
}
END_TEST

static TCase *envelopes(void)
{
	TCase *t = tcase_create("envelope");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_kind_survives_the_round_trip, 0, 2 * SLO_KIND__COUNT);
	tcase_add_loop_test(t, reads_an_envelope_in_any_order, 0, SLO_ARRAY_LEN(accepted));
	tcase_add_loop_test(t, refuses_envelopes_with_a_place_and_a_reason, 0, SLO_ARRAY_LEN(refused));
	tcase_add_test(t, skips_kinds_that_are_not_wanted_or_not_known);
	tcase_add_test(t, counts_unknown_members_of_envelope_and_payload);
	tcase_add_test(t, tells_bare_lines_from_envelopes);
	tcase_add_test(t, no_record_has_a_member_of_the_envelope);
	tcase_add_test(t, refuses_a_window_with_an_unusable_histogram);
	tcase_add_test(t, a_refused_record_leaves_the_output_as_it_was);
	return t;
}

int main(void)
{
	Suite *s = suite_create("event/codec");
	TCase *diff = tcase_create("jansson");
	SRunner *r;
	int failed;

	tcase_set_timeout(diff, 0);
	tcase_add_loop_test(diff, every_kind_agrees_with_jansson_on_mutated_text, 0, SLO_KIND__COUNT);
	suite_add_tcase(s, envelopes());
	suite_add_tcase(s, diff);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
