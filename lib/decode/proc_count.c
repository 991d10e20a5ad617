/* SPDX-License-Identifier: MIT */
/* Single counters out of the kernel's longer lists. */
#include "decode/proc.h"
#include "decode/proc_internal.h"

#include <errno.h>

enum { SLICES_AT = 9 }; /* column of a line cpuN, the name being 0 */

static bool begins(struct slo_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

/* The line's first field is "GROUP:". */
static bool is_group(struct slo_str *line, const char *group)
{
	struct slo_str head;

	return slo_proc_field(line, &head) && head.len == strlen(group) + 1 && begins(head, group) &&
	       head.p[head.len - 1] == ':';
}

int slo_proc_group(struct slo_str text, const char *group, const char *name, uint64_t *out)
{
	struct slo_str names, values, f, v;

	while (slo_proc_line(&text, &names)) {
		if (!is_group(&names, group))
			continue;
		if (!slo_proc_line(&text, &values) || !is_group(&values, group))
			return -EINVAL;
		while (slo_proc_field(&names, &f)) {
			if (!slo_proc_field(&values, &v))
				return -EINVAL;
			if (slo_str_is(f, name))
				return slo_proc_u64(v, 10, out) ? 0 : -EINVAL;
		}
		return -ENOENT;
	}
	return -ENOENT;
}

int slo_proc_sum(struct slo_str text, const char *prefix, uint64_t *out)
{
	struct slo_str line, key;
	uint64_t sum = 0, n;
	bool any = false;

	while (slo_proc_line(&text, &line)) {
		if (!slo_proc_field(&line, &key) || !begins(key, prefix))
			continue;
		if (!slo_proc_next_u64(&line, &n) || n > UINT64_MAX - sum)
			return -EINVAL;
		sum += n;
		any = true;
	}
	if (any)
		*out = sum;
	return any ? 0 : -ENOENT;
}

int slo_proc_cpu_slices(struct slo_str text, uint64_t *out)
{
	struct slo_str line, f;
	uint64_t sum = 0, n = 0;
	bool any = false;

	while (slo_proc_line(&text, &line)) {
		if (!slo_proc_field(&line, &f) || !begins(f, "cpu"))
			continue;
		for (int i = 1; i <= SLICES_AT; i++)
			if (!slo_proc_next_u64(&line, &n))
				return -EINVAL;
		if (n > UINT64_MAX - sum)
			return -EINVAL;
		sum += n;
		any = true;
	}
	if (any)
		*out = sum;
	return any ? 0 : -ENOENT;
}
