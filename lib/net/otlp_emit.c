/* SPDX-License-Identifier: MIT */
#include "net/otlp_emit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slo_otlp_emit {
	struct slo_otlp_config config;
	struct slo_otlp_out *out;
	struct slo_otlp_export *export;
	struct slo_buf body;
	char base[SLO_OTLP_URL_MAX], timeout[24];
	bool incidents;                /* among the log records gathered */
	uint64_t unheld;
};

/* "…/v1/logs" names one signal's address; the base is what stands before. */
static int take_endpoint(struct slo_otlp_emit *e, const char *endpoint, struct slo_err *err)
{
	static const char *const tails[] = { "/v1/logs", "/v1/metrics", "/v1/traces" };
	size_t len = strlen(endpoint);

	for (size_t i = 0; i < SLO_ARRAY_LEN(tails); i++) {
		size_t tail = strlen(tails[i]);

		if (len > tail && strcmp(endpoint + len - tail, tails[i]) == 0)
			len -= tail;
	}
	return slo_str_copy(e->base, sizeof(e->base), slo_str_n(endpoint, len)) ?
		0 : slo_err_set(err, -EINVAL, "--otlp-endpoint: too long");
}

static int resolve(struct slo_otlp_emit *e, const struct slo_otlp_emit_opts *o, struct slo_err *err)
{
	struct slo_otlp_layer flags = { .all = { NULL } }, file = { .all = { NULL } };
	int r = take_endpoint(e, o->endpoint ? o->endpoint : "", err);

	if (r)
		return r;
	(void)!snprintf(e->timeout, sizeof(e->timeout), "%" PRId64, o->timeout_ns / 1000000);
	(o->endpoint_given ? &flags : &file)->all[SLO_OTLP_ENDPOINT] = e->base;
	if (o->timeout_ns > 0)
		(o->timeout_given ? &flags : &file)->all[SLO_OTLP_TIMEOUT] = e->timeout;
	flags.all[SLO_OTLP_HEADERS_FILE] = o->headers_file;
	return slo_otlp_config_resolve(&flags, slo_otlp_getenv, NULL, &file, &e->config, err);
}

int slo_otlp_emit_new(const struct slo_otlp_emit_opts *o, struct slo_otlp_emit **out, struct slo_err *err)
{
	struct slo_otlp_emit *e = calloc(1, sizeof(*e));
	const struct slo_otlp_out_opts oo = { .tool = slo_str(o->tool) };
	struct slo_otlp_export_opts xo = { .config = e ? &e->config : NULL, .spool_dir = o->spool_dir,
					   .report = o->report, .arg = o->arg };
	int r;

	if (!e)
		return slo_err_set(err, -ENOMEM, "out of memory");
	slo_buf_init(&e->body, SLO_OTLP_BODY_MAX);
	r = resolve(e, o, err);
	r = r ? r : slo_otlp_out_new(&oo, &e->out);
	r = r ? r : slo_otlp_export_new(&xo, &e->export, err);
	if (r) {
		slo_otlp_emit_free(e);
		return slo_err_set(err, r, "%s", slo_strerror(r));
	}
	*out = e;
	return 0;
}

static int send_signal(struct slo_otlp_emit *e, int signal)
{
	struct slo_otlp_batch b = { .signal = signal, .items = slo_otlp_out_items(e->out, signal),
				    .expendable = signal == SLO_OTLP_LOGS && !e->incidents };
	int r;

	if (!slo_otlp_out_count(e->out, signal))
		return 0;
	/* Of the logs probe and slo records are examples, which go first where there is no room. */
	if (signal == SLO_OTLP_LOGS)
		e->incidents = false;
	slo_buf_reset(&e->body);
	r = slo_otlp_out_take(e->out, signal, e->config.target[signal].encoding, &e->body);
	if (r) {
		slo_otlp_out_drop(e->out, signal);
		return r;
	}
	b.body = slo_buf_str(&e->body);
	r = slo_otlp_export_put(e->export, &b);
	return r == -ENOMEM ? r : 0; /* whatever else happened to it is counted there */
}

int slo_otlp_emit_put(struct slo_otlp_emit *e, const struct slo_event *ev, int64_t now_ns)
{
	int r = slo_otlp_out_put(e->out, ev, now_ns, NULL);

	if (r == -ENOSPC) {
		r = send_signal(e, slo_otlp_out_signal(ev->kind));
		r = r ? r : slo_otlp_out_put(e->out, ev, now_ns, NULL);
	}
	e->incidents |= !r && ev->kind == SLO_KIND_INCIDENT;
	e->unheld += r == -EINVAL || r == -EMSGSIZE || r == -ENOSPC;
	return r == -ENOMEM ? r : 0;
}

int slo_otlp_emit_flush(struct slo_otlp_emit *e)
{
	int r = 0;

	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++) {
		int one = send_signal(e, s);

		r = r ? r : one;
	}
	return r;
}

uint64_t slo_otlp_emit_end(struct slo_otlp_emit *e, int64_t wait_ns, bool (*hurry)(void))
{
	slo_otlp_emit_flush(e);
	return slo_otlp_export_end(e->export, wait_ns, hurry);
}

void slo_otlp_emit_stats(struct slo_otlp_emit *e, struct slo_otlp_emit_stats *out)
{
	out->unheld = e->unheld;
	slo_otlp_export_stats(e->export, &out->export);
}

void slo_otlp_emit_free(struct slo_otlp_emit *e)
{
	if (!e)
		return;
	slo_otlp_export_free(e->export);
	slo_otlp_out_free(e->out);
	slo_otlp_config_fini(&e->config);
	slo_buf_fini(&e->body);
	free(e);
}
