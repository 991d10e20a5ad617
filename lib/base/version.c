/* SPDX-License-Identifier: MIT */
#include "base/version.h"

#ifndef SLO_VERSION
#error "SLO_VERSION comes from CHANGELOG.md through the Makefile"
#endif

const char *slo_version(void)
{
	return SLO_VERSION;
}
