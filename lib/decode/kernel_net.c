/* SPDX-License-Identifier: MIT */
#include "decode/kernel_internal.h"

#include "base/str.h"
#include "bpf/outcome.h"
#include "decode/kernel.h"

#include <stdio.h>

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

void kernel_connect_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	static const char *const endings[] = {
		[SLO_CONNECT_BY_KERNEL] = "",
		[SLO_CONNECT_BY_CALLER] = ", given up by the caller",
		[SLO_CONNECT_BY_DEADLINE] = ", over the deadline",
		[SLO_CONNECT_NEVER_SENT] = " before a SYN was sent",
	};
	const char *outcome = slo_kernel_outcome(e->outcome);
	const char *ending = e->info[2] < SLO_ARRAY_LEN(endings) ? endings[e->info[2]] : "";
	uint32_t again = e->info[0], sent = e->info[1];

	if (e->outcome == SLO_BPF_TIMED_OUT)
		snprintf(to, size, "%s after %u SYN%s", outcome, sent, ending);
	else if (again)
		snprintf(to, size, "%s after %u SYN retransmission%s%s", *outcome ? outcome : "ok", again,
			 plural(again), ending);
	else
		snprintf(to, size, "%s%s", *outcome ? outcome : "ok", ending);
}

/* Of include/net/tcp_states.h in the kernel, an interface of /proc/net/tcp. */
static const char *state_name(uint32_t state)
{
	static const char *const names[] = {
		"", "established", "SYN sent", "SYN received", "FIN wait 1", "FIN wait 2", "time wait", "closed",
		"close wait", "last ACK", "listening", "closing", "SYN received",
	};

	return state > 0 && state < SLO_ARRAY_LEN(names) ? names[state] : "state unknown";
}

void kernel_retransmit_detail(const struct slo_bpf_event *e, char *to, size_t size)
{
	if (e->info[1] & SLO_RETRANSMIT_SYNACK)
		snprintf(to, size, "SYN-ACK");
	else
		snprintf(to, size, "%s, %u timeout%s in a row, %u segment%s out", state_name(e->info[0]), e->info[3],
			 plural(e->info[3]), e->info[2], plural(e->info[2]));
}
