/* SPDX-License-Identifier: MIT */
/* Which capabilities follow from which rungs; that the kernel really asks them is scripts/vm/tests/67-privileges. */
#include "probe/bpf.h"
#include "probe/caps.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIT(cap) (1ULL << SLO_CAP_##cap)
#define TRACING (BIT(BPF) | BIT(PERFMON))

static struct slo_caps_row rows[SLO_CAPS_ROWS];
static size_t n;

static uint64_t set(const struct slo_caps_in *in, enum slo_caps_pick pick)
{
	n = slo_caps_needs(in, rows);
	return slo_caps_set(rows, n, pick);
}

static const struct {
	const char *rung;
	int64_t paranoid;
	uint64_t needed, later; /* later: optional ones left out */
} rungs[] = {
	{ "tp_btf", 2, TRACING, 0 },
	{ "raw_tp", 2, TRACING, 0 },
	{ "fentry", 4, TRACING, 0 },
	{ "uprobe", -1, TRACING | BIT(SYS_ADMIN) | BIT(SYS_PTRACE), BIT(SYS_ADMIN) | BIT(SYS_PTRACE) },
	{ "kprobe", 2, TRACING, BIT(PERFMON) },
	{ "kprobe", 3, TRACING | BIT(SYS_ADMIN), BIT(SYS_ADMIN) },
	{ "kprobe", SLO_FACT_UNKNOWN, TRACING | BIT(SYS_ADMIN), BIT(SYS_ADMIN) },
	{ "tp", -1, TRACING | BIT(SYS_ADMIN) | BIT(DAC_READ_SEARCH), BIT(SYS_ADMIN) | BIT(DAC_READ_SEARCH) },
	{ "cgroup_skb", 2, TRACING | BIT(NET_ADMIN), BIT(NET_ADMIN) },
	{ "", 2, 0, 0 },
};

START_TEST(each_kind_of_hook_has_its_capabilities)
{
	struct slo_caps_in in = { .guard = true, .paranoid = rungs[_i].paranoid, .major = 6, .minor = 1 };
	uint64_t later = 0;

	in.rung[SLO_SIGNAL_TLS_HANDSHAKE] = rungs[_i].rung;
	ck_assert_uint_eq(set(&in, SLO_CAPS_NEEDED), rungs[_i].needed);
	for (size_t i = 0; i < n; i++)
		if (rows[i].needed && rows[i].later)
			later |= 1ULL << rows[i].cap;
	ck_assert_uint_eq(later, rungs[_i].later);
}
END_TEST

START_TEST(packets_are_a_matter_of_the_start_but_for_the_guard)
{
	struct slo_caps_in in = { .packets = true, .paranoid = 3, .major = 6, .minor = 12 };

	in.rung[SLO_SIGNAL_DNS_LATENCY] = "cgroup_skb";
	ck_assert_uint_eq(set(&in, SLO_CAPS_NEEDED), TRACING | BIT(NET_ADMIN) | BIT(NET_RAW));
	ck_assert_uint_eq(slo_caps_set(rows, n, SLO_CAPS_LATER) & (BIT(NET_ADMIN) | BIT(NET_RAW)), BIT(NET_ADMIN));
	in.guard = true;
	ck_assert_uint_eq(set(&in, SLO_CAPS_LATER) & BIT(NET_RAW), BIT(NET_RAW));
}
END_TEST

START_TEST(watched_services_are_followed)
{
	struct slo_caps_in in = { .services = true, .paranoid = 3, .major = 6, .minor = 12 };

	ck_assert_uint_eq(set(&in, SLO_CAPS_NEEDED), BIT(SYS_PTRACE) | BIT(DAC_READ_SEARCH));
	ck_assert_uint_eq(slo_caps_set(rows, n, SLO_CAPS_LATER), BIT(SYS_PTRACE) | BIT(DAC_READ_SEARCH));
}
END_TEST

START_TEST(the_least_mode_asks_for_packets_alone)
{
	struct slo_caps_in in = { .packets = true, .best_effort = true, .guard = true, .paranoid = 3, .major = 6 };

	in.rung[SLO_SIGNAL_DNS_LATENCY] = "fentry";
	in.rung[SLO_SIGNAL_TCP_RETRANSMITS] = "tp_btf";
	ck_assert_uint_eq(set(&in, SLO_CAPS_NEEDED), BIT(NET_RAW));
	ck_assert_uint_eq(slo_caps_set(rows, n, SLO_CAPS_USEFUL) & TRACING, TRACING);
}
END_TEST

