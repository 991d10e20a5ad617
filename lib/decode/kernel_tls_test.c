/* SPDX-License-Identifier: MIT */
#include "decode/kernel_internal.h"

#include "bpf/tls.h"
#include "decode/kernel.h"

#include <check.h>
#include <stdlib.h>

static struct slo_bpf_event event(uint32_t kind, uint32_t session, uint32_t side, uint32_t calls)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_TLS, .value = 81500000 };

	e.outcome = kind ? SLO_BPF_FAILED : SLO_BPF_OK;
	e.info[0] = calls;
	e.info[1] = 4120;
	e.info[2] = slo_tls_pack(kind, session, side, SLO_TLS_CONNECT);
	return e;
}

static const char *says(const struct slo_bpf_event *e)
{
	static char text[96];

	kernel_tls_detail(e, text, sizeof(text));
	return text;
}

START_TEST(a_handshake_says_whose_it_was_and_what_it_took)
{
	struct slo_bpf_event e = event(0, SLO_TLS_FULL, SLO_TLS_CLIENT_SIDE, 3);

	ck_assert_str_eq(says(&e), "client, full, 3 calls, 4.1 ms in calls");
	e = event(0, SLO_TLS_RESUMED, SLO_TLS_SERVER_SIDE, 1);
	ck_assert_str_eq(says(&e), "server, resumed, 1 call, 4.1 ms in calls");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	struct slo_bpf_event e = event(0, SLO_TLS_SESSION_UNKNOWN, SLO_TLS_SIDE_UNKNOWN, 2);

	ck_assert_str_eq(says(&e), "2 calls, 4.1 ms in calls");
	/* A client that trusts anybody succeeds whatever the certificate. */
	e.info[3] = 18;
	ck_assert_str_eq(says(&e), "2 calls, 4.1 ms in calls");
}
END_TEST

START_TEST(a_failure_says_why)
{
	struct slo_bpf_event e = event(SLO_TLS_ERROR_SSL, 0, SLO_TLS_CLIENT_SIDE, 1);

	e.info[3] = 10;
	ck_assert_str_eq(says(&e), "client, protocol error, certificate expired, 1 call, 4.1 ms in calls");
	e.info[3] = 4711;
	ck_assert_str_eq(says(&e), "client, protocol error, certificate refused (4711), 1 call, 4.1 ms in calls");
	e = event(SLO_TLS_ERROR_SYSCALL, 0, SLO_TLS_CLIENT_SIDE, 1);
	e.info[3] = 18;
	ck_assert_str_eq(says(&e), "client, connection error, 1 call, 4.1 ms in calls");
	e = event(SLO_TLS_ERROR_UNASKED, 0, SLO_TLS_SERVER_SIDE, 1);
	ck_assert_str_eq(says(&e), "server, reason not asked for, 1 call, 4.1 ms in calls");
	e = event(SLO_TLS_ERROR_ZERO_RETURN, 0, SLO_TLS_SERVER_SIDE, 1);
	ck_assert_str_eq(says(&e), "server, closed by the peer, 1 call, 4.1 ms in calls");
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_cut_and_ends)
{
	struct slo_bpf_event e = event(SLO_TLS_ERROR_SSL, 0, SLO_TLS_CLIENT_SIDE, 1);
	char text[12] = "???????????";

	e.info[3] = 10;
	kernel_tls_detail(&e, text, sizeof(text));
	ck_assert_str_eq(text, "client, pro");
}
END_TEST

START_TEST(a_failure_is_an_observation_of_the_error_signal)
{
	struct slo_bpf_event e = event(SLO_TLS_ERROR_SSL, 0, SLO_TLS_CLIENT_SIDE, 1);
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e, 1, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_TLS_FAILS);
	ck_assert_double_eq(o.value, 1);
	e = event(0, SLO_TLS_FULL, SLO_TLS_CLIENT_SIDE, 1);
	ck_assert_int_eq(slo_kernel_obs(&e, 1, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_TLS_HANDSHAKE);
	ck_assert_double_eq(o.value, 81.5);
	ck_assert_str_eq(o.detail, "client, full, 1 call, 4.1 ms in calls");
}
END_TEST

START_TEST(what_is_packed_comes_out_again)
{
	for (uint32_t kind = 0; kind < 256; kind += 51) {
		uint32_t p = slo_tls_pack(kind, SLO_TLS_RESUMED, SLO_TLS_SERVER_SIDE, SLO_TLS_WRITE_EX);

		ck_assert_uint_eq(slo_tls_kind(p), kind);
		ck_assert_uint_eq(slo_tls_session_of(p), SLO_TLS_RESUMED);
		ck_assert_uint_eq(slo_tls_side_of(p), SLO_TLS_SERVER_SIDE);
		ck_assert_uint_eq(slo_tls_function_of(p), SLO_TLS_WRITE_EX);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel_tls");
	TCase *t = tcase_create("words");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, a_handshake_says_whose_it_was_and_what_it_took);
	tcase_add_test(t, what_is_not_known_is_left_out);
	tcase_add_test(t, a_failure_says_why);
	tcase_add_test(t, a_text_that_does_not_fit_is_cut_and_ends);
	tcase_add_test(t, a_failure_is_an_observation_of_the_error_signal);
	tcase_add_test(t, what_is_packed_comes_out_again);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
