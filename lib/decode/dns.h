/* SPDX-License-Identifier: MIT */
/*
 * One DNS message (RFC 1035, section 4): header, first question, and the
 * addresses of its answers.
 */
#ifndef SLO_DECODE_DNS_H
#define SLO_DECODE_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLO_DNS_NAME_MAX = 64, SLO_DNS_MAX_ADDRS = 8 };

struct slo_dns {
	uint16_t id;
	bool response, truncated;
	uint8_t rcode;
	bool has_question;            /* some servers leave it out of error responses */
	uint16_t qtype;
	uint64_t name_hash;           /* of the whole name in lower case */
	/*
	 * The name in lower case without the final dot, "." for the root; bytes
	 * that are not printable ASCII are '?'; what does not fit is cut and ends in "...".
	 */
	char name[SLO_DNS_NAME_MAX];
	uint8_t addr[SLO_DNS_MAX_ADDRS][16]; /* A (v4 mapped) and AAAA answers; further ones are ignored */
	uint32_t addr_count;
};

/**
 * slo_dns_parse - read the message of @len bytes at @p
 *
 * Takes standard queries (opcode 0) with one question, and responses with at
 * most one. Broken or cut answer records end the list of addresses and are no error.
 * Return: 0, or -EINVAL for what is not such a message.
 */
int slo_dns_parse(const uint8_t *p, size_t len, struct slo_dns *m);

/**
 * slo_dns_text - the text of a name in wire form, as slo_dns.name has it
 * @wire: its first @have bytes, of @len with the final 0
 */
void slo_dns_text(const uint8_t *wire, size_t have, size_t len, char to[SLO_DNS_NAME_MAX]);

/** slo_dns_failed - whether an answer with this code failed: one that says no such name did not. */
static inline bool slo_dns_failed(uint8_t rcode)
{
	return rcode != 0 && rcode != 3 /* NXDOMAIN */;
}

/** slo_dns_rcode - "NXDOMAIN"; "RCODE" for a number without a name. */
const char *slo_dns_rcode(uint8_t rcode);

#endif
