/* SPDX-License-Identifier: MIT */
/*
 * Nothing acknowledged by the disk gets lost: a process that exports with a spool is killed again and again, its peer
 * answers at random with everything a peer can do wrong. Environment: SLO_STORM_BATCHES (1200), SLO_STORM_KILLS (30),
 * SLO_STORM_SEED.
 */
#include "net/otlp_export.h"

#include "base/rng.h"
#include "base/time.h"
#include "net/testing_http.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

enum { BATCHES_MAX = 1 << 16, ITEMS = 3 };

enum fault { OK_200, PARTIAL_200, BUSY_429, BAD_502, AWAY_503, LATE_504, HANG, CUT, DROP, GARBAGE, FAULTS };

static const struct {
	const char *say;
	int weight; /* of all 100 */
} faults[FAULTS] = {
	[OK_200] = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 60 },
	[PARTIAL_200] = { "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: "
			  "4\r\n\r\n\x0a\x02\x08\x01",
			  10 },
	[BUSY_429] = { "HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", 6 },
	[BAD_502] = { "HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n", 4 },
	[AWAY_503] = { "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", 4 },
	[LATE_504] = { "HTTP/1.1 504 X\r\nContent-Length: 0\r\n\r\n", 4 },
	[HANG] = { "", 1 },
	[CUT] = { "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the beg", 4 },
	[DROP] = { "", 4 },
	[GARBAGE] = { "220 smtp.example ESMTP\r\n", 3 },
};

static struct script srv;
static struct slo_rng rng;
static uint32_t delivered[BATCHES_MAX];
static uint64_t requests, count[FAULTS];
static atomic_bool kind;
static char dir[64];

static long setting(const char *name, long otherwise)
{
	const char *s = getenv(name);

	return s ? atol(s) : otherwise;
}

static enum fault draw(void)
{
	int at = (int)slo_rng_below(&rng, 100), f = 0;

	while (f < FAULTS - 1 && (at -= faults[f].weight) >= 0)
		f++;
	return kind ? OK_200 : (enum fault)f;
}

/* Return: the connection can go on. */
static bool answer(struct script_peer *p)
{
	const char *body = strstr(srv.request.data, "\r\n\r\n") + 4;
	long id = strtol(body + 6, NULL, 10);
	enum fault f = draw();
	struct pollfd gone = { .fd = p->fd, .events = POLLRDHUP };

	ck_assert_msg(strncmp(body, "batch ", 6) == 0 && id >= 0 && id < BATCHES_MAX, "%s", srv.request.data);
	requests++;
	count[f]++;
	/* Who hung up does not hear it: that is no acknowledgement. */
	if (poll(&gone, 1, 0) > 0 || !script_write(p, faults[f].say, strlen(faults[f].say)))
		return false;
	delivered[id] += f <= PARTIAL_200;
	if (f == HANG)
		script_wait(&srv, p, NULL);
	return f != HANG && f != CUT && f != DROP && f != GARBAGE;
}

