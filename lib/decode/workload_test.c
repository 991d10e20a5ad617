/* SPDX-License-Identifier: MIT */
/* Every way of naming the cgroup of a container, a pod or a unit; and the names of logs. */
#include "decode/workload.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* An id and a uid that hold all of s, l, i, c, e that hexadecimal has, at their ends as well. */
#define ID "ce1f3c5a7e9b0d2f4a6c8e0b1d3f5a7c9e1b3d5f7a9c0e2b4d6f8a1c3e5b7dce"
#define ID2 "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
#define UID "ce3f1a52-0c1b-4c7e-9a55-3f2f6f1c0ace"
#define UID_ "ce3f1a52_0c1b_4c7e_9a55_3f2f6f1c0ace"
#define UID2 "11111111-2222-3333-4444-555555555555"
#define STATIC "ce9d8e7f6a5b4c3d2e1f0a9b8c7d6ece"
#define BURST "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" UID_ ".slice"

struct path_case {
	const char *path;
	enum slo_workload_kind kind;
	enum slo_workload_runtime runtime;
	enum slo_workload_qos qos;
	const char *id, *uid, *unit, *user_unit;
	bool cut;
};

#define CTR(r, q, id, uid) SLO_WORKLOAD_CONTAINER, SLO_RUNTIME_##r, SLO_QOS_##q, id, uid, "", "", false
#define CTR_CUT(r, q, id, uid) SLO_WORKLOAD_CONTAINER, SLO_RUNTIME_##r, SLO_QOS_##q, id, uid, "", "", true
#define POD(q, uid) SLO_WORKLOAD_POD, SLO_RUNTIME_UNKNOWN, SLO_QOS_##q, "", uid, "", "", false
#define HOST(unit, user) SLO_WORKLOAD_HOST, SLO_RUNTIME_UNKNOWN, SLO_QOS_UNKNOWN, "", "", unit, user, false
#define BARE(k, cut) SLO_WORKLOAD_##k, SLO_RUNTIME_UNKNOWN, SLO_QOS_UNKNOWN, "", "", "", "", cut

