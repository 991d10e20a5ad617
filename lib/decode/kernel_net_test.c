/* SPDX-License-Identifier: MIT */
/* How a connection attempt is judged, and what events of the network probes say. */
#include "bpf/outcome.h"
#include "decode/kernel.h"
#include "decode/kernel_internal.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

struct outcome_case {
	struct slo_connect_end end; /* err, soft, SYN retransmissions, segments out */
	uint32_t outcome, err;
	enum slo_connect_by by;
};

static const struct outcome_case outcomes[] = {
	/* The kernel's verdict, whatever else happened. */
	{ { ECONNREFUSED, 0, 0, 1 }, SLO_BPF_REFUSED, ECONNREFUSED, SLO_CONNECT_BY_KERNEL },
	{ { ECONNREFUSED, EHOSTUNREACH, 2, 3 }, SLO_BPF_REFUSED, ECONNREFUSED, SLO_CONNECT_BY_KERNEL },
	{ { ETIMEDOUT, 0, 6, 7 }, SLO_BPF_TIMED_OUT, ETIMEDOUT, SLO_CONNECT_BY_KERNEL },
	{ { EHOSTUNREACH, 0, 3, 4 }, SLO_BPF_UNREACHABLE, EHOSTUNREACH, SLO_CONNECT_BY_KERNEL },
	{ { ENETUNREACH, 0, 0, 1 }, SLO_BPF_UNREACHABLE, ENETUNREACH, SLO_CONNECT_BY_KERNEL },
	{ { EACCES, 0, 0, 1 }, SLO_BPF_UNREACHABLE, EACCES, SLO_CONNECT_BY_KERNEL },
	{ { ECONNRESET, 0, 0, 1 }, SLO_BPF_RESET, ECONNRESET, SLO_CONNECT_BY_KERNEL },
	{ { ECONNABORTED, 0, 0, 1 }, SLO_BPF_FAILED, ECONNABORTED, SLO_CONNECT_BY_KERNEL },
	/* The application gave up. */
	{ { 0, 0, 0, 1 }, SLO_BPF_ABORTED, 0, SLO_CONNECT_BY_CALLER },
	{ { 0, 0, 1, 2 }, SLO_BPF_TIMED_OUT, ETIMEDOUT, SLO_CONNECT_BY_CALLER },
	{ { 0, 0, 6, 7 }, SLO_BPF_TIMED_OUT, ETIMEDOUT, SLO_CONNECT_BY_CALLER },
	{ { 0, EHOSTUNREACH, 0, 1 }, SLO_BPF_UNREACHABLE, EHOSTUNREACH, SLO_CONNECT_BY_CALLER },
	{ { 0, EHOSTUNREACH, 2, 3 }, SLO_BPF_UNREACHABLE, EHOSTUNREACH, SLO_CONNECT_BY_CALLER },
	/* No SYN ever left. */
	{ { 0, 0, 0, 0 }, SLO_BPF_FAILED, 0, SLO_CONNECT_NEVER_SENT },
};

START_TEST(an_attempt_is_judged_by_error_and_repeated_syns)
{
	const struct outcome_case *c = &outcomes[_i];

	ck_assert_uint_eq(slo_connect_outcome(&c->end), c->outcome);
	ck_assert_uint_eq(slo_connect_errno(&c->end), c->err);
	ck_assert_int_eq(slo_connect_by(&c->end), c->by);
}
END_TEST

struct detail_case {
	uint8_t outcome;
	uint32_t info[4];
	const char *text;
};

static const struct detail_case connects[] = {
	{ SLO_BPF_OK, { 0, 1, SLO_CONNECT_BY_KERNEL }, "ok" },
	{ SLO_BPF_OK, { 1, 2, SLO_CONNECT_BY_KERNEL }, "ok after 1 SYN retransmission" },
	{ SLO_BPF_OK, { 2, 3, SLO_CONNECT_BY_KERNEL }, "ok after 2 SYN retransmissions" },
	{ SLO_BPF_REFUSED, { 0, 1, SLO_CONNECT_BY_KERNEL }, "refused" },
	{ SLO_BPF_RESET, { 0, 1, SLO_CONNECT_BY_KERNEL }, "reset" },
	{ SLO_BPF_TIMED_OUT, { 6, 7, SLO_CONNECT_BY_KERNEL }, "timeout after 7 SYN" },
	{ SLO_BPF_TIMED_OUT, { 2, 3, SLO_CONNECT_BY_CALLER }, "timeout after 3 SYN, given up by the caller" },
	{ SLO_BPF_TIMED_OUT, { 4, 5, SLO_CONNECT_BY_DEADLINE }, "timeout after 5 SYN, over the deadline" },
	{ SLO_BPF_UNREACHABLE, { 1, 2, SLO_CONNECT_BY_KERNEL }, "unreachable after 1 SYN retransmission" },
	{ SLO_BPF_FAILED, { 0, 0, SLO_CONNECT_NEVER_SENT }, "failed before a SYN was sent" },
	{ SLO_BPF_OK, { 0, 1, 99 }, "ok" },
};

