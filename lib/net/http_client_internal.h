/* SPDX-License-Identifier: MIT */
/* What the files of the client share. */
#ifndef SLO_NET_HTTP_CLIENT_INTERNAL_H
#define SLO_NET_HTTP_CLIENT_INTERNAL_H

#include "base/rng.h"
#include "net/http_client_answer.h"

#include <curl/curl.h>

enum { SLO_CLIENT_HEADERS = 3 };

struct slo_client_slot {
	struct slo_client *client;
	CURL *easy;
	struct slo_answer answer;
	struct slo_buf body; /* of a request with a size of its own */
	struct curl_slist headers[SLO_CLIENT_HEADERS]; /* ours, so that a request allocates none */
	char request_id[80], traceparent[80];
	uint32_t index;      /* in the client's slots */
	bool busy;
	/* Once [DONE] came and the transport has not: when to give up on it, and the neighbours in that order. */
	int64_t linger_ns;   /* 0 = not there yet */
	struct slo_client_slot *linger_prev, *linger_next;
};

struct slo_client {
	struct slo_client_opts o;
	char url[1024];
	char resolve[320];        /* "host:port:address", pins a target that must be loopback */
	struct curl_slist *pin;
	struct slo_buf body;      /* the request, the same each time */
	struct slo_buf gaps;      /* of the result being handed out */
	CURLM *multi;
	int epoll, timer;         /* descriptors */
	int64_t armed_ns;         /* what the timer is set to; 0 = nothing */
	int64_t curl_due_ns;      /* when libcurl wants to be called; 0 = not */
	struct slo_client_slot **slots; /* max_inflight; made when first needed */
	struct slo_client_slot *linger_first, *linger_last;
	uint32_t made, busy;
	uint32_t *free_list, free_count;
	struct slo_rng rng;
	struct slo_client_stats stats;
};

/** slo_client_set_url - complete and check the target; resolve and pin it when it must be loopback. */
int slo_client_set_url(struct slo_client *c, struct slo_err *err);

/** slo_client_make_body - the JSON of a request of this size. Return: 0 or the buffer's error. */
int slo_client_make_body(const struct slo_client *c, const struct slo_client_size *size, struct slo_buf *b);

/** slo_client_loop_init - the epoll set and what libcurl calls about it. Return: 0 or a negative errno. */
int slo_client_loop_init(struct slo_client *c);
void slo_client_loop_fini(struct slo_client *c);

/** slo_client_loop_kick - let libcurl do what is due now. Return: 0 or -EIO. */
int slo_client_loop_kick(struct slo_client *c);

/** slo_client_loop_wait - wait until @until_ns at the latest, move what became ready. Return: 0, -EINTR, … */
int slo_client_loop_wait(struct slo_client *c, int64_t until_ns);

#endif
