/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdio.h>

static const char *tool_name = "slo";
static bool be_quiet;

void slo_log_init(const char *tool, bool quiet)
{
	tool_name = tool;
	be_quiet = quiet;
}

const char *slo_tool_name(void)
{
	return tool_name;
}

static void __attribute__((format(printf, 1, 0))) vprint(const char *fmt, va_list ap)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s: ", tool_name);

	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	fprintf(stderr, "%s\n", line);
}

void slo_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
}

void slo_info(const char *fmt, ...)
{
	va_list ap;

	if (be_quiet)
		return;
	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
}

void slo_warn_err(const struct slo_err *err)
{
	if (err->where[0])
		slo_warn("%s: %s", err->where, err->what);
	else
		slo_warn("%s", err->what);
}
