/* SPDX-License-Identifier: MIT */
/*
 * What a host says about itself: the files the prober judges by. All reading
 * is below a root, so that recorded trees can be judged as well.
 */
#ifndef SLO_PROBE_FACTS_H
#define SLO_PROBE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

enum { SLO_FACT_TEXT = 128, SLO_FACT_UNKNOWN = -1000 };

/* Bits of /proc/PID/status CapEff. */
enum slo_cap {
	SLO_CAP_DAC_READ_SEARCH = 2,
	SLO_CAP_NET_ADMIN = 12,
	SLO_CAP_NET_RAW = 13,
	SLO_CAP_SYS_PTRACE = 19,
	SLO_CAP_SYS_ADMIN = 21,
	SLO_CAP_SYS_RESOURCE = 24,
	SLO_CAP_PERFMON = 38,
	SLO_CAP_BPF = 39,
};

enum slo_lockdown {
	SLO_LOCKDOWN_UNREADABLE,   /* securityfs is not mounted or not ours to read */
	SLO_LOCKDOWN_NOT_COMPILED, /* securityfs is there, the file is not */
	SLO_LOCKDOWN_NONE,
	SLO_LOCKDOWN_INTEGRITY,
	SLO_LOCKDOWN_CONFIDENTIALITY,
	SLO_LOCKDOWN_OTHER,        /* a mode we do not know */
};

struct slo_facts {
	char sysname[65], release[65], machine[65]; /* uname */
	uint32_t euid;
	uint64_t caps;             /* effective ones */
	int caps_err;              /* 0, or negative errno when they could not be read; so for all *_err */
	int btf_err;
	enum slo_lockdown lockdown;
	char lockdown_text[64];    /* the file as read, without its newline */
	int64_t paranoid;          /* kernel.perf_event_paranoid, SLO_FACT_UNKNOWN = not readable */
	int64_t unprivileged_bpf;  /* kernel.unprivileged_bpf_disabled, likewise */
	char tracefs[64];          /* where it is mounted; "" = nowhere */
	int tracefs_err;           /* of reading its events */
	bool cgroup_v1, cgroup_v2; /* mounted; v1: the cpu or memory controller */
	int psi_err;
	bool headers;              /* /lib/modules/RELEASE/build exists */
	bool bpftool, clang, kind, helm; /* in PATH */
	bool container;
	char container_sign[SLO_FACT_TEXT]; /* what said so; "" = nothing did */
	int own_pids, own_users;   /* 1: a pid or user namespace of our own; 0: the first one; -1 not known */
};

/**
 * slo_facts_read - read them
 * @root:  in front of every path; "" live
 * @path:  directories to look for programs in, as $PATH; below @root as well; NULL = none
 *
 * Never fails: what cannot be read is said so. uname and euid are those of the caller whatever @root is;
 * a recorded tree may hold "uname" ("Linux 6.1.0 x86_64") and "euid" in place of them.
 */
void slo_facts_read(struct slo_facts *f, const char *root, const char *path);

/** slo_facts_kernel - major and minor number of @release. Return: false when it has none. */
bool slo_facts_kernel(const char *release, int *major, int *minor);

/** slo_facts_cap - @cap is held. CAP_SYS_ADMIN stands in for CAP_BPF and CAP_PERFMON, as in the kernel. */
bool slo_facts_cap(const struct slo_facts *f, enum slo_cap cap);

#endif
