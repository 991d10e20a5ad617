/* SPDX-License-Identifier: MIT */
/* The table, and plans carried out on an imitation of tc and nft. */
#include "inject/fault.h"
#include "inject/plan.h"

#include "base/cleanup.h"
#include "inject/journal.h"
#include "inject/net_fake.h"

#include <check.h>
#include <math.h>

static const struct slo_step_io io = { .cg = &slo_cg_live, .run = fake_run, .flush = fake_flush, .end = fake_end };
static struct slo_plan plan;
static struct slo_journal j;

static void setup(void)
{
	memset(&net, 0, sizeof(net));
}

/* A spec whose namespace is nobody's: what is checked before tc and nft run must not mind. */
static struct slo_fault_spec spec_of(int fault, const char *peer)
{
	struct slo_fault_spec s = { .fault = fault, .severity = 3, .ns = { "/run/netns/none", 1 }, .retry_after_s = 1 };

	if (peer)
		ck_assert_int_eq(slo_host_port_parse(peer, &s.peers[s.peers_count++], NULL), 0);
	return s;
}

static void plan_it(const struct slo_fault_spec *s, bool netem, const char *name)
{
	const struct slo_plan_env env = { &io, netem, name };
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_fault_plan(s, &env, &plan, &err) == 0, "%s", err.what);
	memset(&j, 0, sizeof(j));
	memcpy(j.steps, plan.steps, sizeof(j.steps));
	j.steps_count = plan.steps_count;
}

static int apply_all(struct slo_err *err)
{
	int ret = 0;

	for (size_t i = 0; i < j.steps_count && !ret; i++)
		ret = slo_step_apply(&io, &j.steps[i], err);
	return ret;
}

START_TEST(every_fault_of_the_label_schema_has_an_injector)
{
	for (int f = 0; f < SLO_FAULT__COUNT; f++) {
		const struct slo_fault_info *i = slo_fault_find(f);
		bool none = f == SLO_FAULT_BASELINE || f == SLO_FAULT_MIXED || f == SLO_FAULT_MIXED_MULTI;

		ck_assert_msg(!i == none, "%s", slo_enum_name(&slo_fault_enum, f));
		if (!i)
			continue;
		for (int n = 0; n < SLO_SEVERITIES; n++) {
			ck_assert_double_ge(i->levels[n], i->lo);
			ck_assert_double_le(i->levels[n], i->hi);
			ck_assert_double_eq(slo_fault_strength(i, n + 1), i->levels[n]);
			ck_assert_double_eq_tol(slo_fault_severity(i, i->levels[n]), n + 1, 1e-9);
			ck_assert(n == 0 || (i->levels[n] > i->levels[n - 1]) == (i->levels[1] > i->levels[0]));
		}
		ck_assert_double_eq_tol(slo_fault_severity(i, slo_fault_strength(i, 2.5)), 2.5, 1e-9);
		ck_assert_double_eq(slo_fault_strength(i, 9), i->levels[SLO_SEVERITIES - 1]);
	}
}
END_TEST

START_TEST(a_delay_is_a_band_behind_a_filter_on_port_53_of_every_device)
{
	struct slo_fault_spec s = spec_of(SLO_FAULT_DNS_LATENCY, NULL);

	plan_it(&s, true, "a");
	ck_assert_int_eq((int)plan.steps_count, DEVS);
	ck_assert_str_eq(plan.steps[0].value, "delay 100ms");
	ck_assert_ptr_nonnull(strstr(plan.steps[0].script, "protocol ip prio 4 u32 match ip dport 53 0xffff flowid 51a0:2"));
	ck_assert_ptr_nonnull(strstr(plan.steps[0].script, "protocol ipv6 prio 5 u32 match ip6 dport 53 0xffff"));
	ck_assert_ptr_null(strstr(plan.steps[0].script, "match u32 0 0"));
	ck_assert_int_eq(net.ops, 0);
}
END_TEST

