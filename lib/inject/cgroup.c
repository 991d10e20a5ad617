/* SPDX-License-Identifier: MIT */
#include "inject/cgroup.h"

#include "base/cleanup.h"
#include "base/num.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>

int slo_cg_read(const struct slo_cg_io *io, const char *dir, const char *file, char *to, size_t size)
{
	char path[SLO_CG_PATH_MAX + 64];

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return io->read(io->arg, path, to, size);
}

int slo_cg_write(const struct slo_cg_io *io, const char *dir, const char *file, const char *text)
{
	char path[SLO_CG_PATH_MAX + 64];

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return io->write(io->arg, path, text);
}

bool slo_cg_has_word(const char *text, const char *word)
{
	static const char sep[] = " ,\t\n";
	size_t len = strlen(word);

	while (*text) {
		size_t n = strcspn(text, sep);

		if (n == len && memcmp(text, word, n) == 0)
			return true;
		text += n;
		text += strspn(text, sep);
	}
	return false;
}

/* One line of mountinfo, cut into what matters here (proc(5)). */
struct mount {
	char root[SLO_CG_PATH_MAX], point[SLO_CG_PATH_MAX];
	char type[32], super[512];
};

static bool parse_mount(const char *line, struct mount *m)
{
	const char *dash = strstr(line, " - ");

	return sscanf(line, "%*s %*s %*s %511s %511s", m->root, m->point) == 2 && dash &&
	       sscanf(dash + 3, "%31s %*s %511s", m->type, m->super) == 2 && !strchr(m->point, '\\');
}

static const char *v1_name(const char *controller)
{
	return strcmp(controller, "io") == 0 ? "blkio" : controller;
}

static bool has_it(const struct slo_cg_io *io, const struct mount *m, const char *controller, int version)
{
	char text[512];

	if (version == 1)
		return strcmp(m->type, "cgroup") == 0 && slo_cg_has_word(m->super, v1_name(controller));
	return strcmp(m->type, "cgroup2") == 0 &&
	       slo_cg_read(io, m->point, "cgroup.controllers", text, sizeof(text)) >= 0 &&
	       slo_cg_has_word(text, controller);
}

static int find_mount(const struct slo_cg_io *io, const char *controller, struct mount *out, int *version,
		      struct slo_err *err)
{
	slo_autofree char *text = malloc(SLO_CG_TEXT_MAX);
	int ret = text ? io->read(io->arg, "/proc/self/mountinfo", text, SLO_CG_TEXT_MAX) : -ENOMEM;

	if (ret < 0)
		return slo_err_set(err, ret, "/proc/self/mountinfo: %s", slo_strerror(ret));
	for (int v = 1; v <= 2; v++) {
		for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
			char one[2048];

			slo_str_copy(one, sizeof(one), slo_str_n(line, strcspn(line, "\n")));
			if (parse_mount(one, out) && has_it(io, out, controller, v)) {
				*version = v;
				return 0;
			}
		}
	}
	return slo_err_set(err, -ENOTSUP, "no cgroup hierarchy with the %s controller is mounted", controller);
}

/* The path a "N:controllers:/path" line gives for @version, copied; false when the line is another's. */
static bool line_path(const char *line, size_t len, const char *controller, int version, char *out)
{
	const char *first = memchr(line, ':', len);
	const char *second = first ? memchr(first + 1, ':', len - (size_t)(first + 1 - line)) : NULL;
	char names[256];

	if (!second)
		return false;
	slo_str_copy(names, sizeof(names), slo_str_n(first + 1, (size_t)(second - first - 1)));
	if (version == 1 ? !slo_cg_has_word(names, v1_name(controller)) : line[0] != '0' || names[0])
		return false;
	return slo_str_copy(out, SLO_CG_PATH_MAX, slo_str_n(second + 1, len - (size_t)(second + 1 - line)));
}

