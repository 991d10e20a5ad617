/* SPDX-License-Identifier: MIT */
/* Who a span or an event is, as hashes: 0 stands for "not said". Private to the module. */
#ifndef SLO_CORRELATE_IDENT_H
#define SLO_CORRELATE_IDENT_H

#include "correlate/join.h"

struct ident {
	uint64_t trace, pod, namespace, node, service, tuple, netns;
	int64_t pid, ns_pid;   /* 0 = not known; of a span only @pid */
	int64_t pid_start_ns;  /* 0 = not known */
	uint64_t span, parent; /* ids; of an event 0 */
	uint64_t from, to;     /* the ends of the connection by themselves: who opened it, and the other */
};

/** ident_pack, ident_unpack - into an item for the caller, and back. */
void ident_pack(const struct ident *id, struct slo_join_item *to);
void ident_unpack(const struct slo_join_item *from, struct ident *id);

void ident_of_span(struct ident *id, const struct slo_span *s, uint64_t seed);
void ident_of_probe(struct ident *id, const struct slo_probe_event *p, uint64_t seed);

/* What spans are found by. */
enum key {
	KEY_TRACE,
	KEY_POD_PID,
	KEY_NODE_PID,
	KEY_TUPLE,
	KEY_FROM,
	KEY_SERVICE,
	KEY_POD,
	KEY_NODE,
	KEY__COUNT
};

/** ident_key - the key of @kind for a span or event of these names, or 0 where they are not all known. */
uint64_t ident_key(const struct ident *id, enum key kind, int64_t pid);

/** ident_fits - nothing in what both say speaks against @tier (enum SLO_TIER), and what the tier needs is there. */
bool ident_fits(const struct ident *span, const struct ident *event, int tier);

/**
 * ident_same_opener - the connections have the end in common that the span's was opened from
 *
 * What the tier needs where the other end was translated on the way, so that not all of it is the same.
 */
bool ident_same_opener(const struct ident *span, const struct ident *event);

/** ident_apart - they name different namespaces or nodes, or with @pods different pods. */
bool ident_apart(const struct ident *span, const struct ident *event, bool pods);

/** ident_same_process - the process tier holds between the two. */
bool ident_same_process(const struct ident *span, const struct ident *event);

#endif
