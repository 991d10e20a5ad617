/* SPDX-License-Identifier: MIT */
#include "jschema/format.h"

#include "jschema/format_parts.h"

static const struct {
	const char *name;
	slo_format_fn *check;
} formats[] = {
	{ "date", slo_format_date },
	{ "date-time", slo_format_date_time },
	{ "duration", slo_format_duration },
	{ "email", slo_format_email },
	{ "hostname", slo_format_hostname },
	{ "idn-email", slo_format_idn_email },
	{ "idn-hostname", slo_format_idn_hostname },
	{ "ipv4", slo_format_ipv4 },
	{ "ipv6", slo_format_ipv6 },
	{ "iri", slo_format_iri },
	{ "iri-reference", slo_format_iri_reference },
	{ "json-pointer", slo_format_json_pointer },
	{ "regex", slo_format_regex },
	{ "relative-json-pointer", slo_format_relative_json_pointer },
	{ "time", slo_format_time },
	{ "uri", slo_format_uri },
	{ "uri-reference", slo_format_uri_reference },
	{ "uri-template", slo_format_uri_template },
	{ "uuid", slo_format_uuid },
};

slo_format_fn *slo_format_find(struct slo_str name)
{
	for (size_t i = 0; i < SLO_ARRAY_LEN(formats); i++) {
		if (slo_str_is(name, formats[i].name))
			return formats[i].check;
	}
	return NULL;
}