START_TEST(a_connect_event_says_how_it_ended)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_CONNECT, .outcome = connects[_i].outcome };
	char text[96];

	memcpy(e.info, connects[_i].info, sizeof(e.info));
	kernel_connect_detail(&e, text, sizeof(text));
	ck_assert_str_eq(text, connects[_i].text);
}
END_TEST

static const struct detail_case retransmits[] = {
	{ 0, { 1, 0, 1200, 2 }, "established, 2 timeouts in a row, 1200 segments out" },
	{ 0, { 1, 0, 1, 1 }, "established, 1 timeout in a row, 1 segment out" },
	{ 0, { 2, SLO_RETRANSMIT_SYN, 3, 2 }, "SYN sent, 2 timeouts in a row, 3 segments out" },
	{ 0, { 10, SLO_RETRANSMIT_SYN | SLO_RETRANSMIT_SYNACK, 0, 0 }, "SYN-ACK" },
	{ 0, { 0, 0, 0, 0 }, "state unknown, 0 timeouts in a row, 0 segments out" },
	{ 0, { 250, 0, 0, 0 }, "state unknown, 0 timeouts in a row, 0 segments out" },
};

START_TEST(a_retransmit_event_says_what_the_socket_was_doing)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_RETRANSMIT };
	char text[96];

	memcpy(e.info, retransmits[_i].info, sizeof(e.info));
	kernel_retransmit_detail(&e, text, sizeof(text));
	ck_assert_str_eq(text, retransmits[_i].text);
}
END_TEST

START_TEST(the_longest_detail_fits_an_observation)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_RETRANSMIT, .info = { 3, 0, UINT32_MAX, UINT32_MAX } };
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e, 1, &o), 0);
	ck_assert_str_eq(o.detail, "SYN received, 4294967295 timeouts in a row, 4294967295 segments out");
}
END_TEST

START_TEST(a_failed_attempt_is_an_error_and_a_slow_one_a_latency)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_CONNECT, .value = 250000000, .family = 2, .src_port = 40000,
				   .dst_port = 443, .tgid = 7, .info = { 0, 1, SLO_CONNECT_BY_KERNEL } };
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e, 5, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_CONNECT_LATENCY);
	ck_assert_double_eq(o.value, 250);
	ck_assert_int_eq(o.err, 0);
	e.outcome = SLO_BPF_REFUSED;
	e.err = ECONNREFUSED;
	ck_assert_int_eq(slo_kernel_obs(&e, 5, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_CONNECT_ERRORS);
	ck_assert_double_eq(o.value, 1);
	ck_assert_int_eq(o.err, ECONNREFUSED);
	ck_assert_str_eq(o.detail, "refused");
	ck_assert(o.has_tuple);
	ck_assert_uint_eq(o.tuple.dst_port, 443);
}
END_TEST

START_TEST(a_burst_is_a_number_of_segments)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_RETRANSMIT, .value = 3, .info = { 1, 0, 10, 0 } };
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e, 5, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_TCP_RETRANSMITS);
	ck_assert_double_eq(o.value, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel_net");
	TCase *t = tcase_create("net");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, an_attempt_is_judged_by_error_and_repeated_syns, 0, SLO_ARRAY_LEN(outcomes));
	tcase_add_loop_test(t, a_connect_event_says_how_it_ended, 0, SLO_ARRAY_LEN(connects));
	tcase_add_loop_test(t, a_retransmit_event_says_what_the_socket_was_doing, 0, SLO_ARRAY_LEN(retransmits));
	tcase_add_test(t, the_longest_detail_fits_an_observation);
	tcase_add_test(t, a_failed_attempt_is_an_error_and_a_slow_one_a_latency);
	tcase_add_test(t, a_burst_is_a_number_of_segments);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
