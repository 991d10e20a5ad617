/* SPDX-License-Identifier: MIT */
#ifndef FAULTINJECT_H
#define FAULTINJECT_H

#include "opt/opt.h"

extern const struct slo_cmd faultinject_run, faultinject_list, faultinject_undo;

/* The faults this release can inject; indexed by enum SLO_FAULT, NULL = not built. */
const struct slo_cmd *faultinject_built(int fault);

#endif
