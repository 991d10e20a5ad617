/* SPDX-License-Identifier: MIT */
/* Identities from recorded trees. The trees are copied, then changed between refreshes. */
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
#define BURST "kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-podce3f1a52_0c1b_4c7e_9a55_3f2f6f1c0ace.slice"
#define BEST "kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" STATIC ".slice"

static char place[64], tree[128], proc[160];
static struct slo_identity *d;
static struct slo_who who;
static int64_t now = S;

static void __attribute__((format(printf, 1, 2))) run(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ck_assert_msg(system(line) == 0, "%s", line);
}

static void open_with(const char *name, struct slo_identity_opts o)
{
	snprintf(tree, sizeof(tree), "%s", place);
	run("rm -rf %s && cp -a testdata/identity/%s %s", tree, name, tree);
	snprintf(proc, sizeof(proc), "%s/proc", tree);
	o.proc_root = proc;
	o.host_root = tree;
	ck_assert_int_eq(slo_identity_open(&d, &o, NULL), 0);
	memset(&who, 0, sizeof(who));
}

static void open_tree(const char *name)
{
	open_with(name, (struct slo_identity_opts){ 0 });
}

static void close_tree(void)
{
	slo_identity_close(d);
	d = NULL;
	if (tree[0])
		run("rm -rf %s", tree);
	tree[0] = '\0';
}

static void refresh(void)
{
	slo_identity_refresh(d, now);
	now += S;
}

static struct slo_identity_counters counters(void)
{
	struct slo_identity_counters n;

	slo_identity_counters(d, &n);
	return n;
}

static uint64_t id_of(const char *cgroup)
{
	char path[1024];
	struct stat st;

	snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", tree, cgroup);
	ck_assert_msg(stat(path, &st) == 0, "%s", path);
	return st.st_ino;
}

static void assert_who(const char *id, const char *uid, const char *ns, const char *pod, const char *container)
{
	ck_assert_str_eq(who.workload.container_id, id);
	ck_assert_str_eq(who.workload.pod_uid, uid);
	ck_assert_str_eq(who.namespace, ns);
	ck_assert_str_eq(who.pod, pod);
	ck_assert_str_eq(who.container, container);
}

struct tree_case {
	const char *tree, *cgroup;
	enum slo_workload_kind kind;
	const char *id, *uid, *ns, *pod, *container, *unit;
};

#define CONTAINER SLO_WORKLOAD_CONTAINER
#define CHAT "llm-prod", "chat-7d9f.v2"

static const struct tree_case trees[] = {
	{ "v2-systemd", "", SLO_WORKLOAD_ROOT, "", "", "", "", "", "" },
	{ "v2-systemd", BURST, SLO_WORKLOAD_POD, "", UID, CHAT, "", "" },
	{ "v2-systemd", BURST "/cri-containerd-" ID ".scope", CONTAINER, ID, UID, CHAT, "side-car", "" },
	{ "v2-systemd", BURST "/cri-containerd-" ID ".scope/container", CONTAINER, ID, UID, CHAT, "side-car", "" },
	{ "v2-systemd", BURST "/cri-containerd-" PAUSE ".scope", CONTAINER, PAUSE, UID, CHAT, "", "" },
	{ "v2-systemd", BEST "/crio-" ID2 ".scope", CONTAINER, ID2, STATIC, "kube-system", "etcd-node1", "etcd", "" },
	{ "v2-systemd", BEST "/crio-conmon-" ID2 ".scope", SLO_WORKLOAD_POD, "", STATIC, "kube-system", "etcd-node1",
	  "", "" },
	{ "v2-systemd", "system.slice/kubelet.service", SLO_WORKLOAD_HOST, "", "", "", "", "", "kubelet.service" },
	{ "v2-systemd", "user.slice/user-1000.slice/user@1000.service/app.slice/app-term.scope", SLO_WORKLOAD_HOST, "",
	  "", "", "", "", "user@1000.service" },
	{ "v1-cgroupfs", "cpu,cpuacct/kubepods/burstable/pod" UID "/" ID, CONTAINER, ID, UID, "llm-prod", "chat-0",
	  "chat", "" },
	{ "v1-cgroupfs", "cpu,cpuacct/kubepods/pod" UID2 "/" ID2, CONTAINER, ID2, UID2, "llm-prod", "embed-0", "embed",
	  "" },
	{ "v1-cgroupfs", "cpu,cpuacct/system.slice/containerd.service/kubepods-besteffort-pod" STATIC
	  ".slice:cri-containerd:" PAUSE, CONTAINER, PAUSE, STATIC, "", "", "", "" },
	{ "v1-cgroupfs", "cpu,cpuacct/docker/" PAUSE, CONTAINER, PAUSE, "", "", "", "", "" },
	{ "v1-cgroupfs", "cpu,cpuacct/lxc.payload.web1", CONTAINER, "web1", "", "", "", "", "" },
	{ "hybrid", "cpu/docker/" ID2, CONTAINER, ID2, "", "", "", "", "" },
	{ "kind", "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod7d3f1a52_0c1b_4c7e_9a55_3f2f6f1c0a01.slice/"
	  "cri-containerd-" ID2 ".scope", CONTAINER, ID2, UID2, "default", "kind-0", "app", "" },
	{ "kind", "init.scope", CONTAINER, PAUSE, "", "", "", "", "" },
	{ "namespaced", "docker/" ID, CONTAINER, ID, "", "llm-prod", "chat-0", "chat", "" },
};

