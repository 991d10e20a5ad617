/* SPDX-License-Identifier: MIT */
/*
 * tls_handshake_ms and tls_handshake_fail_total, from calls into libssl: the wall
 * time from the first call that drives a handshake until the one that finishes
 * it, however many calls that takes and whichever threads make them.
 *
 * A handshake belongs to (process, SSL *). A call that comes back with "want
 * read" is a part of it, no failure; SSL_get_error() tells which is which,
 * because it is what the application goes by. An SSL freed halfway was given up.
 * Calls nest (SSL_connect calls SSL_do_handshake, or jumps there): the first one
 * in is the beginning, the first one out the end.
 *
 * The peer is that of the socket given to SSL_set_fd(), else of the TCP socket
 * that was received from within a call.
 *
 * Not timed: a handshake that finishes inside a blocking read, or that runs
 * through BIO_f_ssl, which bypasses SSL_read (both are counted); early data
 * sent before the first call that drives one. Renegotiations are not counted.
 *
 * info: calls, microseconds inside of them, slo_tls_pack(), X509_V_ERR of the peer's certificate
 */
#include "tls_conn.bpf.h"

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

/*
 * SSL_free and SSL_clear, with which a handshake begins as well. One that was
 * never driven by a call, but is done, was driven by reads and writes.
 */
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
