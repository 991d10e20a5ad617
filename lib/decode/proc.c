/* SPDX-License-Identifier: MIT */
#include "decode/proc.h"
#include "decode/proc_internal.h"

#include <errno.h>

bool slo_proc_line(struct slo_str *text, struct slo_str *line)
{
	const char *nl;

	if (text->len == 0)
		return false;
	nl = memchr(text->p, '\n', text->len);
	*line = slo_str_n(text->p, nl ? (size_t)(nl - text->p) : text->len);
	text->p += line->len + (nl ? 1 : 0);
	text->len -= line->len + (nl ? 1 : 0);
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

bool slo_proc_field(struct slo_str *s, struct slo_str *field)
{
	size_t from = 0, to;

	while (from < s->len && blank(s->p[from]))
		from++;
	for (to = from; to < s->len && !blank(s->p[to]);)
		to++;
	if (to == from)
		return false;
	*field = slo_str_n(s->p + from, to - from);
	s->p += to;
	s->len -= to;
	return true;
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 99;
}

bool slo_proc_u64(struct slo_str s, unsigned base, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned d = digit(s.p[i]);

		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return true;
}

bool slo_proc_next_u64(struct slo_str *s, uint64_t *out)
{
	struct slo_str f;

	return slo_proc_field(s, &f) && slo_proc_u64(f, 10, out);
}

int slo_proc_schedstat(struct slo_str text, struct slo_proc_schedstat *out)
{
	struct slo_proc_schedstat v;

	if (!slo_proc_next_u64(&text, &v.run_ns) || !slo_proc_next_u64(&text, &v.delay_ns) ||
	    !slo_proc_next_u64(&text, &v.slices))
		return -EINVAL;
	*out = v;
	return 0;
}

static void copy_comm(char comm[16], struct slo_str s)
{
	size_t n = s.len < 15 ? s.len : 15;

	for (size_t i = 0; i < n; i++)
		comm[i] = s.p[i] >= ' ' && s.p[i] < 127 ? s.p[i] : '?';
	memset(comm + n, 0, 16 - n);
}

int slo_proc_stat(struct slo_str text, struct slo_proc_stat *out)
{
	const char *open = text.len ? memchr(text.p, '(', text.len) : NULL;
	const char *close = text.len ? memrchr(text.p, ')', text.len) : NULL;
	struct slo_proc_stat v = { 0 };
	uint64_t col[23] = { 0 }, pid; /* numbered as in proc_pid_stat(5): col[3] would be the state */
	struct slo_str rest, f, head;

	if (!open || !close || close < open)
		return -EINVAL;
	head = slo_str_n(text.p, (size_t)(open - text.p));
	if (!slo_proc_next_u64(&head, &pid) || pid > INT32_MAX)
		return -EINVAL;
	rest = slo_str_n(close + 1, (size_t)(text.p + text.len - close) - 1);
	if (!slo_proc_field(&rest, &f) || f.len != 1)
		return -EINVAL;
	v.state = f.p[0];
	for (int i = 4; i <= 22; i++) {
		if (!slo_proc_field(&rest, &f))
			return -EINVAL;
		if (f.p[0] == '-') /* tty group, priority, nice: not ours */
			continue;
		if (!slo_proc_u64(f, 10, &col[i]))
			return -EINVAL;
	}
	if (col[4] > INT32_MAX || col[20] > INT32_MAX)
		return -EINVAL;
	v.pid = (int64_t)pid;
	v.ppid = (int64_t)col[4];
	v.utime = col[14];
	v.stime = col[15];
	v.threads = (int64_t)col[20];
	v.start = col[22];
	copy_comm(v.comm, slo_str_n(open + 1, (size_t)(close - open) - 1));
	*out = v;
	return 0;
}

int slo_proc_cpu(struct slo_str text, struct slo_proc_cpu *out)
{
	struct slo_proc_cpu v = { 0 };
	uint64_t *const to[] = { &v.user, &v.nice, &v.system, &v.idle, &v.iowait, &v.irq, &v.softirq, &v.steal,
				 &v.guest, &v.guest_nice };
	struct slo_str line, f;

	if (!slo_proc_line(&text, &line) || !slo_proc_field(&line, &f) || !slo_str_is(f, "cpu"))
		return -EINVAL;
	while (v.fields < SLO_ARRAY_LEN(to) && slo_proc_field(&line, &f))
		if (!slo_proc_u64(f, 10, to[v.fields++]))
			return -EINVAL;
	if (v.fields < 4)
		return -EINVAL;
	*out = v;
	return 0;
}

static uint64_t grown(uint64_t before, uint64_t after)
{
	return after > before ? after - before : 0;
}

double slo_proc_steal_pct(const struct slo_proc_cpu *before, const struct slo_proc_cpu *after, uint64_t *busy)
{
	uint64_t steal = grown(before->steal, after->steal);

	*busy = steal + grown(before->user, after->user) + grown(before->nice, after->nice) +
		grown(before->system, after->system) + grown(before->irq, after->irq) +
		grown(before->softirq, after->softirq);
	return *busy ? 100.0 * (double)steal / (double)*busy : 0;
}

int slo_proc_throttle(struct slo_str text, struct slo_proc_throttle *out)
{
	struct slo_proc_throttle v = { 0 };
	struct slo_str line, key;
	uint64_t n;

	while (slo_proc_line(&text, &line)) {
		if (!slo_proc_field(&line, &key))
			continue;
		if (!slo_proc_next_u64(&line, &n))
			return -EINVAL;
		if (slo_str_is(key, "nr_periods"))
			v.periods = n;
		else if (slo_str_is(key, "nr_throttled"))
			v.throttled_periods = n;
		else if (slo_str_is(key, "throttled_time"))
			v.throttled_ns = n;
		else if (slo_str_is(key, "throttled_usec"))
			v.throttled_ns = n > UINT64_MAX / 1000 ? UINT64_MAX : n * 1000;
		else
			continue;
		v.has |= key.p[0] == 't';
	}
	*out = v;
	return 0;
}

int slo_proc_psi(struct slo_str text, struct slo_proc_psi *out)
{
	struct slo_proc_psi v = { 0 };
	struct slo_str line, kind, f;
	bool some = false;

	while (slo_proc_line(&text, &line)) {
		uint64_t total = 0;
		bool has = false;

		if (!slo_proc_field(&line, &kind))
			continue;
		while (slo_proc_field(&line, &f))
			if (f.len > 6 && memcmp(f.p, "total=", 6) == 0)
				has = slo_proc_u64(slo_str_n(f.p + 6, f.len - 6), 10, &total);
		if (!has)
			return -EINVAL;
		if (slo_str_is(kind, "some")) {
			v.some_us = total;
			some = true;
		} else if (slo_str_is(kind, "full")) {
			v.full_us = total;
			v.has_full = true;
		}
	}
	if (!some)
		return -EINVAL;
	*out = v;
	return 0;
}

int slo_proc_disk(struct slo_str line, struct slo_proc_disk *out)
{
	static const uint8_t ios_at[] = { 4, 8, 15, 19 }, ms_at[] = { 7, 11, 18, 20 }; /* columns, from 1 */
	struct slo_proc_disk v = { 0 };
	uint64_t col[21] = { 0 }, major, minor;
	struct slo_str name, f;

	if (!slo_proc_next_u64(&line, &major) || !slo_proc_next_u64(&line, &minor) || major > UINT32_MAX ||
	    minor > UINT32_MAX || !slo_proc_field(&line, &name) || !slo_str_copy(v.name, sizeof(v.name), name))
		return -EINVAL;
	for (v.fields = 3; v.fields < 20 && slo_proc_field(&line, &f); v.fields++)
		if (!slo_proc_u64(f, 10, &col[v.fields + 1]))
			return -EINVAL;
	if (v.fields < 14)
		return -EINVAL;
	v.major = (uint32_t)major;
	v.minor = (uint32_t)minor;
	for (size_t i = 0; i < SLO_ARRAY_LEN(ios_at); i++) {
		v.ios += col[ios_at[i]];
		v.ms += col[ms_at[i]];
	}
	v.flushes = col[19];
	*out = v;
	return 0;
}