START_TEST(every_cgroup_of_a_tree_is_known_by_its_id_after_a_walk)
{
	const struct tree_case *c = &trees[_i];
	uint64_t id;

	open_tree(c->tree);
	id = id_of(c->cgroup);
	ck_assert(!slo_identity_of_cgroup(d, id, &who));
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	ck_assert_uint_eq(who.cgroup_id, id);
	ck_assert_int_eq(who.workload.kind, c->kind);
	assert_who(c->id, c->uid, c->ns, c->pod, c->container);
	ck_assert_str_eq(who.workload.unit, c->unit);
	ck_assert_uint_eq(counters().hits, 1);
	ck_assert_uint_eq(counters().misses, 1);
	ck_assert_uint_eq(counters().handles, 0); /* this is no cgroup file system */
}
END_TEST

struct pid_case {
	const char *tree;
	int64_t pid;
	const char *cgroup; /* whose id it has; NULL = none */
	enum slo_workload_kind kind;
	bool cut;
	const char *id, *uid, *ns, *pod, *container, *unit;
};

static const struct pid_case pids[] = {
	{ "v2-systemd", 4001, BURST "/cri-containerd-" ID ".scope/container", CONTAINER, false, ID, UID, CHAT, "side-car",
	  "" },
	{ "v2-systemd", 4002, BURST "/cri-containerd-" PAUSE ".scope", CONTAINER, false, PAUSE, UID, CHAT, "", "" },
	{ "v2-systemd", 4004, "system.slice/kubelet.service", SLO_WORKLOAD_HOST, false, "", "", "", "", "",
	  "kubelet.service" },
	/* its cgroup was removed under it; etcd's id is taken for the name of the container only */
	{ "v2-systemd", 4005, NULL, CONTAINER, false, ID2, UID, CHAT, "etcd", "" },
	{ "v1-cgroupfs", 5001, "cpu,cpuacct/kubepods/burstable/pod" UID "/" ID, CONTAINER, false, ID, UID, "llm-prod",
	  "chat-0", "chat", "" },
	/* the hierarchy that says most */
	{ "hybrid", 6001, NULL, CONTAINER, false, ID, "", "", "", "", "" },
	{ "hybrid", 6002, "cpu/docker/" ID2, CONTAINER, false, ID2, "", "", "", "", "" },
	{ "kind", 7001, "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod7d3f1a52_0c1b_4c7e_9a55_3f2f6f1c0a01"
	  ".slice/cri-containerd-" ID2 ".scope", CONTAINER, false, ID2, UID2, "default", "kind-0", "app", "" },
	{ "namespaced", 8002, NULL, CONTAINER, true, ID, UID, "llm-prod", "chat-0", "chat", "" },
	{ "namespaced", 8003, "docker/" ID, CONTAINER, true, ID, "", "llm-prod", "chat-0", "chat", "" },
};

START_TEST(a_process_is_told_from_its_cgroup_file)
{
	const struct pid_case *c = &pids[_i];

	open_tree(c->tree);
	refresh();
	ck_assert(slo_identity_of_pid(d, c->pid, &who));
	ck_assert_uint_eq(who.cgroup_id, c->cgroup ? id_of(c->cgroup) : 0);
	ck_assert_int_eq(who.workload.kind, c->kind);
	ck_assert_int_eq(who.workload.cut, c->cut);
	assert_who(c->id, c->uid, c->ns, c->pod, c->container);
	ck_assert_str_eq(who.workload.unit, c->unit);
}
END_TEST

START_TEST(a_process_tells_what_its_cgroup_is_before_any_walk)
{
	open_tree("v2-systemd");
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who(ID, UID, "", "", "");
	ck_assert(slo_identity_of_cgroup(d, id_of(BURST "/cri-containerd-" ID ".scope/container"), &who));
	assert_who(ID, UID, "", "", "");
}
END_TEST

