/* SPDX-License-Identifier: MIT */
/* Target discovery and cgroup paths on recorded trees; live_test.c does it on this kernel. */
#include "probe/cgroup.h"
#include "probe/target.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct slo_target *target;

static void open_tree(const char *root, uint16_t port)
{
	struct slo_target_watch w = { port, "chat" };
	struct slo_target_opts o = { .proc_root = root };

	ck_assert_int_eq(slo_target_new(&target, &w, 1, &o, NULL), 0);
	ck_assert_int_eq(slo_target_refresh(target, 1), 0);
}

static void teardown(void)
{
	slo_target_free(target);
	target = NULL;
}

START_TEST(watches_are_a_port_and_perhaps_a_name)
{
	struct slo_target_watch w;
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_watch_parse("8080", &w, NULL), 0);
	ck_assert_uint_eq(w.port, 8080);
	ck_assert_str_eq(w.service, "port-8080");
	ck_assert_int_eq(slo_watch_parse("65535=chat", &w, NULL), 0);
	ck_assert_str_eq(w.service, "chat");
	static const char *const bad[] = { "", "0", "65536", "http", "80=", "=chat", "-1", "80 " };

	for (size_t i = 0; i < SLO_ARRAY_LEN(bad); i++)
		ck_assert_int_eq(slo_watch_parse(bad[i], &w, &err), -EINVAL);
	ck_assert_str_ne(err.what, "");
}
END_TEST

START_TEST(a_service_is_its_workers_but_not_the_service_manager)
{
	const struct slo_target_proc *p;

	open_tree("testdata/proc/v1/proc", 8080);
	ck_assert_uint_eq(slo_target_procs(target, 0, &p), 2);
	ck_assert_int_eq(p[0].pid + p[1].pid, 1201 + 1210);
	ck_assert_uint_eq(p[0].start_ticks, p[0].pid == 1201 ? 100 : 120);
	ck_assert_uint_eq(p[0].netns, 4026531840);
	ck_assert_str_eq(slo_target_why(target, 0), "");
}
END_TEST

START_TEST(the_service_manager_counts_when_it_serves_itself)
{
	const struct slo_target_proc *p;

	open_tree("testdata/proc/v1/proc", 22);
	ck_assert_uint_eq(slo_target_procs(target, 0, &p), 1);
	ck_assert_int_eq(p[0].pid, 1);
}
END_TEST

START_TEST(a_port_in_another_network_namespace_is_found)
{
	const struct slo_target_proc *p;

	open_tree("testdata/proc/hybrid/proc", 8080);
	ck_assert_uint_eq(slo_target_procs(target, 0, &p), 1);
	ck_assert_int_eq(p[0].pid, 1201);
	ck_assert_uint_eq(p[0].netns, 4026532200);
}
END_TEST

START_TEST(scans_happen_only_when_due)
{
	struct slo_target_counters n;
	const int64_t s = 1000000000;

	open_tree("testdata/proc/v1/proc", 8080);
	for (int64_t t = 1; t < 5; t++)
		slo_target_refresh(target, t * s);
	slo_target_counters(target, &n);
	ck_assert_uint_eq(n.scans, 1);
	slo_target_refresh(target, 30 * s);
	slo_target_counters(target, &n);
	ck_assert_uint_eq(n.scans, 2);
}
END_TEST

static struct slo_tuple tuple(uint8_t proto, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct slo_tuple t = { .proto = proto, .src_port = sport, .dst_port = dport };

	memcpy(t.src, (uint8_t[12]){ [10] = 0xff, 0xff }, 12);
	memcpy(t.dst, t.src, 12);
	memcpy(t.src + 12, src, 4);
	memcpy(t.dst + 12, dst, 4);
	return t;
}

/* 10.0.0.10:42426 -> 10.0.0.53:443 is held by the worker; 0.0.0.0:40000/udp too. */
START_TEST(owners_of_connections)
{
	static const struct {
		uint8_t proto;
		const char *src;
		uint16_t sport;
		const char *dst;
		uint16_t dport;
		int owner;
	} cases[] = {
		{ IPPROTO_TCP, "\x0a\0\0\x0a", 42426, "\x0a\0\0\x35", 443, 0 },  /* opened by ours */
		{ IPPROTO_TCP, "\x0a\0\0\x35", 443, "\x0a\0\0\x0a", 42426, 0 },  /* seen the other way round */
		{ IPPROTO_TCP, "\x0a\0\0\x0a", 42427, "\x0a\0\0\x35", 443, SLO_SERVICE_NONE },
		{ IPPROTO_UDP, "\x0a\0\0\x0a", 42426, "\x0a\0\0\x35", 443, SLO_SERVICE_NONE },
		{ IPPROTO_UDP, "\x0a\0\0\x0a", 40000, "\x0a\0\0\x35", 53, 0 },   /* unconnected, local address */
		{ IPPROTO_UDP, "\xc0\0\2\1", 40000, "\x0a\0\0\x35", 53, SLO_SERVICE_NONE }, /* same port elsewhere */
		{ IPPROTO_TCP, "\x7f\0\0\1", 50000, "\x7f\0\0\1", 8080, 0 },     /* accepted */
		{ IPPROTO_TCP, "\x7f\0\0\1", 50001, "\x7f\0\0\1", 8080, 0 },     /* only the listener is known */
		{ IPPROTO_TCP, "\xc0\0\2\1", 50001, "\xc0\0\2\2", 8080, SLO_SERVICE_NONE }, /* that port elsewhere */
	};
	struct slo_tuple t;

	open_tree("testdata/proc/v1/proc", 8080);
	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		t = tuple(cases[i].proto, cases[i].src, cases[i].sport, cases[i].dst, cases[i].dport);
		ck_assert_msg(slo_target_owner(target, &t) == cases[i].owner, "case %zu", i);
	}
}
END_TEST

