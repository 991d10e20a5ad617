/* SPDX-License-Identifier: MIT */
/*
 * Lines per second of the reader beside getline(3) on the same file: 400-byte
 * lines, a file that stays in the page cache, best of five.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/cleanup.h"
#include "base/time.h"
#include "io/reader.h"

enum { LINES = 500000, LINE_BYTES = 400, ROUNDS = 5 };

static int make_file(char *path, size_t size)
{
	char line[LINE_BYTES + 1];
	int fd = memfd_create("bench", 0);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return -1;
	snprintf(path, size, "/proc/self/fd/%d", fd);
	memset(line, 'x', LINE_BYTES - 1);
	line[LINE_BYTES - 1] = '\n';
	for (int i = 0; i < LINES; i++)
		fwrite(line, 1, LINE_BYTES, f);
	return fflush(f); /* left open: the path leads through its descriptor */
}

static uint64_t with_reader(const char *path)
{
	struct slo_reader *r;
	struct slo_str line;
	uint64_t sum = 0;

	if (slo_reader_open(path, &r, NULL) < 0)
		return 0;
	while (slo_reader_next(r, &line, -1) == SLO_READ_LINE)
		sum += line.len;
	slo_reader_close(r);
	return sum;
}

static uint64_t with_getline(const char *path)
{
	slo_autofclose FILE *f = fopen(path, "r");
	slo_autofree char *line = NULL;
	size_t cap = 0;
	uint64_t sum = 0;
	ssize_t n;

	while (f && (n = getline(&line, &cap, f)) > 0)
		sum += (uint64_t)n - 1;
	return sum;
}

static void measure(const char *name, uint64_t (*run)(const char *path), const char *path)
{
	int64_t best = INT64_MAX;
	uint64_t sum = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = slo_now_mono_ns(), took;

		sum = run(path);
		took = slo_now_mono_ns() - start;
		best = took < best ? took : best;
	}
	if (sum != (uint64_t)LINES * (LINE_BYTES - 1)) {
		printf("%-8s wrong result\n", name);
		exit(1);
	}
	printf("%-8s %.2f million lines/s, %.2f GB/s\n", name, LINES * 1e3 / (double)best,
	       (double)LINES * LINE_BYTES / (double)best);
}

int main(void)
{
	char path[64];

	if (make_file(path, sizeof(path)) < 0) {
		perror("memfd_create");
		return 1;
	}
	measure("reader", with_reader, path);
	measure("getline", with_getline, path);
	return 0;
}
