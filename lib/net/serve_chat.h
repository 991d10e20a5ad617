/* SPDX-License-Identifier: MIT */
/*
 * The chat completions protocol, server side: a request understood, the pieces
 * of an answer written. Pure. Source: OpenAI API reference, "Chat".
 */
#ifndef SLO_NET_SERVE_CHAT_H
#define SLO_NET_SERVE_CHAT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct slo_chat_request {
	bool stream;
	bool include_usage;
	int64_t tokens;        /* to produce, 1 .. the limit given */
	bool limited;          /* the request named max_tokens: it ends with "length" */
	int64_t prompt_tokens; /* white-space separated words of all messages: an estimate, no tokenizer */
};

/**
 * slo_chat_parse - a request body
 * @def: tokens of an answer when the request names none
 * @max: most tokens of an answer; a request for more gets @max
 *
 * "messages" must be a non-empty array of objects with a string "role" and a string
 * or array "content"; max_completion_tokens goes before max_tokens.
 * Return: 0; -EINVAL with @err naming the member.
 */
int slo_chat_parse(const char *body, size_t len, int64_t def, int64_t max, struct slo_chat_request *out,
		   struct slo_err *err);

/* What the pieces of one answer have in common. */
struct slo_chat_answer {
	const char *model;
	uint64_t number;   /* makes the id */
	int64_t created_s; /* Unix time */
	struct slo_chat_request req;
};

/** slo_chat_add_role - the first chunk: a role and empty content. */
void slo_chat_add_role(const struct slo_chat_answer *a, struct slo_buf *out);

/** slo_chat_add_token - the chunk of token number @i, from 0. */
void slo_chat_add_token(const struct slo_chat_answer *a, int64_t i, struct slo_buf *out);

/** slo_chat_add_end - the chunk with the finish reason, the usage chunk if asked for, and [DONE]. */
void slo_chat_add_end(const struct slo_chat_answer *a, struct slo_buf *out);

/** slo_chat_add_whole - the answer as one document. */
void slo_chat_add_whole(const struct slo_chat_answer *a, struct slo_buf *out);

#endif
