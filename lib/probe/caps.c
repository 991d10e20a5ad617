/* SPDX-License-Identifier: MIT */
#include "probe/caps.h"

#include <string.h>

enum { PARANOID_STRICT = 3 }; /* Debian's and Ubuntu's: perf_event_open(2) for CAP_SYS_ADMIN alone */

static const struct {
	enum slo_cap cap;
	const char *name, *purpose;
} caps[] = {
	{ SLO_CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "to find the processes of other users' services" },
	{ SLO_CAP_NET_ADMIN, "CAP_NET_ADMIN", "to filter packets by cgroup where DNS is hooked so, and to inject network faults" },
	{ SLO_CAP_NET_RAW, "CAP_NET_RAW", "to time requests from packets" },
	{ SLO_CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "to find the processes of other users' services" },
	{ SLO_CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "for uprobes and BPF run time statistics" },
	{ SLO_CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "for maps beyond the memory lock limit, before Linux 5.11" },
	{ SLO_CAP_PERFMON, "CAP_PERFMON", "to trace the kernel with them" },
	{ SLO_CAP_BPF, "CAP_BPF", "to load BPF programs" },
};

#define ANY "tp_btf raw_tp fentry kprobe tp uprobe cgroup_skb"

static bool strict_perf(const struct slo_caps_in *in)
{
	return in->paranoid == SLO_FACT_UNKNOWN || in->paranoid >= PARANOID_STRICT;
}

static bool memory_locked(const struct slo_caps_in *in)
{
	return in->major && (in->major < 5 || (in->major == 5 && in->minor < 11));
}

/* Before Linux 6.0 every bpf(2) call asks for it where unprivileged BPF is off. */
static bool maps_guarded(const struct slo_caps_in *in)
{
	return in->major && in->major < 6;
}

static bool lenient_perf(const struct slo_caps_in *in)
{
	return !strict_perf(in);
}

static bool packets(const struct slo_caps_in *in)
{
	return in->packets;
}

static bool services(const struct slo_caps_in *in)
{
	return in->services;
}

static bool guard(const struct slo_caps_in *in)
{
	return in->guard;
}

static bool always(const struct slo_caps_in *in)
{
	(void)in;
	return true;
}

static bool never(const struct slo_caps_in *in)
{
	(void)in;
	return false;
}

#define REATTACH "a probe that was detached (overhead guard, reload) is attached again"

/* Rules with kinds apply to the signals that such a hook measures; those without, to the whole. */
static const struct rule {
	enum slo_cap cap;
	const char *kinds;
	bool (*when)(const struct slo_caps_in *in);
	bool (*later)(const struct slo_caps_in *in);
	bool optional;
	const char *what, *why, *later_why;
} rules[] = {
	{ SLO_CAP_BPF, ANY, always, maps_guarded, false, NULL, "bpf(2) makes maps and loads programs",
	  "every bpf(2) call asks for it before Linux 6.0 where unprivileged BPF is off" },
	/* What is loaded is attached to tracepoints and functions (tp_btf, raw_tp, fentry) again without any. */
	{ SLO_CAP_PERFMON, ANY, always, never, false, NULL, "programs that read the kernel's memory", NULL },
	{ SLO_CAP_PERFMON, "kprobe", lenient_perf, always, false, NULL, "perf_event_open(2) puts kprobes", REATTACH },
	{ SLO_CAP_SYS_ADMIN, "uprobe", always, always, false, NULL,
	  "perf_event_open(2) puts uprobes for no other, whatever kernel.perf_event_paranoid is",
	  "libraries of processes that start later" },
	{ SLO_CAP_SYS_ADMIN, "kprobe", strict_perf, always, false, NULL,
	  "perf_event_open(2) asks it at kernel.perf_event_paranoid 3 and above", REATTACH },
	{ SLO_CAP_SYS_ADMIN, "tp", always, always, false, NULL,
	  "BPF_BTF_GET_NEXT_ID: types of modules; perf_event_open(2) at kernel.perf_event_paranoid 3", REATTACH },
	{ SLO_CAP_DAC_READ_SEARCH, "tp", always, always, false, NULL, "tracefs is root's alone", REATTACH },
	{ SLO_CAP_NET_ADMIN, "cgroup_skb", always, always, false, NULL, "attaching a packet filter to a cgroup",
	  REATTACH },
	{ SLO_CAP_NET_RAW, NULL, packets, guard, false, "packets: requests, and what tracing does not see",
	  "socket(2) of AF_PACKET", "the overhead guard opens a second socket to count what it sheds" },
	{ SLO_CAP_SYS_PTRACE, NULL, services, always, false, "watched services",
	  "/proc/PID of other users' processes: descriptors, memory maps", "processes that start later" },
	{ SLO_CAP_DAC_READ_SEARCH, NULL, services, always, false, "watched services",
	  "/proc/PID/fd of other users' processes", "processes that start later" },
	{ SLO_CAP_SYS_PTRACE, "uprobe", always, always, false, NULL, "which libraries other users' processes have mapped",
	  "processes that start later" },
	{ SLO_CAP_SYS_RESOURCE, ANY, memory_locked, never, false, NULL, "maps count as locked memory before Linux 5.11",
	  NULL },
	{ SLO_CAP_SYS_ADMIN, ANY, always, always, true, "the overhead guard, bpf_cpu_pct",
	  "BPF_ENABLE_STATS: what the programs cost in the kernel", "what the programs cost" },
	{ SLO_CAP_DAC_READ_SEARCH, ANY, always, always, true, "names of containers, libraries in private directories",
	  "open_by_handle_at(2): a cgroup by its number; files others may not read", "containers that start later" },
};

