/* SPDX-License-Identifier: MIT */
#include "net/otlp_config.h"

#include "base/num.h"
#include "base/time.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 80, TIMEOUT_MS_MAX = 3600 * 1000, HEADER_MAX = 4096 };

static const char by_default[] = "http://localhost:4318";

static const char *const key_names[SLO_OTLP_KEYS] = {
	[SLO_OTLP_ENDPOINT] = "ENDPOINT",
	[SLO_OTLP_HEADERS] = "HEADERS",
	[SLO_OTLP_HEADERS_FILE] = "HEADERS_FILE",
	[SLO_OTLP_TIMEOUT] = "TIMEOUT",
	[SLO_OTLP_COMPRESSION] = "COMPRESSION",
	[SLO_OTLP_PROTOCOL] = "PROTOCOL",
	[SLO_OTLP_CERTIFICATE] = "CERTIFICATE",
	[SLO_OTLP_CLIENT_CERTIFICATE] = "CLIENT_CERTIFICATE",
	[SLO_OTLP_CLIENT_KEY] = "CLIENT_KEY",
};

/* Where settings come from, the strongest first. */
enum layer { FLAGS, ENVIRONMENT, FILES, LAYERS };

struct sources {
	const struct slo_otlp_layer *given[LAYERS]; /* NULL = none, and for the environment */
	const char *(*env)(void *arg, const char *name);
	void *arg;
};

/* One setting, and where it was found. */
struct setting {
	const char *value; /* NULL = nowhere */
	enum layer layer;
	int signal;        /* -1 = of all */
	enum slo_otlp_key key;
};

static void variable(char name[NAME_MAX_BYTES], int signal, enum slo_otlp_key key)
{
	const char *of = signal < 0 ? "" : slo_otlp_signal_enum.names[signal];
	size_t at = sizeof("OTEL_EXPORTER_OTLP_") - 1;

	(void)!snprintf(name, NAME_MAX_BYTES, "OTEL_EXPORTER_OTLP_%s%s%s", of, of[0] ? "_" : "", key_names[key]);
	for (; *of; of++, at++)
		name[at] = (char)toupper((unsigned char)name[at]);
}

static const char *look_up(const struct sources *s, enum layer layer, int signal, enum slo_otlp_key key)
{
	const struct slo_otlp_layer *l = s->given[layer];
	char name[NAME_MAX_BYTES];
	const char *v = NULL;

	if (layer == ENVIRONMENT && s->env && key != SLO_OTLP_HEADERS_FILE) {
		variable(name, signal, key);
		v = s->env(s->arg, name);
	} else if (layer != ENVIRONMENT && l) {
		v = signal < 0 ? l->all[key] : l->of[signal][key];
	}
	return v && v[0] ? v : NULL;
}

/* The strongest setting of @key, or of @other where that is stronger; SLO_OTLP_KEYS = no other. */
static struct setting find(const struct sources *s, int signal, enum slo_otlp_key key, enum slo_otlp_key other)
{
	for (int layer = 0; layer < LAYERS; layer++) {
		const int from[] = { signal, -1 };

		for (size_t i = 0; i < 2; i++) {
			enum layer in = (enum layer)layer;
			struct setting found = { look_up(s, in, from[i], key), in, from[i], key };

			if (!found.value && other != SLO_OTLP_KEYS) {
				found.value = look_up(s, in, from[i], other);
				found.key = other;
			}
			if (found.value)
				return found;
		}
	}
	return (struct setting){ .value = NULL };
}

/* "--otlp-logs-endpoint", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "otlp.logs_endpoint". */
static int bad(const struct setting *at, struct slo_err *err, const char *what)
{
	char name[NAME_MAX_BYTES], *p = name;

	variable(name, at->signal, at->key);
	slo_err_set(err, -EINVAL, "%s", what);
	if (at->layer == ENVIRONMENT) {
		slo_err_at(err, "%s", name);
		return -EINVAL;
	}
	p += sizeof("OTEL_EXPORTER_OTLP_") - 1;
	for (char *c = p; *c; c++)
		*c = *c == '_' && at->layer == FLAGS ? '-' : (char)tolower((unsigned char)*c);
	slo_err_at(err, at->layer == FLAGS ? "--otlp-%s" : "otlp.%s", p);
	return -EINVAL;
}

