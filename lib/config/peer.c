/* SPDX-License-Identifier: MIT */
#include "config/internal.h"

#include "base/num.h"

#include <arpa/inet.h>
#include <errno.h>
#include <strings.h>

enum { V4_PREFIX = 96 }; /* bits of ::ffff:0:0/96 */

static const uint8_t v4_mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_v4(const uint8_t net[16])
{
	return memcmp(net, v4_mapped, sizeof(v4_mapped)) == 0;
}

static void clear_host_bits(uint8_t net[16], unsigned int prefix)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int keep = prefix > 8 * i ? prefix - 8 * i : 0;

		if (keep < 8)
			net[i] &= (uint8_t)(0xff00u >> keep);
	}
}

int config_net_parse(const char *text, struct slo_peer *p)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN];
	uint8_t net[16] = { 0 };
	unsigned int offset = 0;
	int64_t bits;

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(AF_INET, host, net + 12) == 1) {
		memcpy(net, v4_mapped, sizeof(v4_mapped));
		offset = V4_PREFIX;
	} else if (inet_pton(AF_INET6, host, net) != 1) {
		return -EINVAL;
	}
	bits = 128 - (int64_t)offset;
	if (slash) {
		int64_t given;

		if (slo_parse_i64(slo_str(slash + 1), &given) || given < 0 || given > bits)
			return -EINVAL;
		bits = given;
	}
	clear_host_bits(net, (unsigned int)bits + offset);
	memcpy(p->net, net, sizeof(net));
	p->prefix = (uint8_t)(bits + offset);
	p->has_net = true;
	return 0;
}

void config_net_print(const struct slo_peer *p, char to[CONFIG_NET_MAX])
{
	/* An IPv6 network that happens to lie in ::ffff:0:0/96 with fewer bits is not an IPv4 one. */
	bool v4 = is_v4(p->net) && p->prefix >= V4_PREFIX;
	int bits = p->prefix - (v4 ? V4_PREFIX : 0);
	size_t len;

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? p->net + 12 : p->net, to, CONFIG_NET_MAX);
	len = strlen(to);
	if (bits < (v4 ? 32 : 128))
		snprintf(to + len, CONFIG_NET_MAX - len, "/%d", bits);
}

static bool net_contains(const struct slo_peer *p, const uint8_t addr[16])
{
	uint8_t net[16];

	memcpy(net, addr, sizeof(net));
	clear_host_bits(net, p->prefix);
	return memcmp(net, p->net, sizeof(net)) == 0;
}

static bool name_matches(const char *pattern, struct slo_str name)
{
	size_t len = strlen(pattern);

	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	if (pattern[0] == '.') {
		if (name.len <= len)
			return false;
		name = slo_str_n(name.p + name.len - len, len);
	}
	return name.len == len && strncasecmp(name.p, pattern, len) == 0;
}

int slo_config_role(const struct slo_config *c, const uint8_t addr[16], uint16_t port, struct slo_str name)
{
	for (uint32_t i = 0; i < c->peers_count; i++) {
		const struct slo_peer *p = &c->peers[i];

		if (p->port && p->port != port)
			continue;
		if (p->has_net && !net_contains(p, addr))
			continue;
		if (p->name[0] && !name_matches(p->name, name))
			continue;
		return p->role;
	}
	return SLO_ROLE_OTHER;
}
