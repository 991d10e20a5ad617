/* SPDX-License-Identifier: MIT */
#include "probe/witness.h"

#include "base/table.h"
#include "decode/proc.h"
#include "probe/host.h"
#include "probe/procfs.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One network namespace, or one process. */
struct net {
	uint64_t inode; /* the key */
	uint64_t gen;
	uint64_t opens, again;
};

struct proc {
	uint64_t service, pid, start; /* the key */
	uint64_t gen;
	uint64_t calls;
};

/* A counter of the machine. */
struct total {
	uint64_t gen, value;
};

struct slo_witness {
	struct slo_target *target;
	struct slo_host *host;          /* schedstat and cpu.stat of services: the sampler reads them already */
	char proc_root[256], sys_root[256];
	struct slo_buf buf;
	struct slo_table nets, procs;
	struct total slices, disk, stalls;
	uint64_t gen;                   /* of this look, from 1 */
	struct slo_witness_counts *out; /* during a look */
};

static const struct {
	bool machine;
	const char *name;
} witnesses[SLO_SIGNAL__COUNT] = {
	[SLO_SIGNAL_RUNQUEUE_DELAY] = { false, "schedstat slices" },
	[SLO_SIGNAL_CONNECT_LATENCY] = { true, "Tcp ActiveOpens" },
	[SLO_SIGNAL_TCP_RETRANSMITS] = { true, "Tcp RetransSegs" },
	[SLO_SIGNAL_DISK_IO] = { true, "diskstats" },
	[SLO_SIGNAL_MEM_RECLAIM] = { true, "vmstat allocstall" },
	[SLO_SIGNAL_SYSCALL_LATENCY] = { false, "/proc/PID/io" },
	[SLO_SIGNAL_CFS_THROTTLED] = { false, "cpu.stat (ms)" },
};

bool slo_witness_of_machine(int signal)
{
	return witnesses[signal].machine;
}

const char *slo_witness_name(int signal)
{
	return witnesses[signal].name ? witnesses[signal].name : "";
}

/* What the sampler observed of a service: slices, or time throttled. */
static void sampled(void *arg, const struct slo_obs *o)
{
	struct slo_witness *w = arg;
	double *to = &w->out->of[o->service + 1][o->signal];

	*to += (double)o->times * (o->signal == SLO_SIGNAL_CFS_THROTTLED ? o->value : 1);
}

int slo_witness_new(struct slo_witness **out, struct slo_target *target, const struct slo_witness_opts *opts,
		    struct slo_err *err)
{
	static const struct slo_witness_opts defaults = { 0 };
	struct slo_witness *w = calloc(1, sizeof(*w));
	struct slo_host_opts host;
	int r;

	if (!w)
		return -ENOMEM;
	if (!opts)
		opts = &defaults;
	host = (struct slo_host_opts){ opts->proc_root, opts->cgroup_prefix, opts->sys_root };
	w->target = target;
	slo_buf_init(&w->buf, 1 << 20);
	slo_str_copy(w->proc_root, sizeof(w->proc_root),
		     slo_str(opts->proc_root ? opts->proc_root : slo_target_proc_root(target)));
	slo_str_copy(w->sys_root, sizeof(w->sys_root), slo_str(opts->sys_root ? opts->sys_root : "/sys"));
	r = slo_table_init(&w->nets, offsetof(struct net, gen), sizeof(struct net), SLO_WITNESS_NETNS, 0);
	if (r == 0)
		r = slo_table_init(&w->procs, offsetof(struct proc, gen), sizeof(struct proc), SLO_WITNESS_PROCS, 0);
	if (r == 0)
		r = slo_host_new(&w->host, target, &(struct slo_obs_sink){ .arg = w, .obs = sampled }, &host, err);
	if (r < 0) {
		slo_witness_free(w);
		return r;
	}
	*out = w;
	return 0;
}

void slo_witness_free(struct slo_witness *w)
{
	if (!w)
		return;
	slo_host_free(w->host);
	slo_table_fini(&w->nets);
	slo_table_fini(&w->procs);
	slo_buf_fini(&w->buf);
	free(w);
}

static double moved(uint64_t before, uint64_t now)
{
	return (double)now - (double)before;
}

/* NaN at the first reading of a counter. */
static double step(const struct slo_witness *w, struct total *t, uint64_t now)
{
	double d = t->gen && t->gen + 1 == w->gen ? moved(t->value, now) : NAN;

	*t = (struct total){ w->gen, now };
	return d;
}

static void add(double *to, double d)
{
	*to = isnan(*to) ? d : *to + d;
}

