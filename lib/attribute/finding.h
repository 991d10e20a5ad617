/* SPDX-License-Identifier: MIT */
/*
 * What the noisy-OR model looks at, one line each: a kernel signal, for the
 * signals of connections split by who the other end is, what the application's
 * own answers say, and the load. The list has a name and an order; a model file
 * is of one list and refused by any other.
 *
 *   <signal>            of the host or the resolver: the role that speaks for it
 *   <signal>            of connections, where nobody knows the peers: all roles as one
 *   <signal>@provider   the same, of connections to the provider
 *   <signal>@retrieval  to the retrieval backend
 *   <signal>@other      to and from everybody else, the loudest of other, client, resolver
 *
 * "Nobody knows the peers" means that no window of a connection signal came with
 * the role provider or retrieval. One signal is never both: either its first line
 * is captured or its three others are. Without the split provider and retrieval
 * faults look alike (attribution.md 1.2).
 *
 * The agent writes a window for each role it saw, and one in the usual role where it saw
 * none. So a connection signal that is captured in any role was watched for every peer: of a
 * peer without a window the counts are 0, and of one that was not heard of before the onset they were.
 * How long a connect, a handshake or a lookup takes, is not known while there is none: that is no quiet finding.
 *
 *   app.rate_limited    share of answers with 429, where nobody can read the provider's
 *   app.server_error    share of answers with 5xx, likewise
 *   app.timeout         share of requests without answer
 *   app.retrieval_ms    the service's retrieval latency SLI
 *   provider.rate_limited  share of the provider's answers with 429
 *   provider.failed     share of the provider's answers with 5xx, cut off, or missing
 *   dns.failed          share of lookups that failed
 *   mem_reclaim.events  reclaims per second
 *   load.arrivals       requests per second
 *   load.in_flight      requests at the same time
 *
 * A service answers with an error whatever stands behind it, so its own status speaks for the
 * provider only where the provider's cannot be read (TLS, no peer of that role): it is silent once
 * the provider's answers were ever seen, even while there are none now.
 *
 * Too much load is no fault of a named domain, and no threshold says what is too
 * much: of the load's lines the expert has no opinion, only learning can give them one.
 */
#ifndef SLO_ATTRIBUTE_FINDING_H
#define SLO_ATTRIBUTE_FINDING_H

#include "attribute/detector.h"
#include "attribute/facts.h"

#define SLO_FINDING_SET "signals-by-peer-2" /* name of this list; changes with any line */

enum {
	SLO_FINDING_HOST,  /* the role that speaks for the signal */
	SLO_FINDING_ANY,   /* all roles as one; only where nobody knows the peers */
	SLO_FINDING_PEER,  /* one role; only where somebody does */
	SLO_FINDING_APP,   /* not of a signal */
};

struct slo_finding_info {
	const char *name;
	int kind;          /* SLO_FINDING_HOST and so on */
	int signal;        /* enum SLO_SIGNAL; -1 = APP */
	int role;          /* PEER: enum SLO_ROLE; OTHER stands for client and resolver too */
	int app;           /* APP: enum slo_app */
	double floor;      /* least spread that is believed, in the unit of the scalar, see slo_robust_z() */
	/* Expert's P(elevated | only this domain), in the order of enum SLO_DOMAIN. */
	double p[SLO_DOMAIN__COUNT];
};

enum { SLO_FINDING__COUNT = 37 };

extern const struct slo_finding_info slo_finding_info[SLO_FINDING__COUNT];

/** slo_findings_measure - the findings of @f, in list order. */
void slo_findings_measure(const struct slo_facts *f, struct slo_measure out[SLO_FINDING__COUNT]);

/** slo_finding_subject - what finding @j is about, see slo_facts_of(). */
int slo_finding_subject(int j);

/** slo_finding_fact - the fact finding @j is read from: of other peers the loudest. NULL = nothing measures it. */
const struct slo_fact *slo_finding_fact(const struct slo_facts *f, int j);

/** slo_finding_find - the index of the finding called @name, or -1. */
int slo_finding_find(struct slo_str name);

#endif