START_TEST(without_services_nobody_owns_anything_and_nothing_is_read)
{
	struct slo_target_opts o = { .proc_root = "/nonexistent" };
	struct slo_tuple t = { .proto = IPPROTO_TCP };

	ck_assert_int_eq(slo_target_new(&target, NULL, 0, &o, NULL), 0);
	ck_assert_int_eq(slo_target_refresh(target, 1), 0);
	ck_assert_int_eq(slo_target_owner(target, &t), SLO_SERVICE_NONE);
}
END_TEST

START_TEST(too_many_services_are_refused)
{
	struct slo_target_watch w[SLO_TARGET_SERVICES + 1] = { 0 };
	struct slo_err err = { 0 };

	ck_assert_int_eq(slo_target_new(&target, w, SLO_TARGET_SERVICES + 1, NULL, &err), -E2BIG);
	ck_assert_str_ne(err.what, "");
}
END_TEST

START_TEST(cgroup_trees_are_found_where_they_are_mounted)
{
	struct slo_cgroup_mounts m;
	struct slo_cgroup_paths p;
	char dir[256];

	ck_assert_int_eq(slo_cgroup_find(&m, "testdata/proc/v1/proc", NULL, NULL), 0);
	ck_assert_str_eq(m.tree[SLO_CGROUP_V1_CPU].point, "/sys/fs/cgroup/cpu,cpuacct");
	ck_assert_str_eq(m.tree[SLO_CGROUP_V1_MEMORY].point, "/sys/fs/cgroup/memory");
	ck_assert(!m.tree[SLO_CGROUP_V2].found);
	ck_assert_int_eq(slo_cgroup_find(&m, "testdata/proc/hybrid/proc", "/host", NULL), 0);
	ck_assert_str_eq(m.tree[SLO_CGROUP_V2].point, "/sys/fs/cgroup/unified");
	ck_assert_int_eq(slo_cgroup_of("testdata/proc/hybrid/proc", 1201, &p), 0);
	ck_assert_str_eq(p.path[SLO_CGROUP_V2], "/svc");
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V1_CPU, p.path[SLO_CGROUP_V1_CPU], dir, sizeof(dir)), 0);
	ck_assert_str_eq(dir, "/host/sys/fs/cgroup/cpu/svc");
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V1_CPU, "/", dir, sizeof(dir)), 0);
	ck_assert_str_eq(dir, "/host/sys/fs/cgroup/cpu");
	ck_assert_int_eq(slo_cgroup_of("testdata/proc/hybrid/proc", 1, &p), -ESRCH);
}
END_TEST

START_TEST(a_part_of_a_hierarchy_shows_only_what_lies_in_it)
{
	struct slo_cgroup_mounts m = { .tree[SLO_CGROUP_V2] = { true, "/sys/fs/cgroup", "/kubepods" } };
	char dir[64];

	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V2, "/kubepods/pod1", dir, sizeof(dir)), 0);
	ck_assert_str_eq(dir, "/sys/fs/cgroup/pod1");
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V2, "/kubepods", dir, sizeof(dir)), 0);
	ck_assert_str_eq(dir, "/sys/fs/cgroup");
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V2, "/kubepods2/pod1", dir, sizeof(dir)), -ENOENT);
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V2, "/../pod1", dir, sizeof(dir)), -ENOENT);
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V1_CPU, "/a", dir, sizeof(dir)), -ENOENT);
	ck_assert_int_eq(slo_cgroup_dir(&m, SLO_CGROUP_V2, "/kubepods/pod1", dir, 10), -ENAMETOOLONG);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("target");
	TCase *t = tcase_create("target");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, watches_are_a_port_and_perhaps_a_name);
	tcase_add_test(t, a_service_is_its_workers_but_not_the_service_manager);
	tcase_add_test(t, the_service_manager_counts_when_it_serves_itself);
	tcase_add_test(t, a_port_in_another_network_namespace_is_found);
	tcase_add_test(t, scans_happen_only_when_due);
	tcase_add_test(t, owners_of_connections);
	tcase_add_test(t, without_services_nobody_owns_anything_and_nothing_is_read);
	tcase_add_test(t, too_many_services_are_refused);
	tcase_add_test(t, cgroup_trees_are_found_where_they_are_mounted);
	tcase_add_test(t, a_part_of_a_hierarchy_shows_only_what_lies_in_it);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