START_TEST(old_kernels_ask_for_more)
{
	struct slo_caps_in in = { .paranoid = 2, .major = 5, .minor = 10 };

	in.rung[SLO_SIGNAL_RUNQUEUE_DELAY] = "tp_btf";
	ck_assert_uint_eq(set(&in, SLO_CAPS_NEEDED), TRACING | BIT(SYS_RESOURCE));
	ck_assert_uint_eq(slo_caps_set(rows, n, SLO_CAPS_LATER) & (BIT(BPF) | BIT(SYS_RESOURCE)), BIT(BPF));
	in.minor = 15;
	ck_assert_uint_eq(set(&in, SLO_CAPS_NEEDED), TRACING);
	ck_assert_uint_eq(slo_caps_set(rows, n, SLO_CAPS_LATER) & BIT(BPF), BIT(BPF));
	in.major = 6;
	ck_assert_uint_eq(set(&in, SLO_CAPS_LATER) & BIT(BPF), 0);
}
END_TEST

START_TEST(every_rung_there_is_has_its_rule)
{
	char off[256] = "";
	const char *rung = slo_bpf_best_rung(_i, NULL);

	for (int i = 0; rung[0]; i++) {
		struct slo_caps_in in = { .paranoid = 2, .major = 6 };

		ck_assert_int_lt(i, SLO_BPF_RUNGS);
		in.rung[_i] = rung;
		ck_assert_msg((set(&in, SLO_CAPS_NEEDED) & TRACING) == TRACING, "rung %s", rung);
		snprintf(off + strlen(off), sizeof(off) - strlen(off), "%s%s", off[0] ? "," : "", rung);
		ck_assert_int_eq(slo_bpf_check_disabled(off, NULL), 0);
		rung = slo_bpf_best_rung(_i, off);
	}
	ck_assert(!!off[0] == slo_bpf_can(_i));
}
END_TEST

START_TEST(the_best_rung_is_the_first_that_is_not_disabled)
{
	ck_assert_str_eq(slo_bpf_best_rung(SLO_SIGNAL_DNS_LATENCY, ""), "fentry");
	ck_assert_str_eq(slo_bpf_best_rung(SLO_SIGNAL_DNS_LATENCY, "dns:fentry,connect:tp_btf"), "tp_btf");
	ck_assert_str_eq(slo_bpf_best_rung(SLO_SIGNAL_CONNECT_ERRORS, "tp_btf,raw_tp"), "fentry");
	ck_assert_str_eq(slo_bpf_best_rung(SLO_SIGNAL_CPU_STEAL, ""), "");
	ck_assert_int_eq(slo_bpf_check_disabled("dns:uprobe", NULL), -EINVAL);
}
END_TEST

START_TEST(a_row_says_for_which_signals_it_is)
{
	struct slo_caps_in in = { .paranoid = 2 };
	struct slo_buf b;

	in.rung[SLO_SIGNAL_RUNQUEUE_DELAY] = "tp_btf";
	in.rung[SLO_SIGNAL_TLS_HANDSHAKE] = in.rung[SLO_SIGNAL_TLS_FAILS] = "uprobe";
	n = slo_caps_needs(&in, rows);
	slo_buf_init(&b, 1024);
	for (size_t i = 0; i < n; i++) {
		slo_buf_reset(&b);
		slo_caps_subject(&rows[i], &in, &b);
		if (rows[i].cap == SLO_CAP_BPF)
			ck_assert_str_eq(b.data, "every traced signal");
		if (rows[i].cap == SLO_CAP_SYS_ADMIN && rows[i].needed)
			ck_assert_str_eq(b.data, "tls_handshake_ms, tls_handshake_fail_total");
		ck_assert_ptr_nonnull(rows[i].why);
		ck_assert(rows[i].later == (rows[i].later_why != NULL));
	}
	slo_buf_fini(&b);
}
END_TEST

START_TEST(names_are_those_of_the_kernel_in_its_order)
{
	struct slo_buf b;

	slo_buf_init(&b, 1024);
	slo_caps_names(TRACING | BIT(NET_RAW) | 1, &b);
	ck_assert_str_eq(b.data, "CAP_NET_RAW CAP_PERFMON CAP_BPF");
	slo_buf_fini(&b);
	ck_assert_ptr_null(slo_cap_name((enum slo_cap)1));
	ck_assert_str_eq(slo_cap_purpose(SLO_CAP_BPF), "to load BPF programs");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("caps");
	TCase *c = tcase_create("caps");

	tcase_add_loop_test(c, each_kind_of_hook_has_its_capabilities, 0, SLO_ARRAY_LEN(rungs));
	tcase_add_test(c, packets_are_a_matter_of_the_start_but_for_the_guard);
	tcase_add_test(c, watched_services_are_followed);
	tcase_add_test(c, the_least_mode_asks_for_packets_alone);
	tcase_add_test(c, old_kernels_ask_for_more);
	tcase_add_loop_test(c, every_rung_there_is_has_its_rule, 0, SLO_SIGNAL__COUNT);
	tcase_add_test(c, the_best_rung_is_the_first_that_is_not_disabled);
	tcase_add_test(c, a_row_says_for_which_signals_it_is);
	tcase_add_test(c, names_are_those_of_the_kernel_in_its_order);
	suite_add_tcase(s, c);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
