// SPDX-License-Identifier: GPL-2.0-only
/* mp1: the user CPU time of registered processes, refreshed every 5 s. */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/time64.h>

#include "mp.h"
#include "registry.h"

#define MP1_PERIOD		(5 * (u64)NSEC_PER_SEC)

static const struct urt_registry_ops mp1_ops = {
	.owner = THIS_MODULE,
	.exited_linger = true,
};

static struct urt_registry mp1_registry;
static struct proc_dir_entry *mp1_proc;

int mp1_init(const char *dir)
{
	urt_registry_setup(&mp1_registry, &mp1_ops, MP1_PERIOD);
	mp1_proc = mp_dir_create(dir, &mp1_registry);
	if (mp1_proc)
		return 0;
	urt_registry_teardown(&mp1_registry);
	return -ENOMEM;
}

void mp1_exit(void)
{
	proc_remove(mp1_proc);
	urt_registry_teardown(&mp1_registry);
}
