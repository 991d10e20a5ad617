/* SPDX-License-Identifier: MIT */
/*
 * Queries to a Prometheus-compatible server, HTTP API v1, and what it answers:
 * every way an answer can be less than a number has a name.
 *
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/
 */
#ifndef SLO_NET_PROM_API_H
#define SLO_NET_PROM_API_H

#include "net/fetch.h"

enum {
	SLO_PROM_API_SERIES = 1024,   /* kept of one answer; more are counted */
	SLO_PROM_API_POINTS = 65536,  /* kept of one answer; more are counted */
	SLO_PROM_API_NOTES = 8,       /* warnings kept, and infos; more are counted */
	SLO_PROM_API_URL = 2048,      /* bytes of a URL beyond which a query is posted */
	SLO_PROM_API_DEPTH = 16,      /* nested brackets of an answer */
};

enum slo_prom_api_type {
	SLO_PROM_API_VECTOR,
	SLO_PROM_API_SCALAR,          /* one series without labels */
	SLO_PROM_API_MATRIX,
	SLO_PROM_API__TYPES
};

struct slo_prom_api_point {
	int64_t t_ns;
	double value;                 /* may be NaN, +Inf, -Inf */
};

struct slo_prom_api_series {
	char labels[256];             /* name{a="b",…}, cut where it does not fit */
	uint32_t first, count;        /* of the answer's points */
};

struct slo_prom_api_notes {
	char text[SLO_PROM_API_NOTES][200]; /* cut where one does not fit */
	uint32_t count;               /* all of them; the first SLO_PROM_API_NOTES are kept */
};

struct slo_prom_api_answer {
	bool success;                 /* "status":"success"; else only the two error members mean something */
	char error_type[32];          /* "bad_data", "execution", "timeout", …; "" = none given */
	char error[240];
	int type;                     /* enum slo_prom_api_type */
	struct slo_prom_api_series *series;
	uint32_t series_count, series_dropped;
	struct slo_prom_api_point *points;
	uint32_t points_count, points_dropped;
	struct slo_prom_api_notes warnings, infos;
};

void slo_prom_api_answer_init(struct slo_prom_api_answer *a);
void slo_prom_api_answer_fini(struct slo_prom_api_answer *a);

/**
 * slo_prom_api_parse - the body of an answer
 * @a: initialised; what it held is replaced
 *
 * Return: 0 for a well-formed answer, of success or error; -EBADMSG (not JSON, cut short, or not an answer of this
 * API: native histograms and strings are not taken) with the reason in @err; -ENOMEM.
 */
int slo_prom_api_parse(const char *text, size_t len, struct slo_prom_api_answer *a, struct slo_err *err);

enum slo_prom_api_method { SLO_PROM_API_AUTO, SLO_PROM_API_GET, SLO_PROM_API_POST };

/* One question. */
struct slo_prom_api_query {
	const char *base;             /* "https://host/prefix"; the prefix is kept */
	const char *promql;
	int method;                   /* AUTO: GET, or POST where the URL would be over SLO_PROM_API_URL */
	const char *const *headers;   /* besides ours; ends with NULL; may be NULL */
	int64_t timeout_ns;           /* 0 = the client's */
	int64_t time_ns;              /* of an instant query; 0 = the server's now */
	int64_t start_ns, end_ns, step_ns; /* of a range query: step > 0 */
};

/* Why there is no answer to judge. */
enum slo_prom_api_failure {
	SLO_PROM_API_OK,
	SLO_PROM_API_UNAVAILABLE, /* no connection, no whole answer in time, 429, 5xx: later may be better */
	SLO_PROM_API_REFUSED,	  /* 3xx, 4xx, TLS, an answer that is none: it will stay so until somebody mends it */
};

/**
 * slo_prom_api_ask - one instant or range query
 * @body: kept between calls by the caller, see slo_fetch_answer_init()
 * @failure: enum slo_prom_api_failure
 *
 * Return: 0 with @a filled and @a->success; else a negative errno, words in @err: those of slo_fetch_do(); -EIO for
 * a status other than 200 or an answer of error (what the server said is in the words), -EBADMSG as above.
 */
int slo_prom_api_ask(struct slo_fetch *f, const struct slo_prom_api_query *q, struct slo_fetch_answer *body,
		     struct slo_prom_api_answer *a, int *failure, struct slo_err *err);

#endif
