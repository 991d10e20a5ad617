/* SPDX-License-Identifier: MIT */
/*
 * Programs of the system (tc, nft) run as children with a fixed argv, never
 * through a shell, inside a given network namespace.
 */
#ifndef SLO_INJECT_TOOL_H
#define SLO_INJECT_TOOL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SLO_NETNS_PATH_MAX = 256, /* bytes of a namespace's path with its NUL */
	SLO_TOOL_ARGS_MAX = 64,   /* words of one command */
	SLO_TOOL_OUT_MAX = 1 << 16, /* bytes of its output that are kept; the rest is read and thrown away */
};

/* A network namespace: found again by its inode number, whoever still holds it. */
struct slo_netns {
	char path[SLO_NETNS_PATH_MAX]; /* where it was seen: /run/netns/NAME, /proc/PID/ns/net */
	uint64_t ino;                  /* 0 = the caller's own */
};

/**
 * slo_netns_at - the namespace a file stands for
 *
 * Return: 0; -ENOENT and others with @err.
 */
int slo_netns_at(const char *path, struct slo_netns *out, struct slo_err *err);

/** slo_netns_is_host - @ns is the one of process 1; of the caller where that one may not be looked at. */
bool slo_netns_is_host(const struct slo_netns *ns);

/**
 * slo_netns_open - a descriptor of @ns: by its path when that is still it, else through any process or
 * name that holds it
 *
 * Return: the descriptor; -ENOENT when nobody holds it any more; -EINVAL for the caller's own (ino 0).
 */
int slo_netns_open(const struct slo_netns *ns);

/** slo_tool_find - the absolute path of @name in the system's usual places, into @size bytes. Return: 0 or -ENOENT. */
int slo_tool_find(const char *name, char *to, size_t size);

/**
 * slo_tool_run - run @argv[0] inside @ns and wait
 * @in:   its standard input, NULL = none; at most 64 KiB
 * @out:  its standard output and error, NUL-terminated, cut at @size; NULL = not kept
 *
 * Return: its exit status; -ENOENT when the program or the namespace is not there; others.
 */
int slo_tool_run(const struct slo_netns *ns, const char *const *argv, const char *in, char *out, size_t size);

/**
 * slo_tool_flush_conntrack - forget the tracked connections of @ns that carry @mark, no others
 *
 * Return: 0, also when the kernel tracks none; a negative errno.
 */
int slo_tool_flush_conntrack(const struct slo_netns *ns, uint32_t mark);

/** slo_tool_has_netem - this kernel has what a delay behind a filter takes: tried in a namespace of its own. */
bool slo_tool_has_netem(void);

#endif
