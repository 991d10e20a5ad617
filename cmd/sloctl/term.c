/* SPDX-License-Identifier: MIT */
#include "sloctl.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *first_set(const char *const *names)
{
	for (; *names; names++) {
		const char *v = getenv(*names);

		if (v && v[0])
			return v;
	}
	return NULL;
}

struct slo_term_facts term_facts(int fd)
{
	static const char *const locale[] = { "LC_ALL", "LC_CTYPE", "LANG", NULL };
	struct slo_term_facts f = {
		.isatty = isatty(fd),
		.no_color = getenv("NO_COLOR"),
		.term = getenv("TERM"),
		.lang = first_set(locale),
	};
	struct winsize ws;

	if (f.isatty && ioctl(fd, TIOCGWINSZ, &ws) == 0) {
		f.columns = ws.ws_col;
		f.rows = ws.ws_row;
	}
	return f;
}

const char *const term_colors[] = { "auto", "always", "never", NULL };
const char *const term_charsets[] = { "auto", "utf-8", "ascii", NULL };

struct slo_term term_choose(int64_t width, int color, int charset)
{
	enum { AUTO, UTF8 };
	struct slo_term_facts f = term_facts(STDOUT_FILENO);
	struct slo_term t;

	f.want_width = (int)width;
	f.colour = (enum slo_colour_mode)color;
	t = slo_term_decide(&f);
	if (charset != AUTO)
		t.utf8 = charset == UTF8;
	return t;
}

int put_out(struct slo_str s)
{
	while (s.len > 0) {
		ssize_t n = write(STDOUT_FILENO, s.p, s.len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			s = slo_str_n(s.p + n, s.len - (size_t)n);
	}
	return 0;
}

int put_failed(int neg_errno)
{
	if (neg_errno == -EPIPE)
		return EXIT_SUCCESS;
	slo_warn("standard output: %s", slo_strerror(neg_errno));
	return EXIT_FAILURE;
}
