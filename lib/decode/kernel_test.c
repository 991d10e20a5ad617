/* SPDX-License-Identifier: MIT */
#include "decode/kernel.h"

#include "base/rng.h"
#include "bpf/hist.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

START_TEST(the_highest_bit_is_found_for_every_width)
{
	ck_assert_uint_eq(slo_bpf_log2(0), 0);
	for (uint32_t bit = 0; bit < 64; bit++) {
		ck_assert_uint_eq(slo_bpf_log2(1ULL << bit), bit);
		ck_assert_uint_eq(slo_bpf_log2((1ULL << bit) | ((1ULL << bit) - 1)), bit);
	}
}
END_TEST

START_TEST(each_bucket_holds_exactly_the_values_between_its_edges)
{
	for (uint32_t i = 0; i + 1 < SLO_BPF_BUCKETS; i++) {
		uint64_t low = slo_bpf_bucket_ns(i), high = slo_bpf_bucket_ns(i + 1);

		ck_assert_uint_lt(low, high);
		ck_assert_uint_eq(slo_bpf_bucket(low), i);
		ck_assert_uint_eq(slo_bpf_bucket(high - 1), i);
	}
	ck_assert_uint_eq(slo_bpf_bucket_ns(0), 0);
}
END_TEST

START_TEST(the_middle_of_a_bucket_is_at_most_a_thirtysecond_off)
{
	for (uint64_t ns = 32 << SLO_BPF_UNIT_SHIFT; ns < 1ULL << 41; ns += ns / 7) {
		uint32_t i = slo_bpf_bucket(ns);
		double middle = (double)(slo_bpf_bucket_ns(i) + slo_bpf_bucket_ns(i + 1)) / 2;

		ck_assert_double_le(fabs(middle - (double)ns) / (double)ns, 1.0 / 32);
	}
}
END_TEST

START_TEST(values_beyond_the_range_share_the_last_bucket)
{
	ck_assert_uint_eq(slo_bpf_bucket(UINT64_MAX), SLO_BPF_BUCKETS - 1);
	ck_assert_uint_eq(slo_bpf_bucket(1ULL << 62), SLO_BPF_BUCKETS - 1);
}
END_TEST

/* What hist_add() of common.bpf.h does, in epoch @epoch. */
static void count(struct slo_bpf_hist *h, uint32_t epoch, uint64_t ns)
{
	uint32_t i = epoch & 1;

	h->count++;
	h->sum += ns;
	h->bucket[slo_bpf_bucket(ns)]++;
	if (h->epoch[i] != epoch) {
		h->epoch[i] = epoch;
		h->max[i] = h->min[i] = ns;
	}
	if (ns > h->max[i])
		h->max[i] = ns;
	if (ns < h->min[i])
		h->min[i] = ns;
}

static struct slo_bpf_hist cpu[2], before, now;
static struct slo_hist hist;
static struct slo_obs_summary sum;
static uint64_t errors;

static void setup(void)
{
	memset(cpu, 0, sizeof(cpu));
	memset(&before, 0, sizeof(before));
	memset(&now, 0, sizeof(now));
}

static void look(int probe, uint32_t epoch)
{
	before = now;
	memset(&now, 0, sizeof(now));
	slo_kernel_add(&now, &cpu[0], epoch);
	slo_kernel_add(&now, &cpu[1], epoch);
	slo_kernel_delta(probe, &now, &before, &hist, &sum, &errors);
}

START_TEST(an_interval_is_the_difference_of_two_looks_over_all_cpus)
{
	count(&cpu[0], 1, 500000000); /* before the interval */
	look(SLO_BPF_RUNQUEUE, 1);
	ck_assert_uint_eq(sum.count, 1);

	count(&cpu[0], 2, 1000000);
	count(&cpu[0], 2, 3000000);
	count(&cpu[1], 2, 20000000);
	look(SLO_BPF_RUNQUEUE, 2);
	ck_assert_uint_eq(sum.count, 3);
	ck_assert_double_eq_tol(sum.sum, 24.0, 1e-9);
	ck_assert_double_eq_tol(sum.min, 1.0, 1e-9);
	ck_assert_double_eq_tol(sum.max, 20.0, 1e-9);
	ck_assert_uint_eq(slo_hist_count(&hist), 3);
	ck_assert_double_eq_tol(slo_hist_quantile(&hist, 0.5), 3.0, 3.0 * 0.05);
	ck_assert_ptr_eq(sum.hist, &hist);
}
END_TEST

START_TEST(an_interval_without_observations_has_count_zero)
{
	count(&cpu[0], 1, 1000000);
	look(SLO_BPF_RUNQUEUE, 1);
	look(SLO_BPF_RUNQUEUE, 2);
	ck_assert_uint_eq(sum.count, 0);
	ck_assert_ptr_null(sum.hist);
}
END_TEST

START_TEST(extremes_of_another_epoch_do_not_count)
{
	count(&cpu[0], 1, 900000000);
	look(SLO_BPF_RUNQUEUE, 1);
	count(&cpu[1], 2, 2000000);
	look(SLO_BPF_RUNQUEUE, 2);
	ck_assert_double_eq_tol(sum.max, 2.0, 1e-9);
	ck_assert_double_eq_tol(sum.min, 2.0, 1e-9);
}
END_TEST

START_TEST(without_extremes_the_edges_of_the_buckets_bound_the_interval)
{
	count(&cpu[0], 3, 2000000); /* between bumping the epoch and reading */
	look(SLO_BPF_RUNQUEUE, 2);
	ck_assert_uint_eq(sum.count, 1);
	ck_assert_double_le(sum.min, 2.0);
	ck_assert_double_ge(sum.max, 2.0);
	ck_assert_double_le(sum.max - sum.min, 2.0 / 16);
}
END_TEST

