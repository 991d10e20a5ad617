/* SPDX-License-Identifier: MIT */
#include "net/otlp_names.h"

#include "event/tables.h"

#include <check.h>
#include <stdlib.h>

START_TEST(every_member_of_every_record_has_its_place)
{
	const struct otlp_names *t = &otlp_names[_i];
	const struct slo_rec *rec = slo_event_rec[_i];

	ck_assert_uint_eq(t->count, rec->count);
	for (uint32_t i = 0; i < rec->count; i++) {
		const struct slo_rec_field *f = &rec->fields[i];
		const struct otlp_name *n = &t->names[i];
		bool parts = n->where == OTLP_IN_PARTS || n->where == OTLP_IN_MEASURED_PARTS;

		ck_assert_str_eq(n->key, f->key);
		ck_assert_int_eq(parts, n->parts != NULL);
		if (parts)
			ck_assert_int_eq(f->type, SLO_REC_OBJ);
		for (uint32_t k = 0; parts && k < f->sub->count; k++)
			ck_assert_str_eq(n->parts[k].key, f->sub->fields[k].key);
		if (n->where == OTLP_IN_SPREAD)
			ck_assert_int_eq(f->type, SLO_REC_STRMAP);
		if (n->where == OTLP_IN_RESOURCE)
			ck_assert_int_eq(f->type, SLO_REC_STR);
		ck_assert_int_eq(n->name != NULL, !parts && n->where != OTLP_IN_FIELD && n->where != OTLP_IN_RESOURCE);
	}
}
END_TEST

/* All names of one kind, those of parts included. */
static size_t names_of(int kind, const char *out[64])
{
	const struct otlp_names *t = &otlp_names[kind];
	size_t n = 0;

	for (uint32_t i = 0; i < t->count; i++) {
		if (t->names[i].name)
			out[n++] = t->names[i].name;
		for (uint32_t k = 0; t->names[i].parts && k < slo_event_rec[kind]->fields[i].sub->count; k++)
			out[n++] = t->names[i].parts[k].name;
	}
	return n;
}

START_TEST(no_two_members_of_a_record_share_a_name)
{
	const char *names[64];
	size_t n = names_of(_i, names);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(names[i], names[k]);
}
END_TEST

/* Contract, section 5. */
START_TEST(signals_have_the_published_names)
{
	static const struct {
		const char *signal, *attribute;
	} want[] = {
		{ "dns_latency_ms", "llm.ebpf.dns.latency_ms" },
		{ "tcp_retransmits_total", "llm.ebpf.tcp.retransmits" },
		{ "runqueue_delay_ms", "llm.ebpf.sched.runqueue_delay_ms" },
		{ "connect_latency_ms", "llm.ebpf.net.connect_latency_ms" },
		{ "tls_handshake_ms", "llm.ebpf.tls.handshake_ms" },
		{ "cpu_steal_pct", "llm.ebpf.cpu.steal_pct" },
		{ "mem_reclaim_latency_ms", "llm.ebpf.mm.reclaim_latency_ms" },
		{ "disk_io_latency_ms", "llm.ebpf.blk.io_latency_ms" },
		{ "syscall_latency_ms", "llm.ebpf.syscall.latency_ms" },
		{ "connect_errors_total", "llm.ebpf.net.connect_errors_total" },
		{ "tls_handshake_fail_total", "llm.ebpf.tls.handshake_fail_total" },
		{ "cfs_throttled_ms", "llm.ebpf.cpu.cfs_throttled_ms" },
	};

	ck_assert_uint_eq(SLO_ARRAY_LEN(want), SLO_SIGNAL__COUNT);
	for (size_t i = 0; i < SLO_ARRAY_LEN(want); i++) {
		int signal = slo_enum_find(&slo_signal_enum, slo_str(want[i].signal));

		ck_assert_str_eq(slo_signal_info[signal].attribute, want[i].attribute);
		ck_assert_int_eq(otlp_signal_of(want[i].attribute), signal);
	}
	ck_assert_str_eq(otlp_sli_metric(SLO_SLI_TTFT), "llm.slo.ttft_ms");
	ck_assert_str_eq(otlp_sli_metric(SLO_SLI_THROUGHPUT), "llm.slo.tokens_per_sec");
	for (int i = 0; i < SLO_SLI__COUNT; i++)
		ck_assert_int_eq(otlp_sli_of(otlp_sli_metric(i)), i);
}
END_TEST

