/* SPDX-License-Identifier: MIT */
#include "probe/cgroup.h"
#include "decode/proc.h"
#include "probe/procfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 4 << 20 };

static void take_mount(struct slo_cgroup_mounts *m, const struct slo_proc_mount *v)
{
	static const struct {
		enum slo_cgroup_tree tree;
		const char *type, *controller;
	} kinds[] = {
		{ SLO_CGROUP_V1_CPU, "cgroup", "cpu" },
		{ SLO_CGROUP_V1_MEMORY, "cgroup", "memory" },
		{ SLO_CGROUP_V2, "cgroup2", NULL },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(kinds); i++) {
		struct slo_cgroup_mount *to = &m->tree[kinds[i].tree];

		if (to->found || !slo_str_is(v->type, kinds[i].type) ||
		    (kinds[i].controller && !slo_proc_list_has(v->options, kinds[i].controller)))
			continue;
		to->found = true;
		memcpy(to->point, v->point, sizeof(to->point));
		memcpy(to->root, v->root, sizeof(to->root));
	}
}

int slo_cgroup_find(struct slo_cgroup_mounts *m, const char *proc_root, const char *prefix, struct slo_err *err)
{
	struct slo_buf b;
	struct slo_str text, line;
	struct slo_proc_mount v;
	int r;

	memset(m, 0, sizeof(*m));
	if (!slo_str_copy(m->prefix, sizeof(m->prefix), slo_str(prefix ? prefix : "")))
		return slo_err_set(err, -ENAMETOOLONG, "%s: path too long", prefix);
	slo_buf_init(&b, FILE_MAX);
	r = slo_procfs_read(&b, "%s/self/mountinfo", proc_root);
	if (r == 0 || r == -EFBIG) {
		text = slo_buf_str(&b);
		while (slo_proc_line(&text, &line))
			if (slo_proc_mount(line, &v) == 0)
				take_mount(m, &v);
		r = 0;
	} else {
		slo_err_set(err, r, "%s/self/mountinfo: %s", proc_root, slo_strerror(r));
	}
	slo_buf_fini(&b);
	return r;
}

static void take_path(struct slo_cgroup_paths *out, const struct slo_proc_cgroup *v)
{
	/* A path that does not fit is as good as none: a cut one would name another cgroup. */
	struct {
		enum slo_cgroup_tree tree;
		bool is;
	} kinds[] = {
		{ SLO_CGROUP_V2, v->hierarchy == 0 },
		{ SLO_CGROUP_V1_CPU, v->hierarchy != 0 && slo_proc_list_has(v->controllers, "cpu") },
		{ SLO_CGROUP_V1_MEMORY, v->hierarchy != 0 && slo_proc_list_has(v->controllers, "memory") },
	};

	for (size_t i = 0; i < SLO_ARRAY_LEN(kinds); i++)
		if (kinds[i].is && v->path.len < SLO_CGROUP_PATH)
			slo_str_copy(out->path[kinds[i].tree], SLO_CGROUP_PATH, v->path);
}

int slo_cgroup_of(const char *proc_root, int64_t pid, struct slo_cgroup_paths *out)
{
	struct slo_buf b;
	struct slo_str text, line;
	struct slo_proc_cgroup v;
	int r;

	slo_buf_init(&b, 64 << 10);
	r = slo_procfs_read(&b, "%s/%lld/cgroup", proc_root, (long long)pid);
	if (r == 0) {
		memset(out, 0, sizeof(*out));
		text = slo_buf_str(&b);
		while (slo_proc_line(&text, &line))
			if (slo_proc_cgroup(line, &v) == 0)
				take_path(out, &v);
	}
	slo_buf_fini(&b);
	return r == -ENOENT ? -ESRCH : r;
}

/* @path without the leading @root, or NULL when it lies elsewhere. */
static const char *below(const char *path, const char *root)
{
	size_t n = strlen(root);

	if (strncmp(path, "/..", 3) == 0 && (path[3] == '/' || path[3] == '\0'))
		return NULL;
	if (n <= 1)
		return path;
	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path + n;
}

int slo_cgroup_dir(const struct slo_cgroup_mounts *m, enum slo_cgroup_tree tree, const char *path, char *dir,
		   size_t size)
{
	const struct slo_cgroup_mount *mount = &m->tree[tree];
	const char *rest = mount->found && path[0] ? below(path, mount->root) : NULL;
	int n;

	if (!rest)
		return -ENOENT;
	n = snprintf(dir, size, "%s%s%s", m->prefix, mount->point, strcmp(rest, "/") == 0 ? "" : rest);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}