START_TEST(bucket_counts_may_wrap)
{
	cpu[0].bucket[100] = UINT32_MAX;
	cpu[0].count = 10;
	look(SLO_BPF_RUNQUEUE, 1);
	cpu[0].bucket[100] += 3;
	cpu[0].count += 3;
	look(SLO_BPF_RUNQUEUE, 2);
	ck_assert_uint_eq(slo_hist_count(&hist), 3);
}
END_TEST

START_TEST(counters_have_no_histogram_and_failures_are_apart)
{
	cpu[0].count = 4;
	cpu[0].sum = 4;
	cpu[1].errors = 2;
	look(SLO_BPF_RETRANSMIT, 1);
	ck_assert_uint_eq(sum.count, 4);
	ck_assert_double_eq(sum.sum, 4);
	ck_assert_double_eq(sum.max, 1);
	ck_assert_ptr_null(sum.hist);
	ck_assert_uint_eq(errors, 2);
}
END_TEST

START_TEST(merging_keeps_the_mean_of_many_random_values)
{
	struct slo_rng rng;
	double total = 0;

	slo_rng_seed(&rng, 7);
	for (int i = 0; i < 10000; i++) {
		uint64_t ns = 1000 + slo_rng_below(&rng, 80000000);

		count(&cpu[i & 1], 1, ns);
		total += (double)ns / 1e6;
	}
	look(SLO_BPF_RUNQUEUE, 1);
	ck_assert_double_eq_tol(sum.sum, total, 1e-6 * total);
	ck_assert_double_eq_tol(slo_hist_quantile(&hist, 0.95), 76.0, 76.0 * 0.05);
}
END_TEST

static struct slo_bpf_event event(int probe)
{
	struct slo_bpf_event e = { .probe = (uint8_t)probe, .value = 12500000, .tgid = 42, .tid = 43,
				   .comm = "worker" };

	return e;
}

START_TEST(a_wait_names_the_waiting_thread_and_who_had_the_cpu)
{
	struct slo_bpf_event e = event(SLO_BPF_RUNQUEUE);
	struct slo_obs o;

	e.info[0] = 3;
	e.info[2] = 2;
	e.info[3] = 5;
	e.part = 10000000;
	memcpy(e.other, "noisy", 6);
	ck_assert_int_eq(slo_kernel_obs(&e, 99, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_RUNQUEUE_DELAY);
	ck_assert_double_eq(o.value, 12.5);
	ck_assert_int_eq(o.pid, 42);
	ck_assert_int_eq(o.tid, 43);
	ck_assert_int_eq(o.end_ns, 99);
	ck_assert_str_eq(o.comm, "worker");
	ck_assert_str_eq(o.detail, "preempted, cpu 3 after noisy, 5 runnable, throttled 10.0 ms");
	ck_assert(!o.has_tuple);
}
END_TEST

START_TEST(a_failed_attempt_is_one_error_and_an_aborted_one_is_none)
{
	struct slo_bpf_event e = event(SLO_BPF_CONNECT);
	struct slo_obs o;

	e.outcome = SLO_BPF_REFUSED;
	e.err = ECONNREFUSED;
	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_CONNECT_ERRORS);
	ck_assert_double_eq(o.value, 1);
	ck_assert_int_eq(o.err, ECONNREFUSED);
	e.outcome = SLO_BPF_ABORTED;
	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_CONNECT_LATENCY);
}
END_TEST

START_TEST(the_end_that_opened_the_connection_comes_first)
{
	struct slo_bpf_event e = event(SLO_BPF_RETRANSMIT);
	struct slo_obs o;

	e.family = 2;
	e.src_port = 40000;
	e.dst_port = 443;
	e.src[15] = 1;
	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), 0);
	ck_assert(o.has_tuple);
	ck_assert_uint_eq(o.tuple.src_port, 40000);
	ck_assert_uint_eq(o.tuple.src[15], 1);
	e.direction = SLO_DIRECTION_INGRESS;
	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), 0);
	ck_assert_uint_eq(o.tuple.src_port, 443);
	ck_assert_uint_eq(o.tuple.dst[15], 1);
}
END_TEST

START_TEST(an_event_nobody_of_ours_made_is_refused)
{
	struct slo_bpf_event e = event(SLO_BPF__PROBES);
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), -EINVAL);
	e = event(SLO_BPF_CONNECT);
	e.outcome = SLO_BPF__OUTCOMES;
	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel");
	TCase *t = tcase_create("kernel");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, the_highest_bit_is_found_for_every_width);
	tcase_add_test(t, each_bucket_holds_exactly_the_values_between_its_edges);
	tcase_add_test(t, the_middle_of_a_bucket_is_at_most_a_thirtysecond_off);
	tcase_add_test(t, values_beyond_the_range_share_the_last_bucket);
	tcase_add_test(t, an_interval_is_the_difference_of_two_looks_over_all_cpus);
	tcase_add_test(t, an_interval_without_observations_has_count_zero);
	tcase_add_test(t, extremes_of_another_epoch_do_not_count);
	tcase_add_test(t, without_extremes_the_edges_of_the_buckets_bound_the_interval);
	tcase_add_test(t, bucket_counts_may_wrap);
	tcase_add_test(t, counters_have_no_histogram_and_failures_are_apart);
	tcase_add_test(t, merging_keeps_the_mean_of_many_random_values);
	tcase_add_test(t, a_wait_names_the_waiting_thread_and_who_had_the_cpu);
	tcase_add_test(t, a_failed_attempt_is_one_error_and_an_aborted_one_is_none);
	tcase_add_test(t, the_end_that_opened_the_connection_comes_first);
	tcase_add_test(t, an_event_nobody_of_ours_made_is_refused);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
