/* SPDX-License-Identifier: MIT */
#include "probe/privs.h"

#include "base/num.h"
#include "base/time.h"
#include "probe/procfs.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_MAX = 1 << 14, LAST_CAP = 63, ALONE_MS = 500 };

/* Neither uid 0 nor a change of uid gives or takes capabilities, nothing is made ambient; for good. */
#define ROOT_IS_NOBODY                                                                                      \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | \
	 SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

static uint64_t field(const char *status, const char *name, int base)
{
	const char *at = strstr(status, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

int slo_privs_read(struct slo_privs *p)
{
	struct slo_buf b;
	const char *s;
	int r;

	slo_buf_init(&b, STATUS_MAX);
	r = slo_procfs_read(&b, "/proc/self/status");
	s = r || !b.data ? "" : b.data;
	*p = (struct slo_privs){
		.effective = field(s, "\nCapEff:", 16), .permitted = field(s, "\nCapPrm:", 16),
		.inheritable = field(s, "\nCapInh:", 16), .bounding = field(s, "\nCapBnd:", 16),
		.ambient = field(s, "\nCapAmb:", 16), .no_new_privs = field(s, "\nNoNewPrivs:", 10),
		.seccomp = (int)field(s, "\nSeccomp:", 10), .threads = (int)field(s, "\nThreads:", 10),
	};
	slo_buf_fini(&b);
	return r;
}

static bool id_of(struct slo_str s, uid_t *out)
{
	int64_t n;

	/* -1 is "leave it as it is" to the kernel. */
	if (slo_parse_i64(s, &n) || n < 0 || n >= UINT32_MAX)
		return false;
	*out = (uid_t)n;
	return true;
}

int slo_privs_user_find(const char *text, struct slo_privs_user *out, struct slo_err *err)
{
	const char *colon = strchr(text, ':');
	struct slo_str id = slo_str_n(text, colon ? (size_t)(colon - text) : strlen(text));
	const struct passwd *known;

	*out = (struct slo_privs_user){ .known = false };
	slo_str_copy(out->name, sizeof(out->name), slo_str(text));
	if (!id_of(id, &out->uid)) {
		known = colon ? NULL : getpwnam(text);
		if (!known)
			return slo_err_set(err, colon ? -EINVAL : -ENOENT, colon ? "want a name, UID or UID:GID" :
					   "no such user");
		out->uid = known->pw_uid;
	} else {
		known = getpwuid(out->uid);
	}
	out->known = known && !colon;
	out->gid = known ? known->pw_gid : out->uid;
	if (colon && !id_of(slo_str(colon + 1), &out->gid))
		return slo_err_set(err, -EINVAL, "want a name, UID or UID:GID");
	if (out->known)
		slo_str_copy(out->name, sizeof(out->name), slo_str(known->pw_name));
	return 0;
}

static int set_user(const struct slo_privs_user *u, struct slo_err *err)
{
	int r = u->known ? initgroups(u->name, u->gid) : setgroups(0, NULL);

	if (r || setresgid(u->gid, u->gid, u->gid) || setresuid(u->uid, u->uid, u->uid)) {
		r = -errno;
		return slo_err_set(err, r, "becoming user %s: %s: needs CAP_SETUID and CAP_SETGID", u->name, slo_strerror(r));
	}
	return 0;
}

static int set_caps(uint64_t keep)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &h, d))
		return -errno;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		d[i].permitted &= (uint32_t)(keep >> (32 * i));
		d[i].effective = d[i].permitted;
		d[i].inheritable = 0;
	}
	return syscall(SYS_capset, &h, d) ? -errno : 0;
}

/* A thread that was joined is still counted for a moment. */
static int wait_until_alone(struct slo_err *err)
{
	const struct timespec ms = { .tv_nsec = SLO_NS_PER_MS };
	struct slo_privs now;
	int r;

	for (int i = 0; i < ALONE_MS; i++) {
		r = slo_privs_read(&now);
		if (r)
			return slo_err_set(err, r, "/proc/self/status: %s", slo_strerror(r));
		if (now.threads <= 1)
			return 0;
		nanosleep(&ms, NULL);
	}
	return slo_err_set(err, -EBUSY, "%d more thread%s would keep all privileges", now.threads - 1,
			   now.threads == 2 ? "" : "s");
}

int slo_privs_drop(uint64_t keep, const struct slo_privs_user *user, struct slo_err *err)
{
	int r = wait_until_alone(err);

	if (r)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return slo_err_set(err, -errno, "no_new_privs: %s", slo_strerror(-errno));
	/* Both ask for CAP_SETPCAP, which root has and others need not: without it, nobody gains anything by exec now. */
	for (unsigned long cap = 0; cap <= LAST_CAP && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_SET_SECUREBITS, ROOT_IS_NOBODY, 0, 0, 0);
	(void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (user)
		r = set_user(user, err);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (r)
		return r;
	r = set_caps(keep);
	return r ? slo_err_set(err, r, "capset: %s", slo_strerror(r)) : 0;
}
