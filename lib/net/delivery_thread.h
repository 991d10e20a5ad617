/* SPDX-License-Identifier: MIT */
/* A thread that takes the steps of a delivery when they are due, and its end within a bound. */
#ifndef SLO_NET_DELIVERY_THREAD_H
#define SLO_NET_DELIVERY_THREAD_H

#include "net/delivery.h"

struct slo_delivery_thread;

/**
 * slo_delivery_thread_start - @d must outlive it, and take its time from slo_now_mono_ns()
 *
 * Signals are blocked in it. Return: 0, -ENOMEM, -EAGAIN.
 */
int slo_delivery_thread_start(struct slo_delivery *d, struct slo_delivery_thread **out);

/** slo_delivery_thread_wake - something was put. */
void slo_delivery_thread_wake(struct slo_delivery_thread *t);

/**
 * slo_delivery_thread_settle - wait until all went out, or a spool keeps what was tried often enough
 * @until_ns: of slo_now_mono_ns(), no longer than that; what waits for another attempt is tried at once first
 * @hurry: looked at ten times a second; may be NULL. Once true, @until_ns becomes @hurry_ns from then, if sooner
 *
 * Return: whether it settled.
 */
bool slo_delivery_thread_settle(struct slo_delivery_thread *t, int64_t *until_ns, bool (*hurry)(void),
				int64_t hurry_ns);

/** slo_delivery_thread_cancelled - for slo_fetch_do(): the thread is being stopped. @t: struct slo_delivery_thread. */
bool slo_delivery_thread_cancelled(void *t);

/** slo_delivery_thread_stop - cut short what is under way, end, release. NULL is fine. */
void slo_delivery_thread_stop(struct slo_delivery_thread *t);

#endif
