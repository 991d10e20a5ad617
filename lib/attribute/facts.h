/* SPDX-License-Identifier: MIT */
/*
 * What is known about a service when somebody asks why: per signal and peer
 * role one fact in one of three states, against the service's own past. A
 * signal that was not captured is not a quiet signal.
 */
#ifndef SLO_ATTRIBUTE_FACTS_H
#define SLO_ATTRIBUTE_FACTS_H

#include "attribute/track.h"

struct slo_fact {
	int state;        /* enum SLO_STATE */
	bool told;        /* somebody said so; false = no window ever came */
	bool elevated;    /* see slo_fact_judge() */
	double value;     /* scalar, signal's unit; NaN when not captured */
	double baseline;  /* median before the onset, of what is not captured now too; NaN = no baseline */
	double spread;    /* 1.4826 * MAD before the onset; NaN = no baseline */
	double iqr;       /* interquartile range before the onset; NaN = no baseline */
	double threshold; /* elevated needs at least this */
	int source;       /* enum SLO_EVIDENCE */
	const char *why;  /* reason when not captured, or NULL; borrowed from the store */
};

/* What the answers of the service and of its peers say, from SLI windows, and what signals say beside their scalar. */
enum slo_app {
	SLO_APP_RATE_LIMITED, /* share of answers with 429 */
	SLO_APP_SERVER_ERROR, /* share of answers with 5xx */
	SLO_APP_TIMEOUT,      /* share of requests without an answer in time */
	SLO_APP_RETRIEVAL,    /* retrieval latency, ms */
	SLO_APP_PROVIDER_LIMITED, /* share of the provider's answers with 429 */
	SLO_APP_PROVIDER_FAILED,  /* share of the provider's with 5xx, cut off, or without an answer */
	SLO_APP_DNS_FAILED,   /* share of lookups that failed */
	SLO_APP_RECLAIMS,     /* reclaims per second, however short each */
	/* No threshold: what is too many, only the past tells. */
	SLO_APP_ARRIVALS,     /* requests per second */
	SLO_APP_IN_FLIGHT,    /* requests at the same time, by Little's law over those that ended */
	SLO_APP__COUNT
};

/* A subject is what evidence is about: a signal, or one of the above behind them. */
enum { SLO_SUBJECT__COUNT = SLO_SIGNAL__COUNT + SLO_APP__COUNT };

/** slo_subject_name, _unit - of evidence about @subject, 0 .. SLO_SUBJECT__COUNT - 1. */
const char *slo_subject_name(int subject);
const char *slo_subject_unit(int subject);

struct slo_facts {
	struct slo_fact by_role[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT];
	int role[SLO_SIGNAL__COUNT];  /* the role that speaks for the signal */
	struct slo_fact app[SLO_APP__COUNT];
	bool captured;                /* any signal is in state value or zero */
};

/** slo_facts_clear - nothing captured, contract thresholds. */
void slo_facts_clear(struct slo_facts *f);

/**
 * slo_fact_judge - set @elevated
 *
 * value >= threshold, and, where a baseline exists, value > baseline +
 * max(5 % of |baseline|, 3 * spread): what was high before is no evidence for
 * what began now. Without a baseline the threshold alone decides.
 */
void slo_fact_judge(struct slo_fact *f);

/**
 * slo_facts_choose - per signal the role that speaks for it; sets captured
 *
 * Elevated before not, captured before not, then the larger value / threshold, then role order.
 */
void slo_facts_choose(struct slo_facts *f);

/** slo_facts_of - the fact that speaks for @subject, a signal or what stands behind them. */
static inline const struct slo_fact *slo_facts_of(const struct slo_facts *f, int subject)
{
	if (subject >= SLO_SIGNAL__COUNT)
		return &f->app[subject - SLO_SIGNAL__COUNT];
	return &f->by_role[subject][f->role[subject]];
}

/**
 * slo_facts_from_sample - facts of a benchmark sample's scalars (role other, no baseline)
 *
 * A value of 0 is state zero; a signal that is not listed was not captured;
 * unknown names and non-finite values are skipped. Return: how many were skipped.
 */
uint32_t slo_facts_from_sample(const struct slo_num_pair *signals, uint32_t count, struct slo_facts *out);

/* The windows of one service. */
struct slo_store {
	int64_t chunk_ns;
	struct slo_track *tracks[SLO_SIGNAL__COUNT][SLO_ROLE__COUNT]; /* made when first needed */
	struct slo_track *apps[SLO_APP__COUNT]; /* likewise */
	struct slo_track_budget *budget;
	struct slo_hist scratch;
	uint64_t late;      /* windows whose chunk was gone */
	uint64_t refused;   /* windows without a track, see the budget */
};

void slo_store_init(struct slo_store *s, int64_t chunk_ns, struct slo_track_budget *budget);
void slo_store_fini(struct slo_store *s);

/** slo_store_add - take a window of this service, or a host-wide one of its node. */
void slo_store_add(struct slo_store *s, const struct slo_window *w);

/** slo_store_add_sli - take the application's evidence out of a window of requests; other SLIs are passed over. */
void slo_store_add_sli(struct slo_store *s, const struct slo_sli_window *w);

/** slo_store_onset - new trouble began, see slo_track_onset(). */
void slo_store_onset(struct slo_store *s, int64_t onset_ns, int64_t until_ns);

/** slo_store_calm - see slo_track_calm(). */
void slo_store_calm(struct slo_store *s, int64_t before_ns);

/** slo_store_age - see slo_track_age(). */
void slo_store_age(struct slo_store *s, int64_t at_ns, int64_t skip_from, int64_t skip_to);

/** slo_store_clear - see slo_track_clear(). */
void slo_store_clear(struct slo_store *s, int64_t from_ns, int64_t to_ns);

/** slo_store_forget - see slo_track_forget(). */
void slo_store_forget(struct slo_store *s, int64_t from_ns);

/**
 * slo_store_facts - judged facts over [@from_ns, @to_ns), or over the beginning
 * of the trouble last told, whichever says more of a signal: elevated before
 * not, then the larger value
 */
void slo_store_facts(struct slo_store *s, int64_t from_ns, int64_t to_ns, struct slo_facts *out);

#endif