/* Scheme, host and port: all before the path. Return: its length, 0 for no such address. */
static size_t authority(const char *url)
{
	size_t scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
	size_t host = scheme ? strcspn(url + scheme, "/?#") : 0;

	return host ? scheme + host : 0;
}

static int check_url(const struct setting *s, struct slo_err *err)
{
	size_t len = authority(s->value);

	if (!len)
		return bad(s, err, "want http://host:port or https://host:port");
	if (memchr(s->value, '@', len))
		return bad(s, err, "a name or password in the address is not taken: use headers");
	for (const char *c = s->value; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 127)
			return bad(s, err, "a blank or control character in the address");
	if (strlen(s->value) > SLO_OTLP_URL_MAX - 32)
		return bad(s, err, "the address is too long");
	return 0;
}

static int set_url(const struct sources *s, int signal, struct slo_otlp_target *t, struct slo_err *err)
{
	struct setting e = find(s, signal, SLO_OTLP_ENDPOINT, SLO_OTLP_KEYS);
	size_t len;
	int r;

	t->by_default = !e.value;
	if (!e.value)
		e = (struct setting){ by_default, FILES, -1, SLO_OTLP_ENDPOINT };
	r = check_url(&e, err);
	if (r)
		return r;
	len = strlen(e.value);
	if (e.signal < 0 && strpbrk(e.value, "?#"))
		return bad(&e, err, "an address for all signals has no query: a path is added to it");
	while (e.signal < 0 && e.value[len - 1] == '/')
		len--;
	(void)!snprintf(t->url, sizeof(t->url), "%.*s%s", (int)len, e.value,
			e.signal < 0 ? slo_otlp_path(signal) : "");
	return 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Percent-decoded, as the W3C Baggage form wants. Return: bytes, or -1 for what no header can hold. */
static int decode(char *to, struct slo_str s)
{
	char *at = to;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '%' && i + 2 < s.len && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		} else if (c == '%') {
			return -1;
		}
		if ((unsigned char)c < ' ' || c == 127)
			return -1;
		*at++ = c;
	}
	*at = '\0';
	return (int)(at - to);
}

static struct slo_str trim(struct slo_str s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool is_token(struct slo_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && !strchr("!#$%&'*+-.^_`|~", s.p[i]))
			return false;
	return s.len > 0;
}

/* "name=value" as "name: value". Never repeats a value: it is a secret. */
static int add_header(const struct setting *at, struct slo_str pair, struct slo_otlp_target *t, size_t n,
		      struct slo_err *err)
{
	const char *eq = memchr(pair.p, '=', pair.len);
	struct slo_str name = trim(slo_str_n(pair.p, eq ? (size_t)(eq - pair.p) : 0)), value;
	char *line;

	if (!eq || !is_token(name))
		return bad(at, err, "want name=value, with commas between");
	value = trim(slo_str_n(eq + 1, pair.len - (size_t)(eq + 1 - pair.p)));
	if (n == SLO_OTLP_HEADERS_MAX || name.len + value.len > HEADER_MAX)
		return bad(at, err, "too many headers, or one too long");
	line = calloc(1, name.len + value.len + 3);
	if (!line)
		return -ENOMEM;
	memcpy(line, name.p, name.len);
	memcpy(line + name.len, ": ", 2);
	t->headers[n] = line;
	if (decode(line + name.len + 2, value) < 0)
		return bad(at, err, "a value is not percent-encoded as it should be");
	return 0;
}

static int set_headers(const struct sources *s, int signal, struct slo_otlp_target *t, struct slo_err *err)
{
	struct setting h = find(s, signal, SLO_OTLP_HEADERS_FILE, SLO_OTLP_HEADERS);
	size_t n = 0;
	int r = 0;

	if (h.value && h.key == SLO_OTLP_HEADERS_FILE) {
		t->headers_file = h.value;
		return 0;
	}
	for (const char *p = h.value; p && *p && !r;) {
		struct slo_str pair = trim(slo_str_n(p, strcspn(p, ",")));

		p += strcspn(p, ",");
		p += *p == ',';
		if (pair.len)
			r = add_header(&h, pair, t, n++, err);
	}
	return r;
}

