/* SPDX-License-Identifier: MIT */
/*
 * TLS handshakes in libssl: what the BPF programs, the finder of libraries and
 * the decoder agree on, and how the end of a handshake is judged. Pure.
 */
#ifndef SLO_BPF_TLS_H
#define SLO_BPF_TLS_H

#include "event.h"

/* Functions the programs look at; a link's cookie names its image and function. */
enum slo_tls_function {
	SLO_TLS_DO_HANDSHAKE,
	SLO_TLS_CONNECT,
	SLO_TLS_ACCEPT,
	SLO_TLS_SET_CONNECT_STATE,
	SLO_TLS_SET_ACCEPT_STATE,
	SLO_TLS_GET_ERROR,
	SLO_TLS_FREE,
	SLO_TLS_CLEAR,
	SLO_TLS_SET_FD,
	SLO_TLS_SET_RFD,
	/* Only where an application was seen to leave the handshake to them: they are called for all data. */
	SLO_TLS_READ,
	SLO_TLS_READ_EX,
	SLO_TLS_WRITE,
	SLO_TLS_WRITE_EX,
	SLO_TLS__FUNCTIONS
};

/*
 * Members of SSL that matter. Where they are is not public, and differs from
 * build to build; but each has an exported function that returns it and does
 * nothing else, and that function's code says where.
 */
enum slo_tls_member {
	SLO_TLS_IN_INIT, /* SSL_in_init: 0 = the handshake is over */
	SLO_TLS_HIT,     /* SSL_session_reused */
	SLO_TLS_SERVER,  /* SSL_is_server */
	SLO_TLS_WANT,    /* SSL_want */
	SLO_TLS_VERIFY,  /* SSL_get_verify_result, a long */
	SLO_TLS__MEMBERS
};

enum {
	SLO_TLS_IMAGES = 64, /* most files with a libssl in them at a time */
	SLO_TLS_INSTANT_NS = 20000, /* a first call that succeeds sooner found the handshake done: no round trip is so short */
};

/* One file with a libssl in it; index: the low half of the cookie. */
struct slo_tls_image {
	__u32 member[SLO_TLS__MEMBERS]; /* offset into SSL; 0 = not known */
	__u32 io;       /* 1: reads and writes are looked at as well */
	__u32 implicit; /* handshakes nobody called for by name, seen to have been left to reads and writes */
	__u32 pad;
};

/* Per CPU, beside slo_bpf_counters. */
struct slo_tls_counts {
	__u64 full, resumed; /* handshakes that succeeded; neither: it could not be told */
	__u64 failed;
	__u64 aborted;  /* given up by the application: neither latency nor failure */
	__u64 untimed;  /* finished inside a read that then waited for data: when is not known */
	__u64 implicit; /* as in the image */
};

enum slo_tls_side { SLO_TLS_SIDE_UNKNOWN, SLO_TLS_CLIENT_SIDE, SLO_TLS_SERVER_SIDE };
enum slo_tls_session { SLO_TLS_SESSION_UNKNOWN, SLO_TLS_FULL, SLO_TLS_RESUMED };
enum slo_tls_blocking { SLO_TLS_BLOCKING_UNKNOWN, SLO_TLS_BLOCKING, SLO_TLS_NON_BLOCKING };

/* Of openssl/ssl.h, an ABI: what SSL_get_error() returns, and SSL_want(). */
enum {
	SLO_TLS_ERROR_NONE = 0,
	SLO_TLS_ERROR_SSL = 1,
	SLO_TLS_ERROR_SYSCALL = 5,
	SLO_TLS_ERROR_ZERO_RETURN = 6,
	SLO_TLS_ERROR_WANT_CONNECT = 7,
	SLO_TLS_ERROR_UNASKED = 255, /* ours: it failed, and the application did not ask why */
	SLO_TLS_WANT_NOTHING = 1,
};

static inline __u64 slo_tls_cookie(__u32 image, __u32 function)
{
	return ((__u64)function << 32) | image;
}

/* SSL_get_error() says that the handshake is over; all else is "call again". */
static inline int slo_tls_error_is_final(__u32 kind)
{
	return kind == SLO_TLS_ERROR_SSL || kind == SLO_TLS_ERROR_SYSCALL || kind == SLO_TLS_ERROR_ZERO_RETURN;
}

/*
 * What became of a handshake whose SSL goes away before it was finished.
 * @asked: SSL_get_error() was called after the last call, and said "again"
 * @want:  SSL_want(), 0 = not known
 *
 * A library that wants nothing has met an error; a call on a blocking socket
 * comes back only when it succeeded or failed.
 */
static inline __u32 slo_tls_unfinished(int asked, __u32 want, __u32 blocking)
{
	if (asked)
		return SLO_BPF_ABORTED;
	if (want == SLO_TLS_WANT_NOTHING || blocking == SLO_TLS_BLOCKING)
		return SLO_BPF_FAILED;
	return SLO_BPF_ABORTED;
}

/* info[2] of an event: everything about a handshake that fits in a few bits. */
static inline __u32 slo_tls_pack(__u32 kind, __u32 session, __u32 side, __u32 function)
{
	return (kind & 0xff) | (session & 3) << 8 | (side & 3) << 10 | (function & 0xff) << 16;
}

static inline __u32 slo_tls_kind(__u32 packed)
{
	return packed & 0xff;
}

static inline __u32 slo_tls_session_of(__u32 packed)
{
	return packed >> 8 & 3;
}

static inline __u32 slo_tls_side_of(__u32 packed)
{
	return packed >> 10 & 3;
}

static inline __u32 slo_tls_function_of(__u32 packed)
{
	return packed >> 16 & 0xff;
}

_Static_assert(sizeof(struct slo_tls_image) == 32, "image layout");

#endif
