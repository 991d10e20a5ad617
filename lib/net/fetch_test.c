/* SPDX-License-Identifier: MIT */
/* Exchanges over real sockets with a server that follows a script. */
#include "net/fetch.h"

#include "base/time.h"
#include "net/testing_http.h"

#include <arpa/inet.h>
#include <errno.h>

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"

static struct script srv;
static struct slo_fetch *client;
static struct slo_fetch_answer answer;
static struct slo_err err;
static char url[128];

static const struct slo_fetch_opts plain = { .allow_http = true, .timeout_ns = 5 * SLO_NS_PER_S };

static void begin(const struct slo_fetch_opts *o)
{
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/a/b?c=d", srv.port);
	ck_assert_msg(slo_fetch_new(o, &client, &err) == 0, "%s", err.what);
	slo_fetch_answer_init(&answer, 0);
}

static void finish(void)
{
	slo_fetch_free(client);
	slo_fetch_answer_fini(&answer);
	script_stop(&srv);
	slo_buf_fini(&srv.request);
}

static int get(const char *address)
{
	const struct slo_fetch_request r = { .url = address };

	slo_err_reset(&err);
	return slo_fetch_do(client, &r, &answer, NULL, NULL, &err);
}

START_TEST(takes_an_answer)
{
	srv.parts[0].say = OK_HELLO;
	begin(&plain);
	ck_assert_msg(get(url) == 0, "%s", err.what);
	ck_assert_int_eq((int)answer.status, 200);
	ck_assert(slo_str_is(slo_buf_str(&answer.body), "hello"));
	ck_assert_str_eq(answer.content_type, "text/plain");
	ck_assert_int_eq((int)answer.retry_after_s, -1);
	ck_assert(answer.connected);
	ck_assert_int_gt(answer.elapsed_ns, 0);
	ck_assert_int_eq(strncmp(srv.request.data, "GET /a/b?c=d HTTP/1.1\r\n", 23), 0);
	finish();
}
END_TEST

START_TEST(sends_what_it_was_given)
{
	static const char *const headers[] = { "X-Scope-OrgID: team", "X-Empty:", "Content-Type: application/json",
					       NULL };
	struct slo_fetch_request r = { .headers = headers, .body = SLO_STR("{\"a\":\0}") };

	srv.parts[0].say = OK_HELLO;
	begin(&plain);
	r.url = url;
	ck_assert_int_eq(slo_fetch_do(client, &r, &answer, NULL, NULL, &err), 0);
	ck_assert_int_eq(strncmp(srv.request.data, "POST /a/b?c=d HTTP/1.1\r\n", 24), 0);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nX-Scope-OrgID: team\r\n"));
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nX-Empty:\r\n"));
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nContent-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nContent-Length: 7\r\n"));
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nUser-Agent: llm-slo/"));
	ck_assert_ptr_null(strcasestr(srv.request.data, "expect:"));
	ck_assert_int_eq(memcmp(srv.request.data + srv.request.len - 7, "{\"a\":\0}", 7), 0);
	finish();
}
END_TEST

START_TEST(sends_the_methods_it_is_asked_for)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "HEAD" };
	struct slo_fetch_request r = { .method = methods[_i] };
	char want[32];

	srv.parts[0].say = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";
	begin(&plain);
	r.url = url;
	ck_assert_msg(slo_fetch_do(client, &r, &answer, NULL, NULL, &err) == 0, "%s", err.what);
	ck_assert_int_eq((int)answer.status, 204);
	snprintf(want, sizeof(want), "%s /a/b", methods[_i]);
	ck_assert_int_eq(strncmp(srv.request.data, want, strlen(want)), 0);
	finish();
}
END_TEST

START_TEST(keeps_the_connection_and_clears_the_answer)
{
	srv.parts[0] = (struct script_part){ .say = OK_HELLO, .stay = true };
	srv.parts[1] = (struct script_part){ .say = "HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
					     .stay = true };
	srv.parts[2] = (struct script_part){ .say = OK_HELLO };
	srv.count = 3;
	begin(&plain);
	ck_assert_int_eq(get(url), 0);
	ck_assert_int_eq(get(url), 0);
	ck_assert_int_eq((int)answer.status, 503);
	ck_assert_int_eq((int)answer.retry_after_s, 7);
	ck_assert_int_eq((int)answer.body.len, 0);
	ck_assert_str_eq(answer.content_type, "");
	ck_assert_int_eq(get(url), 0);
	ck_assert_int_eq((int)answer.retry_after_s, -1);
	ck_assert_int_eq(srv.connections, 1);
	finish();
}
END_TEST

