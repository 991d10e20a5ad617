/* SPDX-License-Identifier: MIT */
#include "net/webhook_format.h"

#include "base/cleanup.h"
#include "net/webhook_text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *const slo_webhook_formats[] = { "generic", "pagerduty", "opsgenie", "jsm", "alertmanager", "slack", NULL };

static const char *const action_names[] = { "trigger", "update", "severity", "resolve" };
const struct slo_enum slo_webhook_action_enum = { action_names, SLO_WEBHOOK_ACTION__COUNT };

/* What is told apart: one row a format. */
static const struct service {
	const char *origin;  /* where the service is when nobody says; NULL = somebody must */
	const char *path;    /* of its documents, when the address has none */
	size_t body_max;     /* bytes */
	int levels;          /* from info (P3) up: 4, or 3 for services without a difference between the lowest two */
	bool needs_key, signs;
} services[SLO_WEBHOOK_FORMAT__COUNT] = {
	[SLO_WEBHOOK_GENERIC] = { NULL, "", SLO_WEBHOOK_BODY_MAX, 4, false, true },
	[SLO_WEBHOOK_PAGERDUTY] = { "https://events.pagerduty.com", "/v2/enqueue", SLO_PAGERDUTY_BODY_MAX, 4, true,
				    false },
	[SLO_WEBHOOK_OPSGENIE] = { "https://api.opsgenie.com", "/v2/alerts", SLO_WEBHOOK_BODY_MAX, 3, true, false },
	[SLO_WEBHOOK_JSM] = { "https://api.atlassian.com", "/jsm/ops/integration/v2/alerts", SLO_WEBHOOK_BODY_MAX, 3,
			      true, false },
	[SLO_WEBHOOK_ALERTMANAGER] = { NULL, "/api/v2/alerts", SLO_WEBHOOK_BODY_MAX, 4, false, true },
	[SLO_WEBHOOK_SLACK] = { NULL, "", SLO_WEBHOOK_BODY_MAX, 4, false, true },
};

bool slo_webhook_needs_key(int format)
{
	return services[format].needs_key;
}

bool slo_webhook_signs(int format)
{
	return services[format].signs;
}

void slo_webhook_payload_init(struct slo_webhook_payload *p)
{
	*p = (struct slo_webhook_payload){ .method = "POST" };
	slo_buf_init(&p->body, SLO_WEBHOOK_BODY_MAX);
}

void slo_webhook_payload_fini(struct slo_webhook_payload *p)
{
	slo_buf_fini(&p->body);
}

enum slo_webhook_level slo_webhook_level(double burn_rate)
{
	return burn_rate > 5 ? SLO_LEVEL_CRITICAL : burn_rate > 2 ? SLO_LEVEL_ERROR : burn_rate > 1 ? SLO_LEVEL_WARNING :
												     SLO_LEVEL_INFO;
}

int slo_webhook_level_of(int format, double burn_rate)
{
	int level = (int)slo_webhook_level(burn_rate), lowest = 4 - services[format].levels;

	return level < lowest ? lowest : level;
}

static int dump(json_t *doc, struct slo_buf *to)
{
	slo_autofree char *text = NULL;

	if (!doc)
		return -ENOMEM;
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	if (!text)
		return -ENOMEM;
	slo_buf_adds(to, text);
	return to->err;
}

int slo_webhook_build(int format, enum slo_webhook_action action, const struct slo_incident *inc, const char *secret,
		      int64_t now_ns, struct slo_webhook_payload *out, struct slo_err *err)
{
	int r = 0;

	out->method = "POST";
	out->path[0] = '\0';
	out->wants_key = false;
	slo_buf_reset(&out->body);
	switch (format) {
	case SLO_WEBHOOK_GENERIC:
		r = slo_rec_encode(slo_event_rec[SLO_KIND_INCIDENT], inc, &out->body);
		break;
	case SLO_WEBHOOK_PAGERDUTY:
		r = dump(webhook_pagerduty(action, inc, secret), &out->body);
		break;
	case SLO_WEBHOOK_OPSGENIE:
	case SLO_WEBHOOK_JSM:
		r = dump(webhook_genie(format, action, inc, out), &out->body);
		break;
	case SLO_WEBHOOK_ALERTMANAGER:
		r = dump(webhook_alertmanager(action, inc, now_ns), &out->body);
		break;
	case SLO_WEBHOOK_SLACK:
		r = dump(webhook_slack(action, inc), &out->body);
		break;
	default:
		return slo_err_set(err, -EINVAL, "no such format");
	}
	if (!r && out->body.len > services[format].body_max)
		r = -EMSGSIZE;
	return r ? slo_err_set(err, r == -EDOM ? -EINVAL : r, "the document cannot be made: %s", slo_strerror(r)) : 0;
}

/* What follows the host and port of an address, or NULL when it is none. */
static const char *path_of(const char *url)
{
	const char *host = strncmp(url, "https://", 8) == 0 ? url + 8 : strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;

	return host && host[0] && !strchr("/?#", host[0]) ? host + strcspn(host, "/?#") : NULL;
}

int slo_webhook_target(int format, const char *url, struct slo_buf *out, struct slo_err *err)
{
	const struct service *s = &services[format];
	const char *base = url[0] ? url : s->origin, *path = base ? path_of(base) : NULL;
	size_t len;

	if (!base)
		return slo_err_set(err, -EINVAL, "no address to post to");
	/* Not repeated: it may be a secret. */
	if (!path)
		return slo_err_set(err, -EINVAL, "the address is no http:// or https:// one");
	if (memchr(base, '@', (size_t)(path - base)))
		return slo_err_set(err, -EINVAL, "the address has a user or password in it");
	if (strpbrk(base, " \t\r\n"))
		return slo_err_set(err, -EINVAL, "the address has a blank in it");
	len = strlen(base);
	if (s->path[0] && path[0] != '?' && path[0] != '#') {
		while (len > (size_t)(path - base) && base[len - 1] == '/')
			len--;
	}
	slo_buf_add(out, base, len);
	if (len == (size_t)(path - base) && path[0] != '?' && path[0] != '#')
		slo_buf_adds(out, s->path);
	/* Alertmanager behind a prefix: "https://host/alertmanager". */
	else if (format == SLO_WEBHOOK_ALERTMANAGER && (len < 7 || strncmp(base + len - 7, "/alerts", 7) != 0))
		slo_buf_adds(out, s->path);
	return out->err;
}