static int path_of(const struct slo_cg_io *io, const char *file, const char *controller, int version, char *out,
		   struct slo_err *err)
{
	char text[8192];
	int ret = io->read(io->arg, file, text, sizeof(text));

	if (ret < 0)
		return slo_err_set(err, ret == -ENOENT ? -ESRCH : ret, "%s: %s", file,
				   ret == -ENOENT ? "no such process" : slo_strerror(ret));
	for (char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (line_path(line, strcspn(line, "\n"), controller, version, out))
			return strstr(out, "/..") ? slo_err_set(err, -ENOTSUP, "%s: the cgroup %s is outside this namespace",
								file, out)
						  : 0;
	return slo_err_set(err, -ENOTSUP, "%s: no cgroup of version %d", file, version);
}

/* Every thread in the same place: undoing puts the process back as a whole. */
static int check_threads(const struct slo_cg_io *io, const char *controller, int64_t pid, int version, const char *path,
			 struct slo_err *err)
{
	slo_autofree char *names = malloc(SLO_CG_TEXT_MAX);
	char file[128], other[SLO_CG_PATH_MAX];
	int ret;

	snprintf(file, sizeof(file), "/proc/%lld/task", (long long)pid);
	ret = names ? io->list(io->arg, file, names, SLO_CG_TEXT_MAX) : -ENOMEM;
	if (ret < 0)
		return slo_err_set(err, ret, "%s: %s", file, slo_strerror(ret));
	for (char *tid = names; *tid; tid += strcspn(tid, "\n"), tid += *tid == '\n') {
		snprintf(file, sizeof(file), "/proc/%lld/task/%.*s/cgroup", (long long)pid, (int)strcspn(tid, "\n"), tid);
		ret = path_of(io, file, controller, version, other, NULL);
		if (ret == -ESRCH)
			continue; /* ended meanwhile */
		if (ret || strcmp(other, path) != 0)
			return slo_err_set(err, -ENOTSUP, "the threads of process %lld are in different cgroups",
					   (long long)pid);
	}
	return 0;
}

/* A mount may show only part of the hierarchy (its root field). */
static int join(const struct mount *m, const char *path, char *out, struct slo_err *err)
{
	size_t len = strcmp(m->root, "/") == 0 ? 0 : strlen(m->root);

	if (len && (strncmp(path, m->root, len) != 0 || (path[len] && path[len] != '/')))
		return slo_err_set(err, -ENOTSUP, "the cgroup %s is not visible under %s", path, m->point);
	path += len;
	if (snprintf(out, SLO_CG_PATH_MAX, "%s%s", m->point, strcmp(path, "/") == 0 ? "" : path) >= SLO_CG_PATH_MAX)
		return slo_err_set(err, -ENAMETOOLONG, "the cgroup path is too long");
	return 0;
}

static int dir_of(const struct slo_cg_io *io, const struct mount *m, const char *controller, int version, int64_t pid,
		  char *out, struct slo_err *err)
{
	char file[64], path[SLO_CG_PATH_MAX];
	int ret;

	snprintf(file, sizeof(file), "/proc/%lld/cgroup", (long long)pid);
	ret = path_of(io, file, controller, version, path, err);
	if (!ret)
		ret = check_threads(io, controller, pid, version, path, err);
	return ret ? ret : join(m, path, out, err);
}

int slo_cg_dir_of(const struct slo_cg_io *io, const struct slo_cg_home *home, int64_t pid, char *out,
		  struct slo_err *err)
{
	struct mount m;
	const char *controller = home->controller[0] ? home->controller : "cpu"; /* journals of the first format have none */
	int version, ret = find_mount(io, controller, &m, &version, err);

	if (!ret && (version != home->version || strcmp(m.point, home->mount) != 0))
		ret = slo_err_set(err, -ENOTSUP, "the cgroup mounts changed");
	return ret ? ret : dir_of(io, &m, controller, version, pid, out, err);
}

int slo_cg_locate(const struct slo_cg_io *io, const char *controller, int64_t pid, struct slo_cg_home *out,
		  struct slo_err *err)
{
	struct slo_cg_home h;
	struct mount m;
	int ret = find_mount(io, controller, &m, &h.version, err);

