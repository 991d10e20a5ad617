/* SPDX-License-Identifier: MIT */
/* The subcommands of sloctl, one file each. */
#ifndef SLOCTL_SLOCTL_H
#define SLOCTL_SLOCTL_H

#include "opt/opt.h"
#include "render/term.h"

extern const struct slo_cmd report_cmd, config_cmd, prereq_cmd, cdgate_cmd, notify_cmd, webhook_cmd, explain_cmd;

/** report_run - what report does; also a bare "sloctl" in a pipe. */
int report_run(void *opts, int argc, char **argv);

/** term_facts - what descriptor @fd and the environment say. */
struct slo_term_facts term_facts(int fd);

/* Choices of --color and --charset. */
extern const char *const term_colors[], *const term_charsets[];

/** term_choose - how to write text to standard output; @color, @charset: indices into the above, @width: 0 = ask. */
struct slo_term term_choose(int64_t width, int color, int charset);

/** put_out - write all of @s to standard output. Return: 0 or a negative errno. */
int put_out(struct slo_str s);

/** put_failed - the exit status for a failed put_out(): 0 when the reader went away, else 1 with a message. */
int put_failed(int neg_errno);

#endif
