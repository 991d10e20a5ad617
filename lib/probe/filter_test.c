/* SPDX-License-Identifier: MIT */
#include "probe/filter.h"

#include <check.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"

enum { WATCHED = 1600, OTHER = 128, LO = 1 };

/* What the kernel knows about a packet beside its bytes. */
struct meta {
	uint32_t ifindex, pkttype, protocol;
};

struct machine {
	const uint8_t *p;
	uint32_t len;
	const struct meta *m;
	uint32_t a, x, mem[16];
};

static uint32_t load(const struct machine *vm, uint32_t at, uint32_t size, int *out)
{
	uint32_t v = 0;

	if (at >= (uint32_t)SKF_AD_OFF) {
		at -= (uint32_t)SKF_AD_OFF;
		return at == SKF_AD_PROTOCOL ? vm->m->protocol : at == SKF_AD_PKTTYPE ? vm->m->pkttype : vm->m->ifindex;
	}
	if (at > vm->len || size > vm->len - at) {
		*out = 1; /* the kernel then drops the packet */
		return 0;
	}
	for (uint32_t i = 0; i < size; i++)
		v = v << 8 | vm->p[at + i];
	return v;
}

static uint32_t alu(int code, uint32_t a, uint32_t b)
{
	switch (BPF_OP(code)) {
	case BPF_XOR:
		return a ^ b;
	case BPF_MUL:
		return a * b;
	case BPF_RSH:
		return a >> b;
	case BPF_AND:
		return a & b;
	default:
		ck_abort_msg("operation %#x", code);
		return 0;
	}
}

static int jumps(const struct sock_filter *f, uint32_t a)
{
	switch (BPF_OP(f->code)) {
	case BPF_JEQ:
		return a == f->k ? f->jt : f->jf;
	case BPF_JSET:
		return a & f->k ? f->jt : f->jf;
	case BPF_JA:
		return (int)f->k;
	default:
		ck_abort_msg("jump %#x", f->code);
		return 0;
	}
}

static void step(struct machine *vm, const struct sock_filter *f, int *out)
{
	static const uint32_t sizes[] = { [BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1 };

	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
		vm->a = load(vm, BPF_MODE(f->code) == BPF_IND ? vm->x + f->k : f->k, sizes[BPF_SIZE(f->code) >> 3],
			     out);
		break;
	case BPF_LDX:
		vm->x = BPF_MODE(f->code) == BPF_IMM ? f->k : BPF_MODE(f->code) == BPF_MEM ? vm->mem[f->k] :
			(load(vm, f->k, 1, out) & 0xf) * 4;
		break;
	case BPF_ST:
		vm->mem[f->k] = vm->a;
		break;
	case BPF_ALU:
		vm->a = alu(f->code, vm->a, BPF_SRC(f->code) == BPF_X ? vm->x : f->k);
		break;
	default:
		ck_abort_msg("instruction %#x", f->code);
	}
}

static uint32_t run(const struct sock_filter *code, int n, const uint8_t *p, uint32_t len, const struct meta *m)
{
	struct machine vm = { .p = p, .len = len, .m = m };
	int out = 0;

	for (int i = 0; i < n; i++) {
		const struct sock_filter *f = &code[i];

		if (BPF_CLASS(f->code) == BPF_RET)
			return f->k;
		if (BPF_CLASS(f->code) == BPF_JMP)
			i += jumps(f, vm.a);
		else
			step(&vm, f, &out);
		if (out)
			return 0;
	}
	ck_abort_msg("ran off the end");
	return 0;
}

static const uint16_t watch[] = { 8000, 8080 }, dns[] = { 53 };
static struct slo_filter_opts opts;
static struct sock_filter code[SLO_FILTER_MAX];
static int count;

static void setup(void)
{
	opts = (struct slo_filter_opts){ .watch = watch, .watch_count = 2, .dns = dns, .dns_count = 1,
					 .snap_watched = WATCHED, .snap_other = OTHER, .lo_ifindex = LO };
	count = slo_filter_build(&opts, code);
	ck_assert_int_gt(count, 0);
}

static uint32_t packet4(uint8_t p[80], uint8_t proto, uint16_t sport, uint16_t dport, uint32_t options)
{
	uint32_t ports = 20 + options;

	memset(p, 0, 80);
	p[0] = (uint8_t)(0x40 | (ports / 4));
	p[9] = proto;
	p[ports] = (uint8_t)(sport >> 8);
	p[ports + 1] = (uint8_t)sport;
	p[ports + 2] = (uint8_t)(dport >> 8);
	p[ports + 3] = (uint8_t)dport;
	return ports + 20;
}

