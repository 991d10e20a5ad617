/* SPDX-License-Identifier: MIT */
/* runqueue_delay_ms: what the threads of a service waited for a CPU. */
#include "probe/host_internal.h"
#include "probe/procfs.h"

#include <errno.h>
#include <stdio.h>

enum { TIMES_MAX = 1000000 }; /* slices one observation may stand for */

struct thread {
	int64_t service, pid, tid; /* the key, with: */
	uint64_t start;            /* of the process: a reused pid is another one */
	uint64_t gen;
	struct slo_proc_schedstat last;
	char comm[16];
};

/* One walk over the threads of one service. */
struct walk {
	int service;
	uint64_t seen, over, read, fresh;
	bool from_start;         /* threads of this process not seen before began after the last sample */
	int err;                 /* of the last file that could not be read */
};

int slo_host_threads_init(struct slo_host *h)
{
	return slo_table_init(&h->threads, offsetof(struct thread, gen), sizeof(struct thread),
			      SLO_TARGET_SERVICES * SLO_HOST_THREADS, 0);
}

/* Return: false when the thread got no slice: what it waited so far belongs to the next one. */
static bool difference(struct slo_host *h, const struct thread *t, const struct slo_proc_schedstat *now)
{
	uint64_t slices = now->slices - t->last.slices, delay = now->delay_ns - t->last.delay_ns;
	struct host_reading r = {
		.signal = SLO_SIGNAL_RUNQUEUE_DELAY, .provider = "schedstat", .pid = t->pid, .tid = t->tid,
		.comm = t->comm,
	};

	if (slices == 0)
		return false;
	r.value = (double)delay / (double)slices / 1e6;
	r.times = slices < TIMES_MAX ? slices : TIMES_MAX;
	slo_host_emit(h, (int)t->service, &r);
	return true;
}

static int read_schedstat(struct slo_host *h, int64_t pid, int64_t tid, struct slo_proc_schedstat *now)
{
	int r = slo_procfs_read(&h->buf, "%s/%lld/task/%lld/schedstat", h->proc_root, (long long)pid, (long long)tid);

	if (r < 0) {
		h->n.read_errors += r != -ENOENT && r != -ESRCH;
		return r;
	}
	if (slo_proc_schedstat(slo_buf_str(&h->buf), now) < 0) {
		h->n.malformed++;
		return -EINVAL;
	}
	return 0;
}

/* A counter that went back belongs to another thread with this number. */
static bool went_on(const struct thread *t, const struct slo_proc_schedstat *now)
{
	return now->slices >= t->last.slices && now->delay_ns >= t->last.delay_ns;
}

static void one_thread(struct slo_host *h, const struct slo_target_proc *p, int64_t tid, struct walk *w)
{
	struct thread key = { .service = w->service, .pid = p->pid, .tid = tid, .start = p->start_ticks }, *t;
	struct slo_proc_schedstat now;
	bool created, taken = true;
	int r = read_schedstat(h, p->pid, tid, &now);

	if (r < 0) {
		w->err = r;
		return;
	}
	w->read++;
	t = slo_table_get(&h->threads, &key, &created, NULL, NULL);
	memcpy(t->comm, p->comm, sizeof(t->comm));
	if (created && w->from_start) {
		created = false; /* its counters began at zero since */
		t->gen = h->gen - 1;
	}
	if (!created && t->gen + 1 == h->gen && went_on(t, &now))
		taken = difference(h, t, &now);
	else
		w->fresh++;
	if (taken)
		t->last = now;
	t->gen = h->gen;
}

/* Was the process there at the last sample, or did it start since? */
static bool all_known(const struct slo_host *h, const struct slo_target_proc *p, int service)
{
	struct thread key = { .service = service, .pid = p->pid, .tid = p->pid, .start = p->start_ticks };
	const struct thread *leader = slo_table_find(&h->threads, &key);

	if (h->gen == 1)
		return false;
	if (leader)
		return leader->gen + 1 == h->gen;
	return (int64_t)(p->start_ticks * h->tick_ns) > h->last_boot_ns;
}

static void one_process(struct slo_host *h, const struct slo_target_proc *p, struct walk *w)
{
	DIR *d = slo_procfs_opendir("%s/%lld/task", h->proc_root, (long long)p->pid);
	int64_t tid;

	if (!d) {
		w->err = -errno;
		return;
	}
	w->from_start = all_known(h, p, w->service);
	while ((tid = slo_procfs_next_pid(d))) {
		w->seen++;
		if (w->seen > SLO_HOST_THREADS)
			w->over++;
		else
			one_thread(h, p, tid, w);
	}
	closedir(d);
}

void slo_host_threads(struct slo_host *h, int service)
{
	const int signal = SLO_SIGNAL_RUNQUEUE_DELAY;
	const struct slo_target_proc *procs;
	size_t n = slo_target_procs(h->target, service, &procs);
	struct walk w = { .service = service };
	char note[HOST_WHY] = "";

	if (!h->enabled[signal])
		return;
	if (n == 0) {
		slo_host_missing(h, service, signal, "%s", slo_target_why(h->target, service));
		return;
	}
	for (size_t i = 0; i < n; i++)
		one_process(h, &procs[i], &w);
	h->n.threads += w.read;
	h->n.threads_over += w.over;
	if (w.over)
		snprintf(note, sizeof(note), "sampled: %d of %llu threads", SLO_HOST_THREADS,
			 (unsigned long long)w.seen);
	if (w.read == 0)
		slo_host_missing(h, service, signal, "/proc/PID/task/TID/schedstat: %s",
				 slo_strerror(w.err ? w.err : -ESRCH));
	else if (w.fresh == w.read)
		slo_host_baseline(h, service, signal, "schedstat");
	else
		slo_host_watched(h, service, signal, "schedstat", note);
}

void slo_host_subsample(struct slo_host *h, int64_t wall_ns)
{
	struct slo_proc_schedstat now;

	if (!h->enabled[SLO_SIGNAL_RUNQUEUE_DELAY] || h->threads.count > SLO_HOST_SUBSAMPLED)
		return;
	h->wall_ns = wall_ns;
	for (struct thread *t = slo_table_oldest(&h->threads); t; t = slo_table_newer(&h->threads, t))
		if (read_schedstat(h, t->pid, t->tid, &now) == 0 && went_on(t, &now) && difference(h, t, &now))
			t->last = now;
}

void slo_host_threads_forget(struct slo_host *h)
{
	slo_host_forget(h, &h->threads, offsetof(struct thread, gen));
}
