/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the writer share.
 */
#ifndef SLO_IO_TESTING_WRITER_H
#define SLO_IO_TESTING_WRITER_H

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "io/testing.h"
#include "io/writer.h"

static inline struct slo_writer *open_writer(const char *endpoint, struct slo_writer_opts o)
{
	struct slo_err err = { .what = "" };
	struct slo_writer *w = NULL;

	ck_assert_msg(slo_writer_open(endpoint, &o, &w, &err) == 0, "%s: %s", err.where, err.what);
	return w;
}

static inline int put(struct slo_writer *w, const char *text)
{
	return slo_writer_line(w, slo_str(text), SLO_WRITE_WINDOW);
}

/* In a mount namespace of our own, so that nothing is left behind. */
static inline bool private_tmpfs(const char *dir, const char *opts)
{
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("none", dir, "tmpfs", 0, opts) == 0)
		return true;
	printf("SKIP: no private mount: %s\n", slo_strerror(-errno));
	return false;
}

#endif