START_TEST(never_follows_a_redirect)
{
	srv.parts[0].say = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
	begin(&plain);
	ck_assert_int_eq(get(url), 0);
	ck_assert_int_eq((int)answer.status, 302);
	ck_assert_int_eq(srv.connections, 1);
	ck_assert_int_eq(srv.answered, 1);
	finish();
}
END_TEST

static const struct {
	const char *value;
	int64_t lo, hi;
} retries[] = {
	{ "0", 0, 0 },     { "120", 120, 120 },  { "120 ", 120, 120 }, { "1.5", -1, -1 },
	{ "soon", -1, -1 }, { "-3", -1, -1 },    { "99999999999999999999", -1, -1 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 0, 0 }, { "", -1, -1 },
	{ "@", 55, 60 }, /* a minute from now */
};

START_TEST(reads_both_forms_of_retry_after)
{
	char text[256], date[64];
	time_t soon = time(NULL) + 60;
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&soon, &tm));
	snprintf(text, sizeof(text), "HTTP/1.1 429 Slow\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
		 retries[_i].value[0] == '@' ? date : retries[_i].value);
	srv.parts[0].say = text;
	begin(&plain);
	ck_assert_int_eq(get(url), 0);
	ck_assert_int_ge(answer.retry_after_s, retries[_i].lo);
	ck_assert_int_le(answer.retry_after_s, retries[_i].hi);
	finish();
}
END_TEST

