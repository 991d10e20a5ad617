/* SPDX-License-Identifier: MIT */
/*
 * The cgroup tree, a bounded number of entries at a time, and single cgroups
 * by file handle. All paths are relative to one open directory: the top of the
 * hierarchy as it is mounted for us.
 */
#include "base/cleanup.h"
#include "base/time.h"
#include "probe/identity_internal.h"
#include "probe/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <time.h>

enum {
	ROOT_INODE = 1,      /* of every hierarchy: the first id kernfs gives */
	FILEID_KERNFS = 0xfe, /* linux/exportfs.h: a handle that is a kernfs id */
	WALK_SHARE = 300,    /* walking may take one part in this of the time */
};

static bool is_cgroupfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && ((unsigned long)fs.f_type == CGROUP2_SUPER_MAGIC ||
					 (unsigned long)fs.f_type == CGROUP_SUPER_MAGIC);
}

void slo_identity_walk_top(struct slo_identity *d)
{
	const struct slo_cgroup_mount *m = &d->mounts.tree[d->tree];
	char path[SLO_CGROUP_PATH + 1];
	struct stat st;
	bool real;

	if (!m->found) {
		snprintf(d->why, sizeof(d->why), "no cgroup hierarchy is mounted");
		return;
	}
	snprintf(path, sizeof(path), "%s%s", d->mounts.prefix, m->point);
	d->root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->root_fd < 0 || fstat(d->root_fd, &st) < 0) {
		snprintf(d->why, sizeof(d->why), "%.160s: %s", path, slo_strerror(-errno));
		return;
	}
	real = is_cgroupfs(d->root_fd);
	/* A top that calls itself the root is none in a cgroup namespace; the true root is known by its number. */
	if (real && st.st_ino == ROOT_INODE)
		d->base[0] = '\0';
	else if (d->namespaced && strcmp(m->root, "/") == 0)
		slo_str_copy(d->base, sizeof(d->base), slo_str("/.."));
	else
		slo_str_copy(d->base, sizeof(d->base), slo_str(strcmp(m->root, "/") == 0 ? "" : m->root));
	d->handles = d->handles && real &&
		     slo_procfs_link(d->root_link, sizeof(d->root_link), "/proc/self/fd/%d", d->root_fd) == 0;
}

struct identity_cgroup *slo_identity_by_handle(struct slo_identity *d, uint64_t id)
{
	union {
		struct file_handle h;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} u = { .h = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	static const char gone[] = " (deleted)"; /* between the two calls */
	size_t top = strlen(d->root_link), len;
	char link[sizeof(d->root_link) + SLO_IDENTITY_PATH];
	slo_autoclose int fd = -1;

