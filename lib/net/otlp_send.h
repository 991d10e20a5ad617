/* SPDX-License-Identifier: MIT */
/* One batch as one HTTP exchange, and what its answer means. Private to otlp_export. */
#ifndef SLO_NET_OTLP_SEND_H
#define SLO_NET_OTLP_SEND_H

#include "net/delivery.h"
#include "net/otlp_export.h"

/* What a message of the queue or spool is; in its tag, so that a later process knows it too. */
struct slo_otlp_kind {
	int signal;   /* enum slo_otlp_signal */
	int encoding; /* enum slo_otlp_encoding */
	bool gzip;
	uint32_t items;
};

/** slo_otlp_tag - "metrics/pb/gz/1234". Pure. */
void slo_otlp_tag(const struct slo_otlp_kind *k, char tag[24]);

/** slo_otlp_tag_read - Return: 0 or -EBADMSG. Pure. */
int slo_otlp_tag_read(const char *tag, struct slo_otlp_kind *out);

/** slo_otlp_judge - what a status means, or the errno of an exchange without one. Pure. */
enum slo_delivery_verdict slo_otlp_judge(int error, long status);

/** slo_otlp_words - what a peer said, for a person: control characters are blanks, cut to @size. Pure. */
void slo_otlp_words(struct slo_str said, char *to, size_t size);

struct slo_otlp_sender;

/** slo_otlp_sender_new - @config outlives it; @first: whose TLS files are used. Return: as slo_fetch_new(). */
int slo_otlp_sender_new(const struct slo_otlp_config *config, int first, struct slo_otlp_sender **out,
			struct slo_err *err);
void slo_otlp_sender_free(struct slo_otlp_sender *s);

/**
 * slo_otlp_send - as slo_delivery_send; @stop is looked at as in slo_fetch_do()
 * @answer: what was said about a batch that was delivered; its message lives until the next call
 * @readable: false: nobody can read it
 */
void slo_otlp_send(struct slo_otlp_sender *s, const struct slo_spool_message *m, const struct slo_otlp_kind *k,
		   bool (*stop)(void *arg), void *arg, struct slo_delivery_outcome *out, struct slo_otlp_answer *answer,
		   bool *readable);

#endif
