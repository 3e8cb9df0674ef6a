/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's tracepoints, attached while there is a target. */
#ifndef URT_PROBE_H
#define URT_PROBE_H

int urt_probes_init(void);
void urt_probes_exit(void);

/*
 * Every target holds the probes. get may sleep and fails with -ENOMEM or the tracepoint's error;
 * a second after the last put they are detached.
 */
int urt_probes_get(void);
void urt_probes_put(void);

#endif