static const struct path_case containers[] = {
	/* the kubelet's cgroupfs driver */
	{ "/kubepods/burstable/pod" UID "/" ID, CTR(UNKNOWN, BURSTABLE, ID, UID) },
	{ "/kubepods/besteffort/pod" UID "/" ID, CTR(UNKNOWN, BESTEFFORT, ID, UID) },
	{ "/kubepods/pod" UID "/" ID, CTR(UNKNOWN, GUARANTEED, ID, UID) },
	{ "/kubepods/burstable/pod" STATIC "/" ID, CTR(UNKNOWN, BURSTABLE, ID, STATIC) },
	{ "/kubepods/burstable/pod" UID "/crio-" ID, CTR(CRIO, BURSTABLE, ID, UID) },
	{ "/kubepods/burstable/pod" UID "/" ID "/", CTR(UNKNOWN, BURSTABLE, ID, UID) },
	/* and the systemd driver */
	{ BURST "/cri-containerd-" ID ".scope", CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ BURST "/crio-" ID ".scope", CTR(CRIO, BURSTABLE, ID, UID) },
	{ BURST "/docker-" ID ".scope", CTR(DOCKER, BURSTABLE, ID, UID) },
	{ "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  CTR(CONTAINERD, BESTEFFORT, ID, UID) },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  CTR(CONTAINERD, GUARANTEED, ID, UID) },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC ".slice/crio-" ID ".scope",
	  CTR(CRIO, BURSTABLE, ID, STATIC) },
	{ BURST "/somenew-runtime-" ID ".scope", CTR(UNKNOWN, BURSTABLE, ID, UID) },
	/* a runtime whose driver is not the kubelet's */
	{ BURST ":cri-containerd:" ID, CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ "/kubepods-burstable-pod" UID_ ".slice:cri-containerd:" ID, CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ "/system.slice/containerd.service/kubepods-besteffort-pod" UID_ ".slice:cri-containerd:" ID,
	  CTR(CONTAINERD, BESTEFFORT, ID, UID) },
	{ "/system.slice/containerd.service/kubepods-pod" STATIC ".slice:cri-containerd:" ID,
	  CTR(CONTAINERD, GUARANTEED, ID, STATIC) },
	{ "/kubepods-pod" UID_ ".slice:crio:" ID, CTR(CRIO, GUARANTEED, ID, UID) },
	{ "/system.slice:docker:" ID, CTR(DOCKER, UNKNOWN, ID, "") },
	/* groups of crun and cri-o below the container, and systemd or docker in it */
	{ BURST "/crio-" ID ".scope/container", CTR(CRIO, BURSTABLE, ID, UID) },
	{ BURST "/cri-containerd-" ID ".scope/system.slice/nginx.service", CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ BURST "/cri-containerd-" ID ".scope/init.scope", CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ BURST "/cri-containerd-" ID ".scope/docker/" ID2, CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ BURST "/cri-containerd-" ID ".scope/lxc.payload.web", CTR(CONTAINERD, BURSTABLE, ID, UID) },
	{ "/kubepods/burstable/pod" UID "/" ID "/kubepods/besteffort/pod" UID2 "/" ID2,
	  CTR(UNKNOWN, BURSTABLE, ID, UID) },
	{ "/docker/" ID "/docker/" ID2, CTR(DOCKER, UNKNOWN, ID, "") },
	{ "/lxc.payload.node1/system.slice/docker-" ID ".scope", CTR(LXC, UNKNOWN, "node1", "") },
	/* docker, podman, nerdctl */
	{ "/docker/" ID, CTR(DOCKER, UNKNOWN, ID, "") },
	{ "/system.slice/docker-" ID ".scope", CTR(DOCKER, UNKNOWN, ID, "") },
	{ "/system.slice/docker.service/docker/" ID, CTR(DOCKER, UNKNOWN, ID, "") },
	{ "/ecs/0123/" ID, CTR(UNKNOWN, UNKNOWN, ID, "") },
	{ "/machine.slice/libpod-" ID ".scope", CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/machine.slice/libpod-" ID ".scope/container", CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope/container",
	  CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/libpod_parent/libpod-" ID, CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/libpod_parent/" ID2 "/libpod-" ID, CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/system.slice/web.service/libpod-payload-" ID, CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope/container",
	  CTR(PODMAN, UNKNOWN, ID, "") },
	{ "/system.slice/nerdctl-" ID ".scope", CTR(CONTAINERD, UNKNOWN, ID, "") },
	/* a node that is a container: the pod counts, not what is around it */
	{ "/docker/" ID2 "/kubelet/kubepods/burstable/pod" UID "/" ID, CTR(UNKNOWN, BURSTABLE, ID, UID) },
	{ "/kubelet/kubepods/pod" UID "/" ID, CTR(UNKNOWN, GUARANTEED, ID, UID) },
	{ "/system.slice/docker-" ID2 ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	  "kubelet-kubepods-besteffort-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  CTR(CONTAINERD, BESTEFFORT, ID, UID) },
	{ "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ ".slice/cri-containerd-" ID ".scope",
	  CTR(CONTAINERD, GUARANTEED, ID, UID) },
	{ "/lxc.payload.node1/kubepods/pod" UID "/" ID, CTR(UNKNOWN, GUARANTEED, ID, UID) },
	/* LXC */
	{ "/lxc/web1", CTR(LXC, UNKNOWN, "web1", "") },
	{ "/lxc/101/ns/system.slice/cron.service", CTR(LXC, UNKNOWN, "101", "") },
	{ "/lxc.payload.web1", CTR(LXC, UNKNOWN, "web1", "") },
	{ "/lxc.payload.web.example/init.scope", CTR(LXC, UNKNOWN, "web.example", "") },
	{ "/lxc.payload/web1/x", CTR(LXC, UNKNOWN, "web1", "") },
	/* seen from another cgroup namespace: what is left of the path is told, and that something is missing */
	{ "/../" ID, CTR_CUT(UNKNOWN, UNKNOWN, ID, "") },
	{ "/../../pod" UID "/" ID, CTR_CUT(UNKNOWN, UNKNOWN, ID, UID) },
	{ "/../../../besteffort/pod" UID "/" ID, CTR_CUT(UNKNOWN, BESTEFFORT, ID, UID) },
	{ "/../../kubepods-burstable-pod" UID_ ".slice/crio-" ID ".scope", CTR_CUT(CRIO, BURSTABLE, ID, UID) },
};

static const struct path_case others[] = {
	{ "/", BARE(ROOT, false) },
	{ "/process_api/a9f9d71ab328aa59218181f63684e5fc", BARE(OTHER, false) },
	{ "/kubepods/burstable", BARE(OTHER, false) },
	{ "/lxc", BARE(OTHER, false) },
	{ "/lxc.monitor.web1", BARE(OTHER, false) },
	{ "/..", BARE(OUTSIDE, true) },
	{ "/../..", BARE(OUTSIDE, true) },
	{ "/../../system.slice/nginx.service", BARE(OUTSIDE, true) },
	{ "/../lxc/web1", BARE(OUTSIDE, true) },
	/* a pod, none of its containers */
	{ "/kubepods/burstable/pod" UID, POD(BURSTABLE, UID) },
	{ BURST, POD(BURSTABLE, UID) },
	{ BURST "/crio-conmon-" ID ".scope", POD(BURSTABLE, UID) },
	{ "/kubepods/besteffort/pod" UID "/crio-conmon-" ID, POD(BESTEFFORT, UID) },
	{ "/docker/" ID2 "/kubelet/kubepods/pod" UID, POD(GUARANTEED, UID) },
	{ "/custom/pod" UID, POD(UNKNOWN, UID) },
	/* the host's own */
	{ "/init.scope", HOST("init.scope", "") },
	{ "/system.slice/nginx.service", HOST("nginx.service", "") },
	{ "/system.slice/nginx.service/worker/1", HOST("nginx.service", "") },
	{ "/system.slice/system-getty.slice/getty@tty1.service", HOST("getty@tty1.service", "") },
	{ "/system.slice/dev-disk-by\\x2duuid.swap", HOST("dev-disk-by\\x2duuid.swap", "") },
	{ "/user.slice/user-1000.slice/session-3.scope", HOST("session-3.scope", "") },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-term.scope",
	  HOST("user@1000.service", "app-term.scope") },
	{ "/user.slice/user-1000.slice/user@1000.service", HOST("user@1000.service", "") },
	{ "/runtime.slice/containerd.service", HOST("containerd.service", "") },
	{ "/reserved.slice", HOST("reserved.slice", "") },
	{ "/kube.slice/kubelet.service", HOST("kubelet.service", "") },
	{ "/azure.slice/walinuxagent.service", HOST("walinuxagent.service", "") },
	{ "/podruntime.slice/kubelet.service", HOST("kubelet.service", "") },
	{ "/kubepods.slice", HOST("kubepods.slice", "") },
	{ "/podruntime/kubelet", HOST("kubelet", "") },
	{ "/system/apid", HOST("apid", "") },
	{ "/init", HOST("init", "") },
	{ "/system.slice/crio-conmon-" ID ".scope", HOST("crio-conmon-" ID ".scope", "") },
	{ "/machine.slice/libpod-conmon-" ID ".scope", HOST("libpod-conmon-" ID ".scope", "") },
	{ "/machine.slice/machine-qemu\\x2d1.scope", HOST("machine-qemu\\x2d1.scope", "") },
	/* what only resembles: an id too short, too long, not hexadecimal or in capitals; a uid likewise */
	{ "/docker/0123456789ab", BARE(OTHER, false) },
	{ "/docker/" ID "0", BARE(OTHER, false) },
	{ "/system.slice/docker-" ID "0.scope", HOST("docker-" ID "0.scope", "") },
	{ "/system.slice/docker-0123.scope", HOST("docker-0123.scope", "") },
	{ "/system.slice/backup-" ID ".scope", HOST("backup-" ID ".scope", "") },
	{ "/docker/CE1F3C5A7E9B0D2F4A6C8E0B1D3F5A7C9E1B3D5F7A9C0E2B4D6F8A1C3E5B7DCE", BARE(OTHER, false) },
	{ "/libpod_parent/" ID2, BARE(OTHER, false) },
	{ "/docker:" ID, BARE(OTHER, false) },
	{ "/kubepods/burstable/pod" UID "0", BARE(OTHER, false) },
	{ "/kubepods/burstable/pod" UID_, BARE(OTHER, false) },
	{ "/kubepods/burstable/podce3f1a520-c1b-4c7e-9a55-3f2f6f1c0ace", BARE(OTHER, false) },
	{ "/kubepods.slice/kubepods-pod" UID ".slice", HOST("kubepods-pod" UID ".slice", "") },
	{ "/kubepods.slice/kubepods-tripod" UID_ ".slice", HOST("kubepods-tripod" UID_ ".slice", "") },
	{ "/kubepods.slice/kubepods-pod" UID_ ".slices", HOST("kubepods.slice", "") },
	{ "/a.service b", BARE(OTHER, false) },
	{ "/.service", BARE(OTHER, false) },
};

