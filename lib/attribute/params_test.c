/* SPDX-License-Identifier: MIT */
/* Run from the top of the tree, or with SLO_TOP naming it. */
#include "attribute/params.h"
#include "event/testing.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static struct slo_model_params expert, sample, got;
static struct slo_buf text;
static struct slo_err err;

static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* Everything away from its default, numbers that need all their digits. */
static void setup(void)
{
	slo_params_expert(&expert);
	sample = expert;
	slo_str_copy(sample.name, sizeof(sample.name), slo_str("a \"quoted\", {odd} name: x"));
	slo_str_copy(sample.train_sha256, sizeof(sample.train_sha256), slo_str(hash));
	sample.soft = true;
	sample.train_n = 123;
	sample.validation_n = 45;
	sample.calibration = (struct slo_platt){ -0.1, 1 / 3., 315 };
	sample.abstain = (struct slo_abstain){ 0.55, 0.5, 12.25 };
	for (int k = 0; k < SLO_CAUSES; k++)
		sample.prior_n[k] = (uint64_t)k;
	for (int j = 0; j < SLO_FINDING__COUNT; j++) {
		sample.nor.leak[j] = 1 / (double)(j + 3);
		sample.leak_n[j] = (uint64_t)j + 1;
		sample.link_n[j][j % SLO_CAUSES] = 7;
		sample.detector[j][j % SLO_CLASSES] = (struct slo_detector){ -j / 3., j / 7., 0.1, 10 };
	}
	slo_buf_init(&text, SLO_PARAMS_FILE_MAX);
	err = (struct slo_err){ .what = "" };
}

static void teardown(void)
{
	slo_buf_fini(&text);
}

static int read_text(const char *s)
{
	return slo_params_read(slo_str(s), &got, &err);
}

START_TEST(what_is_written_reads_back_bit_by_bit)
{
	const struct slo_model_params *p = _i ? &sample : &expert;

	memset(&got, 0x55, sizeof(got));
	ck_assert_int_eq(slo_params_write(p, &text), 0);
	ck_assert_msg(slo_params_read(slo_buf_str(&text), &got, &err) == 0, "%s: %s", err.where, err.what);
	ck_assert_str_eq(got.name, p->name);
	ck_assert_str_eq(got.train_sha256, p->train_sha256);
	ck_assert_str_eq(got.validation_sha256, "");
	ck_assert(got.soft == p->soft);
	ck_assert_mem_eq(&got.nor, &p->nor, sizeof(got.nor));
	ck_assert_mem_eq(got.prior_n, p->prior_n, sizeof(got.prior_n));
	ck_assert_mem_eq(got.leak_n, p->leak_n, sizeof(got.leak_n));
	ck_assert_mem_eq(got.link_n, p->link_n, sizeof(got.link_n));
	ck_assert_mem_eq(got.detector, p->detector, sizeof(got.detector));
	ck_assert_mem_eq(&got.calibration, &p->calibration, sizeof(got.calibration));
	ck_assert_mem_eq(&got.abstain, &p->abstain, sizeof(got.abstain));
	ck_assert_uint_eq(got.train_n, p->train_n);
	ck_assert_uint_eq(got.validation_n, p->validation_n);
}
END_TEST

START_TEST(the_file_is_laid_out_in_lines)
{
	struct slo_str first = slo_str("{\n  \"v\": \"1.0\",\n  \"model\": \"noisyor\",\n  \"name\": \"expert\",\n");

	ck_assert_int_eq(slo_params_write(&expert, &text), 0);
	ck_assert_uint_gt(text.len, first.len);
	ck_assert_mem_eq(text.data, first.p, first.len);
	ck_assert_ptr_nonnull(strstr(text.data, "\n    {\n      \"cause\": \"network_dns\",\n      \"prior\": 0.1,\n"));
	ck_assert_ptr_nonnull(strstr(text.data, "\n      \"links\": [{\"cause\": \"network_dns\", \"w\": "));
	ck_assert_ptr_nonnull(strstr(text.data, "\n      \"detectors\": []\n    },\n"));
	ck_assert(text.data[text.len - 2] == '}' && text.data[text.len - 1] == '\n');
}
END_TEST

