/* SPDX-License-Identifier: MIT */
/* What the loop (httpd.c) and the answers (httpd_request.c) share. */
#ifndef SLO_NET_HTTPD_INTERNAL_H
#define SLO_NET_HTTPD_INTERNAL_H

#include "net/httpd.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct slo_httpd_client {
	struct MHD_Connection *c; /* NULL = free */
	int64_t since_ns;         /* monotonic: it came, or its last request was done */
};

struct slo_httpd {
	const struct slo_httpd_route *routes;
	void *arg;
	size_t body_max, reply_max;
	uint64_t bodies_max;      /* 0 = none */
	slo_httpd_fn *on_refused; /* or NULL */
	int64_t request_ns;       /* a connection may take so long for a request */
	struct MHD_Daemon *daemon;
	int port, epoll, wake;    /* @wake: an eventfd, readable when it is time to stop */
	pthread_t thread;
	bool running;
	atomic_bool stopping;
	/* of the thread */
	struct slo_httpd_client clients[SLO_HTTPD_CONNECTIONS];
	int64_t swept_ns;         /* monotonic */
	int connected;
	uint64_t bodies;          /* bytes of bodies being read */
	int under_way;            /* requests whose head was read and whose answer is not out */
	/* read from others */
	_Atomic uint64_t requests, refused, failed, cut;
};

enum MHD_Result slo_httpd_on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
				     const char *version, const char *data, size_t *len, void **own);
void slo_httpd_on_completed(void *arg, struct MHD_Connection *c, void **own, enum MHD_RequestTerminationCode why);

#endif
