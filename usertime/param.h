/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters: /sys/module/usertime/parameters/. */
#ifndef URT_PARAM_H
#define URT_PARAM_H

#include <linux/types.h>

/* Each may change at any time: read it once. */
unsigned long urt_max_targets(void);
unsigned long urt_max_targets_per_user(void);
unsigned long urt_max_bytes_per_user(void);
unsigned long urt_max_rate_per_user(void);
bool urt_unprivileged(void);
bool urt_precise_wanted(void);
u64 urt_period_ns(void);

#endif
