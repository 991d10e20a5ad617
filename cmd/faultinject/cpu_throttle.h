/* SPDX-License-Identifier: MIT */
#ifndef FAULTINJECT_CPU_THROTTLE_H
#define FAULTINJECT_CPU_THROTTLE_H

#include "opt/opt.h"

extern const struct slo_cmd faultinject_cpu_throttle;

#endif
