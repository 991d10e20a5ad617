/* SPDX-License-Identifier: MIT */
/* Whole answers of the stand-in server, over libmicrohttpd. */
#ifndef SLO_NET_SERVE_REPLY_H
#define SLO_NET_SERVE_REPLY_H

#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

/** slo_reply - queue @len bytes at @text, copied; @retry_after: of that header, NULL = none. */
enum MHD_Result slo_reply(struct MHD_Connection *c, unsigned int status, const char *type, const char *text, size_t len,
			  const char *retry_after);

/** slo_reply_json - @text is a whole document. */
enum MHD_Result slo_reply_json(struct MHD_Connection *c, unsigned int status, const char *text);

/** slo_reply_error - an error object as the OpenAI API has it; Retry-After with 429 only. */
enum MHD_Result slo_reply_error(struct MHD_Connection *c, unsigned int status, const char *type, const char *message,
				int64_t retry_after_s);

#endif
