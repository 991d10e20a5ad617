/* SPDX-License-Identifier: MIT */
/*
 * Whose is a connection? A table from the ends of a socket to the service
 * whose process holds it, filled from /proc/PID/fd and /proc/PID/net/.
 *
 * Connections stay in the table for a while after they were closed, so that
 * the last packets of one are still known. A listening or unconnected socket is
 * entered with an empty far end; such an entry only speaks for addresses that were
 * seen as local ones, or every connection to some remote port 8080 would
 * be ours.
 */
#include "base/time.h"
#include "decode/proc.h"
#include "probe/procfs.h"
#include "probe/target_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	REMEMBER_S = 60,  /* how long after it was last seen a socket still counts */
	SCAN_SHARE = 300, /* looking may take one part in this of the time: the kernel walks its whole socket table */
};

struct owner_entry {
	struct slo_tuple key; /* src = our end, dst = the other */
	int service;
	int64_t seen_ns;
};

static const uint8_t any[16];
static const uint8_t mapped_any[16] = { [10] = 0xff, [11] = 0xff };

int slo_target_owner_init(struct slo_target *t)
{
	return slo_table_init(&t->owner.table, sizeof(struct slo_tuple), sizeof(struct owner_entry),
			      SLO_TARGET_SOCKETS, (uint64_t)slo_now_mono_ns());
}

void slo_target_owner_fini(struct slo_target *t)
{
	slo_table_fini(&t->owner.table);
	free(t->owner.sockets);
}

struct collector {
	struct target_owner *o;
	int service;
};

static void take_open(void *arg, uint64_t inode)
{
	struct collector *c = arg;
	struct target_owner *o = c->o;

	if (o->sockets_count == o->sockets_cap) {
		size_t cap = o->sockets_cap ? o->sockets_cap * 2 : 256;
		struct target_socket *p;

		if (cap > TARGET_SOCKETS_PER_SCAN)
			return;
		p = realloc(o->sockets, cap * sizeof(*p));
		if (!p)
			return;
		o->sockets = p;
		o->sockets_cap = cap;
	}
	o->sockets[o->sockets_count++] = (struct target_socket){ inode, c->service };
}

static int by_inode(const void *a, const void *b)
{
	const struct target_socket *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->service > y->service) - (x->service < y->service);
}

static int service_of(const struct target_owner *o, uint64_t inode)
{
	size_t lo = 0, hi = o->sockets_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (o->sockets[mid].inode < inode)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < o->sockets_count && o->sockets[lo].inode == inode ? o->sockets[lo].service : SLO_SERVICE_NONE;
}

static bool is_any(const uint8_t a[16])
{
	return memcmp(a, any, 16) == 0 || memcmp(a, mapped_any, 16) == 0;
}

static bool is_local(const struct target_owner *o, const uint8_t a[16])
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if ((memcmp(a, mapped_any, 12) == 0 && a[12] == 127) || memcmp(a, loopback6, 16) == 0)
		return true;
	for (size_t i = 0; i < o->local_count; i++)
		if (memcmp(o->local[i], a, 16) == 0)
			return true;
	return false;
}

static void learn_local(struct target_owner *o, const uint8_t a[16])
{
	if (!is_any(a) && o->local_count < TARGET_LOCAL_ADDRS && !is_local(o, a))
		memcpy(o->local[o->local_count++], a, 16);
}

static struct slo_tuple key_of(uint8_t proto, const uint8_t local[16], uint16_t lport, const uint8_t remote[16],
			       uint16_t rport)
{
	struct slo_tuple k = { .src_port = lport, .dst_port = rport, .proto = proto };

	if (!is_any(local))
		memcpy(k.src, local, 16);
	if (!is_any(remote))
		memcpy(k.dst, remote, 16);
	return k;
}

static void take_line(struct slo_target *t, uint8_t proto, const struct slo_proc_sock *s, int64_t now)
{
	struct target_owner *o = &t->owner;
	struct slo_tuple k = key_of(proto, s->local, s->local_port, s->remote, s->remote_port);
	int service = s->inode ? service_of(o, s->inode) : SLO_SERVICE_NONE;
	struct owner_entry *e;
	bool created;

	learn_local(o, s->local);
	if (service == SLO_SERVICE_NONE) {
		/* Somebody else's now: forget; a closing connection (no inode) is still its former owner's. */
		e = s->inode ? slo_table_find(&o->table, &k) : NULL;
		if (e)
			slo_table_del(&o->table, e);
		return;
	}
	e = slo_table_get(&o->table, &k, &created, NULL, NULL);
	e->service = service;
	e->seen_ns = now;
}

