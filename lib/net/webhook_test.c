/* SPDX-License-Identifier: MIT */
/*
 * The whole of a webhook in one process: who is called, who is not, what it costs the caller. Names resolve as
 * the test says and connections are watched: getaddrinfo() and connect() are defined here, and the linker
 * prefers them to the C library's.
 */
#include "net/webhook.h"

#include "base/time.h"
#include "net/testing_http.h"
#include "net/webhook_send.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <sys/stat.h>

static const struct {
	const char *name, *address;
} hosts[] = {
	{ "allowed.test", "127.0.0.1" },   { "loop.test", "127.0.0.1" },      { "metadata.test", "169.254.169.254" },
	{ "six.test", "::1" },             { "mapped.test", "::ffff:127.0.0.1" }, { "link.test", "fe80::1" },
	{ "zero.test", "0.0.0.0" },        { "metasix.test", "fd00:ec2::254" },
};

static atomic_int internal_connects, connects;
static struct script srv;
static char reported[2048], dir[64], secret_file[96];
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	for (size_t i = 0; node && i < SLO_ARRAY_LEN(hosts); i++)
		if (strcasecmp(node, hosts[i].name) == 0)
			return real(hosts[i].address, service, hints, res);
	return real(node, service, hints, res);
}

/* Under its name in the linker's eyes only: the C library declares it with a union of all addresses. */
int watched_connect(int fd, const struct sockaddr *a, socklen_t len) __asm__("connect");

int watched_connect(int fd, const struct sockaddr *a, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);
	const struct sockaddr_in *in = (const void *)a;

	*(void **)&real = dlsym(RTLD_NEXT, "connect");
	if (a->sa_family == AF_INET || a->sa_family == AF_INET6) {
		connects++;
		internal_connects += a->sa_family == AF_INET && (ntohl(in->sin_addr.s_addr) >> 16) == 0xa9fe;
	}
	return real(fd, a, len);
}

static void report(const struct slo_err *err)
{
	pthread_mutex_lock(&report_lock);
	snprintf(reported + strlen(reported), sizeof(reported) - strlen(reported), "%s: %s\n", err->where, err->what);
	pthread_mutex_unlock(&report_lock);
}

static struct slo_webhook_opts opts(const char *url)
{
	return (struct slo_webhook_opts){ .url = url, .timeout_ns = 300 * SLO_NS_PER_MS, .backoff_ns = SLO_NS_PER_MS,
					  .allow_http = true, .allow = { "allowed.test" }, .allow_count = 1,
					  .report = report };
}

static const struct slo_incident *incident(int number, int status)
{
	static struct slo_incident inc;
	static char id[32];

	snprintf(id, sizeof(id), "inc-%d", number);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	inc.incident_id = slo_str(id);
	inc.timestamp = INT64_C(1767225600) * SLO_NS_PER_S;
	inc.cluster = slo_str("c");
	inc.service = slo_str("chat");
	inc.predicted_fault_domain = SLO_DOMAIN_UNKNOWN;
	inc.confidence = 0.5;
	inc.slo_impact.sli = slo_str("ttft_ms");
	inc.slo_impact.burn_rate = 3;
	inc.slo_impact.window_minutes = 1;
	inc.status = status;
	return &inc;
}

static struct slo_webhook *start(const struct slo_webhook_opts *o)
{
	struct slo_webhook *w = NULL;
	struct slo_err err = { .what = "" };

	ck_assert_msg(slo_webhook_new(o, &w, &err) == 0, "%s: %s", err.where, err.what);
	return w;
}

/* One incident to @o. Return: what became of it. */
static struct slo_webhook_stats deliver(const struct slo_webhook_opts *o)
{
	struct slo_webhook *w = start(o);
	struct slo_webhook_stats st;

	ck_assert_int_eq(slo_webhook_offer(w, incident(1, SLO_INCIDENT_STATUS_OPEN)), 0);
	slo_webhook_end(w, 15 * SLO_NS_PER_S, NULL);
	slo_webhook_stats(w, &st);
	slo_webhook_free(w);
	return st;
}

