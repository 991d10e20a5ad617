/* SPDX-License-Identifier: MIT */
#include "decode/proc.h"
#include "decode/proc_internal.h"

#include <errno.h>

/*
 * "0100007F:1F90", or four such words for IPv6: each word is printed as the
 * number that the four bytes are on this machine.
 */
static bool parse_end(struct slo_str s, uint8_t addr[16], uint16_t *port)
{
	const char *colon = s.len ? memchr(s.p, ':', s.len) : NULL;
	size_t digits = colon ? (size_t)(colon - s.p) : 0, at;
	uint64_t v;

	if (digits != 8 && digits != 32)
		return false;
	memset(addr, 0, 16);
	at = digits == 8 ? 12 : 0;
	if (digits == 8)
		memset(addr + 10, 0xff, 2);
	for (size_t i = 0; i < digits; i += 8, at += 4) {
		uint32_t word;

		if (!slo_proc_u64(slo_str_n(s.p + i, 8), 16, &v))
			return false;
		word = (uint32_t)v;
		memcpy(addr + at, &word, 4);
	}
	if (!slo_proc_u64(slo_str_n(colon + 1, s.len - digits - 1), 16, &v) || v > UINT16_MAX)
		return false;
	*port = (uint16_t)v;
	return true;
}

int slo_proc_sock(struct slo_str line, struct slo_proc_sock *out)
{
	struct slo_str f;
	struct slo_proc_sock v = { 0 };
	uint64_t state;

	if (!slo_proc_field(&line, &f) || f.p[f.len - 1] != ':')
		return -EINVAL;
	if (!slo_proc_field(&line, &f) || !parse_end(f, v.local, &v.local_port) || !slo_proc_field(&line, &f) ||
	    !parse_end(f, v.remote, &v.remote_port))
		return -EINVAL;
	if (!slo_proc_field(&line, &f) || !slo_proc_u64(f, 16, &state) || state > UINT8_MAX)
		return -EINVAL;
	for (int i = 0; i < 5; i++) /* queues, timer, retransmits, uid, timeout */
		if (!slo_proc_field(&line, &f))
			return -EINVAL;
	if (!slo_proc_next_u64(&line, &v.inode))
		return -EINVAL;
	v.state = (uint8_t)state;
	*out = v;
	return 0;
}

uint64_t slo_proc_inode(struct slo_str link, const char *kind)
{
	size_t n = strlen(kind);
	uint64_t v;

	if (link.len < n + 4 || memcmp(link.p, kind, n) != 0 || memcmp(link.p + n, ":[", 2) != 0 ||
	    link.p[link.len - 1] != ']')
		return 0;
	return slo_proc_u64(slo_str_n(link.p + n + 2, link.len - n - 3), 10, &v) ? v : 0;
}

uint64_t slo_proc_sock_link(struct slo_str link)
{
	return slo_proc_inode(link, "socket");
}

uint64_t slo_proc_ns_link(struct slo_str link)
{
	return slo_proc_inode(link, "net");
}
