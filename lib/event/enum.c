/* SPDX-License-Identifier: MIT */
#include "event/enum.h"

#define NAME(id, name) name,
#define DEFINE(var, prefix, LIST) \
	static const char *const var##_names[] = { LIST(NAME) }; \
	_Static_assert(SLO_ARRAY_LEN(var##_names) == prefix##__COUNT, "one name for each value"); \
	const struct slo_enum var##_enum = { var##_names, prefix##__COUNT }

DEFINE(slo_kind, SLO_KIND, SLO_KINDS);
DEFINE(slo_signal, SLO_SIGNAL, SLO_SIGNALS);
DEFINE(slo_sli, SLO_SLI, SLO_SLIS);
DEFINE(slo_domain, SLO_DOMAIN, SLO_DOMAINS);
DEFINE(slo_sli_status, SLO_SLI_STATUS, SLO_SLI_STATUSES);
DEFINE(slo_probe_status, SLO_PROBE_STATUS, SLO_PROBE_STATUSES);
DEFINE(slo_role, SLO_ROLE, SLO_ROLES);
DEFINE(slo_state, SLO_STATE, SLO_STATES);
DEFINE(slo_bad, SLO_BAD, SLO_BAD_CLASSES);
DEFINE(slo_incident_status, SLO_INCIDENT_STATUS, SLO_INCIDENT_STATUSES);
DEFINE(slo_source, SLO_SOURCE, SLO_SOURCES);
DEFINE(slo_evidence, SLO_EVIDENCE, SLO_EVIDENCE_SOURCES);
DEFINE(slo_fault, SLO_FAULT, SLO_FAULTS);
DEFINE(slo_detail, SLO_DETAIL, SLO_FAULT_DETAILS);
DEFINE(slo_onset, SLO_ONSET, SLO_ONSETS);
DEFINE(slo_abstention, SLO_ABSTENTION, SLO_ABSTENTIONS);
DEFINE(slo_direction, SLO_DIRECTION, SLO_DIRECTIONS);
DEFINE(slo_drop, SLO_DROP, SLO_DROPS);
DEFINE(slo_tier, SLO_TIER, SLO_TIERS);
