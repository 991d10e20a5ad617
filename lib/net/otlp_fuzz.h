/* SPDX-License-Identifier: MIT */
/* For fuzz targets only: what must hold of a body in either encoding. */
#ifndef SLO_NET_OTLP_FUZZ_H
#define SLO_NET_OTLP_FUZZ_H

#include "config/config.h"
#include "net/otlp_in.h"
#include "net/otlp_out.h"

#include <errno.h>
#include <stdlib.h>

/* Whatever comes out is a record that can be written, and read again. */
static inline void fuzz_emit(void *arg, const struct slo_event *ev)
{
	static struct slo_event again;
	struct slo_rec_ctx c;
	struct slo_buf b;

	(void)arg;
	slo_buf_init(&b, 16 << 20);
	slo_rec_ctx_init(&c);
	if (slo_event_encode(ev, &b) || slo_event_decode(&c, b.data, b.len - 1, -1, UINT32_MAX, &again, NULL))
		abort();
	slo_rec_ctx_fini(&c);
	slo_buf_fini(&b);
}

/* What was accepted is written in JSON, and read back from it is written in the same bytes. */
static inline void fuzz_again(int signal, int encoding, struct slo_str body)
{
	static const struct slo_otlp_limits limits = { .memory_max = 16 << 20, .messages_max = 20000 };
	struct slo_otlp_decoder *d;
	struct slo_otlp_request r;
	struct slo_buf one, two, wire;
	int ret;

	slo_buf_init(&one, 64 << 20);
	slo_buf_init(&two, 64 << 20);
	slo_buf_init(&wire, 64 << 20);
	if (slo_otlp_decoder_new(&limits, &d))
		abort();
	ret = slo_otlp_decode(d, signal, encoding, body, &r, NULL);
	if (ret == 0) {
		if (slo_otlp_request_encode(&r, SLO_OTLP_JSON, &one) ||
		    slo_otlp_request_encode(&r, SLO_OTLP_PROTOBUF, &wire))
			abort();
		ret = slo_otlp_decode(d, signal, SLO_OTLP_JSON, slo_buf_str(&one), &r, NULL);
		if (ret == 0 && (slo_otlp_request_encode(&r, SLO_OTLP_JSON, &two) ||
				 !slo_str_eq(slo_buf_str(&one), slo_buf_str(&two))))
			abort();
		if (ret && ret != -EMSGSIZE)
			abort();
		ret = slo_otlp_decode(d, signal, SLO_OTLP_PROTOBUF, slo_buf_str(&wire), &r, NULL);
		if (ret && ret != -EMSGSIZE)
			abort();
	}
	slo_otlp_decoder_free(d);
	slo_buf_fini(&one);
	slo_buf_fini(&two);
	slo_buf_fini(&wire);
}

static inline int fuzz_body(int encoding, const uint8_t *data, size_t size)
{
	static struct slo_config config;
	struct slo_otlp_in_opts o = { .emit = fuzz_emit, .config = &config,
				      .limits = { .memory_max = 16 << 20, .messages_max = 20000 } };
	struct slo_otlp_answer answer;
	struct slo_err err = { .what = "" };
	struct slo_otlp_in *in;
	struct slo_str body;
	int signal, ret;

	if (size == 0)
		return 0;
	signal = data[0] % SLO_OTLP_SIGNAL__COUNT;
	body = slo_str_n((const char *)data + 1, size - 1);
	slo_config_defaults(&config);
	if (slo_otlp_in_new(&o, &in))
		abort();
	ret = slo_otlp_in_body(in, signal, encoding, body, &answer, &err);
	if (ret && !err.what[0])
		abort();
	if (ret && ret != -EINVAL && ret != -EMSGSIZE)
		abort();
	slo_otlp_in_drain(in);
	slo_otlp_in_free(in);
	fuzz_again(signal, encoding, body);
	return 0;
}

#endif
