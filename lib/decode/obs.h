/* SPDX-License-Identifier: MIT */
/*
 * Observations: what sources (packets, procfs, later BPF) hand to the aggregator.
 * Plain values; strings are short arrays, so that nothing needs an owner.
 */
#ifndef SLO_DECODE_OBS_H
#define SLO_DECODE_OBS_H

#include "base/str.h"
#include "event/enum.h"
#include "stat/hist.h"

enum { SLO_SERVICE_NONE = -1 };

/* Addresses are IPv6; v4 is mapped (::ffff:a.b.c.d). Ports are in host order. */
struct slo_tuple {
	uint8_t src[16], dst[16];  /* src opened the connection or sent the query */
	uint16_t src_port, dst_port;
	uint8_t proto;             /* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t pad[3];            /* zero, so that the struct can be a key */
};

/* One kernel observation. */
struct slo_obs {
	int signal;         /* enum SLO_SIGNAL */
	int service;        /* index into the agent's watched services, or SLO_SERVICE_NONE */
	int role;           /* enum SLO_ROLE */
	const char *provider; /* rung, a static string: "packet", "procfs", "psi", … */
	int64_t end_ns;     /* wall clock */
	double value;       /* in the signal's unit */
	uint64_t times;     /* identical observations this stands for, >= 1 */
	int64_t pid, tid;   /* 0 = not known */
	uint64_t cgroup_id; /* 0 = not known */
	int err;            /* positive errno, 0 = success */
	bool failed;        /* a lookup that brought no answer, or an error */
	bool has_tuple;
	struct slo_tuple tuple;
	char detail[96];    /* query name, outcome; "" = none */
	char comm[16];
};

/* All observations of one signal, owner and role in an interval, summed up where they were made. */
struct slo_obs_summary {
	int signal, service, role; /* as in struct slo_obs */
	const char *provider;
	uint64_t count;     /* >= 1 */
	uint64_t failed;    /* of them */
	double sum, min, max; /* in the signal's unit */
	const struct slo_hist *hist; /* of latencies; else NULL. Borrowed for the call */
};

/* One request of a watched service, complete or given up on. */
struct slo_request {
	int service;          /* index into the watched services */
	int64_t start_ns;     /* first byte of the request, wall clock */
	int64_t sent_ns;      /* last byte of the request */
	int64_t first_ns;     /* first byte of the answer's body that carries content; 0 = none came */
	int64_t end_ns;       /* last byte of the answer, or when it was given up */
	int status;           /* HTTP status; 0 = none came */
	int outcome;          /* -1 = answered in full, else enum SLO_BAD of TIMEOUT or ABORTED */
	bool streaming;       /* chunked or event stream */
	uint32_t chunks;      /* content chunks of a stream */
	int64_t first_chunk_ns, last_chunk_ns; /* 0 = none */
	uint64_t body_bytes;
	char trace_id[33];    /* from traceparent; "" = none */
	struct slo_tuple tuple;
	uint64_t seq;         /* of this service, from 1 */
	bool ttft_told;       /* the sink's ttft callback has spoken of this request before */
};

/*
 * A request of the service to a peer it depends on, by the order of bytes on the connection: from the first byte the
 * client sends to the last one that comes back before it sends again, or closes. So it is of any protocol in
 * which client and server take turns, encrypted ones too; of HTTP/2 and other multiplexing it is no measure.
 */
struct slo_exchange {
	int service;          /* as in struct slo_obs */
	int role;             /* enum SLO_ROLE: PROVIDER or RETRIEVAL */
	int64_t start_ns;     /* first byte of the request, wall clock */
	int64_t end_ns;       /* last byte of the answer, or when it was given up */
	int status;           /* of an answer in plain HTTP/1; 0 = there is none to be read */
	int outcome;          /* -1 = answered, else enum SLO_BAD of TIMEOUT (the client gave up too) or ABORTED */
	struct slo_tuple tuple;
};

/* Where sources put what they saw. */
struct slo_obs_sink {
	void *arg;
	void (*obs)(void *arg, const struct slo_obs *o);
	void (*request)(void *arg, const struct slo_request *r);
	/* Observations of the kernel's own histograms. */
	void (*summary)(void *arg, const struct slo_obs_summary *s);
	/* One observation that a summary counts as well: an example, no more. */
	void (*exemplar)(void *arg, const struct slo_obs *o);
	/*
	 * A request's first token is known before the request ends: called when it
	 * is overdue (first_ns 0, ttft_told false; at most once) and when its first
	 * content comes (first_ns set; ttft_told when it was overdue). What is not
	 * told here is told by request(). NULL = everything is.
	 */
	void (*ttft)(void *arg, const struct slo_request *r);
	/* NULL = nobody wants them, and they are not followed. */
	void (*exchange)(void *arg, const struct slo_exchange *e);
};

#endif
