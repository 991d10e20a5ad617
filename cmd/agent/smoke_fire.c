/* SPDX-License-Identifier: MIT */
/* What makes each probe fire: loopback, sleeps, and reading a disk. */
#include "smoke.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/num.h"
#include "base/time.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <time.h>

enum {
	NAPS = 20,
	CONNECTS = 3,       /* answered, and as many refused */
	BLOCK = 4096,
	BLOCKS = 4,
	SYN_AGAIN_MS = 1300, /* the first SYN is repeated after a second */
	FULL = 4,           /* connections to a listener that takes one */
};

int smoke_fail(char why[SMOKE_WHY], int neg_errno, const char *what)
{
	snprintf(why, SMOKE_WHY, "%s: %s", what, slo_strerror(neg_errno));
	return neg_errno;
}

static void nap(int64_t ns)
{
	struct timespec t = { ns / SLO_NS_PER_S, ns % SLO_NS_PER_S };

	nanosleep(&t, NULL);
}

static int fire_naps(char why[SMOKE_WHY])
{
	(void)why;
	for (int i = 0; i < NAPS; i++)
		nap(SLO_NS_PER_MS);
	return 0;
}

/* A listener on a free port of loopback; @a is its address. */
static int listen_on(struct sockaddr_in *a, int backlog)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)a, sizeof(*a)) || listen(fd, backlog) ||
	    getsockname(fd, (struct sockaddr *)a, &len)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int connect_to(const struct sockaddr_in *a, int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)a, sizeof(*a)) == 0 || errno == EINPROGRESS)
		return fd;
	close(fd);
	return -1;
}

static int fire_connects(char why[SMOKE_WHY])
{
	struct sockaddr_in a;
	int listener = listen_on(&a, CONNECTS);

	if (listener < 0)
		return smoke_fail(why, listener, "no listener on loopback");
	for (int i = 0; i < CONNECTS; i++) {
		slo_autoclose int fd = connect_to(&a, 0);

		if (fd < 0)
			return smoke_fail(why, -errno, "connecting over loopback");
	}
	close(listener);
	/* Its port is closed now. */
	for (int i = 0; i < CONNECTS; i++) {
		slo_autoclose int fd = connect_to(&a, 0);

		if (fd >= 0)
			return smoke_fail(why, -EADDRINUSE, "the closed port was answered");
	}
	return 0;
}

