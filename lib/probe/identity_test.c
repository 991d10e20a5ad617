/* SPDX-License-Identifier: MIT */
/* Identities from recorded trees: by id, by process, from within a cgroup namespace. */
#include "probe/test_identity.h"

struct tree_case {
	const char *tree, *cgroup;
	enum slo_workload_kind kind;
	const char *id, *uid, *ns, *pod, *container, *unit;
};

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
	{ "v2-systemd", 4001, BURST "/cri-containerd-" ID ".scope/container", CONTAINER, false, ID, UID, CHAT,
	  "side-car", "" },
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
	/* Both hierarchies say the same: the id is that of ours. */
	ck_assert(slo_identity_of_pid(d, 6003, &who));
	ck_assert_uint_eq(who.cgroup_id, id_of("unified/system.slice/docker-" ID ".scope"));
}
END_TEST

int main(void)
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
	suite_add_tcase(s, t);
	return run_suite(s);
}
