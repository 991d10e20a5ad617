/* SPDX-License-Identifier: MIT */
#include "inject/host_port.h"

#include "base/num.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <errno.h>

static bool number(const char *text, int64_t lo, int64_t hi, int *to)
{
	int64_t v;

	if (slo_parse_i64(slo_str(text), &v) || v < lo || v > hi)
		return false;
	*to = (int)v;
	return true;
}

/* The address in @text, which may end with "/BITS". */
static bool address(char *text, struct slo_host_port *h)
{
	struct in6_addr a;
	char *slash = strchr(text, '/');

	if (slash)
		*slash = '\0';
	h->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	h->bits = h->family == AF_INET ? 32 : 128;
	if (inet_pton(h->family, text, &a) != 1 || (slash && !number(slash + 1, 0, h->bits, &h->bits)))
		return false;
	return inet_ntop(h->family, &a, h->addr, sizeof(h->addr));
}

static bool parse(char *text, struct slo_host_port *h)
{
	char *colon = strrchr(text, ':'), *close = strchr(text, ']');

	if (text[0] == '[') {
		if (!close || (close[1] && close[1] != ':') || (close[1] && !number(close + 2, 1, 65535, &h->port)))
			return false;
		*close = '\0';
		return address(text + 1, h);
	}
	if (colon && strchr(text, ':') == colon) { /* two or more are an IPv6 address */
		if (!number(colon + 1, 1, 65535, &h->port))
			return false;
		*colon = '\0';
		return colon == text || address(text, h);
	}
	return address(text, h);
}

int slo_host_port_parse(const char *text, struct slo_host_port *out, struct slo_err *err)
{
	struct slo_host_port h = { .family = 0 };
	char copy[96];

	if (!slo_str_copy(copy, sizeof(copy), slo_str(text)) || !parse(copy, &h))
		return slo_err_set(err, -EINVAL, "%s: want a numeric ADDRESS, ADDRESS/BITS, ADDRESS:PORT or :PORT", text);
	*out = h;
	return 0;
}

socklen_t slo_host_port_sock(const struct slo_host_port *h, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)h->family;
	if (h->family == AF_INET) {
		v4->sin_port = htons((uint16_t)h->port);
		return inet_pton(AF_INET, h->addr, &v4->sin_addr) == 1 ? sizeof(*v4) : 0;
	}
	v6->sin6_port = htons((uint16_t)h->port);
	return h->family == AF_INET6 && inet_pton(AF_INET6, h->addr, &v6->sin6_addr) == 1 ? sizeof(*v6) : 0;
}
