/* SPDX-License-Identifier: MIT */
/* Signatures against two others who make them: the openssl command, and the reference library of Standard Webhooks. */
#include "net/webhook_sign.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "io/writer.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct slo_secrets s;
static struct slo_err err;
static char header[SLO_SIGN_HEADER_MAX];

static void secrets(const char *text)
{
	slo_err_reset(&err);
	ck_assert_msg(slo_secrets_parse(slo_str(text), &s, &err) == 0, "%s", err.what);
}

/* HMAC-SHA256 of a file by the openssl command: hex, or base64 when @base64. */
static void by_openssl(const char *key, struct slo_str text, bool base64, char *out, size_t size)
{
	char path[] = "/tmp/slo-sign.XXXXXX", command[512];
	int fd = mkstemp(path);
	FILE *p;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text.p ? text.p : "", text.len), (ssize_t)text.len);
	close(fd);
	snprintf(command, sizeof(command), "openssl dgst -sha256 -hmac '%s' %s %s", key, base64 ? "-binary" : "-r", path);
	if (base64)
		strcat(command, " | openssl base64 -A");
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(fgets(out, (int)size, p));
	pclose(p);
	unlink(path);
	out[strcspn(out, " \n")] = '\0';
}

static const char *const bodies[] = { "", "{}", "{\"incident_id\":\"inc-1\"}", "line\nline\r\n", "\xc3\xa9\xe4\xb8\xad", "a.b" };

START_TEST(the_published_header_is_what_openssl_computes)
{
	char hex[128], want[160];

	secrets("s3cr3t with blanks\n");
	by_openssl("s3cr3t with blanks", slo_str(bodies[_i]), false, hex, sizeof(hex));
	snprintf(want, sizeof(want), "sha256=%s", hex);
	ck_assert_int_eq(slo_sign_legacy(&s, slo_str(bodies[_i]), header), 0);
	ck_assert_str_eq(header, want);
}
END_TEST

START_TEST(the_standard_header_is_what_openssl_computes)
{
	char mac[128], want[160], text[256];

	secrets("plain-text-key\n");
	snprintf(text, sizeof(text), "msg_1.1767225600.%s", bodies[_i]);
	by_openssl("plain-text-key", slo_str(text), true, mac, sizeof(mac));
	snprintf(want, sizeof(want), "v1,%s", mac);
	ck_assert_int_eq(slo_sign_standard(&s, slo_str("msg_1"), 1767225600, slo_str(bodies[_i]), header), 0);
	ck_assert_str_eq(header, want);
}
END_TEST

static size_t agree(char *text)
{
	size_t n = 0;
	char *end;

	for (char *line = strtok_r(text, "\n", &end); line; line = strtok_r(NULL, "\n", &end), n++) {
		char *part[5];
		int64_t ts;

		for (int i = 0; i < 5; i++) {
			part[i] = line;
			line += strcspn(line, "\t");
			*line++ = '\0';
		}
		ck_assert_int_eq(slo_parse_i64(slo_str(part[2]), &ts), 0);
		secrets(part[0]);
		ck_assert_int_eq(slo_sign_standard(&s, slo_str(part[1]), ts, slo_str(part[3]), header), 0);
		ck_assert_str_eq(header, part[4]);
	}
	return n;
}

START_TEST(the_reference_library_computed_the_same)
{
	char *text = NULL;
	size_t len;

	ck_assert_int_eq(slo_file_read("testdata/webhook/vectors.txt", 1 << 16, &text, &len, &err), 0);
	ck_assert_uint_ge(agree(text), 6);
	free(text);
}
END_TEST

START_TEST(the_reference_library_computes_the_same_now)
{
	static char text[1 << 16];
	FILE *p = popen("python3 testdata/webhook/vectors.py 2>/dev/null", "r");
	size_t len = fread(text, 1, sizeof(text) - 1, p);

	text[len] = '\0';
	if (pclose(p) || !len) {
		puts("SKIP: the package standardwebhooks of Python is not installed");
		return;
	}
	ck_assert_uint_ge(agree(text), 6);
}
END_TEST

