/* SPDX-License-Identifier: MIT */
/*
 * What the tests of this folder share: a splitter too simple to be wrong, and
 * a directory that goes away.
 */
#ifndef SLO_IO_TESTING_H
#define SLO_IO_TESTING_H

#include "io/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Bytes cut into lines, one at a time, by looking at every byte. */
struct naive {
	const char *p, *end;
	size_t max;
	uint64_t number;
};

/* Return: SLO_READ_LINE, SLO_READ_TOO_LONG or SLO_READ_EOF. */
static inline int naive_next(struct naive *n, struct slo_str *line)
{
	while (n->p < n->end) {
		const char *start = n->p;
		size_t len = 0;

		while (n->p < n->end && *n->p != '\n') {
			n->p++;
			len++;
		}
		n->p += n->p < n->end;
		n->number++;
		if (len > 0 && start[len - 1] == '\r')
			len--;
		if (len > n->max)
			return SLO_READ_TOO_LONG;
		if (len > 0) {
			*line = slo_str_n(start, len);
			return SLO_READ_LINE;
		}
	}
	return SLO_READ_EOF;
}

static char test_dir[64];

static inline void make_test_dir(void)
{
	snprintf(test_dir, sizeof(test_dir), "/tmp/slo-io-test.XXXXXX");
	if (!mkdtemp(test_dir))
		abort();
}

static inline void remove_test_dir(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", test_dir);
	if (system(cmd) != 0)
		abort();
}

/* "<scheme><test_dir>/<name>", valid until the fourth call from now. */
static inline const char *in_dir(const char *scheme, const char *name)
{
	static char text[4][256];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof(text[turn]), "%s%s/%s", scheme, test_dir, name);
	return text[turn];
}

#endif