START_TEST(outside_of_our_cgroup_namespace_nothing_is_claimed)
{
	static const int64_t asked[] = { 1, 8001 };

	open_tree("namespaced");
	refresh();
	for (size_t i = 0; i < SLO_ARRAY_LEN(asked); i++) {
		memset(&who, 0, sizeof(who));
		ck_assert(!slo_identity_of_pid(d, asked[i], &who));
		ck_assert_int_eq(who.workload.kind, SLO_WORKLOAD_OUTSIDE);
		ck_assert_uint_eq(counters().outside, i + 1);
	}
	/* A unit in our container is not one of the host. */
	memset(&who, 0, sizeof(who));
	ck_assert(!slo_identity_of_cgroup(d, id_of("system.slice/inner.service"), &who));
	ck_assert_int_eq(who.workload.kind, SLO_WORKLOAD_OUTSIDE);
	ck_assert(!slo_identity_of_cgroup(d, id_of(""), &who));
	ck_assert_uint_eq(counters().misses, 0);
}
END_TEST

START_TEST(the_hierarchy_is_that_of_the_probes_unless_asked_for_v2)
{
	open_tree("hybrid");
	ck_assert_int_eq(slo_identity_tree(d), SLO_CGROUP_V1_CPU);
	ck_assert_str_eq(slo_identity_why(d), "");
	refresh();
	ck_assert(!slo_identity_of_cgroup(d, id_of("unified/system.slice/cron.service"), &who));
	close_tree();
	open_with("hybrid", (struct slo_identity_opts){ .v2 = true });
	ck_assert_int_eq(slo_identity_tree(d), SLO_CGROUP_V2);
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id_of("unified/system.slice/cron.service"), &who));
	ck_assert_str_eq(who.workload.unit, "cron.service");
	ck_assert(slo_identity_of_pid(d, 6001, &who));
	ck_assert_uint_eq(who.cgroup_id, id_of("unified/system.slice/docker-" ID ".scope"));
}
END_TEST

START_TEST(what_was_known_stays_known_when_cgroup_and_logs_are_gone)
{
	uint64_t id;

	open_tree("v2-systemd");
	id = id_of(BURST "/cri-containerd-" ID ".scope");
	refresh();
	/* The names were not asked for while the logs were there. */
	run("rm -rf %s/sys/fs/cgroup/kubepods.slice %s/var/log", tree, tree);
	for (int i = 0; i < 70; i++)
		refresh();
	ck_assert_uint_gt(counters().walks, 1);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(names_that_come_later_are_found_then)
{
	uint64_t id;

	open_tree("v2-systemd");
	run("mv %s/var/log/pods %s/var/log/containers %s", tree, tree, tree);
	refresh();
	id = id_of(BURST "/cri-containerd-" ID ".scope");
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, "", "", "");
	run("mv %s/pods %s/var/log", tree, tree);
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, CHAT, "");
	run("mv %s/containers %s/var/log", tree, tree);
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(log_directories_are_read_again_only_when_they_change)
{
	uint64_t once;

	open_tree("v2-systemd");
	refresh();
	/* "not-a-pod" and a name the kubelet cut */
	once = counters().malformed;
	ck_assert_uint_eq(once, 2);
	ck_assert_uint_eq(counters().pod_names, 2);
	ck_assert_uint_eq(counters().container_names, 2);
	refresh();
	ck_assert_uint_eq(counters().malformed, once);
	run("mkdir %s/var/log/pods/ns_new_" UID2, tree);
	refresh();
	ck_assert_uint_eq(counters().pod_names, 3);
	ck_assert_uint_eq(counters().malformed, once + 1);
	now += 60 * S;
	refresh();
	ck_assert_uint_eq(counters().malformed, once + 3);
}
END_TEST

START_TEST(a_miss_brings_the_next_walk_forward)
{
	uint64_t id;

	open_with("v2-systemd", (struct slo_identity_opts){ .rescan_ns = 3600 * S });
	refresh();
	run("mkdir -p %s/sys/fs/cgroup/docker/" PAUSE, tree);
	id = id_of("docker/" PAUSE);
	for (int i = 0; i < 100; i++)
		refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert(!slo_identity_of_cgroup(d, id, &who));
	ck_assert_uint_eq(counters().misses, 1);
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(PAUSE, "", "", "", "");
	refresh();
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
	/* No process has an id of zero: it is no reason to look. */
	ck_assert(!slo_identity_of_cgroup(d, 0, &who));
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
}
END_TEST