	if (!d->handles)
		return NULL;
	if (d->handles_left == 0) {
		d->n.handles_over++;
		return NULL;
	}
	d->handles_left--;
	d->n.handles++;
	memcpy(u.room + sizeof(struct file_handle), &id, sizeof(id));
	fd = open_by_handle_at(d->root_fd, &u.h, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		/* Not allowed, or not built in: that will not change. */
		d->handles = errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS;
		return NULL;
	}
	if (slo_procfs_link(link, sizeof(link), "/proc/self/fd/%d", fd) || strncmp(link, d->root_link, top) != 0 ||
	    (link[top] != '/' && link[top] != '\0'))
		return NULL;
	len = strlen(link);
	if (len > top + SLO_IDENTITY_PATH) { /* cut to the size of the array, perhaps */
		d->n.too_deep++;
		return NULL;
	}
	if (len > strlen(gone) && strcmp(link + len - strlen(gone), gone) == 0)
		link[len - strlen(gone)] = '\0';
	return slo_identity_learn_below(d, id, link[top] ? link + top + 1 : "");
}

/* Waiting for a CPU costs nobody anything. */
static int64_t cpu_time_ns(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? t.tv_sec * SLO_NS_PER_S + t.tv_nsec : 0;
}

static void push(struct slo_identity *d, const char *path)
{
	struct identity_walk *w = &d->walk;

	if (w->pending_count == w->pending_cap) {
		size_t cap = w->pending_cap ? w->pending_cap * 2 : 64;
		char **more = cap <= SLO_IDENTITY_PENDING ? realloc(w->pending, cap * sizeof(*more)) : NULL;

		if (!more) {
			d->n.pending_over++;
			return;
		}
		w->pending = more;
		w->pending_cap = cap;
	}
	w->pending[w->pending_count] = strdup(path);
	if (w->pending[w->pending_count])
		w->pending_count++;
	else
		d->n.pending_over++;
}

static unsigned depth_of(const char *path)
{
	unsigned n = path[0] != '\0';

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* An entry of the directory being read: another cgroup when it is a directory. */
static void take(struct slo_identity *d, const struct dirent *e)
{
	struct identity_walk *w = &d->walk;
	char path[SLO_IDENTITY_PATH];
	struct stat st;
	int n;

	if ((e->d_type != DT_DIR && e->d_type != DT_UNKNOWN) || strcmp(e->d_name, ".") == 0 ||
	    strcmp(e->d_name, "..") == 0)
		return;
	if (fstatat(dirfd(w->dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return;
	n = snprintf(path, sizeof(path), "%s%s%s", w->path, w->path[0] ? "/" : "", e->d_name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		d->n.too_deep++;
		return;
	}
	slo_identity_learn_below(d, st.st_ino, path);
	if (depth_of(path) < SLO_IDENTITY_DEPTH)
		push(d, path);
	else
		d->n.too_deep++;
}

/* Open what is to be read next. Return: false when nothing is left. */
static bool open_next(struct slo_identity *d)
{
	struct identity_walk *w = &d->walk;
	int fd;

	if (w->pending_count == 0)
		return false;
	w->pending_count--;
	slo_str_copy(w->path, sizeof(w->path), slo_str(w->pending[w->pending_count]));
	free(w->pending[w->pending_count]);
	fd = openat(d->root_fd, w->path[0] ? w->path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	w->dir = fd < 0 ? NULL : fdopendir(fd);
	if (!w->dir) {
		d->n.unreadable += errno != ENOENT && errno != ENODEV;
		if (fd >= 0)
			close(fd);
		return true;
	}
	d->n.dirs++;
	return true;
}

static bool begin(struct slo_identity *d)
{
	struct identity_walk *w = &d->walk;
	struct stat st;

	if (d->root_fd < 0 ||
	    (w->walked && d->now_ns < w->due_ns && !(w->missed && d->now_ns >= w->missed_due_ns)))
		return false;
	w->active = true;
	w->missed = false;
	w->began_ns = d->now_ns;
	w->cost_ns = 0;
	if (fstat(d->root_fd, &st) == 0)
		slo_identity_learn_below(d, st.st_ino, "");
	push(d, "");
	return true;
}

/* What a whole walk did not find, and nobody has asked for in a while. */
static void forget_the_gone(struct slo_identity *d)
{
	for (struct identity_cgroup *e = slo_table_oldest(&d->cgroups), *next; e; e = next) {
		next = slo_table_newer(&d->cgroups, e);
		if (e->seen_ns < d->walk.began_ns && d->now_ns - e->seen_ns > IDENTITY_CGROUP_S * SLO_NS_PER_S)
			slo_table_del(&d->cgroups, e);
	}
}

static void finish(struct slo_identity *d)
{
	struct identity_walk *w = &d->walk;

	forget_the_gone(d);
	w->active = false;
	w->walked = true;
	d->n.walks++;
}

/* The time of the last walk sets when the next one may begin. */
static void schedule(struct slo_identity *d)
{
	struct identity_walk *w = &d->walk;
	int64_t rest = w->cost_ns * WALK_SHARE;

	w->due_ns = d->now_ns + (rest > d->rescan_ns ? rest : d->rescan_ns);
	w->missed_due_ns = d->now_ns + (rest > SLO_NS_PER_S ? rest : SLO_NS_PER_S);
}

void slo_identity_walk_step(struct slo_identity *d)
{
	struct identity_walk *w = &d->walk;
	int64_t began;

	if (!w->active && !begin(d))
		return;
	began = cpu_time_ns();
	for (uint32_t left = d->budget; left > 0; left--) {
		const struct dirent *e;

		if (!w->dir) {
			if (!open_next(d)) {
				finish(d);
				break;
			}
			continue;
		}
		e = readdir(w->dir);
		if (e) {
			take(d, e);
		} else {
			closedir(w->dir);
			w->dir = NULL;
		}
	}
	w->cost_ns += cpu_time_ns() - began;
	if (!w->active)
		schedule(d);
}

void slo_identity_walk_end(struct slo_identity *d)
{
	if (d->walk.dir)
		closedir(d->walk.dir);
	while (d->walk.pending_count > 0)
		free(d->walk.pending[--d->walk.pending_count]);
	free(d->walk.pending);
	if (d->root_fd >= 0)
		close(d->root_fd);
}
