/* SPDX-License-Identifier: MIT */
/* Dates, times and durations: RFC 3339, section 5.6 and appendix A. */
#include "jschema/format_parts.h"

/* @n digits at the start of @s; -1 = they are not there. */
static int digits(struct slo_str s, size_t n)
{
	int v = 0;

	if (s.len < n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!format_digit(s.p[i]))
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

bool slo_format_date(struct slo_str s)
{
	int year, month, day;

	if (s.len != 10 || s.p[4] != '-' || s.p[7] != '-')
		return false;
	year = digits(s, 4);
	month = digits(format_rest(s, 5), 2);
	day = digits(format_rest(s, 8), 2);
	return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

/* Minutes that local time is ahead of UTC; false = not an offset. */
static bool read_offset(struct slo_str s, int *minutes)
{
	int h, m;

	if (s.len == 1) {
		*minutes = 0;
		return s.p[0] == 'Z' || s.p[0] == 'z';
	}
	if (s.len != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':')
		return false;
	h = digits(format_rest(s, 1), 2);
	m = digits(format_rest(s, 4), 2);
	*minutes = (h * 60 + m) * (s.p[0] == '-' ? -1 : 1);
	return h >= 0 && h <= 23 && m >= 0 && m <= 59;
}

bool slo_format_time(struct slo_str s)
{
	int h, m, sec, offset;
	size_t n = 8;

	if (s.len < 9 || s.p[2] != ':' || s.p[5] != ':')
		return false;
	h = digits(s, 2);
	m = digits(format_rest(s, 3), 2);
	sec = digits(format_rest(s, 6), 2);
	if (h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
		return false;
	if (s.p[n] == '.') {
		for (n++; n < s.len && format_digit(s.p[n]);)
			n++;
		if (n == 9)
			return false;
	}
	if (!read_offset(format_rest(s, n), &offset))
		return false;
	/* A leap second is the last one of a day in UTC. */
	return sec < 60 || (h * 60 + m - offset + 2 * 1440) % 1440 == 1439;
}

bool slo_format_date_time(struct slo_str s)
{
	return s.len > 11 && (s.p[10] == 'T' || s.p[10] == 't') && slo_format_date(slo_str_n(s.p, 10)) &&
	       slo_format_time(format_rest(s, 11));
}

/* Numbers with units: any of them first, then each the one after it, so that P1Y2D is none. Returns bytes. */
static size_t read_units(struct slo_str s, const char *units)
{
	size_t at = 0;

	for (const char *next = units, *found; at < s.len; next = found + 1) {
		size_t n = at;

		while (n < s.len && format_digit(s.p[n]))
			n++;
		if (n == at || n == s.len || !s.p[n])
			break;
		found = strchr(next, s.p[n]);
		if (!found || (next != units && found != next))
			break;
		at = n + 1;
	}
	return at;
}

bool slo_format_duration(struct slo_str s)
{
	size_t n, weeks;

	if (s.len < 3 || s.p[0] != 'P')
		return false;
	s = format_rest(s, 1);
	weeks = read_units(s, "W");
	if (weeks)
		return weeks == s.len;
	n = read_units(s, "YMD");
	if (n == s.len)
		return true;
	if (s.p[n] != 'T' || n + 1 == s.len)
		return false;
	s = format_rest(s, n + 1);
	return read_units(s, "HMS") == s.len;
}
