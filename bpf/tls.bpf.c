/* SPDX-License-Identifier: MIT */
/*
 * tls_handshake_ms and tls_handshake_fail_total, from calls into libssl: the wall time from the first call
 * that drives a handshake until the one that finishes it, however many calls that takes and whichever threads make them.
 *
 * A handshake belongs to (process, SSL *). A call that comes back with "want read" is a part of it, no failure;
 * SSL_get_error() tells which is which, because it is what the application goes by. An SSL that is freed halfway was given up.
 * Calls nest (SSL_connect calls SSL_do_handshake, or jumps there): the first one in is the beginning, the first one out the end.
 *
 * The peer is that of the socket given to SSL_set_fd(), else of the TCP socket that was received from within a call.
 *
 * info: calls, microseconds inside of them, slo_tls_pack(), X509_V_ERR of the peer's certificate
 */
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

/* --- calls that drive a handshake ------------------------------------------ */

/* The library itself calls the function, from within a call that drives this handshake. */
static __always_inline bool nested(struct pt_regs *ctx, __u64 ssl)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct call *outer = bpf_map_lookup_elem(&calls, &id);

	return outer && outer->ssl == ssl && PT_REGS_SP(ctx) <= outer->sp;
}

static __always_inline int enter(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 ssl = PT_REGS_PARM1(ctx), id = bpf_get_current_pid_tgid(), cookie = bpf_get_attach_cookie(ctx);
	struct slo_tls_image *image = image_of(cookie);
	struct call mine = { .ssl = ssl, .sp = PT_REGS_SP(ctx) };
	__u32 in_init = 1;
	struct conn *n;

	if (!c || !image || (member(image, SLO_TLS_IN_INIT, ssl, &in_init) && !in_init))
		return 0;
	if (nested(ctx, ssl))
		return 0;
	n = find(c, ssl);
	if (!n)
		n = make(c, ssl, cookie);
	if (!n || n->state == OVER)
		return 0;
	mine.start_ns = bpf_ktime_get_boot_ns();
	if (n->state == FRESH) {
		n->state = RUNNING;
		n->start_ns = mine.start_ns;
		n->function = (__u8)(cookie >> 32);
		n->image = (__u32)cookie;
	}
	if (n->function == SLO_TLS_ACCEPT)
		n->side = SLO_TLS_SERVER_SIDE;
	else if (n->function == SLO_TLS_CONNECT)
		n->side = SLO_TLS_CLIENT_SIDE;
	n->calls++;
	n->asked = 0;
	if (!n->ends.dst_port)
		learn_fd(n);
	bpf_map_update_elem(&calls, &id, &mine, BPF_ANY);
	return 0;
}

/* The call this thread is inside of ends. Return: its handshake; NULL when there is none. */
static __always_inline struct conn *leave(const struct slo_bpf_config *c, __u64 *ssl, __u64 *now)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct call *mine = bpf_map_lookup_elem(&calls, &id);
	struct conn *n;

	if (!mine)
		return NULL;
	*ssl = mine->ssl;
	*now = bpf_ktime_get_boot_ns();
	n = find(c, *ssl);
	if (n)
		n->in_call_ns += *now - mine->start_ns;
	bpf_map_delete_elem(&calls, &id);
	return n && n->state == RUNNING ? n : NULL;
}

SEC("?uprobe")
int handshake_enter(struct pt_regs *ctx)
{
	return enter(ctx);
}

SEC("?uretprobe")
int handshake_return(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 ssl, now;
	struct conn *n = c ? leave(c, &ssl, &now) : NULL;

	if (n && (int)PT_REGS_RC(ctx) == 1)
		succeeded(c, n, ssl, now);
	return 0;
}

SEC("?uprobe")
int io_enter(struct pt_regs *ctx)
{
	return enter(ctx);
}

/*
 * Reading and writing go on after the handshake. A write ends soon; a read on a
 * blocking socket waits for the peer's data, and when the handshake ended is lost.
 */
SEC("?uretprobe")
int io_return(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u32 function = bpf_get_attach_cookie(ctx) >> 32, in_init;
	bool reads = function == SLO_TLS_READ || function == SLO_TLS_READ_EX;
	__u64 ssl, now;
	struct conn *n = c ? leave(c, &ssl, &now) : NULL;
	struct slo_tls_image *image;

	if (!n)
		return 0;
	image = image_of(n->image);
	if (!image || !member(image, SLO_TLS_IN_INIT, ssl, &in_init) || in_init)
		return 0;
	if (!reads || n->blocking != SLO_TLS_BLOCKING) {
		succeeded(c, n, ssl, now);
		return 0;
	}
	COUNT_TLS(untimed);
	n->state = OVER;
	return 0;
}