/* A change of the sample's text, and what is said about it. */
static const struct {
	const char *from, *to, *where, *what;
} refusals[] = {
	{ "\"v\": \"1.0\"", "\"v\": \"2.0\"", "v", "want version 1.x, found 2.0" },
	{ "\"noisyor\"", "\"naive\"", "model", "want noisyor, found naive" },
	{ "signals-by-peer-2", "signals-by-peer-0", "finding_set",
	  "want signals-by-peer-2, which are this version's findings, found signals-by-peer-0" },
	{ "\"name\": \"a ", "\"name\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "name",
	  "want 1 to 63 bytes" },
	{ "0123456789abcdef\"", "0123456789abcdeF\"", "training.sha256",
	  "want 64 hexadecimal digits in lower case, or none" },
	{ "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "", "training.sha256",
	  "what was learned names what it was learned from" },
	{ "\"sha256\": \"\"", "\"sha256\": \"00\"", "validation.sha256",
	  "want 64 hexadecimal digits in lower case, or none" },
	{ "\"prior\": 0.1", "\"prior\": 0", "causes[0].prior", "want a probability that is neither 0 nor 1" },
	{ "\"prior\": 0.1", "\"prior\": 1.5", "causes[0].prior", "want 0 to 1, found 1.5" },
	{ "\"cause\": \"network_dns\",\n", "\"cause\": \"network_egress\",\n", "causes[1].cause", "told twice" },
	{ "\"leak\": 0.25", "\"leak\": 1", "findings[1].leak", "want a probability that is neither 0 nor 1" },
	{ "{\"cause\": \"network_dns\", \"w\"", "{\"cause\": \"cpu_throttle\", \"w\"",
	  "findings[0].links[2].cause", "told twice" },
	{ "\"w\": 0.9489795918367346", "\"w\": 1", "findings[0].links[0].w", "want less than 1" },
	{ "runqueue_delay_ms", "run_queue_delay_ms", "findings[1].name",
	  "want runqueue_delay_ms, found run_queue_delay_ms" },
	{ "\"rate\": 0.1", "\"rate\": 1", "findings[0].detectors[0].rate",
	  "want a probability that is neither 0 nor 1" },
	{ "\"n\": 10}", "\"n\": 0}", "findings[0].detectors[0].n", "want at least 1" },
	{ "\"tau\": 0.55", "\"tau\": 0.55, \"tau\": 0.6", "abstain.tau", "member is there twice" },
	{ "\"tau\": 0.55", "\"tau\": 0.55, \"tao\": 0.6", "", "1 members that this version does not know" },
	{ "\"soft_evidence\": true", "\"soft_evidence\": 1", "soft_evidence", "want a boolean, found a number" },
};

/* The same with one piece of the text replaced, @from's first place. */
static char *changed(const char *from, const char *to)
{
	char *at = strstr(text.data, from), *out = malloc(text.len + strlen(to) + 1);

	ck_assert_msg(at != NULL, "no %s in the text", from);
	ck_assert_ptr_nonnull(out);
	sprintf(out, "%.*s%s%s", (int)(at - text.data), text.data, to, at + strlen(from));
	return out;
}

START_TEST(what_is_wrong_is_named)
{
	char *s;
	struct slo_model_params before = got;

	ck_assert_int_eq(slo_params_write(&sample, &text), 0);
	s = changed(refusals[_i].from, refusals[_i].to);
	ck_assert_int_eq(read_text(s), -EINVAL);
	ck_assert_str_eq(err.where, refusals[_i].where);
	ck_assert_str_eq(err.what, refusals[_i].what);
	ck_assert_mem_eq(&before, &got, sizeof(got)); /* unchanged on failure */
	free(s);
}
END_TEST

START_TEST(a_list_that_ends_early_is_refused)
{
	char *at, *end;

	ck_assert_int_eq(slo_params_write(&sample, &text), 0);
	/* From before the last finding to the end of the list. */
	at = strstr(text.data, "load.in_flight");
	ck_assert_ptr_nonnull(at);
	while (*at != '{')
		at--;
	while (*at != ',')
		at--;
	end = strrchr(text.data, ']');
	memmove(at, end, strlen(end) + 1);
	ck_assert_int_eq(read_text(text.data), -EINVAL);
	ck_assert_str_eq(err.where, "findings");
	ck_assert_str_eq(err.what, "findings are missing at its end");
}
END_TEST

START_TEST(a_missing_link_is_refused)
{
	char *s, *at, *end;

	ck_assert_int_eq(slo_params_write(&expert, &text), 0);
	at = strstr(text.data, "{\"cause\": \"network_egress\", ");
	ck_assert_ptr_nonnull(at);
	end = strstr(at, ", {") + 2;
	memmove(at, end, strlen(end) + 1);
	s = text.data;
	ck_assert_int_eq(read_text(s), -EINVAL);
	ck_assert_str_eq(err.where, "findings[0].links");
	ck_assert_str_eq(err.what, "want each fault domain once");
}
END_TEST

START_TEST(other_texts_are_refused)
{
	static const char *const texts[] = { "", "[]", "{", "{}", "null", "{\"v\":\"1.0\"}" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(texts); i++) {
		slo_err_reset(&err);
		ck_assert_int_eq(read_text(texts[i]), -EINVAL);
		ck_assert_msg(err.what[0] != '\0', "no reason for %s", texts[i]);
	}
}
END_TEST

