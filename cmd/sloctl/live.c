/* SPDX-License-Identifier: MIT */
#include "live.h"

#include "sloctl.h"
#include "view.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

volatile sig_atomic_t live_stop, live_changed;
static volatile sig_atomic_t entered;

static void leave_screen(void)
{
	if (entered)
		(void)!write(STDOUT_FILENO, slo_screen_leave, strlen(slo_screen_leave));
	entered = 0;
}

static void on_stop(int sig)
{
	(void)sig;
	live_stop = 1;
}

static void on_change(int sig)
{
	(void)sig;
	live_changed = 1;
}

/* Ctrl-Z: the shell gets its screen back; SIGCONT draws ours again. */
static void on_suspend(int sig)
{
	int saved = errno;

	(void)sig;
	leave_screen();
	raise(SIGSTOP);
	live_changed = 1;
	errno = saved;
}

void live_signals(bool screen)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa = { .sa_handler = on_stop };

	for (size_t i = 0; i < SLO_ARRAY_LEN(stops); i++)
		sigaction(stops[i], &sa, NULL);
	if (!screen)
		return;
	sa.sa_handler = on_change;
	sigaction(SIGWINCH, &sa, NULL);
	sa.sa_handler = on_suspend;
	sigaction(SIGTSTP, &sa, NULL);
	atexit(live_leave);
}

static int lines_in(struct slo_str s)
{
	int n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == '\n';
	return n;
}

static void add_summary(struct slo_buf *out, const struct kept *const *list, size_t n)
{
	size_t over = 0;

	for (size_t i = 0; i < n; i++)
		over += kept_is_over(list[i]);
	if (n == 0)
		slo_buf_adds(out, "no incidents so far\n");
	else
		slo_buf_addf(out, "%zu unresolved, %zu resolved\n", n - over, over);
}

/* Blocks as long as they fit whole; one line tells how many do not. */
static void add_blocks(struct slo_buf *out, const struct kept *const *list, size_t n, const struct slo_term *t)
{
	slo_autofree struct slo_incident *inc = malloc(sizeof(*inc));
	struct slo_rec_ctx ctx;
	int room = t->height - 2;

	if (!inc)
		return;
	slo_rec_ctx_init(&ctx);
	for (size_t i = 0; i < n; i++) {
		struct slo_buf block;
		int rows;

		slo_buf_init(&block, VIEW_MAX);
		if (slo_rec_decode(&ctx, slo_event_rec[SLO_KIND_INCIDENT], list[i]->record, list[i]->len, inc, NULL) == 0)
			view_incident(&block, inc, t);
		rows = lines_in(slo_buf_str(&block)) + 1;
		room -= rows;
		if (room >= 0 || i == 0) {
			slo_buf_addc(out, '\n');
			slo_buf_add(out, slo_buf_str(&block).p, block.len);
		} else {
			slo_buf_addf(out, "and %zu more\n", n - i);
			i = n;
		}
		slo_buf_fini(&block);
	}
	slo_rec_ctx_fini(&ctx);
}

int live_draw(const struct store *s, const struct slo_term *t)
{
	const struct kept *list[STORE_MAX];
	size_t n = store_sorted(s, true, list);
	struct slo_buf text, frame;
	int ret;

	slo_buf_init(&text, VIEW_MAX);
	slo_buf_init(&frame, 2 * VIEW_MAX);
	add_summary(&text, list, n);
	add_blocks(&text, list, n, t);
	if (!entered)
		slo_screen_enter(&frame);
	entered = 1;
	slo_screen_frame(&frame, t, slo_buf_str(&text));
	ret = put_out(slo_buf_str(&frame));
	slo_buf_fini(&text);
	slo_buf_fini(&frame);
	return ret;
}

void live_leave(void)
{
	leave_screen();
}
