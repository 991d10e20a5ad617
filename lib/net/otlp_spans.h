/* SPDX-License-Identifier: MIT */
/*
 * What spans of others say of requests. Pure.
 *
 * A request of its service is a span that enters it (kind server or consumer) or that has no parent, of an HTTP
 * exchange or a model's inference. An inference that is called from inside (kind client or internal, with a
 * parent) is a call of the provider: it counts for ttft_ms, token_throughput_tps and provider_error_rate only.
 *
 *   HTTP exchange   http.request.method, http.response.status_code, or http.method, http.status_code
 *   inference       gen_ai.operation.name chat, text_completion, generate_content; without one gen_ai.provider.name,
 *                   gen_ai.system, gen_ai.request.model or llm.request.type
 *   latency         the span's duration
 *   first token     gen_ai.response.time_to_first_chunk, gen_ai.server.time_to_first_token,
 *                   gen_ai.latency.time_to_first_token (seconds), ai.response.msToFirstChunk; else the first event
 *                   named gen_ai.content.chunk, llm.content.completion.chunk, "First Token Stream Event" or
 *                   first_token. A value beyond the span's duration is not believed
 *   tokens          gen_ai.usage.output_tokens, gen_ai.usage.completion_tokens, llm.usage.completion_tokens,
 *                   llm.token_count.completion; per second of the time after the first token, or of the whole span
 *                   where that is not known
 *   status          http.response.status_code or http.status_code; else error.type: a number, a rate limit (429), a
 *                   timeout, a cancellation (aborted); else 500 for a span whose status is error
 *
 * Sources: semantic conventions for generative AI and HTTP, present and before 1.37 and 1.23; names that vLLM, SGLang,
 * OpenLLMetry, OpenInference and the Vercel AI SDK write.
 */
#ifndef SLO_NET_OTLP_SPANS_H
#define SLO_NET_OTLP_SPANS_H

#include "decode/obs.h"
#include "net/otlp_windows.h"

struct Otlp__Span;

/**
 * otlp_span_request - the request a span stands for
 * @out: service, seq and tuple are left alone; trace_id is set when the span's is 16 bytes
 *
 * Return: whether it stands for one.
 */
bool otlp_span_request(const struct Otlp__Span *s, struct slo_request *out, enum otlp_role *role);

#endif