START_TEST(expert_links_reproduce_the_table)
{
	for (int j = 0; j < SLO_FINDING__COUNT; j++)
		for (int k = 0; k < SLO_CAUSE_UNMODELLED; k++) {
			double p = 1 - (1 - expert.nor.link[j][k]) * (1 - expert.nor.leak[j]);
			const double *row = slo_finding_info[j].p;
			double want = row[k] > row[SLO_DOMAIN_UNKNOWN] ? row[k] : SLO_EXPERT_LEAK;

			if (slo_finding_info[j].kind == SLO_FINDING_PEER && k <= SLO_DOMAIN_NETWORK_EGRESS)
				want = fmax(1 - cbrt(1 - want), SLO_EXPERT_LEAK);

			ck_assert_double_eq_tol(p, want, 1e-12);
		}
	ck_assert_double_eq_tol(slo_link_of(.95, .1), 1 - .05 / .9, 1e-15);
	ck_assert_double_eq(slo_link_of(.05, .1), 0);
	ck_assert_double_eq(expert.nor.link[0][SLO_CAUSE_UNMODELLED], SLO_UNMODELLED_LINK);
}
END_TEST

START_TEST(evidence_follows_detector_class_and_baseline)
{
	struct slo_measure m = { .state = SLO_MEASURE_TAKEN, .class = SLO_EVIDENCE_EBPF, .elevated = true, .z = 9 };
	struct slo_finding x = slo_params_finding(&expert, 0, &m);

	ck_assert_int_eq(x.state, SLO_FINDING_ELEVATED);
	m.elevated = false;
	ck_assert_int_eq(slo_params_finding(&expert, 0, &m).state, SLO_FINDING_QUIET);
	/* The sample's finding 5 has a detector of class 0, which is ebpf: a = -5/3, b = 5/7, rate 0.1. */
	x = slo_params_finding(&sample, 5, &m);
	ck_assert_int_eq(x.state, SLO_FINDING_SOFT);
	ck_assert_double_eq_tol(x.lambda, -5 / 3. + 5 / 7. * log(10) + log(9), 1e-12);
	m.class = SLO_EVIDENCE_HOST; /* nobody trained it */
	ck_assert_int_eq(slo_params_finding(&sample, 5, &m).state, SLO_FINDING_NONE);
	m.class = SLO_EVIDENCE_EBPF;
	m.z = NAN;
	ck_assert_int_eq(slo_params_finding(&sample, 5, &m).state, SLO_FINDING_NONE);
	m.state = SLO_MEASURE_NONE;
	ck_assert_int_eq(slo_params_finding(&expert, 0, &m).state, SLO_FINDING_NONE);
}
END_TEST

START_TEST(calibration_is_on_the_logit)
{
	struct slo_platt none = { 0, 1, 0 }, c = { -0.5, 2, 10 };
	double p, q;

	slo_platt_apply(&none, 1, 1e-30, &p, &q);
	ck_assert(p == 1 && q == 1e-30);
	slo_platt_apply(&c, .8, .2, &p, &q);
	ck_assert_double_eq_tol(p, 1 / (1 + exp(.5 - 2 * log(4))), 1e-15);
	ck_assert_double_eq_tol(p + q, 1, 1e-15);
	slo_platt_apply(&c, 0, 1, &p, &q);
	ck_assert(p >= 0 && q <= 1);
}
END_TEST

START_TEST(schema_and_table_agree)
{
	const char *top = getenv("SLO_TOP");
	struct slo_rec_ctx ctx;
	json_t *j, *example;
	char path[512], *s;
	void *file = calloc(1, slo_params_rec.size);

	snprintf(path, sizeof(path), "%s/schemas/attribution-model.v1alpha1.schema.json", top ? top : ".");
	j = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(j);
	ck_assert_msg(!object_differs("model", j, &slo_params_rec), "%s", difference);
	ck_assert(!has_strange_keyword("model", j));
	example = json_array_get(json_object_get(j, "examples"), 0);
	s = json_dumps(example, JSON_COMPACT);
	slo_rec_ctx_init(&ctx);
	ck_assert_msg(slo_rec_decode(&ctx, &slo_params_rec, s, strlen(s), file, &err) == 0, "%s: %s", err.where,
		      err.what);
	ck_assert_uint_eq(ctx.unknown, 0);
	slo_rec_ctx_fini(&ctx);
	free(s);
	free(file);
	json_decref(j);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("params");
	TCase *t = tcase_create("params");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_is_written_reads_back_bit_by_bit, 0, 2);
	tcase_add_test(t, the_file_is_laid_out_in_lines);
	tcase_add_loop_test(t, what_is_wrong_is_named, 0, (int)SLO_ARRAY_LEN(refusals));
	tcase_add_test(t, a_list_that_ends_early_is_refused);
	tcase_add_test(t, a_missing_link_is_refused);
	tcase_add_test(t, other_texts_are_refused);
	tcase_add_test(t, expert_links_reproduce_the_table);
	tcase_add_test(t, evidence_follows_detector_class_and_baseline);
	tcase_add_test(t, calibration_is_on_the_logit);
	tcase_add_test(t, schema_and_table_agree);
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