static void assert_parsed(const struct path_case *c)
{
	struct slo_workload w;

	memset(&w, 0x55, sizeof(w));
	ck_assert_msg(slo_workload_parse(slo_str(c->path), &w) == 0, "%s", c->path);
	ck_assert_msg(w.kind == c->kind, "%s: %s", c->path, slo_workload_kind_name(w.kind));
	ck_assert_msg(w.runtime == c->runtime, "%s: %s", c->path, slo_workload_runtime_name(w.runtime));
	ck_assert_msg(w.qos == c->qos, "%s: %s", c->path, slo_workload_qos_name(w.qos));
	ck_assert_msg(strcmp(w.container_id, c->id) == 0, "%s: id %s", c->path, w.container_id);
	ck_assert_msg(strcmp(w.pod_uid, c->uid) == 0, "%s: uid %s", c->path, w.pod_uid);
	ck_assert_msg(strcmp(w.unit, c->unit) == 0, "%s: unit %s", c->path, w.unit);
	ck_assert_msg(strcmp(w.user_unit, c->user_unit) == 0, "%s: user unit %s", c->path, w.user_unit);
	ck_assert_msg(w.cut == c->cut, "%s: cut", c->path);
}

START_TEST(containers_are_told_by_every_driver_and_runtime)
{
	assert_parsed(&containers[_i]);
}
END_TEST

