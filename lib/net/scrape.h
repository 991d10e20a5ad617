/* SPDX-License-Identifier: MIT */
/*
 * An inference engine's /metrics as a source of `sli_window` records (decode/engine.h says which, and from what): a
 * thread that asks every now and then and writes records to a pipe, for whoever reads endpoints.
 *
 * A scrape that fails makes no record; the next window reaches back to the last good one, so that nothing is lost. A
 * reader that does not read holds up the scrapes in the same way.
 */
#ifndef SLO_NET_SCRAPE_H
#define SLO_NET_SCRAPE_H

#include "decode/engine.h"

enum {
	SLO_SCRAPE_EVERY_S = 10,       /* default */
	SLO_SCRAPE_TIMEOUT_S = 5,      /* default, of one */
	SLO_SCRAPE_PAGE_MAX = 8 << 20, /* bytes */
	SLO_SCRAPE_REPORTS = 10,       /* failures that are reported; all are counted */
};

struct slo_scrape_opts {
	const char *url;               /* "http://host:8000/metrics"; outlives it, as all strings do */
	const char *ca_file;           /* NULL or "" = the system's */
	const char *bearer_file;       /* NULL or "" = none */
	int64_t every_ns, timeout_ns;  /* 0 = default */
	struct slo_engine_opts engine;
	/* A scrape failed (few times); the engine is known, and which SLIs its metrics do not tell (once, and when that
	 * changes). On the scrape's thread. May be NULL. */
	void (*report)(void *arg, const struct slo_err *err);
	void *arg;
};

struct slo_scrape_stats {
	uint64_t scrapes, failed;      /* tried; of those without a page */
	struct slo_engine_stats engine;
};

struct slo_scrape;

/**
 * slo_scrape_start - the first scrape is made at once
 *
 * Return: 0; -EINVAL, -EPERM, -ENOENT, … with @err (the address or a file makes no sense); -ENOMEM, -EMFILE.
 */
int slo_scrape_start(const struct slo_scrape_opts *o, struct slo_scrape **out, struct slo_err *err);

/** slo_scrape_fd - where the records can be read, a line each; it ends when the scrape stops. The caller closes it. */
int slo_scrape_fd(struct slo_scrape *s);

void slo_scrape_stats(struct slo_scrape *s, struct slo_scrape_stats *out);

/** slo_scrape_stop - end what is under way and the records. NULL is fine. */
void slo_scrape_stop(struct slo_scrape *s);

#endif
