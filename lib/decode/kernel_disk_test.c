/* SPDX-License-Identifier: MIT */
#include "decode/kernel.h"

#include "bpf/disk.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct slo_bpf_event disk_read(void)
{
	return (struct slo_bpf_event){ .probe = SLO_BPF_DISK, .value = 50300000, .part = 120000, .tgid = 7, .tid = 9,
				       .info = { 254u << 20 | 16, 4096, 0x800, DISK_SUBMITTED | DISK_ISSUED },
				       .comm = "worker", .other = "nullb0" };
}

static void detail_is(const struct slo_bpf_event *e, const char *expected)
{
	struct slo_obs o;

	ck_assert_int_eq(slo_kernel_obs(e, 1, &o), 0);
	ck_assert_str_eq(o.detail, expected);
}

START_TEST(a_read_tells_its_disk_size_and_wait)
{
	struct slo_bpf_event e = disk_read();
	struct slo_obs o;

	detail_is(&e, "nullb0 read 4096 bytes, queued 0.1 ms");
	ck_assert_int_eq(slo_kernel_obs(&e, 1, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_DISK_IO);
	ck_assert_double_eq_tol(o.value, 50.3, 1e-9);
	ck_assert_int_eq(o.pid, 7);
	ck_assert_int_eq(o.tid, 9);
	ck_assert_str_eq(o.comm, "worker");
}
END_TEST

START_TEST(a_write_of_nothing_is_a_flush)
{
	struct slo_bpf_event e = disk_read();

	e.info[1] = 0;
	e.info[2] = 1 | 1u << 18;
	e.info[3] = DISK_SUBMITTED;
	detail_is(&e, "nullb0 flush");
}
END_TEST

START_TEST(what_never_was_issued_has_no_queue_time)
{
	struct slo_bpf_event e = disk_read();

	e.info[3] = DISK_SUBMITTED;
	detail_is(&e, "nullb0 read 4096 bytes");
}
END_TEST

START_TEST(a_disk_without_a_name_is_its_number)
{
	struct slo_bpf_event e = disk_read();

	e.other[0] = '\0';
	e.info[2] = 200; /* an operation nobody knows */
	e.info[3] |= DISK_REQUEUED;
	detail_is(&e, "254:16 other 4096 bytes, queued 0.1 ms, requeued");
}
END_TEST

START_TEST(names_that_fill_their_field_end_with_it)
{
	struct slo_bpf_event e = disk_read();

	memset(e.other, 'x', sizeof(e.other));
	memset(e.comm, 'y', sizeof(e.comm));
	detail_is(&e, "xxxxxxxxxxxxxxxx read 4096 bytes, queued 0.1 ms");
	e.probe = SLO_BPF_THROTTLE;
	e.info[0] = e.info[1] = e.info[2] = UINT32_MAX;
	detail_is(&e, "xxxxxxxxxxxxxxxx on cpu 4294967295, quota 4.29497e+06 of 4.29497e+06 ms");
}
END_TEST

START_TEST(a_failed_read_is_a_latency_with_an_error)
{
	struct slo_bpf_event e = disk_read();
	struct slo_obs o;

	e.err = EIO;
	e.outcome = SLO_BPF_FAILED;
	ck_assert_int_eq(slo_kernel_obs(&e, 1, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_DISK_IO);
	ck_assert_double_eq_tol(o.value, 50.3, 1e-9);
	ck_assert_int_eq(o.err, EIO);
}
END_TEST

START_TEST(a_throttle_tells_its_group_and_quota)
{
	struct slo_bpf_event e = { .probe = SLO_BPF_THROTTLE, .value = 80000000, .cgroup_id = 42,
				   .info = { 1, 20000, 100000, 5 }, .other = "web" };
	struct slo_obs o;

	detail_is(&e, "web on cpu 1, quota 20 of 100 ms");
	ck_assert_int_eq(slo_kernel_obs(&e, 1, &o), 0);
	ck_assert_int_eq(o.signal, SLO_SIGNAL_CFS_THROTTLED);
	ck_assert_double_eq_tol(o.value, 80, 1e-9);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("decode/kernel_disk");
	TCase *t = tcase_create("detail");
	SRunner *r;

	tcase_add_test(t, a_read_tells_its_disk_size_and_wait);
	tcase_add_test(t, a_write_of_nothing_is_a_flush);
	tcase_add_test(t, what_never_was_issued_has_no_queue_time);
	tcase_add_test(t, a_disk_without_a_name_is_its_number);
	tcase_add_test(t, names_that_fill_their_field_end_with_it);
	tcase_add_test(t, a_failed_read_is_a_latency_with_an_error);
	tcase_add_test(t, a_throttle_tells_its_group_and_quota);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
