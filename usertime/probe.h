/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's tracepoints, attached while there is a target. */
#ifndef URT_PROBE_H
#define URT_PROBE_H

#include <linux/types.h>

int urt_probes_init(void);
void urt_probes_exit(void);

/*
 * Every target holds the probe of exits; with @all those of forks and execs, too. get may sleep and
 * fails with -ENOMEM or the tracepoint's error; a second after the last put they are detached.
 */
int urt_probes_get(bool all);
void urt_probes_put(bool all);

#endif
