/* SPDX-License-Identifier: MIT */
#include "decode/kernel.h"

#include "bpf/reclaim.h"
#include "bpf/syscall.h"

#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct slo_obs o;

static const char *says(struct slo_bpf_event e, int probe)
{
	e.probe = (uint8_t)probe;
	ck_assert_int_eq(slo_kernel_obs(&e, 0, &o), 0);
	return o.detail;
}

START_TEST(a_stall_says_its_kind_and_what_it_gave_back)
{
	struct slo_bpf_event e = { .value = 7000000, .info = { SLO_RECLAIM_MEMCG, 1, 0 } };

	ck_assert_str_eq(says(e, SLO_BPF_RECLAIM), "memcg reclaim, 1 page");
	ck_assert_int_eq(o.signal, SLO_SIGNAL_MEM_RECLAIM);
	ck_assert_double_eq(o.value, 7);
	e = (struct slo_bpf_event){ .part = 3100000, .info = { SLO_RECLAIM_HIGH, 120, 0 } };
	ck_assert_str_eq(says(e, SLO_BPF_RECLAIM), "memory.high sleep, 3.1 ms of it reclaim, 120 pages");
	e = (struct slo_bpf_event){ .info = { SLO_RECLAIM_DIRECT, 0, 1 | 4 } };
	ck_assert_str_eq(says(e, SLO_BPF_RECLAIM), "direct reclaim, 0 pages, throttled: writeback and no progress");
	e = (struct slo_bpf_event){ .info = { 99, 0, 0 } };
	ck_assert_str_eq(says(e, SLO_BPF_RECLAIM), "?, 0 pages");
}
END_TEST

START_TEST(a_call_names_the_file_it_was_made_on)
{
	struct slo_bpf_event e = { .value = 60000000, .other = "journal.db", .info = { SLO_SYS_SYNC, SLO_SYS_FILE, 74, 7 } };

	ck_assert_str_eq(says(e, SLO_BPF_SYSCALL), "sync (74) of journal.db, descriptor 7");
	e.info[1] = SLO_SYS_DEVICE;
	e.info[0] = SLO_SYS_READ;
	ck_assert_str_eq(says(e, SLO_BPF_SYSCALL), "read (74) of journal.db (device), descriptor 7");
	e.info[0] = 99;
	ck_assert_str_eq(says(e, SLO_BPF_SYSCALL), "? (74) of journal.db (device), descriptor 7");
}
END_TEST

START_TEST(only_files_and_block_devices_have_latency)
{
	ck_assert_uint_eq(slo_sys_class(S_IFREG | 0644), SLO_SYS_FILE);
	ck_assert_uint_eq(slo_sys_class(S_IFBLK | 0600), SLO_SYS_DEVICE);
	ck_assert_uint_eq(slo_sys_class(S_IFSOCK), SLO_SYS_WAIT);
	ck_assert_uint_eq(slo_sys_class(S_IFIFO), SLO_SYS_WAIT);
	ck_assert_uint_eq(slo_sys_class(S_IFCHR), SLO_SYS_WAIT);
	ck_assert_uint_eq(slo_sys_class(0), SLO_SYS_WAIT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel task");
	TCase *t = tcase_create("detail");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, a_stall_says_its_kind_and_what_it_gave_back);
	tcase_add_test(t, a_call_names_the_file_it_was_made_on);
	tcase_add_test(t, only_files_and_block_devices_have_latency);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