static void *receive(void *arg)
{
	(void)arg;
	while (!srv.stop) {
		struct pollfd look = { .fd = srv.fd, .events = POLLIN };
		struct script_peer p = { .fd = -1 };
		struct timeval patience = { .tv_sec = 2 };

		if (poll(&look, 1, 20) <= 0 || (p.fd = accept(srv.fd, NULL, NULL)) < 0)
			continue;
		setsockopt(p.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
		do {
			look = (struct pollfd){ .fd = p.fd, .events = POLLIN };
			/* An idle connection makes room for the next process. */
		} while (poll(&look, 1, 300) > 0 && script_take_request(&srv, &p) && answer(&p));
		close(p.fd);
	}
	return NULL;
}

/* The process that is killed: batches from @from on, a byte to @out for each the exporter has taken. */
static void export_from(long from, long to, int out)
{
	char base[64];
	const struct slo_otlp_layer flags = { .all = { [SLO_OTLP_ENDPOINT] = base, [SLO_OTLP_COMPRESSION] = "none",
						       [SLO_OTLP_TIMEOUT] = "150" } };
	struct slo_otlp_export_opts o = { .spool_dir = dir,
					  .backoff_ns = 2 * SLO_NS_PER_MS,
					  .backoff_max_ns = 20 * SLO_NS_PER_MS };
	struct slo_otlp_config config;
	struct slo_otlp_export *x;
	uint64_t left;

	snprintf(base, sizeof(base), "http://127.0.0.1:%d", srv.port);
	o.config = &config;
	if (slo_otlp_config_resolve(&flags, NULL, NULL, NULL, &config, NULL) || slo_otlp_export_new(&o, &x, NULL))
		_exit(10);
	for (long i = from; i < to; i++) {
		struct slo_otlp_batch b = { .signal = (int)(i % SLO_OTLP_SIGNAL__COUNT), .items = ITEMS };
		char body[32];

		snprintf(body, sizeof(body), "batch %ld", i);
		b.body = slo_str(body);
		if (slo_otlp_export_put(x, &b) || write(out, ".", 1) != 1)
			_exit(11);
	}
	left = slo_otlp_export_end(x, 60 * SLO_NS_PER_S, NULL);
	_exit(left ? 1 : 0);
}

static pid_t spawn(long from, long to, int *in)
{
	int p[2];
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(p[0]);
		export_from(from, to, p[1]);
	}
	close(p[1]);
	*in = p[0];
	return pid;
}

/* How many batches it has promised until now, at most @most. */
static long promises(int in, long most)
{
	char piece[256];
	long n = 0;
	ssize_t r;

	while (n < most && (r = read(in, piece, most - n < 256 ? (size_t)(most - n) : 256)) > 0)
		n += r;
	return n;
}

static void run_and_kill(long *promised, long batches, long kills)
{
	long some = 1 + (long)slo_rng_below(&rng, (uint64_t)(2 * batches / kills));
	int in;
	pid_t pid = spawn(*promised, batches, &in);

	*promised += promises(in, some);
	usleep((useconds_t)slo_rng_below(&rng, 30000));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	*promised += promises(in, batches);
	close(in);
}

START_TEST(every_batch_arrives_and_no_kill_repeats_more_than_one)
{
	long batches = setting("SLO_STORM_BATCHES", 1200), kills = setting("SLO_STORM_KILLS", 30), promised = 0;
	uint64_t missing = 0, again = 0;
	char command[96];
	int in, status;
	pid_t pid;

	ck_assert(batches < BATCHES_MAX && kills > 0);
	strcpy(dir, "/tmp/slo-otlp-storm.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	slo_rng_seed(&rng, (uint64_t)setting("SLO_STORM_SEED", 1));
	script_start(&srv, false); /* for its socket; its thread is replaced by ours */
	srv.stop = true;
	pthread_join(srv.thread, NULL);
	srv.stop = false;
	ck_assert_int_eq(pthread_create(&srv.thread, NULL, receive, NULL), 0);
	for (long k = 0; k < kills; k++)
		run_and_kill(&promised, batches, kills);
	kind = true;
	pid = spawn(promised, batches, &in);
	promised += promises(in, batches);
	waitpid(pid, &status, 0);
	close(in);
	script_stop(&srv);
	for (long i = 0; i < batches; i++) {
		missing += !delivered[i];
		again += delivered[i] > 1 ? delivered[i] - 1 : 0;
	}
	printf("storm: %ld batches, %ld kills: %llu missing, %llu delivered again; %llu requests:", batches, kills,
	       (unsigned long long)missing, (unsigned long long)again, (unsigned long long)requests);
	for (int f = 0; f < FAULTS; f++)
		printf(" %llu", (unsigned long long)count[f]);
	printf("\n");
	fflush(stdout);
	ck_assert_int_eq(promised, batches);
	ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
	ck_assert_uint_eq(missing, 0);
	ck_assert_uint_le(again, (uint64_t)kills);
	for (int f = 0; f < FAULTS; f++)
		ck_assert_msg(count[f] > 0 || batches < 1000, "fault %d never came", f);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("otlp storm");
	TCase *t = tcase_create("storm");
	SRunner *r = srunner_create(s);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(t, 110);
	tcase_add_test(t, every_batch_arrives_and_no_kill_repeats_more_than_one);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
