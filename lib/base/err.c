/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

int slo_err_set(struct slo_err *err, int ret, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->what[0])
		return ret;
	va_start(ap, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, ap);
	va_end(ap);
	return ret;
}

void slo_err_at(struct slo_err *err, const char *fmt, ...)
{
	char place[sizeof(err->where)];
	char old[sizeof(err->where)];
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	memcpy(old, err->where, sizeof(old));
	if (old[0])
		/* Too long a place loses its innermost end, never its file. */
		(void)!snprintf(err->where, sizeof(err->where), "%.100s: %.56s", place, old);
	else
		memcpy(err->where, place, sizeof(place));
}

void slo_err_reset(struct slo_err *err)
{
	if (err) {
		err->where[0] = '\0';
		err->what[0] = '\0';
	}
}

const char *slo_strerror(int neg_errno)
{
	static _Thread_local char text[128];
	const char *name = strerrorname_np(-neg_errno);

	snprintf(text, sizeof(text), "%s: %s", name ? name : "unknown error", strerror(-neg_errno));
	return text;
}