static const char *const forbidden[] = {
	"http://169.254.169.254/latest/meta-data/", "http://[::1]:%d/", "http://127.1:%d/", "http://127.0.0.1:%d/",
	"http://2130706433:%d/", "http://0x7f.1:%d/", "http://localhost:%d/", "http://loop.test:%d/",
	"http://metadata.test/", "http://six.test:%d/", "http://mapped.test:%d/", "http://[::ffff:127.0.0.1]:%d/",
	"http://[fe80::1]/", "http://link.test/", "http://0.0.0.0:%d/", "http://zero.test:%d/", "http://[::]:%d/",
	"http://metasix.test/", "http://ALLOWED.test.loop.test:%d/",
};

START_TEST(internal_addresses_are_refused_after_resolution)
{
	struct slo_webhook_stats st;
	char url[128];
	struct slo_webhook_opts o = opts(url);

	srv.parts[0].say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	script_start(&srv, _i % 2);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(url, sizeof(url), forbidden[_i], srv.port);
#pragma GCC diagnostic pop
	st = deliver(&o);
	ck_assert_uint_eq(st.sent, 0);
	ck_assert_uint_eq(st.failed, 1);
	/* Refused, not tried and given up: but for the name that nobody knows. */
	ck_assert_msg(st.attempts == 1 || strstr(url, "ALLOWED"), "%s: %s", url, reported);
	ck_assert_int_eq(connects, 0);
	ck_assert_int_eq(srv.connections, 0);
	script_stop(&srv);
}
END_TEST

START_TEST(a_name_that_is_allowed_may_be_internal)
{
	char url[64];
	struct slo_webhook_opts o = opts(url);

	srv.parts[0].say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://Allowed.Test:%d/hook", srv.port);
	ck_assert_uint_eq(deliver(&o).sent, 1);
	script_stop(&srv);
	ck_assert_int_eq(strncmp(srv.request.data, "POST /hook HTTP/1.1\r\n", 21), 0);
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\nUser-Agent: llm-slo-ebpf-toolkit/webhook\r\n"));
	ck_assert_ptr_nonnull(strcasestr(srv.request.data, "\r\nContent-Type: application/json\r\n"));
}
END_TEST

START_TEST(a_redirect_is_not_followed_wherever_to)
{
	static const char *const to[] = { "http://169.254.169.254/", "http://[::1]/", "http://metadata.test/",
					  "/elsewhere", "https://allowed.test/" };
	struct slo_webhook_stats st;
	char say[256], url[64];
	struct slo_webhook_opts o = opts(url);

	snprintf(say, sizeof(say), "HTTP/1.1 30%d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", _i == 1 ? 7 : 2,
		 to[_i]);
	srv.parts[0].say = say;
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d/", srv.port);
	st = deliver(&o);
	ck_assert_uint_eq(st.dead, 1);
	ck_assert_uint_eq(st.attempts, 1);
	ck_assert_int_eq(internal_connects, 0);
	ck_assert_int_eq(connects, 1);
	ck_assert_ptr_nonnull(strstr(reported, "redirects are not followed"));
	script_stop(&srv);
	ck_assert_int_eq(srv.answered, 1);
}
END_TEST

START_TEST(without_tls_only_when_allowed)
{
	struct slo_webhook_opts o = opts("http://allowed.test/");
	struct slo_err err = { .what = "" };
	struct slo_webhook *w = NULL;

	o.allow_http = false;
	ck_assert_int_eq(slo_webhook_new(&o, &w, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, "--allow-http"));
}
END_TEST

