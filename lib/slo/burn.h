/* SPDX-License-Identifier: MIT */
/* How fast an error budget is being spent: the formulas, nothing else. Pure. */
#ifndef SLO_SLO_BURN_H
#define SLO_SLO_BURN_H

#include <stdbool.h>
#include <stdint.h>

/**
 * slo_burn_rate - burn rate e / (1 - T)
 * @bad:    bad requests of the window (count)
 * @total:  valid requests of the window (count), >= @bad
 * @target: share that must be good, a fraction in (0, 1), e.g. 0.999
 * @ret:    burn rate, dimensionless; 1 spends the budget exactly by the period's end
 *
 * Zero @total is no evidence: the rate is 0 (a caller that must tell the two
 * apart looks at @total).
 * Return: 0; -EDOM if @target is outside (0, 1) or @bad > @total; @ret is then unchanged.
 * Source: SRE Workbook, chapter 5.
 */
int slo_burn_rate(uint64_t bad, uint64_t total, double target, double *ret);

/**
 * slo_burn_reached - whether @rate is at least @need
 *
 * Up to a relative 1e-9: 1 - 0.95 is not exactly 0.05, and 30 bad of 300 must
 * still be a burn rate of 2.
 */
bool slo_burn_reached(double rate, double need);

/**
 * slo_burn_for_budget - the burn rate that spends a share of the budget in a window
 * @budget_pct: share of the period's budget, %
 * @period_s:   budget period, s, > 0
 * @window_s:   window that may spend it, s, > 0
 *
 * (pct / 100) * period / window: 2 % of 30 days within 1 h is 14.4.
 * Return: the rate; NaN for a non-positive period or window.
 */
double slo_burn_for_budget(double budget_pct, int64_t period_s, int64_t window_s);

/**
 * slo_burn_exhaust_s - time until the budget is spent at a constant burn rate
 * @spent: share of the budget already spent, 0 .. 1
 *
 * period * (1 - spent) / burn. Return: seconds; 0 when nothing is left, infinity for burn <= 0.
 */
double slo_burn_exhaust_s(double burn, double spent, int64_t period_s);

/**
 * slo_burn_fire_s - time from a clean start until a window of @window_s reaches @burn
 * @error_ratio: share of bad requests while the fault lasts, 0 .. 1
 *
 * burn * (1 - target) * window / error_ratio; infinity when it never does.
 */
double slo_burn_fire_s(double burn, double target, int64_t window_s, double error_ratio);

#endif
