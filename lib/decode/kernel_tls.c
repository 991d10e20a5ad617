/* SPDX-License-Identifier: MIT */
#include "decode/kernel_internal.h"

#include "base/str.h"
#include "bpf/tls.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

struct words {
	char *to;
	size_t size, used;
};

static void __attribute__((format(printf, 2, 3))) add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->used >= w->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(w->to + w->used, w->size - w->used, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->used += (size_t)n;
}

/* X509_V_ERR_* of openssl/x509_vfy.h, an ABI; those a service meets. */
static void add_certificate(struct words *w, uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *name;
	} table[] = {
		{ 2, "issuer missing" },      { 7, "signature wrong" }, { 9, "not yet valid" },
		{ 10, "expired" },            { 18, "self-signed" },    { 19, "chain self-signed" },
		{ 20, "issuer unknown" },     { 21, "issuer unknown" }, { 23, "revoked" },
		{ 24, "issuer is no CA" },    { 26, "purpose wrong" },  { 27, "not trusted" },
		{ 62, "of another host" },    { 64, "of another address" }, { 66, "key too weak" },
		{ 68, "digest too weak" },
	};

	if (code == 0)
		return;
	for (size_t i = 0; i < SLO_ARRAY_LEN(table); i++) {
		if (table[i].code == code) {
			add(w, "certificate %s, ", table[i].name);
			return;
		}
	}
	add(w, "certificate refused (%" PRIu32 "), ", code);
}

static const char *reason(uint32_t kind)
{
	switch (kind) {
	case SLO_TLS_ERROR_SSL:
		return "protocol error, ";
	case SLO_TLS_ERROR_SYSCALL:
		return "connection error, ";
	case SLO_TLS_ERROR_ZERO_RETURN:
		return "closed by the peer, ";
	default:
		return "reason not asked for, ";
	}
}

void kernel_tls_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	static const char *const sides[4] = { "", "client, ", "server, ", "" };
	static const char *const sessions[4] = { "", "full, ", "resumed, ", "" };
	uint32_t packed = e->info[2];
	struct words w = { to, size, 0 };

	add(&w, "%s%s", sides[slo_tls_side_of(packed)], sessions[slo_tls_session_of(packed)]);
	if (e->outcome != SLO_BPF_OK) {
		add(&w, "%s", reason(slo_tls_kind(packed)));
		/* A peer that trusts anybody is told what is wrong as well: only a failure makes it matter. */
		if (slo_tls_kind(packed) != SLO_TLS_ERROR_SYSCALL)
			add_certificate(&w, e->info[3]);
	}
	add(&w, "%" PRIu32 " call%s, %.1f ms in calls", e->info[0], e->info[0] == 1 ? "" : "s",
	    (double)e->info[1] / 1e3);
}
