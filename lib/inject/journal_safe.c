/* SPDX-License-Identifier: MIT */
#include "inject/journal_safe.h"

#include "base/str.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool journal_safe_path(const char *p)
{
	return p[0] == '/' && !strstr(p, "/..");
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool journal_safe_cgroup(const char *dir)
{
	return journal_safe_path(dir) && begins(last_part(dir), SLO_STEP_PREFIX);
}

static bool safe_file(const struct slo_step *s)
{
	static const char *const files[] = {
		"cgroup.subtree_control", "cpu.max", "cpu.weight", "cpu.shares", "cpu.cfs_quota_us", "memory.high",
		"memory.limit_in_bytes", "memory.oom_control", "io.max", "blkio.throttle.read_iops_device",
		"blkio.throttle.write_iops_device",
	};

	if (!journal_safe_path(s->path) || s->back[strspn(s->back, LETTERS ":=+- ")])
		return false;
	for (size_t i = 0; i < SLO_ARRAY_LEN(files); i++)
		if (strcmp(last_part(s->path), files[i]) == 0)
			return true;
	return false;
}

static bool safe_netns(const struct slo_netns *ns)
{
	return ns->ino == 0 || journal_safe_path(ns->path);
}

bool journal_safe_step(const struct slo_step *s)
{
	size_t name = strlen(s->name);

	switch ((enum slo_step_kind)s->kind) {
	case SLO_STEP_FILE:
		return safe_file(s);
	case SLO_STEP_CGROUP:
		return journal_safe_cgroup(s->path);
	case SLO_STEP_NFT:
		return begins(s->name, SLO_STEP_NFT_PREFIX) && !s->name[strspn(s->name, LETTERS "_")] && safe_netns(&s->ns);
	case SLO_STEP_NETEM:
		return name > 0 && name < 16 && s->name[0] != '-' && !s->name[strspn(s->name, LETTERS "._-")] &&
		       s->band >= 2 && s->band < SLO_STEP_BANDS && safe_netns(&s->ns);
	case SLO_STEP_HELPER:
		return s->pid == 0 || s->pid > 1; /* and called as ours are, which the undo looks at */
	case SLO_STEP__COUNT:
		break;
	}
	return false;
}
