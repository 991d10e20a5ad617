/* SPDX-License-Identifier: MIT */
/*
 * The incidents on a terminal, redrawn in place. The screen is entered with the
 * first frame and left however the program ends that can be noticed.
 */
#ifndef SLOCTL_LIVE_H
#define SLOCTL_LIVE_H

#include "store.h"
#include "render/term.h"

#include <signal.h>

/* Set by signals. */
extern volatile sig_atomic_t live_stop;    /* SIGINT, SIGTERM, SIGHUP: finish */
extern volatile sig_atomic_t live_changed; /* SIGWINCH, SIGCONT: draw again */

/** live_signals - install the handlers; with @screen those that keep the terminal usable as well. */
void live_signals(bool screen);

/** live_draw - draw the latest state of everything in @s. Return: 0 or a negative errno. */
int live_draw(const struct store *s, const struct slo_term *t);

/** live_leave - give the terminal back. Does nothing when live_draw() was never called. */
void live_leave(void);

#endif
