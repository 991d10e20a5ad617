/* SPDX-License-Identifier: MIT */
/*
 * Parts of the benchgen tool. It knows the truth; what predicts is another
 * process that is given a stream without a name and the objectives.
 */
#ifndef BENCHGEN_H
#define BENCHGEN_H

#include "attribute/loudest.h"
#include "attribute/tally.h"
#include "base/buf.h"
#include "base/rng.h"
#include "gen/recorded.h"
#include "net/digest.h"
#include "opt/opt.h"
#include "stat/ranktest.h"

struct json_t;

enum {
	EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_BACKEND = 4,
	JOBS_MAX = 64,
	ARGS_MAX = 64,            /* words of an attributor's command line */
	INPUT_MAX = 256 << 20,    /* bytes of one inflated stream, or of all fault samples */
	ANSWER_MAX = 64 << 20,    /* bytes an attributor may write about one incident */
	COSTS_MAX = 1 << 17,      /* rows of collector_overhead.csv */
	NODES_MAX = 256,          /* distinct nodes counted */
	REPORT_MAX = 64 << 20,    /* bytes of one artifact */
	BOOT_ITERATIONS = 2000,
	RANDOM_DRAWS = 1000,
	TIMEOUT_S = 300,          /* longest time an attributor may take for one incident */
};

struct options {
	const char *input, *out, *incidents, *workload, *attributor, *bayes_model;
	int scenario, split, stream, mode; /* indices; split may be SPLIT_ALL */
	int64_t seed, jobs;
};

enum { SPLIT_ALL = SLO_SPLIT__COUNT };
enum { MODE_BAYES, MODE_RULE };

/* Scenarios that are not the name of a fault; they come first in the table of names. */
enum { SCENARIO_ALL, SCENARIO_MIXED_FAULTS, SCENARIO_MIXED_MULTI, SCENARIO__FAULTS };

extern const char *const benchgen_scenarios[], *const benchgen_splits[], *const benchgen_modes[];
extern const struct slo_opt benchgen_options[];

/* Who answers. Each is scored on the same incidents. */
enum method {
	METHOD_OURS,     /* the attributor under test */
	METHOD_RULES,    /* the same in rule mode */
	METHOD_LOUDEST,
	METHOD_MAJORITY,
	METHOD_RANDOM,
	METHOD__COUNT
};

extern const char *const method_name[METHOD__COUNT], *const method_about[METHOD__COUNT];

/* One stats record of an agent. NaN = not recorded. */
struct cost {
	int64_t at_ns;
	uint32_t incident;        /* index */
	char node[64];
	double cpu_pct, bpf_cpu_pct, memory_mb, events_s, dropped;
};

/* What is said of one incident beside its truth and the answers. */
struct item {
	const struct slo_recorded *rec; /* NULL for a fault sample */
	char *id, *scenario;      /* owned */
	uint64_t lines, withheld; /* of the stream: given to the attributor, and kept from it as it tells the truth */
	uint64_t unreadable;
	uint64_t foreign;         /* incident lines about other services */
	char agent[64];           /* version of the agent that recorded it; "" = not known */
	int64_t cpus;             /* of its machine; 0 = not known */
	bool described, emulated; /* there is a run.json; its machine was an emulation */
	bool live, traced;        /* probe provenance: live sources only; some windows from probes in the kernel */
};

/* A number with where the truth may lie. */
struct figure {
	double value, lo, hi;     /* NaN = not there */
	const char *why;          /* why there is no value; NULL when there is one */
};

struct result {
	const char *absent;       /* why the method could not answer at all; NULL = it could */
	bool told;                /* see struct slo_tally */
	struct slo_tally tally;   /* of METHOD_RANDOM: of its last draw; only the cases mean something */
	struct figure metric[SLO_METRIC__COUNT];
};

struct costs {
	struct cost *rows;
	size_t count, cap;
	uint64_t dropped;         /* rows beyond COSTS_MAX */
};

/* What the attributor is and how it is called. */
struct command {
	const char *argv[ARGS_MAX + 1]; /* the words that come first; path made absolute */
	size_t argc;
	char *path, *text;        /* owned: what they point into */
	char sha256[SLO_SHA256_HEX]; /* of the program; "unknown" when it cannot be read */
};

struct bench {
	const struct options *o;
	struct command command;
	struct slo_recorded_set set;    /* the manifest */
	bool recorded;                  /* else fault samples */
	struct item *items;
	struct slo_case *cases;
	struct slo_outcome *out[METHOD__COUNT]; /* by item */
	size_t count;
	uint32_t majority;        /* set of the train split; 0 = none */
	uint64_t train;           /* its positives */
	char model[32];           /* as the answers name it; "" = they do not, "several" */
	uint64_t without_stream;  /* chosen, but this stream was not recorded */
	struct costs costs;
	struct result result[METHOD__COUNT];
	char manifest_sha256[SLO_SHA256_HEX], dataset_sha256[SLO_SHA256_HEX];
	const char *runner_mode, *git_commit, *image_digest, *kernel_config_hash; /* environment, or "unknown" */
	int release_wanted;       /* RELEASE_GRADE: 1, 0, or -1 for not set */
	bool release_grade;
	char release_why[160];    /* why not; "" */
	int64_t started_ns, finished_ns;
};