static void take_file(struct slo_target *t, int64_t pid, const char *file, uint8_t proto, int64_t now)
{
	struct slo_str text, line;
	struct slo_proc_sock s;
	bool header = true;
	int r = slo_procfs_read(&t->buf, "%s/%lld/net/%s", t->proc_root, (long long)pid, file);

	if (r < 0 && r != -EFBIG)
		return;
	text = slo_buf_str(&t->buf);
	while (slo_proc_line(&text, &line)) {
		if (slo_proc_sock(line, &s) == 0)
			take_line(t, proto, &s, now);
		else
			t->n.malformed += !header;
		header = false;
	}
}

static bool seen_netns(struct slo_target *t, uint64_t ns)
{
	for (size_t i = 0; i < t->netns_count; i++)
		if (t->netns[i] == ns)
			return true;
	if (t->netns_count < SLO_TARGET_NETNS)
		t->netns[t->netns_count++] = ns;
	return false;
}

static void owner_scan(struct slo_target *t, bool udp_only, int64_t now)
{
	struct target_owner *o = &t->owner;

	t->n.owner_scans++;
	o->sockets_count = 0;
	for (size_t i = 0; i < t->count; i++) {
		struct collector c = { o, (int)i };

		for (size_t k = 0; k < t->services[i].procs_count; k++)
			slo_target_sockets(t, t->services[i].procs[k].pid, take_open, &c);
	}
	if (o->sockets_count > 1)
		qsort(o->sockets, o->sockets_count, sizeof(o->sockets[0]), by_inode);
	t->netns_count = 0;
	for (size_t i = 0; i < t->count; i++) {
		for (size_t k = 0; k < t->services[i].procs_count; k++) {
			const struct slo_target_proc *p = &t->services[i].procs[k];

			if (seen_netns(t, p->netns))
				continue;
			take_file(t, p->pid, "udp", IPPROTO_UDP, now);
			take_file(t, p->pid, "udp6", IPPROTO_UDP, now);
			if (udp_only)
				continue;
			take_file(t, p->pid, "tcp", IPPROTO_TCP, now);
			take_file(t, p->pid, "tcp6", IPPROTO_TCP, now);
		}
	}
}

static int find(const struct slo_target *t, const struct slo_tuple *k, int64_t now)
{
	const struct owner_entry *e = slo_table_find(&t->owner.table, k);

	return e && now - e->seen_ns < REMEMBER_S * SLO_NS_PER_S ? e->service : SLO_SERVICE_NONE;
}

/* The service that has @local open, if it is ours. */
static int look_up(const struct slo_target *t, uint8_t proto, const uint8_t local[16], uint16_t lport,
		   const uint8_t remote[16], uint16_t rport, int64_t now)
{
	struct slo_tuple k = key_of(proto, local, lport, remote, rport);
	int s = find(t, &k, now);

	if (s != SLO_SERVICE_NONE || !is_local(&t->owner, local))
		return s;
	k = key_of(proto, local, lport, any, 0);
	s = find(t, &k, now);
	if (s != SLO_SERVICE_NONE)
		return s;
	k = key_of(proto, any, lport, any, 0);
	return find(t, &k, now);
}

static int look_up_src(const struct slo_target *t, const struct slo_tuple *u, int64_t now)
{
	return look_up(t, u->proto, u->src, u->src_port, u->dst, u->dst_port, now);
}

/*
 * Look at the sockets again, when it is time. A name lookup's socket lives for
 * one question, so UDP alone, the cheaper half, may be looked at more often.
 */
static bool rescan(struct slo_target *t, uint8_t proto, int64_t now)
{
	struct target_owner *o = &t->owner;
	bool full = now >= o->due_ns;
	int64_t cost;

	if (!full && (proto != IPPROTO_UDP || now < o->udp_due_ns))
		return false;
	owner_scan(t, !full, now);
	cost = (slo_now_mono_ns() - now) * SCAN_SHARE;
	if (full)
		o->due_ns = now + (cost > t->owner_ns ? cost : t->owner_ns);
	o->udp_due_ns = now + (cost > t->owner_ns / 10 ? cost : t->owner_ns / 10);
	return true;
}

int slo_target_owner(struct slo_target *t, const struct slo_tuple *tuple)
{
	int64_t now = slo_now_mono_ns();
	int s = look_up_src(t, tuple, now);

	if (s != SLO_SERVICE_NONE || t->count == 0)
		return s;
	/* An opener on this machine may be ours and only not seen yet; one elsewhere cannot be. */
	if (is_local(&t->owner, tuple->src) && rescan(t, tuple->proto, now))
		s = look_up_src(t, tuple, now);
	if (s == SLO_SERVICE_NONE)
		s = look_up(t, tuple->proto, tuple->dst, tuple->dst_port, tuple->src, tuple->src_port, now);
	if (s == SLO_SERVICE_NONE && rescan(t, tuple->proto, now)) {
		s = look_up_src(t, tuple, now);
		if (s == SLO_SERVICE_NONE)
			s = look_up(t, tuple->proto, tuple->dst, tuple->dst_port, tuple->src, tuple->src_port, now);
	}
	t->n.owner_misses += s == SLO_SERVICE_NONE;
	return s;
}