START_TEST(the_tree_is_walked_again_when_it_is_time)
{
	open_with("v2-systemd", (struct slo_identity_opts){ .rescan_ns = 30 * S });
	refresh();
	now += 28 * S;
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
}
END_TEST

START_TEST(a_refresh_does_no_more_than_its_budget)
{
	uint64_t dirs = 0;
	int calls = 0;

	open_with("v2-systemd", (struct slo_identity_opts){ .budget = 1 });
	while (counters().walks == 0 && calls < 1000) {
		uint64_t names = counters().pod_names + counters().container_names;

		refresh();
		calls++;
		ck_assert_uint_le(counters().dirs - dirs, 1);
		/* one entry of either directory */
		ck_assert_uint_le(counters().pod_names + counters().container_names - names, 2);
		dirs = counters().dirs;
	}
	/* 18 directories are opened, and each has entries. */
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert_uint_eq(dirs, 18);
	ck_assert_int_gt(calls, 3 * 18);
	ck_assert(slo_identity_of_cgroup(d, id_of("system.slice/kubelet.service"), &who));
	ck_assert(slo_identity_of_cgroup(d, id_of(BURST "/cri-containerd-" ID ".scope"), &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(a_process_that_is_gone_is_remembered_for_a_minute)
{
	open_tree("v2-systemd");
	refresh();
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	run("rm -r %s/proc/4001", tree);
	memset(&who, 0, sizeof(who));
	now += 58 * S;
	refresh();
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who(ID, UID, CHAT, "side-car");
	ck_assert_uint_eq(counters().remembered, 1);
	now += 2 * S;
	refresh();
	ck_assert(!slo_identity_of_pid(d, 4001, &who));
	ck_assert(!slo_identity_of_pid(d, 4999, &who));
	ck_assert_uint_eq(counters().misses, 2);
}
END_TEST

START_TEST(a_pid_used_again_is_the_new_process)
{
	open_tree("v2-systemd");
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	run("cp %s/proc/4004/cgroup %s/proc/4001/cgroup", tree, tree);
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who("", "", "", "", "");
	ck_assert_str_eq(who.workload.unit, "kubelet.service");
}
END_TEST

START_TEST(a_cgroup_that_is_renamed_is_told_anew)
{
	uint64_t id;

	open_tree("v1-cgroupfs");
	refresh();
	id = id_of("cpu,cpuacct/docker/" PAUSE);
	run("cd %s/sys/fs/cgroup/cpu,cpuacct/docker && mv " PAUSE " " ID2, tree);
	now += 10 * S;
	refresh();
	ck_assert(slo_identity_of_cgroup(d, id, &who));
	assert_who(ID2, "", "llm-prod", "embed-0", "embed");
}
END_TEST

START_TEST(tables_are_bounded_and_what_is_used_stays)
{
	uint64_t used;

	open_with("v2-systemd", (struct slo_identity_opts){ .budget = 1000000 });
	refresh();
	used = id_of(BURST "/cri-containerd-" ID ".scope");
	run("cd %s/sys/fs/cgroup && mkdir many && cd many && seq -f g%%g 8150 | xargs mkdir", tree);
	ck_assert(slo_identity_of_cgroup(d, used, &who));
	now += 3600 * S;
	refresh();
	ck_assert_uint_eq(counters().walks, 2);
	ck_assert_uint_eq(counters().pending_over, 0);
	ck_assert(slo_identity_of_cgroup(d, used, &who));
	run("cd %s/sys/fs/cgroup && rm -rf kubepods.slice && cd many && seq -f h%%g 150 | xargs mkdir", tree);
	now += 3600 * S;
	refresh();
	ck_assert_uint_eq(counters().walks, 3);
	ck_assert_uint_eq(counters().cgroups, SLO_IDENTITY_CGROUPS);
	ck_assert_uint_gt(counters().cgroups_evicted, 50);
	/* 8300 directories in one: not all of them may wait */
	ck_assert_uint_ge(counters().pending_over, 8300 - SLO_IDENTITY_PENDING);
	ck_assert(slo_identity_of_cgroup(d, used, &who));
	assert_who(ID, UID, CHAT, "side-car");
}
END_TEST

START_TEST(directories_too_deep_are_counted_and_left_out)
{
	open_tree("v2-systemd");
	run("cd %s/sys/fs/cgroup && p=. && for i in $(seq 40); do p=$p/a; done && mkdir -p $p", tree);
	run("cd %s/sys/fs/cgroup && n=$(printf %%0200d 0) && mkdir -p $n/$n/$n/$n/$n/$n", tree);
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert_uint_eq(counters().too_deep, 2);
	/* the path without its own last name is 32 deep: known, and not looked into */
	ck_assert(slo_identity_of_cgroup(d, id_of("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"),
					 &who));
	ck_assert(!slo_identity_of_cgroup(d, id_of("a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"),
					  &who));
}
END_TEST

START_TEST(links_in_the_tree_are_not_followed)
{
	open_tree("v2-systemd");
	run("ln -s . %s/sys/fs/cgroup/loop", tree);
	refresh();
	ck_assert_uint_eq(counters().walks, 1);
	ck_assert_uint_eq(counters().dirs, 18);
}
END_TEST

START_TEST(without_cgroups_it_says_why_and_answers_nothing)
{
	open_tree("v2-systemd");
	slo_identity_close(d);
	run("rm -rf %s/sys", tree);
	ck_assert_int_eq(slo_identity_open(&d, &(struct slo_identity_opts){ .proc_root = proc, .host_root = tree },
					   NULL), 0);
	ck_assert_msg(strstr(slo_identity_why(d), "/sys/fs/cgroup: ENOENT") != NULL, "%s", slo_identity_why(d));
	refresh();
	ck_assert(!slo_identity_of_cgroup(d, 1, &who));
	/* Paths of processes tell as before. */
	ck_assert(slo_identity_of_pid(d, 4001, &who));
	assert_who(ID, UID, CHAT, "side-car");
	ck_assert_uint_eq(who.cgroup_id, 0);
	slo_identity_close(d);
	run(": >%s/proc/self/mountinfo", tree);
	ck_assert_int_eq(slo_identity_open(&d, &(struct slo_identity_opts){ .proc_root = proc }, NULL), 0);
	ck_assert_str_eq(slo_identity_why(d), "no cgroup hierarchy is mounted");
	slo_identity_close(d);
	ck_assert_int_eq(slo_identity_open(&d, &(struct slo_identity_opts){ .proc_root = "/nowhere" }, NULL), 0);
	ck_assert_msg(strstr(slo_identity_why(d), "/nowhere/self/mountinfo") != NULL, "%s", slo_identity_why(d));
}
END_TEST

START_TEST(roots_that_are_too_long_are_refused)
{
	char longer[400];
	struct slo_err err = { 0 };
	struct slo_identity *none = NULL;

	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[399] = '\0';
	ck_assert_int_eq(slo_identity_open(&none, &(struct slo_identity_opts){ .host_root = longer }, &err),
			 -ENAMETOOLONG);
	ck_assert_ptr_null(none);
	ck_assert_ptr_nonnull(strstr(err.what, "too long"));
	ck_assert_int_eq(slo_identity_open(&none, &(struct slo_identity_opts){ .proc_root = longer }, NULL),
			 -ENAMETOOLONG);
	slo_identity_close(NULL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("identity");
	TCase *t = tcase_create("recorded trees");

	tcase_add_checked_fixture(t, NULL, close_tree);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_cgroup_of_a_tree_is_known_by_its_id_after_a_walk, 0, SLO_ARRAY_LEN(trees));
	tcase_add_loop_test(t, a_process_is_told_from_its_cgroup_file, 0, SLO_ARRAY_LEN(pids));
	tcase_add_test(t, a_process_tells_what_its_cgroup_is_before_any_walk);
	tcase_add_test(t, outside_of_our_cgroup_namespace_nothing_is_claimed);
	tcase_add_test(t, the_hierarchy_is_that_of_the_probes_unless_asked_for_v2);
	tcase_add_test(t, what_was_known_stays_known_when_cgroup_and_logs_are_gone);
	tcase_add_test(t, names_that_come_later_are_found_then);
	tcase_add_test(t, log_directories_are_read_again_only_when_they_change);
	tcase_add_test(t, a_miss_brings_the_next_walk_forward);
	tcase_add_test(t, the_tree_is_walked_again_when_it_is_time);
	tcase_add_test(t, a_refresh_does_no_more_than_its_budget);
	tcase_add_test(t, a_process_that_is_gone_is_remembered_for_a_minute);
	tcase_add_test(t, a_pid_used_again_is_the_new_process);
	tcase_add_test(t, a_cgroup_that_is_renamed_is_told_anew);
	tcase_add_test(t, tables_are_bounded_and_what_is_used_stays);
	tcase_add_test(t, directories_too_deep_are_counted_and_left_out);
	tcase_add_test(t, links_in_the_tree_are_not_followed);
	tcase_add_test(t, without_cgroups_it_says_why_and_answers_nothing);
	tcase_add_test(t, roots_that_are_too_long_are_refused);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
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
