/* SPDX-License-Identifier: MIT */
#include "io/spool.h"

#include "io/spool_internal.h"
#include "io/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_MODE = 0700, FILE_MODE = 0600, HEAD_MAX = 4096, READ_STEP = 64 << 10, LOOK_EVERY = 64 };

static int fail(struct slo_err *err, int rc, const char *dir, const char *doing)
{
	slo_err_set(err, rc, "%s: %s", doing, slo_strerror(rc));
	slo_err_at(err, "%s", dir);
	return rc;
}

static int open_dir(int at, const char *path)
{
	int fd;

	if (mkdirat(at, path, DIR_MODE) && errno != EEXIST)
		return -errno;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void set_opts(struct slo_spool *s, const struct slo_spool_opts *o)
{
	s->o = *o;
	s->o.message_max = o->message_max ? o->message_max : SLO_SPOOL_MESSAGE_MAX;
	s->o.messages_max = o->messages_max ? o->messages_max : SLO_SPOOL_MESSAGES;
	s->o.bytes_max = o->bytes_max ? o->bytes_max : SLO_SPOOL_BYTES;
	s->o.age_ns = o->age_ns ? o->age_ns : SLO_SPOOL_AGE_S * INT64_C(1000000000);
}

static int open_dirs(struct slo_spool *s, const char *path)
{
	int r = slo_mkdirs(path);

	if (r)
		return r;
	for (int w = 0; w < 2; w++) {
		s->dir[w] = w ? open_dir(s->dir[0], "dead") : open_dir(AT_FDCWD, path);
		if (s->dir[w] < 0)
			return s->dir[w];
	}
	s->lock_fd = openat(s->dir[0], "lock", O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	return s->lock_fd < 0 ? -errno : 0;
}

int slo_spool_open(const struct slo_spool_opts *o, struct slo_spool **out, struct slo_err *err)
{
	struct slo_spool *s = calloc(1, sizeof(*s));
	struct slo_spool_entry *list;
	size_t n;
	int r;

	if (!s)
		return fail(err, -ENOMEM, o->dir, "cannot be a spool");
	pthread_mutex_init(&s->lock, NULL);
	set_opts(s, o);
	s->dir[0] = s->dir[1] = s->lock_fd = -1;
	s->o.dir = s->path = strdup(o->dir);
	r = s->path ? open_dirs(s, o->dir) : -ENOMEM;
	r = r ? r : slo_spool_list(s, SLO_SPOOL_WAITING, &list, &n);
	if (r) {
		slo_spool_close(s);
		return fail(err, r, o->dir, "cannot be a spool");
	}
	if (n)
		s->last_ns = list[n - 1].time_ns; /* a clock that was set back must not change the order */
	free(list);
	*out = s;
	return 0;
}

void slo_spool_close(struct slo_spool *s)
{
	if (!s)
		return;
	free(s->path);
	for (int w = 0; w < 2; w++)
		if (s->dir[w] >= 0)
			close(s->dir[w]);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int write_all(int fd, struct slo_str data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.p, data.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data.p += n;
			data.len -= (size_t)n;
		}
	}
	return 0;
}

static int sync_dir(int fd)
{
	/* EINVAL: a file system that has no such thing. */
	return fsync(fd) && errno != EINVAL ? -errno : 0;
}

static int fill(int fd, struct slo_str data)
{
	int r = write_all(fd, data);

	if (!r && fsync(fd))
		r = -errno;
	if (close(fd) && !r)
		r = -errno;
	return r;
}

/* Make the message a file of @w, all of it or nothing. */
static int place(struct slo_spool *s, enum slo_spool_where w, const char *name, const struct slo_spool_message *m)
{
	char temp[SLO_SPOOL_NAME_MAX + 8];
	struct slo_buf text;
	int fd, r;

	(void)!snprintf(temp, sizeof(temp), "tmp-%s", name);
	slo_buf_init(&text, m->body.len + HEAD_MAX);
	slo_spool_print(&text, m);
	fd = text.err ? -1 : openat(s->dir[w], temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	r = text.err ? text.err : fd < 0 ? -errno : fill(fd, slo_buf_str(&text));
	slo_buf_fini(&text);
	if (!r && renameat(s->dir[w], temp, s->dir[w], name))
		r = -errno;
	if (r) {
		unlinkat(s->dir[w], temp, 0);
		return r;
	}
	r = sync_dir(s->dir[w]);
	if (r)
		unlinkat(s->dir[w], name, 0);
	return r;
}

static void count(struct slo_spool *s, uint64_t *what)
{
	pthread_mutex_lock(&s->lock);
	++*what;
	pthread_mutex_unlock(&s->lock);
}

void slo_spool_stats(struct slo_spool *s, struct slo_spool_stats *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->stats;
	pthread_mutex_unlock(&s->lock);
}

static bool is_word(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return n > 0 && n < size;
}

/* One line of the head each: nothing may end it early. */
static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 127)
			*s = '?';
}

