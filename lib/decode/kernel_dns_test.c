/* SPDX-License-Identifier: MIT */
/*
 * The probe's reading of DNS messages, judged by the decoder of packets, which shares nothing with it but the text
 * of names.
 */
#include "decode/kernel_dns.h"

#include "base/rng.h"
#include "bpf/dns.h"
#include "decode/dns.h"
#include "decode/kernel.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 512 };

static uint8_t message[MESSAGE_MAX];
static size_t length;

/* What BPF does: the window is all there is, and whatever was in it before is behind the message. */
static bool read_window(const uint8_t *p, size_t len, struct slo_bpf_dns_msg *m)
{
	uint8_t *window = malloc(SLO_BPF_DNS_WINDOW);
	bool is;

	memset(window, 0x03, SLO_BPF_DNS_WINDOW);
	memcpy(window, p, len < SLO_BPF_DNS_WINDOW ? len : SLO_BPF_DNS_WINDOW);
	is = slo_bpf_dns_read(window, len < SLO_BPF_DNS_WINDOW ? (uint32_t)len : SLO_BPF_DNS_WINDOW, m);
	free(window);
	return is;
}

static void put_header(uint16_t id, uint16_t flags, uint16_t questions)
{
	const uint16_t words[6] = { id, flags, questions, 0, 0, 0 };

	for (length = 0; length < 12; length += 2) {
		message[length] = (uint8_t)(words[length / 2] >> 8);
		message[length + 1] = (uint8_t)words[length / 2];
	}
}

static void put_label(size_t n, char c)
{
	message[length++] = (uint8_t)n;
	memset(message + length, c, n);
	length += n;
}

static void end_question(void)
{
	static const uint8_t end[5] = { 0, 0, 1, 0, 1 };

	memcpy(message + length, end, sizeof(end));
	length += sizeof(end);
}

static void put_name(const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		message[length++] = (uint8_t)n;
		memcpy(message + length, name, n);
		length += n;
		name += n + (name[n] == '.');
	}
	end_question();
}

static uint64_t hash_of(const char *name)
{
	struct slo_bpf_dns_msg m;

	put_header(1, 0x0100, 1);
	put_name(name);
	ck_assert(read_window(message, length, &m));
	return m.hash;
}

/* Both readers of @p agree, on whether it is a message and on what it says. */
static void check_agreement(const uint8_t *p, size_t len)
{
	struct slo_bpf_dns_msg m;
	struct slo_dns d;
	char name[SLO_DNS_NAME_MAX];
	bool is = read_window(p, len, &m);

	ck_assert_int_eq(is, slo_dns_parse(p, len, &d) == 0);
	if (!is)
		return;
	ck_assert_uint_eq(m.id, d.id);
	ck_assert_int_eq(m.response, d.response);
	ck_assert_int_eq(m.truncated, d.truncated);
	ck_assert_uint_eq(m.rcode, d.rcode);
	ck_assert_int_eq(m.name_len != 0, d.has_question);
	if (!m.name_len)
		return;
	slo_dns_text(p + SLO_BPF_DNS_HEADER, len - SLO_BPF_DNS_HEADER < SLO_BPF_DNS_WIRE ?
		     len - SLO_BPF_DNS_HEADER : SLO_BPF_DNS_WIRE, m.name_len, name);
	ck_assert_str_eq(name, d.name);
}

START_TEST(a_query_is_read_as_the_packet_decoder_reads_it)
{
	struct slo_bpf_dns_msg m;

	put_header(0xbeef, 0x0100, 1);
	put_name("API.Example.com");
	check_agreement(message, length);
	ck_assert(read_window(message, length, &m));
	ck_assert_uint_eq(m.id, 0xbeef);
	ck_assert(!m.response);
	ck_assert_uint_eq(m.name_len, 17);
}
END_TEST

