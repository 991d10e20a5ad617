/* SPDX-License-Identifier: MIT */
#include "net/serve_chat.h"

#include "rec/rec.h"

#include <errno.h>
#include <jansson.h>

static const char *const words[] = { "the", "service", "answers", "within", "its", "objective", "again", "and" };

static int64_t count_words(const char *s)
{
	int64_t n = 0;
	bool in = false;

	for (; s && *s; s++) {
		bool space = *s == ' ' || *s == '\n' || *s == '\t' || *s == '\r';

		n += !space && !in;
		in = !space;
	}
	return n;
}

static int64_t content_words(const json_t *content)
{
	int64_t n = count_words(json_string_value(content));

	for (size_t i = 0; i < json_array_size(content); i++)
		n += count_words(json_string_value(json_object_get(json_array_get(content, i), "text")));
	return n;
}

static int take_messages(const json_t *list, struct slo_chat_request *r, struct slo_err *err)
{
	if (!json_is_array(list) || json_array_size(list) == 0)
		return slo_err_set(err, -EINVAL, "messages: want a non-empty array");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *m = json_array_get(list, i);
		const json_t *content = json_object_get(m, "content");

		if (!json_is_string(json_object_get(m, "role")))
			return slo_err_set(err, -EINVAL, "messages[%zu].role: want a string", i);
		if (!json_is_string(content) && !json_is_array(content))
			return slo_err_set(err, -EINVAL, "messages[%zu].content: want a string or an array", i);
		r->prompt_tokens += content_words(content);
	}
	return 0;
}

static int take_bool(const json_t *obj, const char *key, bool *out, struct slo_err *err)
{
	const json_t *v = json_object_get(obj, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_boolean(v))
		return slo_err_set(err, -EINVAL, "%s: want true or false", key);
	*out = json_is_true(v);
	return 0;
}

static int take_limit(const json_t *doc, const char *key, int64_t max, struct slo_chat_request *r, struct slo_err *err)
{
	const json_t *v = json_object_get(doc, key);

	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 1)
		return slo_err_set(err, -EINVAL, "%s: want an integer of at least 1", key);
	r->tokens = json_integer_value(v) > max ? max : json_integer_value(v);
	r->limited = true;
	return 0;
}

static int take_request(const json_t *doc, int64_t max, struct slo_chat_request *r, struct slo_err *err)
{
	int ret = 0;

	if (!json_is_object(doc))
		return slo_err_set(err, -EINVAL, "want a JSON object");
	ret = take_messages(json_object_get(doc, "messages"), r, err);
	if (!ret)
		ret = take_bool(doc, "stream", &r->stream, err);
	if (!ret)
		ret = take_bool(json_object_get(doc, "stream_options"), "include_usage", &r->include_usage, err);
	if (!ret)
		ret = take_limit(doc, "max_tokens", max, r, err);
	if (!ret)
		ret = take_limit(doc, "max_completion_tokens", max, r, err);
	return ret;
}

int slo_chat_parse(const char *body, size_t len, int64_t def, int64_t max, struct slo_chat_request *out,
		   struct slo_err *err)
{
	struct slo_chat_request r = { .tokens = def };
	json_error_t why;
	json_t *doc = json_loadb(body, len, 0, &why);
	int ret;

	if (!doc)
		return slo_err_set(err, -EINVAL, "no JSON: %s", why.text);
	ret = take_request(doc, max, &r, err);
	json_decref(doc);
	if (!ret)
		*out = r;
	return ret;
}

static void add_head(const struct slo_chat_answer *a, const char *object, struct slo_buf *out)
{
	slo_buf_addf(out, "{\"id\":\"chatcmpl-%06llu\",\"object\":\"%s\",\"created\":%lld,\"model\":",
		     (unsigned long long)a->number, object, (long long)a->created_s);
	slo_json_add_str(out, slo_str(a->model));
}

static void add_chunk(const struct slo_chat_answer *a, const char *delta, const char *finish, struct slo_buf *out)
{
	slo_buf_adds(out, "data: ");
	add_head(a, "chat.completion.chunk", out);
	slo_buf_addf(out, ",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]%s}\n\n", delta, finish,
		     a->req.include_usage ? ",\"usage\":null" : "");
}

static void add_usage(const struct slo_chat_answer *a, struct slo_buf *out)
{
	slo_buf_addf(out, "\"usage\":{\"prompt_tokens\":%lld,\"completion_tokens\":%lld,\"total_tokens\":%lld}",
		     (long long)a->req.prompt_tokens, (long long)a->req.tokens,
		     (long long)(a->req.prompt_tokens + a->req.tokens));
}

static const char *finish_reason(const struct slo_chat_answer *a)
{
	return a->req.limited ? "\"length\"" : "\"stop\"";
}

static const char *word(int64_t i)
{
	return words[i % (int64_t)SLO_ARRAY_LEN(words)];
}

void slo_chat_add_role(const struct slo_chat_answer *a, struct slo_buf *out)
{
	add_chunk(a, "{\"role\":\"assistant\",\"content\":\"\"}", "null", out);
}

void slo_chat_add_token(const struct slo_chat_answer *a, int64_t i, struct slo_buf *out)
{
	char delta[64];

	snprintf(delta, sizeof(delta), "{\"content\":\"%s%s\"}", i ? " " : "", word(i));
	add_chunk(a, delta, "null", out);
}

void slo_chat_add_end(const struct slo_chat_answer *a, struct slo_buf *out)
{
	add_chunk(a, "{}", finish_reason(a), out);
	if (a->req.include_usage) {
		slo_buf_adds(out, "data: ");
		add_head(a, "chat.completion.chunk", out);
		slo_buf_adds(out, ",\"choices\":[],");
		add_usage(a, out);
		slo_buf_adds(out, "}\n\n");
	}
	slo_buf_adds(out, "data: [DONE]\n\n");
}

void slo_chat_add_whole(const struct slo_chat_answer *a, struct slo_buf *out)
{
	add_head(a, "chat.completion", out);
	slo_buf_adds(out, ",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
	for (int64_t i = 0; i < a->req.tokens; i++)
		slo_buf_addf(out, "%s%s", i ? " " : "", word(i));
	slo_buf_addf(out, "\"},\"finish_reason\":%s}],", finish_reason(a));
	add_usage(a, out);
	slo_buf_adds(out, "}\n");
}
