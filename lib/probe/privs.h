/* SPDX-License-Identifier: MIT */
/*
 * Giving up privileges for good: once all is open and attached, what the process is allowed shrinks to what it
 * still needs. With raw system calls: capset(2) and prctl(2) are for one thread, so no other may be there.
 */
#ifndef SLO_PROBE_PRIVS_H
#define SLO_PROBE_PRIVS_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a process is allowed, as the kernel tells in /proc/PID/status. */
struct slo_privs {
	uint64_t effective, permitted, inheritable, bounding, ambient; /* bit by enum slo_cap */
	bool no_new_privs;
	int seccomp; /* 0 off, 1 strict, 2 filter */
	int threads;
};

/** slo_privs_read - of this process. Return: 0 or negative errno. */
int slo_privs_read(struct slo_privs *p);

/* Somebody else to be. */
struct slo_privs_user {
	char name[64]; /* as given */
	uid_t uid;
	gid_t gid;     /* the user's own */
	bool known;    /* in the user database: member of the groups it says, else of none */
};

/**
 * slo_privs_user_find - "nobody", or a number: "65534" or "65534:65534"
 *
 * Return: 0; -ENOENT with @err for a name nobody has; -EINVAL with @err for a number that is none.
 */
int slo_privs_user_find(const char *text, struct slo_privs_user *out, struct slo_err *err);

/**
 * slo_privs_drop - give up everything but @keep
 * @keep: capabilities to stay permitted and effective, as far as they are held; bit by enum slo_cap
 * @user: become this user, with @keep; NULL = stay who we are
 *
 * Afterwards nothing is inheritable, ambient or, where CAP_SETPCAP was held, within bounds; no_new_privs is
 * set; where CAP_SETPCAP was held, uid 0 means nothing to the kernel any more (securebits, locked).
 * Return: 0; negative errno with @err: -EBUSY when other threads are there (they would keep all), or
 * what became of changing the user. What was given up by then stays so.
 */
int slo_privs_drop(uint64_t keep, const struct slo_privs_user *user, struct slo_err *err);

#endif
