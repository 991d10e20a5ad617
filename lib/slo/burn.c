/* SPDX-License-Identifier: MIT */
#include "slo/burn.h"

#include <errno.h>
#include <math.h>

int slo_burn_rate(uint64_t bad, uint64_t total, double target, double *ret)
{
	if (!(target > 0 && target < 1) || bad > total)
		return -EDOM;
	*ret = total ? (double)bad / (double)total / (1 - target) : 0;
	return 0;
}

bool slo_burn_reached(double rate, double need)
{
	return rate >= need * (1 - 1e-9);
}

double slo_burn_for_budget(double budget_pct, int64_t period_s, int64_t window_s)
{
	if (period_s <= 0 || window_s <= 0)
		return NAN;
	return budget_pct / 100 * (double)period_s / (double)window_s;
}

double slo_burn_exhaust_s(double burn, double spent, int64_t period_s)
{
	if (spent >= 1)
		return 0;
	return burn > 0 ? (double)period_s * (1 - spent) / burn : INFINITY;
}

double slo_burn_fire_s(double burn, double target, int64_t window_s, double error_ratio)
{
	double need = burn * (1 - target); /* error ratio the whole window must reach */

	return need <= error_ratio ? (double)window_s * need / error_ratio : INFINITY;
}
