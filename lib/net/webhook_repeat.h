/* SPDX-License-Identifier: MIT */
/*
 * Alerts that have to be repeated: Alertmanager ends one by itself when nothing more is heard of it, and
 * forgets all of them when it restarts. Pure, and bounded.
 */
#ifndef SLO_NET_WEBHOOK_REPEAT_H
#define SLO_NET_WEBHOOK_REPEAT_H

#include "base/str.h"
#include "base/table.h"

enum {
	SLO_REPEAT_BYTES = 8 << 20,     /* of all alerts */
	SLO_REPEAT_FOR_S = 24 * 3600,   /* an incident nobody spoke of for so long is not repeated any more */
};

struct slo_repeats {
	struct slo_table table;
	size_t bytes;
	uint64_t refused;   /* alerts that were too many */
	int64_t every_ns;
};

/** slo_repeats_init - Return: 0 or -ENOMEM. */
int slo_repeats_init(struct slo_repeats *r, uint32_t max, int64_t every_ns);
void slo_repeats_fini(struct slo_repeats *r);

/** slo_repeats_set - from now on repeat @record (copied) under @id; the absent string ends it. */
void slo_repeats_set(struct slo_repeats *r, struct slo_str id, struct slo_str record, int64_t now_ns);

/**
 * slo_repeats_due - one that is due; it is due again after every_ns
 * @next_ns: lowered to when the next one is due
 *
 * Return: a copy of its record, which the caller frees; NULL = none.
 */
char *slo_repeats_due(struct slo_repeats *r, int64_t now_ns, int64_t *next_ns);

#endif
