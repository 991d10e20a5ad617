/* SPDX-License-Identifier: MIT */
#include "decode/packet.h"

#include <check.h>
#include <stdlib.h>

#include "decode/test_frames.h"

static const struct tf_end a = { 1, 40000, false }, b = { 2, 443, false }, a6 = { 1, 40000, true },
			   b6 = { 2, 443, true };
static struct tf frame;
static struct slo_packet p;

static enum slo_dissect dissect(const uint8_t *data, size_t cap, size_t len, enum slo_link link)
{
	uint8_t *copy = malloc(cap ? cap : 1);
	struct slo_frame f = { .data = copy, .caplen = (uint32_t)cap, .wirelen = (uint32_t)len, .link = (uint8_t)link };
	enum slo_dissect d;

	memcpy(copy, data, cap);
	d = slo_packet_dissect(&f, &p);
	if (d == SLO_DISSECT_OK && p.cap > 0)
		ck_assert(p.payload >= copy && p.payload + p.cap <= copy + cap);
	free(copy);
	return d;
}

static enum slo_dissect whole(enum slo_link link)
{
	return dissect(frame.buf, frame.len, frame.len, link);
}

/* Put @n bytes in front of (or into, at @at) the frame. */
static void insert(size_t at, const void *bytes, size_t n)
{
	memmove(frame.buf + at + n, frame.buf + at, frame.len - at);
	memcpy(frame.buf + at, bytes, n);
	frame.len += n;
}

START_TEST(every_link_type_leads_to_the_same_packet)
{
	static const struct {
		enum slo_link link;
		const char *header;
		size_t n;
	} cases[] = {
		{ SLO_LINK_IP, "", 0 },
		{ SLO_LINK_ETHERNET, "\0\0\0\0\0\0\0\0\0\0\0\0\x08\0", 14 },
		{ SLO_LINK_ETHERNET, "\0\0\0\0\0\0\0\0\0\0\0\0\x81\0\0\x0a\x08\0", 18 },
		{ SLO_LINK_ETHERNET, "\0\0\0\0\0\0\0\0\0\0\0\0\x88\xa8\0\x0a\x81\0\0\x0b\x08\0", 22 },
		{ SLO_LINK_SLL, "\0\0\0\1\0\6\0\0\0\0\0\0\0\0\x08\0", 16 },
		{ SLO_LINK_NULL, "\2\0\0\0", 4 },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		tf_tcp(&frame, a, b, SLO_TCP_SYN | SLO_TCP_ACK, 77, 88, "hello", 5);
		insert(0, cases[i].header, cases[i].n);
		ck_assert_int_eq(whole(cases[i].link), SLO_DISSECT_OK);
		ck_assert_uint_eq(p.src_port, 40000);
		ck_assert_uint_eq(p.dst_port, 443);
		ck_assert_uint_eq(p.seq, 77);
		ck_assert_uint_eq(p.ack, 88);
		ck_assert_uint_eq(p.tcp_flags, SLO_TCP_SYN | SLO_TCP_ACK);
		ck_assert_uint_eq(p.len, 5);
		ck_assert_uint_eq(p.cap, 5);
		ck_assert_uint_eq(p.src[15], 1);
		ck_assert_uint_eq(p.src[10], 0xff);
	}
	ck_assert_int_eq(dissect((const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\0\0\x08\x06", 14, 14, SLO_LINK_ETHERNET),
			 SLO_DISSECT_OTHER);
}
END_TEST

START_TEST(options_padding_and_extension_headers_are_looked_through)
{
	static const uint8_t options[8] = { 1, 1, 1, 1, 1, 1, 1, 0 };
	static const uint8_t chain[] = { 43, 0, 0,	     0, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0,	0, 0, 44, 1, 0,
					 0,  0, 0,	     0, 0, 0, 0, 0, 0,	0, 0, 0, 0, 51, 0, 0, 0,  0, 0,
					 0,  9, IPPROTO_TCP, 2, 0, 0, 0, 0, 0,	0, 0, 0, 0, 0,	0, 0, 0,  0 };

	tf_tcp(&frame, a, b, SLO_TCP_ACK, 77, 88, "hello", 5);
	insert(20, options, 8);
	frame.buf[0] = 0x47;
	frame.buf[3] = (uint8_t)frame.len;
	tf_add(&frame, "\0\0\0\0\0\0", 6); /* Ethernet pads short frames */
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_OK);
	ck_assert_uint_eq(p.len, 5);
	ck_assert_uint_eq(p.dst_port, 443);

	tf_tcp(&frame, a6, b6, SLO_TCP_ACK, 77, 88, "hello", 5);
	insert(40, chain, sizeof(chain));
	frame.buf[6] = IPPROTO_HOPOPTS;
	frame.buf[5] = (uint8_t)(frame.len - 40);
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_OK);
	ck_assert_uint_eq(p.seq, 77);
	ck_assert_uint_eq(p.len, 5);
	frame.buf[40 + 8 + 8 + 16 + 3] = 1; /* the fragment header: more to come */
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_FRAGMENT);
}
END_TEST

