/* SPDX-License-Identifier: MIT */
/*
 * Nothing gets lost: the tool as people run it, its spool on a real file system, a receiver over real TLS that
 * answers at random with everything a receiver can do wrong, and kill -9 in between.
 *
 * A line that "sloctl notify --tee" has passed on is the tool's promise. After the storm each promised message must have
 * been answered with 2xx, wait in the spool, or lie in dead/ with a reason. Environment: SLO_STORM_INCIDENTS
 * (1000), SLO_STORM_KILLS (50), SLO_STORM_SEED.
 */
#include "base/cleanup.h"
#include "base/rng.h"
#include "base/time.h"
#include "io/spool.h"
#include "net/testing_receiver.h"
#include "net/testing_tls.h"
#include "net/webhook_send.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

static char dir[64], secret_file[96], tool[PATH_MAX];
static struct test_cert ca, cert;

static long setting(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s ? atol(s) : otherwise;
}

/* Beside the test binary: BUILD/test/net/x_test and BUILD/bin/NAME. */
static void find_tool(const char *name)
{
	ssize_t n = readlink("/proc/self/exe", tool, sizeof(tool) - 32);

	ck_assert_int_gt(n, 0);
	tool[n] = '\0';
	for (int up = 0; up < 3; up++)
		*strrchr(tool, '/') = '\0';
	strcat(tool, "/bin/");
	strcat(tool, name);
	ck_assert_msg(access(tool, X_OK) == 0, "%s is not built: make all", tool);
}

