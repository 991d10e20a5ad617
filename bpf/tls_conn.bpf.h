/* SPDX-License-Identifier: MIT */
/* The handshakes under way in libssl, what is known of each, and how each ends. */
#ifndef SLO_BPF_TLS_CONN_H
#define SLO_BPF_TLS_CONN_H

#include "sock.bpf.h"

#include "tls.h"

enum { S_IFMT = 0170000, S_IFSOCK = 0140000, O_NONBLOCK = 04000 };

struct inode {
	unsigned short i_mode;
} CORE;

struct file {
	struct inode *f_inode;
	void *private_data;
	unsigned int f_flags;
} CORE;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} CORE;

struct files_struct {
	struct fdtable *fdt;
} CORE;

struct socket {
	struct sock *sk;
	struct file *file;
} CORE;

struct sock___file {
	struct socket *sk_socket;
} CORE;

struct task_struct___tls {
	struct files_struct *files;
	struct task_struct *group_leader;
	__u64 start_boottime;
} CORE;

enum state { FRESH, RUNNING, OVER };

struct conn_key {
	__u64 ssl;
	__u32 tgid, pad;
};

struct conn {
	__u64 made_ns;  /* entry made */
	__u64 born_ns;  /* the process; another one may get its number, and the same address */
	__u64 start_ns; /* first call */
	__u64 in_call_ns;
	__u32 calls;
	__u32 slot;
	__u32 image;
	__s32 fd;       /* -1 = not known */
	__u8 state, side, blocking, function;
	__u8 asked;     /* SSL_get_error() said "again" after the last call */
	__u8 pad[3];
	struct ends ends;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SLO_BPF_STARTS);
	__type(key, struct conn_key);
	__type(value, struct conn);
} conns SEC(".maps");

