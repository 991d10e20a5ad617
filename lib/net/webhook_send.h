/* SPDX-License-Identifier: MIT */
/*
 * One change of an incident as one HTTP exchange: the message of a queue or spool becomes a document, a
 * target, headers and signatures, and the answer becomes a verdict.
 *
 * Secrets are read from their files for each exchange, so that they can be rotated under a running process;
 * no message holds one, and no error text does.
 */
#ifndef SLO_NET_WEBHOOK_SEND_H
#define SLO_NET_WEBHOOK_SEND_H

#include "net/delivery.h"
#include "net/fetch.h"
#include "net/webhook.h"
#include "net/webhook_format.h"
#include "net/webhook_sign.h"

enum { SLO_WEBHOOK_HEADERS = 8, SLO_WEBHOOK_ANSWER_MAX = 16 << 10 };

struct slo_webhook_sender;

/** slo_webhook_sender_new - Return: 0; -EINVAL, -ENOENT, … with @err when what @o says cannot work; -ENOMEM. */
int slo_webhook_sender_new(const struct slo_webhook_opts *o, struct slo_webhook_sender **out, struct slo_err *err);
void slo_webhook_sender_free(struct slo_webhook_sender *s);

/**
 * slo_webhook_message - a change as a message; its id is the same whenever it is made from the same line
 * @text: holds the body
 *
 * Return: 0, -EINVAL (the incident cannot be written), -ENOMEM.
 */
int slo_webhook_message(const struct slo_incident *inc, enum slo_webhook_action action, struct slo_buf *text,
			struct slo_spool_message *out);

/** slo_webhook_send - as slo_delivery_send; @stop is looked at as in slo_fetch_do(). */
void slo_webhook_send(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns,
		      bool (*stop)(void *arg), void *arg, struct slo_delivery_outcome *out);

/**
 * slo_webhook_show - what would be sent, as a line of JSON: method, url, headers, body
 *
 * Secrets, and an address that came from a file, are stars. Return: 0, or a negative errno with @err.
 */
int slo_webhook_show(struct slo_webhook_sender *s, const struct slo_spool_message *m, int64_t now_ns, struct slo_buf *to,
		     struct slo_err *err);

/** slo_webhook_judge - what an answer means: a status, or the errno of an exchange without one. Pure. */
enum slo_delivery_verdict slo_webhook_judge(int error, long status);

#endif