/* Data arrives on a TCP socket, received by current: inside of a call, it is the handshake's. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(received, struct sock *sk)
{
	const struct slo_bpf_config *c = config();
	__u64 id = bpf_get_current_pid_tgid();
	struct call *mine = bpf_map_lookup_elem(&calls, &id);
	struct conn *n;

	if (!mine || !c)
		return 0;
	n = find(c, mine->ssl);
	if (!n || n->ends.dst_port)
		return 0;
	sock_ends(sk, &n->ends);
	learn_blocking(n, BPF_CORE_READ((const struct sock___file *)sk, sk_socket, file));
	return 0;
}

/* --- what the application says about one ----------------------------------- */

SEC("?uprobe")
int set_fd(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 ssl = PT_REGS_PARM1(ctx);
	struct conn *n = c ? find(c, ssl) : NULL;

	if (c && !n)
		n = make(c, ssl, bpf_get_attach_cookie(ctx));
	if (!n)
		return 0;
	n->fd = (__s32)PT_REGS_PARM2(ctx);
	__builtin_memset(&n->ends, 0, sizeof(n->ends));
	return 0;
}

/* SSL_set_connect_state and SSL_set_accept_state begin anew, but SSL_connect and SSL_accept call them as well. */
SEC("?uprobe")
int set_state(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 ssl = PT_REGS_PARM1(ctx), cookie = bpf_get_attach_cookie(ctx);
	struct conn *n = c ? find(c, ssl) : NULL;

	if (!c || nested(ctx, ssl))
		return 0;
	if (n && n->state == RUNNING)
		unfinished(c, n, ssl);
	if (!n)
		n = make(c, ssl, cookie);
	if (!n)
		return 0;
	restart(n, cookie >> 32 == SLO_TLS_SET_ACCEPT_STATE ? SLO_TLS_SERVER_SIDE : SLO_TLS_CLIENT_SIDE);
	return 0;
}

SEC("?uprobe")
int error_enter(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 ssl = PT_REGS_PARM1(ctx), id = bpf_get_current_pid_tgid();
	struct conn *n = c ? find(c, ssl) : NULL;

	if (n && n->state != OVER)
		bpf_map_update_elem(&asking, &id, &ssl, BPF_ANY);
	return 0;
}

SEC("?uretprobe")
int error_return(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 id = bpf_get_current_pid_tgid(), *asked = bpf_map_lookup_elem(&asking, &id), ssl;
	__u32 kind = (__u32)PT_REGS_RC(ctx);
	struct conn *n;

	if (!c || !asked)
		return 0;
	ssl = *asked;
	bpf_map_delete_elem(&asking, &id);
	n = find(c, ssl);
	if (!n || kind == SLO_TLS_ERROR_NONE)
		return 0;
	if (n->state == FRESH) {
		left_to_io(n);
		n->state = OVER;
	} else if (n->state == RUNNING && slo_tls_error_is_final(kind)) {
		failed(c, n, ssl, kind);
	} else {
		n->asked = 1;
	}
	return 0;
}

/* SSL_free and SSL_clear, with which a handshake begins as well. One that was never driven by a call, but is done, was driven by reads and writes. */
SEC("?uprobe")
int drop(struct pt_regs *ctx)
{
	const struct slo_bpf_config *c = config();
	__u64 ssl = PT_REGS_PARM1(ctx);
	struct conn *n = c ? find(c, ssl) : NULL;
	struct slo_tls_image *image;
	__u32 in_init;

	if (!n || nested(ctx, ssl))
		return 0;
	image = image_of(n->image);
	if (n->state == RUNNING)
		unfinished(c, n, ssl);
	else if (n->state == FRESH && image && member(image, SLO_TLS_IN_INIT, ssl, &in_init) && !in_init)
		left_to_io(n);
	if (bpf_get_attach_cookie(ctx) >> 32 == SLO_TLS_FREE)
		forget(ssl);
	else if (n->state != FRESH)
		restart(n, n->side);
	return 0;
}
