/* SPDX-License-Identifier: MIT */
/*
 * Keeping uprobes on every libssl in use. One that is attached to a file serves
 * all processes that run its code, those that start later too, so a file is
 * attached once, when the first process is seen with it, and left when nobody
 * has it any more: soon, because a probe keeps the file system of a container from
 * being unmounted; this system's own library only after ten minutes, so that
 * the first handshake of a program that starts now and then is seen as well.
 *
 * New processes are looked at twice a second, and again while they are young,
 * because they become another program or load libraries then; all processes are
 * looked at every ten seconds or more, so that it takes a third of a percent of
 * the time at most.
 *
 * What it costs: a probed call takes about 1.7 us more, a return as much again.
 * A handshake has a few such calls. Reads and writes, which are called for all
 * data, are probed only in files where an application was seen to leave the
 * handshake to them.
 */
#include "probe/bpf_tls.h"

#include "base/cleanup.h"
#include "base/table.h"
#include "base/time.h"
#include "probe/procfs.h"
#include "probe/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_NS (SLO_NS_PER_S / 2)
#define FULL_NS (10 * SLO_NS_PER_S)
#define RECHECK_NS (600 * SLO_NS_PER_S) /* a file's number may have gone to another one */

enum {
	FILES_MAX = 4096,      /* files known to have a libssl or not; least recently seen goes first */
	PROCS_MAX = 8192,      /* processes known; likewise */
	YOUNG_LOOKS = 4,       /* a new process is looked at so often, after 0.5, 1, 2 and 4 s */
	FULL_SHARE = 300,      /* all processes at most so many times as long apart as it takes */
	MAPS_MAX = 4 << 20,    /* bytes of one process' maps */
	FIRST_BUDGET_MS = 50,  /* one turn, at the start and later; the rest is for the next turn */
	BUDGET_MS = 20,
	LINGER_FULL = 1,       /* looks at all processes that find a file unused before it is left */
	LINGER_OWN = 60,       /* likewise, of this system's own libraries */
};

struct file {
	uint64_t dev, ino;  /* as maps has them */
	uint64_t serial;    /* of its image; 0 = no libssl */
	int64_t checked;
};

struct proc {
	int64_t pid;
	int64_t due;        /* monotonic; INT64_MAX = with all others only */
	uint32_t looks, round;
	bool has;           /* maps a libssl we probe */
};

struct finder {
	struct tls_images images;
	struct slo_table files, procs;
	struct slo_buf room;
	int counts_fd;
	int64_t next_look, next_full, deadline, full_spent; /* ns, monotonic but the last */
	uint32_t scan, round;
	bool full;          /* a look at all processes is under way */
	uint64_t watch_hash;
	/* Of one look. */
	const struct slo_bpf *b;
	int64_t pid, now;
	bool has;
};

/* --- one process ----------------------------------------------------------------- */

