/* SPDX-License-Identifier: MIT */
/* The checks beyond the published ones: rights, what the host offers, hooks, signals. */
#include "probe/prober_internal.h"

#include "base/err.h"
#include "probe/caps.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *check;
	enum slo_cap cap;
	enum slo_check_severity severity;
} caps[] = {
	{ "cap_bpf", SLO_CAP_BPF, SLO_CHECK_WARNING },
	{ "cap_perfmon", SLO_CAP_PERFMON, SLO_CHECK_WARNING },
	{ "cap_net_raw", SLO_CAP_NET_RAW, SLO_CHECK_WARNING },
	{ "cap_sys_ptrace", SLO_CAP_SYS_PTRACE, SLO_CHECK_WARNING },
	{ "cap_dac_read_search", SLO_CAP_DAC_READ_SEARCH, SLO_CHECK_WARNING },
	{ "cap_sys_admin", SLO_CAP_SYS_ADMIN, SLO_CHECK_INFO },
	{ "cap_net_admin", SLO_CAP_NET_ADMIN, SLO_CHECK_INFO },
	{ "cap_sys_resource", SLO_CAP_SYS_RESOURCE, SLO_CHECK_INFO },
};

void judge_rights(struct judging *j)
{
	const struct slo_facts *f = &j->p->facts;

	for (size_t i = 0; i < SLO_ARRAY_LEN(caps); i++) {
		char required[160], remedy[128];
		struct demand d = { caps[i].check, caps[i].severity, required, remedy };
		bool held = slo_facts_cap(f, caps[i].cap);
		const char *name = slo_cap_name(caps[i].cap), *how = f->caps_err ? "not known" : !held ? "missing" :
				   f->caps >> caps[i].cap & 1 ? "held" : "CAP_SYS_ADMIN stands in for it";

		snprintf(required, sizeof(required), "%s, %s", name, slo_cap_purpose(caps[i].cap));
		snprintf(remedy, sizeof(remedy), "grant %s; agent --print-caps says which signals need it", name);
		judge(j, &d, held, "%s: %s", name, how);
	}
}

static void judge_lockdown(struct judging *j)
{
	static const struct demand d = {
		"lockdown", SLO_CHECK_WARNING, "none or integrity",
		"boot without lockdown=confidentiality: it forbids BPF to read the kernel's memory",
	};
	const struct slo_facts *f = &j->p->facts;

	switch (f->lockdown) {
	case SLO_LOCKDOWN_UNREADABLE:
		judge_skip(judge(j, &d, false, "not known: /sys/kernel/security/lockdown cannot be read "
				 "(securityfs not mounted?)"));
		break;
	case SLO_LOCKDOWN_NOT_COMPILED:
		judge(j, &d, true, "not compiled in");
		break;
	default:
		judge(j, &d, f->lockdown == SLO_LOCKDOWN_NONE || f->lockdown == SLO_LOCKDOWN_INTEGRITY, "%s",
		      f->lockdown_text);
	}
}

static void judge_settings(struct judging *j)
{
	static const struct demand bpf = {
		"bpf_syscall", SLO_CHECK_WARNING, "bpf(2) lets us make a map",
		"needs CONFIG_BPF_SYSCALL, CAP_BPF, and a seccomp profile that allows bpf(2)",
	};
	static const struct demand unprivileged = {
		"unprivileged_bpf", SLO_CHECK_INFO, "kernel.unprivileged_bpf_disabled 1 or 2",
		"set it; the agent does not need it at 0",
	};
	static const struct demand paranoid = {
		"perf_event_paranoid", SLO_CHECK_INFO,
		"<= 2, or CAP_SYS_ADMIN, for kprobes; uprobes and classic tracepoints want that at any value",
		"sysctl kernel.perf_event_paranoid=2, or grant CAP_SYS_ADMIN",
	};
	const struct slo_facts *f = &j->p->facts;

	judge(j, &bpf, !j->p->bpf_err, "%s", j->p->bpf_err ? slo_strerror(j->p->bpf_err) : "works");
	if (f->unprivileged_bpf == SLO_FACT_UNKNOWN)
		judge_skip(judge(j, &unprivileged, false, "not known"));
	else
		judge(j, &unprivileged, f->unprivileged_bpf != 0, "%lld", (long long)f->unprivileged_bpf);
	if (f->paranoid == SLO_FACT_UNKNOWN)
		judge_skip(judge(j, &paranoid, false, "not known"));
	else
		judge(j, &paranoid, f->paranoid <= 2 || slo_facts_cap(f, SLO_CAP_SYS_ADMIN), "%lld",
		      (long long)f->paranoid);
}