/*
 * By what was there when we last looked and what we put since, without what was taken: never too little, but for
 * other processes, which is why we look every now and then.
 */
static bool surely_fits(struct slo_spool *s, uint64_t bytes)
{
	bool fits;

	pthread_mutex_lock(&s->lock);
	s->about_n++;
	s->about_bytes += bytes;
	fits = s->puts++ % LOOK_EVERY && s->about_n <= s->o.messages_max && s->about_bytes <= s->o.bytes_max;
	pthread_mutex_unlock(&s->lock);
	return fits;
}

/* Bring what is expendable to the front of a listing, order kept otherwise. Without memory it stays as it is. */
static void expendable_first(const struct slo_spool *s, struct slo_spool_entry *list, size_t n)
{
	struct slo_spool_entry *rest = s->o.expendable_key ? calloc(n, sizeof(*rest)) : NULL;
	size_t front = 0, back = 0;

	for (size_t i = 0; rest && i < n; i++) {
		if (list[i].key == s->o.expendable_key)
			list[front++] = list[i];
		else
			rest[back++] = list[i];
	}
	if (back)
		memcpy(list + front, rest, back * sizeof(*rest));
	free(rest);
}

/* The oldest go first, so that what is known last is what arrives. */
static int make_room(struct slo_spool *s, uint64_t bytes, int64_t now_ns)
{
	struct slo_spool_entry *list;
	uint64_t used = bytes;
	size_t n, i = 0;
	int r = surely_fits(s, bytes) ? 1 : slo_spool_list(s, SLO_SPOOL_WAITING, &list, &n);

	if (r)
		return r > 0 ? 0 : r;
	for (size_t k = 0; k < n; k++)
		used += list[k].bytes;
	if (n >= s->o.messages_max || used > s->o.bytes_max)
		expendable_first(s, list, n);
	for (; i < n && !r && (n - i >= s->o.messages_max || used > s->o.bytes_max); i++) {
		used -= list[i].bytes;
		r = slo_spool_bury(s, list[i].name, 0, "the spool is full", now_ns);
		count(s, &s->stats.pushed_out);
	}
	free(list);
	pthread_mutex_lock(&s->lock);
	s->about_n = n - i + 1;
	s->about_bytes = used;
	pthread_mutex_unlock(&s->lock);
	return r;
}

int slo_spool_put(struct slo_spool *s, struct slo_spool_message *m, struct slo_str key, int64_t now_ns,
		  struct slo_err *err)
{
	char name[SLO_SPOOL_NAME_MAX];
	int r;

	if (!is_word(m->id, sizeof(m->id)) || !is_word(m->tag, sizeof(m->tag)))
		return slo_err_set(err, -EINVAL, "not a message: its id or tag is no word");
	if (m->body.len > s->o.message_max)
		return slo_err_set(err, -EMSGSIZE, "the message has %zu bytes, at most %zu are kept", m->body.len,
				   s->o.message_max);
	slo_str_copy(m->key, sizeof(m->key), key);
	one_line(m->key);
	pthread_mutex_lock(&s->lock);
	s->last_ns = now_ns > s->last_ns ? now_ns : s->last_ns + 1;
	m->time_ns = s->last_ns;
	pthread_mutex_unlock(&s->lock);
	(void)!snprintf(name, sizeof(name), "%019" PRId64 "-%06x-%016" PRIx64, m->time_ns, (unsigned int)getpid(),
			slo_spool_key(key));
	m->dead_ns = 0;
	r = make_room(s, m->body.len + HEAD_MAX, m->time_ns);
	r = r ? r : place(s, SLO_SPOOL_WAITING, name, m);
	count(s, r ? &s->stats.failed : &s->stats.put);
	return r ? fail(err, r, s->o.dir, "cannot keep a message") : 0;
}

/* All of a file, at most @max bytes: more is no message. */
static int read_all(int fd, size_t max, struct slo_buf *text)
{
	for (;;) {
		size_t want = text->max - text->len < READ_STEP ? text->max - text->len : READ_STEP;
		char *to = slo_buf_room(text, want ? want : 1);
		ssize_t n = to ? read(fd, to, want) : 0;

		if (!to)
			return text->err;
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text->len += (size_t)n;
		if (text->len > max)
			return -EBADMSG;
	}
}

