/* SPDX-License-Identifier: MIT */
/* Which lines of an LLM's event stream carry content. */
#ifndef SLO_DECODE_SSE_H
#define SLO_DECODE_SSE_H

#include "base/str.h"

/**
 * slo_sse_content - whether one line of a text/event-stream carries content
 * @line: without its line end; may be only the beginning when @cut
 *
 * Only "data:" lines do. Not content are: an empty value; "[DONE]"; a type
 * (Anthropic, OpenAI responses) that only frames the answer (message_start, ping,
 * content_block_start, response.created, …); a "delta" object (OpenAI chat) without a
 * non-empty "content", "text", "reasoning_content", "reasoning", "refusal", "arguments",
 * "partial_json" or "thinking" string and without "tool_calls"; completions ("text":"")
 * whose text is empty. Every other data line is taken for content, so an
 * unknown format is timed by its first data line.
 */
bool slo_sse_content(struct slo_str line, bool cut);

#endif