static void judge_files(struct judging *j)
{
	static const struct demand tracefs = {
		"tracefs", SLO_CHECK_INFO, "mounted and readable, for classic tracepoints",
		"mount -t tracefs nodev /sys/kernel/tracing; other kinds of hook do not need it",
	};
	static const struct demand cgroup = {
		"cgroup", SLO_CHECK_WARNING, "a cgroup hierarchy is mounted",
		"mount it; in a container, mount the host's /sys/fs/cgroup",
	};
	static const struct demand psi = {
		"psi", SLO_CHECK_WARNING, "/proc/pressure can be read", "boot with psi=1 (CONFIG_PSI)",
	};
	const struct slo_facts *f = &j->p->facts;

	if (!f->tracefs_err)
		judge(j, &tracefs, true, "%s", f->tracefs);
	else if (f->tracefs[0])
		judge(j, &tracefs, false, "%s: %s", f->tracefs, slo_strerror(f->tracefs_err));
	else
		judge(j, &tracefs, false, "not mounted, or not ours to read");
	judge(j, &cgroup, f->cgroup_v1 || f->cgroup_v2, "%s",
	      f->cgroup_v1 && f->cgroup_v2 ? "hybrid: version 1 controllers, and version 2" :
	      f->cgroup_v2 ? "version 2" : f->cgroup_v1 ? "version 1" : "none");
	judge(j, &psi, !f->psi_err, "%s", f->psi_err ? slo_strerror(f->psi_err) : "/proc/pressure");
}

static const char *whose(int own)
{
	return own < 0 ? "not known" : own ? "of its own" : "the host's";
}

static void judge_place(struct judging *j)
{
	static const struct demand packet = {
		"packet_socket", SLO_CHECK_BLOCKER, "a packet socket with a ring can be opened",
		"grant CAP_NET_RAW: without packets no request of a service is timed",
	};
	static const struct demand place = {
		"environment", SLO_CHECK_WARNING, "the host's namespaces of processes and users",
		"run the agent's container with hostPID and without a user namespace",
	};
	const struct slo_facts *f = &j->p->facts;

	judge(j, &packet, !j->p->packet_err, "%s", j->p->packet_err ? j->p->packet_why : "works");
	judge(j, &place, f->own_pids != 1 && f->own_users != 1, "%s (%s); process namespace: %s; user namespace: %s",
	      f->container ? "container" : "host",
	      f->container ? f->container_sign : "no /run/systemd/container, /.dockerenv, "
							 "/run/.containerenv, container cgroup",
	      whose(f->own_pids), whose(f->own_users));
}

void judge_host(struct judging *j)
{
	judge_lockdown(j);
	judge_settings(j);
	judge_files(j);
	judge_place(j);
}

void judge_hooks(struct judging *j)
{
	for (int i = 0; i < SLO_HOOK__COUNT; i++) {
		const struct slo_hook_result *r = &j->p->hooks[i];
		char name[48];
		/* Whether a refused kind costs a signal is said by the signal. */
		struct demand d = { name, SLO_CHECK_INFO, "loads, attaches and lets go",
				    "nothing to do unless a signal below asks for it" };

		snprintf(name, sizeof(name), "hook_%s", slo_hook_name(i));
		if (r->err)
			judge(j, &d, false, "%s: %s%s%s", r->stage, slo_strerror(r->err), r->words[0] ? ": " : "",
			      r->words);
		else
			judge(j, &d, true, "works%s%s", r->words[0] ? ", tried on " : "", r->words);
	}
}

void judge_signals(struct judging *j)
{
	for (int i = 0; i < SLO_SIGNAL__COUNT; i++) {
		const struct slo_prober_signal *s = &j->p->signals[i];
		char name[48];
		struct demand d = { name, SLO_CHECK_WARNING, "measured, by the best means the agent has",
				    "see the reasons, and the checks above that are not met" };
		bool met = s->by == SLO_BY_BPF || (s->by != SLO_BY_NOBODY && !s->tried);

		snprintf(name, sizeof(name), "signal_%s", slo_enum_name(&slo_signal_enum, i));
		judge(j, &d, met, "%s%s%s%s%s", s->provider[0] ? s->provider : "not captured",
		      s->why[0] ? ": " : "", s->why, s->passed_over[0] ? "; not taken: " : "", s->passed_over);
	}
}