START_TEST(a_peer_narrows_the_filter_to_its_family_prefix_and_port)
{
	struct slo_fault_spec s = spec_of(SLO_FAULT_EGRESS_LOSS, "10.1.0.0/16");

	plan_it(&s, true, "a");
	ck_assert_ptr_nonnull(strstr(plan.steps[0].script, "match ip dst 10.1.0.0/16 flowid"));
	ck_assert_ptr_null(strstr(plan.steps[0].script, "ip6"));
	ck_assert_str_eq(plan.steps[0].value, "loss 10%");
	s = spec_of(SLO_FAULT_EGRESS_LOSS, "[fd00::1]:443");
	plan_it(&s, true, "a");
	ck_assert_ptr_nonnull(strstr(plan.steps[0].script, "match ip6 dst fd00::1/128 match ip6 dport 443 0xffff"));
}
END_TEST

static const struct {
	int fault;
	const char *peer;
	bool netem;
} rows[] = {
	{ SLO_FAULT_DNS_LATENCY, NULL, true },       { SLO_FAULT_DNS_LATENCY, "127.0.0.1", false },
	{ SLO_FAULT_DNS_DROP, NULL, true },          { SLO_FAULT_DNS_DROP, NULL, false },
	{ SLO_FAULT_DNS_SERVFAIL, "127.0.0.1", true }, { SLO_FAULT_EGRESS_LOSS, "10.0.0.1", true },
	{ SLO_FAULT_EGRESS_LOSS, ":80", false },     { SLO_FAULT_EGRESS_DELAY, "10.0.0.1", true },
	{ SLO_FAULT_EGRESS_DELAY, "10.0.0.1:80", false }, { SLO_FAULT_NETWORK_PARTITION, "10.0.0.1", true },
	{ SLO_FAULT_PROVIDER_THROTTLE, "10.0.0.1:80", true }, { SLO_FAULT_PROVIDER_ERROR, "10.0.0.1:80", true },
	{ SLO_FAULT_RETRIEVAL_SLOWDOWN, "10.0.0.1:80", true },
};

/* Whichever change fails, and when injecting ends there, the journal alone takes everything back; twice is harmless. */
START_TEST(undo_leaves_nothing_whichever_change_fails)
{
	struct slo_fault_spec s = spec_of(rows[_i].fault, rows[_i].peer);
	int ops;

	plan_it(&s, rows[_i].netem, "a-b_c-1");
	ck_assert_int_eq(apply_all(NULL), 0);
	ck_assert(!net_is_clean());
	ops = net.ops;
	ck_assert_int_ge(ops, 1);
	for (int at = 0; at <= ops; at++) {
		static struct slo_journal back;
		struct slo_err err = { .what = "" };
		struct slo_buf b;

		setup();
		plan_it(&s, rows[_i].netem, "a-b_c-1");
		slo_buf_init(&b, SLO_JOURNAL_MAX);
		ck_assert_int_eq(slo_journal_encode(&j, &b), 0);
		net.fail_at = at;
		ck_assert_int_eq(apply_all(&err) == 0, at == 0);
		ck_assert(at == 0 || strstr(err.what, "no."));
		net.fail_at = 0;
		slo_err_reset(&err);
		ck_assert_msg(slo_journal_decode(b.data, b.len, &back, &err) == 0, "%s", err.what);
		ck_assert_msg(slo_journal_undo(&io, &back, &err) == 0, "%s", err.what);
		ck_assert(net_is_clean());
		ck_assert_int_eq(slo_journal_undo(&io, &back, &err), 0);
		slo_buf_fini(&b);
	}
}
END_TEST

START_TEST(says_what_is_left_when_it_cannot_undo_and_can_later)
{
	struct slo_fault_spec s = spec_of(rows[_i].fault, rows[_i].peer);
	struct slo_err err = { .what = "" };

	plan_it(&s, rows[_i].netem, "x");
	ck_assert_int_eq(apply_all(&err), 0);
	net.fail_at = net.ops + 1;
	net.fail_on = true;
	ck_assert_int_lt(slo_journal_undo(&io, &j, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.what, "still there"));
	net.fail_at = 0;
	ck_assert_int_eq(slo_journal_undo(&io, &j, NULL), 0);
	ck_assert(net_is_clean());
}
END_TEST

