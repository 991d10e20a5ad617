/* SPDX-License-Identifier: MIT */
/* Copies of the recorded trees of testdata/identity, and asking about them. */
#ifndef SLO_PROBE_TEST_IDENTITY_H
#define SLO_PROBE_TEST_IDENTITY_H

#include "probe/identity.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define S INT64_C(1000000000)
#define ID "ce1f3c5a7e9b0d2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c0e2b4d6f8a1c3e5b7dce"
#define ID2 "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define PAUSE "5555555555555555555555555555555555555555555555555555555555555555"
#define UID "ce3f1a52-0c1b-4c7e-9a55-3f2f6f1c0ace"
#define UID2 "7d3f1a52-0c1b-4c7e-9a55-3f2f6f1c0a01"
#define STATIC "ce9d8e7f6a5b4c3d2e1f0a9b8c7d6ece"
#define CONTAINER SLO_WORKLOAD_CONTAINER
#define CHAT "llm-prod", "chat-7d9f.v2"
#define BURST "kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-podce3f1a52_0c1b_4c7e_9a55_3f2f6f1c0ace.slice"
#define BEST "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" STATIC ".slice"

static char place[64], tree[128], proc[160];
static struct slo_identity *d;
static struct slo_who who;
static int64_t now = S;

static inline void __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ck_assert_msg(system(line) == 0, "%s", line);
}

static inline void open_with(const char *name, struct slo_identity_opts o)
{
	snprintf(tree, sizeof(tree), "%s", place);
	run("rm -rf %s && cp -a testdata/identity/%s %s", tree, name, tree);
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	o.proc_root = proc;
	o.host_root = tree;
	ck_assert_int_eq(slo_identity_open(&d, &o, NULL), 0);
	memset(&who, 0, sizeof(who));
}

static inline void open_tree(const char *name)
{
	open_with(name, (struct slo_identity_opts){ 0 });
}

static inline void close_tree(void)
{
	slo_identity_close(d);
	d = NULL;
	if (tree[0])
		run("rm -rf %s", tree);
	tree[0] = '\0';
}

static inline void refresh(void)
{
	slo_identity_refresh(d, now);
	now += S;
}

static inline struct slo_identity_counters counters(void)
{
	struct slo_identity_counters n;

	slo_identity_counters(d, &n);
	return n;
}

static inline uint64_t id_of(const char *cgroup)
{
	char path[1024];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", tree, cgroup);
	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	return st.st_ino;
}

static inline void assert_who(const char *id, const char *uid, const char *ns, const char *pod, const char *container)
{
	ck_assert_str_eq(who.workload.container_id, id);
	ck_assert_str_eq(who.workload.pod_uid, uid);
	ck_assert_str_eq(who.namespace, ns);
	ck_assert_str_eq(who.pod, pod);
	ck_assert_str_eq(who.container, container);
}

/* Return: the exit status of a test program. */
static inline int run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	char line[128];
	int failed;

	snprintf(place, sizeof(place), "/tmp/slo-identity-test-%d", (int)getpid());
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	/* A test that failed in a process of its own has left it behind. */
	snprintf(line, sizeof(line), "rm -rf %s", place);
	return system(line) != 0 || failed > 0;
}

#endif
