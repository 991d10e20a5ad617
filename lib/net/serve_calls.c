/* SPDX-License-Identifier: MIT */
#include "net/serve_calls.h"

#include "base/str.h"
#include "base/time.h"
#include "decode/http.h"
#include "net/serve_lookup.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 * 1024, ALIGN = 4096, PAGE = 4096 };

/* A service that is called. */
struct peer {
	const char *name;    /* of its span */
	const char *address; /* as configured */
	CURL *easy;
	char host[256], port[8];
	bool numeric;        /* the host needs no looking up */
	struct curl_slist *pin, *headers;
	size_t got;
};

struct slo_calls {
	struct slo_calls_opts o;
	struct slo_rng rng;
	struct slo_lookup lookup;
	struct peer retrieval, provider;
	int file;            /* -1 = none */
	off_t file_blocks;
	void *block;
	char *touched;
	/* of the request being worked on */
	const struct slo_trace_context *trace;
	bool (*wanted)(void *arg);
	void *arg;
	struct slo_calls_report *report;
};

bool slo_calls_any(const struct slo_calls_opts *o)
{
	return o->lookup[0] || o->retrieval[0] || o->provider[0] || o->touch_mib > 0 || o->read_file[0];
}

void slo_trace_new_id(struct slo_rng *rng, char *to, int digits)
{
	for (int i = 0; i < digits; i += 16)
		snprintf(to + i, 17, "%016llx", (unsigned long long)(slo_rng_u64(rng) | 1));
}

void slo_trace_parse_parent(const char *h, struct slo_trace_context *out)
{
	if (!h || !slo_traceparent_parse(slo_str(h), out->trace_id, out->parent_id) || !out->trace_id[0] ||
	    !out->parent_id[0])
		out->trace_id[0] = out->parent_id[0] = '\0';
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
	struct peer *peer = arg;

	(void)p;
	peer->got += size * n;
	return peer->got > SLO_CALLS_ANSWER_MAX ? 0 : size * n;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct slo_calls *calls = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return !calls->wanted(calls->arg);
}

static int parse_address(struct peer *p, bool chat, char *full, size_t size, struct slo_err *err)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *scheme = NULL, *path = NULL, *url = NULL;
	struct in6_addr any;
	int ret = u ? 0 : -ENOMEM;

	if (!ret &&
	    (curl_url_set(u, CURLUPART_URL, p->address, 0) || curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	     (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
	     curl_url_get(u, CURLUPART_HOST, &host, 0) || curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
	     curl_url_get(u, CURLUPART_PATH, &path, 0) ||
	     (chat && strcmp(path, "/") == 0 && curl_url_set(u, CURLUPART_PATH, "/v1/chat/completions", 0)) ||
	     curl_url_get(u, CURLUPART_URL, &url, 0) || !slo_str_copy(full, size, slo_str(url)) ||
	     !slo_str_copy(p->host, sizeof(p->host), slo_str(host)) ||
	     !slo_str_copy(p->port, sizeof(p->port), slo_str(port))))
		ret = slo_err_set(err, -EINVAL, "%s is no http:// or https:// address", p->address);
	if (!ret)
		p->numeric = host[0] == '[' || inet_pton(AF_INET, host, &any) == 1 || strcmp(host, "localhost") == 0;
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_free(path);
	curl_free(url);
	curl_url_cleanup(u);
	return ret;
}

static int peer_init(struct slo_calls *c, struct peer *p, const char *name, const char *address, bool chat,
		     struct slo_err *err)
{
	static const char body[] =
		"{\"model\":\"stand-in\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"go on\"}]}";
	char full[1024];
	int ret;

