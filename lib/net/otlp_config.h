/* SPDX-License-Identifier: MIT */
/*
 * Where OTLP goes to and how: flags, the environment and a file become one target for each signal.
 *
 * flag > environment > file > default. Within a layer the setting of a signal goes before that of all signals, and a
 * higher layer's setting of all signals before a lower layer's of one. An empty setting is none.
 *
 * Source: OpenTelemetry specification, "OpenTelemetry Protocol Exporter"; the variables are OTEL_EXPORTER_OTLP_KEY and
 * OTEL_EXPORTER_OTLP_SIGNAL_KEY. Differing from it: gzip is the default compression, and what makes no sense is
 * an error in place of a warning.
 */
#ifndef SLO_NET_OTLP_CONFIG_H
#define SLO_NET_OTLP_CONFIG_H

#include "base/err.h"
#include "net/otlp_codec.h"

enum slo_otlp_key {
	SLO_OTLP_ENDPOINT,           /* of all signals: "http://host:4318", gets "/v1/logs" added; of one: as it is */
	SLO_OTLP_HEADERS,            /* "name=value,name2=value2", percent-encoded values; never a flag: secrets */
	SLO_OTLP_HEADERS_FILE,       /* file of "Name: value" lines, '#' comments; no variable of its own */
	SLO_OTLP_TIMEOUT,            /* ms, 1 .. 3600000 */
	SLO_OTLP_COMPRESSION,        /* "gzip", "none" */
	SLO_OTLP_PROTOCOL,           /* "http/protobuf", "http/json" */
	SLO_OTLP_CERTIFICATE,        /* PEM of whom to believe */
	SLO_OTLP_CLIENT_CERTIFICATE, /* PEM */
	SLO_OTLP_CLIENT_KEY,         /* PEM */
	SLO_OTLP_KEYS
};

enum {
	SLO_OTLP_BODY_MAX = 20 << 20, /* bytes of a body before compression: what OTLP asks clients to keep to */
	SLO_OTLP_HEADERS_MAX = 16,   /* of one request, without ours */
	SLO_OTLP_URL_MAX = 2048,
	SLO_OTLP_TIMEOUT_MS = 10000, /* default */
};

/* What flags or a file say; NULL and "" = nothing. */
struct slo_otlp_layer {
	const char *all[SLO_OTLP_KEYS];
	const char *of[SLO_OTLP_SIGNAL__COUNT][SLO_OTLP_KEYS];
};

struct slo_otlp_target {
	char url[SLO_OTLP_URL_MAX];
	bool by_default;             /* nobody named an endpoint: localhost */
	int encoding;                /* enum slo_otlp_encoding */
	bool gzip;
	int64_t timeout_ns;
	char *headers[SLO_OTLP_HEADERS_MAX + 1]; /* "Name: value", ends with NULL; owned */
	/* Files; views into the layers; NULL = none. */
	const char *headers_file, *ca_file, *cert_file, *key_file;
};

struct slo_otlp_config {
	struct slo_otlp_target target[SLO_OTLP_SIGNAL__COUNT];
};

/**
 * slo_otlp_config_resolve - one target for each signal
 * @flags, @file: may be NULL
 * @env: what a variable holds, as getenv(); NULL = no environment. Strings must outlive @out
 *
 * Pure, and reads no file. Return: 0; -EINVAL with @err naming the flag, variable or member that makes no sense;
 * -ENOMEM. To be released with slo_otlp_config_fini() in any case.
 */
int slo_otlp_config_resolve(const struct slo_otlp_layer *flags, const char *(*env)(void *arg, const char *name),
			    void *arg, const struct slo_otlp_layer *file, struct slo_otlp_config *out,
			    struct slo_err *err);
void slo_otlp_config_fini(struct slo_otlp_config *c);

/** slo_otlp_getenv - for @env: the process's environment. */
const char *slo_otlp_getenv(void *arg, const char *name);

/** slo_otlp_same_peer - whether two targets can share a connection: scheme, host, port and TLS files are equal. */
bool slo_otlp_same_peer(const struct slo_otlp_target *a, const struct slo_otlp_target *b);

#endif