START_TEST(an_answer_has_its_code_and_its_truncation)
{
	struct slo_bpf_dns_msg m;

	put_header(7, 0x8382, 1);
	put_name("a.b");
	check_agreement(message, length);
	ck_assert(read_window(message, length, &m));
	ck_assert(m.response && m.truncated);
	ck_assert_uint_eq(m.rcode, 2);
}
END_TEST

START_TEST(an_answer_may_leave_out_the_question_but_a_query_may_not)
{
	struct slo_bpf_dns_msg m;

	put_header(7, 0x8185, 0);
	ck_assert(read_window(message, length, &m));
	ck_assert_uint_eq(m.name_len, 0);
	put_header(7, 0x0100, 0);
	ck_assert(!read_window(message, length, &m));
}
END_TEST

START_TEST(the_case_of_a_name_makes_no_difference_and_everything_else_does)
{
	ck_assert_uint_eq(hash_of("api.example.com"), hash_of("aPI.EXAMPLE.cOm"));
	ck_assert_uint_ne(hash_of("api.example.com"), hash_of("apj.example.com"));
	ck_assert_uint_ne(hash_of("api.example.com"), hash_of("api.example.co"));
	ck_assert_uint_ne(hash_of("ab.c"), hash_of("a.bc"));
	ck_assert_uint_ne(hash_of("a[.c"), hash_of("a{.c")); /* a bit apart, as letters of two cases are */
	ck_assert_uint_ne(hash_of("a@.c"), hash_of("a`.c"));
}
END_TEST

START_TEST(what_follows_the_name_is_not_part_of_it)
{
	struct slo_bpf_dns_msg a, b;

	put_header(1, 0x0100, 1);
	put_name("x.y");
	ck_assert(read_window(message, length, &a));
	message[length - 3] = 28;
	ck_assert(read_window(message, length, &b));
	ck_assert_uint_eq(a.hash, b.hash);
}
END_TEST

START_TEST(hostile_names_are_refused)
{
	struct slo_bpf_dns_msg m;

	put_header(1, 0x0100, 1);
	message[length++] = 0xc0; /* a pointer to itself */
	message[length++] = 12;
	end_question();
	ck_assert(!read_window(message, length, &m));
	check_agreement(message, length);
	put_header(1, 0x0100, 1);
	put_label(64, 'a');
	end_question();
	ck_assert(!read_window(message, length, &m));
	put_header(1, 0x0100, 1);
	put_label(40, 'a'); /* goes on behind the end of the message */
	ck_assert(!read_window(message, length - 10, &m));
	ck_assert(!read_window(message, length, &m));
	put_header(1, 0x0100, 2);
	put_name("a.b");
	ck_assert(!read_window(message, length, &m));
	put_header(1, 0x2900, 1); /* an update */
	put_name("a.b");
	ck_assert(!read_window(message, length, &m));
	for (size_t n = 0; n < 12; n++)
		ck_assert(!read_window(message, n, &m));
}
END_TEST

/* A name of @wire bytes, of labels of 63 and a rest. */
static void make_long_query(size_t wire)
{
	put_header(1, 0x0100, 1);
	for (wire--; wire > 64; wire -= 64)
		put_label(63, 'L');
	if (wire > 1)
		put_label(wire - 1, 'r');
	end_question();
}

START_TEST(the_longest_name_is_read_and_a_longer_one_refused)
{
	struct slo_bpf_dns_msg m;

	make_long_query(255);
	ck_assert(read_window(message, length, &m));
	ck_assert_uint_eq(m.name_len, 255);
	check_agreement(message, length);
	make_long_query(257);
	ck_assert(!read_window(message, length, &m));
	check_agreement(message, length);
}
END_TEST

START_TEST(names_of_every_length_have_the_text_the_packet_decoder_gives_them)
{
	for (size_t wire = 1; wire <= 255; wire++)
		if ((wire - 1) % 64 != 1) { /* no label of nothing */
			make_long_query(wire);
			check_agreement(message, length);
		}
}
END_TEST