static uint32_t packet6(uint8_t p[80], uint8_t next, uint16_t sport, uint16_t dport)
{
	memset(p, 0, 80);
	p[0] = 0x60;
	p[6] = next;
	p[40] = (uint8_t)(sport >> 8);
	p[41] = (uint8_t)sport;
	p[42] = (uint8_t)(dport >> 8);
	p[43] = (uint8_t)dport;
	return 60;
}

static const struct meta eth4 = { 2, PACKET_HOST, ETH_P_IP }, eth6 = { 2, PACKET_HOST, ETH_P_IPV6 };

START_TEST(keeps_what_its_description_says)
{
	static const struct {
		uint8_t proto;
		uint16_t sport, dport;
		uint32_t want;
	} cases[] = {
		{ IPPROTO_TCP, 40000, 8000, WATCHED },
		{ IPPROTO_TCP, 8080, 40000, WATCHED },
		{ IPPROTO_TCP, 40000, 443, OTHER },
		{ IPPROTO_TCP, 40000, 53, OTHER },
		{ IPPROTO_UDP, 40000, 53, WATCHED },
		{ IPPROTO_UDP, 53, 40000, WATCHED },
		{ IPPROTO_UDP, 40000, 8000, 0 },
		{ IPPROTO_UDP, 40000, 443, 0 },
		{ 47, 40000, 8000, 0 },
	};
	uint8_t p[80];

	for (size_t i = 0; i < SLO_ARRAY_LEN(cases); i++) {
		uint32_t n;

		for (uint32_t o = 0; o <= 40; o += 20) {
			n = packet4(p, cases[i].proto, cases[i].sport, cases[i].dport, o);
			ck_assert_uint_eq(run(code, count, p, n, &eth4), cases[i].want);
		}
		n = packet6(p, cases[i].proto, cases[i].sport, cases[i].dport);
		ck_assert_uint_eq(run(code, count, p, n, &eth6), cases[i].want);
	}
}
END_TEST

START_TEST(drops_later_fragments_and_keeps_first_ones)
{
	uint8_t p[80];
	uint32_t n = packet4(p, IPPROTO_TCP, 40000, 8000, 0);

	p[6] = 0x20;
	ck_assert_uint_eq(run(code, count, p, n, &eth4), WATCHED);
	p[7] = 1;
	ck_assert_uint_eq(run(code, count, p, n, &eth4), 0);
}
END_TEST

START_TEST(drops_loopbacks_outgoing_copies_only)
{
	static const struct meta out = { LO, PACKET_OUTGOING, ETH_P_IP }, in = { LO, PACKET_HOST, ETH_P_IP },
				 eth_out = { 2, PACKET_OUTGOING, ETH_P_IP };
	uint8_t p[80];
	uint32_t n = packet4(p, IPPROTO_TCP, 40000, 8000, 0);

	ck_assert_uint_eq(run(code, count, p, n, &out), 0);
	ck_assert_uint_eq(run(code, count, p, n, &in), WATCHED);
	ck_assert_uint_eq(run(code, count, p, n, &eth_out), WATCHED);
}
END_TEST

START_TEST(keeps_unreachable_messages_and_extension_headers)
{
	static const struct meta arp = { 2, PACKET_HOST, ETH_P_ARP };
	uint8_t p[80];
	uint32_t n = packet4(p, IPPROTO_ICMP, 0x0301, 0, 0);

	ck_assert_uint_eq(run(code, count, p, n, &eth4), OTHER);
	p[20] = 8;
	ck_assert_uint_eq(run(code, count, p, n, &eth4), 0);
	n = packet6(p, IPPROTO_ICMPV6, 0x0104, 0);
	ck_assert_uint_eq(run(code, count, p, n, &eth6), OTHER);
	p[40] = 128;
	ck_assert_uint_eq(run(code, count, p, n, &eth6), 0);
	n = packet6(p, IPPROTO_HOPOPTS, 0, 0);
	ck_assert_uint_eq(run(code, count, p, n, &eth6), OTHER);
	n = packet6(p, IPPROTO_FRAGMENT, 0, 0);
	ck_assert_uint_eq(run(code, count, p, n, &eth6), 0);
	ck_assert_uint_eq(run(code, count, p, n, &arp), 0);
}
END_TEST

START_TEST(short_packets_are_dropped_and_not_read_past)
{
	uint8_t p[80];
	uint32_t n = packet4(p, IPPROTO_TCP, 40000, 8000, 0);

	for (uint32_t k = 0; k < 22; k++)
		ck_assert_uint_eq(run(code, count, p, k, &eth4), 0);
	ck_assert_uint_eq(run(code, count, p, n, &eth4), WATCHED);
}
END_TEST