	p->name = name;
	p->address = address;
	if (!address[0])
		return 0;
	ret = parse_address(p, chat, full, sizeof(full), err);
	if (ret)
		return ret;
	p->easy = curl_easy_init();
	if (!p->easy)
		return -ENOMEM;
	curl_easy_setopt(p->easy, CURLOPT_URL, full);
	curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(p->easy, CURLOPT_XFERINFODATA, c);
	curl_easy_setopt(p->easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(p->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(p->easy, CURLOPT_USERAGENT, "llm-slo-serve");
	curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)(c->o.timeout_ns / SLO_NS_PER_MS));
	curl_easy_setopt(p->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(p->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(p->easy, CURLOPT_SSL_SESSIONID_CACHE, c->o.fresh ? 0L : 1L);
	curl_easy_setopt(p->easy, CURLOPT_FRESH_CONNECT, c->o.fresh ? 1L : 0L);
	curl_easy_setopt(p->easy, CURLOPT_FORBID_REUSE, c->o.fresh ? 1L : 0L);
	if (c->o.ca_file[0])
		curl_easy_setopt(p->easy, CURLOPT_CAINFO, c->o.ca_file);
	if (chat)
		curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, body);
	return 0;
}

static int open_file(struct slo_calls *c, struct slo_err *err)
{
	struct stat st;
	off_t size;
	int ret;

	if (!c->o.read_file[0])
		return 0;
	c->file = open(c->o.read_file, O_RDONLY | O_CLOEXEC | (c->o.read_direct ? O_DIRECT : 0));
	if (c->file < 0 || fstat(c->file, &st)) {
		ret = -errno;
		return slo_err_set(err, ret, "%s: %s", c->o.read_file, slo_strerror(ret));
	}
	size = S_ISBLK(st.st_mode) ? lseek(c->file, 0, SEEK_END) : S_ISREG(st.st_mode) ? st.st_size : 0;
	if (size < BLOCK)
		return slo_err_set(err, -EINVAL, "%s: want a file or disk of at least 64 KiB", c->o.read_file);
	c->file_blocks = size / BLOCK;
	if (posix_memalign(&c->block, ALIGN, BLOCK))
		return -ENOMEM;
	return 0;
}

static int init(struct slo_calls *c, struct slo_err *err)
{
	const struct slo_calls_opts *o = &c->o;
	int ret = 0;

	if (o->touch_mib < 0 || o->touch_mib > SLO_CALLS_TOUCH_MAX || o->read_kib < 0 ||
	    o->read_kib > SLO_CALLS_READ_MAX || o->timeout_ns <= 0 || o->lookup_timeout_ns <= 0)
		return slo_err_set(err, -EINVAL, "a bound of the calls is out of range");
	if (o->lookup[0] && !o->resolver[0])
		return slo_err_set(err, -EINVAL, "a name to look up needs a resolver");
	c->lookup.timeout_ns = o->lookup_timeout_ns;
	if (o->resolver[0]) {
		ret = slo_lookup_resolver(&c->lookup, o->resolver, err);
		slo_err_at(err, "resolver");
	}
	if (!ret)
		ret = peer_init(c, &c->retrieval, "retrieval", o->retrieval, false, err);
	if (!ret)
		ret = peer_init(c, &c->provider, "provider", o->provider, true, err);
	return ret ? ret : open_file(c, err);
}

int slo_calls_new(const struct slo_calls_opts *o, uint64_t seed, struct slo_calls **out, struct slo_err *err)
{
	struct slo_calls *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	c->o = *o;
	c->file = -1;
	slo_rng_seed(&c->rng, seed);
	ret = curl_global_init(CURL_GLOBAL_DEFAULT) ? -EIO : init(c, err);
	if (ret) {
		slo_calls_free(c);
		return ret;
	}
	*out = c;
	return 0;
}

static void peer_fini(struct peer *p)
{
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->pin);
	curl_slist_free_all(p->headers);
}

void slo_calls_free(struct slo_calls *c)
{
	if (!c)
		return;
	slo_calls_release(c);
	peer_fini(&c->retrieval);
	peer_fini(&c->provider);
	if (c->file >= 0)
		close(c->file);
	free(c->block);
	free(c);
}

/* The span of something that begins now; the last slot is used again when there are too many. */
static struct slo_calls_span *begin(struct slo_calls *c, const char *name, const char *peer, int64_t *mono)
{
	struct slo_calls_report *r = c->report;
	struct slo_calls_span *s = &r->spans[r->n < SLO_CALLS_SPANS ? r->n++ : SLO_CALLS_SPANS - 1];

	*s = (struct slo_calls_span){ .name = name, .peer = peer, .start_ns = slo_now_wall_ns() };
	slo_trace_new_id(&c->rng, s->span_id, 16);
	*mono = slo_now_mono_ns();
	return s;
}

static bool fail(struct slo_calls *c, int status, const char *what, const char *why)
{
	c->report->status = status;
	snprintf(c->report->why, sizeof(c->report->why), "%s: %s", what, why);
	return false;
}

static bool look_up(struct slo_calls *c, const char *name, struct in_addr *addr)
{
	struct slo_err err = { .what = "" };
	int64_t mono;
	struct slo_calls_span *s = begin(c, "lookup", name, &mono);
	int ret;

	c->lookup.ends = &s->ends;
	ret = slo_lookup_do(&c->lookup, name, (uint16_t)slo_rng_u64(&c->rng), addr, &err);
	s->end_ns = s->start_ns + slo_now_mono_ns() - mono;
	s->ok = ret == 0;
	return ret ? fail(c, ret == -ETIMEDOUT ? 504 : 502, "name lookup", err.what) : true;
}

static void set_headers(struct slo_calls *c, struct peer *p, const struct slo_calls_span *s)
{
	char parent[80];

	curl_slist_free_all(p->headers);
	p->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (p->headers && c->trace->trace_id[0]) {
		snprintf(parent, sizeof(parent), "traceparent: 00-%s-%s-01", c->trace->trace_id, s->span_id);
		curl_slist_append(p->headers, parent);
	}
	curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
}