START_TEST(both_readers_agree_on_any_bytes)
{
	struct slo_rng rng;

	slo_rng_seed(&rng, 4711);
	for (int i = 0; i < 200000; i++) {
		make_long_query(3 + slo_rng_below(&rng, 60));
		for (uint64_t k = slo_rng_below(&rng, 4); k > 0; k--)
			message[slo_rng_below(&rng, length)] = (uint8_t)slo_rng_below(&rng, 256);
		check_agreement(message, length - slo_rng_below(&rng, 4) * slo_rng_below(&rng, 5));
	}
}
END_TEST

START_TEST(an_unreachable_server_has_the_errno_its_client_gets)
{
	ck_assert_uint_eq(slo_bpf_dns_refusal(false, 3), ECONNREFUSED);
	ck_assert_uint_eq(slo_bpf_dns_refusal(true, 4), ECONNREFUSED);
	ck_assert_uint_eq(slo_bpf_dns_refusal(false, 0), ENETUNREACH);
	ck_assert_uint_eq(slo_bpf_dns_refusal(true, 0), ENETUNREACH);
	ck_assert_uint_eq(slo_bpf_dns_refusal(false, 1), EHOSTUNREACH);
	ck_assert_uint_eq(slo_bpf_dns_refusal(true, 3), EHOSTUNREACH);
	ck_assert_uint_eq(slo_bpf_dns_refusal(true, 1), EACCES);
	ck_assert_uint_eq(slo_bpf_dns_refusal(false, 4), 0); /* too big: the query may still be answered */
}
END_TEST

static struct slo_bpf_event_dns event_of(const char *name, uint32_t rcode, uint32_t flags, uint32_t retries)
{
	struct slo_bpf_event_dns e = { .e = { .probe = SLO_BPF_DNS, .value = 80000000, .family = AF_INET,
					      .dst_port = 53, .info = { rcode, flags, retries, 0 } } };

	put_header(1, 0x0100, 1);
	put_name(name);
	e.e.info[3] = (uint32_t)(length - 12 - 4);
	memcpy(e.wire, message + 12, length - 16 < sizeof(e.wire) ? length - 16 : sizeof(e.wire));
	e.e.dst[10] = e.e.dst[11] = 0xff;
	e.e.dst[12] = 10;
	return e;
}

static const char *detail_of(const struct slo_bpf_event_dns *e)
{
	static struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e->e, 1, &o), 0);
	return o.detail;
}

START_TEST(the_detail_has_the_words_of_the_packet_source)
{
	struct slo_bpf_event_dns e = event_of("Api.Example", 0, 0, 0);

	ck_assert_str_eq(detail_of(&e), "api.example");
	e = event_of("api.example", 2, SLO_BPF_DNS_TRUNCATED, 1);
	ck_assert_str_eq(detail_of(&e), "api.example SERVFAIL tc retries=1");
	e.e.dst[12] = 127;
	ck_assert_str_eq(detail_of(&e), "api.example SERVFAIL tc stub retries=1");
	e = event_of("x", 15, SLO_BPF_DNS_TCP, 5000);
	ck_assert_str_eq(detail_of(&e), "x RCODE tcp retries=99");
	memset(e.e.dst, 0, 16);
	e.e.dst[15] = 1;
	ck_assert_str_eq(detail_of(&e), "x RCODE tcp stub retries=99");
}
END_TEST

START_TEST(the_detail_of_the_longest_name_fits)
{
	struct slo_bpf_event_dns e = event_of("a", 5, SLO_BPF_DNS_TRUNCATED | SLO_BPF_DNS_TCP, 99);

	memset(e.wire, 'x', sizeof(e.wire));
	e.wire[0] = 63;
	e.e.info[3] = 255;
	e.e.dst[12] = 127;
	ck_assert_str_eq(detail_of(&e), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx... "
					"REFUSED tc tcp stub retries=99");
}
END_TEST

