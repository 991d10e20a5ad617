/* SPDX-License-Identifier: MIT */
#include "decode/dns.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "decode/test_frames.h"

static struct slo_dns m;
static uint8_t buf[600];

static int parse(size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	int r;

	memcpy(copy, buf, n);
	r = slo_dns_parse(copy, n, &m);
	free(copy);
	return r;
}

START_TEST(reads_a_query)
{
	size_t n = tf_dns(buf, 0x1234, 0x0100, "WWW.Example.org", 0);

	ck_assert_int_eq(parse(n), 0);
	ck_assert_uint_eq(m.id, 0x1234);
	ck_assert(!m.response);
	ck_assert_str_eq(m.name, "www.example.org");
	ck_assert_uint_eq(m.qtype, 1);
	ck_assert_uint_eq(m.addr_count, 0);
}
END_TEST

START_TEST(reads_a_response_and_its_addresses)
{
	size_t n = tf_dns(buf, 7, 0x8382, "example.org", 0x7f000001);
	static const uint8_t want[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 };

	ck_assert_int_eq(parse(n), 0);
	ck_assert(m.response);
	ck_assert(m.truncated);
	ck_assert_str_eq(slo_dns_rcode(m.rcode), "SERVFAIL");
	ck_assert_uint_eq(m.addr_count, 1);
	ck_assert_int_eq(memcmp(m.addr[0], want, 16), 0);
	buf[7] = 9; /* more answers promised than there are */
	ck_assert_int_eq(parse(n), 0);
	ck_assert_uint_eq(m.addr_count, 1);
	ck_assert_int_eq(parse(n - 1), 0); /* an answer cut short */
	ck_assert_uint_eq(m.addr_count, 0);
	ck_assert_str_eq(slo_dns_rcode(15), "RCODE");
}
END_TEST

START_TEST(names_that_differ_in_case_only_are_the_same)
{
	uint64_t hash;

	parse(tf_dns(buf, 7, 0x0100, "ExAmPlE.org", 0));
	hash = m.name_hash;
	parse(tf_dns(buf, 7, 0x0100, "example.ORG", 0));
	ck_assert_uint_eq(m.name_hash, hash);
	parse(tf_dns(buf, 7, 0x0100, "example.com", 0));
	ck_assert_uint_ne(m.name_hash, hash);
}
END_TEST

START_TEST(long_root_and_odd_names_are_made_printable)
{
	static const char label[] = "0123456789012345678901234567890123456789";
	char name[100];

	parse(tf_dns(buf, 7, 0x0100, "", 0));
	ck_assert_str_eq(m.name, ".");
	snprintf(name, sizeof(name), "%s.%s", label, label);
	ck_assert_int_eq(parse(tf_dns(buf, 7, 0x0100, name, 0)), 0);
	ck_assert_uint_eq(strlen(m.name), SLO_DNS_NAME_MAX - 1);
	ck_assert_str_eq(m.name + SLO_DNS_NAME_MAX - 4, "...");
	parse(tf_dns(buf, 7, 0x0100, "a\"b\x01\xff", 0));
	ck_assert_str_eq(m.name, "a?b??");
}
END_TEST

START_TEST(refuses_what_is_no_message)
{
	size_t n = tf_dns(buf, 7, 0x0100, "example.org", 0);

	for (size_t k = 0; k < n; k++)
		ck_assert_int_eq(parse(k), -EINVAL);
	buf[12] = 0xc0; /* a compressed question */
	ck_assert_int_eq(parse(n), -EINVAL);
	tf_dns(buf, 7, 0x0100, "example.org", 0);
	buf[5] = 2;
	ck_assert_int_eq(parse(n), -EINVAL);
	buf[5] = 0;
	ck_assert_int_eq(parse(n), -EINVAL);
	buf[2] = 0x81; /* a response may lack its question */
	ck_assert_int_eq(parse(n), 0);
	ck_assert(!m.has_question);
	tf_dns(buf, 7, 0x2800, "example.org", 0);
	ck_assert_int_eq(parse(n), -EINVAL);
}
END_TEST

START_TEST(names_over_255_bytes_are_refused)
{
	size_t n;

	memset(buf, 0, sizeof(buf));
	buf[5] = 1;
	for (size_t i = 0; i < 5; i++)
		buf[12 + i * 64] = 63;
	n = 12 + 5 * 64 + 5;
	ck_assert_int_eq(parse(n), -EINVAL);
	buf[12 + 3 * 64] = 0; /* 193 bytes */
	ck_assert_int_eq(parse(n), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		reads_a_query,
		reads_a_response_and_its_addresses,
		names_that_differ_in_case_only_are_the_same,
		long_root_and_odd_names_are_made_printable,
		refuses_what_is_no_message,
		names_over_255_bytes_are_refused,
	};
	Suite *s = suite_create("dns");
	TCase *tc = tcase_create("dns");
	SRunner *r = srunner_create(s);
	int failed;

	for (size_t i = 0; i < SLO_ARRAY_LEN(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
