/* SPDX-License-Identifier: MIT */
/* What differs between two configurations, by the key table. */
#include "config/internal.h"

#include <math.h>

static bool same_num(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* One member of @a and @b, which are of the struct that @k->off is in. */
static bool same(const struct slo_config_key *k, const void *a, const void *b)
{
	const void *x = (const char *)a + k->off, *y = (const char *)b + k->off;
	const struct slo_peer *p = a, *q = b;

	switch (k->type) {
	case SLO_KEY_STR: case SLO_KEY_URL: case SLO_KEY_CHOICE:
		return strcmp(x, y) == 0;
	case SLO_KEY_NUM:
		return same_num(*(const double *)x, *(const double *)y);
	case SLO_KEY_NET:
		return p->has_net == q->has_net && (!p->has_net || (p->prefix == q->prefix &&
								    memcmp(p->net, q->net, sizeof(p->net)) == 0));
	default:
		return memcmp(x, y, k->size) == 0;
	}
}

/* Two items of the list whose members are "objectives[].x". */
static bool same_item(const char *list, const void *a, const void *b)
{
	size_t n = strlen(list);

	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];

		if (strncmp(k->path, list, n) == 0 && k->path[n] == '[' && !same(k, a, b))
			return false;
	}
	return true;
}

static bool same_key(const struct slo_config_key *k, const struct slo_config *a, const struct slo_config *b)
{
	bool equal;

	switch (k->type) {
	case SLO_KEY_OBJECTIVES:
		equal = a->objectives_count == b->objectives_count;
		for (uint32_t i = 0; equal && i < a->objectives_count; i++)
			equal = same_item(k->path, &a->objectives[i], &b->objectives[i]);
		return equal;
	case SLO_KEY_PEERS:
		equal = a->peers_count == b->peers_count;
		for (uint32_t i = 0; equal && i < a->peers_count; i++)
			equal = same_item(k->path, &a->peers[i], &b->peers[i]);
		return equal;
	default:
		return same(k, a, b);
	}
}

size_t slo_config_diff(const struct slo_config *a, const struct slo_config *b,
		       void (*changed)(void *arg, const char *path), void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < slo_config_keys_count; i++) {
		const struct slo_config_key *k = &slo_config_keys[i];

		if (strchr(k->path, '[') || same_key(k, a, b))
			continue;
		n++;
		changed(arg, k->path);
	}
	return n;
}
