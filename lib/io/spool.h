/* SPDX-License-Identifier: MIT */
/*
 * A directory of messages on their way somewhere: one file each, kept until its
 * delivery is confirmed, whatever happens to the process in between.
 *
 * A message is written to a temporary file, synced, renamed to its name and the
 * directory synced; once slo_spool_put() has returned 0 it survives the process
 * and the machine. A message is removed after it was delivered, so one may be
 * delivered twice, but none gets lost. Names begin with the time: their order is the
 * order of arrival. DIR/dead holds what nobody will take, with status and reason.
 *
 * Any number of processes may put. Who delivers holds the lock of the directory, which
 * the kernel takes back when the process dies. Files have mode 0600, directories 0700.
 * Everything here may be called from several threads.
 */
#ifndef SLO_IO_SPOOL_H
#define SLO_IO_SPOOL_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_SPOOL_MESSAGE_MAX = 2 << 20, /* default bytes of a body */
	SLO_SPOOL_MESSAGES = 10000,      /* default most waiting messages, and most dead ones */
	SLO_SPOOL_BYTES = 64 << 20,      /* default bytes of waiting files, and of dead ones */
	SLO_SPOOL_AGE_S = 72 * 3600,     /* default age at which a message is given up */
	SLO_SPOOL_NAME_MAX = 64,
};

struct slo_spool_opts {
	const char *dir;          /* made where it is missing */
	size_t message_max;       /* 0 = default, like what follows */
	uint32_t messages_max;
	uint64_t bytes_max;
	int64_t age_ns;
	uint64_t expendable_key;  /* slo_spool_key() of messages that go first where there is no room; 0 = none */
};

struct slo_spool_message {
	char id[80];              /* printable, no blanks; longer ones are refused */
	char tag[24];             /* what it is, for whoever sends it; likewise */
	char key[160];            /* messages of one key are delivered in order; control characters become '?', cut */
	int64_t time_ns;          /* wall clock, of the arrival */
	struct slo_str body;
	long status;              /* dead ones: the peer's last word; 0 = it said none */
	char reason[200];         /* dead ones */
	int64_t dead_ns;          /* dead ones: since when */
};

/* A message as the directory shows it. */
struct slo_spool_entry {
	char name[SLO_SPOOL_NAME_MAX];
	int64_t time_ns;          /* of its arrival */
	int64_t since_ns;         /* what its age counts from: arrival, or revival */
	uint64_t key;             /* hash of the whole key */
	uint64_t bytes;           /* of the file */
};

struct slo_spool_stats {
	uint64_t put, removed, buried, revived;
	uint64_t expired;         /* buried for their age */
	uint64_t pushed_out;      /* oldest ones buried to make room */
	uint64_t dead_dropped;    /* oldest dead ones deleted to make room */
	uint64_t damaged;         /* files that were no message */
	uint64_t failed;          /* puts that could not be written */
};

enum slo_spool_where { SLO_SPOOL_WAITING, SLO_SPOOL_DEAD };

struct slo_spool;

/** slo_spool_open - Return: 0; a negative errno with @err. Strings of @o are copied. */
int slo_spool_open(const struct slo_spool_opts *o, struct slo_spool **out, struct slo_err *err);
void slo_spool_close(struct slo_spool *s);

/**
 * slo_spool_lock - become the one who delivers
 *
 * Removes what processes that died left half written. Held until slo_spool_close() or death.
 * Return: 0, also when it is held already; -EBUSY when another process has it; another errno.
 */
int slo_spool_lock(struct slo_spool *s);

/**
 * slo_spool_put - keep a message
 * @key: of any length; @m->key is filled from it
 * @now_ns: wall clock; made unique and increasing within the process
 *
 * Where it does not fit, the oldest waiting ones are buried. Return: 0, and it is durable; -EMSGSIZE; -EINVAL for an id
 * or tag that is none; another errno with @err, and there is no trace of it.
 */
int slo_spool_put(struct slo_spool *s, struct slo_spool_message *m, struct slo_str key, int64_t now_ns,
		  struct slo_err *err);

/** slo_spool_list - what is there, oldest first; the caller frees *@out. At most twice the messages allowed. */
int slo_spool_list(struct slo_spool *s, enum slo_spool_where w, struct slo_spool_entry **out, size_t *n);

/**
 * slo_spool_read - a message
 * @text: the file; @m->body is a view into it
 *
 * Return: 0; -ENOENT when it is gone; -EBADMSG when it is damaged; another errno.
 */
int slo_spool_read(struct slo_spool *s, enum slo_spool_where w, const char *name, struct slo_buf *text,
		   struct slo_spool_message *m);

/** slo_spool_remove - it is delivered, or nobody wants it. Return: 0, also when it was gone; a negative errno. */
int slo_spool_remove(struct slo_spool *s, enum slo_spool_where w, const char *name);

/** slo_spool_bury - move a waiting message to the dead ones. Return: 0, also when it was gone; a negative errno. */
int slo_spool_bury(struct slo_spool *s, const char *name, long status, const char *reason, int64_t now_ns);

/** slo_spool_revive - make a dead one wait again, in its old place of the order. Return: 0; -ENOENT; another errno. */
int slo_spool_revive(struct slo_spool *s, const char *name);

/** slo_spool_expire - bury what is older than the age allowed. Return: how many, or a negative errno. */
int slo_spool_expire(struct slo_spool *s, int64_t now_ns);

void slo_spool_stats(struct slo_spool *s, struct slo_spool_stats *out);

/** slo_spool_key - the hash a key has in names. */
uint64_t slo_spool_key(struct slo_str key);

/** slo_spool_print - a message as the bytes of its file. Pure. */
void slo_spool_print(struct slo_buf *to, const struct slo_spool_message *m);

/** slo_spool_parse - the other way round; @m->body is a view into @text. Pure. Return: 0 or -EBADMSG. */
int slo_spool_parse(struct slo_str text, struct slo_spool_message *m);

#endif