_Static_assert(sizeof(rules) / sizeof(rules[0]) <= SLO_CAPS_ROWS, "every rule has room");

static bool listed(const char *kinds, const char *kind)
{
	size_t n = strlen(kind);

	for (const char *at = kinds; n > 0 && (at = strstr(at, kind)); at += n)
		if ((at == kinds || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static uint32_t signals_of(const struct slo_caps_in *in, const char *kinds)
{
	uint32_t signals = 0;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		if (in->rung[s] && listed(kinds, in->rung[s]))
			signals |= 1u << s;
	return signals;
}

size_t slo_caps_needs(const struct slo_caps_in *in, struct slo_caps_row rows[SLO_CAPS_ROWS])
{
	size_t n = 0;

	for (size_t i = 0; i < SLO_ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];
		uint32_t signals = r->kinds ? signals_of(in, r->kinds) : 0;

		if (!r->when(in) || (r->kinds && !signals))
			continue;
		rows[n++] = (struct slo_caps_row){
			.cap = r->cap, .needed = !r->optional && !(r->kinds && in->best_effort), .later = r->later(in),
			.signals = signals, .what = r->what, .why = r->why, .later_why = r->later(in) ? r->later_why : NULL,
		};
	}
	return n;
}

static bool picked(const struct slo_caps_row *r, enum slo_caps_pick pick)
{
	return pick == SLO_CAPS_USEFUL || (pick == SLO_CAPS_NEEDED ? r->needed : r->later);
}

uint64_t slo_caps_set(const struct slo_caps_row *rows, size_t n, enum slo_caps_pick pick)
{
	uint64_t set = 0;

	for (size_t i = 0; i < n; i++)
		if (picked(&rows[i], pick))
			set |= 1ULL << rows[i].cap;
	return set;
}

void slo_caps_names(uint64_t set, struct slo_buf *out)
{
	const char *between = "";

	for (size_t i = 0; i < SLO_ARRAY_LEN(caps); i++) {
		if (!(set >> caps[i].cap & 1))
			continue;
		slo_buf_addf(out, "%s%s", between, caps[i].name);
		between = " ";
	}
}

void slo_caps_subject(const struct slo_caps_row *row, const struct slo_caps_in *in, struct slo_buf *out)
{
	const char *between = "";

	if (row->what) {
		slo_buf_addf(out, "%s", row->what);
		return;
	}
	if (row->signals == signals_of(in, ANY) && (row->signals & (row->signals - 1))) {
		slo_buf_addf(out, "every traced signal");
		return;
	}
	for (int s = 0; s < SLO_SIGNAL__COUNT; s++) {
		if (!(row->signals >> s & 1))
			continue;
		slo_buf_addf(out, "%s%s", between, slo_enum_name(&slo_signal_enum, s));
		between = ", ";
	}
}

static size_t find(enum slo_cap cap)
{
	size_t i = 0;

	while (i < SLO_ARRAY_LEN(caps) && caps[i].cap != cap)
		i++;
	return i;
}

const char *slo_cap_name(enum slo_cap cap)
{
	size_t i = find(cap);

	return i < SLO_ARRAY_LEN(caps) ? caps[i].name : NULL;
}

const char *slo_cap_purpose(enum slo_cap cap)
{
	size_t i = find(cap);

	return i < SLO_ARRAY_LEN(caps) ? caps[i].purpose : NULL;
}