int slo_spool_read(struct slo_spool *s, enum slo_spool_where w, const char *name, struct slo_buf *text,
		   struct slo_spool_message *m)
{
	int fd = openat(s->dir[w], name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r;

	if (fd < 0)
		return -errno;
	slo_buf_reset(text);
	r = read_all(fd, s->o.message_max + HEAD_MAX, text);
	close(fd);
	return r ? r : slo_spool_parse(slo_buf_str(text), m);
}

int slo_spool_remove(struct slo_spool *s, enum slo_spool_where w, const char *name)
{
	/* Not synced: a removal that is lost in a crash means one delivery more, not one less. */
	if (unlinkat(s->dir[w], name, 0) && errno != ENOENT)
		return -errno;
	count(s, &s->stats.removed);
	return 0;
}

/* Dead ones have the same bounds; beyond them the oldest are deleted. */
static void trim_dead(struct slo_spool *s)
{
	struct slo_spool_entry *list;
	uint64_t used = 0;
	size_t n, i = 0;

	if (slo_spool_list(s, SLO_SPOOL_DEAD, &list, &n))
		return;
	for (size_t k = 0; k < n; k++)
		used += list[k].bytes;
	for (; i < n && (n - i > s->o.messages_max || used > s->o.bytes_max); i++) {
		used -= list[i].bytes;
		if (unlinkat(s->dir[SLO_SPOOL_DEAD], list[i].name, 0) == 0)
			count(s, &s->stats.dead_dropped);
	}
	free(list);
}

static int move(struct slo_spool *s, enum slo_spool_where from, const char *name)
{
	enum slo_spool_where to = from == SLO_SPOOL_WAITING ? SLO_SPOOL_DEAD : SLO_SPOOL_WAITING;
	int r;

	if (renameat(s->dir[from], name, s->dir[to], name))
		return -errno;
	r = sync_dir(s->dir[to]);
	return r ? r : sync_dir(s->dir[from]);
}

/* The reason is written where it is, and then it moves: at no instant is it nowhere or twice. */
static int note_reason(struct slo_spool *s, const char *name, long status, const char *reason, int64_t now_ns)
{
	struct slo_spool_message m;
	struct slo_buf text;
	int r;

	slo_buf_init(&text, s->o.message_max + (HEAD_MAX + (1 << 16)));
	r = slo_spool_read(s, SLO_SPOOL_WAITING, name, &text, &m);
	if (r == -EBADMSG) {
		/* Kept as it is: somebody may still make sense of it. */
		count(s, &s->stats.damaged);
		r = 0;
	} else if (!r) {
		m.status = status;
		m.dead_ns = now_ns > 0 ? now_ns : 1;
		slo_str_copy(m.reason, sizeof(m.reason), slo_str(reason));
		one_line(m.reason);
		r = place(s, SLO_SPOOL_WAITING, name, &m);
	}
	slo_buf_fini(&text);
	return r;
}

int slo_spool_bury(struct slo_spool *s, const char *name, long status, const char *reason, int64_t now_ns)
{
	int r = note_reason(s, name, status, reason, now_ns);

	r = r ? r : move(s, SLO_SPOOL_WAITING, name);
	if (r)
		return r == -ENOENT ? 0 : r;
	count(s, &s->stats.buried);
	trim_dead(s);
	return 0;
}

int slo_spool_revive(struct slo_spool *s, const char *name)
{
	int r;

	/* Its age begins anew, its place in the order does not. */
	if (utimensat(s->dir[SLO_SPOOL_DEAD], name, NULL, AT_SYMLINK_NOFOLLOW))
		return -errno;
	r = move(s, SLO_SPOOL_DEAD, name);
	if (!r)
		count(s, &s->stats.revived);
	return r;
}

int slo_spool_expire(struct slo_spool *s, int64_t now_ns)
{
	struct slo_spool_entry *list;
	size_t n;
	int r = slo_spool_list(s, SLO_SPOOL_WAITING, &list, &n), expired = 0;

	if (r)
		return r;
	for (size_t i = 0; i < n && !r; i++) {
		if (now_ns - list[i].since_ns <= s->o.age_ns)
			continue;
		r = slo_spool_bury(s, list[i].name, 0, "too old", now_ns);
		count(s, &s->stats.expired);
		expired++;
	}
	free(list);
	return r ? r : expired;
}
