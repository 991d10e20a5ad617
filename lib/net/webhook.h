/* SPDX-License-Identifier: MIT */
/*
 * Incidents to a webhook: a thread of its own that delivers what slo_webhook_offer() found to be news.
 *
 * Offering does not wait for a peer. Without a spool a message waits in a bounded queue, is tried
 * up to three times, and lost then; with one it is on the disk when slo_webhook_offer() returns.
 */
#ifndef SLO_NET_WEBHOOK_H
#define SLO_NET_WEBHOOK_H

#include "base/err.h"
#include "config/config.h"
#include "event/event.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SLO_WEBHOOK_ALLOWED = 16,
	SLO_WEBHOOK_END_S = 30,       /* how long the end of the input waits for what is under way */
	SLO_WEBHOOK_STOP_S = 5,       /* the same after a signal */
	SLO_WEBHOOK_REPEAT_S = 60,    /* alertmanager: how often an unresolved alert is repeated */
	SLO_WEBHOOK_REPEATED_MAX = 1024, /* alertmanager: alerts that are repeated */
};

struct slo_webhook_opts {
	int format;                /* enum slo_webhook_format */
	const char *url;           /* "" = the service's own address, where it has one */
	const char *url_file;      /* holds the address, for those that are secrets; "" = none */
	const char *secret_file;   /* key of the service, or what to sign with; "" = none */
	const char *ca_file;       /* whom to believe; "" = the system's */
	const char *spool_dir;     /* "" = none */
	int64_t spool_bytes, spool_age_ns; /* 0 = default */
	int64_t timeout_ns;        /* of one attempt */
	int64_t backoff_ns;        /* 0 = 1 s */
	int64_t repeat_ns;         /* alertmanager; 0 = SLO_WEBHOOK_REPEAT_S */
	bool allow_http;
	const char *allow[SLO_WEBHOOK_ALLOWED]; /* hosts that may be internal ones; each may be several, with commas */
	size_t allow_count;
	/* A message is lost, refused or late; at most ten times. On any thread. May be NULL. */
	void (*report)(const struct slo_err *err);
};

struct slo_webhook_stats {
	uint64_t sent;         /* delivered */
	uint64_t attempts, retries;
	uint64_t failed;       /* lost after the last attempt */
	uint64_t dead;         /* refused by the peer, too old, or pushed out of a full spool */
	uint64_t dropped;      /* lost: the queue was full or the spool could not be written */
	uint64_t waiting;      /* in the spool or queue now */
	uint64_t forgotten;    /* incidents pushed out of the memory of what was told */
	uint64_t repeated;     /* alertmanager: repetitions sent */
	uint64_t not_repeated; /* alertmanager: alerts that were too many to repeat */
};

struct slo_webhook;

/**
 * slo_webhook_opts_set - what the configuration says
 *
 * Pointers go into @c, which must outlive them.
 */
void slo_webhook_opts_set(struct slo_webhook_opts *o, const struct slo_config *c);

/**
 * slo_webhook_new - start
 *
 * Strings of @o must outlive it. Return: 0; -EINVAL (an option makes no sense, a secret or address is
 * missing or wrong), -ENOENT and its like for files, with @err; -ENOMEM.
 */
int slo_webhook_new(const struct slo_webhook_opts *o, struct slo_webhook **out, struct slo_err *err);

/**
 * slo_webhook_offer - an incident line; its news, if any, go out
 *
 * Not from several threads at once. Return: 0; a negative errno when something was lost (counted, reported).
 */
int slo_webhook_offer(struct slo_webhook *w, const struct slo_incident *inc);

/**
 * slo_webhook_wait - for those who may wait: until the queue in memory has room, at most @wait_ns
 *
 * Return: true when it has; at once with a spool.
 */
bool slo_webhook_wait(struct slo_webhook *w, int64_t wait_ns);

/**
 * slo_webhook_end - wait for what is under way, at most @wait_ns, and stop
 * @hurry: looked at ten times a second, true shortens the wait to SLO_WEBHOOK_STOP_S from then on; may be NULL
 *
 * With a spool that is until each message was tried three times. Return: how many messages were not
 * delivered, in the spool, dead and lost together.
 */
uint64_t slo_webhook_end(struct slo_webhook *w, int64_t wait_ns, bool (*hurry)(void));

void slo_webhook_stats(struct slo_webhook *w, struct slo_webhook_stats *out);
void slo_webhook_free(struct slo_webhook *w);

#endif
