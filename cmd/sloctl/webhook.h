/* SPDX-License-Identifier: MIT */
/* The subcommands of sloctl webhook that work on a spool. */
#ifndef SLOCTL_WEBHOOK_H
#define SLOCTL_WEBHOOK_H

#include "sloctl.h"

extern const struct slo_cmd webhook_list_cmd, webhook_replay_cmd, webhook_purge_cmd;

#endif