static int set_timeout(const struct sources *s, int signal, struct slo_otlp_target *t, struct slo_err *err)
{
	struct setting v = find(s, signal, SLO_OTLP_TIMEOUT, SLO_OTLP_KEYS);
	int64_t ms = SLO_OTLP_TIMEOUT_MS;

	if (v.value && (slo_parse_i64(slo_str(v.value), &ms) || ms < 1 || ms > TIMEOUT_MS_MAX))
		return bad(&v, err, "want milliseconds, 1 to 3600000");
	t->timeout_ns = ms * SLO_NS_PER_MS;
	return 0;
}

static int set_compression(const struct sources *s, int signal, struct slo_otlp_target *t, struct slo_err *err)
{
	struct setting v = find(s, signal, SLO_OTLP_COMPRESSION, SLO_OTLP_KEYS);

	t->gzip = !v.value || strcasecmp(v.value, "gzip") == 0;
	return t->gzip || strcasecmp(v.value, "none") == 0 ? 0 : bad(&v, err, "want gzip or none");
}

static int set_protocol(const struct sources *s, int signal, struct slo_otlp_target *t, struct slo_err *err)
{
	struct setting v = find(s, signal, SLO_OTLP_PROTOCOL, SLO_OTLP_KEYS);

	t->encoding = v.value && strcasecmp(v.value, "http/json") == 0 ? SLO_OTLP_JSON : SLO_OTLP_PROTOBUF;
	if (!v.value || t->encoding == SLO_OTLP_JSON || strcasecmp(v.value, "http/protobuf") == 0)
		return 0;
	return bad(&v, err,
		   strcasecmp(v.value, "grpc") == 0
			   ? "grpc is not spoken here: use http/protobuf or http/json, and the port for HTTP (4318)"
			   : "want http/protobuf or http/json");
}

static int set_files(const struct sources *s, int signal, struct slo_otlp_target *t, struct slo_err *err)
{
	struct setting cert = find(s, signal, SLO_OTLP_CLIENT_CERTIFICATE, SLO_OTLP_KEYS);
	struct setting key = find(s, signal, SLO_OTLP_CLIENT_KEY, SLO_OTLP_KEYS);

	t->ca_file = find(s, signal, SLO_OTLP_CERTIFICATE, SLO_OTLP_KEYS).value;
	t->cert_file = cert.value;
	t->key_file = key.value;
	if (!cert.value == !key.value)
		return 0;
	return bad(cert.value ? &cert : &key, err, "a client certificate and its key go together");
}

int slo_otlp_config_resolve(const struct slo_otlp_layer *flags, const char *(*env)(void *arg, const char *name),
			    void *arg, const struct slo_otlp_layer *file, struct slo_otlp_config *out,
			    struct slo_err *err)
{
	static int (*const steps[])(const struct sources *, int, struct slo_otlp_target *, struct slo_err *) = {
		set_url, set_headers, set_timeout, set_compression, set_protocol, set_files,
	};
	const struct sources s = { .given = { [FLAGS] = flags, [FILES] = file }, .env = env, .arg = arg };
	int r = 0;

	memset(out, 0, sizeof(*out));
	for (int signal = 0; signal < SLO_OTLP_SIGNAL__COUNT && !r; signal++)
		for (size_t i = 0; i < SLO_ARRAY_LEN(steps) && !r; i++)
			r = steps[i](&s, signal, &out->target[signal], err);
	return r == -ENOMEM ? slo_err_set(err, r, "out of memory") : r;
}

void slo_otlp_config_fini(struct slo_otlp_config *c)
{
	for (int s = 0; s < SLO_OTLP_SIGNAL__COUNT; s++) {
		for (char **h = c->target[s].headers; *h; h++) {
			explicit_bzero(*h, strlen(*h));
			free(*h);
		}
		memset(c->target[s].headers, 0, sizeof(c->target[s].headers));
	}
}

const char *slo_otlp_getenv(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool slo_otlp_same_peer(const struct slo_otlp_target *a, const struct slo_otlp_target *b)
{
	size_t len = authority(a->url);

	return len && len == authority(b->url) && strncasecmp(a->url, b->url, len) == 0 &&
	       same(a->ca_file, b->ca_file) && same(a->cert_file, b->cert_file) && same(a->key_file, b->key_file);
}
