/* SPDX-License-Identifier: MIT */
/*
 * An OpenAI-like server with known delays, to check loadgen against. It shares no
 * code with the toolkit: plain sockets, a thread for each connection, absolute
 * sleeps on CLOCK_MONOTONIC.
 *
 *   server LOG PORTFILE [min_ms=N] [max_ms=N] [pad=BYTES] [stall_from_ms=N stall_ms=N every_ms=N]
 *
 * An answer: an empty role chunk at once; the first token after a delay drawn from
 * [min_ms, max_ms]; three more, 10 ms apart; usage; [DONE]. With pad, a data event of so many
 * bytes that carries no token is sent before the delay, except for its end, which comes in one
 * write with the first token. Stalls: from stall_from_ms after the start, every every_ms,
 * nothing is read or written for stall_ms. LOG gets one line for each request: its id, when it was
 * read, when its first token and its last were due, in nanoseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000LL

static struct {
	const char *name;
	long long value;
} settings[] = { { "min_ms", 20 }, { "max_ms", 120 }, { "pad", 0 }, { "stall_from_ms", 0 }, { "stall_ms", 0 }, { "every_ms", 10000 } };
enum { MIN_MS, MAX_MS, PAD, STALL_FROM, STALL, EVERY };

static FILE *log_file;
static long long start_ns;
static unsigned long long state = 20240817;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void sleep_until(long long at)
{
	struct timespec t = { at / 1000000000LL, at % 1000000000LL };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

/* When something due at @at may happen: not within a stall. */
static long long after_stall(long long at)
{
	long long since = at - start_ns - settings[STALL_FROM].value * MS, in;

	if (settings[STALL].value <= 0 || since < 0)
		return at;
	in = since % (settings[EVERY].value * MS);
	return in < settings[STALL].value * MS ? at - in + settings[STALL].value * MS : at;
}

static long long draw_delay(void)
{
	long long span = settings[MAX_MS].value - settings[MIN_MS].value, us;

	pthread_mutex_lock(&lock);
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	us = span > 0 ? (long long)((state >> 33) % (unsigned long long)(span * 1000)) : 0;
	pthread_mutex_unlock(&lock);
	return settings[MIN_MS].value * MS + us * 1000;
}

static int put(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* One chunk of the body, in one write. */
static int put_chunk(int fd, const char *data, size_t len)
{
	char *all = malloc(len + 32);
	int n = sprintf(all, "%zx\r\n", len), ret;

	memcpy(all + n, data, len);
	memcpy(all + (size_t)n + len, "\r\n", 2);
	ret = put(fd, all, (size_t)n + len + 2);
	free(all);
	return ret;
}

static int put_text(int fd, const char *text)
{
	return put_chunk(fd, text, strlen(text));
}

#define TOKEN "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},\"finish_reason\":null}],\"usage\":null}\n\n"

static int answer(int fd, const char *id, long long read_ns)
{
	long long first = after_stall(read_ns + draw_delay()), at = first;
	size_t pad = (size_t)settings[PAD].value;
	int bad = put(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n", 80);

	bad |= put_text(fd, ": hello\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
	if (pad) {
		char *big = malloc(pad + 64);
		size_t n = (size_t)sprintf(big, "data: {\"choices\":[],\"pad\":\"");

		memset(big + n, 'a', pad);
		bad |= put_chunk(fd, big, n + pad);
		free(big);
	}
	sleep_until(first);
	bad |= put_text(fd, pad ? "\"}\n\n" TOKEN : TOKEN);
	for (int i = 0; i < 3; i++) {
		at = after_stall(at + 10 * MS);
		sleep_until(at);
		bad |= put_text(fd, TOKEN);
	}
	bad |= put_text(fd, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
			    "data: {\"choices\":[],\"usage\":{\"completion_tokens\":4}}\n\ndata: [DONE]\n\n");
	bad |= put(fd, "0\r\n\r\n", 5);
	pthread_mutex_lock(&lock);
	fprintf(log_file, "%s %lld %lld %lld\n", id, read_ns, first, at);
	fflush(log_file);
	pthread_mutex_unlock(&lock);
	return bad;
}

static void header(const char *head, const char *name, char *to, size_t size)
{
	const char *p = strcasestr(head, name);

	to[0] = '\0';
	if (p)
		snprintf(to, size, "%.*s", (int)strcspn(p + strlen(name), "\r\n"), p + strlen(name));
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg, on = 1;
	char buf[65536], id[128], length[32];
	size_t have = 0;

	prctl(PR_SET_TIMERSLACK, 1UL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (;;) {
		ssize_t n;
		char *end;
		size_t whole;

		sleep_until(after_stall(now_ns()));
		n = recv(fd, buf + have, sizeof(buf) - 1 - have, 0);
		if (n <= 0)
			break;
		if (after_stall(now_ns()) > now_ns())
			sleep_until(after_stall(now_ns()));
		have += (size_t)n;
		buf[have] = '\0';
		end = strstr(buf, "\r\n\r\n");
		if (!end)
			continue;
		header(buf, "\nContent-Length: ", length, sizeof(length));
		whole = (size_t)(end + 4 - buf) + (size_t)atoll(length);
		if (have < whole)
			continue;
		header(buf, "\nX-Request-Id: ", id, sizeof(id));
		have = 0;
		if (answer(fd, id, now_ns()))
			break;
	}
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	FILE *port;

	for (int i = 3; i < argc; i++)
		for (size_t k = 0; k < sizeof(settings) / sizeof(settings[0]); k++)
			if (strncmp(argv[i], settings[k].name, strlen(settings[k].name)) == 0 && strchr(argv[i], '='))
				settings[k].value = atoll(strchr(argv[i], '=') + 1);
	log_file = argc > 2 ? fopen(argv[1], "w") : NULL;
	if (!log_file || bind(fd, (void *)&sa, len) || listen(fd, 512) || getsockname(fd, (void *)&sa, &len))
		return 1;
	start_ns = now_ns();
	port = fopen(argv[2], "w");
	if (!port)
		return 1;
	fprintf(port, "%d\n", ntohs(sa.sin_port));
	fclose(port);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		pthread_t t;

		if (c < 0)
			continue;
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)c))
			close(c);
		else
			pthread_detach(t);
	}
}
