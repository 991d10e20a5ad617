/* SPDX-License-Identifier: MIT */
/* What is needed to know of a process to tell it from a later one with its number. */
#ifndef SLO_INJECT_PROCESS_H
#define SLO_INJECT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * slo_process_stat - start time and kind of process @pid
 * @start_ticks: clock ticks after boot at which it started
 *
 * Return: 0; -ENOENT for no such process (a zombie counts as none); -EIO.
 */
int slo_process_stat(int64_t pid, int64_t *start_ticks, bool *kernel_thread);

/**
 * slo_process_detach - in a forked child: a session of its own, deaf to the signals meant for its parent, with no
 * descriptors but @fd, which becomes 3, and /dev/null as 0 to 2
 */
void slo_process_detach(int fd);

/** slo_boot_id - the id of this boot, into 40 bytes. */
int slo_boot_id(char *out);

#endif
