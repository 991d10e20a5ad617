/* SPDX-License-Identifier: MIT */
#ifndef SLO_BASE_VERSION_H
#define SLO_BASE_VERSION_H

/** slo_version - the release, as the newest heading of CHANGELOG.md names it ("0.3.0"). */
const char *slo_version(void);

#endif