static const struct {
	int error;
	long status;
	enum slo_delivery_verdict want;
} verdicts[] = {
	{ 0, 200, SLO_DELIVERED }, { 0, 202, SLO_DELIVERED }, { 0, 204, SLO_DELIVERED },
	{ 0, 301, SLO_DELIVERY_NEVER }, { 0, 302, SLO_DELIVERY_NEVER }, { 0, 307, SLO_DELIVERY_NEVER },
	{ 0, 400, SLO_DELIVERY_NEVER }, { 0, 401, SLO_DELIVERY_NEVER }, { 0, 404, SLO_DELIVERY_NEVER },
	{ 0, 410, SLO_DELIVERY_NEVER }, { 0, 422, SLO_DELIVERY_NEVER },
	{ 0, 408, SLO_DELIVERY_RETRY }, { 0, 425, SLO_DELIVERY_RETRY }, { 0, 429, SLO_DELIVERY_RETRY },
	{ 0, 500, SLO_DELIVERY_RETRY }, { 0, 502, SLO_DELIVERY_RETRY }, { 0, 503, SLO_DELIVERY_RETRY },
	{ 0, 504, SLO_DELIVERY_RETRY },
	{ -ETIMEDOUT, 0, SLO_DELIVERY_RETRY }, { -ECONNREFUSED, 0, SLO_DELIVERY_RETRY },
	{ -EPROTO, 0, SLO_DELIVERY_RETRY }, { -ECONNRESET, 200, SLO_DELIVERY_RETRY },
	{ -ETIMEDOUT, 200, SLO_DELIVERY_RETRY }, { -EHOSTUNREACH, 0, SLO_DELIVERY_RETRY },
	{ -EPERM, 0, SLO_DELIVERY_BLOCKED }, { -EINVAL, 0, SLO_DELIVERY_BLOCKED },
	/* It took the message and had too much to say about it. */
	{ -EMSGSIZE, 200, SLO_DELIVERED }, { -EMSGSIZE, 500, SLO_DELIVERY_RETRY }, { -EMSGSIZE, 0, SLO_DELIVERY_RETRY },
};

START_TEST(an_answer_means_what_it_says)
{
	ck_assert_int_eq(slo_webhook_judge(verdicts[_i].error, verdicts[_i].status), verdicts[_i].want);
}
END_TEST