	if (!ret)
		ret = dir_of(io, &m, controller, h.version, pid, h.dir, err);
	if (ret)
		return ret;
	slo_str_copy(h.mount, sizeof(h.mount), slo_str(m.point));
	slo_str_copy(h.controller, sizeof(h.controller), slo_str(controller));
	*out = h;
	return 0;
}

void slo_cg_parent(const struct slo_cg_home *h, const char *dir, char *out)
{
	const char *slash = strrchr(dir, '/');
	size_t len = slash ? (size_t)(slash - dir) : 0, least = strlen(h->mount);

	slo_str_copy(out, SLO_CG_PATH_MAX, len < least ? slo_str(h->mount) : slo_str_n(dir, len));
}

int slo_cg_missing(const struct slo_cg_io *io, const struct slo_cg_home *h, const char *base,
		   char (*out)[SLO_CG_PATH_MAX], size_t *n, struct slo_err *err)
{
	char text[1024], dir[SLO_CG_PATH_MAX];
	size_t at = strlen(h->mount);

	for (*n = 0;;) {
		int ret;

		slo_str_copy(dir, sizeof(dir), slo_str_n(base, at));
		ret = slo_cg_read(io, dir, "cgroup.subtree_control", text, sizeof(text));
		if (ret < 0)
			return slo_err_set(err, ret, "%s/cgroup.subtree_control: %s", dir, slo_strerror(ret));
		if (!slo_cg_has_word(text, h->controller)) {
			if (*n == SLO_CG_ENABLES_MAX)
				return slo_err_set(err, -E2BIG, "%s: too deep", base);
			slo_str_copy(out[(*n)++], SLO_CG_PATH_MAX, slo_str(dir));
		}
		if (!base[at])
			return 0;
		at++;
		at += strcspn(base + at, "/");
	}
}

/* Children of every thread of @pid, appended to the list. */
static int add_children(const struct slo_cg_io *io, int64_t pid, int64_t *pids, size_t max, size_t *n)
{
	slo_autofree char *tids = malloc(SLO_CG_TEXT_MAX), *kids = malloc(SLO_CG_TEXT_MAX);
	char file[128];

	snprintf(file, sizeof(file), "/proc/%lld/task", (long long)pid);
	if (!tids || !kids)
		return -ENOMEM;
	if (io->list(io->arg, file, tids, SLO_CG_TEXT_MAX) < 0)
		return -ESRCH;
	for (char *tid = tids; *tid; tid += strcspn(tid, "\n"), tid += *tid == '\n') {
		snprintf(file, sizeof(file), "/proc/%lld/task/%.*s/children", (long long)pid, (int)strcspn(tid, "\n"), tid);
		if (io->read(io->arg, file, kids, SLO_CG_TEXT_MAX) < 0)
			continue;
		for (char *p = kids; *p; p += strspn(p, " \n")) {
			size_t len = strcspn(p, " \n");

			if (*n == max)
				return -E2BIG;
			if (len && slo_parse_i64(slo_str_n(p, len), &pids[*n]) == 0)
				++*n;
			p += len;
		}
	}
	return 0;
}

int slo_cg_tree(const struct slo_cg_io *io, int64_t pid, int64_t *pids, size_t max, size_t *n, struct slo_err *err)
{
	*n = 0;
	if (max == 0)
		return -E2BIG;
	pids[(*n)++] = pid;
	for (size_t i = 0; i < *n; i++) {
		int ret = add_children(io, pids[i], pids, max, n);

		if (ret == -E2BIG)
			return slo_err_set(err, ret, "process %lld has more than %zu descendants", (long long)pid, max);
		if (ret == -ENOMEM || (ret && i == 0))
			return slo_err_set(err, ret, "process %lld: %s", (long long)pid, slo_strerror(ret));
	}
	return 0;
}