static const char *name_of(int kind, const char *key)
{
	const struct otlp_names *t = &otlp_names[kind];

	for (uint32_t i = 0; i < t->count; i++) {
		if (strcmp(t->names[i].key, key) == 0)
			return t->names[i].name;
		for (uint32_t k = 0; t->names[i].parts && k < slo_event_rec[kind]->fields[i].sub->count; k++)
			if (strcmp(t->names[i].parts[k].key, key) == 0)
				return t->names[i].parts[k].name;
	}
	return NULL;
}

/* Contract, sections 5 and 12, as far as they are not the resource's or fields. */
START_TEST(attributes_have_the_published_names)
{
	static const struct {
		int kind;
		const char *key, *name;
	} want[] = {
		{ SLO_KIND_SLO, "event_id", "event.id" },
		{ SLO_KIND_SLO, "request_id", "request.id" },
		{ SLO_KIND_SLO, "workload", "workload" },
		{ SLO_KIND_SLO, "sli_name", "sli.name" },
		{ SLO_KIND_SLO, "sli_value", "sli.value" },
		{ SLO_KIND_SLO, "unit", "sli.unit" },
		{ SLO_KIND_SLO, "status", "sli.status" },
		{ SLO_KIND_SLO, "labels", "label." },
		{ SLO_KIND_PROBE, "signal", "signal" },
		{ SLO_KIND_PROBE, "pid", "pid" },
		{ SLO_KIND_PROBE, "tid", "tid" },
		{ SLO_KIND_PROBE, "value", "value" },
		{ SLO_KIND_PROBE, "unit", "unit" },
		{ SLO_KIND_PROBE, "status", "status" },
		{ SLO_KIND_PROBE, "src_ip", "net.src.ip" },
		{ SLO_KIND_PROBE, "dst_ip", "net.dst.ip" },
		{ SLO_KIND_PROBE, "src_port", "net.src.port" },
		{ SLO_KIND_PROBE, "dst_port", "net.dst.port" },
		{ SLO_KIND_PROBE, "protocol", "net.transport" },
		{ SLO_KIND_PROBE, "errno", "errno" },
		{ SLO_KIND_PROBE, "confidence", "llm.ebpf.correlation_confidence" },
		{ SLO_KIND_SPAN, "confidence", "llm.ebpf.correlation_confidence" },
		{ SLO_KIND_SPAN, "tier", "llm.ebpf.correlation_tier" },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(want); i++)
		ck_assert_str_eq(name_of(want[i].kind, want[i].key), want[i].name);
}
END_TEST

START_TEST(resources_have_the_names_of_the_conventions)
{
	static const char *const want[] = { "k8s.cluster.name", "k8s.node.name", "k8s.namespace.name", "k8s.pod.name",
					    "k8s.container.name", "service.name" };

	for (int i = 0; i < OTLP_LABEL__COUNT; i++)
		ck_assert_str_eq(otlp_labels[i], want[i]);
}
END_TEST

START_TEST(only_lower_case_hex_that_is_not_zero_is_an_id)
{
	ck_assert(otlp_is_hex(slo_str("00000000000000a1"), 16));
	ck_assert(!otlp_is_hex(slo_str("00000000000000A1"), 16));
	ck_assert(!otlp_is_hex(slo_str("0000000000000000"), 16));
	ck_assert(!otlp_is_hex(slo_str("000000000000a1"), 16));
	ck_assert(!otlp_is_hex(slo_str(NULL), 16));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp_names");
	TCase *t = tcase_create("names");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(t, every_member_of_every_record_has_its_place, 0, SLO_KIND__COUNT);
	tcase_add_loop_test(t, no_two_members_of_a_record_share_a_name, 0, SLO_KIND__COUNT);
	tcase_add_test(t, signals_have_the_published_names);
	tcase_add_test(t, attributes_have_the_published_names);
	tcase_add_test(t, resources_have_the_names_of_the_conventions);
	tcase_add_test(t, only_lower_case_hex_that_is_not_zero_is_an_id);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? 1 : 0;
}
