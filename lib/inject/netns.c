/* SPDX-License-Identifier: MIT */
#include "inject/tool.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

int slo_netns_at(const char *path, struct slo_netns *out, struct slo_err *err)
{
	struct stat st;

	if (strlen(path) >= sizeof(out->path))
		return slo_err_set(err, -ENAMETOOLONG, "%s: too long", path);
	if (stat(path, &st))
		return slo_err_set(err, -errno, "%s: %s", path, slo_strerror(-errno));
	slo_str_copy(out->path, sizeof(out->path), slo_str(path));
	out->ino = st.st_ino;
	return 0;
}

bool slo_netns_is_host(const struct slo_netns *ns)
{
	struct slo_netns first, own;
	bool unknown = slo_netns_at("/proc/1/ns/net", &first, NULL);

	if (slo_netns_at("/proc/self/ns/net", &own, NULL))
		return true;
	if (unknown) /* not ours to look at: what we were started in stands for it */
		first = own;
	return (ns->ino ? ns->ino : own.ino) == first.ino;
}

static int open_if(const char *path, uint64_t ino)
{
	slo_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_ino != ino)
		return -ENOENT;
	return SLO_TAKE_FD(fd);
}

static int open_below(const char *dir, const char *tail, uint64_t ino)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int fd = -ENOENT;

	while (d && fd < 0 && (e = readdir(d))) {
		char path[SLO_NETNS_PATH_MAX + 32];

		if (e->d_name[0] == '.' || (tail[0] && (e->d_name[0] < '0' || e->d_name[0] > '9')))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s%s", dir, e->d_name, tail) < (int)sizeof(path))
			fd = open_if(path, ino);
	}
	if (d)
		closedir(d);
	return fd;
}

int slo_netns_open(const struct slo_netns *ns)
{
	int fd;

	if (!ns->ino)
		return -EINVAL;
	fd = open_if(ns->path, ns->ino);
	if (fd < 0)
		fd = open_below("/run/netns", "", ns->ino);
	return fd < 0 ? open_below("/proc", "/ns/net", ns->ino) : fd;
}

/* CTNETLINK: a delete without a tuple is a flush, and mark and mask narrow it. */
static int flush_here(uint32_t mark)
{
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
		struct {
			struct nlattr a;
			uint32_t value;
		} mark, mask;
	} req = {
		.h = { .nlmsg_len = sizeof(req), .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK, .nlmsg_seq = 1 },
		.g = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0 },
		.mark = { { 8, CTA_MARK }, __builtin_bswap32(mark) },
		.mask = { { 8, CTA_MARK_MASK }, 0xffffffff },
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[256];
	} ack = { .e = { .error = 0 } };
	slo_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return errno == EPROTONOSUPPORT ? 0 : -errno;
	if (send(fd, &req, sizeof(req), 0) < 0 || recv(fd, &ack, sizeof(ack), 0) < 0)
		return -errno;
	/* Not found: nothing carried the mark; no such message: the kernel has no tracking to tell of. */
	return ack.e.error == -ENOENT || ack.e.error == -EINVAL ? 0 : ack.e.error;
}

int slo_tool_flush_conntrack(const struct slo_netns *ns, uint32_t mark)
{
	slo_autoclose int fd = ns->ino ? slo_netns_open(ns) : -1;
	int status;
	pid_t pid;

	if (ns->ino && fd < 0)
		return fd;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		_exit(fd >= 0 && setns(fd, CLONE_NEWNET) ? 1 : -flush_here(mark));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}