START_TEST(an_event_says_by_which_protocol)
{
	struct slo_bpf_event_dns e = event_of("a", 0, 0, 0);
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e.e, 1, &o), 0);
	ck_assert_uint_eq(o.tuple.proto, IPPROTO_UDP);
	ck_assert_double_eq(o.value, 80);
	e.e.info[1] = SLO_BPF_DNS_TCP;
	ck_assert_int_eq(slo_kernel_obs(&e.e, 1, &o), 0);
	ck_assert_uint_eq(o.tuple.proto, IPPROTO_TCP);
}
END_TEST

START_TEST(an_error_code_is_a_failure_and_no_such_name_is_not)
{
	static const struct { uint32_t rcode; bool failed; } codes[] = { { 0, false }, { 2, true }, { 3, false }, { 5, true } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(codes); i++) {
		struct slo_bpf_event_dns e = event_of("a", codes[i].rcode, 0, 0);
		struct slo_obs o;

		ck_assert_int_eq(slo_kernel_obs(&e.e, 1, &o), 0);
		ck_assert_int_eq(o.failed, codes[i].failed);
		e.e.outcome = SLO_BPF_REFUSED;
		ck_assert_int_eq(slo_kernel_obs(&e.e, 1, &o), 0);
		ck_assert(o.failed);
	}
}
END_TEST

START_TEST(a_query_without_an_answer_is_an_observation_of_the_time_limit)
{
	struct slo_bpf_dns_query q = { .ns = 1000, .tgid = 42, .tid = 43, .slot = 2, .tries = 3, .family = AF_INET,
				       .dst_port = 53, .name_len = 3, .wire = { 1, 'A', 0 }, .comm = "asker" };
	struct slo_bpf_event_dns e;
	struct slo_obs o;

	slo_kernel_dns_timeout(&q, 5000000000, &e);
	ck_assert_uint_eq(e.e.end_ns, 5000001000);
	ck_assert_uint_eq(e.e.slot, 2);
	ck_assert_int_eq(slo_kernel_obs(&e.e, 1, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_DNS_LATENCY);
	ck_assert_int_eq(o.err, ETIMEDOUT);
	ck_assert(o.failed);
	ck_assert_double_eq(o.value, 5000);
	ck_assert_str_eq(o.detail, "a retries=2");
	ck_assert_str_eq(o.comm, "asker");
	ck_assert_int_eq(o.pid, 42);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decode/kernel_dns");
	TCase *t = tcase_create("kernel_dns");

	tcase_add_test(t, a_query_is_read_as_the_packet_decoder_reads_it);
	tcase_add_test(t, an_answer_has_its_code_and_its_truncation);
	tcase_add_test(t, an_answer_may_leave_out_the_question_but_a_query_may_not);
	tcase_add_test(t, the_case_of_a_name_makes_no_difference_and_everything_else_does);
	tcase_add_test(t, what_follows_the_name_is_not_part_of_it);
	tcase_add_test(t, hostile_names_are_refused);
	tcase_add_test(t, the_longest_name_is_read_and_a_longer_one_refused);
	tcase_add_test(t, names_of_every_length_have_the_text_the_packet_decoder_gives_them);
	tcase_add_test(t, both_readers_agree_on_any_bytes);
	tcase_add_test(t, an_unreachable_server_has_the_errno_its_client_gets);
	tcase_add_test(t, the_detail_has_the_words_of_the_packet_source);
	tcase_add_test(t, the_detail_of_the_longest_name_fits);
	tcase_add_test(t, an_event_says_by_which_protocol);
	tcase_add_test(t, an_error_code_is_a_failure_and_no_such_name_is_not);
	tcase_add_test(t, a_query_without_an_answer_is_an_observation_of_the_time_limit);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);

	srunner_free(r);
	return failed != 0;
}