START_TEST(kept_and_shed_are_complements_by_flow)
{
	struct sock_filter shed[SLO_FILTER_MAX];
	struct slo_rng rng;
	uint64_t kept = 0, all = 0;
	int n;

	slo_rng_seed(&rng, 5);
	for (opts.level = 1; opts.level <= SLO_FILTER_MAX_LEVEL; opts.level++) {
		opts.complement = false;
		count = slo_filter_build(&opts, code);
		opts.complement = true;
		n = slo_filter_build(&opts, shed);
		ck_assert_int_gt(n, 0);
		for (int i = 0; i < 2000; i++) {
			uint16_t a = (uint16_t)(slo_rng_below(&rng, 32768) * 2),
				 b = i % 2 ? 8000 : 443; /* even client ports */
			uint8_t p[80], q[80];
			uint32_t len = packet4(p, IPPROTO_TCP, a, b, 0), want = b == 443 ? OTHER : WATCHED;
			bool keep = (slo_filter_hash(a, b) & ((1u << opts.level) - 1)) == 0;

			packet6(q, IPPROTO_TCP, b, a);
			ck_assert_uint_eq(run(code, count, p, len, &eth4), keep ? want : 0);
			ck_assert_uint_eq(run(shed, n, p, len, &eth4), !keep);
			ck_assert_uint_eq(run(code, count, q, 60, &eth6), keep ? want : 0); /* the other direction */
			ck_assert_uint_eq(run(shed, n, q, 60, &eth6), !keep);
			kept += opts.level == 2 && keep;
			all += opts.level == 2;
		}
	}
	ck_assert_uint_gt(kept * 4, all * 8 / 10); /* about a quarter */
	ck_assert_uint_lt(kept * 4, all * 12 / 10);
}
END_TEST

START_TEST(nothing_unwanted_is_counted_as_shed)
{
	uint8_t p[80];
	uint32_t n = packet4(p, IPPROTO_UDP, 40000, 443, 0);

	opts.complement = true;
	for (opts.level = 0; opts.level <= 3; opts.level++) {
		count = slo_filter_build(&opts, code);
		ck_assert_uint_eq(run(code, count, p, n, &eth4), 0);
	}
	opts.level = 0;
	count = slo_filter_build(&opts, code);
	n = packet4(p, IPPROTO_TCP, 40000, 8000, 0);
	ck_assert_uint_eq(run(code, count, p, n, &eth4), 0);
}
END_TEST

START_TEST(the_most_ports_fit_and_more_are_refused)
{
	uint16_t many[SLO_FILTER_MAX_PORTS + 1];
	uint8_t p[80];
	uint32_t n;

	for (uint16_t i = 0; i <= SLO_FILTER_MAX_PORTS; i++)
		many[i] = (uint16_t)(9000 + i);
	opts.watch = opts.dns = many;
	opts.watch_count = opts.dns_count = SLO_FILTER_MAX_PORTS;
	opts.level = SLO_FILTER_MAX_LEVEL;
	ck_assert_int_gt(slo_filter_build(&opts, code), 0);
	opts.level = 0;
	count = slo_filter_build(&opts, code);
	for (uint16_t i = 0; i <= SLO_FILTER_MAX_PORTS; i++) {
		uint32_t want = i < SLO_FILTER_MAX_PORTS ? WATCHED : OTHER;

		n = packet4(p, IPPROTO_TCP, many[i], 40000, 0);
		ck_assert_uint_eq(run(code, count, p, n, &eth4), want);
		n = packet4(p, IPPROTO_UDP, 40000, many[i], 0);
		ck_assert_uint_eq(run(code, count, p, n, &eth4), want == WATCHED ? WATCHED : 0);
	}
	opts.watch_count++;
	ck_assert_int_eq(slo_filter_build(&opts, code), -EINVAL);
	opts.watch_count = 0;
	opts.dns_count = 0;
	count = slo_filter_build(&opts, code);
	ck_assert_int_gt(count, 0);
	n = packet4(p, IPPROTO_TCP, 8000, 40000, 0);
	ck_assert_uint_eq(run(code, count, p, n, &eth4), OTHER);
	opts.snap_other = 0;
	ck_assert_int_eq(slo_filter_build(&opts, code), -EINVAL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		keeps_what_its_description_says, drops_later_fragments_and_keeps_first_ones,
		drops_loopbacks_outgoing_copies_only, keeps_unreachable_messages_and_extension_headers,
		short_packets_are_dropped_and_not_read_past, kept_and_shed_are_complements_by_flow,
		nothing_unwanted_is_counted_as_shed, the_most_ports_fit_and_more_are_refused,
	};
	Suite *s = suite_create("filter");
	TCase *tc = tcase_create("filter");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	for (size_t i = 0; i < SLO_ARRAY_LEN(tests); i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed > 0;
}
