/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include "base/num.h"

#include <errno.h>
#include <time.h>

/* Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static int64_t days_from_civil(int y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t z, int *y, int *m, int *d)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = z / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

/* @n digits at @p as a number, or -1. */
static int digits(const char *p, int n)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

static int days_in_month(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : days[m - 1];
}

/* "Z" or "±hh:mm" ending at @end. Return: 0 and the offset, or -EINVAL. */
static int parse_zone(const char *p, const char *end, int *offset_s)
{
	int h, m;

	if (end - p == 1 && (*p == 'Z' || *p == 'z')) {
		*offset_s = 0;
		return 0;
	}
	if (end - p != 6 || (*p != '+' && *p != '-') || p[3] != ':')
		return -EINVAL;
	h = digits(p + 1, 2);
	m = digits(p + 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return -EINVAL;
	*offset_s = (*p == '-' ? -1 : 1) * (h * 3600 + m * 60);
	return 0;
}

static int parse_date_time(const char *p, int64_t *seconds)
{
	int y = digits(p, 4), mo = digits(p + 5, 2), d = digits(p + 8, 2);
	int h = digits(p + 11, 2), mi = digits(p + 14, 2), s = digits(p + 17, 2);

	if (p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't' && p[10] != ' ') || p[13] != ':' ||
	    p[16] != ':')
		return -EINVAL;
	if (y < 0 || mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo))
		return -EINVAL;
	if (h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 60)
		return -EINVAL;
	if (y < 1678 || y > 2261)
		return -ERANGE;
	*seconds = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
	return 0;
}

int slo_parse_rfc3339(struct slo_str s, int64_t *out)
{
	const char *p = s.p + 19, *end = s.p + s.len;
	int64_t seconds, frac = 0, scale = SLO_NS_PER_S;
	int offset, r;

	if (s.len < 20)
		return -EINVAL;
	r = parse_date_time(s.p, &seconds);
	if (r)
		return r;
	if (*p == '.') {
		const char *from = ++p;

		for (; p < end && *p >= '0' && *p <= '9'; p++) {
			scale /= 10;
			frac += (*p - '0') * scale;
		}
		if (p == from)
			return -EINVAL;
	}
	r = parse_zone(p, end, &offset);
	if (r)
		return r;
	*out = (seconds - offset) * SLO_NS_PER_S + frac;
	return 0;
}

static void put(char *to, int n, int64_t v)
{
	while (n-- > 0) {
		to[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

size_t slo_fmt_rfc3339(char *to, int64_t ns)
{
	int64_t seconds = ns / SLO_NS_PER_S, frac = ns % SLO_NS_PER_S, day, sod;
	int y, m, d;
	size_t n = 19;

	if (frac < 0) {
		frac += SLO_NS_PER_S;
		seconds--;
	}
	day = seconds / 86400;
	sod = seconds % 86400;
	if (sod < 0) {
		sod += 86400;
		day--;
	}
	civil_from_days(day, &y, &m, &d);
	memcpy(to, "0000-00-00T00:00:00", 19);
	put(to, 4, y);
	put(to + 5, 2, m);
	put(to + 8, 2, d);
	put(to + 11, 2, sod / 3600);
	put(to + 14, 2, sod / 60 % 60);
	put(to + 17, 2, sod % 60);
	if (frac) {
		to[19] = '.';
		put(to + 20, 9, frac);
		for (n = 29; to[n - 1] == '0'; n--)
			;
	}
	to[n++] = 'Z';
	return n;
}

int slo_parse_duration(struct slo_str s, int64_t unit_ns, int64_t *out_ns)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", SLO_NS_PER_MS }, { "s", SLO_NS_PER_S },
		{ "m", 60 * SLO_NS_PER_S }, { "h", 3600 * SLO_NS_PER_S }, { "d", 86400 * SLO_NS_PER_S },
	};
	size_t n = 0;
	double v;
	int r;

	while (n < s.len && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.'))
		n++;
	r = slo_parse_f64(slo_str_n(s.p, n), &v);
	if (r)
		return r;
	for (size_t i = 0; n < s.len; i++) {
		if (i == SLO_ARRAY_LEN(units))
			return -EINVAL;
		if (slo_str_is(slo_str_n(s.p + n, s.len - n), units[i].name)) {
			unit_ns = units[i].ns;
			break;
		}
	}
	if (v * (double)unit_ns > 9.2e18)
		return -ERANGE;
	*out_ns = (int64_t)(v * (double)unit_ns);
	return 0;
}

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * SLO_NS_PER_S + ts.tv_nsec;
}

int64_t slo_now_wall_ns(void)
{
	return now_ns(CLOCK_REALTIME);
}

int64_t slo_now_mono_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}