static int read_net(struct slo_witness *w, int64_t pid, struct net *now)
{
	uint64_t failed = 0;
	int r;

	r = slo_procfs_read(&w->buf, pid ? "%s/%lld/net/snmp" : "%s/self/net/snmp", w->proc_root, (long long)pid);
	if (r == 0)
		r = slo_proc_group(slo_buf_str(&w->buf), "Tcp", "ActiveOpens", &now->opens);
	if (r == 0)
		r = slo_proc_group(slo_buf_str(&w->buf), "Tcp", "RetransSegs", &now->again);
	if (r)
		return r;
	/* Older kernels count no failures. */
	if (slo_procfs_read(&w->buf, pid ? "%s/%lld/net/netstat" : "%s/self/net/netstat", w->proc_root,
			    (long long)pid) == 0)
		slo_proc_group(slo_buf_str(&w->buf), "TcpExt", "TCPRetransFail", &failed);
	now->again -= failed < now->again ? failed : now->again;
	return 0;
}

/* The namespace of @pid, 0 = ours, unless it was counted already. */
static void count_net(struct slo_witness *w, int64_t pid, uint64_t inode)
{
	struct net now = { .inode = inode, .gen = w->gen }, *n = slo_table_find(&w->nets, &now);
	double *all = w->out->of[0];
	bool created;

	if (!inode || (n && n->gen == w->gen) || (!n && w->nets.count == w->nets.max) || read_net(w, pid, &now))
		return;
	if (n && n->gen + 1 == w->gen) {
		add(&all[SLO_SIGNAL_CONNECT_LATENCY], moved(n->opens, now.opens));
		add(&all[SLO_SIGNAL_TCP_RETRANSMITS], moved(n->again, now.again));
	}
	if (!n)
		n = slo_table_get(&w->nets, &now, &created, NULL, NULL);
	*n = now;
}

static uint64_t netns_of(const struct slo_witness *w, int64_t pid)
{
	char link[64];
	int r = slo_procfs_link(link, sizeof(link), pid ? "%s/%lld/ns/net" : "%s/self/ns/net", w->proc_root,
				(long long)pid);

	return r ? 0 : slo_proc_ns_link(slo_str(link));
}

/* What is left of a namespace that went away would keep others out. */
static void forget_nets(struct slo_witness *w)
{
	struct net *n = slo_table_oldest(&w->nets), *next;

	for (; n; n = next) {
		next = slo_table_newer(&w->nets, n);
		if (n->gen != w->gen)
			slo_table_del(&w->nets, n);
	}
}

static void look_at_nets(struct slo_witness *w)
{
	count_net(w, 0, netns_of(w, 0));
	count_net(w, 1, netns_of(w, 1));
	for (int s = 0; s < (int)slo_target_services(w->target); s++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(w->target, s, &procs);

		for (size_t i = 0; i < n; i++)
			count_net(w, procs[i].pid, procs[i].netns);
	}
	forget_nets(w);
}

size_t slo_witness_netns(const struct slo_witness *w, uint64_t to[SLO_WITNESS_NETNS])
{
	size_t n = 0;

	for (const struct net *i = slo_table_oldest(&w->nets); i && n < SLO_WITNESS_NETNS; i = slo_table_newer(&w->nets, i))
		to[n++] = i->inode;
	return n;
}

static void count_calls(struct slo_witness *w, int service, const struct slo_target_proc *p)
{
	struct proc now = { .service = (uint64_t)service, .pid = (uint64_t)p->pid, .start = p->start_ticks, .gen = w->gen };
	uint64_t reads, writes;
	struct proc *old;
	bool created;

	if (slo_procfs_read(&w->buf, "%s/%lld/io", w->proc_root, (long long)p->pid) ||
	    slo_proc_sum(slo_buf_str(&w->buf), "syscr:", &reads) || slo_proc_sum(slo_buf_str(&w->buf), "syscw:", &writes))
		return;
	now.calls = reads + writes;
	old = slo_table_get(&w->procs, &now, &created, NULL, NULL);
	if (!created && old->gen + 1 == w->gen)
		add(&w->out->of[service + 1][SLO_SIGNAL_SYSCALL_LATENCY], moved(old->calls, now.calls));
	*old = now;
}

static void look_at_calls(struct slo_witness *w)
{
	for (int s = 0; s < (int)slo_target_services(w->target); s++) {
		const struct slo_target_proc *procs;
		size_t n = slo_target_procs(w->target, s, &procs);

		for (size_t i = 0; i < n; i++)
			count_calls(w, s, &procs[i]);
	}
}