START_TEST(fragments_are_told_apart)
{
	tf_udp(&frame, a, b, "12345678", 8);
	frame.buf[6] = 0x20;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_FRAGMENT);
	frame.buf[6] = 0;
	frame.buf[7] = 9;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_FRAGMENT);
	frame.buf[6] = 0x40;
	frame.buf[7] = 0;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_OK);
}
END_TEST

START_TEST(a_cut_frame_knows_its_length_on_the_wire)
{
	char body[200];

	memset(body, 'x', sizeof(body));
	tf_tcp(&frame, a, b, SLO_TCP_ACK, 77, 88, body, sizeof(body));
	for (size_t cap = 0; cap <= frame.len; cap++) {
		enum slo_dissect d = dissect(frame.buf, cap, frame.len, SLO_LINK_IP);

		ck_assert_int_eq(d, cap < 40 ? SLO_DISSECT_MALFORMED : SLO_DISSECT_OK);
		if (cap >= 40) {
			ck_assert_uint_eq(p.len, 200);
			ck_assert_uint_eq(p.cap, cap - 40);
		}
	}
	tf_udp(&frame, a6, b6, body, sizeof(body));
	for (size_t cap = 0; cap <= frame.len; cap++)
		ck_assert_int_eq(dissect(frame.buf, cap, frame.len, SLO_LINK_IP),
				 cap < 48 ? SLO_DISSECT_MALFORMED : SLO_DISSECT_OK);
}
END_TEST

START_TEST(a_header_cut_in_its_options_leaves_no_payload)
{
	tf_tcp(&frame, a, b, SLO_TCP_ACK, 77, 88, "0123456789012345678901234567890123456789", 40);
	frame.buf[32] = 0xf0; /* 60 bytes of TCP header */
	ck_assert_int_eq(dissect(frame.buf, 50, frame.len, SLO_LINK_IP), SLO_DISSECT_OK);
	ck_assert_uint_eq(p.len, 0);
	ck_assert_uint_eq(p.cap, 0);
	frame.buf[32] = 0x40;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_MALFORMED);
}
END_TEST

START_TEST(lengths_that_contradict_each_other_are_malformed)
{
	tf_udp(&frame, a, b, "12345678", 8);
	frame.buf[25] = 200;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_MALFORMED);
	frame.buf[25] = 7;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_MALFORMED);
	tf_udp(&frame, a, b, "12345678", 8);
	frame.buf[0] = 0x44;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_MALFORMED);
	tf_udp(&frame, a, b, "12345678", 8);
	frame.buf[3] = 10;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_MALFORMED);
	tf_udp(&frame, a, b, "12345678", 8);
	ck_assert_int_eq(dissect(frame.buf, frame.len, frame.len - 1, SLO_LINK_IP), SLO_DISSECT_MALFORMED);
	frame.buf[0] = 0x55;
	ck_assert_int_eq(whole(SLO_LINK_IP), SLO_DISSECT_OTHER);
}
END_TEST

START_TEST(an_icmp_error_quotes_a_packet)
{
	struct tf inner;
	struct slo_packet q;

	tf_tcp(&inner, a, b, SLO_TCP_SYN, 77, 0, NULL, 0);
	tf_ip(&frame, b, a, IPPROTO_ICMP, 8 + 28);
	tf_add(&frame, "\3\1\0\0\0\0\0\0", 8);
	tf_add(&frame, inner.buf, 28); /* IP header and 8 bytes */
	p = (struct slo_packet){ .proto = 0 };
	ck_assert_int_eq(slo_packet_dissect(&(struct slo_frame){ .data = frame.buf, .caplen = (uint32_t)frame.len,
								 .wirelen = (uint32_t)frame.len }, &p), SLO_DISSECT_OK);
	ck_assert_uint_eq(p.icmp_type, 3);
	ck_assert_uint_eq(p.icmp_code, 1);
	ck_assert_int_eq(slo_packet_quoted(&p, &q), SLO_DISSECT_OK);
	ck_assert_uint_eq(q.dst_port, 443);
	ck_assert_uint_eq(q.seq, 77);
	p.cap = 27;
	ck_assert_int_eq(slo_packet_quoted(&p, &q), SLO_DISSECT_MALFORMED);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_link_type_leads_to_the_same_packet, options_padding_and_extension_headers_are_looked_through,
		fragments_are_told_apart, a_cut_frame_knows_its_length_on_the_wire,
		a_header_cut_in_its_options_leaves_no_payload, lengths_that_contradict_each_other_are_malformed,
		an_icmp_error_quotes_a_packet,
	};
	Suite *s = suite_create("packet");
	TCase *tc = tcase_create("packet");
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