START_TEST(what_is_no_container_is_told_as_what_it_is)
{
	assert_parsed(&others[_i]);
}
END_TEST

START_TEST(anything_below_a_container_is_that_container)
{
	static const char *const below[] = {
		"/container", "/init.scope", "/docker/" ID2, "/kubepods/pod" UID2 "/" ID2,
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(below); i++) {
		struct path_case c = containers[_i];
		char path[1024];

		/* A node that is a container may hold pods. */
		if (i == 3 && !c.uid[0])
			continue;
		snprintf(path, sizeof(path), "%s%s", c.path, below[i]);
		c.path = path;
		assert_parsed(&c);
	}
}
END_TEST

START_TEST(paths_the_kernel_cannot_print_are_refused)
{
	char name[300] = "/", lxc[300] = "/lxc/";
	struct slo_workload w = { .kind = SLO_WORKLOAD_POD };
	static const struct slo_str bad[] = {
		SLO_STR(""), SLO_STR("kubepods/pod" UID), SLO_STR("/a/../b"), SLO_STR("/a\nb"), SLO_STR("/a\0b"),
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_workload_parse(bad[i], &w), -EINVAL);
	ck_assert_int_eq(slo_workload_parse((struct slo_str){ 0 }, &w), -EINVAL);
	memset(name + 1, 'a', 256);
	ck_assert_int_eq(slo_workload_parse(slo_str(name), &w), -EINVAL);
	memset(lxc + 5, 'a', 65);
	ck_assert_int_eq(slo_workload_parse(slo_str(lxc), &w), -ENAMETOOLONG);
	ck_assert_int_eq(w.kind, SLO_WORKLOAD_POD);
	name[256] = '\0';
	ck_assert_int_eq(slo_workload_parse(slo_str(name), &w), 0);
	ck_assert_int_eq(w.kind, SLO_WORKLOAD_OTHER);
	lxc[69] = '\0';
	ck_assert_int_eq(slo_workload_parse(slo_str(lxc), &w), 0);
	ck_assert_str_eq(w.container_id, lxc + 5);
}
END_TEST

START_TEST(directories_of_pods_give_namespace_pod_and_uid)
{
	static const char *const bad[] = {
		"", "ns_pod", "ns_pod_", "_pod_" UID, "ns__" UID, "ns_pod_" UID "0", "ns_pod_" UID_, "a_ns_pod_" UID,
		"Ns_pod_" UID, "n.s_pod_" UID, "ns_pod-_" UID, "-ns_pod_" UID, "ns_pod_" UID "_x", "ns_p d_" UID,
	};
	struct slo_workload_names n;

	ck_assert_int_eq(slo_workload_pod_log(slo_str("llm-prod_chat-7d9f.v2-xkcd1_" UID), &n), 0);
	ck_assert_str_eq(n.namespace, "llm-prod");
	ck_assert_str_eq(n.pod, "chat-7d9f.v2-xkcd1");
	ck_assert_str_eq(n.pod_uid, UID);
	ck_assert_str_eq(n.container, "");
	ck_assert_str_eq(n.container_id, "");
	ck_assert_int_eq(slo_workload_pod_log(slo_str("kube-system_etcd-node1_" STATIC), &n), 0);
	ck_assert_str_eq(n.pod_uid, STATIC);
	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_msg(slo_workload_pod_log(slo_str(bad[i]), &n) == -EINVAL, "%s", bad[i]);
	ck_assert_str_eq(n.pod_uid, STATIC);
}
END_TEST

