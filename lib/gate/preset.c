/* SPDX-License-Identifier: MIT */
#include "gate/preset.h"

#include "base/time.h"

#define P95_OF_SECONDS(m, also) \
	"1000 * histogram_quantile(0.95, sum by (le) (rate(" m "_bucket{" also "$selector}[$window])))"
/*
 * What the agent replays or makes up is marked so, and no reason to let a
 * deployment pass; other exporters have no such label.
 */
#define MEASURED "source!~\"replay|synthetic\","
#define OURS(m) m "{" MEASURED "$selector}"

const struct slo_gate_preset slo_gate_presets[] = {
	{ .name = "llm-slo",
	  .about = "this toolkit: agent, loadgen serve",
	  .source = "README.md, metrics",
	  .ttft = P95_OF_SECONDS("llm_slo_ttft_seconds", MEASURED),
	  .ttft_samples = OURS("llm_slo_ttft_seconds_count"),
	  .errors = OURS("llm_slo_errors_total"),
	  .requests = OURS("llm_slo_requests_total") },
	{ .name = "llm-slo-ms",
	  .about = "this toolkit, the histogram in milliseconds of versions before 0.4",
	  .source = "README.md, metrics",
	  .ttft = "histogram_quantile(0.95, sum by (le) (rate(" OURS("llm_slo_ttft_ms_bucket") "[$window])))",
	  .ttft_samples = OURS("llm_slo_ttft_ms_count"),
	  .errors = OURS("llm_slo_errors_total"),
	  .requests = OURS("llm_slo_requests_total") },
	/* vLLM counts its HTTP answers with prometheus-fastapi-instrumentator, in classes: 2xx, 4xx, 5xx. */
	{ .name = "vllm",
	  .about = "vLLM's own metrics",
	  .source = "https://docs.vllm.ai/en/latest/design/metrics.html, "
		    "https://github.com/trallnag/prometheus-fastapi-instrumentator",
	  .ttft = P95_OF_SECONDS("vllm:time_to_first_token_seconds", ""),
	  .ttft_samples = "vllm:time_to_first_token_seconds_count{$selector}",
	  .errors = "http_requests_total{handler=~\"/v1/(chat/)?completions\",status!~\"2..\",$selector}",
	  .requests = "http_requests_total{handler=~\"/v1/(chat/)?completions\",$selector}",
	  .errors_lazy = true },
	/* As the Prometheus exporters of OpenTelemetry write names: dots become _, the unit s becomes _seconds. */
	{ .name = "otel",
	  .about = "OpenTelemetry GenAI server metrics, as Prometheus holds them",
	  .source = "https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/"
		    "gen-ai-metrics.md",
	  .ttft = P95_OF_SECONDS("gen_ai_server_time_to_first_token_seconds", ""),
	  .ttft_samples = "gen_ai_server_time_to_first_token_seconds_count{$selector}",
	  .errors = "gen_ai_server_request_duration_seconds_count{error_type!=\"\",$selector}",
	  .requests = "gen_ai_server_request_duration_seconds_count{$selector}",
	  .errors_lazy = true },
	/* TGI has no histogram of the first token. Percentiles do not add up: this one is near, not exact. */
	{ .name = "tgi",
	  .about = "Text Generation Inference; first token = p95 of the queue + p95 of the prefill",
	  .source = "https://huggingface.co/docs/text-generation-inference/reference/metrics",
	  .ttft = "1000 * (histogram_quantile(0.95, sum by (le) "
		  "(rate(tgi_request_queue_duration_bucket{$selector}[$window]))) + "
		  "histogram_quantile(0.95, sum by (le) "
		  "(rate(tgi_batch_inference_duration_bucket{method=\"prefill\",$selector}[$window]))))",
	  .ttft_samples = "tgi_request_queue_duration_count{$selector}",
	  .errors = "tgi_request_failure{$selector}",
	  .requests = "tgi_request_count{$selector}",
	  .errors_lazy = true },
	{ .name = "none", .about = "only what --query asks for", .source = "" },
	{ .name = NULL },
};

const struct slo_gate_preset *slo_gate_preset(const char *name)
{
	for (const struct slo_gate_preset *p = slo_gate_presets; p->name; p++) {
		if (strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

static const char selector_word[] = "$selector", window_word[] = "$window";

static void add_window(struct slo_buf *out, int64_t ns)
{
	static const struct {
		int64_t ns;
		const char *unit;
	} units[] = { { 3600 * SLO_NS_PER_S, "h" }, { 60 * SLO_NS_PER_S, "m" }, { SLO_NS_PER_S, "s" } };

	for (size_t i = 0; i < SLO_ARRAY_LEN(units); i++) {
		if (ns >= units[i].ns && ns % units[i].ns == 0) {
			slo_buf_addf(out, "%lld%s", (long long)(ns / units[i].ns), units[i].unit);
			return;
		}
	}
	slo_buf_addf(out, "%lldms", (long long)(ns / SLO_NS_PER_MS));
}

/* Return: how many bytes of the text behind $selector go as well. */
static size_t add_selector(struct slo_buf *out, const char *selector, char next)
{
	slo_buf_adds(out, selector);
	if (selector[0] || !out->len || out->err)
		return 0;
	if (out->data[out->len - 1] == ',') {
		out->len--;
		return 0;
	}
	if (out->data[out->len - 1] != '{' || next != '}')
		return 0;
	out->len--;
	return 1;
}

void slo_gate_expand(struct slo_buf *out, const char *text, const char *selector, int64_t window_ns)
{
	for (const char *p = text; *p; p++) {
		if (strncmp(p, selector_word, sizeof(selector_word) - 1) == 0) {
			p += sizeof(selector_word) - 2;
			p += add_selector(out, selector, p[1]);
		} else if (strncmp(p, window_word, sizeof(window_word) - 1) == 0) {
			p += sizeof(window_word) - 2;
			add_window(out, window_ns);
		} else {
			slo_buf_addc(out, *p);
		}
	}
}
