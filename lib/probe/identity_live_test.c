/* SPDX-License-Identifier: MIT */
/* Identities of real cgroups: made, entered, left and removed again under each hierarchy whose ids the probes use. */
#include "probe/identity.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define S INT64_C(1000000000)
#define ID "ce1f3c5a7e9b0d2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c0e2b4d6f8a1c3e5b7dce"
#define UID "ce3f1a52-0c1b-4c7e-9a55-3f2f6f1c0ace"

static const char *const levels[] = { "", "/kubepods", "/kubepods/burstable", "/kubepods/burstable/pod" UID,
				      "/kubepods/burstable/pod" UID "/" ID };
enum { LEVELS = SLO_ARRAY_LEN(levels), LEAF = LEVELS - 1 };

/* Hierarchies there are: the one the probes use first, v2 beside it on a hybrid host. */
static struct {
	enum slo_cgroup_tree tree;
	char top[400], point[256];
} trees[2];
static int trees_count;
static const char *top;
static struct slo_identity *d;
static struct slo_who who;

static void path_of(char path[600], int level)
{
	snprintf(path, 600, "%s%s", top, levels[level]);
}

/* The id of the cgroup at @level. */
static uint64_t id_of(int level)
{
	char path[600];
	struct stat st;

	path_of(path, level);
	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	return st.st_ino;
}

static bool make(void)
{
	char path[600];

	for (int i = 0; i < LEVELS; i++) {
		path_of(path, i);
		if (mkdir(path, 0755) < 0)
			return false;
	}
	return true;
}

static void unmake(void)
{
	char path[600];

	for (int i = LEVELS; i-- > 0;) {
		path_of(path, i);
		rmdir(path);
	}
}

/* Why this cannot run here; NULL when it can, and then the cgroups are there. */
static const char *prepare(void)
{
	static const enum slo_cgroup_tree both[] = { SLO_CGROUP_V1_CPU, SLO_CGROUP_V2 };
	const char *why = "no cgroup hierarchy is mounted";
	struct slo_cgroup_mounts m;

	if (geteuid() != 0)
		return "not root";
	if (slo_cgroup_find(&m, "/proc", NULL, NULL))
		return "no mountinfo";
	for (size_t i = 0; i < SLO_ARRAY_LEN(both); i++) {
		if (!m.tree[both[i]].found)
			continue;
		top = trees[trees_count].top;
		snprintf(trees[trees_count].top, sizeof(trees[0].top), "%s/slo-identity-test-%d",
			 m.tree[both[i]].point, (int)getpid());
		trees[trees_count].tree = both[i];
		memcpy(trees[trees_count].point, m.tree[both[i]].point, sizeof(trees[0].point));
		if (make()) {
			trees_count++;
			continue;
		}
		why = slo_strerror(-errno);
		unmake();
	}
	return trees_count ? NULL : why;
}

static void clear(void)
{
	for (int i = 0; i < trees_count; i++) {
		top = trees[i].top;
		unmake();
	}
}

static void open_here(int i, bool handles)
{
	struct slo_identity_opts o = { .v2 = trees[i].tree == SLO_CGROUP_V2, .no_handles = !handles };

	top = trees[i].top;
	ck_assert_int_eq(slo_identity_open(&d, &o, NULL), 0);
	ck_assert_str_eq(slo_identity_why(d), "");
	ck_assert_int_eq(slo_identity_tree(d), trees[i].tree);
	memset(&who, 0, sizeof(who));
}

static void close_all(void)
{
	slo_identity_close(d);
	d = NULL;
}

static struct slo_identity_counters counters(void)
{
	struct slo_identity_counters n;

	slo_identity_counters(d, &n);
	return n;
}

static void assert_container(uint64_t id)
{
	ck_assert_int_eq(who.workload.kind, SLO_WORKLOAD_CONTAINER);
	ck_assert_int_eq(who.workload.qos, SLO_QOS_BURSTABLE);
	ck_assert_str_eq(who.workload.container_id, ID);
	ck_assert_str_eq(who.workload.pod_uid, UID);
	ck_assert_uint_eq(who.cgroup_id, id);
}

START_TEST(an_id_is_known_at_once_by_its_handle)
{
	uint64_t id;

	open_here(_i, true);
	id = id_of(LEAF);
	if (!slo_identity_of_cgroup(d, id, &who)) {
		printf("SKIP: this kernel opens no cgroup by handle, or does not let us\n");
		return;
	}
	assert_container(id);
	ck_assert_uint_eq(counters().handles, 1);
	ck_assert_uint_eq(counters().walks, 0);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	ck_assert_uint_eq(counters().handles, 1);
	ck_assert(slo_identity_of_cgroup(d, id_of(LEAF - 1), &who));
	ck_assert_int_eq(who.workload.kind, SLO_WORKLOAD_POD);
	/* an id nobody has, and no more than so many of them at a time */
	for (int i = 0; i < SLO_IDENTITY_HANDLES + 10; i++)
		ck_assert(!slo_identity_of_cgroup(d, UINT64_C(0x7fffffff00000000) + (uint64_t)i, &who));
	ck_assert_uint_eq(counters().handles, SLO_IDENTITY_HANDLES);
	ck_assert_uint_eq(counters().handles_over, 12);
	ck_assert_uint_eq(counters().misses, SLO_IDENTITY_HANDLES + 10);
	slo_identity_refresh(d, S);
	slo_identity_of_cgroup(d, UINT64_C(0x7fffffff00000000), &who);
	ck_assert_uint_eq(counters().handles, SLO_IDENTITY_HANDLES + 1);
}
END_TEST

