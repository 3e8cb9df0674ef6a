// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module as one compilation unit, as kernel/sched is built: DKMS compiles it on its users'
 * machines for each of their kernels, and most of the time went into parsing the kernel's headers
 * again for each part. A part still includes all that it uses; names of static objects are unique.
 *
 * In the order of initialisation, but main.c is first, for its pr_fmt().
 */
#include "main.c"
#include "param.c"
#include "stats.c"
#include "account.c"
#include "index.c"
#include "precise.c"
#include "probe.c"
#include "session.c"
#include "quota.c"
#include "visible.c"
#include "registry.c"
#include "proc.c"
#include "proc_status.c"
#include "proc_detail.c"
#include "ring.c"
#include "follow.c"
#include "watch.c"
#include "chardev.c"