static const struct {
	struct script_part part;
	int want;
	const char *words;
} broken[] = {
	{ { .say = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello" }, -ECONNRESET, "whole" },
	{ { .say = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel" }, -ECONNRESET, "ended|broke" },
	{ { .say = NULL }, -ECONNRESET, "without an answer" },
	{ { .drop = true }, -ECONNRESET, "ended|broke" },
	{ { .say = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", .drip = "x" }, -ETIMEDOUT, "0.5 s" },
	{ { .say = "HTTP/1.1 200 OK\r\nX-Slow: ", .drip = "x" }, -ETIMEDOUT, "0.5 s" },
	{ { .hang = true }, -ETIMEDOUT, "0.5 s" },
	{ { .say = "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n", .hang = true }, -EMSGSIZE, "bound" },
	{ { .say = "SSH-2.0-OpenSSH_9\r\n" }, -EIO, "HTTP" },
	{ { .say = "HTTP/1.1 100 Continue\r\n\r\n", .hang = true }, -ETIMEDOUT, "0.5 s" },
};

/* Any of the words between bars. */
static bool says(const char *text, const char *words)
{
	char copy[64], *save, *w;

	snprintf(copy, sizeof(copy), "%s", words);
	for (w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save)) {
		if (strstr(text, w))
			return true;
	}
	return false;
}

START_TEST(tells_broken_answers_apart)
{
	struct slo_fetch_opts o = plain;
	int64_t began = slo_now_mono_ns();
	int ret;

	o.timeout_ns = SLO_NS_PER_S / 2;
	srv.parts[0] = broken[_i].part;
	begin(&o);
	ret = get(url);
	ck_assert_msg(ret == broken[_i].want, "case %d: %d, %s", _i, ret, err.what);
	ck_assert_msg(says(err.what, broken[_i].words), "case %d: %s", _i, err.what);
	ck_assert_ptr_null(strstr(err.what, "/a/b"));
	ck_assert_int_lt(slo_now_mono_ns() - began, 4 * SLO_NS_PER_S);
	finish();
}
END_TEST

START_TEST(bounds_a_body_without_a_length)
{
	struct slo_fetch_opts o = plain;

	o.body_max = 10;
	srv.parts[0].say = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789";
	srv.parts[1].say = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789A";
	srv.count = 2;
	begin(&o);
	ck_assert_msg(get(url) == 0, "%s", err.what);
	ck_assert_int_eq((int)answer.body.len, 10);
	ck_assert_int_eq(get(url), -EMSGSIZE);
	finish();
}
END_TEST

START_TEST(bounds_the_header)
{
	enum { LINES = 2000 };
	struct slo_buf b;

	slo_buf_init(&b, 1 << 20);
	slo_buf_adds(&b, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < LINES; i++)
		slo_buf_addf(&b, "X-%d: %040d\r\n", i, i);
	slo_buf_adds(&b, "\r\n");
	srv.parts[0].say = b.data;
	begin(&plain);
	ck_assert_int_eq(get(url), -EMSGSIZE);
	finish();
	slo_buf_fini(&b);
}
END_TEST

START_TEST(ends_when_told_to_stop)
{
	const struct slo_fetch_request r = { .url = url };
	int64_t began = slo_now_mono_ns();

	srv.parts[0].hang = true;
	begin(&plain);
	ck_assert_int_eq(slo_fetch_do(client, &r, &answer, script_asked, &srv, &err), -ECANCELED);
	ck_assert(answer.connected);
	ck_assert_int_lt(slo_now_mono_ns() - began, 2 * SLO_NS_PER_S);
	finish();
}
END_TEST

START_TEST(says_who_refuses_connections)
{
	char where[64];

	srv.parts[0].say = OK_HELLO;
	begin(&plain);
	script_stop(&srv);
	snprintf(where, sizeof(where), "http://127.0.0.1:%d: refuses connections", srv.port);
	ck_assert_int_eq(get(url), -ECONNREFUSED);
	ck_assert_str_eq(err.what, where);
	ck_assert(!answer.connected);
	ck_assert_int_eq(get("http://does-not-exist.invalid/x"), -EHOSTUNREACH);
	ck_assert_ptr_nonnull(strstr(err.what, "does-not-exist.invalid"));
	slo_fetch_free(client);
	slo_fetch_answer_fini(&answer);
	slo_buf_fini(&srv.request);
}
END_TEST

static const struct {
	const char *url;
	int want;
} bad_urls[] = {
	{ NULL, -EINVAL },          { "", -EINVAL },
	{ "127.0.0.1:80", -EPERM }, { "/path", -EINVAL },
	{ "http://", -EINVAL },     { "ftp://127.0.0.1/secret", -EPERM },
	{ "file:///etc/passwd", -EPERM }, { "http://user:secret@127.0.0.1/", -EINVAL },
	{ "http://127.0.0.1:99999/secret", -EINVAL }, { "http://a b/secret", -EINVAL },
	{ "http://127.0.0.1/\r\nX: secret", -EINVAL },
};

START_TEST(refuses_what_is_no_http_address)
{
	int ret;

	begin(&plain);
	ret = get(bad_urls[_i].url);
	ck_assert_msg(ret == bad_urls[_i].want || (bad_urls[_i].want == -EPERM && ret == -EINVAL), "case %d: %d %s", _i,
		      ret, err.what);
	ck_assert_str_ne(err.what, "");
	ck_assert_ptr_null(strstr(err.what, "secret"));
	ck_assert_int_eq(srv.connections, 0);
	finish();
}
END_TEST

static const char *const bad_headers[] = {
	"no colon",
	": x",
	"A B: x",
	"X: a\r\nInjected: b",
	"X: a\nb",
	"X\r\n: a",
	"Content-Length: 3",
	"transfer-encoding: chunked",
};

START_TEST(refuses_headers_that_would_be_more_than_one)
{
	const char *headers[] = { bad_headers[_i], NULL };
	const struct slo_fetch_request r = { .url = url, .headers = headers };

	begin(&plain);
	ck_assert_int_eq(slo_fetch_do(client, &r, &answer, NULL, NULL, &err), -EINVAL);
	ck_assert_int_eq(srv.connections, 0);
	finish();
}
END_TEST

START_TEST(refuses_plain_http_unless_allowed)
{
	const struct slo_fetch_opts o = { .timeout_ns = SLO_NS_PER_S };

	begin(&o);
	ck_assert_int_eq(get(url), -EPERM);
	ck_assert_ptr_nonnull(strstr(err.what, "plain http"));
	ck_assert_int_eq(srv.connections, 0);
	finish();
}
END_TEST

static void put_file(char *path, const char *text)
{
	int fd;

	snprintf(path, 64, "/tmp/slo-fetch-test.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
}

START_TEST(sends_a_token_read_anew_each_time)
{
	char path[64];
	struct slo_fetch_opts o = plain;
	FILE *f;

	put_file(path, "one-secret\n");
	o.bearer_file = path;
	srv.parts[0] = (struct script_part){ .say = OK_HELLO, .stay = true };
	begin(&o);
	ck_assert_int_eq(get(url), 0);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nAuthorization: Bearer one-secret\r\n"));
	f = fopen(path, "w");
	fputs("two-secret", f);
	fclose(f);
	ck_assert_int_eq(get(url), 0);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nAuthorization: Bearer two-secret\r\n"));
	f = fopen(path, "w");
	fputs("two\nsecret", f);
	fclose(f);
	ck_assert_int_eq(get(url), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.where, path));
	ck_assert_ptr_null(strstr(err.what, "secret"));
	unlink(path);
	ck_assert_int_eq(get(url), -ENOENT);
	finish();
}
END_TEST

START_TEST(sends_a_password_with_colons_in_it)
{
	char path[64];
	struct slo_fetch_opts o = plain;

	put_file(path, "me:a:b\n");
	o.basic_file = path;
	srv.parts[0].say = OK_HELLO;
	begin(&o);
	ck_assert_int_eq(get(url), 0);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\r\nAuthorization: Basic bWU6YTpi\r\n"));
	finish();
	unlink(path);
}
END_TEST

static const struct slo_fetch_opts senseless[] = {
	{ .timeout_ns = -1 }, { .bearer_file = "/dev/null", .basic_file = "/dev/null" }, { .cert_file = "/dev/null" },
	{ .ca_file = "/nowhere/ca" }, { .bearer_file = "/nowhere/token" },
};

START_TEST(refuses_options_that_make_no_sense)
{
	struct slo_err e = { "", "" };
	struct slo_fetch *f = NULL;

	ck_assert_int_eq(slo_fetch_new(&senseless[_i], &f, &e), _i < 3 ? -EINVAL : -ENOENT);
	ck_assert_ptr_null(f);
	ck_assert_str_ne(e.what, "");
}
END_TEST

/* Of the address rule. */
static const struct {
	const char *text;
	bool refused;
} addresses[] = {
	{ "127.0.0.1", true },
	{ "127.255.255.254", true },
	{ "0.0.0.0", true },
	{ "0.1.2.3", true },
	{ "169.254.169.254", true },
	{ "169.254.0.1", true },
	{ "224.0.0.251", true },
	{ "239.255.255.250", true },
	{ "255.255.255.255", true },
	{ "100.100.100.200", true },
	{ "168.63.129.16", true },
	{ "192.0.0.192", true },
	{ "::", true },
	{ "::1", true },
	{ "fe80::1", true },
	{ "febf::1", true },
	{ "ff02::1", true },
	{ "fd00:ec2::254", true },
	{ "fd20:ce::254", true },
	{ "::ffff:127.0.0.1", true },
	{ "::ffff:169.254.169.254", true },
	{ "::127.0.0.1", true },
	{ "64:ff9b::169.254.169.254", true },
	{ "2002:7f00:1::", true },
	{ "2002:a9fe:a9fe::1", true },
	{ "2001:0:1::1", true },
	{ "::ffff:0:127.0.0.1", true },
	{ "8.8.8.8", false },
	{ "10.0.0.1", false },
	{ "192.168.1.1", false },
	{ "172.16.0.1", false },
	{ "100.100.100.201", false },
	{ "126.255.255.255", false },
	{ "128.0.0.1", false },
	{ "169.253.255.255", false },
	{ "169.255.0.0", false },
	{ "223.255.255.255", false },
	{ "1.0.0.0", false },
	{ "2606:4700::1111", false },
	{ "fd00::1", false },
	{ "fec0::1", false },
	{ "64:ff9b::8.8.8.8", false },
	{ "2002:808:808::1", false },
	{ "2001:db8::1", false },
	{ "::2:0:0:1", false },
};

START_TEST(judges_addresses)
{
	uint8_t addr[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (inet_pton(AF_INET, addresses[_i].text, addr + 12) != 1)
		ck_assert_int_eq(inet_pton(AF_INET6, addresses[_i].text, addr), 1);
	ck_assert_msg(slo_fetch_refused(addr) == addresses[_i].refused, "%s", addresses[_i].text);
}
END_TEST

static const char *const internal_hosts[] = {
	"127.0.0.1",	   "127.1",	      "2130706433",	    "0x7f000001", "0177.0.0.1",
	"localhost",	   "[::1]",	      "[::ffff:127.0.0.1]", "0.0.0.0",	  "[::]",
	"169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",  "LOCALHOST.",
};

START_TEST(refuses_internal_addresses_however_they_are_written)
{
	struct slo_fetch_opts o = plain;
	char where[128];
	int ret;

	o.refuse_internal = true;
	o.timeout_ns = 2 * SLO_NS_PER_S;
	srv.parts[0].say = OK_HELLO;
	begin(&o);
	snprintf(where, sizeof(where), "http://%s:%d/", internal_hosts[_i], srv.port);
	ret = get(where);
	/* A name or an address family this host does not know cannot be connected to either. */
	ck_assert_msg(ret == -EPERM || (ret == -EHOSTUNREACH && _i == 13), "%s: %d %s", where, ret, err.what);
	ck_assert(!answer.connected);
	ck_assert_int_eq(srv.connections, 0);
	finish();
}
END_TEST

START_TEST(exempts_the_hosts_it_is_told_to)
{
	struct slo_fetch_opts o = plain;
	char where[128];

	o.refuse_internal = true;
	o.allow_hosts[0] = "Localhost";
	srv.parts[0].say = OK_HELLO;
	begin(&o);
	ck_assert_int_eq(get(url), -EPERM);
	snprintf(where, sizeof(where), "http://localhost:%d/", srv.port);
	ck_assert_msg(get(where) == 0, "%s", err.what);
	/* The connection that is open now is not taken for another name. */
	ck_assert_int_eq(get(url), -EPERM);
	finish();
}
END_TEST

START_TEST(exempts_an_address_of_six)
{
	struct slo_fetch_opts o = plain;
	char where[128];
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool have = fd >= 0 && bind(fd, (void *)&six, sizeof(six)) == 0;

	if (fd >= 0)
		close(fd);
	if (!have) {
		puts("SKIP: no IPv6 on the loopback interface");
		return;
	}
	o.refuse_internal = true;
	o.allow_hosts[0] = "::1";
	srv.parts[0].say = OK_HELLO;
	script_start(&srv, true);
	ck_assert_int_eq(slo_fetch_new(&o, &client, &err), 0);
	slo_fetch_answer_init(&answer, 0);
	snprintf(where, sizeof(where), "http://[::1]:%d/", srv.port);
	ck_assert_msg(get(where) == 0, "%s", err.what);
	finish();
}
END_TEST

START_TEST(takes_no_proxy_where_addresses_are_judged)
{
	struct slo_fetch_opts o = plain;
	char proxy[64];

	o.refuse_internal = true;
	o.allow_hosts[0] = "does-not-exist.invalid"; /* else the address of the proxy would be refused itself */
	srv.parts[0].say = OK_HELLO;
	begin(&o);
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", srv.port);
	setenv("http_proxy", proxy, 1);
	ck_assert_int_eq(get("http://169.254.169.254/latest"), -EPERM);
	ck_assert_int_eq(get("http://does-not-exist.invalid/"), -EHOSTUNREACH);
	ck_assert_int_eq(srv.connections, 0);
	unsetenv("http_proxy");
	finish();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net/fetch");
	TCase *t = tcase_create("exchange"), *a = tcase_create("address");
	SRunner *r;
	int failed;

	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	tcase_set_timeout(t, 20);
	tcase_set_timeout(a, 20);
	tcase_add_test(t, takes_an_answer);
	tcase_add_test(t, sends_what_it_was_given);
	tcase_add_loop_test(t, sends_the_methods_it_is_asked_for, 0, 5);
	tcase_add_test(t, keeps_the_connection_and_clears_the_answer);
	tcase_add_test(t, never_follows_a_redirect);
	tcase_add_loop_test(t, reads_both_forms_of_retry_after, 0, (int)SLO_ARRAY_LEN(retries));
	tcase_add_loop_test(t, tells_broken_answers_apart, 0, (int)SLO_ARRAY_LEN(broken));
	tcase_add_test(t, bounds_a_body_without_a_length);
	tcase_add_test(t, bounds_the_header);
	tcase_add_test(t, ends_when_told_to_stop);
	tcase_add_test(t, says_who_refuses_connections);
	tcase_add_loop_test(t, refuses_what_is_no_http_address, 0, (int)SLO_ARRAY_LEN(bad_urls));
	tcase_add_loop_test(t, refuses_headers_that_would_be_more_than_one, 0, (int)SLO_ARRAY_LEN(bad_headers));
	tcase_add_test(t, refuses_plain_http_unless_allowed);
	tcase_add_test(t, sends_a_token_read_anew_each_time);
	tcase_add_test(t, sends_a_password_with_colons_in_it);
	tcase_add_loop_test(t, refuses_options_that_make_no_sense, 0, (int)SLO_ARRAY_LEN(senseless));
	tcase_add_loop_test(a, judges_addresses, 0, (int)SLO_ARRAY_LEN(addresses));
	tcase_add_loop_test(a, refuses_internal_addresses_however_they_are_written, 0,
			    (int)SLO_ARRAY_LEN(internal_hosts));
	tcase_add_test(a, exempts_the_hosts_it_is_told_to);
	tcase_add_test(a, exempts_an_address_of_six);
	tcase_add_test(a, takes_no_proxy_where_addresses_are_judged);
	suite_add_tcase(s, t);
	suite_add_tcase(s, a);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