static void set_up(const char *name)
{
	static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
	FILE *f;

	find_tool(name);
	strcpy(dir, "/tmp/slo-storm.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(secret_file, sizeof(secret_file), "%s/secret", dir);
	f = fopen(secret_file, "w");
	ck_assert_ptr_nonnull(f);
	fputs(secret, f);
	fclose(f);
	ck_assert_int_eq(slo_secrets_parse(slo_str(secret), &rx.secrets, NULL), 0);
	test_cert_make(&ca, NULL, "storm authority", NULL, 30);
	test_cert_make(&cert, &ca, "storm", "DNS:localhost,IP:127.0.0.1", 30);
	rx.srv.tls = test_tls_server(&cert, NULL);
	slo_rng_seed(&rx.rng, (uint64_t)setting("SLO_STORM_SEED", 1));
	script_start(&rx.srv, false); /* for its socket; its thread is replaced by ours */
	rx.srv.stop = true;
	pthread_join(rx.srv.thread, NULL);
	rx.srv.stop = false;
	ck_assert_int_eq(pthread_create(&rx.srv.thread, NULL, receive, NULL), 0);
}

static void tear_down(void)
{
	char command[128];

	slo_buf_fini(&rx.srv.request);
	SSL_CTX_free(rx.srv.tls);
	test_cert_free(&ca);
	test_cert_free(&cert);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* The lines of all incidents: all open, every fourth resolves later on. */
struct lines {
	char *text[MESSAGES_MAX];
	size_t n;
};

static void add_line(struct lines *l, long incident, bool over)
{
	static struct slo_incident inc;
	struct slo_spool_message m;
	struct slo_buf text;
	char id[32], service[32];

	snprintf(id, sizeof(id), "inc-%04ld", incident);
	snprintf(service, sizeof(service), "chat-%ld", incident % 7);
	slo_rec_clear(slo_event_rec[SLO_KIND_INCIDENT], &inc);
	inc.incident_id = slo_str(id);
	inc.timestamp = (INT64_C(1767225600) + incident + over * 600) * SLO_NS_PER_S;
	inc.cluster = slo_str("storm");
	inc.service = slo_str(service);
	inc.predicted_fault_domain = SLO_DOMAIN_CPU_THROTTLE;
	inc.confidence = 0.9;
	inc.slo_impact.sli = slo_str("ttft_ms");
	inc.slo_impact.burn_rate = over ? 0 : 6;
	inc.slo_impact.window_minutes = 1;
	inc.status = over ? SLO_INCIDENT_STATUS_RESOLVED : SLO_INCIDENT_STATUS_OPEN;
	slo_buf_init(&text, 1 << 16);
	ck_assert_int_eq(slo_webhook_message(&inc, over ? SLO_WEBHOOK_RESOLVE : SLO_WEBHOOK_TRIGGER, &text, &m), 0);
	strcpy(rx.told[rx.told_n++].id, m.id);
	slo_buf_reset(&text);
	ck_assert_int_eq(slo_event_encode_payload(SLO_KIND_INCIDENT, &inc, &text), 0);
	l->text[l->n++] = strndup(text.data, text.len);
	slo_buf_fini(&text);
}

static void make_lines(struct lines *l, long incidents)
{
	ck_assert_int_lt(incidents * 5 / 4 + 8, MESSAGES_MAX);
	for (long i = 0; i < incidents; i++) {
		add_line(l, i, false);
		if (i % 4 == 3)
			add_line(l, i - 3, true);
	}
}

/* One process of the tool. */
struct child {
	pid_t pid;
	int in, out;        /* ours: to its standard input, from its standard output */
	char partial[8192];
	size_t partial_len;
};

static void spawn_child(struct child *c, const char *const *extra)
{
	char url[64], spool[96];
	const char *argv[32] = { "sloctl" };
	posix_spawn_file_actions_t acts;
	int in[2], out[2], n = 1;

	snprintf(url, sizeof(url), "--url=https://localhost:%d/hook", rx.srv.port);
	snprintf(spool, sizeof(spool), "--spool-dir=%s/spool", dir);
	for (; *extra; extra++)
		argv[n++] = *extra;
	argv[n++] = url;
	argv[n++] = spool;
	argv[n++] = "--secret-file";
	argv[n++] = secret_file;
	argv[n++] = "--ca-file";
	argv[n++] = ca.cert_file;
	argv[n++] = "--timeout-ms=150";
	argv[n++] = "--backoff=5ms";
	argv[n++] = "--allow-host=localhost";
	*c = (struct child){ .pid = 0 };
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in[0], 0);
	posix_spawn_file_actions_adddup2(&acts, out[1], 1);
	/* Reports of single failures are what the storm is made of. */
	posix_spawn_file_actions_addopen(&acts, 2, "/dev/null", O_WRONLY, 0);
	ck_assert_int_eq(posix_spawn(&c->pid, tool, &acts, NULL, (char *const *)(uintptr_t)argv, environ), 0);
	posix_spawn_file_actions_destroy(&acts);
	close(in[0]);
	close(out[1]);
	c->in = in[1];
	c->out = out[0];
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
}

/* Lines passed on since the last call; each is a promise. Return: how many, or -1 at the end. */
static int promises(struct child *c)
{
	char piece[4096];
	ssize_t n = read(c->out, piece, sizeof(piece));
	int lines = 0;

	if (n == 0)
		return -1;
	for (ssize_t i = 0; i < n; i++)
		lines += piece[i] == '\n';
	return lines;
}

/* A whole line or nothing: what is in the pipe when the process dies was not promised. */
static bool feed(struct child *c, const char *line)
{
	size_t len = strlen(line);

	return write(c->in, line, len) == (ssize_t)len;
}

static void reap(struct child *c, size_t *promised)
{
	int n;

	waitpid(c->pid, NULL, 0);
	fcntl(c->out, F_SETFL, 0);
	while ((n = promises(c)) >= 0)
		*promised += (size_t)n;
	close(c->in);
	close(c->out);
}

/* Feed from @promised on, until so many more are promised and @delay_us have passed; then kill -9. */
static void run_and_kill(const struct lines *l, size_t *promised, size_t more, long delay_us)
{
	static const char *const notify[] = { "notify", "--tee", NULL };
	size_t sent = *promised, goal = *promised + more;
	int64_t until = 0;
	struct child c;

	spawn_child(&c, notify);
	for (int64_t began = slo_now_mono_ns();;) {
		int n = promises(&c);

		*promised += n > 0 ? (size_t)n : 0;
		/* A pipe takes 64 KiB: more under way than that would block, so it is not tried. */
		while (sent < l->n && sent < *promised + 32 && feed(&c, l->text[sent]))
			sent++;
		if (!until && (*promised >= goal || *promised == l->n))
			until = slo_now_mono_ns() + delay_us * SLO_NS_PER_US;
		if (until && slo_now_mono_ns() >= until)
			break;
		ck_assert_msg(slo_now_mono_ns() - began < 60 * SLO_NS_PER_S, "nothing moves");
		usleep(200);
	}
	kill(c.pid, SIGKILL);
	reap(&c, promised);
}

/* To the end of what is left, in peace. Return: exit status. */
static int run_to_the_end(const struct lines *l, size_t *promised, const char *const *what)
{
	struct child c;
	int status = -1, n;
	size_t sent = *promised;

	spawn_child(&c, what);
	while (sent < l->n || c.in >= 0) {
		while (sent < l->n && sent < *promised + 32 && feed(&c, l->text[sent]))
			sent++;
		if (sent == l->n && c.in >= 0) {
			close(c.in);
			c.in = -1;
		}
		n = promises(&c);
		*promised += n > 0 ? (size_t)n : 0;
		usleep(200);
	}
	fcntl(c.out, F_SETFL, 0);
	while ((n = promises(&c)) >= 0)
		*promised += (size_t)n;
	waitpid(c.pid, &status, 0);
	close(c.out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct census {
	size_t lost, waiting, dead, delivered, twice, without_reason, misordered;
};

static void count_spool(struct slo_spool *s, enum slo_spool_where w, bool *kept, struct census *out)
{
	struct slo_spool_entry *list;
	struct slo_spool_message m;
	struct slo_buf text;
	size_t n;

	slo_buf_init(&text, 1 << 20);
	ck_assert_int_eq(slo_spool_list(s, w, &list, &n), 0);
	for (size_t i = 0; i < n; i++) {
		struct told *t;

		ck_assert_int_eq(slo_spool_read(s, w, list[i].name, &text, &m), 0);
		t = find(m.id, strlen(m.id));
		ck_assert_ptr_nonnull(t);
		kept[t - rx.told] = true;
		out->without_reason += w == SLO_SPOOL_DEAD && (!m.reason[0] || !m.dead_ns || t->refused == 0);
	}
	*(w == SLO_SPOOL_DEAD ? &out->dead : &out->waiting) = n;
	free(list);
	slo_buf_fini(&text);
}

static void take_census(struct census *out)
{
	struct slo_spool_opts o = { .dir = dir };
	static bool kept[MESSAGES_MAX];
	struct slo_spool *s = NULL;
	char path[96];

	snprintf(path, sizeof(path), "%s/spool", dir);
	o.dir = path;
	*out = (struct census){ .lost = 0 };
	memset(kept, 0, sizeof(kept));
	ck_assert_int_eq(slo_spool_open(&o, &s, NULL), 0);
	count_spool(s, SLO_SPOOL_WAITING, kept, out);
	count_spool(s, SLO_SPOOL_DEAD, kept, out);
	slo_spool_close(s);
	for (size_t i = 0; i < rx.told_n; i++) {
		out->delivered += rx.told[i].delivered > 0;
		out->twice += rx.told[i].delivered > 1;
		if (!rx.told[i].delivered && !kept[i]) {
			printf("lost: message %zu, %s, refused %u times\n", i, rx.told[i].id, rx.told[i].refused);
			out->lost++;
		}
	}
}

/* Where an incident's opening and its end both got through at the first go, in that order. */
static size_t misordered(void)
{
	size_t n = 0;

	for (size_t i = 4; i < rx.told_n; i += 5) {
		const struct told *open = &rx.told[i - 4], *over = &rx.told[i];

		n += open->delivered && over->delivered && !open->refused && open->first > over->first;
	}
	return n;
}

START_TEST(every_message_arrives_or_waits_or_is_dead_with_its_reason)
{
	static const char *const notify[] = { "notify", "--tee", NULL }, *const replay[] = { "webhook", "replay", NULL };
	static struct lines lines;
	long incidents = setting("SLO_STORM_INCIDENTS", 1000), kills = setting("SLO_STORM_KILLS", 50);
	struct slo_rng rng;
	size_t promised = 0, share;
	struct census c;
	int status;

	set_up("sloctl");
	make_lines(&lines, incidents);
	slo_rng_seed(&rng, (uint64_t)setting("SLO_STORM_SEED", 1) + 1);
	share = 2 * lines.n / (size_t)(kills ? kills : 1);
	for (long k = 0; k < kills; k++)
		run_and_kill(&lines, &promised, (size_t)slo_rng_below(&rng, share), (long)slo_rng_below(&rng, 30000));
	status = run_to_the_end(&lines, &promised, notify);
	ck_assert_msg(status == 0 || status == 4, "notify ended with %d", status);
	ck_assert_uint_eq(promised, lines.n);
	take_census(&c);
	printf("storm: %zu messages, %ld kills: %zu delivered (%zu more than once), %zu dead, %zu waiting, %zu lost; "
	       "%" PRIu64 " requests:", lines.n, kills, c.delivered, c.twice, c.dead, c.waiting, c.lost, rx.requests);
	for (int f = 0; f < FAULTS; f++)
		printf(" %" PRIu64, rx.count[f]);
	printf("\n");
	fflush(stdout);
	ck_assert_uint_eq(c.lost, 0);
	ck_assert_uint_eq(c.without_reason, 0);
	ck_assert_uint_gt(c.dead, 0);
	ck_assert_uint_eq(misordered(), 0);
	ck_assert_uint_eq(rx.unknown, 0);
	ck_assert_uint_eq(rx.bad_signature, 0);
	ck_assert_uint_eq(rx.elsewhere, 0);
	for (int f = 0; f < FAULTS; f++)
		ck_assert_msg(rx.count[f] > 0 || incidents < 500, "fault %d never came", f);
	/* When the receiver is well again, nothing is left. */
	rx.kind = true;
	ck_assert_int_eq(run_to_the_end(&lines, &promised, replay), 0);
	take_census(&c);
	ck_assert_uint_eq(c.waiting + c.dead + c.lost, 0);
	ck_assert_uint_eq(c.delivered, lines.n);
	script_stop(&rx.srv);
	for (size_t i = 0; i < lines.n; i++)
		free(lines.text[i]);
	tear_down();
}
END_TEST

START_TEST(the_attributor_delivers_what_it_writes)
{
	char command[PATH_MAX + 2048];
	int status;

	set_up("attributor");
	rx.kind = true;
	snprintf(command, sizeof(command),
		 "%s --input testdata/attributor/resolving/in --out %s/out "
		 "--objective 'ttft_ms<=400,target=0.9,short=2s,long=4s,burn=2,min_events=10' --webhook-strict "
		 "--webhook-url https://localhost:%d/hook --webhook-secret-file %s --webhook-ca-file %s --allow-host localhost",
		 tool, dir, rx.srv.port, secret_file, ca.cert_file);
	status = system(command);
	ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	script_stop(&rx.srv);
	ck_assert_uint_eq(rx.requests, 2);
	ck_assert_uint_eq(rx.bad_signature, 0);
	/* The last one: the resolution, as it was written. */
	snprintf(command, sizeof(command), "tail -n 1 %s/out | grep -qF '%s'", dir,
		 strstr(rx.srv.request.data, "\r\n\r\n") + 4);
	ck_assert_int_eq(system(command), 0);
	ck_assert_ptr_nonnull(strstr(rx.srv.request.data, "\"status\":\"resolved\""));
	tear_down();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("webhook storm");
	TCase *t = tcase_create("storm");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 110);
	tcase_add_test(t, every_message_arrives_or_waits_or_is_dead_with_its_reason);
	tcase_add_test(t, the_attributor_delivers_what_it_writes);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