START_TEST(every_key_signs_and_any_of_them_verifies)
{
	const char *body = "{}";
	struct slo_signed in = { .body = slo_str(body), .id = slo_str("msg_9"), .timestamp = slo_str("1000") };
	char both[SLO_SIGN_HEADER_MAX];

	secrets("new-key\nold-key\n");
	ck_assert_int_eq(slo_sign_standard(&s, in.id, 1000, in.body, both), 0);
	ck_assert_ptr_nonnull(strchr(both, ' '));
	in.signature = slo_str(both);
	secrets("old-key\n");
	ck_assert_int_eq(slo_sign_verify(&s, &in, 1000, 300, &err), 0);
	/* A receiver that has only the new one yet, and a sender that has not. */
	ck_assert_int_eq(slo_sign_legacy(&s, in.body, header), 0);
	in = (struct slo_signed){ .body = in.body, .legacy = slo_str(header) };
	secrets("new-key\nold-key\n");
	ck_assert_int_eq(slo_sign_verify(&s, &in, 1000, 300, &err), 0);
	secrets("third-key\n");
	ck_assert_int_eq(slo_sign_verify(&s, &in, 1000, 300, &err), -EBADMSG);
}
END_TEST

static const struct {
	const char *body, *id, *timestamp, *signature, *legacy;
	int64_t now;
	int want;
} cases[] = {
	{ "{}", "msg_1", "1767225600", "v1,GOOD", NULL, 1767225600, 0 },
	{ "{}", "msg_1", "1767225600", "v1,GOOD", "GOOD", 1767225600, 0 },
	{ "{}", NULL, NULL, NULL, "GOOD", 0, 0 },
	{ "{}", "msg_1", "1767225600", "v2,AAAA v1,AAAA v1,GOOD", NULL, 1767225600, 0 },
	{ "{ }", "msg_1", "1767225600", "v1,GOOD", NULL, 1767225600, -EBADMSG },
	{ "{}", "msg_2", "1767225600", "v1,GOOD", NULL, 1767225600, -EBADMSG },
	{ "{}", "msg_1", "1767225601", "v1,GOOD", NULL, 1767225600, -EBADMSG },
	{ "{}", "msg_1", "1767225600", "v2,GOOD", NULL, 1767225600, -EBADMSG },
	{ "{}", "msg_1", "1767225600", "v1,GOODx", NULL, 1767225600, -EBADMSG },
	{ "{}", "msg_1", "1767225600", "v1,", NULL, 1767225600, -EBADMSG },
	{ "{}", "msg_1", "1767225600", "v1,GOOD", "BAD", 1767225600, -EBADMSG },
	{ "{}", "msg_1", "1767225600", "v1,GOOD", NULL, 1767225600 + 300, 0 },
	{ "{}", "msg_1", "1767225600", "v1,GOOD", NULL, 1767225600 + 301, -ETIME },
	{ "{}", "msg_1", "1767225600", "v1,GOOD", NULL, 1767225600 - 300, 0 },
	{ "{}", "msg_1", "1767225600", "v1,GOOD", NULL, 1767225600 - 301, -ETIME },
	{ "{}", "msg_1", NULL, "v1,GOOD", NULL, 1767225600, -EINVAL },
	{ "{}", NULL, "1767225600", "v1,GOOD", "GOOD", 1767225600, -EINVAL },
	{ "{}", "msg_1", "later", "v1,GOOD", NULL, 1767225600, -EINVAL },
	{ "{}", "msg_1", "-5", "v1,GOOD", NULL, 1767225600, -EINVAL },
	{ "{}", "msg_1", "1767225600", NULL, "GOOD", 1767225600, -EINVAL },
	{ "{}", NULL, NULL, NULL, "sha1=00", 0, -EINVAL },
	{ "{}", NULL, NULL, NULL, NULL, 0, -EINVAL },
};

/* @text with GOOD replaced by @good. */
static struct slo_str filled(const char *text, const char *good, char *to, size_t size)
{
	const char *at = text ? strstr(text, "GOOD") : NULL;

	if (!at)
		return slo_str(text);
	snprintf(to, size, "%.*s%s%s", (int)(at - text), text, good, at + 4);
	return slo_str(to);
}