static bool pin(struct slo_calls *c, struct peer *p)
{
	char text[320], ip[INET_ADDRSTRLEN];
	struct in_addr addr;

	if (!c->o.resolver[0] || p->numeric)
		return true;
	if (!look_up(c, p->host, &addr))
		return false;
	snprintf(text, sizeof(text), "%s:%s:%s", p->host, p->port, inet_ntop(AF_INET, &addr, ip, sizeof(ip)));
	curl_slist_free_all(p->pin);
	p->pin = curl_slist_append(NULL, text);
	curl_easy_setopt(p->easy, CURLOPT_RESOLVE, p->pin);
	return p->pin || fail(c, 503, p->name, "no memory");
}

static bool judge(struct slo_calls *c, struct peer *p, CURLcode code, long status)
{
	char text[64];
	curl_off_t after = 0;

	if (code == CURLE_OPERATION_TIMEDOUT)
		return fail(c, 504, p->name, "no answer in time");
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return fail(c, 503, p->name, "given up");
	if (code != CURLE_OK)
		return fail(c, 502, p->name, curl_easy_strerror(code));
	if (status >= 200 && status <= 299)
		return true;
	snprintf(text, sizeof(text), "HTTP status %ld", status);
	if (status == 429 && curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &after) == CURLE_OK)
		c->report->retry_after_s = after;
	return fail(c, status == 429 ? 429 : 502, p->name, text);
}

/* Of the connection used last. */
static void note_ends(const struct peer *p, struct slo_ends *out)
{
	char *here = NULL, *there = NULL;
	long here_port = 0, there_port = 0;

	curl_easy_getinfo(p->easy, CURLINFO_LOCAL_IP, &here);
	curl_easy_getinfo(p->easy, CURLINFO_PRIMARY_IP, &there);
	curl_easy_getinfo(p->easy, CURLINFO_LOCAL_PORT, &here_port);
	curl_easy_getinfo(p->easy, CURLINFO_PRIMARY_PORT, &there_port);
	if (!here || !there || !here[0] || !there[0])
		return;
	slo_str_copy(out->src_ip, sizeof(out->src_ip), slo_str(here));
	slo_str_copy(out->dst_ip, sizeof(out->dst_ip), slo_str(there));
	out->src_port = (int32_t)here_port;
	out->dst_port = (int32_t)there_port;
}

static bool call(struct slo_calls *c, struct peer *p)
{
	struct slo_calls_span *s;
	int64_t mono;
	long status = 0;
	CURLcode code;

	if (!p->easy)
		return true;
	if (!pin(c, p))
		return false;
	s = begin(c, p->name, p->host, &mono);
	set_headers(c, p, s);
	p->got = 0;
	code = curl_easy_perform(p->easy);
	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	note_ends(p, &s->ends);
	s->end_ns = s->start_ns + slo_now_mono_ns() - mono;
	s->status = (int)status;
	s->ok = judge(c, p, code, status);
	return s->ok;
}

static bool read_file(struct slo_calls *c)
{
	struct slo_calls_span *s;
	int64_t mono, left = c->o.read_kib * 1024;

	if (c->file < 0)
		return true;
	s = begin(c, "read", c->o.read_file, &mono);
	s->ok = true;
	for (; left > 0 && s->ok && c->wanted(c->arg); left -= BLOCK) {
		off_t at = (off_t)slo_rng_below(&c->rng, (uint64_t)c->file_blocks) * BLOCK;

		s->ok = pread(c->file, c->block, BLOCK, at) > 0;
	}
	s->end_ns = s->start_ns + slo_now_mono_ns() - mono;
	return s->ok || fail(c, 503, "file", slo_strerror(-errno));
}

static bool touch(struct slo_calls *c)
{
	size_t size = (size_t)c->o.touch_mib << 20;
	struct slo_calls_span *s;
	int64_t mono;
	void *p;

	if (!size)
		return true;
	s = begin(c, "memory", "", &mono);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	s->ok = p != MAP_FAILED;
	if (!s->ok)
		return fail(c, 503, "memory", slo_strerror(-errno));
	c->touched = p;
	for (size_t i = 0; i < size && ((i & (BLOCK * 16 - 1)) || c->wanted(c->arg)); i += PAGE)
		((volatile char *)c->touched)[i] = 1;
	s->end_ns = s->start_ns + slo_now_mono_ns() - mono;
	return true;
}

void slo_calls_run(struct slo_calls *c, const struct slo_trace_context *trace, bool (*wanted)(void *arg), void *arg,
		   struct slo_calls_report *out)
{
	struct in_addr addr;

	*out = (struct slo_calls_report){ .status = 200, .retry_after_s = -1 };
	c->report = out;
	c->trace = trace;
	c->wanted = wanted;
	c->arg = arg;
	c->lookup.wanted = wanted;
	c->lookup.arg = arg;
	if ((c->o.lookup[0] && !look_up(c, c->o.lookup, &addr)) || !call(c, &c->retrieval) || !read_file(c) ||
	    !touch(c))
		return;
	call(c, &c->provider);
}

void slo_calls_release(struct slo_calls *c)
{
	if (c->touched)
		munmap(c->touched, (size_t)c->o.touch_mib << 20);
	c->touched = NULL;
}
