/* SPDX-License-Identifier: MIT */
/* stim: disk requests past the page cache, each timed. */
#include "probe/stim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 32, MAX_SIZE = 4 << 20, ALIGNMENT = 4096 };

struct disk_options {
	const char *file;
	int64_t count, size, depth;
	bool write;
};

/* One queue slot: a thread with one request in flight at a time. */
struct slot {
	pthread_t thread;
	const struct disk_options *o;
	int64_t index, blocks; /* which slot; how many requests fit into the file */
	struct stim_times times;
	int fd, err; /* errno, 0 = none */
};

static void *requests(void *arg)
{
	struct slot *s = arg;
	size_t size = (size_t)s->o->size;
	void *data = NULL;

	if (posix_memalign(&data, ALIGNMENT, size)) {
		s->err = ENOMEM;
		return NULL;
	}
	memset(data, 0x5a, size);
	for (int64_t i = s->index; i < s->o->count && !stim_stop; i += s->o->depth) {
		off_t at = (off_t)(i % s->blocks * s->o->size);
		int64_t began = stim_now();
		ssize_t n = s->o->write ? pwrite(s->fd, data, size, at) : pread(s->fd, data, size, at);

		if (n != (ssize_t)size) {
			s->err = n < 0 ? errno : EIO;
			break;
		}
		stim_times_add(&s->times, stim_now() - began);
	}
	free(data);
	return NULL;
}

/* Requests that fit into the file or device; a file that is written to may grow. 0 with errno set: none. */
static int64_t blocks_of(int fd, const struct disk_options *o)
{
	struct stat st;
	uint64_t bytes;

	if (fstat(fd, &st))
		return 0;
	bytes = (uint64_t)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes))
		return 0;
	if (S_ISREG(st.st_mode) && o->write)
		return o->count;
	errno = ENODATA;
	return (int64_t)(bytes / (uint64_t)o->size);
}

static int open_direct(const struct disk_options *o)
{
	return open(o->file, (o->write ? O_RDWR | O_CREAT : O_RDONLY) | O_DIRECT | O_CLOEXEC, 0644);
}

static int run_slots(struct slot *slots, size_t n, struct stim_times *times)
{
	int err = 0;
	size_t started = 0;

	while (started < n && !err) {
		err = pthread_create(&slots[started].thread, NULL, requests, &slots[started]);
		started += !err;
	}
	for (size_t i = 0; i < started; i++) {
		pthread_join(slots[i].thread, NULL);
		stim_times_merge(times, &slots[i].times);
		if (!err)
			err = slots[i].err;
	}
	return err;
}

static int run_odirect(void *opts, int argc, char **argv)
{
	const struct disk_options *o = opts;
	struct slot slots[MAX_DEPTH] = { { .index = 0 } };
	struct stim_times times = { 0 };
	int64_t began = stim_now(), blocks;
	int fd;

	(void)argc, (void)argv;
	if (!o->file || o->size % 512) {
		fprintf(stderr, "stim: %s\n", o->file ? "--size: a multiple of 512 is wanted" : "--file is needed");
		return 2;
	}
	fd = open_direct(o);
	if (fd < 0)
		return stim_error(o->file);
	blocks = blocks_of(fd, o);
	if (blocks <= 0)
		return stim_error(o->file);
	for (int64_t i = 0; i < o->depth; i++)
		slots[i] = (struct slot){ .o = o, .fd = fd, .index = i, .blocks = blocks };
	errno = run_slots(slots, (size_t)o->depth, &times);
	if (errno)
		return stim_error(o->file);
	close(fd);
	stim_open("odirect", began);
	stim_str("operation", o->write ? "write" : "read");
	stim_int("count", times.count);
	stim_int("bytes", times.count * o->size);
	stim_ms("wall_ms", stim_now() - began);
	stim_put_times("io", &times);
	return stim_close();
}

#define OFF(m, C) SLO_OPT_OFF(struct disk_options, m, C)

static const struct slo_opt odirect_opts[] = {
	{ .name = "file", .type = SLO_OPT_STR, .off = OFF(file, const char *), .metavar = "F",
	  .help = "File or block device." },
	{ .name = "count", .type = SLO_OPT_INT, .off = OFF(count, int64_t), .metavar = "N", .def = "20", .lo = 1,
	  .hi = STIM_MAX_COUNT, .help = "How many requests; they start over at the end of the file." },
	{ .name = "size", .type = SLO_OPT_INT, .off = OFF(size, int64_t), .metavar = "B", .def = "4096", .lo = 512,
	  .hi = MAX_SIZE, .help = "Bytes of a request." },
	{ .name = "write", .type = SLO_OPT_FLAG, .off = OFF(write, bool), .help = "Write; overwrites the file." },
	{ .name = "depth", .type = SLO_OPT_INT, .off = OFF(depth, int64_t), .metavar = "N", .def = "1", .lo = 1,
	  .hi = MAX_DEPTH, .help = "Requests in flight at a time." },
	SLO_OPT_END,
};
const struct slo_cmd stim_cmd_odirect = {
	.name = "odirect",
	.summary = "disk requests past the page cache",
	.opts = odirect_opts,
	.opts_size = sizeof(struct disk_options),
	.run = run_odirect,
};
