/* SPDX-License-Identifier: MIT */
#include "decode/dns.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/table.h"

enum {
	HEADER = 12, WIRE_NAME_MAX = 255, LABEL_MAX = 63, MAX_RECORDS = 64,
	TYPE_A = 1, TYPE_AAAA = 28, CLASS_IN = 1,
};

static const char *const rcodes[] = {
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
	"NOTZONE",
};

const char *slo_dns_rcode(uint8_t rcode)
{
	return rcode < SLO_ARRAY_LEN(rcodes) ? rcodes[rcode] : "RCODE";
}

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Dots inside labels become '?', so that the text is unambiguous. */
static char printable(uint8_t c)
{
	return c <= ' ' || c >= 0x7f || c == '.' || c == '"' || c == '\\' ? '?' : (char)lower(c);
}

void slo_dns_text(const uint8_t *wire, size_t have, size_t len, char to[SLO_DNS_NAME_MAX])
{
	size_t n = 0, i, left = 0; /* bytes of the label */

	for (i = 0; i + 1 < len && i < have && n < SLO_DNS_NAME_MAX - 1; i++) {
		if (left > 0) {
			left--;
			to[n++] = printable(wire[i]);
			continue;
		}
		left = wire[i];
		if (i > 0)
			to[n++] = '.';
	}
	if (n == 0)
		to[n++] = '.';
	to[n] = '\0';
	if (i + 1 < len && n >= 3)
		memcpy(to + n - 3, "...", 4);
}

/* A name that is not compressed, as questions are. Return: bytes, or 0 when broken. */
static size_t question_name(const uint8_t *p, size_t len, struct slo_dns *m)
{
	uint8_t wire[WIRE_NAME_MAX];
	size_t at = 0;

	for (;;) {
		size_t label;

		if (at >= len || p[at] > LABEL_MAX)
			return 0;
		label = p[at];
		if (at + 1 + label > len || at + 1 + label > WIRE_NAME_MAX)
			return 0;
		wire[at] = (uint8_t)label;
		for (size_t i = 1; i <= label; i++)
			wire[at + i] = lower(p[at + i]);
		at += 1 + label;
		if (label == 0)
			break;
	}
	m->name_hash = slo_hash(wire, at, 0);
	slo_dns_text(wire, at, at, m->name);
	return at;
}

/* Past a name that may be compressed. Return: the offset after it, or 0 when broken. */
static size_t skip_name(const uint8_t *p, size_t len, size_t at)
{
	while (at < len) {
		if (p[at] == 0)
			return at + 1;
		if ((p[at] & 0xc0) == 0xc0)
			return at + 2 <= len ? at + 2 : 0;
		if (p[at] > LABEL_MAX)
			return 0;
		at += 1u + p[at];
	}
	return 0;
}

static void keep_addr(struct slo_dns *m, uint16_t type, const uint8_t *data, size_t len)
{
	uint8_t *to = m->addr[m->addr_count];

	if (type == TYPE_A && len == 4) {
		memset(to, 0, 10);
		to[10] = to[11] = 0xff;
		memcpy(to + 12, data, 4);
		m->addr_count++;
	} else if (type == TYPE_AAAA && len == 16) {
		memcpy(to, data, 16);
		m->addr_count++;
	}
}

static void answers(const uint8_t *p, size_t len, size_t at, unsigned int count, struct slo_dns *m)
{
	for (unsigned int i = 0; i < count && i < MAX_RECORDS && m->addr_count < SLO_DNS_MAX_ADDRS; i++) {
		size_t data;

		at = skip_name(p, len, at);
		if (at == 0 || len - at < 10)
			return;
		data = be16(p + at + 8);
		if (len - at - 10 < data)
			return;
		if (be16(p + at + 2) == CLASS_IN)
			keep_addr(m, be16(p + at), p + at + 10, data);
		at += 10 + data;
	}
}

int slo_dns_parse(const uint8_t *p, size_t len, struct slo_dns *m)
{
	uint16_t flags, questions;
	size_t at = HEADER, name;

	memset(m, 0, sizeof(*m));
	if (len < HEADER)
		return -EINVAL;
	flags = be16(p + 2);
	questions = be16(p + 4);
	m->id = be16(p);
	m->response = flags >> 15;
	m->truncated = flags >> 9 & 1;
	m->rcode = flags & 0xf;
	if ((flags >> 11 & 0xf) != 0 || questions > 1 || (questions == 0 && !m->response))
		return -EINVAL;
	if (questions == 1) {
		name = question_name(p + at, len - at, m);
		if (name == 0 || len - at - name < 4)
			return -EINVAL;
		at += name;
		m->has_question = true;
		m->qtype = be16(p + at);
		at += 4;
	}
	if (m->response)
		answers(p, len, at, be16(p + 6), m);
	return 0;
}
