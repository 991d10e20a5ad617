/* SPDX-License-Identifier: MIT */
#include "net/otlp_answer.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

START_TEST(what_is_written_reads_back_in_both_encodings)
{
	static const struct slo_otlp_answer cases[] = {
		{ 0, "" }, { 3, "" }, { 0, "a warning" }, { INT64_MAX, "\"quoted\" \xc3\xa4" }, { 300, "too old" },
	};
	struct slo_buf b;

	slo_buf_init(&b, 1 << 16);
	for (int e = 0; e < SLO_OTLP_ENCODINGS; e++) {
		for (int s = 0; s < SLO_OTLP_SIGNALS; s++) {
			for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
				struct slo_otlp_answer got;

				slo_buf_reset(&b);
				slo_otlp_answer_write(e, s, &cases[i], &b);
				ck_assert_int_eq(slo_otlp_answer_read(e, slo_buf_str(&b), &got), 0);
				ck_assert_int_eq(got.rejected, cases[i].rejected);
				ck_assert_str_eq(got.message, cases[i].message);
			}
		}
	}
	slo_buf_fini(&b);
}
END_TEST

/* By hand from the wire format; the second with fields nobody knows around it. */
START_TEST(bytes_of_another_encoder_are_read)
{
	static const char logs[] = "\x0a\x0b\x08\x05\x12\x07no room";
	static const char unknown[] = "\x12\x03xyz\x0a\x02\x08\x07\x1d\x01\x02\x03\x04";
	struct slo_otlp_answer a;

	ck_assert_int_eq(slo_otlp_answer_read(SLO_OTLP_PROTOBUF, slo_str_n(logs, sizeof(logs) - 1), &a), 0);
	ck_assert_int_eq(a.rejected, 5);
	ck_assert_str_eq(a.message, "no room");
	ck_assert_int_eq(slo_otlp_answer_read(SLO_OTLP_PROTOBUF, slo_str_n(unknown, sizeof(unknown) - 1), &a), 0);
	ck_assert_int_eq(a.rejected, 7);
}
END_TEST

static const struct {
	const char *text;
	int64_t rejected; /* -1 = no answer of OTLP */
	const char *message;
} json[] = {
	{ "{}", 0, "" },
	{ "", 0, "" },
	{ "{\"partialSuccess\":{}}", 0, "" },
	{ "{\"partialSuccess\":null}", 0, "" },
	{ "{\"partialSuccess\":{\"rejectedSpans\":\"12\",\"errorMessage\":\"why\\nnot\"}}", 12, "why not" },
	{ "{\"partialSuccess\":{\"rejectedDataPoints\":7,\"more\":[1,{}]},\"x\":{}}", 7, "" },
	{ "{\"partialSuccess\":{\"rejectedLogRecords\":\"-1\",\"errorMessage\":\"x\"}}", 0, "" },
	{ "{\"partialSuccess\":{\"rejectedLogRecords\":\"x\"}}", -1, "" },
	{ "{\"partialSuccess\":{\"rejectedLogRecords\":1.5}}", -1, "" },
	{ "{\"partialSuccess\":[]}", -1, "" },
	{ "ok", -1, "" },
	{ "{\"partialSuccess\":{\"rejectedSpans\":3}", -1, "" },
	{ "[]", -1, "" },
	{ "<html>", -1, "" },
};

START_TEST(json_is_read_leniently_and_what_is_none_is_told)
{
	struct slo_otlp_answer a;
	int r = slo_otlp_answer_read(SLO_OTLP_JSON, slo_str(json[_i].text), &a);

	ck_assert_int_eq(r, json[_i].rejected < 0 ? -EBADMSG : 0);
	ck_assert_int_eq(a.rejected, json[_i].rejected < 0 ? 0 : json[_i].rejected);
	ck_assert_str_eq(a.message, json[_i].message);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
} broken[] = {
	{ "\x0a", 1 }, { "\x0a\x05\x08", 3 }, { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11 }, { "\x0b", 1 },
	{ "\x00\x00", 2 }, { "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10 }, { "\x09\x01", 2 }, { "<html>", 6 },
};

START_TEST(broken_protobuf_is_no_answer)
{
	struct slo_otlp_answer a;

	ck_assert_int_eq(slo_otlp_answer_read(SLO_OTLP_PROTOBUF, slo_str_n(broken[_i].bytes, broken[_i].len), &a), -EBADMSG);
	ck_assert_int_eq(a.rejected, 0);
}
END_TEST

START_TEST(a_status_reads_back_and_its_control_characters_are_blanks)
{
	char said[SLO_OTLP_MESSAGE_MAX];
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	for (int e = 0; e < SLO_OTLP_ENCODINGS; e++) {
		slo_buf_reset(&b);
		slo_otlp_status_write(e, 3, slo_str("bad\ttag\n1"), &b);
		ck_assert_int_eq(slo_otlp_status_read(e, slo_buf_str(&b), said), 0);
		ck_assert_str_eq(said, "bad tag 1");
	}
	slo_buf_fini(&b);
	ck_assert_int_eq(slo_otlp_status_read(SLO_OTLP_JSON, slo_str("nonsense"), said), -EBADMSG);
	ck_assert_int_eq(slo_otlp_status_read(SLO_OTLP_JSON, slo_str(""), said), -EBADMSG);
	ck_assert_str_eq(said, "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_answer");
	TCase *t = tcase_create("otlp_answer");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, what_is_written_reads_back_in_both_encodings);
	tcase_add_test(t, bytes_of_another_encoder_are_read);
	tcase_add_loop_test(t, json_is_read_leniently_and_what_is_none_is_told, 0, (int)SLO_ARRAY_LEN(json));
	tcase_add_loop_test(t, broken_protobuf_is_no_answer, 0, (int)SLO_ARRAY_LEN(broken));
	tcase_add_test(t, a_status_reads_back_and_its_control_characters_are_blanks);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
