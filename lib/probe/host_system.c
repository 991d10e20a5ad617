/* SPDX-License-Identifier: MIT */
/* What only the whole host knows: stolen time, memory pressure, disks. */
#include "probe/host_internal.h"
#include "probe/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TIMES_MAX = 1000000 }; /* I/Os one observation may stand for */

void slo_host_steal(struct slo_host *h)
{
	const int signal = SLO_SIGNAL_CPU_STEAL;
	struct host_reading r = { .signal = signal, .provider = "proc-stat", .times = 1 };
	struct slo_proc_cpu now;
	uint64_t busy;
	int err;

	if (!h->enabled[signal])
		return;
	err = slo_procfs_read(&h->buf, "%s/stat", h->proc_root);
	if (err == 0 || err == -EFBIG)
		err = slo_proc_cpu(slo_buf_str(&h->buf), &now);
	if (err < 0) {
		h->n.read_errors++;
		slo_host_missing_all(h, signal, slo_strerror(err));
		return;
	}
	if (now.fields < 8) {
		slo_host_missing_all(h, signal, "no paravirtual steal clock seen");
		return;
	}
	r.value = h->has_cpu ? slo_proc_steal_pct(&h->cpu, &now, &busy) : 0;
	if (r.value > 0)
		slo_host_emit_all(h, &r);
	if (h->has_cpu)
		slo_host_watched_all(h, signal, r.provider, NULL);
	else
		slo_host_baseline_all(h, signal, r.provider);
	h->cpu = now;
	h->has_cpu = true;
}

/* Read once per sample; slo_host_pressure() hands it to the services that have no pressure file of their own. */
void slo_host_read_pressure(struct slo_host *h)
{
	struct slo_proc_psi now;
	bool had = h->psi_err == 0 && h->psi_gen + 1 == h->gen;

	if (!h->enabled[SLO_SIGNAL_MEM_RECLAIM])
		return;
	h->psi_err = slo_procfs_read(&h->buf, "%s/pressure/memory", h->proc_root);
	if (h->psi_err == 0)
		h->psi_err = slo_proc_psi(slo_buf_str(&h->buf), &now);
	h->psi_delta_us = -1;
	if (h->psi_err < 0)
		return;
	if (had)
		h->psi_delta_us = now.some_us >= h->psi.some_us ? (int64_t)(now.some_us - h->psi.some_us) : 0;
	h->psi = now;
	h->psi_gen = h->gen;
}

void slo_host_pressure(struct slo_host *h, int service)
{
	const int signal = SLO_SIGNAL_MEM_RECLAIM;
	struct host_reading r = { .signal = signal, .provider = "psi-host", .times = 1 };

	if (h->psi_err < 0) {
		slo_host_missing(h, service, signal, "no PSI: %s/pressure/memory: %s", h->proc_root,
				 slo_strerror(h->psi_err));
		return;
	}
	if (h->psi_delta_us < 0) {
		slo_host_baseline(h, service, signal, r.provider);
		return;
	}
	r.value = (double)h->psi_delta_us / 1e3;
	if (h->psi_delta_us > 0)
		slo_host_emit(h, service, &r);
	slo_host_watched(h, service, signal, r.provider, "whole host");
}

struct disk {
	uint32_t major, minor; /* the key */
	uint64_t gen;
	bool whole;            /* a device of its own, not a partition, loop or RAM disk */
	uint64_t ios, ms;
};

int slo_host_disks_init(struct slo_host *h)
{
	return slo_table_init(&h->disks, offsetof(struct disk, gen), sizeof(struct disk), SLO_HOST_DISKS * 4, 0);
}

static bool is_whole(const struct slo_host *h, const char *name)
{
	static const char *const skip[] = { "loop", "ram", "zram" };
	char path[SLO_PROCFS_PATH], file[32];

	for (size_t i = 0; i < SLO_ARRAY_LEN(skip); i++)
		if (strncmp(name, skip[i], strlen(skip[i])) == 0)
			return false;
	slo_str_copy(file, sizeof(file), slo_str(name));
	for (char *c = file; *c; c++)
		*c = *c == '/' ? '!' : *c; /* sysfs writes cciss/c0d0 this way */
	snprintf(path, sizeof(path), "%s/block/%s", h->sys_root, file);
	return access(path, F_OK) == 0;
}

/* Return: 0 for what is no whole device, 1 for one without a reading before, 2 for one with. */
static int one_disk(struct slo_host *h, const struct slo_proc_disk *now)
{
	struct disk key = { .major = now->major, .minor = now->minor }, *d = slo_table_find(&h->disks, &key);
	struct host_reading r = { .signal = SLO_SIGNAL_DISK_IO, .provider = "diskstats", .detail = now->name };
	bool created, had;
	uint64_t ios;

	if (!d && h->disks.count == h->disks.max) {
		h->n.disks_over++;
		return 0;
	}
	d = slo_table_get(&h->disks, &key, &created, NULL, NULL);
	if (created)
		d->whole = is_whole(h, now->name);
	had = !created && d->gen + 1 == h->gen && now->ios >= d->ios && now->ms >= d->ms;
	ios = had ? now->ios - d->ios : 0;
	if (ios > 0 && d->whole) {
		r.value = (double)(now->ms - d->ms) / (double)ios;
		r.times = ios < TIMES_MAX ? ios : TIMES_MAX;
		slo_host_emit_all(h, &r);
	}
	d->gen = h->gen;
	d->ios = now->ios;
	d->ms = now->ms;
	return !d->whole ? 0 : had ? 2 : 1;
}

void slo_host_disks(struct slo_host *h)
{
	const int signal = SLO_SIGNAL_DISK_IO;
	struct slo_str text, line;
	struct slo_proc_disk now;
	int r, known = 0;

	if (!h->enabled[signal])
		return;
	r = slo_procfs_read(&h->buf, "%s/diskstats", h->proc_root);
	if (r < 0 && r != -EFBIG) {
		slo_host_missing_all(h, signal, slo_strerror(r));
		return;
	}
	text = slo_buf_str(&h->buf);
	while (slo_proc_line(&text, &line)) {
		if (slo_proc_disk(line, &now) == 0)
			known |= one_disk(h, &now);
		else
			h->n.malformed++;
	}
	slo_host_forget(h, &h->disks, offsetof(struct disk, gen));
	if (known & 2)
		slo_host_watched_all(h, signal, "diskstats", "whole host");
	else if (known)
		slo_host_baseline_all(h, signal, "diskstats");
	else
		slo_host_missing_all(h, signal, "no block device seen");
}
