/* SPDX-License-Identifier: MIT */
/*
 * The manifest of recorded incidents: one line each, what was recorded, where
 * and with which truth; and choosing among them, the same way for every tool.
 * Nothing here reads a file. Format: schemas/recorded-incident.v1alpha1.schema.json.
 */
#ifndef SLO_GEN_RECORDED_H
#define SLO_GEN_RECORDED_H

#include "base/rng.h"
#include "event/event.h"

enum {
	SLO_RECORDED_FAULTS = 8,      /* most at once in one incident */
	SLO_RECORDED_MAX = 1 << 14,   /* most incidents in a set */
	SLO_RECORDED_LINE = 64 << 10, /* bytes in a line */
};

/* Which part of the work an incident is for. */
#define SLO_SPLITS(X) X(TRAIN, "train") X(VALIDATION, "validation") X(TEST, "test")

/* What an incident is a case of. */
#define SLO_STRATA(X) \
	X(SINGLE, "single")   /* one fault of the taxonomy */ \
	X(DUAL, "dual") \
	X(TRIPLE, "triple") \
	X(OUTSIDE, "outside") /* a fault that is in no domain: unknown is the right answer */ \
	X(HEALTHY, "healthy") /* nothing was injected */ \
	X(BELOW, "below")     /* something was injected, and the objective was met all the same */

/* The two agents that saw an incident at the same time. */
#define SLO_STREAMS(X) X(TRACING, "tracing") X(HOST, "host")

#define SLO_SPLIT_ITEM(id, name)   SLO_SPLIT_##id,
#define SLO_STRATUM_ITEM(id, name) SLO_STRATUM_##id,
#define SLO_STREAM_ITEM(id, name)  SLO_STREAM_##id,

SLO_ENUM_DECLARE(SLO_SPLIT, SLO_SPLITS);
SLO_ENUM_DECLARE(SLO_STRATUM, SLO_STRATA);
SLO_ENUM_DECLARE(SLO_STREAM, SLO_STREAMS);

extern const struct slo_enum slo_split_enum, slo_stratum_enum, slo_stream_enum;

struct slo_recorded_fault {
	struct slo_str fault;    /* as the injector names it */
	int domain;              /* enum SLO_DOMAIN */
	int64_t severity;        /* 1..5, as asked for */
	struct slo_str label_id; /* opt; of its fault_label records */
};

/* Requests of the worst SLI in one phase. */
struct slo_recorded_phase {
	uint64_t valid, bad;
	double bad_ratio;        /* opt; bad / valid, 0..1; absent without a valid request */
};

struct slo_recorded_impact {
	struct slo_recorded_phase baseline, fault, recovery;
};

/* One text for each stream, in the order of enum SLO_STREAM. */
struct slo_recorded_pair {
	struct slo_str tracing, host;
};

/* One line of the manifest. */
struct slo_recorded {
	int64_t v;               /* 1 */
	struct slo_str id;       /* [a-z0-9_.+-]+; the folder of its files */
	struct slo_str place;    /* "host", "6.1", "6.12" */
	struct slo_str kernel;   /* release */
	struct slo_str profile;  /* workload: "chat", "rag", "batch" */
	struct slo_str run;      /* machine session it was recorded in */
	int split;               /* enum SLO_SPLIT */
	int stratum;             /* enum SLO_STRATUM */
	struct slo_recorded_fault faults[SLO_RECORDED_FAULTS];
	uint32_t faults_count;
	int domains[SLO_DOMAIN__COUNT]; /* enum SLO_DOMAIN, distinct */
	uint32_t domains_count;
	int positive;            /* bool: an objective was really missed during the fault */
	struct slo_str service;
	int64_t seed;
	struct slo_str objective; /* one or more as for slo_objective_parse(), joined by ";" */
	int64_t start_ns, fault_start_ns, fault_end_ns, end_ns; /* Unix ns, in this order */
	struct slo_recorded_impact impact;
	struct slo_recorded_pair streams; /* paths below the set's folder; one may be absent */
	struct slo_recorded_pair sha256;  /* 64 hex digits each */
	/* private: what the views point into */
	char *text;
	struct slo_rec_ctx ctx;
};

