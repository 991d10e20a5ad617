/* SPDX-License-Identifier: MIT */
/*
 * An imitation of tc and nft in memory, in which any one change can be made to
 * fail. For tests: included by exactly one source file each.
 */
#ifndef SLO_INJECT_NET_FAKE_H
#define SLO_INJECT_NET_FAKE_H

#include "base/str.h"
#include "inject/step.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEVS = 2, TABLES = 4 };

static const char *const dev_names[DEVS] = { "lo", "eth0" };

struct fake_net {
	bool root[DEVS];
	unsigned int bands[DEVS], filters[DEVS]; /* bit sets; of filters by priority */
	char tables[TABLES][64];
	int ops, fail_at; /* changes so far; the one that fails, from 1 */
	bool fail_on;     /* and all after it */
	int flushes;
};

static struct fake_net net;

static int dev_of(const char *const *argv)
{
	for (size_t i = 0; argv[i]; i++)
		for (int d = 0; strcmp(argv[i], "dev") == 0 && d < DEVS; d++)
			if (strcmp(argv[i + 1], dev_names[d]) == 0)
				return d;
	return -1;
}

static const char *word_after(const char *const *argv, const char *word)
{
	for (size_t i = 0; argv[i]; i++)
		if (strcmp(argv[i], word) == 0)
			return argv[i + 1];
	return NULL;
}

static void show_dev(int d, char *out, size_t size)
{
	size_t n = strlen(out);

	if (!net.root[d])
		n += (size_t)snprintf(out + n, size - n, "qdisc noqueue 0: dev %s root refcnt 2 \n", dev_names[d]);
	else
		n += (size_t)snprintf(out + n, size - n, "qdisc prio 51a0: dev %s root refcnt 2 bands 16\n", dev_names[d]);
	for (int b = 2; b < SLO_STEP_BANDS; b++)
		if (net.bands[d] >> b & 1)
			n += (size_t)snprintf(out + n, size - n,
					      "qdisc netem %x: dev %s parent 51a0:%x limit 9\n Sent 500 bytes 7 pkt (dropped 2, overlimits 0)\n",
					      SLO_STEP_QDISC + b, dev_names[d], b);
}

static int tc_qdisc(const char *const *argv, const char *verb, char *out, size_t size)
{
	int d = dev_of(argv);
	const char *parent = word_after(argv, "parent");
	unsigned int band = parent ? (unsigned int)strtoul(strchr(parent, ':') + 1, NULL, 16) : 0;

	if (strcmp(verb, "show") == 0) {
		for (int i = 0; i < DEVS; i++)
			if (d < 0 ? word_after(argv, "dev") == NULL : i == d)
				show_dev(i, out, size);
		return d < 0 && word_after(argv, "dev") ? 1 : 0;
	}
	if (d < 0)
		return 1;
	if (strcmp(verb, "add") == 0) {
		if (parent ? !net.root[d] || net.bands[d] >> band & 1 : net.root[d])
			return 2;
		if (parent)
			net.bands[d] |= 1u << band;
		else
			net.root[d] = true;
		return 0;
	}
	if (parent) {
		net.bands[d] &= ~(1u << band);
		return 0;
	}
	net.root[d] = false;
	net.bands[d] = net.filters[d] = 0;
	return 0;
}

static int tc_filter(const char *const *argv, const char *verb, char *out, size_t size)
{
	const char *prio = word_after(argv, "prio");
	int d = dev_of(argv);

	if (d < 0 || !net.root[d])
		return 2;
	if (strcmp(verb, "show") == 0)
		snprintf(out, size, "%s", net.filters[d] ? "filter u32 flowid 51a0:2\n" : "");
	else if (strcmp(verb, "add") == 0)
		net.filters[d] |= 1u << atoi(prio);
	else
		net.filters[d] &= ~(1u << atoi(prio));
	return 0;
}

static int table_of(const char *name)
{
	for (int i = 0; i < TABLES; i++)
		if (strcmp(net.tables[i], name) == 0)
			return i;
	return -1;
}

static int run_nft(const char *const *argv, const char *in, char *out, size_t size)
{
	char name[64];
	int t;

	if (strcmp(argv[1], "-f") == 0) {
		t = table_of("");
		return sscanf(in, "table inet %63s {", name) == 1 && t >= 0 ? snprintf(net.tables[t], 64, "%s", name) < 1 : 1;
	}
	if (strcmp(argv[1], "list") == 0 && strcmp(argv[2], "tables") == 0) {
		for (int i = 0; i < TABLES; i++)
			if (net.tables[i][0])
				snprintf(out + strlen(out), size - strlen(out), "table inet %s\n", net.tables[i]);
		return 0;
	}
	t = table_of(argv[4]);
	if (t >= 0 && strcmp(argv[1], "delete") == 0)
		net.tables[t][0] = '\0';
	else if (t >= 0)
		snprintf(out, size, "counter packets 4 bytes 9 drop\ncounter packets 3 bytes 9 drop\n");
	return t < 0;
}

static int fake_run(void *arg, const struct slo_netns *ns, const char *const *argv, const char *in, char *out, size_t size)
{
	size_t at = argv[1][0] == '-' && argv[1][1] == 's' ? 2 : 1;
	bool tc = strcmp(argv[0], "tc") == 0;
	const char *verb = tc ? argv[at + 1] : argv[1];
	char own[1024] = "";

	(void)arg;
	(void)ns;
	if (!out) {
		out = own;
		size = sizeof(own);
	}
	out[0] = '\0';
	if (strcmp(verb, "show") != 0 && strcmp(verb, "list") != 0) {
		net.ops++;
		if (net.fail_at && (net.fail_on ? net.ops >= net.fail_at : net.ops == net.fail_at)) {
			snprintf(out, size, "Error: no.\n");
			return 2;
		}
	}
	if (!tc)
		return run_nft(argv, in, out, size);
	return strcmp(argv[at], "qdisc") == 0 ? tc_qdisc(argv, verb, out, size) : tc_filter(argv, verb, out, size);
}

static int fake_flush(void *arg, const struct slo_netns *ns, uint32_t mark)
{
	(void)arg;
	(void)ns;
	net.flushes += mark == SLO_STEP_MARK;
	return 0;
}

static int fake_end(void *arg, int64_t pid, int64_t ticks)
{
	(void)arg;
	(void)pid;
	(void)ticks;
	return 0;
}

static bool net_is_clean(void)
{
	for (int d = 0; d < DEVS; d++)
		if (net.root[d] || net.bands[d] || net.filters[d])
			return false;
	for (int t = 0; t < TABLES; t++)
		if (net.tables[t][0])
			return false;
	return true;
}

#endif
