/* SPDX-License-Identifier: MIT */
#include "net/serve_reply.h"

#include "base/buf.h"
#include "base/num.h"
#include "rec/rec.h"

enum MHD_Result slo_reply(struct MHD_Connection *c, unsigned int status, const char *type, const char *text, size_t len,
			  const char *retry_after)
{
	struct MHD_Response *r;
	enum MHD_Result ret;
	union {
		const char *in;
		void *out;
	} body = { .in = text }; /* MHD copies, its prototype only lacks the const */

	r = MHD_create_response_from_buffer(len, body.out, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (retry_after)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, retry_after);
	ret = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ret;
}

enum MHD_Result slo_reply_json(struct MHD_Connection *c, unsigned int status, const char *text)
{
	return slo_reply(c, status, "application/json", text, strlen(text), NULL);
}

enum MHD_Result slo_reply_error(struct MHD_Connection *c, unsigned int status, const char *type, const char *message,
				int64_t retry_after_s)
{
	char retry[SLO_NUM_MAX + 1] = "";
	enum MHD_Result ret;
	struct slo_buf b;

	slo_buf_init(&b, 4096);
	slo_buf_adds(&b, "{\"error\":{\"message\":");
	slo_json_add_str(&b, slo_str(message));
	slo_buf_addf(&b, ",\"type\":\"%s\",\"code\":%u}}\n", type, status);
	if (status == MHD_HTTP_TOO_MANY_REQUESTS)
		retry[slo_fmt_i64(retry, retry_after_s)] = '\0';
	ret = slo_reply(c, status, "application/json", b.data ? b.data : "", b.len, retry[0] ? retry : NULL);
	slo_buf_fini(&b);
	return ret;
}