/* The table of a line, for documentation and the test against the schema. */
extern const struct slo_rec slo_recorded_rec;

/**
 * slo_recorded_parse - one line of a manifest
 * @line: copied; need not outlive the call
 *
 * Members no one knows are passed over. Refused, beside what has the wrong type: a
 * version other than 1, an id or a path that could lead out of the set's folder,
 * times out of order.
 * Return: 0, and @out is to be released; -EINVAL with @err (where = the member); -ENOMEM.
 */
int slo_recorded_parse(struct slo_str line, struct slo_recorded *out, struct slo_err *err);
void slo_recorded_fini(struct slo_recorded *r);

/** slo_recorded_stream - path of one stream (enum SLO_STREAM) below the set's folder; absent if not recorded. */
struct slo_str slo_recorded_stream(const struct slo_recorded *r, int stream);

/** slo_recorded_sha256 - the checksum of that file. */
struct slo_str slo_recorded_sha256(const struct slo_recorded *r, int stream);

/** slo_recorded_has_fault - @fault was injected, alone or among others. */
bool slo_recorded_has_fault(const struct slo_recorded *r, struct slo_str fault);

/** slo_recorded_has_domain - @domain (enum SLO_DOMAIN) is among the truth. */
bool slo_recorded_has_domain(const struct slo_recorded *r, int domain);

/* All lines of one manifest. */
struct slo_recorded_set {
	struct slo_recorded *items; /* in the order of the lines */
	uint32_t count, cap;
};

/**
 * slo_recorded_set_add - parse @line and keep it
 *
 * Return: 0; as slo_recorded_parse(); -EEXIST with @err for an id that is there already; -E2BIG beyond
 * SLO_RECORDED_MAX.
 */
int slo_recorded_set_add(struct slo_recorded_set *set, struct slo_str line, struct slo_err *err);
void slo_recorded_set_fini(struct slo_recorded_set *set);

/*
 * Which incidents are wanted. Zero is not "any": start from SLO_RECORDED_ANY.
 */
struct slo_recorded_filter {
	/*
	 * A fault's name: incidents of that fault alone that missed their objective. "mixed": the
	 * contract's five faults in turn. "mixed_multi": two and three faults at once. "baseline": healthy
	 * runs. NULL or "any": all there are. With @stratum set, a fault's name means that the fault is
	 * among those injected, and "mixed" that one of the five is.
	 */
	const char *scenario;
	int domain, split, stratum; /* enums; -1 = any */
	const char *place, *profile; /* NULL = any */
	int stream;                 /* enum SLO_STREAM that must have been recorded; -1 = no matter */
};

#define SLO_RECORDED_ANY { NULL, -1, -1, -1, NULL, NULL, -1 }

enum { SLO_RECORDED_TURNS = 5 };

/**
 * slo_recorded_matches - whether @f wants @r
 * @turn: of "mixed", 0 to SLO_RECORDED_TURNS - 1: the fault whose turn it is; -1 = any of them. Else ignored.
 */
bool slo_recorded_matches(const struct slo_recorded *r, const struct slo_recorded_filter *f, int turn);

/* A drawing of incidents: each once in an order of the seed's, then all again in another. */
struct slo_recorded_choice {
	struct slo_recorded_hat {
		uint32_t *items; /* indices into the set */
		uint32_t count, next;
	} hats[SLO_RECORDED_TURNS];
	uint32_t hats_count;     /* with something in them; taken in turn */
	uint32_t turn;
	uint32_t distinct;       /* incidents that match */
	struct slo_rng rng;
};

/**
 * slo_recorded_choice_init - what of @set matches @f, in the order of @seed
 *
 * The order depends on the ids and the seed only, not on the order of the lines.
 * Return: 0, with nothing to draw as well; -ENOMEM.
 */
int slo_recorded_choice_init(struct slo_recorded_choice *c, const struct slo_recorded_set *set,
			     const struct slo_recorded_filter *f, uint64_t seed);
void slo_recorded_choice_fini(struct slo_recorded_choice *c);

/** slo_recorded_choice_next - index into the set of the next incident, or -1 when none matches. */
int64_t slo_recorded_choice_next(struct slo_recorded_choice *c);

#endif
