/* SPDX-License-Identifier: MIT */
/* Addresses that lead into the machine or the platform it runs on. */
#include "net/fetch.h"

#include <string.h>

/*
 * Networks that are refused. v4 ones are written as they are mapped to v6.
 * Sources: IANA special-purpose address registries (RFC 6890); metadata services as AWS, Google, Azure,
 * Alibaba and Oracle document them.
 */
static const struct {
	uint8_t net[16];
	uint8_t bits;
} refused[] = {
#define V4(a, b, c, d, n) { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }, 96 + (n) }
	V4(0, 0, 0, 0, 8),         /* this host */
	V4(127, 0, 0, 0, 8),       /* loopback */
	V4(169, 254, 0, 0, 16),    /* link-local, and the metadata of most clouds */
	V4(224, 0, 0, 0, 4),       /* multicast */
	V4(240, 0, 0, 0, 4),       /* reserved, broadcast */
	V4(100, 100, 100, 200, 32), /* metadata, Alibaba */
	V4(168, 63, 129, 16, 32),  /* platform, Azure */
	V4(192, 0, 0, 192, 32),    /* metadata, Oracle */
#undef V4
	{ { 0 }, 127 },            /* :: and ::1 */
	{ { 0xfe, 0x80 }, 10 },    /* link-local */
	{ { 0xff }, 8 },           /* multicast */
	{ { 0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54 }, 128 }, /* metadata, AWS */
	{ { 0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54 }, 128 }, /* metadata, Google */
	{ { 0x20, 0x01, 0, 0 }, 32 }, /* Teredo: a v4 address, hidden */
};

/* Networks whose addresses hold a v4 address, which is judged in their place. */
static const struct {
	uint8_t net[16];
	uint8_t bits, at; /* where the v4 address begins, bytes */
} holding_v4[] = {
	{ { 0 }, 96, 12 },                                             /* v4-compatible */
	{ { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96, 12 },            /* translated, RFC 2765 */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },                        /* NAT64, RFC 6052 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, 12 },            /* NAT64 of one's own, RFC 8215 */
	{ { 0x20, 0x02 }, 16, 2 },                                     /* 6to4, RFC 3056 */
};

static bool within(const uint8_t addr[16], const uint8_t net[16], unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	return memcmp(addr, net, whole) == 0 && (!rest || !((addr[whole] ^ net[whole]) >> (8 - rest)));
}

static bool is_refused(const uint8_t addr[16])
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(refused); i++) {
		if (within(addr, refused[i].net, refused[i].bits))
			return true;
	}
	return false;
}

bool slo_fetch_refused(const uint8_t addr[16])
{
	uint8_t mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	for (size_t i = 0; i < SLO_ARRAY_LEN(holding_v4); i++) {
		if (!within(addr, holding_v4[i].net, holding_v4[i].bits))
			continue;
		memcpy(mapped + 12, addr + holding_v4[i].at, 4);
		if (is_refused(mapped))
			return true;
	}
	return is_refused(addr);
}