/* What a thread is inside of; key: pid_tgid. */
struct call {
	__u64 ssl, sp, start_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

/* Whose error a thread asks for. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} asking SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLO_TLS_IMAGES);
	__type(key, __u32);
	__type(value, struct slo_tls_image);
} images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slo_tls_counts);
} counts SEC(".maps");

#define COUNT_TLS(member)                                                              \
	do {                                                                           \
		struct slo_tls_counts *counts_ = bpf_map_lookup_elem(&counts, &slo_zero); \
		if (counts_)                                                           \
			counts_->member++;                                             \
	} while (0)

/* --- who and where --------------------------------------------------------- */

static __always_inline const struct task_struct___tls *current_task(void)
{
	return (const void *)bpf_get_current_task();
}

static __always_inline __u64 process_born(void)
{
	const struct task_struct___tls *leader = (const void *)BPF_CORE_READ(current_task(), group_leader);

	return bpf_core_field_exists(leader->start_boottime) ? BPF_CORE_READ(leader, start_boottime) : 0;
}

static __always_inline __u32 current_slot(const struct slo_bpf_config *c)
{
	return slot_of_ids(c, bpf_get_current_pid_tgid() >> 32, task_cgroup_id(c, (const void *)current_task()));
}

static __always_inline struct slo_tls_image *image_of(__u64 cookie)
{
	__u32 i = (__u32)cookie;

	return bpf_map_lookup_elem(&images, &i);
}

/* A member of the SSL. Return: whether it could be read. */
static __always_inline bool member(const struct slo_tls_image *image, __u32 which, __u64 ssl, __u32 *value)
{
	__u32 offset = image->member[which];

	return offset && bpf_probe_read_user(value, sizeof(*value), (const void *)(ssl + offset)) == 0;
}

static __always_inline void learn_blocking(struct conn *n, const struct file *f)
{
	if (f)
		n->blocking = BPF_CORE_READ(f, f_flags) & O_NONBLOCK ? SLO_TLS_NON_BLOCKING : SLO_TLS_BLOCKING;
}

/* The socket behind a descriptor of current's. */
static __always_inline void learn_fd(struct conn *n)
{
	struct fdtable *t = BPF_CORE_READ(current_task(), files, fdt);
	struct file **all = BPF_CORE_READ(t, fd), *f = NULL;
	const struct socket *s;
	const struct sock *sk;

	if (n->fd < 0 || (__u32)n->fd >= BPF_CORE_READ(t, max_fds))
		return;
	bpf_probe_read_kernel(&f, sizeof(f), all + (__u32)n->fd);
	if (!f)
		return;
	learn_blocking(n, f);
	if ((BPF_CORE_READ(f, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return;
	s = BPF_CORE_READ(f, private_data);
	sk = BPF_CORE_READ(s, sk);
	if (sk)
		sock_ends(sk, &n->ends);
}

/* --- the handshakes under way ---------------------------------------------- */

static __always_inline void conn_key(struct conn_key *k, __u64 ssl)
{
	k->ssl = ssl;
	k->tgid = bpf_get_current_pid_tgid() >> 32;
	k->pad = 0;
}

static __always_inline void forget(__u64 ssl)
{
	struct conn_key k;

	conn_key(&k, ssl);
	if (bpf_map_delete_elem(&conns, &k) == 0)
		COUNT(TLS, removed);
}

/* Not what was left by another process of this number, or from before we looked away for a while. */
static __always_inline struct conn *find(const struct slo_bpf_config *c, __u64 ssl)
{
	struct conn_key k;
	struct conn *n;

	conn_key(&k, ssl);
	n = bpf_map_lookup_elem(&conns, &k);
	if (!n)
		return NULL;
	if (n->born_ns == process_born() && n->made_ns >= c->since[SLO_BPF_TLS])
		return n;
	forget(ssl);
	return NULL;
}

static __always_inline struct conn *make(const struct slo_bpf_config *c, __u64 ssl, __u64 cookie)
{
	struct conn fresh = { .fd = -1, .image = (__u32)cookie };
	struct conn_key k;

	fresh.slot = current_slot(c);
	if (fresh.slot == SLO_BPF_NOBODY)
		return NULL;
	fresh.made_ns = bpf_ktime_get_boot_ns();
	fresh.born_ns = process_born();
	conn_key(&k, ssl);
	if (bpf_map_update_elem(&conns, &k, &fresh, BPF_ANY)) {
		COUNT(TLS, insert_failed);
		return NULL;
	}
	COUNT(TLS, inserted);
	return bpf_map_lookup_elem(&conns, &k);
}

static __always_inline void restart(struct conn *n, __u32 side)
{
	n->state = FRESH;
	n->start_ns = n->in_call_ns = 0;
	n->calls = 0;
	n->asked = 0;
	n->side = (__u8)side;
}

/* --- how they end ---------------------------------------------------------- */

static __always_inline __u32 side_of(const struct conn *n, const struct slo_tls_image *image, __u64 ssl)
{
	__u32 server, port = n->ends.src_port;

	if (image && member(image, SLO_TLS_SERVER, ssl, &server))
		return server ? SLO_TLS_SERVER_SIDE : SLO_TLS_CLIENT_SIDE;
	if (n->side == SLO_TLS_SIDE_UNKNOWN && port && bpf_map_lookup_elem(&slo_ports, &port))
		return SLO_TLS_SERVER_SIDE;
	return n->side;
}

static __always_inline __u32 session_of(const struct slo_tls_image *image, __u64 ssl)
{
	__u32 hit;

	if (!image || !member(image, SLO_TLS_HIT, ssl, &hit))
		return SLO_TLS_SESSION_UNKNOWN;
	return hit ? SLO_TLS_RESUMED : SLO_TLS_FULL;
}

/* How it ended, worked out once for the row and for the event. */
struct ending {
	__u64 ssl, now;
	__u32 outcome, kind, session, side;
};

static __always_inline void emit(const struct slo_bpf_config *c, const struct conn *n, const struct ending *end)
{
	struct slo_bpf_event *e = emit_begin(SLO_BPF_TLS, n->slot, end->now);
	struct slo_tls_image *image = image_of(n->image);
	struct opener by;

	if (!e)
		return;
	e->value = end->now - n->start_ns;
	e->outcome = (__u8)end->outcome;
	e->direction = end->side == SLO_TLS_SERVER_SIDE ? SLO_BPF_INGRESS : SLO_BPF_EGRESS;
	e->info[0] = n->calls;
	e->info[1] = (__u32)(n->in_call_ns / 1000);
	e->info[2] = slo_tls_pack(end->kind, end->session, end->side, n->function);
	if (image)
		member(image, SLO_TLS_VERIFY, end->ssl, &e->info[3]);
	opener_of_current(c, &by);
	put_opener(e, &by);
	if (n->ends.family)
		put_ends(e, &n->ends);
	emit_end(c, e);
}

static __always_inline void row_key(struct slo_bpf_peer *peer, const struct conn *n, __u32 side)
{
	__builtin_memset(peer, 0, sizeof(*peer));
	if (side == SLO_TLS_SERVER_SIDE)
		peer->client = 1;
	else if (n->ends.family)
		peer_of(peer, n->slot, &n->ends);
	peer->slot = n->slot;
}

static __always_inline void succeeded(const struct slo_bpf_config *c, struct conn *n, __u64 ssl, __u64 now)
{
	struct slo_tls_image *image = image_of(n->image);
	struct ending end = { .ssl = ssl, .now = now };
	struct slo_bpf_peer peer;
	__u32 in_init;

	n->state = OVER;
	/* It was over before the first call we saw. Where SSL_in_init could not be read, only the time can tell. */
	if (n->calls == 1 && now - n->start_ns < SLO_TLS_INSTANT_NS &&
	    !(image && member(image, SLO_TLS_IN_INIT, ssl, &in_init)))
		return;
	end.side = side_of(n, image, ssl);
	end.session = session_of(image, ssl);
	if (end.session == SLO_TLS_FULL)
		COUNT_TLS(full);
	else if (end.session == SLO_TLS_RESUMED)
		COUNT_TLS(resumed);
	row_key(&peer, n, end.side);
	if (observe(c, SLO_BPF_TLS, &peer, now - n->start_ns))
		emit(c, n, &end);
}

static __always_inline void failed(const struct slo_bpf_config *c, struct conn *n, __u64 ssl, __u32 kind)
{
	struct ending end = { .ssl = ssl, .now = bpf_ktime_get_boot_ns(), .outcome = SLO_BPF_FAILED, .kind = kind };
	struct slo_bpf_peer peer;

	n->state = OVER;
	end.side = side_of(n, image_of(n->image), ssl);
	COUNT_TLS(failed);
	row_key(&peer, n, end.side);
	observe_error(SLO_BPF_TLS, &peer);
	emit(c, n, &end);
}

/* The SSL is freed or put to another use halfway. */
static __always_inline void unfinished(const struct slo_bpf_config *c, struct conn *n, __u64 ssl)
{
	struct slo_tls_image *image = image_of(n->image);
	__u32 want = 0;

	if (image)
		member(image, SLO_TLS_WANT, ssl, &want);
	if (slo_tls_unfinished(n->asked, want, n->blocking) == SLO_BPF_FAILED)
		failed(c, n, ssl, SLO_TLS_ERROR_UNASKED);
	else
		COUNT_TLS(aborted);
	n->state = OVER;
}

/* It was left to reads and writes, which nobody looks at in this image yet: user space will. */
static __always_inline void left_to_io(const struct conn *n)
{
	struct slo_tls_image *image = image_of(n->image);

	COUNT_TLS(implicit);
	if (image)
		__sync_fetch_and_add(&image->implicit, 1);
}

#endif
