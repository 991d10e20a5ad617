/* SPDX-License-Identifier: MIT */
/* The names in a spool, and what a process that died left among them. */
#include "base/num.h"
#include "io/spool_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEMP_AGE_S = 600, TIME_DIGITS = 19, KEY_DIGITS = 16 };

static bool read_hex(const char *s, uint64_t *out)
{
	*out = 0;
	for (; *s; s++) {
		int digit = *s >= '0' && *s <= '9' ? *s - '0' : *s >= 'a' && *s <= 'f' ? *s - 'a' + 10 : -1;

		if (digit < 0)
			return false;
		*out = *out << 4 | (uint64_t)digit;
	}
	return true;
}

/* "time-process-key"; whatever else lies in the directory is not ours. */
static bool read_name(const char *name, struct slo_spool_entry *e)
{
	size_t len = strlen(name);
	const char *key = strrchr(name, '-');

	if (len >= SLO_SPOOL_NAME_MAX || len < TIME_DIGITS + KEY_DIGITS + 3 || name[TIME_DIGITS] != '-' ||
	    strlen(key + 1) != KEY_DIGITS || !read_hex(key + 1, &e->key) ||
	    slo_parse_i64(slo_str_n(name + strspn(name, "0"), TIME_DIGITS - strspn(name, "0")), &e->time_ns))
		return false;
	slo_str_copy(e->name, sizeof(e->name), slo_str(name));
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct slo_spool_entry *)a)->name, ((const struct slo_spool_entry *)b)->name);
}

struct names {
	struct slo_spool_entry *items;
	size_t n, cap, max;
};

static int add(struct names *l, const struct slo_spool_entry *e)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct slo_spool_entry *more = realloc(l->items, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->items = more;
		l->cap = cap;
	}
	l->items[l->n++] = *e;
	return 0;
}

/* A stream of its own: several threads may look at once. */
static DIR *stream(int at)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

int slo_spool_list(struct slo_spool *s, enum slo_spool_where w, struct slo_spool_entry **out, size_t *n)
{
	struct names l = { .max = 2 * (size_t)s->o.messages_max };
	DIR *d = stream(s->dir[w]);
	struct dirent *de;
	struct stat st;
	int r = 0;

	if (!d)
		return -errno;
	while (!r && l.n < l.max && (de = readdir(d))) {
		struct slo_spool_entry e;

		if (!read_name(de->d_name, &e) || fstatat(s->dir[w], e.name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode))
			continue;
		e.bytes = (uint64_t)st.st_size;
		e.since_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
		r = add(&l, &e);
	}
	closedir(d);
	if (r) {
		free(l.items);
		return r;
	}
	if (l.n)
		qsort(l.items, l.n, sizeof(*l.items), by_name);
	*out = l.items;
	*n = l.n;
	return 0;
}

static void clean_temps(int dir)
{
	DIR *d = stream(dir);
	struct dirent *de;
	struct stat st;

	while (d && (de = readdir(d)))
		if (strncmp(de->d_name, "tmp-", 4) == 0 && fstatat(dir, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    time(NULL) - st.st_mtime > TEMP_AGE_S)
			unlinkat(dir, de->d_name, 0);
	if (d)
		closedir(d);
}

int slo_spool_lock(struct slo_spool *s)
{
	bool had;

	pthread_mutex_lock(&s->lock);
	had = s->locked;
	if (!had && flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
		s->locked = true;
	pthread_mutex_unlock(&s->lock);
	if (had)
		return 0;
	if (!s->locked)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	for (int w = 0; w < 2; w++)
		clean_temps(s->dir[w]);
	return 0;
}
