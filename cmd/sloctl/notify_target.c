/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include "base/log.h"

static bool chosen(const char *option)
{
	return slo_opts_origin(option) != SLO_ORIGIN_DEFAULT;
}

static void take(const char **to, const char *option)
{
	if (option)
		*to = option;
}

int notify_target_set(const struct notify_target *t, struct slo_config *c, struct slo_webhook_opts *w,
		      struct slo_err *err)
{
	int r = slo_config_find(c, t->config, err);

	if (r)
		return r;
	slo_webhook_opts_set(w, c);
	take(&w->url, t->url);
	if (t->url && !t->url_file)
		w->url_file = "";
	take(&w->url_file, t->url_file);
	take(&w->secret_file, t->secret_file);
	take(&w->spool_dir, t->spool_dir);
	take(&w->ca_file, t->ca_file);
	if (chosen("format"))
		w->format = t->format;
	if (chosen("timeout-ms"))
		w->timeout_ns = t->timeout_ms * SLO_NS_PER_MS;
	if (chosen("allow-http"))
		w->allow_http = t->allow_http;
	if (t->allow.count)
		w->allow_count = 0;
	for (size_t i = 0; i < t->allow.count && i < SLO_WEBHOOK_ALLOWED; i++)
		w->allow[w->allow_count++] = t->allow.items[i];
	w->backoff_ns = t->backoff_ns;
	w->report = slo_warn_err;
	return 0;
}
