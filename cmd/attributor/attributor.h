/* SPDX-License-Identifier: MIT */
/* Parts of the attributor tool. */
#ifndef ATTRIBUTOR_H
#define ATTRIBUTOR_H

#include "attribute/noisyor_model.h"
#include "base/buf.h"
#include "config/config.h"
#include "event/event.h"
#include "io/filter.h"
#include "net/webhook.h"
#include "opt/opt.h"

#include <signal.h>

struct attributor_opts {
	const char *input, *out;           /* endpoints */
	const char *summary_out, *confusion_out, *reject; /* files; "" = none */
	const char *schema, *config;
	const char *model;                 /* file; "" = none */
	int mode, bayes_model;             /* index into modes, models */
	struct slo_opt_list objectives;
	int64_t lateness_ns, stale_after_ns, update_every_ns;
	bool strict, stats;
	bool webhook_enabled, webhook_strict;
	const char *webhook_url, *webhook_url_file, *webhook_secret, *webhook_secret_file, *webhook_spool,
		*webhook_ca_file;
	int webhook_format;
	int64_t webhook_timeout_ns;
	bool allow_http;
	struct slo_opt_list allow_hosts;
};

extern const struct slo_opt attributor_options[];

/* One run: where lines come from and go to. */
struct attributor {
	const struct attributor_opts *o;
	const struct slo_model *model, *sample_model; /* of records, of fault samples */
	struct slo_noisyor_model noisyor, expert;     /* where they are these */
	struct slo_config config;
	struct slo_filter filter;
	struct slo_writer *out, *reject;
	struct slo_rec_ctx ctx;
	struct slo_buf line;
	struct slo_event ev;  /* being read */
	struct slo_webhook *webhook; /* or NULL */
	uint64_t undelivered; /* what the webhook could not deliver, once it has ended */
	bool live;            /* input is not a regular file */
	uint64_t skipped;     /* records of kinds this run does not use */
	int status;           /* exit status so far */
};

extern volatile sig_atomic_t attributor_stop;

/** attributor_write - one incident line; flushed when the input is live. Return: false when the run must end. */
bool attributor_write(struct attributor *a, const struct slo_incident *inc);

/** model_choose - set @a->model as the options ask. Return: 0, or a negative errno with @err. */
int model_choose(struct attributor *a, struct slo_err *err);

/** webhook_start - if options or configuration ask for one. Return: 0, or a negative errno with @err. */
int webhook_start(struct attributor *a, struct slo_err *err);

/** webhook_end - wait for what is under way, report, set @a->undelivered and, with --webhook-strict, @a->status. */
void webhook_end(struct attributor *a);

/** attributor_note - count one line that could not be read; text that was too long comes as the absent view. */
void attributor_note(struct attributor *a, struct slo_str line, struct slo_err *err);

/** stream_run - follow records; the first is in @a->ev. */
int stream_run(struct attributor *a, int bare);

/** samples_run - judge fault samples; the first is in @a->ev, unless @empty. */
int samples_run(struct attributor *a, int bare, bool empty);

#endif
