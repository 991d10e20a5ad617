/* SPDX-License-Identifier: MIT */
/* Parts of the incident engine that only this folder may see. */
#ifndef SLO_INCIDENT_INTERNAL_H
#define SLO_INCIDENT_INTERNAL_H

#include "attribute/facts.h"
#include "base/table.h"
#include "incident/incident.h"

enum {
	EXEMPLAR_BUCKETS = SLO_TRACK_RING,
	EXEMPLAR_PER_BUCKET = 4, /* the earliest bad requests of each */
	ID_MAX = 72,             /* bytes kept of a request or trace id, NUL included */
};

/* A request that missed its objective. */
struct exemplar {
	int64_t ts;
	char request[ID_MAX], trace[ID_MAX];
};

struct exemplars {
	int64_t width_ns;
	struct {
		int64_t index;  /* bucket number since the epoch */
		uint32_t count;
		struct exemplar items[EXEMPLAR_PER_BUCKET]; /* ascending by time, then request id */
	} buckets[EXEMPLAR_BUCKETS];
};

enum life_state { LIFE_NONE, LIFE_OPEN, LIFE_STALE, LIFE_RESOLVED };

/* What the last line of an incident was based on. */
struct view {
	struct slo_facts facts;
	struct slo_verdict verdict;
	int sli;                 /* enum SLO_SLI of the impact */
	struct slo_burn_state burn;
};

struct life {
	enum life_state state;
	char id[32];
	int64_t started_ns;      /* first breaching slot of the incident */
	int64_t onset_ns;        /* the same of the present breach; differs after a reopening */
	int64_t detected_ns, resolved_ns;
	int64_t good_ns;         /* time with data and without burning since it last burned */
	int64_t line_ns;         /* of the last line */
	int64_t skip_from, skip_to; /* never part of a baseline */
	int64_t update;          /* of the next line */
	uint32_t slis;           /* bit set of the SLIs that burned */
	struct view *view;       /* while not LIFE_NONE */
};

struct service {
	uint64_t key[2];         /* hash of the three names; the table's key */
	struct slo_incidents *inc;
	char cluster[SLO_INCIDENT_NAME_MAX], namespace[SLO_INCIDENT_NAME_MAX], name[SLO_INCIDENT_NAME_MAX];
	uint64_t node[2];        /* last node linked */
	int source;              /* enum SLO_SOURCE; the least live one seen */
	bool no_objective[SLO_SLI__COUNT];
	struct slo_series *series[SLO_SLI__COUNT];
	struct slo_track *values[SLO_SLI__COUNT];
	struct slo_store store;
	struct exemplars *exemplars; /* made with the first */
	struct probes *probes;   /* likewise */
	struct life life;
};

/* Which services host-wide windows of a node concern. */
struct node {
	uint64_t key[2];
	struct service *services[SLO_INCIDENT_NODE_SERVICES];
	uint32_t count;
};

/* A probe record names no cluster: where its names lead. */
struct home {
	uint64_t key;            /* hash of (node, namespace, service), or of (node, "", "") */
	uint64_t target[2];      /* key of the service, or of the node */
	bool shared;             /* two clusters have it: nobody knows */
};

struct slo_incidents {
	struct slo_incidents_opts o;
	struct slo_table services, nodes, homes;
	struct service *order[SLO_INCIDENT_SERVICES_MAX]; /* by cluster, namespace, name: lines come in this order */
	uint32_t order_count;
	struct service *last;    /* the service found last */
	struct slo_track_budget budget;
	struct slo_merged scratch;
	struct slo_hist scratch_hist;
	int64_t tick_ns;
	int64_t seen_ns;         /* largest end of any record; SLO_ABSENT_I64 = none */
	int64_t done_ns;         /* ticks up to here are evaluated; SLO_ABSENT_I64 = none */
	int64_t horizon_ns;      /* after the newest record, nothing happens beyond this */
	uint32_t jumps;          /* records in a row that were far ahead */
	uint32_t open;
	struct slo_incidents_stats stats;
	struct slo_incident line; /* being emitted */
};

/* service.c */
struct service *service_get(struct slo_incidents *inc, struct slo_str cluster, struct slo_str namespace,
			    struct slo_str name, struct slo_str node);
void service_fini(struct service *s);
void service_source(struct service *s, int source);
struct node *node_find(struct slo_incidents *inc, struct slo_str cluster, struct slo_str name);
void service_add_sli_window(struct service *s, const struct slo_sli_window *w);
void service_add_sli(struct service *s, const struct slo_sli_event *e);

/* home.c */
void home_set(struct slo_incidents *inc, const struct service *s, struct slo_str node);
void home_take(struct slo_incidents *inc, const struct slo_probe_event *e);

/* probes.c */
struct probes *probes_new(struct slo_track_budget *budget, int64_t width_ns);
void probes_free(struct probes *x);
/* Return: false when there was no room for it. One that is not among the largest needs none. */
bool probes_add(struct probes *x, const struct slo_probe_event *e);
/* Let chunks go that are over since SLO_TRACK_RECENT chunks; @onset_ns: keep their largest since; INT64_MAX: no incident. */
void probes_age(struct probes *x, int64_t at_ns, int64_t onset_ns);
/* The largest of @signal and @roles (bit set) in [@from_ns, @to_ns) into @out, at most @max. Return: how many. */
uint32_t probes_fill(const struct probes *x, int signal, uint32_t roles, int64_t from_ns, int64_t to_ns,
		     struct slo_exemplar *out, uint32_t max);

/* exemplar.c */
void exemplar_add(struct exemplars *x, int64_t ts, struct slo_str request, struct slo_str trace);
void exemplar_fill(const struct exemplars *x, int64_t from_ns, int64_t to_ns, struct slo_incident *out);

/* life.c */
void life_step(struct service *s, int64_t at_ns);
void life_orphan(struct service *s, int64_t at_ns);

/* line.c */
void line_emit(struct service *s, int status, int64_t at_ns);

#endif
