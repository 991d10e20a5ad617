/* SPDX-License-Identifier: MIT */
/* stim: memory touched page by page, or a file read through the page cache, each MiB timed. */
#include "probe/stim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

struct memory_options {
	const char *file;
	int64_t mib, seconds;
};

static int64_t touch(const struct memory_options *o, int64_t end, struct stim_times *t)
{
	size_t size = (size_t)o->mib * MIB;
	unsigned char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t done = 0;

	if (p == MAP_FAILED)
		return -1;
	for (; done < o->mib && stim_now() < end && !stim_stop; done++) {
		int64_t began = stim_now();

		memset(p + (size_t)done * MIB, 1, MIB);
		stim_times_add(t, stim_now() - began);
	}
	munmap(p, size);
	return done;
}

/* From the beginning again at the end of the file. */
static int64_t read_through(const struct memory_options *o, int64_t end, struct stim_times *t)
{
	int fd = open(o->file, O_RDONLY | O_CLOEXEC);
	char *data = fd < 0 ? NULL : malloc(MIB);
	int64_t done = 0;

	if (!data)
		return -1;
	while (done < o->mib && stim_now() < end && !stim_stop) {
		int64_t began = stim_now();
		ssize_t n = read(fd, data, MIB);

		if (n < 0 || (n == 0 && done == 0))
			break;
		if (n == 0) {
			lseek(fd, 0, SEEK_SET);
			continue;
		}
		stim_times_add(t, stim_now() - began);
		done++;
	}
	free(data);
	close(fd);
	return done ? done : -1;
}

static int memory(void *opts, int argc, char **argv)
{
	const struct memory_options *o = opts;
	int64_t start = slo_now_wall_ns(), began = stim_now(), end = began + o->seconds * SLO_NS_PER_S, done;
	struct stim_times t = { 0 };

	(void)argc;
	(void)argv;
	done = o->file[0] ? read_through(o, end, &t) : touch(o, end, &t);
	if (done < 0)
		return stim_error(o->file[0] ? o->file : "mmap");
	stim_open("memory", start);
	stim_int("mib", done);
	stim_ms("wall_ms", stim_now() - began);
	stim_ms("cpu_ms", stim_cpu_now());
	stim_put_times("mib", &t);
	return stim_close();
}

#define OFF(m) .off = offsetof(struct memory_options, m)

static const struct slo_opt options[] = {
	{ "mib", 0, SLO_OPT_INT, 0, OFF(mib), "N", "64", "how much to touch or read", 1, 65536, 0, NULL },
	{ "seconds", 0, SLO_OPT_INT, 0, OFF(seconds), "S", "10", "and no longer than this", 1, STIM_MAX_SECONDS, 0, NULL },
	{ "file", 0, SLO_OPT_STR, 0, OFF(file), "FILE", "", "read this instead", 0, 0, 0, NULL },
	SLO_OPT_END,
};

const struct slo_cmd stim_cmd_memory = {
	.name = "memory",
	.summary = "memory touched, or a file read through the page cache",
	.opts = options,
	.opts_size = sizeof(struct memory_options),
	.run = memory,
};