START_TEST(two_bands_share_the_root_and_go_in_either_order)
{
	struct slo_fault_spec dns = spec_of(SLO_FAULT_DNS_LATENCY, NULL), loss = spec_of(SLO_FAULT_EGRESS_LOSS, "10.0.0.1");
	slo_autofree struct slo_journal *first = calloc(1, sizeof(*first));
	int64_t packets, dropped;

	plan_it(&dns, true, "a");
	ck_assert_int_eq(apply_all(NULL), 0);
	*first = j;
	plan_it(&loss, true, "b");
	ck_assert_int_eq(j.steps[0].band, 3);
	ck_assert_int_eq(apply_all(NULL), 0);
	ck_assert_int_eq(slo_step_counts(&io, &j.steps[0], &packets, &dropped), 0);
	ck_assert_int_eq(packets, 9);
	ck_assert_int_eq(dropped, 2);
	ck_assert_int_eq(slo_journal_undo(&io, _i ? first : &j, NULL), 0);
	ck_assert(net.root[0] && net.root[1]);
	ck_assert_int_eq(slo_step_check(&io, _i ? &j.steps[0] : &first->steps[0], NULL), 0);
	ck_assert_int_eq(slo_journal_undo(&io, _i ? &j : first, NULL), 0);
	ck_assert(net_is_clean());
}
END_TEST

START_TEST(a_proxy_comes_before_what_leads_to_it_and_its_connections_are_forgotten)
{
	struct slo_fault_spec s = spec_of(SLO_FAULT_PROVIDER_THROTTLE, "10.0.0.1:80");

	plan_it(&s, false, "a");
	ck_assert_int_eq((int)plan.steps_count, 2);
	ck_assert_int_eq(plan.steps[0].kind, SLO_STEP_HELPER);
	ck_assert_ptr_nonnull(strstr(plan.steps[1].script, "ip daddr 10.0.0.1 tcp dport 80 ct mark set 0x51f0 counter redirect to :0"));
	ck_assert_ptr_null(strstr(plan.steps[1].script, "udp"));
	ck_assert_int_eq(apply_all(NULL), 0);
	ck_assert_int_eq(slo_journal_undo(&io, &j, NULL), 0);
	ck_assert_int_eq(net.flushes, 1);
	slo_host_port_parse("127.0.0.1:99", &s.listen, NULL);
	plan_it(&s, false, "a");
	ck_assert_int_eq((int)plan.steps_count, 1);
	ck_assert_uint_eq(plan.jobs[0].relay.mark, 0);
}
END_TEST

START_TEST(queries_in_the_way_keep_port_53_and_one_address_both_ways)
{
	static const int ports[SLO_RELAY_UPSTREAMS_MAX] = { 4444, 53 };
	struct slo_relay r = { .upstreams = 2, .udp = true, .mark = SLO_STEP_MARK };
	static struct slo_step s;

	ck_assert_int_eq(slo_host_port_parse("[fd00::1]:53", &r.upstream[0], NULL), 0);
	ck_assert_int_eq(slo_host_port_parse("10.0.0.2:53", &r.upstream[1], NULL), 0);
	ck_assert_int_eq(slo_plan_way(&r, ports, &s, NULL), 0);
	ck_assert_ptr_nonnull(strstr(s.script, "ip6 daddr fd00::1 udp dport 53 ct mark set 0x51f0 counter redirect to :4444\n"));
	ck_assert_ptr_nonnull(strstr(s.script, "ip daddr 10.0.0.2 udp dport 53 counter notrack ip daddr set 127.83.76.2\n"));
	ck_assert_ptr_nonnull(strstr(s.script, "ip saddr 127.83.76.2 udp sport 53 ip saddr set 10.0.0.2\n"));
	ck_assert_ptr_nonnull(strstr(s.script, "ip saddr 127.83.76.2 tcp sport 53 ip saddr set 10.0.0.2\n"));
	ck_assert_ptr_null(strstr(s.script, "127.83.76.1"));
	ck_assert_ptr_null(strstr(s.script, "10.0.0.2 udp dport 53 ct mark"));
}
END_TEST