/* A device that another one is stacked on counts what that one counts. */
static bool is_topmost(const struct slo_witness *w, const char *name)
{
	char file[32];
	DIR *d;
	const struct dirent *e;
	bool held = false;

	slo_str_copy(file, sizeof(file), slo_str(name));
	for (char *c = file; *c; c++)
		*c = *c == '/' ? '!' : *c; /* sysfs writes cciss/c0d0 this way */
	d = slo_procfs_opendir("%s/block/%s/holders", w->sys_root, file);
	if (!d)
		return false; /* a partition */
	while (!held && (e = readdir(d)))
		held = e->d_name[0] != '.';
	closedir(d);
	return !held;
}

static void look_at_disks(struct slo_witness *w)
{
	struct slo_str text, line;
	struct slo_proc_disk disk;
	uint64_t ios = 0;

	if (slo_procfs_read(&w->buf, "%s/diskstats", w->proc_root))
		return;
	text = slo_buf_str(&w->buf);
	while (slo_proc_line(&text, &line))
		if (slo_proc_disk(line, &disk) == 0 && disk.ios > 0 && is_topmost(w, disk.name))
			ios += disk.ios - disk.flushes;
	w->out->of[0][SLO_SIGNAL_DISK_IO] = step(w, &w->disk, ios);
}

static void look_at_stalls(struct slo_witness *w)
{
	uint64_t n;

	if (slo_procfs_read(&w->buf, "%s/vmstat", w->proc_root) == 0 &&
	    slo_proc_sum(slo_buf_str(&w->buf), "allocstall", &n) == 0)
		w->out->of[0][SLO_SIGNAL_MEM_RECLAIM] = step(w, &w->stalls, n);
}

static void look_at_slices(struct slo_witness *w)
{
	uint64_t n;
	int r = slo_procfs_read(&w->buf, "%s/schedstat", w->proc_root);

	if (r == 0)
		r = slo_proc_cpu_slices(slo_buf_str(&w->buf), &n);
	if (r) {
		r = slo_procfs_read(&w->buf, "%s/stat", w->proc_root);
		if (r == 0 || r == -EFBIG)
			r = slo_proc_sum(slo_buf_str(&w->buf), "ctxt", &n);
		w->out->at_most[SLO_SIGNAL_RUNQUEUE_DELAY] = true;
	}
	if (r == 0)
		w->out->of[0][SLO_SIGNAL_RUNQUEUE_DELAY] = step(w, &w->slices, n);
}

/* The sampler adds to what is zero; where it says it has nothing, that is taken back. */
static void look_at_services(struct slo_witness *w, const bool want[SLO_SIGNAL__COUNT], int64_t wall_ns, int64_t mono_ns)
{
	static const int signals[] = { SLO_SIGNAL_RUNQUEUE_DELAY, SLO_SIGNAL_CFS_THROTTLED };
	const char *why;

	for (int s = 0; s < SLO_SIGNAL__COUNT; s++)
		slo_host_enable(w->host, s, want[s] && (s == signals[0] || s == signals[1]));
	for (int s = 0; s < (int)slo_target_services(w->target); s++)
		w->out->of[s + 1][signals[0]] = w->out->of[s + 1][signals[1]] = 0;
	slo_host_sample(w->host, wall_ns, mono_ns);
	for (int s = 0; s < (int)slo_target_services(w->target); s++)
		for (size_t i = 0; i < SLO_ARRAY_LEN(signals); i++)
			if (w->gen == 1 || !want[signals[i]] ||
			    slo_host_state(w->host, s, signals[i], &why) == SLO_STATE_NOT_CAPTURED)
				w->out->of[s + 1][signals[i]] = NAN;
}

void slo_witness_look(struct slo_witness *w, const bool want[SLO_SIGNAL__COUNT], int64_t wall_ns, int64_t mono_ns,
		      struct slo_witness_counts *out)
{
	w->gen++;
	w->out = out;
	memset(out->at_most, 0, sizeof(out->at_most));
	for (size_t s = 0; s < SLO_ARRAY_LEN(out->of); s++)
		for (int i = 0; i < SLO_SIGNAL__COUNT; i++)
			out->of[s][i] = NAN;
	look_at_services(w, want, wall_ns, mono_ns);
	if (want[SLO_SIGNAL_CONNECT_LATENCY] || want[SLO_SIGNAL_TCP_RETRANSMITS])
		look_at_nets(w);
	if (want[SLO_SIGNAL_DISK_IO])
		look_at_disks(w);
	if (want[SLO_SIGNAL_MEM_RECLAIM])
		look_at_stalls(w);
	if (want[SLO_SIGNAL_SYSCALL_LATENCY])
		look_at_calls(w);
	if (want[SLO_SIGNAL_RUNQUEUE_DELAY] && slo_target_services(w->target) == 0)
		look_at_slices(w);
}
