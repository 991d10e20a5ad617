/* SPDX-License-Identifier: MIT */
/*
 * Annotations of GitHub Actions: workflow commands, one line each, that show a
 * message at a line of a file. Nothing in a message or a name can end the
 * command or begin another.
 */
#ifndef SLO_RENDER_GITHUB_H
#define SLO_RENDER_GITHUB_H

#include "base/buf.h"

#include <stdint.h>

enum slo_github_level { SLO_GITHUB_NOTICE, SLO_GITHUB_WARNING, SLO_GITHUB_ERROR, SLO_GITHUB__COUNT };

struct slo_github_note {
	enum slo_github_level level;
	struct slo_str file;    /* relative to the checkout; absent = none */
	uint64_t line, column;  /* from 1; 0 = not known */
	struct slo_str title;   /* absent = none */
	struct slo_str message;
};

/**
 * slo_github_add - append "::error file=F,line=N,col=N,title=T::message\n"
 *
 * Escapes as the Actions toolkit does (%, CR, LF; in properties also ":" and ",");
 * other control characters and invalid UTF-8 are written out as \x1b, \xff, ...
 */
void slo_github_add(struct slo_buf *out, const struct slo_github_note *n);

#endif