static const struct script_part bad[] = {
	{ .say = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n" },
	{ .say = "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n" },
	{ .say = "HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n" },
	{ .say = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf" },
	{ .say = "", .len = 0, .hang = true },
	{ .say = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", .drip = "x" },
	{ .drop = true },
};

START_TEST(what_may_pass_is_tried_three_times_in_bounded_time)
{
	int64_t began = slo_now_mono_ns();
	struct slo_webhook_stats st;
	char url[64];
	struct slo_webhook_opts o = opts(url);

	srv.parts[0] = bad[_i];
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d/", srv.port);
	st = deliver(&o);
	ck_assert_uint_eq(st.attempts, 3);
	ck_assert_uint_eq(st.failed, 1);
	ck_assert_int_lt(slo_now_mono_ns() - began, 12 * SLO_NS_PER_S);
	script_stop(&srv);
}
END_TEST

START_TEST(retry_after_of_a_real_answer_is_waited_for)
{
	int64_t began = slo_now_mono_ns();
	struct slo_webhook_stats st;
	char url[64];
	struct slo_webhook_opts o = opts(url);

	srv.parts[0].say = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
	srv.parts[1].say = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
	srv.count = 2;
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d/", srv.port);
	st = deliver(&o);
	ck_assert_uint_eq(st.sent, 1);
	ck_assert_uint_eq(st.attempts, 2);
	/* The back-off alone would be a millisecond. */
	ck_assert_int_ge(slo_now_mono_ns() - began, SLO_NS_PER_S);
	script_stop(&srv);
}
END_TEST

START_TEST(a_peer_that_hangs_does_not_hold_up_who_offers)
{
	int64_t longest = 0, began;
	struct slo_webhook *w;
	uint64_t undelivered;
	char url[64];
	struct slo_webhook_opts o = opts(url);

	srv.parts[0] = (struct script_part){ .hang = true };
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d/", srv.port);
	o.timeout_ns = 60 * SLO_NS_PER_S;
	w = start(&o);
	for (int i = 0; i < 2 * SLO_DELIVERY_QUEUE; i++) {
		int64_t took = slo_now_mono_ns();

		slo_webhook_offer(w, incident(i, SLO_INCIDENT_STATUS_OPEN));
		took = slo_now_mono_ns() - took;
		longest = took > longest ? took : longest;
	}
	ck_assert_int_lt(longest, 2 * SLO_NS_PER_S); /* a busy machine, not the minute of a timeout */
	began = slo_now_mono_ns();
	undelivered = slo_webhook_end(w, 200 * SLO_NS_PER_MS, NULL);
	/* The exchange under way is cut short. */
	ck_assert_int_lt(slo_now_mono_ns() - began, 10 * SLO_NS_PER_S);
	ck_assert_uint_eq(undelivered, 2 * SLO_DELIVERY_QUEUE);
	ck_assert_ptr_nonnull(strstr(reported, "the queue is full"));
	slo_webhook_free(w);
	script_stop(&srv);
}
END_TEST

static bool now_hurry(void)
{
	return true;
}

START_TEST(a_signal_shortens_the_end)
{
	int64_t began = slo_now_mono_ns();
	struct slo_webhook *w;
	char url[64];
	struct slo_webhook_opts o = opts(url);

	srv.parts[0] = (struct script_part){ .hang = true };
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d/", srv.port);
	o.timeout_ns = 60 * SLO_NS_PER_S;
	w = start(&o);
	slo_webhook_offer(w, incident(1, SLO_INCIDENT_STATUS_OPEN));
	ck_assert_uint_eq(slo_webhook_end(w, 30 * SLO_NS_PER_S, now_hurry), 1);
	ck_assert_int_lt(slo_now_mono_ns() - began, 20 * SLO_NS_PER_S);
	slo_webhook_free(w);
	script_stop(&srv);
}
END_TEST

static void write_secret(const char *text)
{
	FILE *f;

	strcpy(dir, "/tmp/slo-webhook.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(secret_file, sizeof(secret_file), "%s/secret", dir);
	f = fopen(secret_file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(no_secret_gets_into_what_is_shown_or_reported)
{
	static const char secret[] = "hunter2hunter2hunter2hunter2hunt";
	struct slo_webhook_sender *s = NULL;
	struct slo_spool_message m;
	struct slo_buf text, shown;
	struct slo_err err = { .what = "" };
	char url[64], say[256];
	struct slo_webhook_opts o = opts(url);

	write_secret(secret);
	o.format = _i;
	o.secret_file = secret_file;
	/* A peer that repeats what it was told. */
	snprintf(say, sizeof(say), "HTTP/1.1 400 No\r\nContent-Length: %zu\r\n\r\nbad key %s", strlen(secret) + 8, secret);
	srv.parts[0].say = say;
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d/", srv.port);
	ck_assert_uint_eq(deliver(&o).dead, 1);
	ck_assert_ptr_nonnull(strstr(reported, "HTTP 400"));
	ck_assert_ptr_null(strstr(reported, "hunter2"));
	script_stop(&srv);
	ck_assert_int_eq(slo_webhook_sender_new(&o, &s, &err), 0);
	slo_buf_init(&text, 1 << 20);
	slo_buf_init(&shown, 1 << 20);
	for (int a = 0; a < SLO_WEBHOOK_ACTION__COUNT; a++) {
		ck_assert_int_eq(slo_webhook_message(incident(1, SLO_INCIDENT_STATUS_OPEN), (enum slo_webhook_action)a, &text,
						     &m), 0);
		ck_assert_ptr_null(strstr(text.data, "hunter2")); /* what a spool would hold */
		ck_assert_int_eq(slo_webhook_show(s, &m, slo_now_wall_ns(), &shown, &err), 0);
	}
	ck_assert_ptr_null(strstr(shown.data, "hunter2"));
	slo_buf_fini(&text);
	slo_buf_fini(&shown);
	slo_webhook_sender_free(s);
	unlink(secret_file);
	rmdir(dir);
}
END_TEST

START_TEST(an_address_out_of_a_file_is_not_shown)
{
	struct slo_webhook_sender *s = NULL;
	struct slo_spool_message m;
	struct slo_buf text, shown;
	struct slo_err err = { .what = "" };
	struct slo_webhook_opts o = opts("");

	write_secret("https://hooks.example/services/T0/B0/hunter2\n");
	o.url_file = secret_file;
	o.format = SLO_WEBHOOK_SLACK;
	ck_assert_int_eq(slo_webhook_sender_new(&o, &s, &err), 0);
	slo_buf_init(&text, 1 << 20);
	slo_buf_init(&shown, 1 << 20);
	ck_assert_int_eq(slo_webhook_message(incident(1, SLO_INCIDENT_STATUS_OPEN), SLO_WEBHOOK_TRIGGER, &text, &m), 0);
	ck_assert_int_eq(slo_webhook_show(s, &m, slo_now_wall_ns(), &shown, &err), 0);
	ck_assert_ptr_null(strstr(shown.data, "hunter2"));
	ck_assert_ptr_nonnull(strstr(shown.data, "https://hooks.example/"));
	slo_buf_fini(&text);
	slo_buf_fini(&shown);
	slo_webhook_sender_free(s);
	unlink(secret_file);
	rmdir(dir);
}
END_TEST

START_TEST(an_alert_is_repeated_while_it_lasts_and_not_after)
{
	struct slo_webhook_stats st;
	struct slo_webhook *w;
	char url[64];
	struct slo_webhook_opts o = opts(url);
	int answered;

	o.format = SLO_WEBHOOK_ALERTMANAGER;
	o.repeat_ns = 30 * SLO_NS_PER_MS;
	srv.parts[0].say = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	script_start(&srv, false);
	snprintf(url, sizeof(url), "http://allowed.test:%d", srv.port);
	w = start(&o);
	slo_webhook_offer(w, incident(1, SLO_INCIDENT_STATUS_OPEN));
	for (int i = 0; i < 1000 && srv.answered < 4; i++)
		usleep(10000);
	ck_assert_int_ge(srv.answered, 4);
	slo_webhook_offer(w, incident(1, SLO_INCIDENT_STATUS_RESOLVED));
	do {
		slo_webhook_stats(w, &st);
		usleep(1000);
	} while (st.sent < 2);
	answered = srv.answered;
	/* Ten times the interval: one that was under way may still have come, no more. */
	usleep(300000);
	ck_assert_int_le(srv.answered - answered, 1);
	slo_webhook_end(w, 0, NULL);
	slo_webhook_stats(w, &st);
	ck_assert_uint_ge(st.repeated, 3);
	ck_assert_uint_eq(st.sent, 2);
	slo_webhook_free(w);
	script_stop(&srv);
	ck_assert_ptr_nonnull(strstr(srv.request.data, "\"endsAt\":\"2026-01-01T00:00:00Z\""));
}
END_TEST

START_TEST(a_service_that_needs_a_key_is_not_called_without)
{
	struct slo_webhook_opts o = opts("");
	struct slo_err err = { .what = "" };
	struct slo_webhook *w = NULL;

	o.format = SLO_WEBHOOK_PAGERDUTY;
	ck_assert_int_eq(slo_webhook_new(&o, &w, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.what, "pagerduty needs a key"));
	slo_err_reset(&err);
	o.secret_file = "/nonexistent/key";
	ck_assert_int_eq(slo_webhook_new(&o, &w, &err), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("webhook");
	TCase *t = tcase_create("webhook");
	SRunner *r = srunner_create(suite);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, internal_addresses_are_refused_after_resolution, 0, (int)SLO_ARRAY_LEN(forbidden));
	tcase_add_test(t, a_name_that_is_allowed_may_be_internal);
	tcase_add_loop_test(t, a_redirect_is_not_followed_wherever_to, 0, 5);
	tcase_add_test(t, without_tls_only_when_allowed);
	tcase_add_loop_test(t, an_answer_means_what_it_says, 0, (int)SLO_ARRAY_LEN(verdicts));
	tcase_add_loop_test(t, what_may_pass_is_tried_three_times_in_bounded_time, 0, (int)SLO_ARRAY_LEN(bad));
	tcase_add_test(t, retry_after_of_a_real_answer_is_waited_for);
	tcase_add_test(t, a_peer_that_hangs_does_not_hold_up_who_offers);
	tcase_add_test(t, a_signal_shortens_the_end);
	tcase_add_loop_test(t, no_secret_gets_into_what_is_shown_or_reported, 0, SLO_WEBHOOK_FORMAT__COUNT);
	tcase_add_test(t, an_address_out_of_a_file_is_not_shown);
	tcase_add_test(t, an_alert_is_repeated_while_it_lasts_and_not_after);
	tcase_add_test(t, a_service_that_needs_a_key_is_not_called_without);
	suite_add_tcase(suite, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