START_TEST(verify_accepts_only_what_is_whole_and_recent)
{
	char standard[SLO_SIGN_HEADER_MAX], legacy[SLO_SIGN_HEADER_MAX], a[2048], b[2048];
	struct slo_signed in = { .body = slo_str(cases[_i].body), .id = slo_str(cases[_i].id),
				 .timestamp = slo_str(cases[_i].timestamp) };

	secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
	ck_assert_int_eq(slo_sign_standard(&s, slo_str("msg_1"), 1767225600, slo_str("{}"), standard), 0);
	ck_assert_int_eq(slo_sign_legacy(&s, slo_str("{}"), legacy), 0);
	in.signature = filled(cases[_i].signature, standard + 3, a, sizeof(a));
	in.legacy = filled(cases[_i].legacy, legacy, b, sizeof(b));
	if (in.legacy.p && slo_str_is(in.legacy, "BAD")) {
		legacy[20] ^= 1;
		in.legacy = slo_str(legacy);
	}
	ck_assert_int_eq(slo_sign_verify(&s, &in, cases[_i].now, 300, &err), cases[_i].want);
	ck_assert((cases[_i].want == 0) == !err.what[0]);
	ck_assert_ptr_null(strstr(err.what, "MfKQ9"));
}
END_TEST

START_TEST(one_changed_bit_anywhere_is_seen)
{
	char body[] = "{\"incident_id\":\"inc-1\"}", ts[] = "1767225600", id[] = "msg_1";
	struct slo_signed in = { .body = slo_str(body), .id = slo_str(id), .timestamp = slo_str(ts) };
	char *const places[] = { body, ts, id, header + 3 };

	secrets("key\n");
	ck_assert_int_eq(slo_sign_standard(&s, in.id, 1767225600, in.body, header), 0);
	in.signature = slo_str(header);
	ck_assert_int_eq(slo_sign_verify(&s, &in, 1767225600, 1 << 30, &err), 0);
	for (size_t i = 0; i < SLO_ARRAY_LEN(places); i++)
		for (char *c = places[i]; *c; c++) {
			*c ^= 1;
			ck_assert_int_ne(slo_sign_verify(&s, &in, 1767225600, 1 << 30, NULL), 0);
			*c ^= 1;
		}
}
END_TEST

static const struct {
	const char *text, *want; /* NULL = good */
	size_t count;
} files[] = {
	{ "key", NULL, 1 },
	{ "  key \r\n\n second\n", NULL, 2 },
	{ "", "holds no secret", 0 },
	{ "\n\n", "holds no secret", 0 },
	{ "whsec_!!!!", "what follows whsec_ is no base64", 0 },
	{ "whsec_AAA", "what follows whsec_ is no base64", 0 },
	{ "whsec_A=AA", "what follows whsec_ is no base64", 0 },
	{ "whsec_", NULL, 1 },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "more than 8 secrets", 0 },
};

START_TEST(secret_files_are_read_as_people_write_them)
{
	int r = slo_secrets_parse(slo_str(files[_i].text), &s, &err);

	ck_assert_int_eq(r, files[_i].want ? -EINVAL : 0);
	ck_assert_uint_eq(s.count, files[_i].count);
	if (files[_i].want)
		ck_assert_str_eq(err.what, files[_i].want);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("webhook signatures");
	TCase *t = tcase_create("sign");
	SRunner *r = srunner_create(suite);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, the_published_header_is_what_openssl_computes, 0, (int)SLO_ARRAY_LEN(bodies));
	tcase_add_loop_test(t, the_standard_header_is_what_openssl_computes, 0, (int)SLO_ARRAY_LEN(bodies));
	tcase_add_test(t, the_reference_library_computed_the_same);
	tcase_add_test(t, the_reference_library_computes_the_same_now);
	tcase_add_test(t, every_key_signs_and_any_of_them_verifies);
	tcase_add_loop_test(t, verify_accepts_only_what_is_whole_and_recent, 0, (int)SLO_ARRAY_LEN(cases));
	tcase_add_test(t, one_changed_bit_anywhere_is_seen);
	tcase_add_loop_test(t, secret_files_are_read_as_people_write_them, 0, (int)SLO_ARRAY_LEN(files));
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
