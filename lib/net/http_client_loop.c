/* SPDX-License-Identifier: MIT */
#include "net/http_client_internal.h"

#include "base/time.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BATCH = 64 }; /* sockets served between two looks at the clock: the next request is not kept waiting long */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct slo_client *c = arg;
	struct epoll_event ev = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	if (!known)
		curl_multi_assign(c->multi, fd, c);
	return epoll_ctl(c->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) ? -1 : 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct slo_client *c = arg;

	(void)multi;
	c->curl_due_ns = ms < 0 ? 0 : slo_now_mono_ns() + ms * SLO_NS_PER_MS;
	return 0;
}

int slo_client_loop_init(struct slo_client *c)
{
	struct epoll_event ev = { .events = EPOLLIN };

	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (c->epoll < 0 || c->timer < 0)
		return -errno;
	ev.data.fd = c->timer;
	if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, c->timer, &ev))
		return -errno;
	c->multi = curl_multi_init();
	if (!c->multi)
		return -ENOMEM;
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)c->o.max_inflight);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	return 0;
}

void slo_client_loop_fini(struct slo_client *c)
{
	if (c->multi)
		curl_multi_cleanup(c->multi);
	if (c->timer >= 0)
		close(c->timer);
	if (c->epoll >= 0)
		close(c->epoll);
}

int slo_client_loop_kick(struct slo_client *c)
{
	int running;

	/* libcurl sets the timer anew from within the call when there is more to come. */
	c->curl_due_ns = 0;
	return curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running) == CURLM_OK ? 0 : -EIO;
}

/* An exact timer: epoll_wait's own timeout counts whole milliseconds. Setting it also forgets that it went off. */
static int arm(struct slo_client *c, int64_t at_ns)
{
	struct itimerspec at = { .it_value = { .tv_sec = at_ns / SLO_NS_PER_S, .tv_nsec = at_ns % SLO_NS_PER_S } };

	if (c->armed_ns == at_ns)
		return 0;
	c->armed_ns = at_ns;
	return timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &at, NULL) ? -errno : 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int serve(struct slo_client *c, const struct epoll_event *ev)
{
	int what = (ev->events & EPOLLIN ? CURL_CSELECT_IN : 0) | (ev->events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		   (ev->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
	int running;

	if (ev->data.fd == c->timer) {
		c->armed_ns = 0;
		return 0;
	}
	return curl_multi_socket_action(c->multi, ev->data.fd, what, &running) == CURLM_OK ? 0 : -EIO;
}

int slo_client_loop_wait(struct slo_client *c, int64_t until_ns)
{
	struct epoll_event ev[BATCH];
	int64_t at = earlier(until_ns, c->curl_due_ns);
	int n, ret;

	if (c->linger_first)
		at = earlier(at, c->linger_first->linger_ns);
	ret = arm(c, at > 0 ? at : 1);
	if (ret)
		return ret;
	n = epoll_wait(c->epoll, ev, BATCH, -1);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n && !ret; i++)
		ret = serve(c, &ev[i]);
	if (!ret && c->curl_due_ns && slo_now_mono_ns() >= c->curl_due_ns)
		ret = slo_client_loop_kick(c);
	return ret;
}
