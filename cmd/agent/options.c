/* SPDX-License-Identifier: MIT */
/* The option table of the agent. */
#include "agent.h"

#include "base/time.h"

static const char *const kinds[] = { "slo", "probe", "both", "all", NULL };
static const char *const outputs[] = { "stdout", "jsonl", "otlp", NULL };
static const char *const modes[] = { "auto", "core_full", "host", "min", "bcc_degraded", NULL };
static const char *const caps_formats[] = { "text", "names", "json", NULL };
static const char *const speeds[] = { "fastest", "recorded", NULL };

static const char *const outputs_later[] = { "otlp", NULL };

#define OFF(m) .off = offsetof(struct agent_opts, m)
#define HEAD(text) { .name = "", .type = SLO_OPT_HELP, .help = (text) }
#define LATER SLO_OPT_NOT_BUILT
#define GONE SLO_OPT_OBSOLETE

const struct slo_opt agent_options[] = {
	HEAD("What to watch"),
	{ "watch", 'w', SLO_OPT_LIST, 0, OFF(watch), "PORT[=SERVICE]", NULL,
	  "time the requests of the service that listens on PORT; may be repeated, up to 16 times", 0, 0, 0, NULL },
	{ "objective", 0, SLO_OPT_LIST, 0, OFF(objectives), "SPEC", NULL,
	  "judge requests by this objective, e.g. ttft_ms<=800,target=0.95; in place of the configured one of the same service and SLI", 0, 0, 0,
	  NULL },
	{ "source", 0, SLO_OPT_STR, 0, OFF(source), "SOURCE", "live",
	  "live, replay:FILE or synthetic:SCENARIO; the latter two mark every event", 0, 0, 0, NULL },
	{ "replay-speed", 0, SLO_OPT_CHOICE, 0, OFF(replay_speed), "SPEED", "fastest", "pace of replay:FILE", 0, 0, 0,
	  speeds },
	{ "scenario", 0, SLO_OPT_STR, 0, OFF(scenario), "NAME", "",
	  "short for --source synthetic:NAME", 0, 0, 0, NULL },
	{ "capability-mode", 0, SLO_OPT_CHOICE, SLO_OPT_FOLD, OFF(mode), "MODE", "auto",
	  "auto: the best working provider of each signal; host: no tracing; min (bcc_degraded): DNS and TCP "
	  "retransmits only; core_full: tracing for every signal it can measure, or exit 1 with the reasons", 0, 0, 0, modes, NULL },
	{ "disable-rung", 0, SLO_OPT_STR, 0, OFF(disable_rung), "LIST", "",
	  "comma-separated kinds of hook not to use, e.g. tp_btf or connect:raw_tp; for tests, and for kernels that "
	  "misbehave", 0, 0, 0, NULL },
	{ "disable-signals", 0, SLO_OPT_STR, 0, OFF(disable_signals), "LIST", "",
	  "comma-separated signals to leave out", 0, 0, 0, NULL },
	{ "config", 0, SLO_OPT_STR, 0, OFF(config), "FILE", "",
	  "configuration; must exist when given. Without it config/toolkit.yaml or /etc/llm-slo/toolkit.yaml is read "
	  "when there is one", 0, 0, 0, NULL },
	{ "interval-ms", 0, SLO_OPT_INT, 0, OFF(interval_ms), "MS", "1000", "length of a window", 100, 3600000, 0, NULL },
	{ "count", 0, SLO_OPT_INT, 0, OFF(count), "N", "0", "end after N windows (synthetic: samples); 0 = never", 0,
	  1e15, 0, NULL },
	{ "request-timeout-ms", 0, SLO_OPT_INT, 0, OFF(request_timeout_ms), "MS", "30000",
	  "a request without an answer for so long counts as timed out", 100, 3600000, 0, NULL },
	{ "connect-timeout-ms", 0, SLO_OPT_INT, 0, OFF(connect_timeout_ms), "MS", "30000",
	  "a connection attempt without an answer for so long counts as timed out", 100, 3600000, 0, NULL },
	{ "dns-timeout-ms", 0, SLO_OPT_INT, 0, OFF(dns_timeout_ms), "MS", "5000",
	  "a DNS query without an answer for so long counts as timed out", 100, 600000, 0, NULL },
	{ "dns-port", 0, SLO_OPT_LIST, 0, OFF(dns_ports), "PORT", NULL, "UDP port of DNS servers; default 53", 0, 0, 0,
	  NULL },
	HEAD("Labels"),
	{ "cluster", 0, SLO_OPT_STR, 0, OFF(cluster), "NAME", "local", "cluster label", 0, 0, 0, NULL },
	{ "namespace", 0, SLO_OPT_STR, 0, OFF(namespace), "NAME", "default", "namespace label", 0, 0, 0, NULL },
	{ "workload", 0, SLO_OPT_STR, 0, OFF(workload), "NAME", "llm-slo-agent", "workload label", 0, 0, 0, NULL },
	{ "service", 0, SLO_OPT_STR, 0, OFF(service), "NAME", "agent",
	  "service label of a watched port that names none", 0, 0, 0, NULL },
	{ "k8s-node", 0, SLO_OPT_STR, 0, OFF(node), "NAME", "unknown-node", "node label", 0, 0, 0, NULL },
	{ "pod", 0, SLO_OPT_STR, 0, OFF(pod), "NAME", "llm-slo-agent", "pod label", 0, 0, 0, NULL },
	{ "container", 0, SLO_OPT_STR, 0, OFF(container), "NAME", "agent", "container label", 0, 0, 0, NULL },
	HEAD("Output"),
	{ "event-kind", 0, SLO_OPT_CHOICE, SLO_OPT_FOLD, OFF(event_kind), "KIND", "both",
	  "slo: requests (slo, sli_window); probe: kernel (probe, window); both or all", 0, 0, 0, kinds },
	{ "out", 'o', SLO_OPT_STR, 0, OFF(out), "ENDPOINT", NULL,
	  "-, a path, unix:PATH or unix-listen:PATH; wins over --output", 0, 0, 0, NULL },
	{ "output", 0, SLO_OPT_CHOICE, SLO_OPT_FOLD, OFF(output), "FORMAT", "stdout",
	  "stdout, or jsonl into --output-path; otlp is not built yet", 0, 0, 0, outputs, outputs_later },
	{ "output-path", 0, SLO_OPT_STR, 0, OFF(output_path), "FILE", "artifacts/agent/events.jsonl",
	  "file of --output jsonl", 0, 0, 0, NULL },
	{ "queue-kib", 0, SLO_OPT_INT, 0, OFF(queue_kib), "KIB", "4096",
	  "records kept for a slow reader, KiB for each; beyond it the oldest exemplars are dropped and counted", 64,
	  1048576, 0, NULL },
	{ "sample-good", 0, SLO_OPT_INT, 0, OFF(sample_good), "N", "100",
	  "besides bad requests, write one good request in N as an slo record; 0 = none", 0, 1e9, 0, NULL },
	{ "stats-interval", 0, SLO_OPT_INT, 0, OFF(stats_interval_s), "S", "60", "seconds between stats records", 1,
	  86400, 0, NULL },
	{ "quiet", 'q', SLO_OPT_FLAG, 0, OFF(quiet), NULL, NULL, "do not print the table of providers and notes", 0, 0, 0,
	  NULL },
	{ "probe-smoke", 0, SLO_OPT_FLAG, 0, OFF(probe_smoke), NULL, NULL,
	  "load, attach and fire every probe, print a verdict for each, and end; 1 when one does not work", 0, 0, 0,
	  NULL },
	HEAD("Metrics"),
	{ "metrics-bind", 0, SLO_OPT_STR, 0, OFF(metrics_bind), "ADDR", ":2112",
	  "HOST:PORT or :PORT (every address) of /metrics, /healthz and /readyz; port 0 takes a free one and says which; "
	  "off = none. Where the default cannot be had the agent warns and goes on without", 0, 0, 0, NULL },
	{ "enable-real-probe-metrics", 0, SLO_OPT_FLAG, 0, OFF(dns_metric), NULL, "true",
	  "tell llm_ebpf_dns_latency_ms; every other metric is told in any case", 0, 0, 0, NULL },
	HEAD("Overhead"),
	{ "disable-overhead-guard", 0, SLO_OPT_FLAG, 0, OFF(disable_guard), NULL, NULL,
	  "never shed load; by default it is shed above safety.max_overhead_pct (5) % of one core", 0, 0, 0, NULL },
	{ "ring-kib", 0, SLO_OPT_INT, 0, OFF(ring_kib), "KIB", "4096", "packet ring", 256, 262144, 0, NULL },
	{ "event-ring-kib", 0, SLO_OPT_INT, 0, OFF(event_ring_kib), "KIB", "1024",
	  "ring of the BPF probes, a power of two", 64, 65536, 0, NULL },
	HEAD("Rights"),
	{ "print-caps", 0, SLO_OPT_FLAG, 0, OFF(print_caps), NULL, NULL,
	  "print which capabilities the other options ask for, for which signals and why, and end", 0, 0, 0, NULL },
	{ "caps-format", 0, SLO_OPT_CHOICE, SLO_OPT_FOLD, OFF(caps_format), "FORMAT", "text",
	  "of --print-caps: a table; names (CAP_BPF CAP_PERFMON ...), as AmbientCapabilities= of systemd takes them; json",
	  0, 0, 0, caps_formats, NULL },
	{ "user", 0, SLO_OPT_STR, 0, OFF(user), "USER", "",
	  "once all is attached become this user (a name, UID or UID:GID) with the capabilities still needed", 0, 0, 0,
	  NULL },
	{ "no-seccomp", 0, SLO_OPT_FLAG, 0, OFF(no_seccomp), NULL, NULL,
	  "do not refuse system calls the agent has no use for; for C libraries that make other ones", 0, 0, 0, NULL },
	HEAD("Not built yet, or without meaning here"),
	{ "otlp-endpoint", 0, SLO_OPT_STR, LATER, OFF(ignored), "URL",
	  "http://otel-collector.observability.svc.cluster.local:4318/v1/logs", "where --output otlp sends to", 0, 0, 0,
	  NULL },
	{ "otlp-timeout-ms", 0, SLO_OPT_INT, LATER, OFF(ignored_int), "MS", "5000", "timeout of --output otlp", 1, 1e9, 0,
	  NULL },
	{ "webhook-url", 0, SLO_OPT_STR, 0, OFF(ignored), "URL", NULL,
	  "refused: incidents are made by attributor; pipe into it and give it the URL", 0, 0, 0, NULL },
	{ "webhook-secret", 0, SLO_OPT_STR, SLO_OPT_SECRET, OFF(ignored), "KEY", NULL, "refused", 0, 0, 0, NULL },
	{ "webhook-secret-file", 0, SLO_OPT_STR, 0, OFF(ignored), "FILE", NULL, "refused; see attributor", 0, 0, 0, NULL },
	{ "webhook-format", 0, SLO_OPT_STR, 0, OFF(ignored), "FORMAT", "generic", "refused; see attributor", 0, 0, 0, NULL },
	{ "webhook-timeout-ms", 0, SLO_OPT_INT, 0, OFF(ignored_int), "MS", "5000", "refused; see attributor", 1, 1e9, 0,
	  NULL },
	{ "enable-hello-tracer", 0, SLO_OPT_FLAG, GONE, OFF(ignored_flag), NULL, NULL, "", 0, 0, 0, NULL },
	{ "hello-target-comm", 0, SLO_OPT_STR, GONE, OFF(ignored), "LIST", "rag-service,llama-server", "", 0, 0, 0, NULL },
	SLO_OPT_END,
};