START_TEST(connections_to_loopback_are_handed_over_unchanged)
{
	static const int ports[SLO_RELAY_UPSTREAMS_MAX] = { 4444, 5555 };
	struct slo_relay r = { .upstreams = 2, .mark = SLO_STEP_MARK };
	static struct slo_step s;

	ck_assert_int_eq(slo_host_port_parse("127.0.0.7:80", &r.upstream[0], NULL), 0);
	ck_assert_int_eq(slo_host_port_parse("10.0.0.2:80", &r.upstream[1], NULL), 0);
	ck_assert_int_eq(slo_plan_way(&r, ports, &s, NULL), 0);
	ck_assert_ptr_nonnull(strstr(s.script, "ip daddr 127.0.0.7 tcp dport 80 counter tproxy ip to 127.0.0.1:4444\n"));
	ck_assert_ptr_nonnull(strstr(s.script, "ip daddr 10.0.0.2 tcp dport 80 ct mark set 0x51f0 counter redirect to :5555\n"));
	ck_assert_ptr_null(strstr(s.script, "redirect to :4444"));
	ck_assert_ptr_null(strstr(s.script, "127.0.0.1:5555"));
}
END_TEST

START_TEST(refuses_the_hosts_own_network_and_what_is_not_named)
{
	static const struct {
		int fault;
		const char *peer;
		bool host;
		int ret;
	} cases[] = {
		{ SLO_FAULT_DNS_LATENCY, NULL, true, -EPERM },     { SLO_FAULT_EGRESS_LOSS, NULL, false, -EINVAL },
		{ SLO_FAULT_EGRESS_LOSS, "10.0.0.1", true, -EPERM }, { SLO_FAULT_PROVIDER_ERROR, NULL, false, -EINVAL },
		{ SLO_FAULT_PROVIDER_ERROR, "10.0.0.1", false, -EINVAL }, { SLO_FAULT_EGRESS_DELAY, "10.0.0.1", false, -ENOTSUP },
		{ SLO_FAULT_CPU_THROTTLE, NULL, false, -EINVAL },  { SLO_FAULT_DISK_SLOW, NULL, false, -EINVAL },
		{ SLO_FAULT_BASELINE, NULL, false, -ENOTSUP },
	};
	const struct slo_plan_env env = { &io, false, "a" };

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		struct slo_fault_spec s = spec_of(cases[i].fault, cases[i].peer);
		struct slo_err err = { .what = "" };

		if (cases[i].host)
			s.ns.ino = 0;
		ck_assert_int_eq(slo_fault_plan(&s, &env, &plan, &err), cases[i].ret);
		ck_assert(err.what[0]);
		ck_assert(!cases[i].host || strstr(err.what, "--yes-this-host"));
		s.yes_this_host = true;
		ck_assert(!cases[i].host || cases[i].fault != SLO_FAULT_EGRESS_LOSS || slo_fault_plan(&s, &env, &plan, NULL) == 0);
	}
	ck_assert_int_eq(net.ops, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fault");
	TCase *c = tcase_create("fault");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, c);
	tcase_add_checked_fixture(c, setup, NULL);
	tcase_add_test(c, every_fault_of_the_label_schema_has_an_injector);
	tcase_add_test(c, a_delay_is_a_band_behind_a_filter_on_port_53_of_every_device);
	tcase_add_test(c, a_peer_narrows_the_filter_to_its_family_prefix_and_port);
	tcase_add_loop_test(c, undo_leaves_nothing_whichever_change_fails, 0, (int)SLO_ARRAY_LEN(rows));
	tcase_add_loop_test(c, says_what_is_left_when_it_cannot_undo_and_can_later, 0, (int)SLO_ARRAY_LEN(rows));
	tcase_add_loop_test(c, two_bands_share_the_root_and_go_in_either_order, 0, 2);
	tcase_add_test(c, a_proxy_comes_before_what_leads_to_it_and_its_connections_are_forgotten);
	tcase_add_test(c, queries_in_the_way_keep_port_53_and_one_address_both_ways);
	tcase_add_test(c, connections_to_loopback_are_handed_over_unchanged);
	tcase_add_test(c, refuses_the_hosts_own_network_and_what_is_not_named);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
