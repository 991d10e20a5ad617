/* SPDX-License-Identifier: MIT */
/* Parts of faultreplay. */
#ifndef FAULTREPLAY_REPLAY_H
#define FAULTREPLAY_REPLAY_H

#include "event/event.h"
#include "gen/recorded.h"
#include "io/filter.h"
#include "opt/opt.h"

#include <signal.h>

enum replay_format { REPLAY_SAMPLES, REPLAY_RECORDS };
enum replay_at { REPLAY_AT_RECORDED, REPLAY_AT_NOW };

struct replay_opts {
	int scenario;                 /* index into the choices of main.c */
	int64_t count;
	const char *out;              /* endpoint */
	const char *incidents;        /* folder of the set */
	int domain, split, stratum;   /* enum + 1; 0 = any */
	const char *place, *profile;  /* "" = any */
	int stream;                   /* enum SLO_STREAM */
	int64_t seed;
	int format;                   /* enum replay_format */
	const char *speed;
	int at;                       /* enum replay_at */
	const char *labels;           /* endpoint, or "" */
};

/* One run of the tool. */
struct replay {
	const struct replay_opts *o;
	struct slo_recorded_set set;
	struct slo_writer *out, *labels; /* @labels may be NULL */
	struct slo_rec_ctx ctx;
	struct slo_buf line;
	double speed;                    /* times the recorded pace; 0 = as fast as it goes */
	int64_t until_ns;                /* end of what was replayed last, on the clock it was replayed to */
	uint64_t malformed;              /* lines of the recordings that could not be read */
	uint64_t immovable;              /* records without a known time, left out with --at now */
	bool broken;                     /* the output: why, the writer says when it is closed */
};

extern volatile sig_atomic_t replay_stop;
extern const struct slo_opt replay_options[];

/** replay_settle - settings that hang on others, and what @r takes from them. Return: 0; -EINVAL with @err. */
int replay_settle(struct replay *r, struct replay_opts *o, struct slo_err *err);

/** replay_filter - which incidents the options ask for. */
void replay_filter(const struct replay_opts *o, struct slo_recorded_filter *f);

/** replay_load - read the manifest of @dir. Return: 0; a negative errno with @err. */
int replay_load(struct slo_recorded_set *set, const char *dir, struct slo_err *err);

/* One line of a recording; the event when it could be decoded. Return: false to stop. */
typedef bool replay_line_fn(void *arg, struct slo_str line, const struct slo_event *ev);

/**
 * replay_read - each line of DIR/@path
 * @kinds: bit set of the kinds to decode; lines of others are handed on with a NULL event
 *
 * Lines that cannot be decoded are reported, counted and left out. Return: 0; a negative errno with @err.
 */
int replay_read(struct replay *r, struct slo_str path, uint32_t kinds, replay_line_fn *each, void *arg,
		struct slo_err *err);

/** replay_write - one record to @w. Return: false when that is over. */
bool replay_write(struct replay *r, struct slo_writer *w, const struct slo_event *ev);

/**
 * replay_sample - write @inc as one fault_sample
 * @again: how often it was written already
 *
 * Return: 0; a negative errno with @err.
 */
int replay_sample(struct replay *r, const struct slo_recorded *inc, uint32_t again, struct slo_err *err);

/** replay_records - write the records of @inc, and its labels where asked for. Return: as replay_sample(). */
int replay_records(struct replay *r, const struct slo_recorded *inc, struct slo_err *err);

#endif