START_TEST(an_id_is_known_after_a_walk_and_after_the_cgroup_is_gone)
{
	uint64_t id;
	char path[600];
	int64_t now = S;

	open_here(_i, false);
	id = id_of(LEAF);
	ck_assert(!slo_identity_of_cgroup(d, id, &who));
	for (; counters().walks == 0 && now < 1000 * S; now += S)
		slo_identity_refresh(d, now);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_container(id);
	ck_assert_uint_eq(counters().handles, 0);
	path_of(path, LEAF);
	ck_assert_int_eq(rmdir(path), 0);
	for (int i = 0; i < 100; i++, now += 5 * S)
		slo_identity_refresh(d, now);
	ck_assert_uint_gt(counters().walks, 1);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_container(id);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_uint_ne(id_of(LEAF), id);
}
END_TEST

/* Make (or remove again) cgroups below the leaf until the path is over SLO_IDENTITY_PATH. Return: the last id. */
static uint64_t long_path(bool remove)
{
	char path[2048], name[232] = "/";
	struct stat st = { 0 };

	memset(name + 1, 'n', 230);
	for (int n = remove ? 5 : 1; n >= 1 && n <= 5; n += remove ? -1 : 1) {
		int len = snprintf(path, sizeof(path), "%s%s", top, levels[LEAF]);

		for (int i = 0; i < n; i++)
			len += snprintf(path + len, sizeof(path) - (size_t)len, "%s", name);
		if ((remove ? rmdir(path) : mkdir(path, 0755)) < 0 || (!remove && stat(path, &st) < 0))
			return 0;
	}
	return st.st_ino;
}

START_TEST(a_path_that_is_too_long_is_never_cut)
{
	uint64_t id;
	bool known;

	open_here(_i, true);
	id = long_path(false);
	known = slo_identity_of_cgroup(d, id, &who);
	slo_identity_refresh(d, S);
	known = known || slo_identity_of_cgroup(d, id, &who);
	long_path(true);
	ck_assert_uint_ne(id, 0);
	ck_assert(!known);
	ck_assert_uint_ge(counters().too_deep, 1);
}
END_TEST

START_TEST(the_root_of_the_hierarchy_is_the_root)
{
	char parent[600];
	struct stat st;

	open_here(_i, true);
	snprintf(parent, sizeof(parent), "%s/..", top);
	ck_assert_int_eq(stat(parent, &st), 0);
	slo_identity_refresh(d, S);
	if (st.st_ino != 1) {
		printf("SKIP: not in the first cgroup namespace\n");
		return;
	}
	ck_assert(slo_identity_of_cgroup(d, st.st_ino, &who));
	ck_assert_int_eq(who.workload.kind, SLO_WORKLOAD_ROOT);
}
END_TEST

START_TEST(a_process_that_came_and_went_is_still_told_by_its_cgroup)
{
	uint64_t id;
	char path[600], text[32];
	int fd, go[2];
	pid_t pid;

	open_here(_i, false);
	id = id_of(LEAF);
	slo_identity_refresh(d, S);
	ck_assert_int_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], text, 1) < 0);
	}
	ck_assert_int_gt(pid, 0);
	path_of(path, LEAF);
	strcat(path, "/cgroup.procs");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	snprintf(text, sizeof(text), "%d", (int)pid);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ck_assert(slo_identity_of_pid(d, pid, &who));
	assert_container(id);
	close(go[1]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(go[0]);
	memset(&who, 0, sizeof(who));
	ck_assert(slo_identity_of_pid(d, pid, &who));
	assert_container(id);
	ck_assert_uint_eq(counters().remembered, 1);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_container(id);
}
END_TEST

START_TEST(without_the_right_to_open_handles_the_walk_answers)
{
	uint64_t id;

	open_here(_i, true);
	id = id_of(LEAF);
	ck_assert_int_eq(seteuid(65534), 0);
	ck_assert(!slo_identity_of_cgroup(d, id, &who));
	ck_assert(!slo_identity_of_cgroup(d, id, &who));
	ck_assert_uint_eq(counters().handles, 1);
	for (int64_t now = S; counters().walks == 0 && now < 1000 * S; now += S)
		slo_identity_refresh(d, now);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	ck_assert_int_eq(seteuid(0), 0);
	assert_container(id);
}
END_TEST

