/* SPDX-License-Identifier: MIT */
/*
 * Disk I/O against this kernel and the disk below the working directory: every
 * direct read of a process is found once, is that process's, and all of them
 * together took no longer than the process says.
 */
#include "base/time.h"
#include "probe/bpf.h"

#include <bpf/bpf.h>
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READS = 100, SIZE = 4096 };

static struct slo_bpf *bpf;
static pid_t child;
static char path[] = "bpf_disk_test-XXXXXX";
static uint64_t counted, examples, own;
static double sum_ms, longest_ms;
static char told[96];

static void take_summary(void *arg, const struct slo_obs_summary *s)
{
	(void)arg;
	ck_assert_int_eq(s->signal, SLO_SIGNAL_DISK_IO);
	ck_assert_uint_eq(slo_hist_count(s->hist), s->count);
	counted += s->count;
}

static void take_exemplar(void *arg, const struct slo_obs *o)
{
	(void)arg;
	own += o->pid == getpid();
	if (o->pid != child || !strstr(o->detail, " read "))
		return;
	examples++;
	sum_ms += o->value;
	if (o->value > longest_ms)
		longest_ms = o->value;
	ck_assert_int_eq(o->err, 0);
	ck_assert_str_eq(o->comm, "bpf_disk_test");
	ck_assert_int_eq(o->service, SLO_SERVICE_NONE);
	memcpy(told, o->detail, sizeof(told));
}

static int64_t read_directly(int fd)
{
	int64_t began = slo_now_mono_ns();
	void *data = NULL;

	if (posix_memalign(&data, SIZE, SIZE))
		return -1;
	for (int i = 0; i < READS; i++)
		if (pread(fd, data, SIZE, (off_t)i * SIZE) != SIZE)
			return -1;
	free(data);
	return slo_now_mono_ns() - began;
}

/* The program of that name that was loaded last, which is ours. */
static int newest_program(const char *name)
{
	uint32_t id = 0;
	int found = -1;

	while (bpf_prog_get_next_id(id, &id) == 0) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && strcmp(info.name, name) == 0) {
			if (found >= 0)
				close(found);
			found = fd;
		} else {
			close(fd);
		}
	}
	return found;
}

static uint64_t runs(int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.run_cnt : 0;
}

/* A file on a disk that can be read past the cache; -1 = there is none here. */
static int make_file(void)
{
	static char data[READS * SIZE];
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	memset(data, 'x', sizeof(data));
	if (write(fd, data, sizeof(data)) != (ssize_t)sizeof(data) || fsync(fd)) {
		close(fd);
		return -1;
	}
	close(fd);
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	unlink(path);
	return fd;
}

static bool open_rung(const char *disable, const char *want)
{
	struct slo_bpf_opts o = { .disable = disable, .sink = { .summary = take_summary, .exemplar = take_exemplar } };
	const char *rung, *why;

	o.wanted[SLO_SIGNAL_DISK_IO] = true;
	o.threshold[SLO_SIGNAL_DISK_IO] = 1e-6;
	ck_assert_int_eq(slo_bpf_open(&bpf, &o, NULL), 0);
	if (strcmp(slo_bpf_rung(bpf, SLO_SIGNAL_DISK_IO), want) == 0)
		return true;
	for (int i = 0; (why = slo_bpf_why(bpf, SLO_SIGNAL_DISK_IO, i, &rung)); i++)
		if (strstr(want, rung))
			printf("SKIP: %s refused here: %s\n", want, why);
	return false;
}

static double child_reads(int fd)
{
	int pipes[2];
	int64_t ns = -1;

	ck_assert_int_eq(pipe(pipes), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		ns = read_directly(fd);
		_exit(write(pipes[1], &ns, sizeof(ns)) != (ssize_t)sizeof(ns));
	}
	ck_assert_int_eq(read(pipes[0], &ns, sizeof(ns)), (ssize_t)sizeof(ns));
	waitpid(child, NULL, 0);
	close(pipes[0]);
	close(pipes[1]);
	ck_assert_int_gt(ns, 0);
	return (double)ns / 1e6;
}

static const struct {
	const char *disable, *rung, *issue, *complete;
} rungs[] = {
	{ "", "bpf/tp_btf", "btf_rq_issue", "btf_rq_complete" },
	{ "disk:tp_btf", "bpf/raw_tp", "raw_rq_issue", "raw_rq_complete" },
};

START_TEST(every_direct_read_is_found_once_and_is_its_submitters)
{
	int fd = make_file();
	struct slo_bpf_stats n;
	double wall_ms = 0;
	int stats, issue, complete;
	bool left_out = false;

	if (fd < 0) {
		printf("SKIP: no file of this directory can be read past the cache\n");
		return;
	}
	if (geteuid() || !open_rung(rungs[_i].disable, rungs[_i].rung)) {
		printf("SKIP: %s cannot be had\n", rungs[_i].rung);
		close(fd);
		return;
	}
	ck_assert_int_gt(read_directly(fd), 0);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	issue = newest_program(rungs[_i].issue);
	complete = newest_program(rungs[_i].complete);
	/*
	 * Seen on Linux 6.18, once in a hundred runs: for some milliseconds the kernel does not run the program
	 * at block_rq_complete, and counts no miss. What it does not run for, nobody sees: such a run proves nothing.
	 */
	for (int tries = 0; tries < 3 && examples != READS; tries++) {
		uint64_t issued = runs(issue), ended = runs(complete);

		examples = 0;
		sum_ms = 0;
		wall_ms = child_reads(fd);
		slo_bpf_drain(bpf);
		slo_bpf_flush(bpf, slo_now_mono_ns());
		ended = runs(complete) - ended;
		issued = runs(issue) - issued;
		left_out = examples != READS && ended < (issued > READS ? issued : READS);
		if (!left_out)
			break;
		printf("SKIP: one run: %llu of %d ends were seen; the kernel ran the program for %llu of %llu\n",
		       (unsigned long long)examples, READS, (unsigned long long)ended, (unsigned long long)issued);
	}
	printf("%s: %d reads in %.2f ms: found %llu of %.2f ms in all, the longest %.2f ms: %s\n", rungs[_i].rung, READS,
	       wall_ms, (unsigned long long)examples, sum_ms, longest_ms, told);
	ck_assert_int_eq(slo_bpf_stats(bpf, SLO_BPF_DISK, &n), 0);
	printf("seen %llu, unmatched %llu, not inserted %llu, missed %llu, evicted %llu\n",
	       (unsigned long long)n.kernel.seen, (unsigned long long)n.kernel.unmatched,
	       (unsigned long long)n.kernel.insert_failed, (unsigned long long)n.missed, (unsigned long long)n.evicted);
	fflush(stdout);
	ck_assert_msg(!left_out, "three times in a row");
	ck_assert_uint_eq(examples, READS);
	ck_assert_uint_ge(counted, READS);
	ck_assert_double_le(sum_ms, wall_ms);
	ck_assert_double_ge(sum_ms, READS * 0.005); /* no disk is that fast; how much of the wall is ours depends on others */
	ck_assert_ptr_nonnull(strstr(told, " read 4096 bytes, queued "));
	ck_assert_uint_eq(own, 0);
	ck_assert_uint_eq(n.kernel.insert_failed, 0);
	ck_assert_uint_le(n.evicted, 8); /* what ends while it is being counted looks like it */
	slo_bpf_close(bpf);
	close(stats);
	close(issue);
	close(complete);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("probe/bpf_disk");
	TCase *t = tcase_create("live");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, every_direct_read_is_found_once_and_is_its_submitters, 0, (int)SLO_ARRAY_LEN(rungs));
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
