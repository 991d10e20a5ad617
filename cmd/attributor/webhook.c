/* SPDX-License-Identifier: MIT */
/* The webhook of a run: options over configuration, and how it went. */
#include "attributor.h"

#include "base/log.h"
#include "base/time.h"

#include <inttypes.h>

static bool chosen(const char *option)
{
	return slo_opts_origin(option) != SLO_ORIGIN_DEFAULT;
}

static bool wanted(const struct attributor *a)
{
	if (chosen("webhook-enabled"))
		return a->o->webhook_enabled;
	return a->o->webhook_url || a->o->webhook_url_file || a->config.webhook.enabled;
}

static void take(const char **to, const char *option)
{
	if (option)
		*to = option;
}

int webhook_start(struct attributor *a, struct slo_err *err)
{
	const struct attributor_opts *o = a->o;
	struct slo_webhook_opts w;
	int r;

	if (!wanted(a))
		return 0;
	slo_webhook_opts_set(&w, &a->config);
	take(&w.url, o->webhook_url);
	if (o->webhook_url)
		w.url_file = "";
	take(&w.url_file, o->webhook_url_file);
	take(&w.secret_file, o->webhook_secret_file);
	take(&w.spool_dir, o->webhook_spool);
	take(&w.ca_file, o->webhook_ca_file);
	if (chosen("webhook-format"))
		w.format = o->webhook_format;
	if (chosen("webhook-timeout-ms"))
		w.timeout_ns = o->webhook_timeout_ns;
	if (chosen("allow-http"))
		w.allow_http = o->allow_http;
	if (o->allow_hosts.count)
		w.allow_count = 0;
	for (size_t i = 0; i < o->allow_hosts.count && i < SLO_WEBHOOK_ALLOWED; i++)
		w.allow[w.allow_count++] = o->allow_hosts.items[i];
	w.report = slo_warn_err;
	r = slo_webhook_new(&w, &a->webhook, err);
	if (r)
		slo_err_at(err, "webhook");
	return r;
}

static bool hurry(void)
{
	return attributor_stop;
}

void webhook_end(struct attributor *a)
{
	struct slo_webhook_stats s;

	if (!a->webhook)
		return;
	a->undelivered = slo_webhook_end(a->webhook, SLO_WEBHOOK_END_S * SLO_NS_PER_S, hurry);
	slo_webhook_stats(a->webhook, &s);
	if (a->undelivered || a->o->stats || attributor_stop)
		slo_info("webhook: %" PRIu64 " sent, %" PRIu64 " waiting, %" PRIu64 " refused or given up, %" PRIu64
			 " lost; %" PRIu64 " attempts, %" PRIu64 " alerts repeated (%" PRIu64 " too many), %" PRIu64
			 " incidents forgotten",
			 s.sent, s.waiting, s.dead, s.failed + s.dropped, s.attempts, s.repeated, s.not_repeated,
			 s.forgotten);
	if (a->undelivered && a->o->webhook_strict)
		a->status |= 1;
	slo_webhook_free(a->webhook);
	a->webhook = NULL;
}