/* The file is what this system has installed under that name. */
static bool is_own(const struct slo_tlslib_map *m, const struct tls_image *i)
{
	char path[SLO_PROCFS_PATH];
	struct slo_tlslib_id id;
	slo_autoclose int fd = -1;

	if (m->path.len < 5 || (memcmp(m->path.p, "/usr/", 5) != 0 && memcmp(m->path.p, "/lib", 4) != 0))
		return false;
	slo_str_copy(path, sizeof(path), m->path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd >= 0 && slo_tlslib_identify(fd, &id) == 0 && memcmp(&id, &i->id, sizeof(id)) == 0;
}

static void look_at_file(void *arg, const struct slo_tlslib_map *m)
{
	struct finder *f = arg;
	const char *root = f->b->o.target ? slo_target_proc_root(f->b->o.target) : "/proc";
	uint64_t key[2] = { m->dev, m->ino };
	slo_autoclose int fd = -1;
	struct tls_image *i;
	struct file *file;
	bool made;

	file = slo_table_get(&f->files, key, &made, NULL, NULL);
	i = tls_image_of(&f->images, file->serial);
	if (made || (!i && file->serial) || (!i && f->now - file->checked > RECHECK_NS)) {
		fd = slo_tlslib_open(root, f->pid, m);
		i = fd >= 0 ? tls_image_add(&f->images, fd) : NULL;
		file->serial = i ? i->serial : 0;
		file->checked = f->now;
	}
	if (!i)
		return;
	if (i->linger == 0)
		i->linger = is_own(m, i) ? LINGER_OWN : LINGER_FULL;
	f->has = true;
	i->scan = f->scan;
	if (!tls_image_wants_io(&f->images, i))
		return;
	if (fd < 0)
		fd = slo_tlslib_open(root, f->pid, m);
	if (fd >= 0)
		tls_image_add_io(&f->images, i, fd);
}

static void look_at(struct finder *f, const struct slo_bpf *b, struct proc *p)
{
	const char *root = b->o.target ? slo_target_proc_root(b->o.target) : "/proc";

	p->due = p->looks < YOUNG_LOOKS ? f->now + (LOOK_NS << p->looks) : INT64_MAX;
	p->looks++;
	if (!bpf_watched(b, p->pid))
		return;
	f->pid = p->pid;
	f->has = false;
	slo_tlslib_maps(root, p->pid, &f->room, look_at_file, f);
	p->has = f->has;
}

/* --- all processes ----------------------------------------------------------------- */

static void forget_the_gone(struct finder *f)
{
	for (struct proc *p = slo_table_oldest(&f->procs), *next; p && p->round != f->round; p = next) {
		next = slo_table_newer(&f->procs, p);
		slo_table_del(&f->procs, p);
	}
}

/* Nobody had it at the last looks at all processes. */
static void leave_unused(struct finder *f)
{
	for (int i = 0; i < SLO_TLS_IMAGES; i++)
		if (f->images.all[i].used && f->images.all[i].scan + f->images.all[i].linger < f->scan)
			tls_image_drop(&f->images, &f->images.all[i]);
	tls_images_close(&f->images);
}

static void all_seen(struct finder *f)
{
	int64_t apart = f->full_spent * FULL_SHARE;

	leave_unused(f);
	f->full = false;
	f->next_full = f->now + (apart > FULL_NS ? apart : FULL_NS);
}

static void begin_full(struct finder *f)
{
	f->full = true;
	f->full_spent = 0;
	f->scan++;
	for (struct proc *p = slo_table_oldest(&f->procs); p; p = slo_table_newer(&f->procs, p))
		p->due = f->now;
}

/* Return: whether all that was due was looked at in time: new processes, or those known longer. */
static bool look_at_due(struct finder *f, const struct slo_bpf *b, bool new)
{
	for (struct proc *p = slo_table_oldest(&f->procs); p; p = slo_table_newer(&f->procs, p)) {
		if (p->due > f->now || (p->looks == 0) != new)
			continue;
		look_at(f, b, p);
		if (slo_now_mono_ns() > f->deadline)
			return false;
	}
	return true;
}

/* New processes that there was no time for are next with the next drain. */
static void look(struct finder *f, const struct slo_bpf *b, int64_t mono_ns)
{
	const char *root = b->o.target ? slo_target_proc_root(b->o.target) : "/proc";
	DIR *d = slo_procfs_opendir("%s", root);
	struct proc *p;
	int64_t pid;
	bool made, seen_new, seen_all;

	f->b = b;
	f->now = mono_ns;
	f->round++;
	f->next_look = mono_ns + LOOK_NS;
	if (!d)
		return;
	while ((pid = slo_procfs_next_pid(d))) {
		p = slo_table_get(&f->procs, &pid, &made, NULL, NULL);
		p->round = f->round;
	}
	closedir(d);
	forget_the_gone(f);
	if (!f->full && (mono_ns >= f->next_full || b->watch_hash != f->watch_hash)) {
		f->watch_hash = b->watch_hash;
		begin_full(f);
	}
	seen_new = look_at_due(f, b, true);
	seen_all = seen_new && look_at_due(f, b, false);
	f->full_spent += slo_now_mono_ns() - mono_ns;
	if (seen_all && f->full)
		all_seen(f);
	f->next_look = slo_now_mono_ns() + (seen_new ? LOOK_NS : 0);
}

static void refresh(struct slo_bpf *b, struct bpf_probe *p, int64_t mono_ns)
{
	struct finder *f = p->more;

	if (!f || mono_ns < f->next_look)
		return;
	f->deadline = mono_ns + BUDGET_MS * SLO_NS_PER_MS;
	look(f, b, mono_ns);
}

/* --- life ------------------------------------------------------------------------ */

/* Whether this kernel lets us at all: on the first instruction of our own program, which is behind us. */
static int try_attach(struct bpf_probe *p, char why[SLO_BPF_WHY])
{
	const struct bpf_uprobe_opts o = { .sz = sizeof(o), .bpf_cookie = SLO_TLS_IMAGES };
	const struct bpf_program *prog = bpf_object__find_program_by_name(p->obj, "handshake_enter");
	slo_autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t at = fd >= 0 ? slo_tlslib_entry(fd) : 0;
	struct bpf_link *link;

	if (!at)
		return bpf_explain(why, "/proc/self/exe", -ENOEXEC);
	link = bpf_program__attach_uprobe_opts(prog, -1, "/proc/self/exe", at, &o);
	if (!link)
		return bpf_explain(why, "attach", -errno);
	tls_images_leave(&((struct finder *)p->more)->images, link);
	return 0;
}

static void detach(struct bpf_probe *p)
{
	struct finder *f = p->more;

	for (int i = 0; f && i < SLO_TLS_IMAGES; i++)
		tls_image_drop(&f->images, &f->images.all[i]);
	if (f)
		tls_images_close(&f->images);
}

static void settle(struct bpf_probe *p)
{
	struct finder *f = p->more;

	if (f)
		tls_images_fini(&f->images);
}

static void finder_free(struct bpf_probe *p)
{
	struct finder *f = p->more;

	if (!f)
		return;
	tls_images_fini(&f->images);
	slo_table_fini(&f->files);
	slo_table_fini(&f->procs);
	slo_buf_fini(&f->room);
	free(f);
	p->more = NULL;
}

static int make_finder(struct bpf_probe *p)
{
	struct finder *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	p->more = f;
	tls_images_init(&f->images, p->obj);
	f->counts_fd = bpf_object__find_map_fd_by_name(p->obj, "counts");
	slo_buf_init(&f->room, MAPS_MAX);
	if (slo_table_init(&f->files, 2 * sizeof(uint64_t), sizeof(struct file), FILES_MAX, 0))
		return -ENOMEM;
	return slo_table_init(&f->procs, sizeof(int64_t), sizeof(struct proc), PROCS_MAX, 0);
}

static int attach(struct slo_bpf *b, struct bpf_probe *p, char why[SLO_BPF_WHY])
{
	int64_t now = slo_now_mono_ns();
	int r = p->more ? 0 : make_finder(p);
	struct finder *f = p->more;

	if (r)
		return bpf_explain(why, "libraries", r);
	r = try_attach(p, why);
	if (r)
		return r;
	f->next_full = now;
	f->deadline = now + FIRST_BUDGET_MS * SLO_NS_PER_MS;
	look(f, b, now);
	return 0;
}

static void add_counts(const struct slo_bpf *b, const struct finder *f, struct slo_tls_counts *sum)
{
	struct slo_tls_counts *all = calloc((size_t)b->cpus, sizeof(*all));
	uint32_t key = 0;

	if (all && bpf_map_lookup_elem(f->counts_fd, &key, all) == 0) {
		for (int i = 0; i < b->cpus; i++) {
			sum->full += all[i].full;
			sum->resumed += all[i].resumed;
			sum->failed += all[i].failed;
			sum->aborted += all[i].aborted;
			sum->untimed += all[i].untimed;
			sum->implicit += all[i].implicit;
		}
	}
	free(all);
}

static void stats(const struct slo_bpf *b, const struct bpf_probe *p, struct slo_bpf_stats *out)
{
	const struct finder *f = p->more;
	struct slo_tls_counts n = { 0 };
	uint64_t images = 0;

	if (!f)
		return;
	add_counts(b, f, &n);
	for (int i = 0; i < SLO_TLS_IMAGES; i++)
		images += f->images.all[i].used;
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{ "images", images },
		{ "images_attached", f->images.attached },
		{ "images_over", f->images.over },
		{ "images_refused", f->images.refused },
		{ "images_stripped", f->images.stripped },
		{ "full", n.full },
		{ "resumed", n.resumed },
		{ "failed", n.failed },
		{ "aborted", n.aborted },
		{ "untimed", n.untimed },
		{ "implicit", n.implicit },
		{ "unmeasurable", f->images.unmeasurable },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(rows) && out->more_count < SLO_BPF_MORE; i++) {
		out->more[out->more_count].name = rows[i].name;
		out->more[out->more_count++].value = rows[i].value;
	}
}

static bool applies(const struct bpf_probe *p, int64_t pid)
{
	const struct finder *f = p->more;
	const struct proc *known = f ? slo_table_find(&f->procs, &pid) : NULL;

	return known && known->has;
}

const struct bpf_more bpf_tls = {
	.attach = attach,
	.detach = detach,
	.free = finder_free,
	.settle = settle,
	.refresh = refresh,
	.stats = stats,
	.applies = applies,
};