START_TEST(links_of_containers_give_all_three_names_and_the_id)
{
	static const char *const bad[] = {
		"", ".log", ID ".log", "-" ID ".log", "pod_ns_-" ID ".log", "pod_ns-" ID ".log", "pod_ns_c-" ID,
		"pod_ns_c-" ID "0.log", "pod_ns_c-0123.log", "x_pod_ns_c-" ID ".log", "pod_ns_c.d-" ID ".log",
		"pod_n.s_c-" ID ".log", "pod_ns_c-" ID ".log.1", "pod_ns_C-" ID ".log",
	};
	struct slo_workload_names n;

	ck_assert_int_eq(slo_workload_container_log(slo_str("chat-7d9f.v2_llm-prod_side-car-" ID ".log"), &n), 0);
	ck_assert_str_eq(n.pod, "chat-7d9f.v2");
	ck_assert_str_eq(n.namespace, "llm-prod");
	ck_assert_str_eq(n.container, "side-car");
	ck_assert_str_eq(n.container_id, ID);
	ck_assert_str_eq(n.pod_uid, "");
	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_msg(slo_workload_container_log(slo_str(bad[i]), &n) == -EINVAL, "%s", bad[i]);
	ck_assert_str_eq(n.container, "side-car");
}
END_TEST

START_TEST(names_may_be_as_long_as_kubernetes_allows_and_no_longer)
{
	struct slo_workload_names n;
	char pod[255], ns[65], dir[512];

	memset(pod, 'p', 254);
	memset(ns, 'n', 64);
	pod[254] = ns[64] = '\0';
	snprintf(dir, sizeof(dir), "%s_%s_" UID, ns + 1, pod + 1);
	ck_assert_int_eq(slo_workload_pod_log(slo_str(dir), &n), 0);
	ck_assert_str_eq(n.namespace, ns + 1);
	ck_assert_str_eq(n.pod, pod + 1);
	snprintf(dir, sizeof(dir), "%s_p_" UID, ns);
	ck_assert_int_eq(slo_workload_pod_log(slo_str(dir), &n), -EINVAL);
	snprintf(dir, sizeof(dir), "n_%s_" UID, pod);
	ck_assert_int_eq(slo_workload_pod_log(slo_str(dir), &n), -EINVAL);
	snprintf(dir, sizeof(dir), "p_n_%s-" ID ".log", ns + 1);
	ck_assert_int_eq(slo_workload_container_log(slo_str(dir), &n), 0);
	ck_assert_str_eq(n.container, ns + 1);
	snprintf(dir, sizeof(dir), "p_n_%s-" ID ".log", ns);
	ck_assert_int_eq(slo_workload_container_log(slo_str(dir), &n), -EINVAL);
}
END_TEST

START_TEST(every_kind_runtime_and_class_has_a_name_of_its_own)
{
	for (unsigned i = 0; i < SLO_WORKLOAD_KIND__COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(slo_workload_kind_name(i), slo_workload_kind_name(k));
	for (unsigned i = 0; i < SLO_RUNTIME__COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(slo_workload_runtime_name(i), slo_workload_runtime_name(k));
	for (unsigned i = 0; i < SLO_QOS__COUNT; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_str_ne(slo_workload_qos_name(i), slo_workload_qos_name(k));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("workload");
	TCase *paths = tcase_create("paths"), *logs = tcase_create("logs");
	SRunner *r;
	int failed;

	tcase_add_loop_test(paths, containers_are_told_by_every_driver_and_runtime, 0, SLO_ARRAY_LEN(containers));
	tcase_add_loop_test(paths, what_is_no_container_is_told_as_what_it_is, 0, SLO_ARRAY_LEN(others));
	tcase_add_loop_test(paths, anything_below_a_container_is_that_container, 0, SLO_ARRAY_LEN(containers));
	tcase_add_test(paths, paths_the_kernel_cannot_print_are_refused);
	suite_add_tcase(s, paths);
	tcase_add_test(logs, directories_of_pods_give_namespace_pod_and_uid);
	tcase_add_test(logs, links_of_containers_give_all_three_names_and_the_id);
	tcase_add_test(logs, names_may_be_as_long_as_kubernetes_allows_and_no_longer);
	tcase_add_test(logs, every_kind_runtime_and_class_has_a_name_of_its_own);
	suite_add_tcase(s, logs);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
