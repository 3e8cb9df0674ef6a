/* SPDX-License-Identifier: GPL-2.0-only */
/* The scheduler's tracepoints, attached while there is a target. */
#ifndef URT_PROBE_H
#define URT_PROBE_H

#include <linux/bits.h>
#include <linux/types.h>

int urt_probes_init(void);
void urt_probes_exit(void);

/* Sets of probes. */
#define URT_PROBE_EXIT		BIT(0)
#define URT_PROBE_FORK		BIT(1)
#define URT_PROBE_EXEC		BIT(2)
#define URT_PROBE_SWITCH	BIT(3)
#define URT_PROBES_EXIT		URT_PROBE_EXIT
#define URT_PROBES_FOLLOW	(URT_PROBE_EXIT | URT_PROBE_FORK | URT_PROBE_EXEC)

/*
 * Every target holds those that it needs. get may sleep and fails with -ENOMEM or the tracepoint's
 * error; a second after the last put a probe is detached.
 */
int urt_probes_get(unsigned int set);
void urt_probes_put(unsigned int set);

#endif