/** command_find - --attributor, else the one beside this program, else of PATH. Return: 0 or -EINVAL with @err. */
int command_find(struct command *c, const char *given, struct slo_err *err);

/* What one run of an attributor is given. */
struct task {
	int in;                   /* seekable; rewound */
	int mode;
	const char *bayes_model;  /* "" = the attributor's own choice */
	struct slo_str objectives; /* joined by ";", absent for fault samples */
};

/* A running attributor. */
struct child {
	int64_t pid;              /* 0 = none */
	int pidfd;                /* readable when it has ended; -1 = none */
	int out, errors;          /* what it wrote, to be read when it has ended; -1 = none */
	int64_t deadline_ns;      /* monotonic */
};

void child_init(struct child *k);

/** child_start - Return: 0; a negative errno with @err. */
int child_start(struct child *k, const struct command *c, const struct task *t, struct slo_err *err);

/** child_check - Return: 0; -ETIMEDOUT or -EMSGSIZE with @err when it takes too long or writes too much. */
int child_check(const struct child *k, const struct command *c, struct slo_err *err);

/** child_end - take its exit status once it has ended. Return: 0 for exit status 0; a negative errno with @err. */
int child_end(struct child *k, const struct command *c, struct slo_err *err);

/** child_drop - kill it if it runs, close what is open. */
void child_drop(struct child *k);

/** child_plain_file - a file in memory under the name "stream". Return: descriptor or a negative errno. */
int child_plain_file(void);

/** dataset_load - read the manifest, choose. Return: 0 or a negative errno with @err; nothing chosen is -ENOENT. */
int dataset_load(struct bench *b, struct slo_err *err);

/** dataset_stream - path of the stream of item @i; NULL without memory. Caller frees. */
char *dataset_stream(const struct bench *b, size_t i);

/**
 * stream_prepare - read the stream of item @i once: a copy without truth into @fd, windows into @l, costs, provenance
 *
 * Return: 0; a negative errno with @err, among others when its checksum is not the manifest's.
 */
int stream_prepare(struct bench *b, size_t i, int fd, struct slo_loudest *l, struct slo_err *err);

/** environment_read - what run.json beside the streams of item @i says of the machine; nothing when there is none. */
void environment_read(struct bench *b, size_t i);

/** distinct_texts - what @of says of the items, each text once, in the order first seen; a new array. */
struct json_t *distinct_texts(const struct bench *b, struct slo_str (*of)(const struct item *it));

/** environment_json - of all items; a new object. */
struct json_t *environment_json(const struct bench *b);

/** run_incidents - have every incident answered by the methods that look at its stream. Return: an exit status. */
int run_incidents(struct bench *b);

/** samples_run - the same for the fault samples of --input. Return: an exit status. */
int samples_run(struct bench *b);

/** bench_model - note the model an answer of METHOD_OURS names. */
void bench_model(struct bench *b, struct slo_str model);

/** bench_alloc - room for @n items and their answers. Return: 0 or -ENOMEM. */
int bench_alloc(struct bench *b, size_t n);

/** score_all - majority and random answers, tallies, intervals. Return: 0 or -ENOMEM. */
int score_all(struct bench *b);

/** provenance_read - what the environment says. Return: 0 or -EINVAL with @err. */
int provenance_read(struct bench *b, struct slo_err *err);

/** provenance_judge - whether the recordings earn a release grade. */
void provenance_judge(struct bench *b);

/** bundle_time - now, or SOURCE_DATE_EPOCH. */
int64_t bundle_time(void);

/** bundle_write - all artifacts. Return: 0 or a negative errno with @err. */
int bundle_write(const struct bench *b, struct slo_err *err);

typedef void artifact_fn(struct slo_buf *to, const struct bench *b);

artifact_fn write_predictions, write_confusion, write_classes, write_overhead, write_summary, write_provenance,
	write_report, write_table;

/** csv_field - @s, quoted where it must be. */
void csv_field(struct slo_buf *to, const char *s);

/** domains_add - names joined by "+"; "none" for the empty set. */
void domains_add(struct slo_buf *to, uint32_t set);

/** class_name - of a domain or SLO_TALLY_NONE. */
const char *class_name(int class);

/** classes_by_name - every class, sorted by name. */
void classes_by_name(int order[SLO_TALLY_CLASSES]);

#endif