static bool enter(int level)
{
	char path[620], text[16];
	int fd, n = snprintf(text, sizeof(text), "%d", (int)getpid());
	bool ok;

	snprintf(path, sizeof(path), "%s%s/cgroup.procs", top, levels[level]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && write(fd, text, (size_t)n) == n;
	close(fd);
	return ok;
}

/* What a container sees: the host's hierarchy where it was, its own, or both, the host's below HOST_ROOT. */
enum { SEES_HOST, SEES_OWN, SEES_HOST_FIRST, SEES_OWN_FIRST, SEES__COUNT };
enum { NOT_HERE = 99 };

#define HOST_ROOT "/dev/shm"

static bool set_scene(int tree, int sees)
{
	const char *point = trees[tree].point, *type = trees[tree].tree == SLO_CGROUP_V2 ? "cgroup2" : "cgroup";
	char line[700], below[300];
	bool both = sees >= SEES_HOST_FIRST;

	if (!enter(LEAF - 1) || unshare(CLONE_NEWCGROUP | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return false;
	if (sees == SEES_HOST)
		return true;
	snprintf(below, sizeof(below), HOST_ROOT "%s", point);
	snprintf(line, sizeof(line), "mkdir -p %s " HOST_ROOT "/first", below);
	if (both && (mount("none", HOST_ROOT, "tmpfs", 0, NULL) || system(line) ||
		     mount(point, sees == SEES_HOST_FIRST ? below : HOST_ROOT "/first", NULL, MS_BIND, NULL)))
		return false;
	if (umount2(point, MNT_DETACH) ||
	    mount(type, point, type, 0, strcmp(type, "cgroup") == 0 ? "cpu" : NULL))
		return false;
	return sees != SEES_OWN_FIRST || (mount(HOST_ROOT "/first", below, NULL, MS_BIND, NULL) == 0 &&
					  umount2(HOST_ROOT "/first", MNT_DETACH) == 0);
}

/* In a cgroup namespace that begins at the pod. Return: which step went wrong, 0 = none, NOT_HERE = cannot be done. */
static int from_within(int tree, int sees, uint64_t pod, uint64_t leaf)
{
	struct slo_identity_opts o = { .v2 = trees[tree].tree == SLO_CGROUP_V2,
				       .host_root = sees >= SEES_HOST_FIRST ? HOST_ROOT : NULL };
	bool host_mounted = sees != SEES_OWN;

	if (!set_scene(tree, sees))
		return NOT_HERE;
	if (slo_identity_open(&d, &o, NULL) || slo_identity_why(d)[0])
		return 1;
	slo_identity_refresh(d, S);
	/* Where the host's hierarchy is mounted its ids tell all; else what is above the pod's cgroup is hidden. */
	if (!slo_identity_of_cgroup(d, leaf, &who) || strcmp(who.workload.container_id, ID) != 0)
		return 2;
	if (who.workload.cut == host_mounted || strcmp(who.workload.pod_uid, host_mounted ? UID : "") != 0)
		return 3;
	memset(&who, 0, sizeof(who));
	if (slo_identity_of_cgroup(d, pod, &who) != host_mounted ||
	    who.workload.kind != (host_mounted ? SLO_WORKLOAD_POD : SLO_WORKLOAD_OUTSIDE))
		return 4;
	/* Our own path is "/", which is not the root. */
	memset(&who, 0, sizeof(who));
	if (slo_identity_of_pid(d, getpid(), &who) || who.workload.kind != SLO_WORKLOAD_OUTSIDE)
		return 5;
	if (host_mounted && (!slo_identity_of_cgroup(d, 1, &who) || who.workload.kind != SLO_WORKLOAD_ROOT))
		return 6;
	slo_identity_close(d);
	return 0;
}

START_TEST(in_a_cgroup_namespace_only_what_can_be_seen_is_told)
{
	int tree = _i / SEES__COUNT, status;
	uint64_t pod, leaf;
	pid_t pid;

	open_here(tree, true);
	pod = id_of(LEAF - 1);
	leaf = id_of(LEAF);
	pid = fork();
	if (pid == 0)
		_exit(from_within(tree, _i % SEES__COUNT, pod, leaf));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == NOT_HERE)
		printf("SKIP: no cgroup namespace or mount of our own to be had\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("identity_live");
	TCase *t = tcase_create("real cgroups");

	tcase_add_checked_fixture(t, NULL, close_all);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_id_is_known_at_once_by_its_handle, 0, trees_count);
	tcase_add_loop_test(t, an_id_is_known_after_a_walk_and_after_the_cgroup_is_gone, 0, trees_count);
	tcase_add_loop_test(t, a_path_that_is_too_long_is_never_cut, 0, trees_count);
	tcase_add_loop_test(t, in_a_cgroup_namespace_only_what_can_be_seen_is_told, 0,
			    SEES__COUNT * trees_count);
	tcase_add_loop_test(t, the_root_of_the_hierarchy_is_the_root, 0, trees_count);
	tcase_add_loop_test(t, a_process_that_came_and_went_is_still_told_by_its_cgroup, 0, trees_count);
	tcase_add_loop_test(t, without_the_right_to_open_handles_the_walk_answers, 0, trees_count);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	const char *why = prepare();
	SRunner *r;
	int failed;

	if (why) {
		printf("SKIP: real cgroups: %s\n", why);
		return 0;
	}
	r = srunner_create(suite());
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	clear();
	return failed > 0;
}
