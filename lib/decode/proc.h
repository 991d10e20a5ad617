/* SPDX-License-Identifier: MIT */
/*
 * Texts of procfs, cgroupfs and sysfs as values. Pure: text in, numbers out;
 * who reads the files is lib/probe. Every function takes all of the text or
 * refuses it (-EINVAL, output unchanged) unless it says otherwise; columns that newer kernels
 * append are ignored.
 */
#ifndef SLO_DECODE_PROC_H
#define SLO_DECODE_PROC_H

#include "base/str.h"

#include <stdint.h>

/** slo_proc_line - cut the next line off @text (newline removed). Return: false at the end. */
bool slo_proc_line(struct slo_str *text, struct slo_str *line);

/* /proc/PID/schedstat, /proc/PID/task/TID/schedstat */
struct slo_proc_schedstat {
	uint64_t run_ns;   /* on a CPU */
	uint64_t delay_ns; /* runnable, waiting for one; includes time throttled */
	uint64_t slices;   /* times it was put on a CPU */
};
int slo_proc_schedstat(struct slo_str text, struct slo_proc_schedstat *out);

/* /proc/PID/stat; the command name may hold spaces and parentheses. */
struct slo_proc_stat {
	int64_t pid, ppid;
	char comm[16];     /* bytes that are not printable ASCII become '?' */
	char state;        /* R, S, D, Z, … */
	uint64_t utime, stime; /* clock ticks */
	int64_t threads;
	uint64_t start;    /* clock ticks since boot */
};
int slo_proc_stat(struct slo_str text, struct slo_proc_stat *out);

/* The "cpu" line of /proc/stat, clock ticks. Guest time is part of user and nice: the kernel counts it twice. */
struct slo_proc_cpu {
	uint64_t user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice;
	unsigned fields; /* columns there were; steal exists from 8 on */
};

/** slo_proc_cpu - @text is a whole /proc/stat; its first line counts. */
int slo_proc_cpu(struct slo_str text, struct slo_proc_cpu *out);

/**
 * slo_proc_steal_pct - stolen share of the time that was not idle, percent
 * @busy: set to the ticks that were not idle, stolen ones included
 *
 * 0 when @busy is 0. A counter that went backwards (they do, across hotplug) counts as no change.
 * steal / (user + nice + system + irq + softirq + steal); guest is inside user, iowait is idle time.
 */
double slo_proc_steal_pct(const struct slo_proc_cpu *before, const struct slo_proc_cpu *after, uint64_t *busy);

/* cpu.stat, v1 (throttled_time, ns) or v2 (throttled_usec). */
struct slo_proc_throttle {
	bool has;              /* there are throttling members: a v2 root has none, nor one without the controller */
	uint64_t periods, throttled_periods;
	uint64_t throttled_ns;
};
int slo_proc_throttle(struct slo_str text, struct slo_proc_throttle *out);

/* /proc/pressure/X, cgroup X.pressure */
struct slo_proc_psi {
	uint64_t some_us, full_us; /* total stall time */
	bool has_full;
};
int slo_proc_psi(struct slo_str text, struct slo_proc_psi *out);

/* One line of /proc/diskstats; times in ms. Kernels before 4.18 have no discards, before 5.5 no flushes. */
struct slo_proc_disk {
	uint32_t major, minor;
	char name[32];
	uint64_t ios;      /* reads + writes + discards + flushes completed */
	uint64_t flushes;  /* of them, those the kernel made of one or many wishes */
	uint64_t ms;       /* spent in them, summed over requests */
	unsigned fields;   /* columns there were, 14, 18 or 20 */
};
int slo_proc_disk(struct slo_str line, struct slo_proc_disk *out);

/**
 * slo_proc_group - one counter of /proc/net/snmp or netstat
 * @group, @name: "Tcp", "ActiveOpens"
 *
 * Each group is two lines: the names, then the values. Return: 0; -ENOENT when there is no such counter; -EINVAL.
 */
int slo_proc_group(struct slo_str text, const char *group, const char *name, uint64_t *out);

/**
 * slo_proc_sum - the sum of all lines "KEY VALUE" whose key begins with @prefix
 *
 * /proc/vmstat ("allocstall" has a line per zone since 4.10), /proc/PID/io ("syscr:"), /proc/stat ("ctxt").
 * Return: 0; -ENOENT when no key does; -EINVAL when the value of one is no number, or the sum is too large.
 */
int slo_proc_sum(struct slo_str text, const char *prefix, uint64_t *out);

/** slo_proc_cpu_slices - threads put on a CPU since boot, over all lines "cpuN" of /proc/schedstat. Return: as above. */
int slo_proc_cpu_slices(struct slo_str text, uint64_t *out);

/* One line of /proc/PID/cgroup; views into it. */
struct slo_proc_cgroup {
	uint32_t hierarchy;         /* 0 = v2 */
	struct slo_str controllers; /* "cpu,cpuacct", "name=systemd", "" on v2 */
	struct slo_str path;        /* absolute; a " (deleted)" behind it is cut off */
};
int slo_proc_cgroup(struct slo_str line, struct slo_proc_cgroup *out);

/** slo_proc_list_has - is @item one of the comma-separated @list? */
bool slo_proc_list_has(struct slo_str list, const char *item);

/* One line of /proc/self/mountinfo. */
struct slo_proc_mount {
	char root[256], point[256]; /* octal escapes undone */
	struct slo_str type;        /* "cgroup2"; a view */
	struct slo_str options;     /* of the super block: "rw,cpu,cpuacct"; a view */
};

/** slo_proc_mount - Return: 0, -EINVAL, or -ENAMETOOLONG for a path over 255 bytes. */
int slo_proc_mount(struct slo_str line, struct slo_proc_mount *out);

enum { SLO_TCP_ESTABLISHED = 1, SLO_TCP_LISTEN = 10 };

/* One line of /proc/net/{tcp,udp}{,6}. Addresses are IPv6, v4 mapped; ports in host order. */
struct slo_proc_sock {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint8_t state;    /* SLO_TCP_… */
	uint64_t inode;   /* 0 = nobody's (TIME_WAIT, orphan) */
};

/** slo_proc_sock - the header line is -EINVAL as any other that does not fit. */
int slo_proc_sock(struct slo_str line, struct slo_proc_sock *out);

/** slo_proc_sock_link - "socket:[123]" as readlink of a descriptor gives it. Return: the inode, 0 for anything else. */
uint64_t slo_proc_sock_link(struct slo_str link);

/** slo_proc_ns_link - "net:[4026531840]". Return: the inode, 0 for anything else. */
uint64_t slo_proc_ns_link(struct slo_str link);

#endif
