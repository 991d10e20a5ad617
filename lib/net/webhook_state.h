/* SPDX-License-Identifier: MIT */
/*
 * What has been told about which incident, and so what is news. Pure.
 *
 * News are: an incident nobody was told of, a change of its cause set, a change of its severity, its resolution,
 * its coming back after that. An incident that is not known is told of whatever its status: after a restart twice rather
 * than never. New numbers alone are no news, nor is an incident that went stale (it is unresolved as before).
 */
#ifndef SLO_NET_WEBHOOK_STATE_H
#define SLO_NET_WEBHOOK_STATE_H

#include "base/table.h"
#include "net/webhook_format.h"

enum { SLO_WEBHOOK_KNOWN_MAX = 8192 }; /* incidents remembered; the one not heard of for longest goes first */

struct slo_webhook_states {
	struct slo_table table;   /* its evicted counts what was forgotten */
	int format;
};

/** slo_webhook_states_init - Return: 0 or -ENOMEM. */
int slo_webhook_states_init(struct slo_webhook_states *s, int format);
void slo_webhook_states_fini(struct slo_webhook_states *s);

/**
 * slo_webhook_news - what this line tells that is not known, and remember it
 * @out: at most two: cause set and severity are separate documents for services that treat them apart
 *
 * Return: how many.
 */
int slo_webhook_news(struct slo_webhook_states *s, const struct slo_incident *inc, enum slo_webhook_action out[2]);

/** slo_webhook_forget - the news did not get anywhere: the next line about the incident is news again. */
void slo_webhook_forget(struct slo_webhook_states *s, const struct slo_incident *inc);

#endif
