/* SPDX-License-Identifier: MIT */
/* Measurements into verdicts. */
#include "gate/judge.h"

/* In the order in which one outcome hides another, strongest first. */
static const int order[] = { SLO_GATE_FAIL, SLO_GATE_ERROR, SLO_GATE_INCONCLUSIVE, SLO_GATE_PASS };

static int strength(int outcome)
{
	int i = 0;

	while (order[i] != outcome)
		i++;
	return i;
}

void slo_gate_count(struct slo_gate_tally *t, const struct slo_gate_measure *m)
{
	bool first = !(t->passes || t->violations || t->inconclusive || t->errors);

	t->passes += m->outcome == SLO_GATE_PASS;
	t->violations += m->outcome == SLO_GATE_FAIL;
	t->inconclusive += m->outcome == SLO_GATE_INCONCLUSIVE;
	t->errors += m->outcome == SLO_GATE_ERROR;
	t->errors_in_row = m->outcome == SLO_GATE_ERROR ? t->errors_in_row + 1 : 0;
	if (t->errors_most < t->errors_in_row)
		t->errors_most = t->errors_in_row;
	if (first || strength(m->outcome) <= strength(t->worst.outcome))
		t->worst = *m;
}

int slo_gate_verdict(const struct slo_gate_tally *t, const struct slo_gate_patience *c, bool *done)
{
	*done = true;
	if (t->violations > c->failure_limit)
		return SLO_GATE_FAIL;
	if (t->errors_most > c->error_limit)
		return SLO_GATE_ERROR;
	*done = t->passes + t->violations + t->inconclusive >= c->count;
	if (t->inconclusive > c->inconclusive_limit)
		return SLO_GATE_INCONCLUSIVE;
	/* Whatever is put up with: without one measurement that held there is nothing to pass on. */
	if (t->passes)
		return *done ? SLO_GATE_PASS : SLO_GATE_INCONCLUSIVE;
	if (t->violations)
		return SLO_GATE_FAIL;
	return t->errors && !t->inconclusive ? SLO_GATE_ERROR : SLO_GATE_INCONCLUSIVE;
}

bool slo_gate_wait_more(const struct slo_gate_tally *t, size_t n, const struct slo_gate_patience *c)
{
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		bool done;
		int verdict = slo_gate_verdict(&t[i], c, &done);

		if (done && verdict == SLO_GATE_FAIL)
			return false;
		more = more || !done;
	}
	return more;
}

struct slo_gate_result slo_gate_overall(const struct slo_gate_tally *t, size_t n, const struct slo_gate_patience *c,
					bool fail_open)
{
	struct slo_gate_result all = { .outcome = SLO_GATE_PASS };

	for (size_t i = 0; i < n; i++) {
		bool done;
		int verdict = slo_gate_verdict(&t[i], c, &done);

		if (verdict == SLO_GATE_ERROR && fail_open && t[i].worst.unavailable && !t[i].violations) {
			all.degraded = true;
			verdict = SLO_GATE_PASS;
		}
		if (strength(verdict) < strength(all.outcome))
			all.outcome = verdict;
	}
	all.degraded = all.degraded && all.outcome == SLO_GATE_PASS;
	return all;
}

int slo_gate_exit_status(int outcome)
{
	static const int status[] = { [SLO_GATE_PASS] = 0, [SLO_GATE_FAIL] = 1, [SLO_GATE_INCONCLUSIVE] = 3,
				      [SLO_GATE_ERROR] = 4 };

	return status[outcome];
}