/* A full listener drops SYNs, and the kernel repeats them: lost packets without losing anybody else's. */
static int fire_retransmits(char why[SMOKE_WHY])
{
	struct sockaddr_in a;
	slo_autoclose int listener = listen_on(&a, 0);
	int fd[FULL];

	if (listener < 0)
		return smoke_fail(why, listener, "no listener on loopback");
	for (int i = 0; i < FULL; i++)
		fd[i] = connect_to(&a, SOCK_NONBLOCK);
	nap(SYN_AGAIN_MS * SLO_NS_PER_MS);
	for (int i = 0; i < FULL; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return 0;
}

/* Past every cache. Return: blocks read. */
static int read_direct(const char *path)
{
	slo_autoclose int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	slo_autofree void *block = aligned_alloc(BLOCK, BLOCK);
	int n = 0;

	if (fd < 0 || !block)
		return 0;
	for (int i = 0; i < BLOCKS; i++)
		n += pread(fd, block, BLOCK, (off_t)i * 16 * BLOCK) == BLOCK;
	return n;
}

/* A file without a name on a file system that has a disk below it. Return: blocks written. */
static int write_direct(const char *dir)
{
	static const long with_disk[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC };
	slo_autoclose int fd = open(dir, O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
	slo_autofree void *block = aligned_alloc(BLOCK, BLOCK);
	bool disk = false;
	struct statfs fs;
	int n = 0;

	if (fd < 0 || !block || fstatfs(fd, &fs))
		return 0;
	for (size_t i = 0; i < SLO_ARRAY_LEN(with_disk); i++)
		disk |= fs.f_type == with_disk[i];
	memset(block, 0, BLOCK);
	for (int i = 0; disk && i < BLOCKS; i++)
		n += pwrite(fd, block, BLOCK, (off_t)i * BLOCK) == BLOCK;
	return n;
}

/* The first whole disk that lets itself be read, or else a file that is nobody's. */
static int fire_disk(char why[SMOKE_WHY])
{
	static const char *const not_disks[] = { "loop", "ram", "zram", "sr", "fd", "nbd" };
	DIR *d = opendir("/sys/block");
	struct dirent *e;
	char path[300];
	int n = 0;

	while (d && n < BLOCKS && (e = readdir(d))) {
		bool disk = e->d_name[0] != '.';

		for (size_t i = 0; i < SLO_ARRAY_LEN(not_disks); i++)
			disk &= strncmp(e->d_name, not_disks[i], strlen(not_disks[i])) != 0;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		if (disk)
			n = read_direct(path);
	}
	if (d)
		closedir(d);
	if (n < BLOCKS)
		n = write_direct("/var/tmp");
	return n == BLOCKS ? 0 : smoke_fail(why, -ENXIO, "no disk can be read, nor /var/tmp written, past the caches");
}

/* A DNS server of our own for one question: anything in 127/8 is loopback. */
static int fire_query(char why[SMOKE_WHY])
{
	static const unsigned char name[] = { 0x51, 0x0e, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5, 's', 'm', 'o', 'k', 'e', 0,
					       0, 1, 0, 1 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = { htonl(0x7f4d3501) } };
	slo_autoclose int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	slo_autoclose int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	unsigned char query[sizeof(name)], b[64];
	ssize_t n;

	if (server < 0 || client < 0 || bind(server, (struct sockaddr *)&a, sizeof(a)))
		return smoke_fail(why, -errno, "no DNS server on loopback");
	/* Written a moment ago, as any program's: what is in no page of memory yet, programs in the kernel cannot read. */
	memcpy(query, name, sizeof(query));
	if (connect(client, (struct sockaddr *)&a, sizeof(a)) || send(client, query, sizeof(query), 0) < 0)
		return smoke_fail(why, -errno, "asking over loopback");
	n = recvfrom(server, b, sizeof(b), 0, (struct sockaddr *)&from, &len);
	if (n != (ssize_t)sizeof(query))
		return smoke_fail(why, -EIO, "the question did not arrive");
	b[2] |= 0x80; /* an answer: no such name */
	b[3] = 0x83;
	if (sendto(server, b, (size_t)n, 0, (struct sockaddr *)&from, len) < 0 || recv(client, b, sizeof(b), 0) < 0)
		return smoke_fail(why, -errno, "answering over loopback");
	return 0;
}

static int fire_tls(char why[SMOKE_WHY])
{
	snprintf(why, SMOKE_WHY, "needs a handshake of a program that uses a TLS library");
	return -ENOTSUP;
}

static int fire_file(char why[SMOKE_WHY])
{
	slo_autoclose int fd = memfd_create("smoke", MFD_CLOEXEC);
	char c = 'x';

	if (fd < 0)
		return smoke_fail(why, -errno, "memfd_create");
	for (int i = 0; i < 4; i++)
		if (pwrite(fd, &c, 1, i) != 1 || pread(fd, &c, 1, i) != 1)
			return smoke_fail(why, -errno, "a file in memory");
	return 0;
}

const struct smoke_stimulus smoke_stimuli[SLO_BPF__PROBES] = {
	[SLO_BPF_RUNQUEUE] = { "20 naps", NAPS, 1000, fire_naps },
	[SLO_BPF_CONNECT] = { "3 connects answered, 3 refused", 2 * CONNECTS, 1000, fire_connects },
	[SLO_BPF_RETRANSMIT] = { "connects to a full listener", 1, 3000, fire_retransmits },
	[SLO_BPF_DISK] = { "4 direct reads or writes of a disk", BLOCKS, 1000, fire_disk },
	[SLO_BPF_THROTTLE] = { "a quota of 10 % for 0.2 s", 1, 2000, smoke_throttle },
	[SLO_BPF_DNS] = { "one query over loopback", 1, 1000, fire_query },
	[SLO_BPF_TLS] = { "", 1, 1000, fire_tls },
	[SLO_BPF_RECLAIM] = { "memory over a cgroup's high limit", 1, 3000, smoke_reclaim },
	[SLO_BPF_SYSCALL] = { "4 writes and 4 reads of a file", 8, 1000, fire_file },
};
