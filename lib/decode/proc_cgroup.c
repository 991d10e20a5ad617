/* SPDX-License-Identifier: MIT */
#include "decode/proc.h"
#include "decode/proc_internal.h"

#include <errno.h>

/* Cut @s up to the next @sep off; false when there is none. */
static bool until(struct slo_str *s, char sep, struct slo_str *part)
{
	const char *at = s->len ? memchr(s->p, sep, s->len) : NULL;

	if (!at)
		return false;
	*part = slo_str_n(s->p, (size_t)(at - s->p));
	s->len -= part->len + 1;
	s->p = at + 1;
	return true;
}

int slo_proc_cgroup(struct slo_str line, struct slo_proc_cgroup *out)
{
	static const char gone[] = " (deleted)";
	const size_t tail = sizeof(gone) - 1;
	struct slo_str id, controllers;
	uint64_t n;

	if (!until(&line, ':', &id) || !slo_proc_u64(id, 10, &n) || n > UINT32_MAX || !until(&line, ':', &controllers))
		return -EINVAL;
	if (line.len == 0 || line.p[0] != '/')
		return -EINVAL;
	if (line.len > tail && memcmp(line.p + line.len - tail, gone, tail) == 0)
		line.len -= tail;
	*out = (struct slo_proc_cgroup){ (uint32_t)n, controllers, line };
	return 0;
}

bool slo_proc_list_has(struct slo_str list, const char *item)
{
	struct slo_str part;

	while (until(&list, ',', &part))
		if (slo_str_is(part, item))
			return true;
	return slo_str_is(list, item);
}

/* The kernel writes blank, tab, newline and backslash as \ooo. */
static int unescape(char *to, size_t size, struct slo_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '\\' && i + 3 < s.len && s.p[i + 1] >= '0' && s.p[i + 1] <= '3' && s.p[i + 2] >= '0' &&
		    s.p[i + 2] <= '7' && s.p[i + 3] >= '0' && s.p[i + 3] <= '7') {
			c = (char)((s.p[i + 1] - '0') * 64 + (s.p[i + 2] - '0') * 8 + (s.p[i + 3] - '0'));
			i += 3;
		}
		if (c == '\0')
			return -EINVAL;
		if (n + 1 >= size)
			return -ENAMETOOLONG;
		to[n++] = c;
	}
	to[n] = '\0';
	return 0;
}

int slo_proc_mount(struct slo_str line, struct slo_proc_mount *out)
{
	struct slo_str f, root, point;
	struct slo_proc_mount v;
	int r;

	for (int i = 0; i < 3; i++) /* mount id, parent, device */
		if (!slo_proc_field(&line, &f))
			return -EINVAL;
	if (!slo_proc_field(&line, &root) || !slo_proc_field(&line, &point))
		return -EINVAL;
	do { /* mount options, then any number of tags, then a dash */
		if (!slo_proc_field(&line, &f))
			return -EINVAL;
	} while (!slo_str_is(f, "-"));
	if (!slo_proc_field(&line, &v.type) || !slo_proc_field(&line, &f) || !slo_proc_field(&line, &v.options))
		return -EINVAL;
	r = unescape(v.root, sizeof(v.root), root);
	if (r == 0)
		r = unescape(v.point, sizeof(v.point), point);
	if (r == 0)
		*out = v;
	return r;
}
